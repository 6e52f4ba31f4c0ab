"""Runs CP-SAT itself; only false answers, which a sound release does not give on demand, are simulated."""

import time
from typing import Any

import pytest
from ortools.sat.python import cp_model

from solver.engine import cpsat
from solver.engine.cpsat import Parameters, solve, solve_twice, status_of
from solver.engine.errors import Contradiction, EngineError
from solver.engine.result import Status, TracePoint, Unobserved


def knapsack(items: int = 12) -> cp_model.CpModel:
    """Choose at least half of all weight at the least price."""
    model = cp_model.CpModel()
    chosen = [model.new_bool_var(f"item {i}") for i in range(items)]
    weights = [7 + (i * 37) % 23 for i in range(items)]
    model.add(sum(w * c for w, c in zip(weights, chosen, strict=True)) * 2 >= sum(weights))
    model.minimize(sum((3 + (i * 29) % 17) * c for i, c in enumerate(chosen)))
    return model


def impossible() -> cp_model.CpModel:
    model = cp_model.CpModel()
    beds = [model.new_bool_var(f"bed {i}") for i in range(3)]
    model.add(sum(beds) >= 4)
    return model


def hard() -> cp_model.CpModel:
    """A quadratic assignment of 20: plans at once, a proof far beyond the budgets given here."""
    model = cp_model.CpModel()
    n = 20
    place = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
    for i in range(n):
        model.add_exactly_one(place[i])
        model.add_exactly_one(row[i] for row in place)
    position = [sum(j * place[i][j] for j in range(n)) for i in range(n)]
    terms = []
    for i in range(n):
        for k in range(i):
            distance = model.new_int_var(0, n, "")
            model.add_abs_equality(distance, position[i] - position[k])
            terms.append((1 + (i * 31 + k * 17) % 13) * distance)
    model.minimize(sum(terms))
    return model


def test_an_optimal_plan_comes_with_a_bound_equal_to_its_cost() -> None:
    outcome = solve(knapsack(), Parameters())
    assert outcome.status is Status.OPTIMAL
    assert outcome.cost == outcome.bound
    assert outcome.trace[-1].cost == outcome.cost


def test_a_model_without_an_objective_costs_nothing() -> None:
    model = cp_model.CpModel()
    model.new_bool_var("bed")
    outcome = solve(model, Parameters())
    assert (outcome.status, outcome.cost, outcome.bound) == (Status.OPTIMAL, 0, 0)
    assert not model.has_objective()


def test_a_plan_without_a_proof_has_a_bound_not_above_its_cost() -> None:
    outcome = solve(hard(), Parameters(deterministic_time=0.5))
    assert outcome.status is Status.FEASIBLE
    assert outcome.bound is not None
    assert outcome.cost is not None
    assert outcome.bound < outcome.cost


def test_out_of_time_without_a_plan_claims_no_bound_that_was_not_proven() -> None:
    """CP-SAT then reports 0 for the bound, which would be wrong for a model whose costs are negative."""
    outcome = solve(knapsack(), Parameters(seconds=1e-9))
    assert (outcome.status, outcome.cost, outcome.bound) == (Status.OUT_OF_TIME, None, None)


def test_infeasible_is_an_outcome_without_cost_and_bound() -> None:
    outcome = solve(impossible(), Parameters())
    assert (outcome.status, outcome.cost, outcome.bound) == (Status.INFEASIBLE, None, None)


def test_an_invalid_model_is_our_defect_and_says_what_is_invalid() -> None:
    model = cp_model.CpModel()
    model.new_int_var(0, 2**62, "too wide")
    with pytest.raises(EngineError, match="too wide"):
        solve(model, Parameters())


def test_every_status_of_this_release_is_in_the_table_or_refused() -> None:
    answers = (
        set(cp_model.CpSolverStatus.__members__.values()) if hasattr(cp_model, "CpSolverStatus") else set()
    )
    answers |= {cp_model.MODEL_INVALID, *cpsat.STATUS}
    for answer in answers - set(cpsat.STATUS):
        with pytest.raises(EngineError, match="model builder is at fault"):
            status_of(answer, cp_model.CpModel())
    assert {status_of(answer, cp_model.CpModel()) for answer in cpsat.STATUS} == set(Status)


def test_a_model_that_maximises_is_refused() -> None:
    model = cp_model.CpModel()
    model.maximize(model.new_int_var(0, 5, "beds"))
    with pytest.raises(EngineError, match="costs are minimised"):
        solve(model, Parameters())


def test_fractional_weights_are_refused() -> None:
    model = cp_model.CpModel()
    model.add_at_least_one(bed := model.new_bool_var("bed"))
    model.minimize(0.5 * bed)
    with pytest.raises(EngineError, match="costs are integers"):
        solve(model, Parameters())


