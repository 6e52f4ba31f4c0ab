from typing import Any

import pytest

from solver.engine.errors import EngineError, InvalidInstance
from solver.engine.result import Budget, Result, Status, Unobserved


def result(**changes: Any) -> Result[str]:
    sound: dict[str, Any] = {
        "status": Status.FEASIBLE,
        "plan": "plan",
        "cost": 110,
        "bound": 100,
        "verified": True,
        "method": "first-fit",
    }
    return Result(**(sound | changes))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"plan": None}, "feasible without a plan"),
        ({"status": Status.INFEASIBLE}, "infeasible with a plan"),
        ({"status": Status.OUT_OF_TIME, "plan": None}, "cost 110 without a plan"),
        ({"cost": None}, "cost None with a plan"),
        ({"bound": 111}, "bound 111 above cost 110"),
        ({"status": Status.OPTIMAL}, "optimal with bound 100 and cost 110"),
        ({"status": Status.OPTIMAL, "bound": None}, "optimal with bound None"),
        ({"status": Status.INFEASIBLE, "plan": None, "cost": None}, "verified without a plan"),
    ],
)
def test_a_result_that_contradicts_itself_cannot_be_made(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(EngineError, match=f"'first-fit' contradicts itself: .*{complaint}"):
        result(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"bound": None},
        {"bound": 110, "status": Status.OPTIMAL},
        {"verified": False},
        {"status": Status.OUT_OF_TIME, "plan": None, "cost": None, "verified": False},
        {"status": Status.INFEASIBLE, "plan": None, "cost": None, "bound": None, "verified": False},
    ],
)
def test_a_sound_result_is_made(changes: dict[str, Any]) -> None:
    assert result(**changes).method == "first-fit"


@pytest.mark.parametrize(
    ("cost", "bound", "gap"),
    [(110, 99, 0.1), (100, 100, 0.0), (0, 0, 0.0), (0, -3, 3.0), (-90, -99, 0.1), (110, None, None)],
)
def test_the_gap_is_relative_to_the_cost_and_unknown_without_a_bound(
    cost: int, bound: int | None, gap: float | None
) -> None:
    assert result(cost=cost, bound=bound).gap == (None if gap is None else pytest.approx(gap))


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ({}, "seconds or iterations"),
        ({"seconds": 0}, "Budget.seconds: got 0"),
        ({"seconds": -1.5, "iterations": 5}, "Budget.seconds: got -1.5"),
        ({"seconds": float("nan")}, "Budget.seconds: got nan"),
        ({"iterations": 0}, "Budget.iterations: got 0"),
    ],
)
def test_a_budget_that_allows_nothing_is_refused(arguments: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InvalidInstance, match=culprit):
        Budget(**arguments)


def test_both_faults_of_a_budget_are_told_at_once() -> None:
    with pytest.raises(InvalidInstance) as refused:
        Budget(seconds=0, iterations=0)
    assert len(refused.value.problems) == 2


class Watch:
    """A timer that a test turns by hand; like the monotonic clock it does not begin at zero."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_seconds_end_a_solve_at_the_moment_they_are_used_up() -> None:
    watch = Watch()
    countdown = Budget(seconds=2.0, timer=watch).start()
    watch.now += 1.5
    assert (countdown.elapsed(), countdown.remaining()) == (1.5, 0.5)
    assert not countdown.is_over(iterations=10**9)
    watch.now += 0.5
    assert countdown.is_over(iterations=0)
    watch.now += 10
    assert countdown.remaining() == 0.0


def test_iterations_end_a_solve_whatever_the_time() -> None:
    watch = Watch()
    countdown = Budget(iterations=3, timer=watch).start()
    watch.now += 1e9
    assert countdown.remaining() is None
    assert not countdown.is_over(iterations=2)
    assert countdown.is_over(iterations=3)


def test_whichever_of_seconds_and_iterations_comes_first_ends_the_solve() -> None:
    watch = Watch()
    countdown = Budget(seconds=1.0, iterations=3, timer=watch).start()
    assert countdown.is_over(iterations=3)
    watch.now += 1.0
    assert countdown.is_over(iterations=0)


def test_a_budget_used_twice_starts_afresh() -> None:
    watch = Watch()
    budget = Budget(seconds=1.0, timer=watch)
    budget.start()
    watch.now += 5
    assert budget.start().remaining() == 1.0


def test_the_silent_observer_never_asks_to_stop() -> None:
    assert Unobserved().stop_requested() is False
