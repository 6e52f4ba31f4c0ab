"""What workers of one search share."""

from __future__ import annotations

from solver.engine.result import Budget, TracePoint, Unobserved
from solver.engine.watch import Watch


class Stopping(Unobserved):
    """Wants the search to stop once it has heard of a plan."""

    def __init__(self) -> None:
        self.heard: list[int | None] = []

    def incumbent(self, point: TracePoint) -> None:
        self.heard.append(point.cost)

    def stop_requested(self) -> bool:
        return bool(self.heard)


def test_only_plans_better_than_all_before_are_told() -> None:
    observer = Stopping()
    watch = Watch(Budget(iterations=10).start(), observer)
    for steps, cost in enumerate((9, 9, 12, 7)):
        watch.note(cost, steps)
    assert observer.heard == [9, 7]
    assert [(point.cost, point.iterations) for point in watch.trace] == [(9, 0), (7, 3)]


def test_what_a_plan_costs_by_rule_is_asked_of_the_best_alone() -> None:
    watch, asked = Watch(Budget(iterations=10).start(), Unobserved()), []

    def parts(cost: int) -> dict[str, int]:
        asked.append(cost)
        return {"delay": cost}

    for cost in (9, 12, 7):
        watch.note(cost, 1, lambda: parts(cost))  # noqa: B023 (asked at once)
    assert asked == [9, 7]
    assert watch.trace[-1].parts == {"delay": 7}


def test_a_worker_stops_at_the_end_of_its_steps_or_when_it_is_asked_to() -> None:
    watch = Watch(Budget(iterations=10).start(), Stopping())
    assert (watch.is_over(9), watch.is_over(10)) == (False, True)
    watch.note(5, 1)
    assert watch.is_over(1)


def test_progress_goes_by_steps_where_steps_are_counted_else_by_time() -> None:
    now = [100.0]
    counted = Watch(Budget(8.0, 40, timer=lambda: now[0]).start(), Unobserved())
    timed = Watch(Budget(8.0, timer=lambda: now[0]).start(), Unobserved())
    now[0] = 102.0
    assert (counted.progress(30), timed.progress(30)) == (0.75, 0.25)
    now[0] = 200.0
    assert (counted.progress(50), timed.progress(50)) == (1.0, 1.0)


def test_a_bound_is_told_with_the_best_plan_and_ends_the_search_where_they_meet() -> None:
    watch = Watch(Budget(iterations=10).start(), Unobserved())
    watch.note_bound(3, 1)
    watch.note(9, 2)
    watch.note_bound(7, 3)
    assert [(point.cost, point.bound) for point in watch.trace] == [(None, 3), (9, 3), (9, 7)]
    assert not watch.is_over(3)
    watch.note(7, 4)
    assert watch.is_over(4)
