"""Annealing by small moves (``kernels_moves``), where what binds a person is priced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from solver.engine.types import UInt64
from solver.rostering.arrays import SCALE
from solver.rostering.kernels_moves import anneal_moves
from solver.rostering.layout import Plan, Tables

HOT: Final = 15.0
WARM: Final = 4.0
COLD: Final = 0.7
"""Temperatures in units of cost: at the start, when going on from a good roster, and at the end."""
MOVES: Final = 4096
"""Between two looks at the clock: a millisecond."""


def anneal(
    tables: Tables, plan: Plan, best: Plan, hot: float, progress: Callable[[], float], state: UInt64
) -> None:
    """Improve ``plan``, and ``best`` where it becomes better, from temperature ``hot`` down to ``COLD`` as ``progress``
    goes from 0 to 1."""
    rows, tally = np.zeros((2, int(tables.size[0])), np.int64), np.zeros(len(tables.unit), np.int64)
    while (done := progress()) < 1.0:
        heat = SCALE * hot * (COLD / hot) ** done
        anneal_moves(tables, MOVES, heat, plan, best, rows, tally, state)
