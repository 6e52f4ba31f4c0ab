"""Desk and memory brought together: ``api.services.keeping`` without SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Connection

from api.services.changes import Changes
from api.services.desk import Desk, Practice
from api.services.storing import as_stored, becomes_available, case_of, proposal_of
from benchmarks.safety.replay import memory_guards as guards
from benchmarks.safety.replay.memory import Tables
from models.clock import Clock
from models.commands import Touched, Transaction
from models.following import CASE, COVER, FOLLOWED, PROPOSAL, News, Present
from models.ids import IdGenerator
from models.repositories.cases import StoredCase
from models.repositories.changes import CaseChange, CommandChanges
from models.repositories.records import RecordChange
from models.repositories.staff import Slot
from models.store import OPEN_REQUESTS, longest_way
from models.tables.base import LAST_POSITION
from models.tables.staff import SLOT_MINUTES
from solver.engine.rule import Profile
from solver.hospital import (
    Bed,
    Hospital,
    Lot,
    Minute,
    Person,
    RequestState,
    Room,
    Shift,
    Stay,
    UnitBooking,
    Ward,
)
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions

KINDS = (
    ("sites", "Site"),
    ("wards", "Ward"),
    ("rooms", "Room"),
    ("beds", "Bed"),
    ("equipment_types", "EquipmentType"),
    ("units", "Unit"),
    ("unit_bookings", "UnitBooking"),
    ("drugs", "Drug"),
    ("lots", "Lot"),
    ("staff", "StaffMember"),
    ("shifts", "Shift"),
    ("persons", "Person"),
    ("stays", "Stay"),
)


def stored(hospital: Hospital, dropped: frozenset[str] = frozenset()) -> Tables:
    """A database that holds a hospital without bookings, stays or reservations."""
    tables = Tables(dropped)
    tables.rows["hospital"][""] = hospital
    for collection, kind in KINDS:
        for position, record in enumerate(getattr(hospital, collection)):
            tables.rows[kind][record.id] = record
            tables.rows["position"][kind, record.id] = position
    tables.rows["balance"].update({lot.id: (lot.on_hand, 0) for lot in hospital.lots})
    for shift in hospital.shifts:
        guards.put_shift(tables, None, shift)
    with tables.transaction():
        return tables


@dataclass(frozen=True, slots=True)
class MemoryKeeper:
    """See ``api.services.keeping.Keeper``."""

    tables: Tables
    clock: Clock
    new_id: IdGenerator
    practice: Practice

    def build(self) -> Desk:
        """See ``Keeper``."""
        now = max(self.clock().minute, self.tables.recorded.minute)
        live = LiveHospital.of(_hospital(self.tables, now), now, Profile(), PlacingOptions())
        opened = [
            case_of(case, waivers(self.tables, case.request.id, now)) for case in _open_cases(self.tables)
        ]
        proposals = [p for p in self.tables.rows["proposal"].values() if p.state == "open"]
        ordered = map(proposal_of, sorted(proposals, key=lambda p: p.id))
        cover = {s: n for s, n in self.tables.rows["cover"].items() if s[1] >= now // SLOT_MINUTES}
        return Desk(
            live, opened, ordered, self.new_id, self.practice, self._find, cover, self.tables.revision
        )

    def save(self, transaction: Transaction, changes: Changes) -> None:
        """See ``Keeper``."""
        save(cast(Tables, transaction.connection), changes, transaction)

    def news_since(self, connection: Connection, revision: int) -> News:
        """See ``Keeper``."""
        now = self.tables.revision
        batches = [self.tables.touched.get(each) for each in range(revision + 1, now + 1)]
        if now < revision or None in batches:
            return News(now, None, self.tables.recorded.minute)
        touched = frozenset[tuple[str, str]]().union(*filter(None, batches))
        return News(now, touched, self.tables.recorded.minute)

    def present(self, connection: Connection, touched: Collection[Touched], now: Minute) -> Present:
        """See ``Keeper``."""
        ids = named(touched)
        rows = self.tables.rows
        records = {kind: _some(self.tables, kind.__name__, ids[kind.__name__], now) for kind in FOLLOWED}
        cases = [rows["request"][key] for key in ids[CASE] if key in rows["request"]]
        slots = [slot_of(name) for name in ids[COVER]]
        return Present(
            {kind: found for kind, found in records.items() if kind.__name__ in touched_kinds(touched)},
            [(case, waivers(self.tables, case.request.id, now)) for case in cases],
            [rows["proposal"][key] for key in ids[PROPOSAL] if key in rows["proposal"]],
            {slot: rows["cover"][slot] for slot in slots if slot in rows["cover"]},
        )

    def _find(self, person_ids: Collection[str]) -> list[Person]:
        known = self.tables.rows["Person"]
        return [known[person_id] for person_id in person_ids if person_id in known]


def named(touched: Collection[Touched]) -> defaultdict[str, list[str]]:
    """Ids by kind, in an order that is the same each time."""
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for kind, record_id in sorted(touched):
        ids[kind].append(record_id)
    return ids


def touched_kinds(touched: Collection[Touched]) -> set[str]:
    """The kinds that were touched."""
    return {kind for kind, _ in touched}


def slot_of(name: str) -> Slot:
    """The slot of cover that a touched name means."""
    slot, ward_id = name.split("/", 1)
    return ward_id, int(slot)


def waivers(tables: Tables, request_id: str, now: Minute) -> list[tuple[str, Minute]]:
    """The overrides in force for a request."""
    given = sorted(tables.rows["override"].values(), key=lambda o: o.id)
    found = (o for o in given if o.subject_id == request_id and o.start_minute <= now < o.until_minute)
    return [(o.rule_id, o.until_minute) for o in found]


def _some(tables: Tables, kind: str, ids: Iterable[str], now: Minute) -> dict[str, Any]:
    return {key: _present(tables, tables.rows[kind][key], now) for key in ids if key in tables.rows[kind]}


# --- out --------------------------------------------------------------------------------------------------
def _hospital(tables: Tables, now: Minute) -> Hospital:
    founded: Hospital = tables.rows["hospital"][""]
    parts = {}
    for collection, kind in KINDS:
        rows = tables.rows[kind]
        ids = _persons(tables) if kind == "Person" else rows
        parts[collection] = tuple(_present(tables, rows[key], now) for key in _ordered(tables, kind, ids))
    parts["shifts"] = tuple(shift for shift in parts["shifts"] if shift.end > now)
    over = now - longest_way(founded.sites, founded.wards)
    parts["unit_bookings"] = tuple(
        b for b in parts["unit_bookings"] if b.pinned or tables.rows["UnitBooking"][b.id].end > over
    )
    return Hospital(ratios=founded.ratios, cleaning=founded.cleaning, **parts)


def _ordered(tables: Tables, kind: str, ids: Iterable[str]) -> list[str]:
    """As SQL orders them: as imported, then by id."""
    place = tables.rows["position"]
    return sorted(ids, key=lambda key: (place.get((kind, key), LAST_POSITION), key))


def _present(tables: Tables, row: Any, now: Minute) -> Any:
    """A row as the record it is at a minute."""
    if isinstance(row, guards.Booked):
        return row.booking
    if isinstance(row, Lot):
        on_hand, reserved = tables.rows["balance"][row.id]
        return replace(row, on_hand=on_hand, reserved=reserved)
    if isinstance(row, Ward | Room | Bed):
        blocks = tuple(b for b in row.blocks if b.end is None or b.end > now)
        return row if blocks == row.blocks else replace(row, blocks=blocks)
    return row


def _persons(tables: Tables) -> set[str]:
    """Who lies or is awaited somewhere, who asks, and who was there at the beginning."""
    founded: Hospital = tables.rows["hospital"][""]
    lying = {stay.person_id for stay in tables.rows["Stay"].values()}
    asking = {case.request.person_id for case in _open_cases(tables)}
    return lying | asking | {person.id for person in founded.persons}


def _open_cases(tables: Tables) -> list[StoredCase]:
    found = [tables.rows["request"][key] for key in tables.rows["open"]]
    return sorted(found, key=lambda case: (case.requested_at, case.request.id))


# --- in ---------------------------------------------------------------------------------------------------
def save(tables: Tables, changes: Changes, transaction: Transaction) -> None:
    """As ``api.services.storing.save``."""
    now = transaction.now.minute
    for allocation_id, lot_ids in changes.dispensed.items():
        guards.end_reservations(tables, allocation_id, "dispensed", now, guards.any_of(lot_ids))
    for key, after in changes.after.items():
        if isinstance(after, Lot) and becomes_available(changes.before[key], after):
            tables.put("Lot", after.id, after)
    command = as_stored(changes, transaction.revision)
    guards.revise_cover(tables, command.cover_seen)
    for change in command.records:
        if isinstance(change.after, Person):
            tables.put("Person", change.after.id, change.after)
    _save_cases(tables, command, now)
    _save_records(tables, [c for c in command.records if not isinstance(c.after, Person)], now)
    for step in command.steps:
        tables.refuse("foreign_key", step.request_id not in tables.rows["request"])
    for override in command.overrides:
        _forget_overrides(tables, now)
        tables.put("override", override.id, override)
    for proposal in (*command.new_proposals, *command.decided_proposals):
        tables.put("proposal", proposal.id, proposal)


def _forget_overrides(tables: Tables, now: Minute) -> None:
    """Those that nobody looks for any more."""
    for key, override in list(tables.rows["override"].items()):
        if override.until_minute < now:
            tables.drop("override", key)


def _save_cases(tables: Tables, command: CommandChanges, now: Minute) -> None:
    for change in command.cases:
        old = change.before.allocation if change.before is not None else None
        new = change.after.allocation
        if old is not None and (new is None or new.id != old.id):
            guards.end_reservations(tables, old.id, "released", now, lambda _: True)
    for change in command.cases:
        _save_case(tables, change, now)
        given = change.after.allocation
        if change.after.state is RequestState.LEFT and given is not None:
            guards.end_reservations(tables, given.id, "released", now, lambda _: True)


def _save_case(tables: Tables, change: CaseChange, now: Minute) -> None:
    after, version = change.after, 1
    if change.before is not None:
        version = guards.version_stands(tables, after.request.id, change.expected_version) + 1
    tables.refuse("foreign_key", after.request.person_id not in tables.rows["Person"])
    tables.put("request", after.request.id, replace(after, version=version))
    if after.state in OPEN_REQUESTS:
        tables.put("open", after.request.id, True)
    elif after.request.id in tables.rows["open"]:
        tables.drop("open", after.request.id)
    old, new = change.before.allocation if change.before else None, after.allocation
    if new is None:
        return
    if old is None or new.id != old.id:
        guards.reserve(tables, after.request, new, new.lots)
    elif old.lots != new.lots:
        gone = [use for use in old.lots if use not in new.lots]
        guards.end_reservations(tables, new.id, "released", now, lambda use: use in gone)
        guards.reserve(tables, after.request, new, [use for use in new.lots if use not in old.lots])


def _save_records(tables: Tables, records: list[RecordChange], now: Minute) -> None:
    """What goes makes room first, stays that change places are taken out together, new ones come last."""
    for change in records:
        if change.after is None:
            _remove(tables, change, now)
    changed = [c for c in records if c.before is not None and c.after is not None]
    for change in changed:
        if isinstance(change.before, Stay):
            tables.drop("Stay", change.before.id)
    for change in sorted(changed, key=lambda c: isinstance(c.after, Ward | Room | Bed)):
        _put(tables, change)
    for change in sorted((c for c in records if c.before is None), key=_companions_last):
        _put(tables, change)


def _companions_last(change: RecordChange) -> bool:
    return isinstance(change.after, Stay) and change.after.with_stay_id is not None


def _remove(tables: Tables, change: RecordChange, now: Minute) -> None:
    before, minute = change.before, now if change.minute is None else change.minute
    if isinstance(before, Stay):
        guards.end_stay(tables, before, minute, now - 2 * SLOT_MINUTES)
    elif isinstance(before, Shift):
        guards.put_shift(tables, before, None)
    elif before is not None:
        tables.drop(type(before).__name__, before.id)


def _put(tables: Tables, change: RecordChange) -> None:
    before, after = change.before, change.after
    if isinstance(after, Stay):
        guards.put_stay(tables, before, after)  # type: ignore[arg-type]
    elif isinstance(after, UnitBooking):
        guards.put_booking(tables, before, after)  # type: ignore[arg-type]
    elif isinstance(after, Shift):
        guards.put_shift(tables, before, after)  # type: ignore[arg-type]
    elif isinstance(after, Ward | Room | Bed):
        tables.put(type(after).__name__, after.id, _changed(tables, before, after))
    elif after is not None:
        tables.put(type(after).__name__, after.id, after)


def _changed(tables: Tables, before: Any, after: Ward | Room | Bed) -> Ward | Room | Bed:
    """A place as stored with what a command changed of it: blocks and a status it left alone are not its own."""
    stands = tables.rows[type(after).__name__].get(after.id)
    if before is None or stands is None:
        return after
    lifted, new = set(before.blocks) - set(after.blocks), [b for b in after.blocks if b not in before.blocks]
    blocks = (*(block for block in stands.blocks if block not in lifted), *new)
    if not isinstance(after, Bed) or (before.status, before.clean_at) != (after.status, after.clean_at):
        return replace(after, blocks=blocks)
    return replace(after, blocks=blocks, status=stands.status, clean_at=stands.clean_at)
