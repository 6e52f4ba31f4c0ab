"""The judge of crashes: holds what clients were told against what a database holds afterwards.

Every command of the hospital has a microsecond of its own, at which all it did is recorded: its booking's new versions,
its audit lines, its events, its idempotency row. What was done whole has all four at that moment; what was not done has
none of them. The judge knows tables and answers only, none of the code that wrote them.

It expects that since the ``start`` of a run nobody but the run's clients has changed anything.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, select

from benchmarks.safety.load import Told
from models.audit import Anchor, head, verify_chain
from models.invariants import recount
from models.tables import accounts, care, equipment, ledger
from solver.placing.language import Language
from solver.placing.telling import told as in_words

BOOKINGS: Final[tuple[Table, ...]] = (
    care.request_version,
    care.allocation_version,
    care.stay_version,
    care.occupancy_version,
    equipment.unit_booking_version,
)
"""Every state that anything booked ever had."""

Words = tuple[str, str]
"""What was done and to what, as an audit line and its event both say it."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run began: the audit chain's head then, and the account that its clients share."""

    anchor: Anchor
    actor: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An idempotency row: the answer kept for a key, and when its command was carried out."""

    status: int
    body: dict[str, Any]
    revision: int
    moment: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a database holds since a start. ``lines``, ``events``, ``revisions`` (of events) and ``bookings`` by moment;
    ``sequence``: of all events; ``states``: of every version of a request; ``placed``: ids of allocations."""

    kept: Mapping[bytes, Kept]
    lines: Mapping[int, Counter[Words]]
    events: Mapping[int, Counter[Words]]
    revisions: Mapping[int, frozenset[int]]
    bookings: Mapping[int, frozenset[str]]
    sequence: tuple[int, ...]
    states: Mapping[tuple[str, int], str]
    placed: frozenset[str]
    revision: int
    breaches: tuple[str, ...]

    def holds(self, one: Told, start: Start) -> bool:
        """Whether a command was carried out."""
        return key_hash(start.actor, one.key) in self.kept


def start_of(connection: Connection) -> Start:
    """Where the hospital of the load stands before anybody asked."""
    (actor,) = connection.scalars(select(accounts.account.c.id))
    return Start(head(connection), actor)


# --- reading --------------------------------------------------------------------------------------------------
def read(connection: Connection, start: Start) -> Reading:
    """Read a database as it stands."""
    began = _moment_of(connection, start.anchor)
    return Reading(
        kept=_kept(connection),
        lines=_lines(connection, start.anchor.sequence),
        events=_events(connection),
        revisions=_revisions(connection),
        bookings=_bookings(connection, began),
        sequence=tuple(connection.scalars(select(_EVENT.sequence).order_by(_EVENT.sequence))),
        states=_states(connection),
        placed=frozenset(connection.scalars(select(care.allocation.c.id))),
        revision=connection.scalars(select(ledger.hospital_meta.c.revision)).one(),
        breaches=(*_broken_chain(connection, start.anchor), *_recounted(connection)),
    )


_EVENT = ledger.outbox_event.c


def _moment_of(connection: Connection, anchor: Anchor) -> int:
    line = ledger.audit_line.c
    return connection.scalar(select(line.recorded_microsecond).where(line.sequence == anchor.sequence)) or 0


def _kept(connection: Connection) -> dict[bytes, Kept]:
    rows = connection.execute(select(ledger.idempotency))
    return {r.key_hash: Kept(r.status, r.answer, r.revision, r.created_microsecond) for r in rows}


def _lines(connection: Connection, after: int) -> dict[int, Counter[Words]]:
    found: defaultdict[int, Counter[Words]] = defaultdict(Counter)
    table = ledger.audit_line
    for r in connection.execute(select(table).where(table.c.sequence > after)):
        found[r.recorded_microsecond][r.action, r.subject] += 1
    return dict(found)


def _events(connection: Connection) -> dict[int, Counter[Words]]:
    found: defaultdict[int, Counter[Words]] = defaultdict(Counter)
    for r in connection.execute(select(ledger.outbox_event)):
        found[r.created_microsecond][r.topic, r.payload["subject"]] += 1
    return dict(found)