@pytest.mark.parametrize(("bound", "rounded"), [(7.2, 8), (7.0, 7), (7.0000000001, 7), (-7.2, -7)])
def test_a_fractional_bound_is_rounded_up_to_the_next_cost_there_can_be(bound: float, rounded: int) -> None:
    assert cpsat._round_up(bound) == rounded


def test_the_parameters_reach_the_solver() -> None:
    parameters = Parameters(2, 5, seconds=3.0, deterministic_time=4.0, interleaved=True).solver().parameters
    assert (parameters.num_workers, parameters.random_seed, parameters.interleave_search) == (2, 5, True)
    assert (parameters.max_time_in_seconds, parameters.max_deterministic_time) == (3.0, 4.0)


def test_one_worker_and_deterministic_time_repeat_the_same_search() -> None:
    first, second = (solve(hard(), Parameters(seed=3, deterministic_time=0.3)) for _ in range(2))
    assert [point.cost for point in first.trace] == [point.cost for point in second.trace]
    assert first.bound == second.bound


class Listener(Unobserved):
    def __init__(self) -> None:
        self.costs: list[int | None] = []
        self.bounds: list[int | None] = []
        self.stop = False

    def incumbent(self, point: TracePoint) -> None:
        self.costs.append(point.cost)

    def bound(self, point: TracePoint) -> None:
        self.bounds.append(point.bound)

    def stop_requested(self) -> bool:
        return self.stop


def test_the_observer_hears_ever_better_plans_and_bounds() -> None:
    listener = Listener()
    outcome = solve(hard(), Parameters(deterministic_time=0.5), listener)
    costs = [cost for cost in listener.costs if cost is not None]
    bounds = [bound for bound in listener.bounds if bound is not None]
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds)
    assert (costs[-1], bounds[-1]) == (outcome.cost, outcome.bound)


class Impatient(Listener):
    def incumbent(self, point: TracePoint) -> None:
        super().incumbent(point)
        self.stop = True


def test_a_stop_request_keeps_the_best_plan_so_far() -> None:
    began = time.monotonic()
    outcome = solve(hard(), Parameters(seconds=60), Impatient())
    assert outcome.status is Status.FEASIBLE
    assert time.monotonic() - began < 30


class Broken(Unobserved):
    def incumbent(self, point: TracePoint) -> None:
        raise RuntimeError("the line to the listener broke")


def test_an_exception_of_the_observer_ends_the_solve_and_is_not_lost() -> None:
    with pytest.raises(RuntimeError, match="line to the listener broke"):
        solve(hard(), Parameters(seconds=60), Broken())


def test_infeasible_is_believed_after_two_solves_of_two_models_that_differ_in_their_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[Parameters] = []
    built: list[cp_model.CpModel] = []

    def build() -> cp_model.CpModel:
        built.append(impossible())
        return built[-1]

    real = Parameters.solver
    monkeypatch.setattr(Parameters, "solver", lambda self: used.append(self) or real(self))
    assert solve_twice(build, Parameters(seconds=5)).status is Status.INFEASIBLE
    assert len(built) == 2
    first, second = used
    assert (first.presolve, second.presolve) == (True, False)
    assert first.seed != second.seed
    assert second.seconds is not None
    assert second.seconds < 5


def test_a_feasible_model_is_solved_once() -> None:
    built: list[Any] = []
    outcome = solve_twice(lambda: built.append(1) or knapsack(), Parameters())
    assert outcome.status is Status.OPTIMAL
    assert len(built) == 1


def test_a_false_infeasible_is_overruled_by_the_second_opinion() -> None:
    """No sound release gives a false answer on demand, so the first model built is an impossible one."""
    models = iter([impossible(), knapsack()])
    outcome = solve_twice(lambda: next(models), Parameters())
    assert (outcome.status, outcome.overruled) == (Status.OPTIMAL, True)


def test_infeasible_is_not_believed_when_the_second_opinion_runs_out_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = iter([impossible(), hard()])
    monkeypatch.setattr(Parameters, "second_opinion", lambda self, used: Parameters(seconds=1e-9))
    outcome = solve_twice(lambda: next(models), Parameters())
    assert (outcome.status, outcome.overruled) == (Status.OUT_OF_TIME, False)


def test_infeasible_twice_against_a_known_plan_is_our_defect() -> None:
    with pytest.raises(Contradiction, match="a plan is known"):
        solve_twice(impossible, Parameters(), plan_is_known=True)


def test_the_second_opinion_gets_what_is_left_of_the_time() -> None:
    assert Parameters(seconds=10).second_opinion(4.0).seconds == 6.0
    assert Parameters(seconds=10).second_opinion(11.0).seconds == 0.1
    assert Parameters().second_opinion(11.0).seconds is None
