"""Chains: who finds no bed is proposed one that others make room for; a person confirms the chain as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from api.schemas.chains import ChainIn
from api.security.access import Access
from api.security.permissions import Permission
from api.services import words
from api.services.cases import Case, Proposal
from api.services.changes import Changes
from api.services.displacing import booking_of, may_be_displaced
from api.services.lookup import case_by_id, stay_by_id
from api.services.opening import open_proposal
from api.services.repair import is_booked
from models.commands import Answer
from solver.hospital import Request, Stay, StayState
from solver.placing import phrases, rules
from solver.placing.chains import Bounds, Chain, Link, Movable, find_chain
from solver.placing.displace import URGENT
from solver.placing.language import Sentence
from solver.placing.moving import (
    Limits,
    attached_allocations,
    bars,
    lounge_rooms,
    may_sit,
    move_request,
)
from solver.placing.problem import Method
from solver.placing.records import Records
from solver.placing.telling import as_json

LIMITS = Limits()

OF_A_TICK = Bounds(tries=4)
"""Bounds of a search nobody asked for: 84 stays are tried at most, and no clock is looked at, so that it repeats."""


@dataclass(frozen=True, slots=True)
class SeekForRequest:
    """Look for a chain that brings a waiting request in. ``moves``: how often each stay was moved before."""

    request_id: str
    body: ChainIn
    access: Access
    moves: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeekForStay:
    """Look for a chain that brings an outlier to a ward of their speciality."""

    stay_id: str
    body: ChainIn
    access: Access
    moves: Mapping[str, int] = field(default_factory=dict)


def seek_for_request(command: SeekForRequest, changes: Changes) -> Answer:
    """The proposed chain, or why there is none."""
    case = case_by_id(command.request_id, changes)
    command.access.require(case.ward_id)
    if case.allocation is not None:
        return _none(phrases.HAS_BED.of(request=case.id), changes)
    movable = list(_seen(movable_stays(command.moves, changes), command.access, changes))
    chain = _chain_for(case, movable, _bounds(command.body), time.monotonic, changes)
    return _answer(case.id, _reason(case, chain), chain, changes)


def seek_for_the_urgent(moves: Mapping[str, int], changes: Changes) -> None:
    """Propose chains for urgent requests that wait and have none proposed: as many a tick as the hospital's practice
    says, others the next time."""
    open_for = {p.subject_id for p in changes.desk.proposals.values() if p.kind == "chain"}
    waiting = [
        case
        for case in changes.desk.unplaced()
        if case.request.priority in URGENT and case.id not in open_for
    ]
    most = min(changes.practice.chain_searches, len(waiting))
    if most == 0:
        return
    movable = list(movable_stays(moves, changes))
    first = changes.now % len(waiting)
    for case in (*waiting[first:], *waiting[:first])[:most]:
        chain = _chain_for(case, movable, OF_A_TICK, lambda: 0.0, changes)
        if chain is not None:
            _open(case.id, _reason(case, chain), chain, changes)
            # Nobody is named in two proposals.
            named = {one.stay_id for one in chain.moved}
            movable = [one for one in movable if one.stay_id not in named]


def _chain_for(
    case: Case, movable: Sequence[Movable], bounds: Bounds, timer: Callable[[], float], changes: Changes
) -> Chain | None:
    found = changes.live.find(case.request, changes.desk.new_id("alc"), waived=case.waived)
    new_id, request = (lambda: changes.desk.new_id("alc")), case.request
    return find_chain(changes.live, request, found, movable, new_id, bounds, case.waived, timer)


def _reason(case: Case, chain: Chain | None) -> Sentence:
    return phrases.CHAIN_FOR.of(request=case.id, moves=0 if chain is None else len(chain.moved))


def seek_for_stay(command: SeekForStay, changes: Changes) -> Answer:
    """Likewise for somebody who lies outside the wards of their speciality."""
    stay = stay_by_id(command.stay_id, changes)
    command.access.require(changes.records.ward_of_bed(stay.bed_id).id)
    if not is_outlier(stay, changes):
        return _none(phrases.NO_OUTLIER.of(stay=stay.id), changes)
    against = _bars(stay, command.moves, changes)
    if against:
        return _none(phrases.NOT_MOVED.of(bars=tuple(against)), changes)
    movable = _seen(movable_stays(command.moves, changes), command.access, changes)
    others = [one for one in movable if one.stay_id != stay.id]
    request = repatriation(stay, changes)
    found = changes.live.find(request, changes.desk.new_id("alc"))
    new_id, bounds = (lambda: changes.desk.new_id("alc")), _bounds(command.body)
    chain = find_chain(changes.live, request, found, others, new_id, bounds)
    if chain is None and found is not None:
        # Nobody else need move.
        direct = Link(changes.live.judged(request, found, Method.KERNEL), None)
        chain = Chain((direct,), 0, True)
    return _answer(stay.id, phrases.OUTLIER.of(stay=stay.id), chain, changes)


def pair_step_down(stay: Stay, changes: Changes) -> Proposal | None:
    """Propose together that a patient who is ready for less care leaves a critical-care bed and that the first who
    waits for it, and would get it, comes; None if nobody does."""
    if stay.id in spoken_for(changes):
        return None
    bed = changes.records.beds[stay.bed_id]
    away = Movable(stay.id, move_request(stay, changes.records, LIMITS, f"move/{stay.id}"))
    waiting = (c for c in changes.desk.unplaced() if stay.care.care_level < c.request.care.care_level)
    for case in waiting:
        if case.request.care.care_level > bed.care_level:
            continue
        chain = find_chain(
            changes.live,
            case.request,
            None,
            [away],
            lambda: changes.desk.new_id("alc"),
            Bounds(depth=1),
            case.waived,
        )
        if chain is not None:
            reason = phrases.STEP_DOWN_PAIR.of(
                stay=stay.id, level=stay.care.care_level, bed=bed.id, request=case.id
            )
            return _open(case.id, reason, chain, changes, frees=freed_bed(stay, changes))
    return None


def freed_bed(stay: Stay, changes: Changes) -> dict[str, Any] | None:
    """The critical-care bed a patient would free by stepping down, and what having it free is worth by the price of
    scarce care levels; None if the bed gives no more than is needed."""
    bed = changes.records.beds[stay.bed_id]
    levels = bed.care_level - stay.care.care_level
    if levels <= 0:
        return None
    worth = levels * changes.records.profile.weight(rules.SCARCE_CARE_LEVEL)
    return {"bed_id": bed.id, "care_level": bed.care_level, "worth": worth}


# --- who may be moved ---------------------------------------------------------------------------------------
def movable_stays(moves: Mapping[str, int], changes: Changes) -> Iterator[Movable]:
    """Bookings no person has had a say in, and people in beds whom nothing bars from being moved."""
    for case in may_be_displaced(changes):
        starts_later = case.allocation is not None and case.allocation.start > changes.now
        if starts_later and case.request.from_stay_id is None and is_booked(case, changes):
            booking = booking_of(case)
            yield Movable(f"{booking.allocation.id}/stay", case.request, booking)
    records = changes.records
    attached, lounge, spoken = attached_allocations(records), lounge_rooms(records), spoken_for(changes)
    for stay in records.stays.values():
        if stay.id in spoken or any(bars(stay, records, LIMITS, moves.get(stay.id, 0), attached)):
            continue
        yield Movable(stay.id, partial(_asked_for, stay, lounge, records))


def _seen(movable: Iterable[Movable], access: Access, changes: Changes) -> Iterator[Movable]:
    """Those on wards whose proposals the seeker may read: a chain names everybody whom it moves."""
    records = changes.records
    for one in movable:
        ward_id = records.ward_of_bed(records.stays[one.stay_id].bed_id).id
        if access.allows(ward_id, Permission.PROPOSAL_READ):
            yield one


def _asked_for(stay: Stay, lounge: frozenset[str], records: Records) -> Request:
    """What is asked for who would be moved."""
    rooms = lounge if may_sit(stay, records) else None
    return move_request(stay, records, LIMITS, f"move/{stay.id}", rooms)


def _bars(stay: Stay, moves: Mapping[str, int], changes: Changes) -> list[str]:
    records = changes.records
    found = bars(stay, records, LIMITS, moves.get(stay.id, 0), attached_allocations(records))
    waits = ["move_asked"] if stay.id in spoken_for(changes) else []
    return [*(bar.value for bar in found), *waits]


def spoken_for(changes: Changes) -> frozenset[str]:
    """Stays another bed is asked or proposed for already."""
    asked = {case.request.from_stay_id for case in changes.desk.cases.values()} - {None}
    proposed = {p.subject_id for p in changes.desk.proposals.values()}
    steps = (s for p in changes.desk.proposals.values() for s in p.change.get("steps", ()))
    return frozenset({*asked, *proposed, *(step["stay_id"] for step in steps)} - {None})


def is_outlier(stay: Stay, changes: Changes) -> bool:
    """Whether somebody lies outside the wards of their speciality, though the site has such a ward."""
    own = changes.records.ward_of_bed(stay.bed_id)
    lies = stay.state is StayState.OCCUPYING and stay.with_stay_id is None
    return lies and stay.care.speciality not in own.specialities and any(_own_wards(stay, changes))


def _own_wards(stay: Stay, changes: Changes) -> Iterator[str]:
    """The wards of somebody's speciality on the site where they lie: going to another is a journey, not a move."""
    site_id = changes.records.ward_of_bed(stay.bed_id).site_id
    for ward in changes.records.wards.values():
        if ward.site_id == site_id and stay.care.speciality in ward.specialities:
            yield ward.id


