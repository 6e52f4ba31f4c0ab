"""Repair: what has not started yet is kept where it still holds, decided again where it does not.

Which bookings are changed within the budget of moves is decided jointly by ``solver.placing.repair``; here its plan is
carried out. Nobody is moved by software (CLINICAL.md, safeguard 2): stays that are occupied or on the way are never
touched here; ``proposals`` proposes for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from api.services import words
from api.services.cases import Case
from api.services.changes import Changes
from api.services.displacing import booking_of, may_be_displaced
from api.services.lookup import companion_of
from api.services.placing import carry_out, decide, settle
from solver.hospital import Minute, Origin, Priority, Request, RequestState, Stay
from solver.placing.displace import Exchange
from solver.placing.problem import Decision, Method
from solver.placing.repair import Effort, Repaired, repair


@contextmanager
def around(cases: Iterable[Case], changes: Changes) -> Iterator[None]:
    """Take booked cases out, let the hospital change, then put back what still holds and decide the rest
    again."""
    booked = sorted(
        {case.id: case for case in cases if is_booked(case, changes)}.values(),
        key=lambda c: c.precedence(changes.now),
    )
    for case in booked:
        changes.take_back(case)
    yield
    if booked:
        _carry_out(_planned(booked, changes), changes)


def _planned(booked: list[Case], changes: Changes) -> Repaired:
    """The plan for bookings that are taken out, as the hospital is now."""
    taken_out = {case.id for case in booked}
    movable = (case for case in may_be_displaced(changes) if case.id not in taken_out)
    effort = Effort(max(0, changes.moves_left), displacing=changes.practice.displacing)
    return repair(
        changes.live,
        [booking_of(case) for case in booked],
        (booking_of(case) for case in movable),
        lambda: changes.desk.new_id("alc"),
        effort,
    )


def _carry_out(plan: Repaired, changes: Changes) -> None:
    """Put back what holds, give the other bundles, store the needs of the rest."""
    changes.repairs.append(plan)
    cases = changes.desk.cases
    for kept in plan.kept:
        changes.give(cases[kept.request.id], kept.allocation)
    for step in plan.steps:
        if isinstance(step, Exchange):
            before = cases[step.urgent.request.id]
            _told(carry_out(before, step, changes, compare=False), before, changes)
        else:
            _settle(cases[step.booking.request.id], step.decision, changes)
    for waiting in plan.waiting:
        _wait(cases[waiting.request.id], changes)


@contextmanager
def around_beds(bed_ids: Iterable[str], unit_ids: Iterable[str], changes: Changes) -> Iterator[None]:
    """``around`` every booking of some beds and units."""
    cases = [*in_beds(bed_ids, changes), *of_units(unit_ids, changes)]
    with around(cases, changes):
        yield


@contextmanager
def longer(stays: Iterable[Stay], unit_ids: Iterable[str], until: Minute, changes: Changes) -> Iterator[None]:
    """``around`` every booking that stays lasting until a minute may get in the way of: in their beds, among
    those who come into their rooms and onto their wards in the added time, of the units they keep."""
    stays = list(stays)
    bed_ids = [stay.bed_id for stay in stays]
    adopted = make_room(bed_ids, until, changes)
    cases = [*in_beds(bed_ids, changes), *of_units(unit_ids, changes), *_coming(stays, until, changes)]
    with around(cases, changes):
        yield
    for case in adopted:
        _settle(case, decide(case, changes), changes)


def _coming(stays: Iterable[Stay], until: Minute, changes: Changes) -> Iterator[Case]:
    """Booked cases on the stays' wards that overlap the time between a stay's expected end and a later
    one."""
    added = {changes.records.ward_of_bed(stay.bed_id).id: stay.end for stay in stays}
    for case in changes.desk.to_come.values():
        allocation = case.allocation
        if allocation is None or allocation.start >= until:
            continue
        end = added.get(changes.records.ward_of_bed(allocation.bed_id).id)
        if end is not None and allocation.end > end:
            yield case


def bed(bed_id: str, changes: Changes) -> None:
    """Repair the bookings of one bed after its occupant changed."""
    with around(in_beds([bed_id], changes), changes):
        pass


def missed(stay: Stay, changes: Changes) -> None:
    """A booking that is over although nobody came: the need stands, so it is decided again."""
    case = changes.desk.case_of_stay(stay)
    if case is None:
        case = adopt(stay, changes)
    else:
        changes.take_back(case)
    _settle(case, decide(case, changes), changes)


def make_room(bed_ids: Iterable[str], until: Minute, changes: Changes) -> list[Case]:
    """Turn bookings that came without a request (imported ones) and stand in the way into cases, bed given
    back."""
    stays = [stay for bed_id in dict.fromkeys(bed_ids) for stay in changes.records.bed_stays(bed_id)]
    foreign = [s for s in stays if not s.state.pinned and s.with_stay_id is None and s.start < until]
    return [adopt(stay, changes) for stay in foreign if changes.desk.case_of_stay(stay) is None]


def adopt(stay: Stay, changes: Changes) -> Case:
    """A case for a booking that has none; its stays are taken out."""
    companion = companion_of(stay, changes)
    for each in reversed(changes.records.with_companions(stay.id)):
        changes.drop(Stay, each.id)
    request = Request(
        id=changes.desk.new_id("req"),
        person_id=stay.person_id,
        priority=Priority.SOON,
        care=stay.care,
        decided_at=min(stay.start, changes.now),
        needed_by=stay.start,
        duration_minutes=stay.end - stay.start,
        origin=Origin.HOME,
        companion=companion,
    )
    return changes.set_case(Case(request, RequestState.UNPLACED, None, changes.actor, changes.now))


def is_booked(case: Case, changes: Changes) -> bool:
    """Whether a case has a bundle that has not started."""
    stays = list(changes.stays_of(case))
    return case.allocation is not None and bool(stays) and not any(stay.state.pinned for stay in stays)


def in_beds(bed_ids: Iterable[str], changes: Changes) -> list[Case]:
    """Cases with a stay in one of the beds."""
    records = changes.records
    stays = (records.stays[s] for b in dict.fromkeys(bed_ids) for s in records.stays_of_bed.get(b, ()))
    return [case for stay in stays if (case := changes.desk.case_of_stay(stay)) is not None]


def of_units(unit_ids: Iterable[str], changes: Changes) -> list[Case]:
    """Cases that were given one of the units."""
    records = changes.records
    bookings = (
        records.unit_bookings[b] for u in dict.fromkeys(unit_ids) for b in records.bookings_of_unit.get(u, ())
    )
    requests = (changes.desk.request_of_allocation.get(b.allocation_id or "") for b in bookings)
    return [changes.desk.cases[request_id] for request_id in requests if request_id is not None]


def of_lots(lot_ids: Iterable[str], changes: Changes) -> list[Case]:
    """Cases that were given some of the lots."""
    wanted = set(lot_ids)
    return [
        case
        for case in changes.desk.cases.values()
        if case.allocation is not None and any(use.lot_id in wanted for use in case.allocation.lots)
    ]


def beds_of_rooms(room_ids: Iterable[str], changes: Changes) -> list[str]:
    """The beds of some rooms."""
    return [bed_id for room_id in room_ids for bed_id in changes.records.beds_of_room.get(room_id, ())]


def beds_of_ward(ward_id: str, changes: Changes) -> list[str]:
    """The beds of a ward."""
    return beds_of_rooms(changes.records.rooms_of_ward.get(ward_id, ()), changes)


def _wait(case: Case, changes: Changes) -> None:
    why_not = changes.live.why_not(case.request, case.waived)
    _settle(case, Decision(case.request, None, 0, why_not=why_not, method=Method.KERNEL), changes)


def _settle(case: Case, decision: Decision, changes: Changes) -> None:
    _told(settle(case, decision, changes, compare=False), case, changes)


def _told(after: Case, case: Case, changes: Changes) -> None:
    """What became of a booked case; another bed has to be accepted anew, the same bed was accepted already."""
    before = case.allocation
    changes.repaired.append(words.repair_json(after, before, changes.zone))
    if after.state is RequestState.UNPLACED:
        changes.unplaced_by_repair.add(after.id)
    elif case.state is RequestState.CONFIRMED and before is not None and after.allocation is not None:
        same = after.allocation.bed_id == before.bed_id
        changes.set_case(replace(after, state=RequestState.CONFIRMED if same else RequestState.PLACED))
