"""Where a simulation plays: a database in memory, or a real SQLite file; and what the judge may look at in it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select

from api.services.desk import Practice
from api.services.keeping import Keeper, SqlKeeper
from benchmarks.safety.replay.memory import MemoryStorage, Tables
from benchmarks.safety.replay.memory_keeper import MemoryKeeper, named, slot_of, stored, touched_kinds
from benchmarks.safety.replay.scene import NOW, hospital
from models import audit
from models.clock import Clock, Instant
from models.commands import Touched
from models.database import create_database
from models.following import CASE, COVER, FOLLOWED, PROPOSAL, Present
from models.ids import IdGenerator, RandomBytes
from models.invariants import recount
from models.keys import Keys, generate_keys
from models.ledger import SqlLedger, SqlStorage
from models.outbox import last_sequence
from models.personal import PersonalVault
from models.repositories import cases, governance, staff
from models.runner import Storage
from models.sqlite.dialect import SqliteDialect
from models.store import load_hospital, store_hospital
from models.tables import care
from models.tables.ledger import audit_line, batch_touched, idempotency

PRACTICE = Practice(
    zone="UTC",
    comparisons=0,
    retry_unplaced=20,
    repair_moves=20,
    overdue_minutes=60,
    again_minutes=1,
    batch_seconds=0.1,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands at a revision of the hospital."""

    revision: int
    version: int
    state: str
    allocation_id: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer under an idempotency key."""

    body_hash: bytes
    status: int
    body: Mapping[str, Any]
    revision: int


class Stage(Protocol):
    """One simulated hospital's storage."""

    @property
    def storage(self) -> Storage:
        """What service processes write to."""
        ...

    def keeper(self, clock: Clock, new_id: IdGenerator) -> Keeper:
        """What brings a process's desk and this storage together."""
        ...

    def last_recorded(self) -> Instant:
        """The moment of the last audit line."""
        ...

    def standing(self, request_ids: Collection[str], revision: int) -> dict[str, Standing]:
        """Where cases stand now."""
        ...

    def kept(self) -> dict[bytes, Kept]:
        """Every answer under a key."""
        ...

    def breaches(self) -> list[str]:
        """What can be seen in the storage itself to be wrong: books and invariants."""
        ...

    def books(self) -> tuple[int, int]:
        """How many audit lines and events there are."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryStage:
    """See ``Stage``."""

    tables: Tables
    shared: bool

    @classmethod
    def new(cls, shared: bool, dropped: frozenset[str] = frozenset()) -> MemoryStage:
        """A new hospital; without the guards in ``dropped``."""
        return cls(stored(hospital(), dropped), shared)

    @property
    def storage(self) -> Storage:
        """See ``Stage``."""
        return MemoryStorage(self.tables, self.shared)

    def keeper(self, clock: Clock, new_id: IdGenerator) -> Keeper:
        """See ``Stage``."""
        return MemoryKeeper(self.tables, clock, new_id, PRACTICE)

    def last_recorded(self) -> Instant:
        """See ``Stage``."""
        lines = self.tables.lines
        return Instant(lines[-1]["recorded_microsecond"]) if lines else Instant.of_minute(NOW)

    def standing(self, request_ids: Collection[str], revision: int) -> dict[str, Standing]:
        """See ``Stage``."""
        found = {}
        for request_id in request_ids:
            case = self.tables.rows["request"].get(request_id)
            if case is not None:
                given = case.allocation and case.allocation.id
                found[request_id] = Standing(revision, case.version, case.state.value, given)
        return found

    def kept(self) -> dict[bytes, Kept]:
        """See ``Stage``."""
        rows = self.tables.rows["idempotency"]
        return {k: Kept(r["body_hash"], r["status"], r["answer"], r["revision"]) for k, r in rows.items()}

    def books(self) -> tuple[int, int]:
        """See ``Stage``."""
        return len(self.tables.lines), len(self.tables.events)

    def breaches(self) -> list[str]:
        """See ``Stage``."""
        return [*_twice_in_a_bed(self.tables), *_unbalanced(self.tables), *_broken_chain(self.tables)]


def _twice_in_a_bed(tables: Tables) -> Iterator[str]:
    stays = sorted(tables.rows["Stay"].values(), key=lambda s: (s.bed_id, s.start))
    for a, b in itertools.pairwise(stays):
        if a.bed_id == b.bed_id and b.start < a.end:
            yield f"bed {a.bed_id} is promised to {a.id} and {b.id}"
    there = [o for o in tables.rows["occupancy"].values() if o.left is None]
    for place in ("bed_id", "person_id"):
        for value in {getattr(o, place) for o in there}:
            if sum(getattr(o, place) == value for o in there) > 1:
                yield f"{place} {value}: two occupancies at once"
    lying = {s.id for s in tables.rows["Stay"].values() if s.state.value == "occupying"}
    if lying != {o.stay_id for o in there}:
        yield f"stays and occupancies differ: {sorted(lying ^ {o.stay_id for o in there})}"
    booked = sorted(tables.rows["UnitBooking"].values(), key=lambda b: (b.booking.unit_id, b.start))
    for x, y in itertools.pairwise(booked):
        if x.booking.unit_id == y.booking.unit_id and y.start < x.end:
            yield f"unit {x.booking.unit_id} is given to {x.booking.id} and {y.booking.id}"


def _unbalanced(tables: Tables) -> Iterator[str]:
    reserved = dict.fromkeys(tables.rows["balance"], 0)
    gone = dict.fromkeys(tables.rows["balance"], 0)
    for all_of_it in tables.rows["reservation"].values():
        for each in all_of_it:
            reserved[each.use.lot_id] += each.use.quantity if each.state == "reserved" else 0
            gone[each.use.lot_id] += each.use.quantity if each.state == "dispensed" else 0
    for lot_id, (on_hand, taken) in tables.rows["balance"].items():
        first = tables.rows["Lot"][lot_id].on_hand
        if taken != reserved[lot_id] or not 0 <= taken <= on_hand or on_hand > first:
            yield f"lot {lot_id}: {taken} reserved of {on_hand}, counted {reserved[lot_id]}"


def _broken_chain(tables: Tables) -> Iterator[str]:
    previous, sequence, moment = audit.GENESIS, 0, 0
    for line in tables.lines:
        if line["previous_hash"] != previous or line["sequence"] != sequence + 1:
            yield f"audit line {line['sequence']} does not follow {sequence}"
        if line["recorded_microsecond"] < moment:
            yield f"audit line {line['sequence']} is older than the one before"
        previous, sequence, moment = line["hash"], line["sequence"], line["recorded_microsecond"]
    for place, event in enumerate(tables.events):
        if event.sequence != place + 1:
            yield f"event {event.sequence} stands at place {place + 1}"


# --- the real one -----------------------------------------------------------------------------------------
class SharedSqlite(SqliteDialect):
    """As several processes on one file would need it: each commit tells what it touched."""

    def announce(self, connection: Connection, revision: int, touched: Any) -> None:
        """Leave a row for who follows, as PostgreSQL's dialect does."""
        known: list[Touched] | None = None if touched is None else sorted(set(touched))
        connection.execute(insert(batch_touched), {"revision": revision, "touched": known})


