"""Steps that should have come: what is awaited, targets, breaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, func, insert, or_, select

from models.commands import Transaction
from models.statements import insert_row
from models.tables.care import allocation, request, request_step
from models.tables.places import bed, room
from models.tables.telling import step_breach, step_target
from solver.hospital import Minute, Priority, RequestState, Step

Cause = Literal["silent", "declined"]

_States = tuple[RequestState, ...]

AWAITED: Final[Mapping[Step, tuple[_States, Step]]] = {
    Step.PLACED: ((RequestState.UNPLACED,), Step.REQUESTED),
    Step.ACCEPTED: ((RequestState.PLACED,), Step.PLACED),
    Step.HANDED_OVER: ((RequestState.CONFIRMED,), Step.ACCEPTED),
    Step.ARRIVED: ((RequestState.PLACED, RequestState.CONFIRMED), Step.HANDED_OVER),
    Step.DRUGS_READY: ((RequestState.ARRIVED,), Step.DISCHARGE_ORDERED),
    Step.LEFT: ((RequestState.ARRIVED,), Step.DRUGS_READY),
}
"""The states of a request that awaits a step, and the step it is counted from."""

_MOOT: Final[Mapping[Step, Step]] = {
    Step.ACCEPTED: Step.HANDED_OVER,
    Step.HANDED_OVER: Step.HANDED_OVER,
    Step.DRUGS_READY: Step.DRUGS_READY,
}
"""The step after which another one is awaited no more though the request's state is the same."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A step that has not come. ``since``: from when its target counts; ``ward_id``: the ward it is about, ``asking``
    the ward that asked; ``told``: the highest level told."""

    request_id: str
    step: Step
    priority: Priority
    allocation_id: str
    ward_id: str | None
    asking: str | None
    since: Minute
    told: int


@dataclass(frozen=True, slots=True)
class Breach:
    """A step that did not come by ``due_minute``, or a place that was declined, told to a level."""

    request_id: str
    step: Step
    allocation_id: str
    cause: Cause
    level: int
    ward_id: str | None
    due_minute: Minute
    told_minute: Minute


@dataclass(frozen=True, slots=True)
class Target:
    """Minutes a hospital set; ``scope``: a ward's id, or empty for the whole hospital."""

    scope: str
    step: Step
    priority: Priority
    minutes: int


# --- what is awaited ----------------------------------------------------------------------------------------
def load_awaited(connection: Connection, now: Minute, shortest: Mapping[Step, int]) -> list[Awaited]:
    """Every step that has been awaited for at least ``shortest`` minutes of its kind."""
    return [found for step in AWAITED for found in _awaited(connection, step, now - shortest[step])]


def _question(step: Step) -> Select[Any]:
    """Requests that await a step since before ``until`` at least, with what was given."""
    states, after = AWAITED[step]
    # By request, so that what is asked grows with the patients here and not with the history. The step is no condition:
    # SQLite takes the index on steps for one, which holds those of everybody who was ever here (900 ms after ten days).
    begun = (
        select(func.max(case((request_step.c.step == after.value, request_step.c.minute))))
        .where(request_step.c.request_id == request.c.id)
        .correlate(request)
        .scalar_subquery()
    )
    given = and_(allocation.c.request_id == request.c.id, allocation.c.state != "released")
    return (
        select(
            request.c.id,
            request.c.priority,
            request.c.needed_by_minute,
            request.c.ward_id.label("asking"),
            allocation.c.id.label("allocation_id"),
            allocation.c.start_minute,
            room.c.ward_id,
            begun.label("minute"),
        )
        .outerjoin_from(request, allocation, given)
        .outerjoin(bed, bed.c.id == allocation.c.bed_id)
        .outerjoin(room, room.c.id == bed.c.room_id)
        .where(request.c.state.in_(_texts(states)), begun <= bindparam("until"))
        .order_by(request.c.id)
    )


def _awaited(connection: Connection, step: Step, until: Minute) -> Iterator[Awaited]:
    rows = connection.execute(_QUESTIONS[step], {"until": until}).all()
    ids = [row.id for row in rows]
    taken, told = _taken(connection, ids), _told(connection, ids)
    for row in rows:
        since = _since(step, row)
        if since <= until and not _has_come(step, taken[row.id], row.minute):
            given = row.allocation_id or ""
            level = told.get((row.id, step.value, given), 0)
            ward_id = row.ward_id if row.ward_id is not None else row.asking
            priority = Priority(row.priority)
            yield Awaited(row.id, step, priority, given, ward_id, row.asking, since, level)


def _since(step: Step, row: Any) -> Minute:
    """Nobody needs the bed earlier than asked for, nobody sets out before it is theirs."""
    earliest = {Step.PLACED: row.needed_by_minute, Step.HANDED_OVER: row.start_minute}
    return max(int(row.minute), int(earliest.get(step) or 0))


