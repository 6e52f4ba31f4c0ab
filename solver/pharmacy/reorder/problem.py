"""What is known of each item on the day an order is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

import numpy as np

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.types import Int64
from solver.hospital.door import MAX_COUNT, Door
from solver.pharmacy.perishable.item import Costs


@dataclass(frozen=True, slots=True)
class StockLot:
    """Units on hand that may be used for ``days_left`` days, today included; 0: expired. ``usable``: neither recalled
    nor in quarantine. minimum_days_left: days that must be left of this lot when it is given out."""

    id: str
    quantity: int
    days_left: int
    usable: bool = True
    minimum_days_left: int = 0

    def __post_init__(self) -> None:
        door = Door("StockLot", self.id)
        door.identity(self.id)
        door.whole(self.quantity, "quantity")
        door.whole(self.days_left, "days_left", 0, 100_000)
        door.whole(self.minimum_days_left, "minimum_days_left", 0, 100_000)
        door.close()


@dataclass(frozen=True, slots=True)
class OnOrder:
    """Units that arrive in the evening of the ``in_days``-th day from today, so that they may be used from the next
    morning on; 0: this evening. Below 0 they are overdue by so many days: nobody knows when they come, and they are not
    counted on."""

    quantity: int
    in_days: int

    def __post_init__(self) -> None:
        door = Door("OnOrder", self.in_days)
        door.whole(self.quantity, "quantity", 1)
        door.whole(self.in_days, "in_days", -4000, 4000)
        door.close()

    @property
    def overdue(self) -> bool:
        """Whether it should have come before today."""
        return self.in_days < 0


@dataclass(frozen=True, slots=True)
class History:
    """Units issued on successive days up to yesterday, and the days (by number, from 0) that ran out."""

    issued: tuple[int, ...]
    ran_out: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        door = Door("History", "of issues")
        door.need(len(self.issued) > 0, "issued", "no day", "a number for each day")
        for day, units in enumerate(self.issued):
            if type(units) is not int or not 0 <= units <= 100_000:
                door.need(False, f"issued, day {day}", units, "whole units from 0 to 100000")
        for day in sorted(self.ran_out, key=str):
            door.whole(day, "ran_out", 0, max(0, len(self.issued) - 1))
        door.close()

    @property
    def tells_demand(self) -> bool:
        """Whether some day did not run out: else demand was more than what was issued, by nobody knows how much."""
        return len(self.ran_out) < len(self.issued)

    @property
    def ended_empty(self) -> bool:
        """Whether yesterday ran out."""
        return len(self.issued) - 1 in self.ran_out

    def arrays(self) -> tuple[Int64, np.ndarray]:
        """Units and whether each day ran out."""
        ran_out = np.zeros(len(self.issued), np.bool_)
        ran_out[sorted(self.ran_out)] = True
        return np.array(self.issued, np.int64), ran_out


@dataclass(frozen=True, slots=True)
class StockItem:
    """One item of the pharmacy.

    useful_life: days a unit may be used after it arrives. minimum_days_left: days that must be left when it is given
    out; they shorten the life; a lot's own holds if it is longer. lead_time: days, as in ``PerishableItem``. review:
    an order may be placed every so many days. pack: units are ordered in packs. largest_order: units, None for four
    times the demand until the next order can arrive. safety_stock: below it the watch gives an alarm.
    """

    id: str
    costs: Costs
    useful_life: int
    lead_time: int
    history: History
    lots: tuple[StockLot, ...] = ()
    on_order: tuple[OnOrder, ...] = ()
    review: int = 1
    pack: int = 1
    minimum_days_left: int = 0
    largest_order: int | None = None
    safety_stock: int = 0

    def __post_init__(self) -> None:
        door = Door("StockItem", self.id)
        door.identity(self.id)
        life = door.whole(self.useful_life, "useful_life", 1, 4000)
        door.whole(self.lead_time, "lead_time", 0, 400)
        door.whole(self.review, "review", 1, 400)
        pack = door.whole(self.pack, "pack", 1, 1_000_000)
        if life and door.whole(self.minimum_days_left, "minimum_days_left", 0, 4000):
            fits = self.minimum_days_left < self.useful_life
            door.need(
                fits, "minimum_days_left", self.minimum_days_left, f"below useful_life ({self.useful_life})"
            )
        if self.largest_order is not None and pack:
            door.whole(self.largest_order, "largest_order", self.pack, MAX_COUNT)
        door.whole(self.safety_stock, "safety_stock")
        names = [lot.id for lot in self.lots]
        door.need(len(set(names)) == len(names), "lots", sorted(names), "each id once")
        door.close()

    @property
    def life(self) -> int:
        """Days a unit may be given out after it arrives."""
        return self.useful_life - self.minimum_days_left

    def days(self, lot: StockLot) -> int:
        """Days on which a lot may still be given out; 0: never again."""
        minimum = max(self.minimum_days_left, lot.minimum_days_left)
        return max(0, lot.days_left - minimum) if lot.usable else 0

    def coming(self) -> tuple[OnOrder, ...]:
        """What is on order and not overdue."""
        return tuple(order for order in self.on_order if not order.overdue)

    def on_hand(self) -> int:
        """Units that may be given out today."""
        return sum(lot.quantity for lot in self.lots if self.days(lot) > 0)

    def most(self, mean: float) -> int:
        """Largest order, in whole packs."""
        wanted = self.largest_order or ceil(4 * mean * (self.lead_time + self.review)) + self.pack
        return max(1, wanted // self.pack) * self.pack

    def by_order_day(self) -> tuple[Int64, int]:
        """What is left of each order by the day it was placed, as ``kernels_policy`` reads it (today is the array's
        length), and all of them together."""
        life, lead = self.life, self.lead_time
        units = np.zeros(life + lead, np.int64)
        for lot in self.lots:
            days = min(life, self.days(lot))
            if days > 0:
                units[min(units.size - 1, units.size + days - life - lead)] += lot.quantity
        for order in self.coming():
            placed = units.size + order.in_days + 1 - lead
            units[min(units.size - 1, max(0, placed))] += order.quantity
        return units, int(units.sum())


@dataclass(frozen=True, slots=True)
class ReorderProblem:
    """All items of one order. Raises InvalidInstance when an id is given twice."""

    items: tuple[StockItem, ...]

    def __post_init__(self) -> None:
        found = list(_twice(item.id for item in self.items))
        if found:
            raise InvalidInstance(found)


def _twice(ids: Iterable[str]) -> Iterable[Problem]:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            yield Problem("items", name, "each id once", "Remove one of the two.")
        seen.add(name)