def repatriation(stay: Stay, changes: Changes) -> Request:
    """The request that takes an outlier to a ward of their speciality on the same site."""
    records = changes.records
    rooms = [room for ward_id in _own_wards(stay, changes) for room in records.rooms_of_ward.get(ward_id, ())]
    return move_request(stay, records, LIMITS, f"move/{stay.id}", rooms)


# --- what is proposed ---------------------------------------------------------------------------------------
def _answer(subject_id: str, reason: Sentence, chain: Chain | None, changes: Changes) -> Answer:
    if chain is None:
        return _none(phrases.NO_CHAIN.of(), changes)
    _replace_older(subject_id, changes)
    proposal = _open(subject_id, reason, chain, changes)
    body = {"proposal": words.proposal_json(proposal, changes.zone), "reason": as_json(reason)}
    return Answer(200, body)


def _none(reason: Sentence, changes: Changes) -> Answer:
    changes.tell("chain.none", "hospital")
    return Answer(200, {"proposal": None, "reason": as_json(reason)})


def _replace_older(subject_id: str, changes: Changes) -> None:
    """A newer chain for the same patient takes the place of an older one."""
    for proposal in list(changes.desk.proposals.values()):
        if proposal.kind == "chain" and proposal.subject_id == subject_id:
            changes.propose(replace(proposal, state="expired"))


