"""Simulator and service: for the same request on the same state the same bed, units, lots and start."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.simulator.by_service import log_of
from simulations.hospital import generate
from simulations.placing.compiled import Compiled
from simulations.placing.model import PlacedModel
from simulations.placing.run import simulate
from solver.hospital.timegrid import MINUTES_PER_DAY

NOW = 29_540_160


@pytest.mark.parametrize(
    ("size", "seed", "load", "days"),
    [("ward", 2, 1.2, 8), ("district", 1, 0.9, 2)],
    ids=["a crowded ward", "a district hospital in use"],
)
def test_each_decision_is_the_one_of_the_services_python_entry(
    size: str, seed: int, load: float, days: int
) -> None:
    """``LiveHospital`` and ``in_turn`` decide the very same patients, on states that their own decisions made."""
    minutes = days * MINUTES_PER_DAY
    compiled = Compiled(PlacedModel(generate(size, seed, NOW), NOW, load=load))
    simulated = simulate(compiled, seed=1, minutes=minutes, log=True).log
    served = log_of(compiled, seed=1, replication=0, minutes=minutes)
    assert len(served) >= 100
    different = np.flatnonzero((simulated[: len(served)] != served[: len(simulated)]).any(axis=1))
    assert not different.size, (simulated[different[0]], served[different[0]])
    assert len(simulated) == len(served)
    assert (served[:, 2] < 0).any(), "nobody had to wait"
