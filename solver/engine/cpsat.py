"""CP-SAT as every room uses it: parameters, what its answer means, and how far "infeasible" is believed.

OR-Tools releases have returned false INFEASIBLE (google/or-tools issues 5274, 4568). So the release is
pinned, and an infeasible model is built and solved a second time with presolve off and another search; only
if both agree, and no other engine holds a plan, is the answer believed. Costs are minimised and integer.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from solver.engine.errors import Contradiction, EngineError
from solver.engine.result import Observer, Status, TracePoint, Unobserved

STATUS = {
    cp_model.OPTIMAL: Status.OPTIMAL,
    cp_model.FEASIBLE: Status.FEASIBLE,
    cp_model.INFEASIBLE: Status.INFEASIBLE,
    cp_model.UNKNOWN: Status.OUT_OF_TIME,
}

# The bound comes as a float; it may lie a rounding error above the integer that it stands for.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a solve may use.

    ``workers`` >= 1 threads. ``seed`` >= 0. ``seconds`` > 0 of wall time, None for no limit.
    ``deterministic_time`` > 0 in CP-SAT's own unit, which counts work instead of time: with it and one worker
    the answer is the same on every run of one release. ``interleaved``: one worker takes turns at the searches that
    several would make side by side, neighbourhoods of the best plan among them.
    """

    workers: int = 1
    seed: int = 0
    seconds: float | None = None
    deterministic_time: float | None = None
    presolve: bool = True
    linearization_level: int = 1
    interleaved: bool = False

    def solver(self) -> cp_model.CpSolver:
        """A fresh solver with these settings."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = self.workers
        solver.parameters.random_seed = self.seed
        solver.parameters.cp_model_presolve = self.presolve
        solver.parameters.linearization_level = self.linearization_level
        solver.parameters.interleave_search = self.interleaved
        if self.seconds is not None:
            solver.parameters.max_time_in_seconds = self.seconds
        if self.deterministic_time is not None:
            solver.parameters.max_deterministic_time = self.deterministic_time
        return solver

    def second_opinion(self, seconds_used: float) -> "Parameters":
        """Settings that take another way to the answer, in what is left of the time; at least 0.1 s."""
        left = None if self.seconds is None else max(0.1, self.seconds - seconds_used)
        return replace(self, seed=self.seed + 1, seconds=left, presolve=False, linearization_level=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What CP-SAT found. ``solver.value(variable)`` reads the plan while ``status.has_plan``.

    ``cost`` is None without a plan, ``bound`` is None when none is known; a model without an objective has
    cost and bound 0. ``trace`` holds each better plan and bound in the order found. ``overruled``: a first solve
    called the model infeasible, and a plan says otherwise.
    """

    status: Status
    solver: cp_model.CpSolver
    cost: int | None
    bound: int | None
    trace: tuple[TracePoint, ...]
    overruled: bool = False


def status_of(answer: object, model: cp_model.CpModel) -> Status:
    """Our word for CP-SAT's ``answer``. Raises ``EngineError`` for one that a sound model never gets."""
    for known, status in STATUS.items():
        if answer == known:
            return status
    complaint = model.validate() or "it names no reason"
    raise EngineError(f"CP-SAT answered {answer} to our model: {complaint}. The model builder is at fault.")