def _open(
    subject_id: str, reason: Sentence, chain: Chain, changes: Changes, frees: dict[str, Any] | None = None
) -> Proposal:
    steps = [_step(link, changes) for link in chain.links]
    change = {
        "moves": sum(step["action"] in ("move", "lounge") for step in steps),
        "gain": chain.gain,
        "complete": chain.complete,
        "frees": frees,
        "steps": steps,
    }
    return open_proposal("chain", subject_id, reason, change, changes)


def _step(link: Link, changes: Changes) -> dict[str, Any]:
    """A link as it is stored: what it rests on (stay and bed, or allocation) is what voids it when it changes."""
    given, stay_id = link.decision.allocation, link.decision.request.from_stay_id
    assert given is not None, "a link gives a place"
    lies = changes.records.stays.get(stay_id or "")
    booking = None if link.moved is None else link.moved.booking
    return {
        "action": _action(link, changes),
        "request_id": None if lies is not None and link.moved is not None else _request_id(link, changes),
        "stay_id": stay_id,
        "allocation_id": None if booking is None else booking.allocation.id,
        "from_bed_id": lies.bed_id if lies is not None else booking and booking.allocation.bed_id,
        "bed_id": given.bed_id,
        "ward_id": changes.records.ward_of_bed(given.bed_id).id,
        "start": given.start,
    }


def _request_id(link: Link, changes: Changes) -> str | None:
    """The request a link is about; None if it is to be made when somebody confirms."""
    request_id = link.decision.request.id
    return request_id if request_id in changes.desk.cases else None


def _action(link: Link, changes: Changes) -> str:
    if link.moved is not None and link.moved.booking is not None:
        return "rebook"
    if link.decision.request.id in changes.desk.cases:
        return "place"
    given = link.decision.allocation
    assert given is not None, "a link gives a place"
    sits = changes.records.beds[given.bed_id].room_id in lounge_rooms(changes.records)
    return "lounge" if sits else "move"


def _bounds(body: ChainIn) -> Bounds:
    return Bounds(depth=body.max_moves, milliseconds=body.budget_ms)
