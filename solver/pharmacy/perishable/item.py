"""One perishable item as the literature describes it: what a day costs, and in which order things happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from solver.hospital.door import Door

MOST_STATES = 4_000_000
"""Above this many states the tables of an exact solution no longer fit a service's memory (1 GB)."""

MOST_OUTCOMES = 250_000_000
"""Stocks times demands that can be told apart, of an exact solution's table of what is left: again 1 GB."""

MOST_COST = 1_000_000_000
"""Dearest unit, order or day, in any currency: beyond it costs of a year no longer differ by a unit of their own."""


class Issue(StrEnum):
    """Which units leave first: the oldest (pharmacies, blood banks) or the freshest (shelves people pick from)."""

    FIFO = "fifo"
    LIFO = "lifo"


@dataclass(frozen=True, slots=True)
class Costs:
    """What a day costs, in any one currency; each from 0 to ``MOST_COST``.

    order: per unit ordered. fixed: per order placed. shortage: per unit asked for and not there (lost).
    wastage: per unit thrown away. holding: per unit that is left and not thrown away.
    """

    order: float = 0.0
    fixed: float = 0.0
    shortage: float = 0.0
    wastage: float = 0.0
    holding: float = 0.0

    def __post_init__(self) -> None:
        door = Door("Costs", "of an item")
        for name in self.__slots__:
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            good = number and 0 <= value <= MOST_COST
            door.need(good, name, value, f"a number from 0 to {MOST_COST}")
        door.close()


@dataclass(frozen=True, slots=True)
class PerishableItem:
    """One item reviewed daily.

    A day: the order is placed; with ``lead_time`` 0 it arrives at once; demand is met from stock, oldest or freshest
    first, the rest is lost; costs fall due; units on their last day are thrown away, the others age; with
    ``lead_time`` >= 1 the order placed ``lead_time - 1`` days before arrives as the freshest class.

    useful_life: days a unit may be used, its last included, 1 or more.
    max_order: units, 1 or more; every age class holds at most so many.
    demand: one row for each day of a cycle (one row: all days alike), chances of 0, 1, 2, ... units, sum 1.
    discount: of a day, in (0, 1]; 1: the average counts.
    life: None, or for each order size (rows 0 to max_order) the chances that a unit arrives with 1, 2, ...,
        useful_life days left; only with lead_time 0.

    Raises InvalidInstance with everything that is wrong.
    """

    useful_life: int
    lead_time: int
    max_order: int
    demand: tuple[tuple[float, ...], ...]
    costs: Costs
    issue: Issue = Issue.FIFO
    discount: float = 1.0
    life: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        door = Door("PerishableItem", "given")
        shape = [
            door.whole(self.useful_life, "useful_life", 1, 4000),
            door.whole(self.lead_time, "lead_time", 0, 400),
            door.whole(self.max_order, "max_order", 1, 100_000),
        ]
        door.member(self.issue, Issue, "issue")
        good = isinstance(self.discount, int | float) and 0 < self.discount <= 1
        door.need(good, "discount", self.discount, "a number above 0, at most 1")
        door.need(len(self.demand) > 0, "demand", "no day", "a row of chances for each day of the cycle")
        for day, row in enumerate(self.demand):
            _chances(door, row, f"demand, day {day}")
        if all(shape):
            self._check_life(door)
        door.close()

    def _check_life(self, door: Door) -> None:
        if self.life is None:
            return
        door.need(self.lead_time == 0, "life", "given", "None unless lead_time is 0")
        rows = len(self.life)
        door.need(
            rows == self.max_order + 1, "life", f"{rows} rows", f"{self.max_order + 1}: one per order size"
        )
        for size, row in enumerate(self.life):
            _chances(door, row, f"life, order of {size}")
            right = len(row) == self.useful_life
            door.need(
                right, f"life, order of {size}", f"{len(row)} chances", f"{self.useful_life}: one per day"
            )

    @property
    def cycle(self) -> int:
        """Days after which demand repeats: 1 or, say, 7."""
        return len(self.demand)

    @property
    def levels(self) -> int:
        """Quantities one age class may have."""
        return self.max_order + 1

    @property
    def states(self) -> int:
        """States at the moment of ordering, over all days of the cycle."""
        classes = self.useful_life + self.lead_time - 1
        return int(self.cycle * self.levels**classes)

    @property
    def outcomes(self) -> int:
        """Stocks just before demand, times the demands that leave something different of each."""
        return int(self.levels**self.useful_life * self.useful_life * self.max_order)

    def mean_demand(self) -> float:
        """Units a day, over the cycle."""
        totals = [sum(units * chance for units, chance in enumerate(row)) for row in self.demand]
        return sum(totals) / len(totals)


def _chances(door: Door, row: Sequence[float], field: str) -> None:
    numbers = len(row) > 0 and all(isinstance(chance, int | float) and chance >= 0 for chance in row)
    door.need(numbers, field, f"{len(row)} values", "numbers from 0 to 1")
    if numbers:
        door.need(abs(sum(row) - 1) < 1e-6, field, f"sum {sum(row):.6f}", "a sum of 1")
