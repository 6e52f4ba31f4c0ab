"""How throughput grows with cores: Gunther's universal scalability law, fitted to what was measured.

C(n) = n / (1 + s (n - 1) + k n (n - 1)): ``s`` is the share that must be done one after the other (with k = 0 this is
Amdahl's law), ``k`` what keeping each pair of cores in step costs. N. J. Gunther, "Guerrilla Capacity Planning", 2007,
chapter 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import optimize


@dataclass(frozen=True, slots=True)
class Law:
    """serial: s, 0 to 1. crosstalk: k, 0 or more; 0 also where fewer than three numbers of cores were measured, since
    two cannot tell it from s."""

    serial: float
    crosstalk: float

    def speed_up(self, cores: int) -> float:
        """Throughput on ``cores`` over that on one."""
        return cores / (1 + self.serial * (cores - 1) + self.crosstalk * cores * (cores - 1))

    def at_least(self, serial: float) -> Law:
        """The same with a serial share that is known not to be smaller."""
        return Law(max(self.serial, serial), self.crosstalk)


def fitted(throughput: Mapping[int, float]) -> Law:
    """The law that comes closest to throughput by number of cores, of which one must be 1.

    n / C(n) - 1 is linear in s and k, neither of which may be below 0: least squares.
    """
    cores = np.array([n for n in sorted(throughput) if n > 1], dtype=np.float64)
    if not len(cores):
        return Law(0.0, 0.0)
    ratio = np.array([throughput[int(n)] / throughput[1] for n in cores])
    columns = [cores - 1] + ([cores * (cores - 1)] if len(cores) > 1 else [])
    found, _ = optimize.nnls(np.column_stack(columns), np.maximum(cores / ratio - 1, 0.0))
    return Law(min(float(found[0]), 1.0), float(found[1]) if len(cores) > 1 else 0.0)
