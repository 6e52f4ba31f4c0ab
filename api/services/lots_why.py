"""Why a request was given these lots or none: each lot of the drug and of its equivalents, and the rule that keeps it
away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.services.cases import Case
from api.services.changes import Changes
from api.services.words import moment
from models.errors import NotFound
from solver.engine.rule import Profile
from solver.hospital import Drug, DrugNeed
from solver.pharmacy.explain import against
from solver.pharmacy.problem import SupplyProblem, SupplyRequest
from solver.pharmacy.rules import LOT_PLACE
from solver.placing import phrases
from solver.placing.records import Records
from solver.placing.telling import as_json

ANYWHERE = "anywhere"
"""The ward of a request that has no bed yet, whichever ward that will be."""


def why(request_id: str, changes: Changes) -> dict[str, Any]:
    """Every drug a request asks for, how much of it was given, and what speaks against each lot now; raises
    ``NotFound`` for a request that is not open here."""
    case = changes.desk.cases.get(request_id)
    if case is None:
        raise NotFound("request", request_id)
    return {
        "request_id": request_id,
        "needs": [_need(number, case, changes) for number in range(len(case.request.drugs))],
        "hospital_revision": changes.desk.revision,
    }


def _need(number: int, case: Case, changes: Changes) -> dict[str, Any]:
    need = case.request.drugs[number]
    problem = _problem(need, case, changes)
    found = list(against(problem, problem.requests[0]))
    uses = () if case.allocation is None else case.allocation.lots
    given = sum(use.quantity for use in uses if use.drug_id == need.drug_id)
    free = sum(lot.available for lot, rule in found if rule is None)
    short = given < need.quantity and free < need.quantity - given
    phrase = phrases.LOTS_SHORT if short else phrases.LOTS_ENOUGH
    told = phrase.of(drug=need.drug_id, quantity=need.quantity, given=given, free=free)
    return {
        "drug_id": need.drug_id,
        "quantity": need.quantity,
        "given": given,
        "free": free,
        "short": short,
        "sentence": as_json(told),
        "lots": [
            {
                "lot_id": lot.id,
                "drug_id": lot.drug_id,
                "expires": moment(lot.expires, changes.zone),
                "usable_until": moment(lot.usable_until, changes.zone),
                "available": lot.available,
                "rule_id": None if rule is None else rule.id,
                "sentence": None if rule is None else as_json(phrases.RULES.of(rules=(rule.id,))),
            }
            for lot, rule in found
        ],
    }


def _problem(need: DrugNeed, case: Case, changes: Changes) -> SupplyProblem:
    """The one need, and the lots that might serve it, as the pharmacy's rules read them."""
    records, request, given = changes.records, case.request, case.allocation
    ward_id = case.ward_id if given is None else records.ward_of_bed(given.bed_id).id
    start = max(request.needed_by, changes.now) if given is None else given.start
    # Without a bed any ward's cabinet may be the one.
    everywhere = given is None or not records.profile.active(LOT_PLACE)
    profile = Profile(switched_off=frozenset({LOT_PLACE.id} if everywhere else ()))
    asked = SupplyRequest(
        request.id,
        ward_id or ANYWHERE,
        need.drug_id,
        need.quantity,
        start + need.use_within_minutes,
        case.requested_at,
        request.priority,
        person_id=request.person_id,
    )
    drugs = _drugs(need.drug_id, records)
    lots = tuple(records.lots[i] for drug in drugs for i in records.lots_of_drug.get(drug.id, ()))
    person = records.persons[request.person_id]
    return SupplyProblem(changes.now, drugs, lots, (asked,), (person,), profile=profile)


def _drugs(drug_id: str, records: Records) -> tuple[Drug, ...]:
    """The drug and those that may stand in for it; who may stand in for those is not asked."""
    drug = records.drugs[drug_id]
    return (drug, *(replace(records.drugs[other], equivalents=()) for other in drug.equivalents))
