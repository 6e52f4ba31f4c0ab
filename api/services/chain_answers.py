"""A person confirms a chain: all of it in one transaction, or nothing.

What the chain rests on is looked at first: a stay that is no longer where it was, a booking that was changed, a place
that would now break a rule voids the whole, and the answer says which.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from api.security.access import Access
from api.security.permissions import Permission
from api.services import words
from api.services.cases import Case, Proposal
from api.services.chaining import LIMITS
from api.services.changes import Changes
from api.services.placing import settle
from solver.hospital import Allocation, Block, Request, RequestState, StayState, Step
from solver.placing import phrases
from solver.placing.language import Sentence
from solver.placing.moving import attached_allocations, bars, move_request
from solver.placing.problem import Decision, Method
from solver.placing.referee import Decided, broken, check
from solver.placing.referee.decisions import COMPANION_KINDS
from solver.placing.telling import as_json


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a chain about to be carried out: the case it is for and its decision."""

    case: Case
    decision: Decision


class Void(Exception):
    """The chain no longer holds; ``reason`` says why."""

    def __init__(self, reason: Sentence) -> None:
        self.reason = reason
        super().__init__(reason.phrase_id)


def require(proposal: Proposal, access: Access, changes: Changes) -> None:
    """Whoever answers may move people on every ward the chain touches."""
    records = changes.records
    for step in proposal.change["steps"]:
        bed_ids = [bed for bed in (step["from_bed_id"], step["bed_id"]) if bed in records.beds]
        for bed_id in bed_ids:
            access.require(records.ward_of_bed(bed_id).id, Permission.ALLOCATION_TRANSFER)


def carry_out_chain(proposal: Proposal, access: Access, changes: Changes) -> dict[str, Any]:
    """Every step, decided anew in the very beds that were proposed. Raises ``Void``; then nothing was done."""
    parts = _decided_anew(proposal, access, changes)
    for part in parts:
        if part.case.allocation is not None:
            changes.take_back(part.case)
    done = []
    for part in parts:
        if part.case.id not in changes.desk.cases:
            changes.set_case(part.case)
            changes.step(part.case.id, Step.REQUESTED)
        case = settle(part.case, part.decision, changes, compare=False)
        done.append(words.case_json(case, changes.zone))
    return {"chain": done}


def void(proposal: Proposal, reason: Sentence, changes: Changes) -> dict[str, Any]:
    """The chain lapses, and says why."""
    told = as_json(reason)
    changes.propose(replace(proposal, state="expired", change=proposal.change | {"void": told}))
    changes.tell("proposal.void", proposal.id, proposal_kind=proposal.kind)
    return {"void": told}


def changed_meanwhile(proposal: Proposal, changes: Changes) -> Sentence | None:
    """What a chain rests on and is no longer so; None while all of it is."""
    clinical = proposal.change["frees"] is not None
    for step in proposal.change["steps"]:
        subject = step["stay_id"] or step["request_id"]
        if not _stands(step, changes):
            return phrases.CHAIN_STALE.of(subject=subject)
        against = _bars(step, changes) if step["request_id"] is None and not clinical else ()
        if against:
            return phrases.NOT_MOVED.of(bars=against)
    return None


def _bars(step: dict[str, Any], changes: Changes) -> tuple[str, ...]:
    """What stands against moving a patient by now. How often they were moved is known by their stay: it is the same."""
    records = changes.records
    stay = records.stays[step["stay_id"]]
    return tuple(bar.value for bar in bars(stay, records, LIMITS, 0, attached_allocations(records)))


def _stands(step: dict[str, Any], changes: Changes) -> bool:
    if step["stay_id"] is not None:
        stay = changes.records.stays.get(step["stay_id"])
        lies = stay is not None and stay.state is StayState.OCCUPYING and stay.bed_id == step["from_bed_id"]
        asked = any(c.request.from_stay_id == step["stay_id"] for c in changes.desk.cases.values())
        if not lies or (asked and step["request_id"] is None):
            return False
    if step["request_id"] is None:
        return True
    case = changes.desk.cases.get(step["request_id"])
    if case is None or any(stay.state.pinned for stay in changes.stays_of(case)):
        return False
    given = case.allocation.id if case.allocation is not None else None
    return bool(given == step["allocation_id"])


# --- decided anew -------------------------------------------------------------------------------------------
def _decided_anew(proposal: Proposal, access: Access, changes: Changes) -> list[Part]:
    """The chain on the hospital as it is now, on trial; raises ``Void``."""
    stale = changed_meanwhile(proposal, changes)
    if stale is not None:
        raise Void(stale)
    live, steps = changes.live, proposal.change["steps"]
    cases = [_case_of(step, access, changes) for step in steps]
    parts: list[Part] = []
    with live.trial():
        for case in cases:
            if case.allocation is not None:
                live.withdraw(case.request, case.allocation)
        for step, case in zip(steps, cases, strict=True):
            decision = _in_that_bed(step["bed_id"], case, changes)
            live.apply(decision)
            parts.append(Part(case, decision))
    return parts


def _case_of(step: dict[str, Any], access: Access, changes: Changes) -> Case:
    """The open case of a step, or one for the request that continues a stay."""
    if step["request_id"] is not None:
        return changes.desk.cases[step["request_id"]]
    stay = changes.records.stays[step["stay_id"]]
    room = changes.records.beds[step["bed_id"]].room_id
    request = move_request(stay, changes.records, LIMITS, changes.desk.new_id("req"), {room})
    ward_id = changes.records.ward_of_bed(stay.bed_id).id
    account = access.principal.account_id
    return Case(request, RequestState.UNPLACED, ward_id, account, changes.now)


def _in_that_bed(bed_id: str, case: Case, changes: Changes) -> Decision:
    """The best bundle in a bed; raises ``Void`` if the bed cannot take the patient."""
    request, published = case.request, case.allocation.bed_id if case.allocation is not None else None
    with _only(bed_id, request, changes):
        rooms = frozenset(changes.records.rooms) - {changes.records.beds[bed_id].room_id}
        found = changes.live.find(
            replace(request, excluded_room_ids=rooms),
            changes.desk.new_id("alc"),
            published=published,
            waived=case.waived,
        )
    if found is None or found.bed_id != bed_id:
        raise Void(phrases.CHAIN_NO_BED.of(bed=bed_id))
    decision = changes.live.judged(request, found, Method.PERSON, published=published, waived=case.waived)
    if not decision.verified:
        raise Void(phrases.CHAIN_BROKEN.of(bed=bed_id, rules=_broken(request, found, case, changes)))
    return decision


def _broken(request: Request, found: Allocation, case: Case, changes: Changes) -> tuple[str, ...]:
    return broken(check(Decided(request, found), changes.records), changes.records.profile, case.waived)


@contextmanager
def _only(bed_id: str, request: Request, changes: Changes) -> Iterator[None]:
    """The hospital with no other bed of the room open, but for whoever accompanies the patient."""
    records = changes.records
    with changes.live.trial():
        for other_id in list(records.beds_of_room[records.beds[bed_id].room_id]):
            other = records.beds[other_id]
            if other_id != bed_id and other.kind not in COMPANION_KINDS.get(request.companion, ()):
                closed = Block(changes.now, None, "not proposed")
                changes.live.put(replace(other, blocks=(closed,)))
        yield
