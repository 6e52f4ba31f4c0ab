"""What is short in the live hospital, and how the committee's order would share it among those who wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from api.services.cases import Case
from api.services.changes import Changes
from api.services.lots_why import ANYWHERE
from api.services.rationing import order_json
from api.services.stock_live import days_looked_at, history
from models.repositories import supply
from models.repositories.rationing import RationingBook, load_rationing
from models.repositories.supply import Cabinet
from solver.engine.errors import EngineError
from solver.engine.result import Result, Status
from solver.engine.rule import Profile
from solver.hospital import Drug, Minute, RequestState
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.pharmacy.explain import why_short
from solver.pharmacy.plan import SupplyPlan
from solver.pharmacy.problem import BeyondReckoning, SupplyProblem, SupplyRequest
from solver.pharmacy.reorder.problem import History
from solver.pharmacy.reorder.watch import daily_mean
from solver.pharmacy.rules import SUPPLY_RULES
from solver.pharmacy.rules_of_lots import counts_as_stock
from solver.placing import phrases
from solver.placing.records import Records
from solver.placing.telling import as_json

COVER_DAYS: Final = 91
"""Days back over which a cabinet's daily use is looked at."""

MOST_COVER: Final = 3650
"""Days of cover that are told of a cabinet nothing is taken from."""


class Cabinets:
    """What people need of each drug a day from a ward's own cabinet, counted when it is asked for."""

    def __init__(self, connection: Connection, now: Minute, zone: str) -> None:
        shift, self._today, self._first = days_looked_at(connection, now, zone, COVER_DAYS)
        since = self._first * MINUTES_PER_DAY - shift
        self._days = supply.load_cabinet_days(connection, since, now + 1, shift)
        self._on_hand: defaultdict[Cabinet, int] = defaultdict(int)
        for lots in supply.load_supplies(connection)[1].values():
            for row in lots:
                self._on_hand[row.ward_id, row.drug_id] += row.on_hand

    def daily(self, cabinet: Cabinet) -> float:
        """Units a day; on days that ended with nothing there, as much as was given out was needed at least."""
        days = self._days.get(cabinet)
        if days is None:
            return 0.0
        told = history(self._on_hand[cabinet], days, self._first, self._today)
        return daily_mean(History(tuple(told["issued"]), frozenset(told["ran_out"])))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch: everybody who waits with the drugs they need, and what there is; ``asked_by`` each need's request."""

    problem: SupplyProblem
    request_of: Mapping[str, str]
    revision: int


def known(connection: Connection, now: Minute, zone: str) -> tuple[RationingBook, Cabinets]:
    """The committee's orders, and what the cabinets use."""
    return load_rationing(connection), Cabinets(connection, now, zone)


def waiting(changes: Changes, book: RationingBook, cabinets: Cabinets) -> Waiting:
    """Every drug that somebody without a bundle needs, as one batch."""
    records = changes.records
    cases = [case for case in changes.desk.cases.values() if case.state is RequestState.UNPLACED]
    made = {
        f"{case.id}/{number}": (case, number) for case in cases for number in range(len(case.request.drugs))
    }
    requests = tuple(
        _request(name, case, number, changes, cabinets) for name, (case, number) in sorted(made.items())
    )
    drugs = _drugs({request.drug_id for request in requests}, records)
    ids = {drug.id for drug in drugs}
    persons = {case.request.person_id for case, _ in made.values()}
    problem = _priced(
        records.profile,
        lambda profile: SupplyProblem(
            changes.now,
            drugs,
            tuple(lot for lot in records.lots.values() if lot.drug_id in ids),
            requests,
            tuple(records.persons[person] for person in sorted(persons)),
            book.in_force,
            profile,
        ),
    )
    return Waiting(problem, {name: case.id for name, (case, _) in made.items()}, changes.desk.revision)


