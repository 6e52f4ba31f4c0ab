"""A batch decided together on the live arrays."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from simulations.demand import batch
from simulations.hospital import generate
from solver.engine.result import Budget, Status, TracePoint
from solver.engine.rule import Profile
from solver.hospital import Bed, BedKind, Request
from solver.placing import solve as solve_module
from solver.placing.arrays import Arrays
from solver.placing.cpsat import solve_jointly
from solver.placing.least import least_cost
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions, PlacingProblem
from solver.placing.referee import Decided, broken, cost, recount
from solver.placing.search import Further
from solver.placing.solve import solve
from tests.builders import NOW, occupant, records_of, request


def ward_case(seed: int, count: int = 25) -> tuple[LiveHospital, list[Request]]:
    """A synthetic ward and more requests than it has beds for."""
    hospital = generate("ward", seed, NOW, occupancy=0.5)
    live = LiveHospital.of(hospital, NOW, Profile(), PlacingOptions())
    arrivals = batch(hospital, seed, count, 1.0, NOW)
    for arrival in arrivals:
        live.put(arrival.person)
    return live, [arrival.request for arrival in arrivals]


def names(requests: list[Request]) -> list[str]:
    return [f"a-{number}" for number in range(len(requests))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sum_of_the_decisions_costs_is_what_a_recount_of_the_whole_says(seed: int):
    live, requests = ward_case(seed)
    before = recount(live.records)
    decisions = live.decide_batch(requests, names(requests), Budget(iterations=300), seed)
    total = sum(decision.cost for decision in decisions)
    assert all(decision.verified for decision in decisions)
    for decision in decisions:
        live.apply(decision)
    after = recount(live.records, [Decided(d.request, d.allocation) for d in decisions])
    assert cost(after, Profile()) - cost(before, Profile()) == total
    assert not set(broken(after, Profile())) - set(broken(before, Profile()))


def test_searching_puts_everything_back_where_it_was():
    live, requests = ward_case(4)
    was = Arrays(live.records)
    live.search(requests, names(requests), Budget(iterations=200), 1)
    now = live.arrays
    assert (now.cover.slack == was.cover.slack).all()
    assert (now.cover.balance == was.cover.balance).all()
    assert (now.stays.of_bed_count == was.stays.of_bed_count).all()
    assert (now.units.busy_count == was.units.busy_count).all()
    assert (now.lots.available == was.lots.available).all()
    assert (now.lots.stock == was.lots.stock).all()


def test_the_same_seed_and_steps_give_the_same_plan_and_another_seed_may_not():
    live, requests = ward_case(5)
    first, again = (live.search(requests, names(requests), Budget(iterations=150), 7) for _ in range(2))
    assert first.allocations == again.allocations
    assert first.cost == again.cost


def test_more_steps_never_cost_more_and_beat_greedy_where_greedy_is_wrong():
    gains = []
    for seed in range(1, 7):
        live, requests = ward_case(seed)
        found = live.search(requests, names(requests), Budget(iterations=600), 1)
        assert found.cost <= found.constructed
        gains.append(found.constructed - found.cost)
    assert any(gain > 0 for gain in gains)


def test_one_by_one_is_never_cheaper_than_together_on_these_wards():
    for seed in range(1, 5):
        live, requests = ward_case(seed)
        together = sum(
            d.cost for d in live.decide_batch(requests, names(requests), Budget(iterations=600), 1)
        )
        one_by_one = 0
        with live.trial():
            for number, asked in enumerate(requests):
                decision = live.decide(asked, f"b-{number}")
                one_by_one += decision.cost
                live.apply(decision)
        assert together <= one_by_one


def test_a_plan_that_is_dearer_than_enough_is_searched_further_and_no_other():
    live, requests = ward_case(2, 30)

    def costs(quick: Budget, further: Further | None) -> int:
        return sum(d.cost for d in live.decide_batch(requests, names(requests), quick, 1, further=further))

    quick, long = Budget(iterations=1), Budget(iterations=600)
    alone = costs(quick, None)
    assert costs(quick, Further(long, None)) == costs(quick, Further(long, alone - 1)) < alone
    assert costs(quick, Further(long, alone)) == alone


def test_an_empty_batch_and_a_batch_of_one_are_decided():
    live, requests = ward_case(6)
    assert live.decide_batch([], [], Budget(iterations=10), 1) == []
    (alone,) = live.decide_batch(requests[:1], ["a"], Budget(iterations=10), 1)
    assert alone.cost == live.decide(requests[0], "a").cost


def test_a_request_that_continues_a_stay_is_decided_beside_the_others():
    live, requests = ward_case(7)
    stay = next(s for s in live.records.stays.values() if s.with_stay_id is None and s.end > NOW + 600)
    transfer = request(stay.person_id, care=stay.care, from_stay_id=stay.id, needed_by=NOW)
    decisions = live.decide_batch([transfer, *requests], ["t", *names(requests)], Budget(iterations=100), 1)
    assert [d.request.id for d in decisions] == [transfer.id, *(r.id for r in requests)]
    assert live.records.stays[stay.id] == stay


class Stopper:
    """Asks to stop at once, and keeps what it was told."""

    def __init__(self) -> None:
        self.points: list[TracePoint] = []

    def incumbent(self, point: TracePoint) -> None:
        self.points.append(point)

    def bound(self, point: TracePoint) -> None:
        pass

    def stop_requested(self) -> bool:
        return True


def test_whoever_stops_a_search_keeps_what_was_found():
    live, requests = ward_case(8)
    stopper = Stopper()
    found = live.search(requests, names(requests), Budget(seconds=60), 1, stopper)
    assert found.steps == 0
    assert [point.cost for point in stopper.points] == [found.cost]


def problem_of(seed: int, count: int) -> PlacingProblem:
    live, requests = ward_case(seed, count)
    return PlacingProblem(live.records.hospital(), NOW, tuple(requests))


def test_solve_answers_every_request_with_a_verified_plan_and_a_bound():
    problem = problem_of(9, 12)
    result = solve(problem, Budget(seconds=6), 1)
    assert result.verified
    assert result.plan is not None
    assert [d.request.id for d in result.plan.decisions] == [r.id for r in problem.requests]
    assert result.bound is not None
    assert result.cost is not None
    assert result.bound <= result.cost
    assert result.status in (Status.OPTIMAL, Status.FEASIBLE)
    for decision in result.plan.decisions:
        assert (decision.allocation is None) == (decision.why_not is not None)


def test_solve_claims_no_bound_where_somebody_moves_who_is_accompanied():
    """The joint model takes the cot for taken, so that its bound might be too high."""
    lies = occupant("here", "B1", person_id="p-old")
    beside = replace(lies, id="cot", bed_id="K1", with_stay_id="here")
    hospital = records_of(Bed("K1", "R", BedKind.COT), lies, beside).hospital()
    alone = replace(hospital, stays=(lies,))
    moves = request("p-old", from_stay_id="here")
    claimed = [solve(PlacingProblem(h, NOW, (moves,)), Budget(seconds=3), 1).bound for h in (hospital, alone)]
    assert [bound is None for bound in claimed] == [True, False]


def test_solve_by_steps_alone_gives_the_same_bytes_and_claims_no_bound():
    problem = problem_of(10, 12)
    first, again = (solve(problem, Budget(iterations=100), 3) for _ in range(2))
    assert first.plan == again.plan
    assert first.bound is None


def test_two_workers_find_a_plan_the_referee_confirms_at_least_as_cheap_as_the_first_of_them_alone():
    live, requests = ward_case(3)
    was = Arrays(live.records)
    alone = live.search(requests, names(requests), Budget(iterations=300), 5)
    both = live.search(requests, names(requests), Budget(iterations=300), 5, workers=2)
    assert both.steps == 600
    assert both.cost <= both.constructed == alone.constructed
    decisions = live.decide_batch(requests, names(requests), Budget(iterations=300), 5, workers=2)
    assert all(decision.verified for decision in decisions)
    assert sum(decision.cost for decision in decisions) == both.cost
    assert (live.arrays.cover.slack == was.cover.slack).all()
    assert (live.arrays.lots.available == was.lots.available).all()


def test_the_same_seed_and_steps_give_two_workers_the_same_plan_again():
    live, requests = ward_case(5)
    first, again = (
        live.search(requests, names(requests), Budget(iterations=150), 7, workers=2) for _ in range(2)
    )
    assert first.allocations == again.allocations


def test_a_batch_too_large_for_the_joint_model_keeps_the_searchs_plan_with_the_quick_bound(monkeypatch):
    monkeypatch.setattr(solve_module, "solve_jointly", partial(solve_jointly, most_places=1))
    asked = (request("p-new"), request("p-old"))
    problem = PlacingProblem(records_of().hospital(), NOW, asked)
    found = solve(problem, Budget(seconds=1), 1)
    assert found.cost is not None
    assert found.bound == least_cost(LiveHospital(records_of()), asked) <= found.cost