def _revisions(connection: Connection) -> dict[int, frozenset[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for r in connection.execute(select(_EVENT.created_microsecond, _EVENT.revision)):
        found[r.created_microsecond].add(r.revision)
    return {moment: frozenset(several) for moment, several in found.items()}


def _bookings(connection: Connection, after: int) -> dict[int, frozenset[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for table in BOOKINGS:
        row = table.c
        for r in connection.execute(select(row.id, row.recorded_microsecond)):
            if r.recorded_microsecond > after:
                found[r.recorded_microsecond].add(r.id)
    return {moment: frozenset(ids) for moment, ids in found.items()}


def _states(connection: Connection) -> dict[tuple[str, int], str]:
    row = care.request_version.c
    return {(r.id, r.version): r.state for r in connection.execute(select(row.id, row.version, row.state))}


def _broken_chain(connection: Connection, anchor: Anchor) -> Iterator[str]:
    for sentence in verify_chain(connection, [anchor]).breaks:
        yield f"audit chain: {sentence}"


def _recounted(connection: Connection) -> Iterator[str]:
    for violation in recount(connection):
        yield f"recount: {violation.rule} {' '.join(violation.subjects)}: {violation.detail}"


# --- judging --------------------------------------------------------------------------------------------------
def faults(told: Iterable[Told], reading: Reading, start: Start) -> list[str]:
    """Everything that cannot be so after a crash; empty if nothing was lost, doubled or half done."""
    told = list(told)
    return [
        *lost(told, reading, start),
        *_doubled(told, reading, start),
        *_half_done(reading),
        *_out_of_step(reading),
        *reading.breaches,
    ]


def lost(told: Iterable[Told], reading: Reading, start: Start) -> Iterator[str]:
    """What was acknowledged and is not there, or is otherwise than it was told."""
    for one in told:
        if one.answer is None or not one.answer.acknowledges:
            continue
        kept = reading.kept.get(key_hash(start.actor, one.key))
        if kept is None:
            yield f"lost: {one.shown} was answered {one.answer.status}, and nothing of it is there"
        elif (kept.status, in_words(kept.body, Language.ENGLISH)) != (one.answer.status, one.answer.body):
            yield f"lost: {one.shown} is kept with another answer than was given"
        elif reading.states.get(_version(one.answer.body)) != one.answer.body["state"]:
            yield f"lost: {one.shown} is kept as answered, and its request never was in that state"


def _doubled(told: Iterable[Told], reading: Reading, start: Start) -> Iterator[str]:
    """Requests or allocations that no command, or more than one, stands behind."""
    paths = {key_hash(start.actor, one.key): one.path for one in told}
    yield from ("doubled: a key is kept that nobody sent" for key in reading.kept if key not in paths)
    asked = Counter(
        kept.body["request_id"] for key, kept in reading.kept.items() if paths.get(key) == "/requests"
    )
    there = {request_id for request_id, _ in reading.states}
    yield from (
        f"doubled: {request_id} stands, and no command asked for it" for request_id in there - asked.keys()
    )
    yield from (f"doubled: {request_id} was asked for {n} times" for request_id, n in asked.items() if n > 1)
    given = Counter(
        subject for words in reading.events.values() for topic, subject in words.elements() if topic in GIVEN
    )
    for allocation_id in reading.placed | given.keys():
        if given[allocation_id] != 1 or allocation_id not in reading.placed:
            yield f"doubled: {allocation_id} was given by {given[allocation_id]} events"


GIVEN: Final = ("allocation.placed", "allocation.changed")


def _half_done(reading: Reading) -> Iterator[str]:
    """Moments at which not all of a command is there."""
    commands = {kept.moment for kept in reading.kept.values()}
    for moment in sorted(commands | reading.lines.keys() | reading.events.keys() | reading.bookings.keys()):
        if moment not in commands:
            yield f"half done: at {moment} something changed that no kept answer tells of"
        if moment not in reading.lines:
            booked = " ".join(sorted(reading.bookings.get(moment, ())))
            yield f"half done: at {moment} there is no audit line for {booked or 'an answer'}"
        if moment not in reading.bookings:
            yield f"half done: at {moment} no booking changed"
        if reading.lines.get(moment) != reading.events.get(moment):
            yield f"half done: at {moment} the outbox says otherwise than the audit trail"


def _out_of_step(reading: Reading) -> Iterator[str]:
    """Gaps in the outbox, and revisions that do not fit together."""
    if reading.sequence != tuple(range(1, len(reading.sequence) + 1)):
        yield "out of step: the outbox has gaps"
    for kept in reading.kept.values():
        if reading.revisions.get(kept.moment) != {kept.revision}:
            yield f"out of step: the events at {kept.moment} are not of revision {kept.revision}"
    newest = max((kept.revision for kept in reading.kept.values()), default=reading.revision)
    if newest != reading.revision:
        yield f"out of step: the hospital stands at {reading.revision}, its last answer at {newest}"


def repeated_otherwise(before: Iterable[Told], after: Iterable[Told]) -> Iterator[str]:
    """Commands that were repeated under their keys and told otherwise. ``after``: the same, in the same order."""
    for first, again in zip(before, after, strict=True):
        if again.answer is None or again.answer.status >= 500:
            status = "at all" if again.answer is None else f"but with {again.answer.status}"
            yield f"repeated: {again.shown} was not answered {status}"
        elif (
            first.answer is not None
            and first.acknowledged
            and (
                (first.answer.status, first.answer.body, True)
                != (again.answer.status, again.answer.body, again.answer.replayed)
            )
        ):
            yield f"repeated: {again.shown} was answered {first.answer.status} and then {again.answer.status} otherwise"


def key_hash(actor: str, key: str) -> bytes:
    """Under what an idempotency row is kept."""
    return hashlib.sha256(orjson.dumps([actor, key])).digest()


def _version(body: Mapping[str, Any]) -> tuple[str, int]:
    return body["request_id"], body["revision"]
