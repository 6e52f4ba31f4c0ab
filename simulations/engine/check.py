"""Every fault of a model, all at once."""

from __future__ import annotations

from simulations.engine.model import Model
from solver.engine.errors import Problem


def check(model: Model) -> list[Problem]:
    """The faults of ``model``; ``Problem.where`` is the path, such as ``steps[3].routing["*"][0].probability``."""
    raise NotImplementedError