def solve(
    model: cp_model.CpModel,
    parameters: Parameters,
    observer: Observer | None = None,
    timer: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Solve once and believe the answer; where an infeasible answer matters, use ``solve_twice``.

    Raises ``EngineError`` if the model is invalid, maximises, or has weights that are no integers, and
    whatever the observer raised.
    """
    _refuse_other_objectives(model)
    solver = parameters.solver()
    relay = _Relay(solver, observer or Unobserved(), timer)
    solver.best_bound_callback = relay.on_bound
    with _stopping(solver, observer):
        answer = solver.solve(model, relay)
    if relay.failure:
        raise relay.failure
    status = status_of(answer, model)
    cost = round(solver.objective_value) if status.has_plan else None
    return Outcome(status, solver, cost, _bound(status, solver, relay, cost), tuple(relay.trace))


def solve_twice(
    build: Callable[[], cp_model.CpModel],
    parameters: Parameters,
    observer: Observer | None = None,
    plan_is_known: bool = False,
) -> Outcome:
    """Solve what ``build`` makes; an infeasible answer is believed only if a second opinion agrees.

    The second solve gets a freshly built model, so variables must be looked up in the model that ``build``
    made last. If it finds a plan, that is the outcome; if it runs out of time, so does the outcome.
    ``plan_is_known``: another engine holds a plan that the referee found clean.

    Raises ``Contradiction`` if both solves say infeasible although a plan is known: then our model is wrong, or two
    configurations of the release err.
    """
    first = solve(build(), parameters, observer)
    if first.status is not Status.INFEASIBLE:
        return first
    second = solve(build(), parameters.second_opinion(first.solver.wall_time), observer)
    if second.status is Status.INFEASIBLE and plan_is_known:
        raise Contradiction(
            "CP-SAT calls the model infeasible twice, yet a plan is known that the referee found clean. "
            "Either the model forbids what the rules allow, or the referee misses a rule."
        )
    return replace(second, overruled=plan_is_known or second.status.has_plan)


def _refuse_other_objectives(model: cp_model.CpModel) -> None:
    if model.proto.has_floating_point_objective():
        raise EngineError("The model's objective has fractions; costs are integers here. Scale the weights.")
    # Reading `objective` creates it, so it is asked for first.
    if model.proto.has_objective() and model.proto.objective.scaling_factor < 0:
        raise EngineError("The model maximises; costs are minimised here. Minimise the negated sum instead.")


class _Relay(cp_model.CpSolverSolutionCallback):
    """Tells the observer of plans and bounds. An exception must not cross CP-SAT's threads: it is kept."""

    def __init__(self, solver: cp_model.CpSolver, observer: Observer, timer: Callable[[], float]) -> None:
        super().__init__()
        self.trace: list[TracePoint] = []
        self.failure: Exception | None = None
        self._solver = solver
        self._observer = observer
        self._timer = timer
        self._began = timer()
        self._cost: int | None = None
        self.best_bound: int | None = None

    def on_solution_callback(self) -> None:
        with self._kept():
            self._cost = round(self.objective_value)
            self._observer.incumbent(self._point())

    def on_bound(self, bound: float) -> None:
        with self._kept():
            self.best_bound = _round_up(bound)
            self._observer.bound(self._point())

    def _point(self) -> TracePoint:
        point = TracePoint(self._timer() - self._began, None, self._cost, self.best_bound)
        self.trace.append(point)
        return point

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except Exception as failure:
            self.failure = failure
            self._solver.stop_search()


@contextmanager
def _stopping(solver: cp_model.CpSolver, observer: Observer | None) -> Iterator[None]:
    """While inside, ask the observer every 50 ms whether to stop; CP-SAT may find nothing new for minutes."""
    if observer is None:
        yield
        return
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.05):
            if observer.stop_requested():
                solver.stop_search()

    watcher = threading.Thread(target=watch, name="cp-sat stop", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _bound(status: Status, solver: cp_model.CpSolver, relay: _Relay, cost: int | None) -> int | None:
    """Without a plan CP-SAT reports a bound of 0 that means nothing; the last one it announced does."""
    if status is Status.OPTIMAL:
        return cost
    if status is Status.FEASIBLE:
        return _round_up(solver.best_objective_bound)
    return relay.best_bound if status is Status.OUT_OF_TIME else None


def _round_up(bound: float) -> int | None:
    """No integer cost lies between ``bound`` and the next integer above it."""
    return math.ceil(bound - ROUNDING) if math.isfinite(bound) else None
