"""Replications of one scenario or several, until they say enough.

Replication i of every scenario draws from the same named streams: the same patients with the same luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulations.engine.model import Model
from simulations.engine.outcome import Outcome
from simulations.engine.run import Cancelled, replicate
from simulations.experiments import measuring, placing
from simulations.experiments.catalogue import ALL, ALL_DAY, MEASURES, Key
from simulations.experiments.equipment import of_equipment
from simulations.experiments.memory import refuse_too_large
from simulations.experiments.warming import Warming, warming
from simulations.scenarios.build import Built, Scene
from simulations.scenarios.build_placed import Placed
from simulations.scenarios.schema import Run
from simulations.statistics.intervals import LEVEL, Interval, Precision, interval
from simulations.statistics.sequential import Stopping
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any

Values = NDArray[np.float64]
Rows = list[dict[Key, float]]
"""The numbers of replications, in order."""
Watch = Callable[[int, int], None]
"""Told how many replications are done, and how many are planned at the moment, over all scenarios."""

BUDGET_FACTOR = 10
"""With a precision but no budget: at most so many times the first replications."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How an experiment is made; the same plan gives the same numbers on any machine.

    replications: to begin with; None: as the (first) scenario says. precision: relative half width wanted, such
    as 0.05. budget: replications of each scenario at most. workers: threads, which change nothing but the time.
    equipment: types of which who asks for them is counted apart.
    """

    seed: int = 1
    replications: int | None = None
    precision: float | None = None
    budget: int | None = None
    workers: int = 1
    equipment: tuple[str, ...] = ()

    def stopping(self, built: Scene) -> Stopping:
        """Raises InvalidInstance if the numbers do not fit each other."""
        first = self.replications or built.scenario.run.replications
        most = self.budget or (first if self.precision is None else first * BUDGET_FACTOR)
        if most < first:
            remedy = "Raise the budget, or begin with fewer replications."
            raise InvalidInstance(
                [Problem("budget", most, f"at least the first {first} replications", remedy)]
            )
        # Measures are scaled by what is negligible of them, so that 1 is negligible of all.
        wanted = None if self.precision is None else Precision(relative=self.precision, absolute=1.0)
        return Stopping(first, most, wanted)


@dataclass(frozen=True, slots=True)
class Replicated:
    """One scenario's replications.

    keys: what was measured. values float64 (replications, keys): NaN where nothing was observed. precise: whether
    every watched interval is as narrow as was asked.
    """

    built: Scene
    plan: Plan
    warming: Warming
    keys: tuple[Key, ...]
    values: Values
    precise: bool

    @property
    def name(self) -> str:
        return self.built.scenario.name

    def of(self, key: Key) -> Values:
        """float64 (replications,)."""
        values: Values = self.values[:, self.keys.index(key)]
        return values

    def interval(self, key: Key, level: float = LEVEL) -> Interval:
        return interval(self.of(key), level)


def experiment(
    scenarios: Sequence[Scene],
    plan: Plan,
    watch: Watch = lambda done, planned: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Replicated]:
    """All ``scenarios`` with equal warm-up and equally many replications.

    The precision is asked of every scenario alone; with several also of their differences from the first.
    ``cancelled`` keeps the rounds that are done; without one it raises Cancelled. Raises InvalidInstance if a
    scenario is too large for the memory, or begins at another time or lasts longer than the first.
    """
    refuse_unlike([(each.scenario.name, each.scenario.run) for each in scenarios])
    refuse_too_large(scenarios, plan.workers)
    warmed = [warming(built, plan.seed, plan.workers, cancelled) for built in scenarios]
    models = warmed_models(scenarios, warmed)
    stopping = plan.stopping(scenarios[0])
    rows: list[Rows] = [[] for _ in scenarios]
    made = 0
    while (number := stopping.next_number(made, watched(rows))) > made and not (made and cancelled()):
        try:
            for begin in range(made, number, plan.workers):
                chunk = range(begin, min(begin + plan.workers, number))
                for built, model, own in zip(scenarios, models, rows, strict=True):
                    own.extend(replications_of(built, model, plan, chunk, cancelled))
                    watch(sum(map(len, rows)), number * len(scenarios))
        except Cancelled:
            if not made:
                raise
            rows = [own[:made] for own in rows]
            break
        made = number
    return gathered(scenarios, plan, warmed, rows)


def refuse_unlike(runs: Sequence[tuple[str, Run]]) -> None:
    """Raise InvalidInstance unless all (names and runs) are of the same time: patients of other weeks are no pairs."""
    remedy = "Give all scenarios that are compared the same start and length."
    _, first = runs[0]
    refuse_if_any(
        [
            Problem(f"{name}, run.{what}", given, f"{wanted} as in the first scenario", remedy)
            for name, run in runs[1:]
            for what, given, wanted in (
                ("start", str(run.start), str(first.start)),
                ("length", f"{run.length:g} h", f"{first.length:g} h"),
            )
            if given != wanted
        ]
    )


Ready = Model | placing.Ready


def warmed_models(scenarios: Sequence[Scene], warmed: Sequence[Warming]) -> list[Ready]:
    """All models, with the longest of the warm-ups."""
    hours = max(each.hours for each in warmed)
    return [
        placing.ready(built, hours) if isinstance(built, Placed) else replace(built.model, warm_up=hours)
        for built in scenarios
    ]


def replications_of(
    built: Scene,
    model: Ready,
    plan: Plan,
    which: Iterable[int],
    cancelled: Callable[[], bool] = lambda: False,
) -> Rows:
    """The numbers of some replications of one scenario; raises Cancelled if ``cancelled`` says so meanwhile."""
    if isinstance(built, Placed) and isinstance(model, placing.Ready):
        length = built.scenario.run.length
        return placing.rows(model, length, plan.seed, which, plan.workers, cancelled, plan.equipment)
    assert isinstance(built, Built), "a scenario and its model are of one kind"
    assert isinstance(model, Model), "a scenario and its model are of one kind"
    outcomes = replicate(
        model,
        seed=plan.seed,
        replications=which,
        horizon=built.scenario.run.length,
        threads=plan.workers,
        cancelled=cancelled,
    )
    return [_numbers(outcome, built, plan.equipment) for outcome in outcomes]


def gathered(
    scenarios: Sequence[Scene], plan: Plan, warmed: Sequence[Warming], rows: Sequence[Rows]
) -> list[Replicated]:
    """What came of equally many replications of each scenario, of which there must be one."""
    hours = max(each.hours for each in warmed)
    stopping = plan.stopping(scenarios[0])
    precise = stopping.precision is None or all(stopping.precision.reached(each) for each in watched(rows))
    return [
        Replicated(built, plan, replace(each, hours=hours), *_matrix(own), precise)
        for built, each, own in zip(scenarios, warmed, rows, strict=True)
    ]


def _numbers(outcome: Outcome, built: Built, equipment: Sequence[str]) -> dict[Key, float]:
    found = measuring.numbers(outcome, built)
    for type_id in equipment:
        found |= of_equipment(outcome, built, type_id)
    return {measuring.hour_of_day(key, built): value for key, value in found.items()}


def _matrix(rows: Sequence[dict[Key, float]]) -> tuple[tuple[Key, ...], Values]:
    keys = tuple(sorted(rows[0]))
    return keys, np.array([[row[key] for key in keys] for row in rows], dtype=np.float64)


def watched_keys(keys: Sequence[Key]) -> list[Key]:
    """What has to be precise: mean waits and occupancies of everyone, over the whole day."""
    return [
        key
        for key in sorted(keys)
        if key.measure in {"wait_mean", "occupancy"} and key.patient_class == ALL and key.hour == ALL_DAY
    ]


def watched(rows: Sequence[Rows]) -> list[Interval]:
    """What has to be precise: of every scenario, and of what each changes against the first."""
    if not rows[0]:
        return []
    found = []
    for keys, values in map(_matrix, rows):
        base_keys, base = _matrix(rows[0])
        for key in watched_keys(keys):
            own = values[:, keys.index(key)] / MEASURES[key.measure].negligible
            found.append(interval(own))
            if values is not base and key in base_keys and len(rows) > 1:
                first = base[:, base_keys.index(key)] / MEASURES[key.measure].negligible
                change = interval(own - first)
                # As precise as a share of the first scenario's value: the difference itself may well be nothing.
                found.append(replace(change, mean=interval(first).mean))
    # Where nothing was ever observed no replication helps.
    return [each for each in found if each.replications]
