"""Rules that say how much to order: base stock, min/max, waste-aware, capped and age-aware base stock, as one form.

    order = min(most, level - counted), in whole packs, never negative, and only while position < below
    counted = position - sum over classes of spare[days left] * units - waste estimated for the days ahead

The position is what is on hand and in transit. Base stock: ``below`` and ``most`` do not bind. Min/max, (s, S):
``below`` is s + 1. BSP-low-EW (Hendrix et al. 2019, equation 10) and EWA (Broekmeulen and van Donselaar 2009, Computers
& Operations Research 36:3013-3018): waste is estimated ``ahead`` days. Capped base stock (Xin 2021, Operations Research
69:61-70): ``most``. Age-aware: ``spare``, since units that expire soon serve less of the demand to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite

import numpy as np

from solver.engine.types import Float64
from solver.hospital.door import Door


class Kind(StrEnum):
    """What a policy is called."""

    BASE_STOCK = "base_stock"
    MIN_MAX = "min_max"
    WASTE_AWARE = "waste_aware_base_stock"
    CAPPED = "capped_base_stock"
    AGE_AWARE = "age_aware_base_stock"


@dataclass(frozen=True, slots=True)
class Policy:
    """See the module. ``level`` finite, ``below`` a number or infinite, ``most`` 0 or more units, ``ahead`` days,
    ``spare`` shares from 0 to 1 by days left (in transit: days until expiry)."""

    level: float
    most: int
    below: float = inf
    ahead: int = 0
    spare: tuple[float, ...] = ()
    kind: Kind = Kind.BASE_STOCK

    def __post_init__(self) -> None:
        door = Door("Policy", self.kind)
        door.need(isfinite(self.level), "level", self.level, "a finite number")
        door.need(self.below == self.below, "below", self.below, "a number")
        door.whole(self.most, "most")
        door.whole(self.ahead, "ahead", 0, 4000)
        door.need(all(0 <= share <= 1 for share in self.spare), "spare", self.spare, "shares from 0 to 1")
        door.close()

    def rule(self, mean: float) -> Float64:
        """As the kernels read it; ``mean``: expected demand of a day."""
        return np.array([self.below, self.level, self.most, self.ahead, mean])


def waste_aware(level: float, most: int) -> Policy:
    """BSP-low-EW: below the level order up to it, and on top what of the oldest class a day's mean demand leaves."""
    return Policy(level, most, below=level, ahead=1, kind=Kind.WASTE_AWARE)
