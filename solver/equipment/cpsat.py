"""Bookings with windows as one model for CP-SAT: exact where there are few, kits and changes to a former plan included.

One start per request (the parts of a kit share theirs), one literal per unit that may serve it, and a tour per unit
through those that it serves, which carries the ways.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from solver.engine import cpsat
from solver.engine.result import Observer
from solver.equipment.problem import UNSERVED, BookingArrays
from solver.equipment.search import Found

MOST_ARCS: Final = 20_000
"""Pairs of bookings that one unit may serve, over all units: beyond, the model is not worth building."""


@dataclass(frozen=True, slots=True)
class Former:
    """A plan that is to be kept where that is possible: ``unit`` -1 for who was not served in it.

    ``most``: so many of the bookings in ``counted`` may change. Those in ``pinned`` may not.
    """

    unit: tuple[int, ...]
    begins: tuple[int, ...]
    counted: Collection[int]
    pinned: Collection[int]
    most: int


@dataclass(frozen=True, slots=True)
class Proven:
    """The cheapest plan found, if any, and what none beats (None: nothing is known)."""

    found: Found | None
    bound: int | None


def suits(arrays: BookingArrays) -> bool:
    """Whether the problem is small enough for the model."""
    many = np.bincount(arrays.units_of, minlength=arrays.home.size)
    return int((many * many).sum()) <= MOST_ARCS


def solve_whole(
    arrays: BookingArrays,
    known: Found | None,
    parameters: cpsat.Parameters,
    observer: Observer | None = None,
    former: Former | None = None,
) -> Proven:
    """The cheapest plan; ``known`` is where the search begins. Without ``former`` there is always one."""
    model = _Model(arrays)
    if former is not None:
        model.keep(former)
    if known is not None:
        model.hint(known)
    outcome = cpsat.solve(model.model, parameters, observer)
    if outcome.cost is None:
        return Proven(None, outcome.bound)
    return Proven(model.found(outcome.solver, outcome.cost), outcome.bound)


class _Model:
    """Variables and rules; see the module."""

    def __init__(self, arrays: BookingArrays) -> None:
        self.arrays, self.model = arrays, cp_model.CpModel()
        self.costs: list[cp_model.LinearExprT] = []
        self.start: list[cp_model.IntVar] = []
        self.served: list[cp_model.IntVar] = []
        self.by: list[dict[int, cp_model.IntVar]] = []
        of_kit: dict[int, tuple[cp_model.IntVar, cp_model.IntVar]] = {}
        for one in range(arrays.ward.size):
            kit = int(arrays.kit[one]) if arrays.kit[one] >= 0 else -1 - one
            if kit not in of_kit:
                early, late = int(arrays.earliest[one]), int(arrays.latest[one])
                of_kit[kit] = self.model.new_int_var(early, max(early, late), ""), self.model.new_bool_var("")
            self._request(one, *of_kit[kit])
        for unit in range(arrays.home.size):
            self._unit(unit)
        self.model.minimize(sum(self.costs))

    def _request(self, one: int, start: cp_model.IntVar, served: cp_model.IntVar) -> None:
        """Who serves it, and what its waiting and leaving it out cost; ``start`` and ``served`` are its kit's."""
        arrays, model = self.arrays, self.model
        early, late = int(arrays.earliest[one]), int(arrays.latest[one])
        units = arrays.units_of[arrays.units_ptr[one] : arrays.units_ptr[one + 1]]
        by = {int(unit): model.new_bool_var("") for unit in units}
        wait = model.new_int_var(0, max(0, late - early), "")
        model.add(start <= late).only_enforce_if(served)
        model.add(wait >= start - early).only_enforce_if(served)
        model.add(sum(by.values()) == served)
        self.start.append(start)
        self.served.append(served)
        self.by.append(by)
        self.costs += [int(arrays.wait_price[one]) * wait, int(arrays.unserved_price[one]) * (1 - served)]

    def _unit(self, unit: int) -> None:
        """Uses of one unit are apart from each other and from its maintenance, with the ways between them."""
        arrays, model = self.arrays, self.model
        mine = [one for one, by in enumerate(self.by) if unit in by]
        windows = range(int(arrays.away_ptr[unit]), int(arrays.away_ptr[unit + 1]))
        taken = [
            model.new_fixed_size_interval_var(
                int(arrays.away_from[window]), int(arrays.away_until[window] - arrays.away_from[window]), ""
            )
            for window in windows
        ]
        from_home = bool(arrays.from_home[0])
        for one in mine:
            lead = self._way(int(arrays.home[unit]), one) if from_home else 0
            begin, use = self.start[one] - lead, self.by[one][unit]
            taken.append(
                model.new_optional_fixed_size_interval_var(begin, int(arrays.span[one]) + lead, use, "")
            )
            if from_home:
                model.add(begin >= 0).only_enforce_if(use)
                self.costs.append(int(arrays.transport_price[0]) * lead * use)
        model.add_no_overlap(taken)
        if not from_home:
            self._tour(unit, mine)

    def _tour(self, unit: int, mine: list[int]) -> None:
        """The order of a unit's uses, from its home; node 0 is the home."""
        arrays, model, price = self.arrays, self.model, int(self.arrays.transport_price[0])
        arcs: list[tuple[int, int, cp_model.LiteralT]] = [(0, 0, model.new_bool_var(""))]
        for node, one in enumerate(mine, start=1):
            first, last = model.new_bool_var(""), model.new_bool_var("")
            way = self._way(int(arrays.home[unit]), one)
            model.add(self.start[one] >= way).only_enforce_if(first)
            self.costs.append(price * way * first)
            arcs += [(0, node, first), (node, 0, last), (node, node, ~self.by[one][unit])]
            for after, other in enumerate(mine, start=1):
                way = self._way(int(arrays.ward[one]), other)
                ready = int(arrays.span[one]) + way
                if after != node and arrays.earliest[one] + ready <= arrays.latest[other]:
                    follows = model.new_bool_var("")
                    model.add(self.start[other] >= self.start[one] + ready).only_enforce_if(follows)
                    self.costs.append(price * way * follows)
                    arcs.append((node, after, follows))
        model.add_circuit(arcs)

    def _way(self, here: int, booking: int) -> int:
        return int(self.arrays.transport[here, self.arrays.ward[booking]])

    def keep(self, former: Former) -> None:
        """Keep what is pinned, and all but ``most`` of what is counted."""
        changed: list[cp_model.LinearExprT] = []
        for one in (*former.pinned, *former.counted):
            kept = self.model.new_bool_var("") if one not in former.pinned else self.model.new_constant(1)
            self.model.add(self.start[one] == former.begins[one]).only_enforce_if(kept)
            self.model.add_bool_or(self.by[one].get(former.unit[one], False), ~kept)
            if one not in former.pinned:
                changed.append(1 - kept)
        self.model.add(sum(changed) <= former.most)

    def hint(self, known: Found) -> None:
        """Begin at a known plan."""
        for one, by in enumerate(self.by):
            unit = int(known.unit[one])
            for other, use in by.items():
                self.model.add_hint(use, other == unit)
            if unit >= 0 and (self.arrays.kit[one] < 0 or self._leads_its_kit(one)):
                self.model.add_hint(self.start[one], int(known.begins[one]))

    def _leads_its_kit(self, one: int) -> bool:
        return bool(self.arrays.parts[self.arrays.kit_ptr[self.arrays.kit[one]]] == one)

    def found(self, solver: cp_model.CpSolver, cost: int) -> Found:
        """The plan that the solver holds."""
        unit = np.full(len(self.by), UNSERVED, np.int64)
        for one, by in enumerate(self.by):
            for other, use in by.items():
                if solver.boolean_value(use):
                    unit[one] = other
        begins = np.array([solver.value(start) for start in self.start], np.int64)
        return Found(unit, begins, cost)
