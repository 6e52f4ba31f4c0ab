"""Placing: one request, or a person's choice for it; an atomic bundle or a stored need (``batches``: many)."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import Any

from api.schemas.requests import BundleIn, RequestIn
from api.security.access import Access
from api.services import words
from api.services.cases import Case, overruled
from api.services.changes import Changes
from api.services.displacing import Displaceable
from api.services.intake import (
    Steps,
    check_references,
    person_of,
    request_of,
    taken_waivers,
)
from models.commands import Answer
from solver.engine.rule import Level
from solver.hospital import RequestState, Step
from solver.placing import rules
from solver.placing.displace import URGENT, Exchange
from solver.placing.problem import Decision, Method, NearMiss, Standing, WhyNot
from solver.placing.referee import Decided, broken, check

log = logging.getLogger(__name__)


STORING_SECONDS = 0.005
"""What an answer needs after it was decided: stored with its batch, committed, sent."""


@dataclass(frozen=True, slots=True)
class PlaceOne:
    """Place one request; ``due`` (monotonic seconds): when it has all but come the quickest answer counts."""

    body: RequestIn
    access: Access
    due: float | None = None


def place_one(command: PlaceOne, changes: Changes) -> Answer:
    """201 with the bundle, or 202 with the stored need."""
    case = open_case(command.body, (), command.access, changes)
    hurried = command.due is not None and time.monotonic() >= command.due - STORING_SECONDS
    case = give_place(case, changes, hurried=hurried)
    status = 201 if case.allocation is not None else 202
    return Answer(status, answer(case, changes, degraded=hurried))


def open_case(bundle: BundleIn, at: Steps, access: Access, changes: Changes) -> Case:
    """Take a bundle in as a case that is not decided yet."""
    access.require(bundle.for_ward_id)
    check_references(bundle, changes, at)
    person = person_of(bundle, at, changes)
    request = request_of(bundle, changes.desk.new_id("req"), person.id, changes.now)
    overrides = taken_waivers(bundle.waivers, bundle.for_ward_id, request.id, access, changes)
    changes.step(request.id, Step.DECISION_TO_ADMIT, request.decided_at)
    changes.step(request.id, Step.REQUESTED)
    case = Case(
        request=request,
        state=RequestState.UNPLACED,
        ward_id=bundle.for_ward_id,
        asked_by=access.principal.account_id,
        requested_at=changes.now,
    )
    return changes.set_case(overruled(case, overrides))


def give_place(case: Case, changes: Changes, *, hurried: bool = False) -> Case:
    """Decide a case and carry the decision out; someone urgent who would wait may take the place of a less urgent
    booking. Hurried, the quickest answer counts."""
    if hurried or case.request.priority not in URGENT:
        return settle(case, decide(case, changes, hurried), changes, compare=not hurried)
    # The kernels alone: reasons for waiting, which take longer, are not needed if an exchange is found.
    published, waived = bed_published(case), case.waived
    found = changes.live.find(case.request, changes.desk.new_id("alc"), published=published, waived=waived)
    exchange = Displaceable(changes).exchange_for(case, found)
    if exchange is not None:
        return carry_out(case, exchange, changes, compare=True)
    if found is None:
        return settle(case, decide(case, changes), changes)
    decision = changes.live.judged(case.request, found, Method.KERNEL, published=published, waived=waived)
    return settle(case, decision, changes)


def carry_out(case: Case, exchange: Exchange, changes: Changes, *, compare: bool) -> Case:
    """Take a booking back, give the urgent case its place, and the displaced one another or a stored need."""
    other = changes.desk.cases[exchange.displaced.request.id]
    before = exchange.displaced.allocation
    changes.take_back(other)
    case = settle(case, exchange.urgent, changes, compare=compare)
    ward_id = changes.records.ward_of_bed(before.bed_id).id
    changes.tell(
        "request.displaced",
        other.id,
        displaced_by=case.id,
        former_allocation_id=before.id,
        ward_id=ward_id,
    )
    other = settle(replace(other, displaced_by=case.id), exchange.again, changes, compare=False)
    told = words.repair_json(other, before, changes.zone)
    changes.repaired.append(told)
    return changes.set_case(replace(case, explanation={**case.explanation, "displaced": [told]}))


def decide(case: Case, changes: Changes, hurried: bool = False) -> Decision:
    """The best bundle for a case as things stand; the bed published before is preferred."""
    return changes.live.decide(
        case.request,
        changes.desk.new_id("alc"),
        published=bed_published(case),
        waived=case.waived,
        first_fit=hurried,
    )


def bed_published(case: Case) -> str | None:
    """The bed the ward was told before."""
    return case.allocation.bed_id if case.allocation is not None else None


def settle(case: Case, decision: Decision, changes: Changes, *, compare: bool = True) -> Case:
    """Carry a decision out: give the bundle, or store the need; so too where the referee does not confirm what an
    engine found. The case's old bundle is taken back already."""
    if decision.allocation is None:
        return keep_waiting(case, decision, changes)
    if not decision.verified:
        return keep_waiting(case, _unconfirmed(decision, changes), changes)
    count = changes.practice.comparisons if compare else 0
    explained = words.explanation(decision, changes.live, count, bed_published(case))
    before, waited = case.allocation, case.need is not None
    case = replace(
        case,
        state=RequestState.PLACED,
        allocation=decision.allocation,
        explanation=explained,
        need=None,
        left_until=changes.left_until(case),
    )
    changes.give(case, decision.allocation)
    case = changes.set_case(case)
    changes.step(case.id, Step.PLACED)
    changes.tell(
        "allocation.placed" if before is None else "allocation.changed",
        decision.allocation.id,
        request_id=case.id,
        bed_id=decision.allocation.bed_id,
        start=decision.allocation.start,
        revision=case.revision,
        method=decision.method.value,
        waited=waited,
        **overridden(explained),
    )
    return case


