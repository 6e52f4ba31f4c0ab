"""What goes into and comes out of every ``solve``: a budget, an observer, a result."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from solver.engine.errors import EngineError, InvalidInstance, Problem

PlanT = TypeVar("PlanT")


class Status(Enum):
    """How a solve ended. All four are outcomes, none is an error."""

    OPTIMAL = "optimal"  # a plan, proven best
    FEASIBLE = "feasible"  # a plan; a better one may exist
    INFEASIBLE = "infeasible"  # proven that no plan exists
    OUT_OF_TIME = "out_of_time"  # neither a plan nor a proof before the budget ended

    @property
    def has_plan(self) -> bool:
        return self in (Status.OPTIMAL, Status.FEASIBLE)


@dataclass(frozen=True, slots=True)
class TracePoint:
    """What was known after ``seconds`` and ``iterations`` (None for an engine that has none of its own).

    ``cost`` and ``bound`` are None as long as there is none. ``parts``: the cost by rule, where the engine tells it.
    """

    seconds: float
    iterations: int | None
    cost: int | None
    bound: int | None
    parts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Result(Generic[PlanT]):
    """The answer of a room; costs are minimised.

    Attributes
    ----------
    status: how the solve ended.
    plan: the best plan found; None exactly when the status has none.
    cost: its cost by the referee; None exactly when there is no plan.
    bound: no plan can cost less; None when no bound was computed.
    verified: the referee has recounted the plan, found ``cost`` and no broken hard rule.
    method: the engine that found the plan, as "cp-sat" or "first-fit".
    trace: how cost and bound came closer, oldest first.

    Raises ``EngineError`` if these contradict each other, as a bound above the cost does.
    """

    status: Status
    plan: PlanT | None
    cost: int | None
    bound: int | None
    verified: bool
    method: str
    trace: tuple[TracePoint, ...] = ()

    def __post_init__(self) -> None:
        complaint = self._contradiction()
        if complaint:
            raise EngineError(f"The result of {self.method!r} contradicts itself: {complaint}.")

    def _contradiction(self) -> str | None:
        has_plan = self.plan is not None
        of_plan = "with a plan" if has_plan else "without a plan"
        if has_plan != self.status.has_plan:
            return f"status {self.status.value} {of_plan}"
        if has_plan != (self.cost is not None):
            return f"cost {self.cost} {of_plan}"
        if self.verified and not has_plan:
            return f"verified {of_plan}"
        return self._contradiction_of_bound()

    def _contradiction_of_bound(self) -> str | None:
        if self.cost is not None and self.bound is not None and self.bound > self.cost:
            return f"bound {self.bound} above cost {self.cost}"
        if self.status is Status.OPTIMAL and self.bound != self.cost:
            return f"optimal with bound {self.bound} and cost {self.cost}"
        return None

    @property
    def gap(self) -> float | None:
        """(cost - bound) / max(1, abs(cost)): the most, as a share, that a better plan could save."""
        if self.cost is None or self.bound is None:
            return None
        return (self.cost - self.bound) / max(1, abs(self.cost))


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a solve may take: seconds, iterations, or whichever ends first; each ``start`` starts afresh.

    ``seconds`` > 0, by ``timer``, which must never go back (it is no calendar clock). ``iterations`` > 0;
    with iterations alone, the same seed and one worker, a solve gives the same plan every time.

    Raises ``InvalidInstance`` when neither is given or one is not positive.
    """

    seconds: float | None = None
    iterations: int | None = None
    timer: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        found = [
            Problem(f"Budget.{name}", value, "a number above 0", "Give the solve some time.")
            for name, value in (("seconds", self.seconds), ("iterations", self.iterations))
            if value is not None and not value > 0
        ]
        if self.seconds is None and self.iterations is None:
            found = [Problem("Budget", None, "seconds or iterations", "Give one of them, or both.")]
        if found:
            raise InvalidInstance(found)

    def start(self) -> "Countdown":
        """A countdown that begins now."""
        return Countdown(self, self.timer())


@dataclass(frozen=True, slots=True)
class Countdown:
    """A budget being used up since ``began`` (by the budget's timer)."""

    budget: Budget
    began: float

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.budget.timer() - self.began

    def remaining(self) -> float | None:
        """Seconds left, never below 0; None when seconds do not count."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - self.elapsed())

    def is_over(self, iterations: int) -> bool:
        """Whether a solve that has made ``iterations`` must stop."""
        if self.budget.iterations is not None and iterations >= self.budget.iterations:
            return True
        return self.budget.seconds is not None and self.elapsed() >= self.budget.seconds


class Observer(Protocol):
    """Who wants to know how a solve goes, and may end it.

    Called in the midst of the solve and from any of its threads, so it must return quickly.
    """

    def incumbent(self, point: TracePoint) -> None:
        """A better plan was found."""

    def bound(self, point: TracePoint) -> None:
        """A better bound was found."""

    def stop_requested(self) -> bool:
        """Whether to end now and keep the best plan so far; asked often."""


class Unobserved:
    """The observer for whom nobody waits."""

    def incumbent(self, point: TracePoint) -> None:
        pass

    def bound(self, point: TracePoint) -> None:
        pass

    def stop_requested(self) -> bool:
        return False
