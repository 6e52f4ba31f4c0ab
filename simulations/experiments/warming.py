"""The warm-up of a scenario, found from pilot replications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulations.engine.model import Model
from simulations.engine.run import replicate
from simulations.experiments.placing import pilots
from simulations.scenarios.build import Scene
from simulations.scenarios.build_demand import SURGE
from simulations.scenarios.build_placed import Placed
from simulations.statistics.warm_up import BATCH, FEWEST_BATCHES, mser

PILOTS = 10
INTERVAL = 6
"""Hours per observation: waves within a quarter of a day are no trend."""
LONGEST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Warming:
    """hours: left out. found: whether by itself. settled: False if the run is too short to tell.

    series float64 (n,): patients in the hospital, a mean over the pilots every INTERVAL hours; empty if not found.
    """

    hours: float
    found: bool
    settled: bool
    series: NDArray[np.float64]


def warming(built: Scene, seed: int, workers: int, cancelled: Callable[[], bool] = lambda: False) -> Warming:
    """What the scenario says, or the MSER-5 truncation of the number of patients, surges left out.

    Pilots run on the first replications' streams. At most half of the run is left out.
    Raises Cancelled if ``cancelled`` says so meanwhile.
    """
    run = built.scenario.run
    if isinstance(run.warm_up, float):
        return Warming(run.warm_up, False, True, np.empty(0))
    if isinstance(built, Placed):
        return _judged(pilots(built, seed, workers, cancelled, INTERVAL), run.length)
    outcomes = replicate(
        _usual(built.model),
        seed=seed,
        replications=range(PILOTS),
        horizon=run.length,
        threads=workers,
        series=True,
        cancelled=cancelled,
    )
    columns = _averaged(np.mean([outcome.series for outcome in outcomes], axis=0))
    names = outcomes[0].resource_names
    first, count = len(names), len(outcomes[0].step_names)
    own = {step.name for step in built.model.steps}
    steps = [i for i, name in enumerate(outcomes[0].step_names) if name in own]
    patients = columns[:, [first + half + i for half in (0, count) for i in steps]].sum(axis=1)
    if built.model.census:
        return Warming(0.0, True, False, patients)
    return _judged(patients, run.length)


def _judged(patients: NDArray[np.float64], length: float) -> Warming:
    """Where the number of patients has settled, of a run of ``length`` hours."""
    if len(patients) < FEWEST_BATCHES * BATCH:
        return Warming(0.0, True, False, patients)
    found = mser(patients)
    hours = min(found.observations * float(INTERVAL), LONGEST_SHARE * length)
    return Warming(hours, True, found.settled, patients)


def _usual(model: Model) -> Model:
    """Without surges, which are no part of what a hospital settles to."""
    classes = [
        replace(each, sources=tuple(source for source in each.sources if SURGE not in source.name))
        for each in model.classes
    ]
    return replace(model, classes=tuple(classes))


def _averaged(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over INTERVAL hours each."""
    whole = len(series) // INTERVAL * INTERVAL
    averaged: NDArray[np.float64] = series[:whole].reshape(-1, INTERVAL, series.shape[1]).mean(axis=1)
    return averaged
