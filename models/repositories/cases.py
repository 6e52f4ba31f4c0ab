"""Cases: a request, where it stands, what was given for it and why; and the steps of its admission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from models import rows
from models.commands import Transaction
from models.errors import NotFound
from models.repositories import drugs
from models.repositories.versions import add, revise
from models.statements import insert_row
from models.store import OPEN_REQUESTS
from models.tables import care, equipment
from models.tables.drugs import lot_reservation
from solver.hospital import (
    Allocation,
    Companion,
    DrugNeed,
    EquipmentNeed,
    LotUse,
    Minute,
    Origin,
    Priority,
    Request,
    RequestState,
    Step,
    UnitUse,
)


@dataclass(frozen=True, slots=True)
class StoredNeed:
    """What an unplaced request says: when it is decided again, where the patient stays, whom to call, and
    why."""

    decide_again: Minute
    fallback: str
    call: str
    why_not: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A request and the allocation in force, if there is one.

    ``ward_id``: the ward that asked; ``asked_by``: the account; ``requested_at``: when the clock began;
    ``revision``: of the hospital when the allocation was made, 0 without; ``version``: counts every change
    of the request (ETag). ``displaced_by``: the more urgent request a booking of this one was taken back for.
    ``declined_by``: the wards that declined it, in order.
    ``held_until``: until when what was given is only held. ``overrides``: what people decided against rules for it, and
    for the requests it continues, also what is over, each as a document.
    """

    request: Request
    state: RequestState
    ward_id: str | None
    asked_by: str
    requested_at: Minute
    allocation: Allocation | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)
    need: StoredNeed | None = None
    version: int = 1
    displaced_by: str | None = None
    declined_by: tuple[str, ...] = ()
    held_until: Minute | None = None
    overrides: tuple[Mapping[str, Any], ...] = ()
    left_until: Minute | None = None
    held: tuple[str, ...] = ()


def insert_case(transaction: Transaction, case: StoredCase) -> None:
    """Store a request and, if something was given, the allocation with its lots reserved."""
    add(transaction, care.request, _request_row(case))
    if case.allocation is not None:
        insert_allocation(transaction, case)


def release_replaced(transaction: Transaction, before: StoredCase, after: StoredCase) -> None:
    """Release the allocation before, with its lots, if the case no longer has it; before any new one."""
    old = before.allocation
    if old is not None and (after.allocation is None or after.allocation.id != old.id):
        release_allocation(transaction, old.id)


def update_case(
    transaction: Transaction, before: StoredCase, after: StoredCase, expected_version: int | None = None
) -> None:
    """Store what changed: the request's state and needs, the allocation's state, or another allocation.

    What was given before is released by ``release_replaced``; stays and bookings are records of their own
    (``models.repositories.records``). ``expected_version`` makes it a compare-and-set on the request.
    """
    values = {name: value for name, value in _request_row(after).items() if name != "id"}
    revise(transaction, care.request, after.request.id, values, expected_version)
    old, new = before.allocation, after.allocation
    if new is None:
        return
    if old is None or new.id != old.id:
        insert_allocation(transaction, after)
        return
    if _changing(before) != _changing(after):
        revise(transaction, care.allocation, new.id, _changing(after))
    if old.lots != new.lots:
        drugs.change_reservations(transaction, after.request, old, new)


def insert_allocation(transaction: Transaction, case: StoredCase) -> None:
    """Store an allocation and reserve its lots."""
    allocation = case.allocation
    assert allocation is not None, "the case has no allocation"
    fixed = {
        "id": allocation.id,
        "request_id": case.request.id,
        "person_id": allocation.person_id,
        "bed_id": allocation.bed_id,
        "companion_bed_id": allocation.companion_bed_id,
    }
    add(transaction, care.allocation, fixed | _changing(case))
    drugs.reserve(transaction, case.request, allocation)


def release_allocation(transaction: Transaction, allocation_id: str) -> None:
    """Mark an allocation as released and give its reserved lots back."""
    revise(transaction, care.allocation, allocation_id, {"state": "released"})
    drugs.release(transaction, allocation_id)


