"""A person chooses: this bed, from this minute, with these units and lots; or rules waived; or both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from api.errors import ContradictoryInput, Place, RuleBroken, UnknownReference, WrongState
from api.places import pointer
from api.schemas.requests import ChoiceIn, PlaceIn
from api.security.access import Access
from api.services.cases import Case, overruled
from api.services.changes import Changes
from api.services.displacing import Displaceable
from api.services.intake import Steps, taken_waivers, unknown_rules
from api.services.lookup import case_by_id, require_asking
from api.services.placing import answer, carry_out, decide, may_change, rules_broken, settle
from models.commands import Answer
from solver.hospital import Allocation, LotUse, Minute, Request, UnitUse
from solver.placing.ahead import as_it_waits
from solver.placing.asks import start_window
from solver.placing.problem import Decision, Method, Within

REMEDY = "Waive those that can be, with a reason, or choose another place."


@dataclass(frozen=True, slots=True)
class Choose:
    """A person's choice for a request that is not placed yet, or not started: a place, rules waived, or
    both."""

    request_id: str
    body: ChoiceIn
    access: Access


def choose(command: Choose, changes: Changes) -> Answer:
    """Place as a person says; raises ``RuleBroken`` if that breaks rules that were not waived."""
    case = case_by_id(command.request_id, changes)
    require_asking(case, command.access, changes)
    place = command.body.place
    unknown = list(unknown_rules(command.body.waivers, ()))
    if place is not None:
        unknown += unknown_things(place, (), changes)
    if unknown:
        raise UnknownReference(unknown)
    if not may_change(case, changes):
        raise WrongState("The patient is on the way or has arrived.", "Transfer the patient instead.")
    taken = taken_waivers(command.body.waivers, case.ward_id, case.id, command.access, changes)
    if case.allocation is not None:
        changes.take_back(case)
        changes.came_free = True
    case = replace(overruled(case, taken), held_until=None)
    case = _decided(case, changes) if place is None else given_as_chosen(case, place, (), changes)
    return Answer(200 if case.allocation is not None else 202, answer(case, changes))


def _decided(case: Case, changes: Changes) -> Case:
    return settle(case, decide(case, changes), changes)


def given_as_chosen(case: Case, place: PlaceIn, at: Steps, changes: Changes) -> Case:
    """Give a case the place a person chose, also if somebody less urgent has to make room for it, as recommended.
    The case's old bundle is taken back already. Raises ``RuleBroken``."""
    try:
        return settle(case, chosen(case, place, at, changes), changes)
    except RuleBroken:
        found = changes.live.find(case.request, changes.desk.new_id("alc"), waived=case.waived)
        exchange = Displaceable(changes).exchange_for(case, found)
        offered = exchange.urgent.allocation if exchange is not None else None
        if exchange is None or offered is None:
            raise
        start = offered.start if place.start is None else max(place.start, changes.now)
        if (offered.bed_id, offered.start) != (place.bed_id, start):
            raise
        return carry_out(case, exchange, changes, compare=True)


def chosen(case: Case, place: PlaceIn, at: Steps, changes: Changes) -> Decision:
    """The bundle at the very place a person chose; raises ``RuleBroken`` with the rules it would break."""
    live, request = changes.live, as_it_waits(case.request, changes.now)
    start = _start(request, place, at, changes)
    bed = np.array([live.arrays.bed_number[place.bed_id]], np.int64)
    found = live.priced(
        request, changes.desk.new_id("alc"), waived=case.waived, within=Within(bed, start, start)
    )
    if found is None:
        first = start_window(request, changes.now)[0] if start is None else start
        raise RuleBroken(live.against(request, place.bed_id, first, case.waived), REMEDY)
    allocation = _with_supplies(found[0], case, place, at)
    decision = live.judged(case.request, allocation, Method.PERSON, waived=case.waived)
    if not decision.verified:
        raise RuleBroken(rules_broken(decision, changes), REMEDY)
    return decision


def unknown_things(place: PlaceIn, at: Steps, changes: Changes) -> Iterator[Place]:
    """Places of ids that name nothing here."""
    records = changes.records
    if place.bed_id not in records.beds:
        yield Place(pointer(*at, "bed_id"), "the id of a bed (GET /beds)")
    for number, unit in enumerate(place.units or ()):
        if unit.unit_id not in records.units:
            yield Place(pointer(*at, "units", number, "unit_id"), "the id of a unit (GET /equipment)")
    for number, lot in enumerate(place.lots or ()):
        if lot.lot_id not in records.lots:
            yield Place(pointer(*at, "lots", number, "lot_id"), "the id of a lot (GET /drug-lots)")


def _start(request: Request, place: PlaceIn, at: Steps, changes: Changes) -> Minute | None:
    """The start a person chose; one that was now when it was recommended, and has passed since, is now."""
    if place.start is None:
        return None
    first, last = start_window(request, changes.now)
    # A need told anew is needed from now on, if nothing else is said: later than what it was recommended.
    was_now = (
        request.needed_by <= changes.now and place.start <= changes.now and not _over(place.start, changes)
    )
    if not (was_now or request.needed_by <= place.start <= last):
        expected = "no earlier than needed_by, no later than the request may wait"
        raise ContradictoryInput([Place(pointer(*at, "start"), expected)])
    refuse_past(place.start, changes)
    return max(place.start, first)


def refuse_past(start: Minute | None, changes: Changes) -> None:
    """Raise ``WrongState`` for a start that is over: longer ago than a step of the grid."""
    if start is not None and _over(start, changes):
        raise WrongState("That start is over.", "Ask for what can be had now (POST /allocations:recommend).")


def _over(start: Minute, changes: Changes) -> bool:
    return start + changes.records.options.start_step_minutes <= changes.now


def _with_supplies(allocation: Allocation, case: Case, place: PlaceIn, at: Steps) -> Allocation:
    """The allocation with the units and lots a person named, in place of those that were found."""
    request, start = case.request, allocation.start
    needs = {need.type_id: need for need in request.equipment}
    drugs = {need.drug_id for need in request.drugs}
    foreign = [
        *(
            Place(pointer(*at, "units", number, "type_id"), "a type the request asks for")
            for number, unit in enumerate(place.units or ())
            if unit.type_id not in needs
        ),
        *(
            Place(pointer(*at, "lots", number, "drug_id"), "a drug the request asks for")
            for number, lot in enumerate(place.lots or ())
            if lot.drug_id not in drugs
        ),
    ]
    if foreign:
        raise ContradictoryInput(foreign)
    if place.units is not None:
        uses = []
        for unit in place.units:
            need = needs[unit.type_id]
            begin = start + need.offset_minutes
            end = allocation.end if need.duration_minutes is None else begin + need.duration_minutes
            uses.append(UnitUse(unit.type_id, unit.unit_id, begin, end))
        allocation = replace(allocation, units=tuple(uses))
    if place.lots is not None:
        named = tuple(LotUse(lot.drug_id, lot.lot_id, lot.quantity) for lot in place.lots)
        allocation = replace(allocation, lots=named)
    return allocation
