"""The engine's kernels compiled, or read from their cache, before the first run that somebody waits for."""

from __future__ import annotations

from simulations.engine.model import Model, PatientClass, Poisson, Step
from simulations.engine.run import simulate


def warm_up() -> None:
    """Simulate an hour of a hospital of one step; every model uses the same machine code."""
    nobody = PatientClass("patient", "visit", (Poisson("door", (1.0,)),))
    simulate(Model(classes=(nobody,), steps=(Step("visit"),)), seed=0, horizon=1.0)