def _priced(own: Profile, made: Callable[[Profile], SupplyProblem]) -> SupplyProblem:
    """A batch under the hospital's own prices of what a sharing knows. Prices that come to sums beyond reckoning, as a
    profile may hold them whatever is asked for, are halved together until they do not."""
    known = {rule.id for rule in SUPPLY_RULES}
    weights = {rule_id: weight for rule_id, weight in own.weights.items() if rule_id in known}
    while True:
        try:
            return made(Profile(own.name, own.version, weights, own.switched_off & known))
        except BeyondReckoning:
            if max(weights.values(), default=0) <= 1:
                raise
            weights = {rule_id: (weight + 1) // 2 for rule_id, weight in weights.items()}


def _request(name: str, case: Case, number: int, changes: Changes, cabinets: Cabinets) -> SupplyRequest:
    need, request = case.request.drugs[number], case.request
    start = max(request.needed_by, changes.now)
    return SupplyRequest(
        name,
        case.ward_id or ANYWHERE,
        need.drug_id,
        need.quantity,
        start + need.use_within_minutes,
        case.requested_at,
        request.priority,
        _days_of_cover(case.ward_id, need.drug_id, changes, cabinets),
        request.person_id,
    )


def _days_of_cover(ward_id: str | None, drug_id: str, changes: Changes, cabinets: Cabinets) -> int:
    """Whole days for which what the ward's own cabinet holds of a drug lasts; 0 without stock. Who asks without a ward
    (emergency department, theatre, home) has no cabinet and, as a ward whose cabinet is empty, the central pharmacy
    alone: 0 too."""
    if ward_id is None:
        return 0
    records = changes.records
    lots = (records.lots[lot_id] for lot_id in records.lots_of_drug.get(drug_id, ()))
    there = sum(lot.available for lot in lots if lot.ward_id == ward_id and counts_as_stock(lot, changes.now))
    if there == 0:
        return 0
    daily = cabinets.daily((ward_id, drug_id))
    return MOST_COVER if daily <= 0 else min(MOST_COVER, int(there / daily))


def _drugs(wanted: set[str], records: Records) -> tuple[Drug, ...]:
    """The drugs with all that may stand in for them, and what stands in for those."""
    found: dict[str, Drug] = {}
    open_ids = sorted(wanted)
    while open_ids:
        drug = records.drugs[open_ids.pop()]
        found[drug.id] = drug
        open_ids += [other for other in drug.equivalents if other not in found]
    return tuple(found[drug_id] for drug_id in sorted(found))


# --- sharing ------------------------------------------------------------------------------------------------
def shared(found: Waiting, book: RationingBook) -> dict[str, Any]:
    """The optimal sharing, of those drugs of which somebody goes short."""
    from solver.pharmacy.solve import solve

    result = solve(found.problem)
    plan = _plan(result)
    given = {r.id: sum(use.quantity for use in plan.of_request(r.id)) for r in found.problem.requests}
    short = {r.drug_id for r in found.problem.requests if given[r.id] < r.quantity}
    return {
        "order": order_json(found.problem.rationing, book.version),
        "profile": {"name": found.problem.profile.name, "version": found.problem.profile.version},
        "proven": result.status is Status.OPTIMAL,
        "items": [_shortage(drug_id, found, plan, given) for drug_id in sorted(short)],
        "hospital_revision": found.revision,
    }


def _plan(result: Result[SupplyPlan]) -> SupplyPlan:
    if result.plan is None or not result.verified:
        raise EngineError("A sharing of drugs was not verified.")
    return result.plan


def _shortage(drug_id: str, found: Waiting, plan: SupplyPlan, given: Mapping[str, int]) -> dict[str, Any]:
    problem = found.problem
    asked = [request for request in problem.requests if request.drug_id == drug_id]
    asked.sort(key=lambda request: (problem.rank(request), request.asked_at, request.id))
    return {
        "drug_id": drug_id,
        "asked": sum(request.quantity for request in asked),
        "proposed": sum(given[request.id] for request in asked),
        "requests": [_share(request, found, plan, given[request.id]) for request in asked],
    }


def _share(request: SupplyRequest, found: Waiting, plan: SupplyPlan, given: int) -> dict[str, Any]:
    return {
        "request_id": found.request_of[request.id],
        "ward_id": None if request.ward_id == ANYWHERE else request.ward_id,
        "drug_id": request.drug_id,
        "priority": request.priority.value,
        "days_of_cover": request.days_of_cover,
        "rank": found.problem.rank(request),
        "quantity": request.quantity,
        "proposed": given,
        "short": request.quantity - given,
        "lots": [{"lot_id": use.lot_id, "quantity": use.quantity} for use in plan.of_request(request.id)],
        "against": [
            {
                "lot_id": reason.lot_id,
                "rule_id": reason.rule.id,
                "sentence": as_json(phrases.RULES.of(rules=(reason.rule.id,))),
            }
            for reason in why_short(found.problem, plan, request.id)
        ],
    }
