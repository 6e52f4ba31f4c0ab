"""What is read: structure, requests, allocations, proposals, the census. Plain queries on a reading
connection."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, false, or_, select

from api.errors import InvalidInput, Place
from api.security.access import Access
from api.security.permissions import Permission
from api.services import words
from api.services.reading_reasons import Reader
from api.services.sight import Sight
from api.services.steps import breach_json
from api.services.storing import case_of, proposal_of
from models.repositories import cases, governance
from models.repositories.cases import StoredCase
from models.repositories.steps import breaches_of_request
from models.store import OPEN_REQUESTS
from models.tables import care, equipment, places, staff
from models.tables import drugs as drug_tables
from solver.hospital import Feature, Minute, OperationalStatus

CLOSED = frozenset({OperationalStatus.CLOSED.value, OperationalStatus.CONTAMINATED.value})


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: at most ``limit`` records after a cursor."""

    limit: int
    after: str = ""

    @classmethod
    def of(cls, cursor: str | None, limit: int | None, most: int) -> Page:
        """From the query; raises ``InvalidInput`` for a cursor that is none of ours or a limit out of
        range."""
        if limit is not None and not 1 <= limit <= most:
            raise InvalidInput([Place("query:limit", f"a whole number from 1 to {most}")])
        return cls(most if limit is None else limit, _decoded(cursor) if cursor else "")

    def body(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """The page as JSON; ``items`` holds up to one more than the limit."""
        more = len(items) > self.limit
        shown = items[: self.limit]
        return {"items": shown, "next": encoded(shown[-1]["id"]) if more else None}


def encoded(record_id: str) -> str:
    """A cursor that goes on after a record."""
    return base64.urlsafe_b64encode(record_id.encode()).rstrip(b"=").decode()


def _decoded(cursor: str) -> str:
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        found = ""
    if not found or not found.isprintable():
        raise InvalidInput([Place("query:cursor", "the `next` of an earlier page")])
    return found


# --- lists --------------------------------------------------------------------------------------------------
def wards(connection: Connection, page: Page, zone: str, sight: Sight) -> dict[str, Any]:
    """Wards with their beds counted and their blocks."""
    blocks = _blocks(connection, zone)
    beds: defaultdict[str, int] = defaultdict(int)
    for ward_id in connection.scalars(
        select(places.room.c.ward_id).join_from(places.bed, places.room).where(_standing())
    ):
        beds[ward_id] += 1
    found = _rows(connection, places.ward, page, sight.on_ward(places.ward.c.id))
    return page.body([_plain(r) | {"beds": beds[r.id], "blocks": blocks[r.id]} for r in found])


def rooms(connection: Connection, page: Page, zone: str, ward_id: str | None, sight: Sight) -> dict[str, Any]:
    """Rooms with their blocks."""
    blocks = _blocks(connection, zone)
    seen = [*_equal(places.room.c.ward_id, ward_id), *sight.on_ward(places.room.c.ward_id)]
    found = _rows(connection, places.room, page, seen)
    return page.body([_plain(r) | {"blocks": blocks[r.id]} for r in found])


@dataclass(frozen=True, slots=True)
class BedFilter:
    """Which beds: of a ward, with all of some features (its own or its room's), free at a minute."""

    ward_id: str | None = None
    free_at: Minute | None = None
    features: frozenset[Feature] = frozenset()


def beds(
    connection: Connection, page: Page, zone: str, wanted: BedFilter, now: Minute, sight: Sight
) -> dict[str, Any]:
    """Beds with their four facts at ``free_at`` or now: status, blocks, reservation, occupancy."""
    at = now if wanted.free_at is None else wanted.free_at
    facts = _BedFacts(connection, at, zone)
    items: list[dict[str, Any]] = []
    for row in _bed_rows(connection, page.after, wanted.ward_id, sight):
        item = facts.of(row)
        if not wanted.features <= set(item["features"]) or (wanted.free_at is not None and not item["free"]):
            continue
        items.append(item)
        if len(items) > page.limit:
            break
    return page.body(items)


class _BedFacts:
    """The facts of every bed at a minute, read in four queries."""

    def __init__(self, connection: Connection, at: Minute, zone: str) -> None:
        self._at = at
        self._zone = zone
        self._blocks = _blocks(connection, zone, at)
        in_force = select(places.bed_status).where(places.bed_status.c.end_minute.is_(None))
        self._status = {r.bed_id: r for r in connection.execute(in_force)}
        live = care.stay.c.state.in_(care.LIVE_STAYS)
        there = and_(live, care.stay.c.start_minute <= at, care.stay.c.end_minute > at)
        lying = and_(care.stay.c.state == "occupying", care.stay.c.start_minute <= at)
        chosen = select(care.stay.c.bed_id, care.stay.c.id, care.stay.c.state).where(or_(there, lying))
        self._stays = {r.bed_id: r for r in connection.execute(chosen)}

    def of(self, row: Any) -> dict[str, Any]:
        """One bed."""
        status, stay = self._status.get(row.id), self._stays.get(row.id)
        clean_at = status.clean_at if status is not None else None
        blocks = [*self._blocks[row.id], *self._blocks[row.room_id], *self._blocks[row.ward_id]]
        clean = clean_at is None or clean_at <= self._at
        closed = status is not None and status.status in CLOSED
        return {
            "id": row.id,
            "room_id": row.room_id,
            "ward_id": row.ward_id,
            "kind": row.kind,
            "features": sorted({*row.features, *row.room_features}),
            "care_level": row.care_level,
            "staffed": row.staffed,
            "max_weight_kg": row.max_weight_kg,
            "status": status.status if status is not None else OperationalStatus.UNOCCUPIED.value,
            "clean_at": words.moment(clean_at, self._zone) if clean_at is not None else None,
            "blocks": blocks,
            "stay_id": stay.id if stay is not None else None,
            "stay_state": stay.state if stay is not None else None,
            "free": stay is None and clean and not closed and not blocks,
        }


def _bed_rows(connection: Connection, after: str, ward_id: str | None, sight: Sight) -> Iterable[Any]:
    columns = [*places.bed.c, places.room.c.ward_id, places.room.c.features.label("room_features")]
    chosen = select(*columns).join_from(places.bed, places.room).where(_standing(), places.bed.c.id > after)
    for condition in (*_equal(places.room.c.ward_id, ward_id), *sight.on_ward(places.room.c.ward_id)):
        chosen = chosen.where(condition)
    return connection.execute(chosen.order_by(places.bed.c.id))


def simple_list(
    table: Table,
) -> Callable[[Connection, Page, dict[str, str | None], Sight], dict[str, Any]]:
    """A reader of one table as it is, by id; of what lies on a ward, what is in sight."""

    def read(
        connection: Connection, page: Page, equal: dict[str, str | None], sight: Sight
    ) -> dict[str, Any]:
        conditions = [c for name, value in equal.items() for c in _equal(table.c[name], value)]
        if "ward_id" in table.c:
            conditions += sight.on_ward(table.c.ward_id)
        return page.body([_plain(r) for r in _rows(connection, table, page, conditions)])

    return read


equipment_types = simple_list(equipment.equipment_type)
units = simple_list(equipment.unit)
drug_list = simple_list(drug_tables.drug)
staff_list = simple_list(staff.staff_member)


def lots(connection: Connection, page: Page, zone: str, drug_id: str | None, sight: Sight) -> dict[str, Any]:
    """Lots with their balances."""
    balance = drug_tables.lot_balance.c
    chosen = select(drug_tables.lot, balance.on_hand, balance.reserved).join_from(
        drug_tables.lot, drug_tables.lot_balance
    )
    table = drug_tables.lot
    seen = sight.on_ward(table.c.ward_id)
    for condition in (table.c.id > page.after, *_equal(table.c.drug_id, drug_id), *seen):
        chosen = chosen.where(condition)
    found = connection.execute(chosen.order_by(table.c.id).limit(page.limit + 1)).all()
    moments = ("expires_minute", "crossmatched_until_minute")
    items = [_told(_plain(r), zone, (), moments) for r in found]
    theirs = sight.persons(connection, [r.crossmatched_for for r in found if r.crossmatched_for is not None])
    return page.body(
        [
            item
            | {"available": item["on_hand"] - item["reserved"]}
            | {"crossmatched_for": item["crossmatched_for"] if item["crossmatched_for"] in theirs else None}
            for item in items
        ]
    )


def shifts(
    connection: Connection,
    page: Page,
    zone: str,
    ward_id: str | None,
    since: Minute,
    until: Minute,
    sight: Sight,
) -> dict[str, Any]:
    """Shifts that touch ``[since, until)``."""
    table = staff.shift
    conditions = [
        *sight.on_ward(table.c.ward_id),
        *_equal(table.c.ward_id, ward_id),
        table.c.end_minute > since,
        table.c.start_minute < until,
        table.c.cancelled.is_(false()),
    ]
    found = _rows(connection, table, page, conditions)
    times = ("start_minute", "end_minute", "called_at")
    items = []
    for row in found:
        item = _told(_plain(row), zone, ("cancelled",), times)
        pauses = [[words.moment(a, zone), words.moment(b, zone)] for a, b in row.breaks]
        items.append(item | {"breaks": pauses})
    return page.body(items)


def requests(
    connection: Connection, page: Page, zone: str, state: str | None, sight: Sight
) -> dict[str, Any]:
    """Requests in a state (all open ones by default), by id."""
    states = [state] if state is not None else list(OPEN_REQUESTS)
    table = care.request
    chosen = select(table.c.id).where(table.c.state.in_(states), table.c.id > page.after)
    for condition in sight.on_requests():
        chosen = chosen.where(condition)
    ids = list(connection.scalars(chosen.order_by(table.c.id).limit(page.limit + 1)))
    items = [_case_json(cases.load_case(connection, request_id), zone) for request_id in ids]
    return page.body([item | {"id": item["request_id"]} for item in items])


# --- one record ---------------------------------------------------------------------------------------------
def request(connection: Connection, request_id: str, zone: str, reader: Reader) -> dict[str, Any]:
    """One request in whatever state, with the times of its steps, those that were late, and what was said."""
    stored = cases.load_case(connection, request_id)
    Sight.of(reader.access).require_request(connection, request_id, reader.access.permission)
    steps = cases.load_steps(connection, [request_id]).get(request_id, {})
    times = {step.value: words.moment(minute, zone) for step, minute in sorted(steps.items())}
    told = {
        "breaches": [breach_json(breach, zone) for breach in breaches_of_request(connection, request_id)],
        "declined_by": list(stored.declined_by),
        "stated_reasons": reader.of_request(connection, request_id, stored.ward_id, zone),
    }
    return {
        **reader.of_overrides(connection, _case_json(stored, zone), _wards_of(stored)),
        "ward_asking": stored.ward_id,
        "steps": times,
        **_care(stored),
        **told,
    }


def allocation(connection: Connection, allocation_id: str, zone: str, reader: Reader) -> dict[str, Any]:
    """One allocation with its explanation; one that was replaced says so."""
    stored = cases.case_of_allocation(connection, allocation_id)
    Sight.of(reader.access).require_request(connection, stored.request.id, reader.access.permission)
    current = stored.allocation
    if current is not None and current.id == allocation_id:
        told = words.allocation_json(case_of(stored), zone)
        return reader.of_overrides(connection, told, _wards_of(stored))
    old = cases.load_allocations(connection, [allocation_id])[allocation_id]
    return {
        "id": old.id,
        "request_id": old.request_id,
        "person_id": old.person_id,
        "state": "released",
        "revision": stored.version,
        "bed_id": old.bed_id,
        "start": words.moment(old.start, zone),
        "end": words.moment(old.end, zone),
        "replaced_by": current.id if current is not None else None,
    }


def proposals(connection: Connection, state: str, zone: str, reader: Reader) -> dict[str, Any]:
    """Proposals in a state, oldest first, with why those answered were answered so."""
    every = governance.load_proposals(connection, state)
    found = Sight.of(reader.access).of_proposals(connection, every)
    given = reader.of_subjects(connection, [p.id for p in found])
    unsaid = {"reason": None, "withheld": False}
    told = (_without_staff(words.proposal_json(proposal_of(p), zone), reader.access) for p in found)
    items = [item | {"answered_because": given.get(item["id"], unsaid)} for item in told]
    return {"items": items, "next": None}


def _without_staff(told: dict[str, Any], access: Access) -> dict[str, Any]:
    """A call-in without whose shifts it is about, for who may not read of the ward's staff."""
    change = told["change"]
    if told["kind"] != "call_in" or access.allows(change["ward_id"], Permission.STAFF_READ):
        return told
    return told | {"subject_id": None, "change": change | {"shift_id": None}}


# --- parts --------------------------------------------------------------------------------------------------
def _case_json(stored: StoredCase, zone: str) -> dict[str, Any]:
    return words.case_json(case_of(stored), zone)


def _wards_of(stored: StoredCase) -> tuple[str | None, str | None]:
    """The ward that asked and the ward that was given."""
    return stored.ward_id, stored.explanation.get("ward_id")


def _care(stored: StoredCase) -> dict[str, Any]:
    care_needed = stored.request.care
    return {
        "care": {
            "speciality": care_needed.speciality,
            "care_level": care_needed.care_level,
            "features": sorted(care_needed.features),
            "skills": sorted(care_needed.skills),
        },
        "duration_minutes": stored.request.duration_minutes,
        "max_wait_minutes": stored.request.max_wait_minutes,
    }


def _rows(
    connection: Connection, table: Table, page: Page, conditions: Iterable[ColumnElement[bool]] = ()
) -> list[Any]:
    chosen = select(table).where(table.c.id > page.after, *conditions)
    return list(connection.execute(chosen.order_by(table.c.id).limit(page.limit + 1)))


def _equal(column: Any, value: str | None) -> list[ColumnElement[bool]]:
    return [] if value is None else [column == value]


def _standing() -> ColumnElement[bool]:
    return places.bed.c.removed_minute.is_(None)


def _plain(row: Any) -> dict[str, Any]:
    hidden = ("position", "version", "recorded_microsecond")
    # SQLAlchemy's names are a subclass of str that JSON does not take as keys.
    return {str(name): value for name, value in row._mapping.items() if name not in hidden}


def _told(item: dict[str, Any], zone: str, hide: Collection[str], moments: Collection[str]) -> dict[str, Any]:
    def pairs() -> Iterator[tuple[str, Any]]:
        for name, value in item.items():
            if name in moments:
                yield name.removesuffix("_minute"), None if value is None else words.moment(value, zone)
            elif name not in hide:
                yield name, value

    return dict(pairs())


def _blocks(
    connection: Connection, zone: str, at: Minute | None = None
) -> defaultdict[str, list[dict[str, Any]]]:
    table = places.place_block
    conditions: list[ColumnElement[bool]] = [table.c.void.is_(false())]
    if at is not None:
        conditions += [table.c.start_minute <= at, or_(table.c.end_minute.is_(None), table.c.end_minute > at)]
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(select(table).where(*conditions).order_by(table.c.id)):
        block = {
            "start": words.moment(row.start_minute, zone),
            "end": words.moment(row.end_minute, zone) if row.end_minute is not None else None,
            "reason": row.reason,
        }
        found[row.ward_id or row.room_id or row.bed_id].append(block)
    return found
