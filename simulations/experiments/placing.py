"""Replications of a whole hospital in which a placing policy decides, as rows of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulations.experiments.catalogue import Key
from simulations.placing.compiled import Compiled
from simulations.placing.measures import numbers, of_equipment, present_by_minute
from simulations.placing.outcome import Outcome
from simulations.placing.run import replicate, simulate
from simulations.scenarios.build_placed import Placed

HOUR = 60
PILOTS = 4
"""Fewer than of pathways: a hospital that begins with its patients in bed has less to settle."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A model as arrays, and the hours that are left out at the beginning."""

    compiled: Compiled
    warm_up: float


def ready(built: Placed, warm_up: float) -> Ready:
    """The scenario's model, compiled once for all replications."""
    return Ready(Compiled(built.model), warm_up)


def rows(
    model: Ready,
    length: float,
    seed: int,
    which: Iterable[int],
    workers: int,
    cancelled: Callable[[], bool],
    equipment: Sequence[str] = (),
) -> list[dict[Key, float]]:
    """The numbers of some replications of ``length`` hours, with those of who asks for types of ``equipment``. Raises
    Cancelled if ``cancelled`` says so meanwhile."""
    outcomes = replicate(
        model.compiled,
        seed=seed,
        replications=which,
        minutes=round(length * HOUR),
        threads=workers,
        cancelled=cancelled,
    )
    served = {type_id: model.compiled.whom_a_unit_may_serve(type_id) for type_id in equipment}
    found = []
    for outcome in outcomes:
        found.append(numbers(outcome, model.warm_up))
        for type_id, whom in served.items():
            found[-1] |= of_equipment(outcome, model.warm_up, type_id, whom)
    return found


def simulated(built: Placed, seed: int) -> Outcome:
    """Replication 0 with its log of decisions."""
    return simulate(built.model, seed=seed, minutes=round(built.scenario.run.length * HOUR), log=True)


def pilots(
    built: Placed, seed: int, workers: int, cancelled: Callable[[], bool], interval: int
) -> NDArray[np.float64]:
    """Patients in bed without surges: a mean over the first replications every ``interval`` hours, float64 (n,)."""
    outcomes = replicate(
        replace(built.model, surges=()),
        seed=seed,
        replications=range(PILOTS),
        minutes=round(built.scenario.run.length * HOUR),
        threads=workers,
        cancelled=cancelled,
    )
    width = interval * HOUR
    found = []
    for outcome in outcomes:
        minutes = present_by_minute(outcome, outcome.start, np.ones(outcome.asked.size, np.bool_))
        found.append(minutes[: minutes.size // width * width].reshape(-1, width).mean(axis=1))
    mean: NDArray[np.float64] = np.mean(found, axis=0)
    return mean
