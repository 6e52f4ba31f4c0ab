"""The flow, its certificate and the referee agree; the committee's order holds whatever else could be saved."""

import random
from dataclasses import replace

import pytest
from ortools.sat.python import cp_model

from benchmarks.quality.drug_batches import by_chance
from solver.engine.result import Budget, Status, Unobserved
from solver.pharmacy.construct import earliest_expiry_first
from solver.pharmacy.plan import Certificate, Given, SupplyPlan
from solver.pharmacy.prices import Prices
from solver.pharmacy.problem import SupplyProblem
from solver.pharmacy.referee import proven, recount, refused, sharing
from solver.pharmacy.solve import solve

SEEDS = range(12)


def scarce(seed: int) -> SupplyProblem:
    """Too little for all, in 3 groups of 5 drugs."""
    return by_chance(seed, drugs=15, lots=20, requests=20, asked_for=8)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_certificate_proves_the_flow_optimal(seed: int) -> None:
    problem = scarce(seed)
    result = solve(problem)
    assert result.status is Status.OPTIMAL
    assert result.verified
    assert result.cost == result.bound == recount(problem, result.plan).cost
    assert result.cost <= recount(problem, earliest_expiry_first(problem)).cost


def test_some_batches_by_chance_are_worse_when_served_one_by_one() -> None:
    better = [
        solve(scarce(seed)).cost < recount(p, earliest_expiry_first(p)).cost
        for seed in SEEDS
        for p in [scarce(seed)]
    ]
    assert sum(better) > len(SEEDS) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_no_certificate_proves_more_than_any_plan_costs(seed: int) -> None:
    problem, r = scarce(seed), random.Random(seed)
    prices = Prices.of(problem)
    best = solve(problem).plan.certificate

    def shaken(told: dict) -> dict:
        return {
            what: price + r.choice((0, 0, r.randint(-prices.step, prices.step)))
            for what, price in told.items()
        }

    certificate = Certificate(*(shaken(getattr(best, name)) for name in Certificate.__slots__))
    assert proven(problem, certificate, prices) <= recount(problem, solve(problem).plan).cost
    assert proven(problem, Certificate(), prices) <= recount(problem, solve(problem).plan).cost


@pytest.mark.parametrize("seed", SEEDS)
def test_every_class_is_served_as_if_no_later_class_were_there(seed: int) -> None:
    problem = scarce(seed)
    plan = solve(problem).plan
    for last in sorted({problem.rank(request) for request in problem.requests}):
        first = tuple(request for request in problem.requests if problem.rank(request) <= last)
        alone = solve(replace(problem, requests=first)).plan
        ids = {request.id for request in first}
        served = sum(each.quantity for each in plan.given if each.request_id in ids)
        assert served == sum(each.quantity for each in alone.given)


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_cp_sat_finds_the_same_cost_from_the_referees_words(seed: int) -> None:
    problem = by_chance(seed, drugs=5, lots=7, requests=6, asked_for=3)
    assert cheapest(problem) == solve(problem).cost


def cheapest(problem: SupplyProblem) -> int:
    """The optimum by CP-SAT: who gets what of which lot, and the price of every unit as the rules tell it."""
    prices, model = Prices.of(problem), cp_model.CpModel()
    cost = []
    gives = {}
    for request in problem.requests:
        for lot in problem.lots:
            if not any(refused(problem, request, lot)):
                amount = model.new_int_var(0, min(request.quantity, lot.available), "")
                gives[request.id, lot.id] = amount
                one = recount(problem, replace_given(problem, request.id, lot.id))
                paid = one.counts["earliest_expiry_first"] * prices.passed
                cost.append((paid + one.counts["substituted_unit"] * prices.substitute) * amount)
    for lot in problem.lots:
        model.add(sum(a for (_, lot_id), a in gives.items() if lot_id == lot.id) <= lot.available)
    missing = {}
    for request in problem.requests:
        missing[request.id] = model.new_int_var(0, request.quantity, "")
        got = sum(a for (request_id, _), a in gives.items() if request_id == request.id)
        model.add(got + missing[request.id] == request.quantity)
    for (_, rank, _), members in sharing(problem).items():
        demand = sum(request.quantity for request, _ in members)
        short = sum(missing[request.id] for request, _ in members)
        unit = [model.new_bool_var("") for _ in range(demand)]
        model.add(sum(unit) == short)
        cost += [u * (prices.short(rank) + prices.tenth * (10 * n // demand)) for n, u in enumerate(unit)]
        cost += [missing[request.id] * later * prices.later for request, later in members]
    for drug in problem.drugs:
        usable = [lot for lot in problem.lots if lot.drug_id == drug.id and lot.state.value == "available"]
        stock = sum(lot.available for lot in usable if lot.expires > problem.now)
        drawn = sum(a for (_, lot_id), a in gives.items() if problem.lot_of[lot_id].drug_id == drug.id)
        added = model.new_int_var(0, 10_000, "")
        model.add(added >= drawn - max(0, stock - drug.safety_stock))
        cost.append(added * prices.safety)
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def replace_given(problem: SupplyProblem, request_id: str, lot_id: str) -> SupplyPlan:
    return SupplyPlan((Given(request_id, lot_id, 1),), problem.rationing.committee, problem.rationing.version)


def test_who_asks_to_stop_gets_the_first_plan_verified_and_without_a_proof() -> None:
    class Impatient(Unobserved):
        def stop_requested(self) -> bool:
            return True

    result = solve(scarce(1), observer=Impatient())
    assert (result.status, result.bound, result.verified) == (Status.FEASIBLE, None, True)
    assert solve(scarce(1), Budget(iterations=1)).method == "earliest-expiry-first"
    assert solve(scarce(1), Budget(iterations=2)).method == "min-cost-flow"


def test_the_same_batch_gives_the_same_plan() -> None:
    assert solve(scarce(3)).plan == solve(scarce(3)).plan


def test_a_batch_without_requests_or_lots_is_decided_too() -> None:
    problem = scarce(1)
    assert solve(replace(problem, requests=())).cost == 0
    nothing = solve(replace(problem, lots=()))
    assert nothing.status is Status.OPTIMAL
    assert nothing.plan.given == ()