def _texts(states: _States) -> list[str]:
    return [state.value for state in states]


def _has_come(step: Step, taken: Mapping[str, Minute], since: Minute) -> bool:
    moot = _MOOT.get(step)
    return moot is not None and taken.get(moot.value, -1) >= since


def _taken(connection: Connection, ids: list[str]) -> defaultdict[str, dict[str, Minute]]:
    chosen = select(request_step).where(request_step.c.request_id.in_(ids))
    found: defaultdict[str, dict[str, Minute]] = defaultdict(dict)
    for row in connection.execute(chosen.order_by(request_step.c.recorded_microsecond)) if ids else ():
        found[row.request_id][row.step] = row.minute
    return found


def _told(connection: Connection, ids: list[str]) -> dict[tuple[str, str, str], int]:
    table = step_breach.c
    chosen = select(table.request_id, table.step, table.allocation_id, func.max(table.level).label("level"))
    silent = chosen.where(table.request_id.in_(ids), table.cause == "silent")
    rows = (
        connection.execute(silent.group_by(table.request_id, table.step, table.allocation_id)) if ids else ()
    )
    return {(row.request_id, row.step, row.allocation_id): row.level for row in rows}


_QUESTIONS: Final = {step: _question(step) for step in AWAITED}
"""Made once: they are asked every second, and making them takes as long as asking."""


# --- breaches -----------------------------------------------------------------------------------------------
def insert_breach(transaction: Transaction, breach: Breach) -> None:
    """Keep that a level was told. Raises ``IntegrityError`` if it had been."""
    values = asdict(breach) | {"step": breach.step.value}
    recorded = {"recorded_microsecond": transaction.now.microsecond}
    insert_row(transaction.connection, step_breach, values | recorded)


def breaches_of_request(connection: Connection, request_id: str) -> list[Breach]:
    """Every breach of a request, oldest first."""
    return _breaches(connection, step_breach.c.request_id == request_id)


def open_breaches(connection: Connection) -> list[Breach]:
    """The highest level of every breach whose step is still awaited, oldest first."""
    awaited = (
        and_(step_breach.c.step == step.value, request.c.state.in_(_texts(states)))
        for step, (states, _) in AWAITED.items()
    )
    here = select(request.c.id).where(request.c.id == step_breach.c.request_id, or_(*awaited))
    found = _breaches(connection, and_(step_breach.c.cause == "silent", here.exists()))
    highest = {(b.request_id, b.step, b.allocation_id): b for b in found}
    ids = [b.request_id for b in highest.values()]
    given, taken = _given(connection, ids), _taken(connection, ids)
    # Another place may have been given meanwhile, which is awaited anew.
    return [
        b
        for b in highest.values()
        if given.get(b.request_id, "") == b.allocation_id
        and not _has_come(b.step, taken[b.request_id], taken[b.request_id].get(AWAITED[b.step][1].value, 0))
    ]


def _given(connection: Connection, ids: list[str]) -> dict[str, str]:
    current = allocation.c.request_id.in_(ids), allocation.c.state != "released"
    rows = connection.execute(select(allocation.c.request_id, allocation.c.id).where(*current)) if ids else ()
    return {row.request_id: row.id for row in rows}


def _breaches(connection: Connection, condition: Any) -> list[Breach]:
    order = step_breach.c.told_minute, step_breach.c.request_id, step_breach.c.level
    rows = connection.execute(select(step_breach).where(condition).order_by(*order))
    return [
        Breach(
            row.request_id,
            Step(row.step),
            row.allocation_id,
            row.cause,
            row.level,
            row.ward_id,
            row.due_minute,
            row.told_minute,
        )
        for row in rows
    ]


# --- targets ------------------------------------------------------------------------------------------------
def load_targets(connection: Connection) -> list[Target]:
    """Every figure the hospital set."""
    order = step_target.c.scope, step_target.c.step, step_target.c.priority
    rows = connection.execute(select(step_target).order_by(*order))
    return [Target(row.scope, Step(row.step), Priority(row.priority), row.minutes) for row in rows]


def save_targets(transaction: Transaction, targets: Iterable[Target]) -> None:
    """Set figures, in the place of those of the same scope, step and priority."""
    for target in targets:
        where = (
            (step_target.c.scope == target.scope)
            & (step_target.c.step == target.step.value)
            & (step_target.c.priority == int(target.priority))
        )
        transaction.connection.execute(delete(step_target).where(where))
        values = {
            "scope": target.scope,
            "step": target.step.value,
            "priority": int(target.priority),
            "ward_id": target.scope or None,
            "minutes": target.minutes,
        }
        transaction.connection.execute(insert(step_target), values)
