"""Holds: a bundle reserved until a minute, for somebody to confirm. What nobody confirms is given back by itself.

A hold is an allocation in state ``placed`` with an end. It becomes an ordinary one when its ward accepts it, when a
person chooses it, or when the patient sets out (CLINICAL.md, safeguard 2: it never lapses on the way). When it lapses
the need is kept (safeguard 1): others come first, people may act, and after a rest it is decided again like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from api.errors import HeldTooOften, RuleBroken, UnknownReference, WrongState
from api.schemas.offers import HoldIn
from api.security.access import Access
from api.services import words
from api.services.cases import Case
from api.services.changes import Changes
from api.services.choosing import chosen, unknown_things
from api.services.lasting import restore_left
from api.services.lookup import case_by_id, require_asking
from api.services.placing import answer, decide, keep_waiting, open_case, settle
from models.commands import Answer
from solver.engine.rule import Level
from solver.hospital import Allocation, RequestState
from solver.placing import rules
from solver.placing.problem import Decision, NearMiss, Standing, WhyNot


@dataclass(frozen=True, slots=True)
class Hold:
    """Reserve a bundle for a need, for some minutes."""

    body: HoldIn
    access: Access


def hold(command: Hold, changes: Changes) -> Answer:
    """201 with the bundle and until when it is held; 202 with the stored need if there is none. Takes nobody's
    place."""
    body = command.body
    _refuse_unknown(body, changes)
    case = _need(command, changes)
    case = replace(case, held_until=changes.now + body.minutes)
    if body.place is None:
        case = settle(case, decide(case, changes), changes)
    else:
        case = settle(case, _at_the_place(case, body, changes), changes)
    if case.allocation is None:
        return Answer(202, answer(case, changes))
    given = case.allocation
    case = _counted(case, given, changes)
    changes.tell(
        "hold.taken",
        given.id,
        request_id=case.id,
        bed_id=given.bed_id,
        ward_id=changes.records.ward_of_bed(given.bed_id).id,
        until=case.held_until,
    )
    return Answer(201, answer(case, changes))


def _counted(case: Case, given: Allocation, changes: Changes) -> Case:
    """The case with one more hold; raises ``HeldTooOften``: whoever holds a thing again and again has it for good
    without anybody having decided so."""
    most = changes.practice.holds_per_resource
    taken = (given.bed_id, *dict.fromkeys(use.unit_id for use in given.units))
    for resource_id in taken:
        if case.held.count(resource_id) >= most:
            raise HeldTooOften(resource_id, most)
    return changes.set_case(replace(case, held=(*case.held, *taken)))


def _refuse_unknown(body: HoldIn, changes: Changes) -> None:
    unknown = list(unknown_things(body.place, ("place",), changes)) if body.place is not None else []
    if unknown:
        raise UnknownReference(unknown)


def _need(command: Hold, changes: Changes) -> Case:
    """The need a bundle is held for: a new one, or one that waits or holds something already, which is given back."""
    body = command.body
    if body.request is not None:
        return open_case(body.request, ("request",), command.access, changes)
    assert body.request_id is not None, "the schema asks for one of the two"
    case = case_by_id(body.request_id, changes)
    require_asking(case, command.access, changes)
    if case.state is not RequestState.UNPLACED and case.held_until is None:
        raise WrongState("This request was given a bundle for good.", "Choose another, or release it first.")
    if case.allocation is not None:
        changes.take_back(case)
        changes.came_free = True
    return case


def _at_the_place(case: Case, body: HoldIn, changes: Changes) -> Decision:
    """The place a person chose. Where it breaks rules: refused for a need that is stored already; a new need is stored
    all the same, and waits."""
    assert body.place is not None, "asked before"
    try:
        return chosen(case, body.place, ("place",), changes)
    except RuleBroken as refused:
        if body.request is None:
            raise
        against = refused.rule_ids
        overridable = all(rules.RULES[rule_id].level is Level.OVERRIDABLE for rule_id in against)
        standing = tuple(Standing(rule_id, 1, int(len(against) == 1)) for rule_id in against)
        near = (NearMiss(body.place.bed_id, against, overridable),)
        return Decision(case.request, None, 0, why_not=WhyNot(standing, near, None))


def lapse(changes: Changes) -> list[str]:
    """Give back what is held beyond its time and tell its ward; returns the allocations that were. A patient who is on
    the way, or has come, keeps the bed whatever was said."""
    over = [
        case
        for case in changes.desk.cases.values()
        if case.held_until is not None and case.held_until <= changes.now
    ]
    lapsed = []
    for case in sorted(over, key=lambda case: (case.held_until, case.precedence(changes.now))):
        if case.allocation is not None and not any(stay.state.pinned for stay in changes.stays_of(case)):
            lapsed.append(case.allocation.id)
            _give_back(case, changes)
    restore_left(changes)
    return lapsed


def _give_back(case: Case, changes: Changes) -> None:
    allocation, until = case.allocation, case.held_until
    assert allocation is not None, "something is held"
    assert until is not None, "until some time"
    changes.take_back(case)
    changes.tell(
        "hold.lapsed",
        allocation.id,
        request_id=case.id,
        bed_id=allocation.bed_id,
        ward_id=changes.records.ward_of_bed(allocation.bed_id).id,
        asking_ward_id=case.ward_id,
        until=until,
    )
    free_again = Decision(case.request, None, 0, why_not=WhyNot((), (), None))
    waiting = keep_waiting(case, free_again, changes)
    again = changes.now + changes.practice.hold_rest_minutes
    changes.set_case(replace(waiting, need=words.lapsed_need(case.request, until, again, changes.live)))