def take_step(transaction: Transaction, request_id: str, step: Step, minute: Minute, actor: str) -> None:
    """Record when a step of an admission happened; recorded again, the later record counts."""
    values = {
        "request_id": request_id,
        "step": step.value,
        "minute": minute,
        "actor": actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    insert_row(transaction.connection, care.request_step, values)


def load_steps(connection: Connection, request_ids: Iterable[str]) -> dict[str, dict[Step, Minute]]:
    """The minute of every step taken, by request, as recorded last."""
    table = care.request_step
    chosen = select(table).where(table.c.request_id.in_(list(request_ids)))
    found: defaultdict[str, dict[Step, Minute]] = defaultdict(dict)
    for row in connection.execute(chosen.order_by(table.c.recorded_microsecond)):
        found[row.request_id][Step(row.step)] = row.minute
    return dict(found)


def load_case(connection: Connection, request_id: str) -> StoredCase:
    """One case in whatever state; raises ``NotFound``."""
    found = _load(connection, care.request.c.id == request_id)
    if not found:
        raise NotFound("request", request_id)
    return found[0]


def read_cases(
    requests: Iterable[Any], allocations: Iterable[Any], units: Iterable[Any], lots: Iterable[Any]
) -> list[StoredCase]:
    """Cases of rows of ``request``, their allocations in force, and the bookings and reservations of those, in the
    order of the bundle."""
    unit_uses, lot_uses = _unit_uses_of(units), _lot_uses_of(lots)
    given = {
        row.request_id: (_allocation(row, unit_uses[row.id], lot_uses[row.id]), row.explanation)
        for row in allocations
    }
    return [_case(row, given.get(row.id)) for row in requests]


def load_open_cases(connection: Connection) -> list[StoredCase]:
    """Every case that is not over: unplaced, placed, confirmed, arrived; the oldest first."""
    return _load(connection, care.request.c.state.in_(OPEN_REQUESTS))


def case_of_allocation(connection: Connection, allocation_id: str) -> StoredCase:
    """The case an allocation belongs to; raises ``NotFound``."""
    table = care.allocation
    request_id = connection.scalar(select(table.c.request_id).where(table.c.id == allocation_id))
    if request_id is None:
        raise NotFound("allocation", allocation_id)
    return load_case(connection, request_id)


def load_allocations(connection: Connection, allocation_ids: Sequence[str]) -> dict[str, Allocation]:
    """Allocations by id, in whatever state, with the units and lots that were given."""
    return {
        allocation.id: allocation
        for allocation, _ in _allocations(connection, care.allocation.c.id.in_(allocation_ids)).values()
    }


def _load(connection: Connection, condition: Any) -> list[StoredCase]:
    order = care.request.c.clock_start_minute, care.request.c.id
    requests = connection.execute(select(care.request).where(condition).order_by(*order)).all()
    in_force = care.allocation.c.state != "released"
    chosen = care.allocation.c.request_id.in_(select(care.request.c.id).where(condition))
    allocations = _allocations(connection, in_force & chosen)
    return [_case(row, allocations.get(row.id)) for row in requests]


def _allocations(connection: Connection, condition: Any) -> dict[str, tuple[Allocation, Any]]:
    """Allocation and explanation by request id."""
    found = connection.execute(select(care.allocation).where(condition)).all()
    ids = select(care.allocation.c.id).where(condition)
    units, lots = _unit_uses(connection, ids), _lot_uses(connection, ids)
    return {row.request_id: (_allocation(row, units[row.id], lots[row.id]), row.explanation) for row in found}


def _unit_uses(connection: Connection, ids: Any) -> defaultdict[str, list[UnitUse]]:
    table = equipment.unit_booking
    given = (care.allocation.c.state == "released") | (table.c.state != "cancelled")
    chosen = select(table).join_from(table, care.allocation).where(table.c.allocation_id.in_(ids), given)
    return _unit_uses_of(connection.execute(chosen.order_by(table.c.need_type_id.nulls_first(), table.c.id)))


def _unit_uses_of(rows: Iterable[Any]) -> defaultdict[str, list[UnitUse]]:
    found: defaultdict[str, list[UnitUse]] = defaultdict(list)
    for row in rows:
        use = UnitUse(row.need_type_id or "", row.unit_id, row.start_minute, row.end_minute)
        found[row.allocation_id].append(use)
    return found


def _lot_uses(connection: Connection, ids: Any) -> defaultdict[str, list[LotUse]]:
    table = lot_reservation
    # Of an allocation in force, what was released is a lot that another one took the place of.
    given = care.allocation.c.state.in_(("released", "left")) | (table.c.state != "released")
    chosen = select(table).join_from(table, care.allocation).where(table.c.allocation_id.in_(ids), given)
    return _lot_uses_of(connection.execute(chosen.order_by(table.c.id)))


def _lot_uses_of(rows: Iterable[Any]) -> defaultdict[str, list[LotUse]]:
    found: defaultdict[str, list[LotUse]] = defaultdict(list)
    for row in rows:
        found[row.allocation_id].append(LotUse(row.need_drug_id, row.lot_id, row.quantity))
    return found


def _allocation(row: Any, units: Sequence[UnitUse], lots: Sequence[LotUse]) -> Allocation:
    return Allocation(
        row.id,
        row.request_id,
        row.person_id,
        row.bed_id,
        row.start_minute,
        row.end_minute,
        tuple(units),
        tuple(lots),
        row.companion_bed_id,
        row.conditional,
        row.revision,
    )


def _case(row: Any, given: tuple[Allocation, Any] | None) -> StoredCase:
    need = None
    if row.state == RequestState.UNPLACED:
        need = StoredNeed(row.decide_again_minute, row.fallback, row.call, row.why_not or {})
    return StoredCase(
        read_request(row),
        RequestState(row.state),
        row.ward_id,
        row.asked_by,
        row.clock_start_minute,
        given[0] if given else None,
        given[1] if given else {},
        need,
        row.version,
        row.needs.get("displaced_by"),
        tuple(row.needs.get("declined_by", ())),
        row.needs.get("held_until"),
        tuple(row.needs.get("overrides", ())),
        row.needs.get("left_until"),
        tuple(row.needs.get("held", ())),
    )


def _request_row(case: StoredCase) -> dict[str, Any]:
    request, need = case.request, case.need
    care_columns = rows.care_columns(request.care)
    return {
        "id": request.id,
        "person_id": request.person_id,
        "state": case.state.value,
        "priority": int(request.priority),
        "speciality": care_columns["speciality"],
        "care_level": care_columns["care_level"],
        "decided_minute": request.decided_at,
        "needed_by_minute": request.needed_by,
        "duration_minutes": request.duration_minutes,
        "max_wait_minutes": request.max_wait_minutes,
        "origin": request.origin.value,
        "clinically_ready": request.clinically_ready,
        "accepting_team": request.accepting_team,
        "needs": care_columns["needs"] | _bundle(request) | _rarely(case),
        "from_stay_id": request.from_stay_id,
        "asked_by": case.asked_by,
        "ward_id": case.ward_id,
        "clock_start_minute": case.requested_at,
        "decide_again_minute": need.decide_again if need else None,
        "fallback": need.fallback if need else None,
        "call": need.call if need else None,
        "why_not": dict(need.why_not) if need else None,
    }


def _rarely(case: StoredCase) -> dict[str, Any]:
    """What few have: they were never displaced, declined nor held, nobody overrode a rule for them: no columns."""
    found = {
        "displaced_by": case.displaced_by,
        "declined_by": list(case.declined_by) or None,
        "held_until": case.held_until,
        "overrides": [dict(one) for one in case.overrides] or None,
        "left_until": case.left_until,
        "held": list(case.held) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _bundle(request: Request) -> dict[str, Any]:
    return {
        "equipment": [asdict(need) for need in request.equipment],
        "drugs": [asdict(need) for need in request.drugs],
        "companion": request.companion.value,
        "excluded_room_ids": sorted(request.excluded_room_ids),
    }


def read_request(row: Any) -> Request:
    """A row of ``request`` or of its history."""
    needs = row.needs
    return Request(
        id=row.id,
        person_id=row.person_id,
        priority=Priority(row.priority),
        care=rows.read_care(row),
        decided_at=row.decided_minute,
        needed_by=row.needed_by_minute,
        duration_minutes=row.duration_minutes,
        max_wait_minutes=row.max_wait_minutes,
        origin=Origin(row.origin),
        clinically_ready=row.clinically_ready,
        accepting_team=row.accepting_team,
        equipment=tuple(EquipmentNeed(**need) for need in needs["equipment"]),
        drugs=tuple(DrugNeed(**need) for need in needs["drugs"]),
        companion=Companion(needs["companion"]),
        from_stay_id=row.from_stay_id,
        excluded_room_ids=frozenset(needs["excluded_room_ids"]),
    )


def _changing(case: StoredCase) -> dict[str, Any]:
    allocation = case.allocation
    assert allocation is not None, "the case has no allocation"
    return {
        "start_minute": allocation.start,
        "end_minute": allocation.end,
        "conditional": allocation.conditional,
        "revision": allocation.revision,
        "state": case.state.value,
        "explanation": dict(case.explanation),
    }