def overridden(explained: dict[str, Any]) -> dict[str, Any]:
    """The overridable rules a decision breaks, and by how much, as the audit trail keeps them; nothing if it breaks
    none."""
    broken_by = {one["rule_id"]: one["amount"] for one in explained["overridden"]}
    return {"overridden": broken_by} if broken_by else {}


def _unconfirmed(decision: Decision, changes: Changes) -> Decision:
    """Nothing is given, for the rules the referee finds broken: no need is lost over an engine's mistake."""
    assert decision.allocation is not None, "only what was found is confirmed or not"
    against = rules_broken(decision, changes)
    log.error("The referee did not confirm what placing found (%s); the need is stored", ", ".join(against))
    overridable = all(rules.RULES[rule_id].level is Level.OVERRIDABLE for rule_id in against)
    standing = tuple(Standing(rule_id, 1, int(len(against) == 1)) for rule_id in against)
    why_not = WhyNot(standing, (NearMiss(decision.allocation.bed_id, against, overridable),), None)
    return replace(decision, allocation=None, why_not=why_not)


def keep_waiting(case: Case, decision: Decision, changes: Changes) -> Case:
    """Store the need of a case that found no place; the clock runs."""
    assert decision.why_not is not None, "an unplaced decision says why"
    again = changes.now + changes.practice.again_minutes
    need = words.need_of(case.request, decision.why_not, changes.live, again)
    if case.allocation is not None:
        changes.tell("allocation.withdrawn", case.allocation.id, request_id=case.id)
    case = replace(
        case,
        state=RequestState.UNPLACED,
        allocation=None,
        explanation={},
        need=need,
        held_until=None,
    )
    case = changes.set_case(case)
    changes.tell("request.unplaced", case.id, rule_ids=[s.rule_id for s in decision.why_not.standing][:10])
    return case


def answer(case: Case, changes: Changes, degraded: bool = False) -> dict[str, Any]:
    """A case as its sender is told."""
    body = words.case_json(case, changes.zone)
    return {**body, "decided_at": words.moment(changes.now, changes.zone), "degraded": degraded}


def rules_broken(decision: Decision, changes: Changes) -> tuple[str, ...]:
    """The rules the referee finds broken, apart from those that are waived."""
    counts = check(Decided(decision.request, decision.allocation), changes.records)
    return broken(counts, changes.records.profile, decision.waived)


def may_change(case: Case, changes: Changes) -> bool:
    """Whether nobody is on the way or has arrived."""
    return not any(stay.state.pinned for stay in changes.stays_of(case))
