"""Recommending: the best places for a need, asked of the live hospital and forgotten again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from api.errors import WrongState
from api.schemas.offers import RecommendIn
from api.security.access import Access
from api.security.permissions import Permission
from api.services import words
from api.services.cases import Case
from api.services.changes import Changes
from api.services.displacing import Displaceable
from api.services.lookup import case_by_id, require_asking
from api.services.placing import bed_published, may_change, open_case
from solver.engine.result import Budget
from solver.hospital import Allocation, Minute
from solver.placing import phrases, rules
from solver.placing.ahead import as_it_waits
from solver.placing.displace import URGENT, Booking, Exchange
from solver.placing.explain import clock, paid
from solver.placing.problem import Decision, Price
from solver.placing.recommend import Option, Recommended, recommend
from solver.placing.taking import Taken, takes
from solver.placing.telling import as_json


@dataclass(frozen=True, slots=True)
class Recommend:
    """What could a need be given? ``due`` (by ``timer``): after it what was found counts."""

    body: RecommendIn
    access: Access
    timer: Callable[[], float]
    due: float | None = None

    @property
    def persons(self) -> set[str]:
        """Ids of persons it names."""
        request = self.body.request
        return {request.person_id} if request is not None and request.person_id is not None else set()


def recommended(command: Recommend, changes: Changes) -> dict[str, Any]:
    """The answer; whatever this tries is undone by who asks (``HospitalDecider.ask``)."""
    case, published = _asked_for(command, changes)
    budget = _budget(command)
    found = recommend(
        changes.live,
        case.request,
        lambda: changes.desk.new_id("alc"),
        budget,
        published=published,
        waived=case.waived,
    )
    options = [_option(option, case, changes) for option in found.options]
    exchange = _exchange(case, found, changes)
    if exchange is not None:
        options = [_displacing(exchange, case, command.access, changes), *options][: command.body.k]
    return {
        "request_id": command.body.request_id,
        "decided_at": words.moment(changes.now, changes.zone),
        "method": "+".join(sorted({option["method"] for option in options})) or "kernel",
        "degraded": not found.complete,
        "complete": found.complete,
        "options": options,
        "need": None if options else _need(case, changes),
        "hospital_revision": changes.desk.revision,
    }


def _asked_for(command: Recommend, changes: Changes) -> tuple[Case, str | None]:
    """The need, with no place, and the bed its ward was told of before."""
    body = command.body
    if body.request is not None:
        return open_case(body.request, ("request",), command.access, changes), None
    assert body.request_id is not None, "the schema asks for one of the two"
    case = case_by_id(body.request_id, changes)
    require_asking(case, command.access, changes)
    if not may_change(case, changes):
        raise WrongState("The patient is on the way or has arrived.", "Transfer the patient instead.")
    published = bed_published(case)
    if case.allocation is not None:
        changes.take_back(case)
    return replace(case, request=as_it_waits(case.request, changes.now)), published


def _budget(command: Recommend) -> Budget:
    if command.due is None:
        return Budget(iterations=command.body.k)
    left = command.due - command.timer()
    return Budget(seconds=max(left, 1e-9), iterations=command.body.k, timer=command.timer)


def _exchange(case: Case, found: Recommended, changes: Changes) -> Exchange | None:
    """What placing would do for somebody urgent who comes late otherwise: take a less urgent booking back."""
    if case.request.priority not in URGENT or not found.complete:
        return None
    first = found.options[0].allocation if found.options else None
    return Displaceable(changes).exchange_for(case, first)


def _need(case: Case, changes: Changes) -> dict[str, Any]:
    """What stands in the way of any place, and whom to call."""
    why_not = changes.live.why_not(case.request, case.waived)
    again = changes.now + changes.practice.again_minutes
    return words.need_json(words.need_of(case.request, why_not, changes.live, again), changes.zone)


def _displacing(exchange: Exchange, case: Case, access: Access, changes: Changes) -> dict[str, Any]:
    """The option that takes a less urgent booking's place, told as the hospital is without that booking."""
    theirs = exchange.displaced
    urgent, again = exchange.urgent.allocation, exchange.again.allocation
    assert urgent is not None, "an exchange gives a place"
    with changes.live.trial():
        changes.live.withdraw(theirs.request, theirs.allocation)
        taken = takes(urgent, changes.records)
        told = _told(exchange.urgent, urgent, taken, case, changes)
    told["takes_place_of"] = _giving_way(theirs, again, access, changes)
    return told


def _giving_way(
    theirs: Booking, again: Allocation | None, access: Access, changes: Changes
) -> dict[str, Any]:
    """Whose place it takes, and what they get instead; of a ward whose requests one may not read only that somebody's
    is taken."""
    ward_id = changes.records.ward_of_bed(theirs.allocation.bed_id).id
    if not access.allows(ward_id, Permission.REQUEST_READ):
        hidden = dict.fromkeys(("request_id", "from_bed_id", "bed_id", "start"))
        return {**hidden, "sentence": as_json(phrases.RELAX_HIDDEN.of())}
    return {
        "request_id": theirs.request.id,
        "from_bed_id": theirs.allocation.bed_id,
        "bed_id": None if again is None else again.bed_id,
        "start": None if again is None else words.moment(again.start, changes.zone),
        "sentence": as_json(phrases.TAKES_PLACE_OF.of(request=theirs.request.id)),
    }


def _option(option: Option, case: Case, changes: Changes) -> dict[str, Any]:
    return _told(option.decision, option.allocation, option.takes, case, changes)


def _told(
    decision: Decision, allocation: Allocation, taken: tuple[Taken, ...], case: Case, changes: Changes
) -> dict[str, Any]:
    """An option as clients see it: an allocation without an id, for it was not given."""
    explained = words.explanation(decision, changes.live, 0)
    until = valid_until(allocation.start, changes)
    stands = phrases.OFFER_STANDS.of(until=clock(until, changes.records))
    return {
        **words.bundle_json(allocation, changes.zone),
        **{name: value for name, value in explained.items() if name != "compared"},
        "prices": [_price(price) for price in decision.prices if price.cost],
        "takes": [
            {"kind": t.kind.value, "of": t.of, "left": t.left, "sentence": as_json(t.sentence)} for t in taken
        ],
        "takes_place_of": None,
        "valid_until": words.moment(until, changes.zone),
        "stands": as_json(stands),
    }


def valid_until(start: Minute, changes: Changes) -> Minute:
    """When an option that starts at a minute is over: ``:choose`` takes one that starts now for a step of the grid."""
    return max(start, changes.now) + changes.records.options.start_step_minutes


def _price(price: Price) -> dict[str, Any]:
    return {
        "rule_id": price.rule_id,
        "amount": price.amount,
        "unit": rules.RULES[price.rule_id].unit,
        "cost": price.cost,
        "sentence": as_json(paid(price)),
    }