class _SharedStorage(SqlStorage):
    @contextmanager
    def writing(self) -> Iterator[SqlLedger]:
        with self._database.writing() as connection:
            yield SqlLedger(connection, SharedSqlite())


class _SharedKeeper(SqlKeeper):
    """Reads what others touched out of the whole hospital: the one statement that does it is PostgreSQL's."""

    def present(self, connection: Connection, touched: Collection[Touched], now: int) -> Present:
        """See ``Keeper``."""
        ids, hospital = named(touched), load_hospital(connection, now)
        kinds = touched_kinds(touched)
        known: dict[type, dict[str, Any]] = {}
        for kind in FOLLOWED:
            if kind.__name__ in kinds:
                every: Iterator[Any] = (r for _, items in hospital.collections() for r in items)
                records = {r.id: r for r in every if type(r) is kind}  # type: ignore[attr-defined]
                known[kind] = {key: records[key] for key in ids[kind.__name__] if key in records}
        given: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for override in governance.load_overrides(connection, now):
            given[override.subject_id].append((override.rule_id, override.until_minute))
        found = (cases.load_case(connection, case_id) for case_id in ids[CASE])
        proposals = connection.execute(select(care.proposal).where(care.proposal.c.id.in_(ids[PROPOSAL])))
        cover, slots = staff.load_cover_revisions(connection, 0), map(slot_of, ids[COVER])
        return Present(
            known,
            [(case, given[case.request.id]) for case in found],
            [governance.read_proposal(row) for row in proposals],
            {slot: cover[slot] for slot in slots if slot in cover},
        )


class SqliteStage:
    """See ``Stage``: the real repositories, triggers and books on an encrypted file."""

    def __init__(self, folder: Path, shared: bool, random_bytes: RandomBytes) -> None:
        self._keys: Keys = generate_keys(random_bytes)
        self._vault = PersonalVault(self._keys.master, self._keys.index, random_bytes)
        folder.chmod(0o700)
        self._database = create_database(folder / "hospital.db", self._keys.database)
        with self._database.writing() as connection:
            store_hospital(connection, hospital(), Instant.of_minute(NOW), name="Simulated", sandbox=True)
        self._storage = (_SharedStorage if shared else SqlStorage)(self._database)
        self._storage.shared = shared

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @property
    def storage(self) -> Storage:
        """See ``Stage``."""
        return self._storage

    def keeper(self, clock: Clock, new_id: IdGenerator) -> Keeper:
        """See ``Stage``."""
        made = _SharedKeeper if self._storage.shared else SqlKeeper
        return made(self._database, clock, self._vault, new_id, PRACTICE)

    def last_recorded(self) -> Instant:
        """See ``Stage``."""
        last = select(audit_line.c.recorded_microsecond).order_by(audit_line.c.sequence.desc()).limit(1)
        with self._database.reading() as connection:
            return Instant(connection.scalar(last) or Instant.of_minute(NOW).microsecond)

    def standing(self, request_ids: Collection[str], revision: int) -> dict[str, Standing]:
        """See ``Stage``."""
        request, given = care.request.c, care.allocation.c
        in_force = (given.request_id == request.id) & (given.state != "released")
        rows = (
            select(request.id, request.version, request.state, given.id)
            .select_from(care.request.outerjoin(care.allocation, in_force))
            .where(request.id.in_(list(request_ids)))
        )
        with self._database.reading() as connection:
            return {r[0]: Standing(revision, r[1], r[2], r[3]) for r in connection.execute(rows)}

    def kept(self) -> dict[bytes, Kept]:
        """See ``Stage``."""
        with self._database.reading() as connection:
            rows = connection.execute(select(idempotency)).all()
        return {r.key_hash: Kept(r.body_hash, r.status, r.answer, r.revision) for r in rows}

    def books(self) -> tuple[int, int]:
        """See ``Stage``."""
        with self._database.reading() as connection:
            return audit.head(connection).sequence, last_sequence(connection)

    def breaches(self) -> list[str]:
        """See ``Stage``."""
        with self._database.reading() as connection:
            return [f"{v.rule} {v.subjects}: {v.detail}" for v in recount(connection)]
