"""Some patients given rooms anew, all at once, by integer programming; everybody else stays where they are.

Once it is known which sex each room has on each night, rooms are nearly an assignment problem: its linear relaxation
is mostly whole. So the sex of most room-nights is kept, and that of some is decided together with the patients. Of the
stays in a room only those take part that the prices of beds do not rule out; the prices are found by pricing all stays
against the relaxation of few (sifting: Bixby et al., Very large-scale linear programming, Operations Research 40(5),
1992). HiGHS is the one inside scipy, as in ``placing``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import block_array, csr_array, diags_array

from solver.admissions.stays.arrays import Compiled
from solver.admissions.stays.layout import FIRST, MIXED, SEX, STAY, TRANSFER
from solver.engine.types import Bool, Float64, Int32, Int64

SLACK: Final = 20.0
"""A stay in a room takes part if it costs at most so much more, at the prices of beds, than the patient's best: of
these the programme finds the best, though a better plan may need a dearer stay."""
NEARLY: Final = 5.0
"""Stays that cost so little more come along once one is priced in."""
PRICINGS: Final = 4
"""Of all stays, at most: a price that is not quite right leaves out a stay or two."""
FAR: Final = 1e7
"""Cost of a stay in a room that is not allowed."""
TINY: Final = 1e-6
NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Freedom:
    """``patients`` (p,): who may be moved. ``rooms`` (r,): whose sex may change on nights when only they are in."""

    patients: Bool
    rooms: Bool


@dataclass(frozen=True, slots=True)
class Reassigned:
    """``place`` int32 (p, longest), or None if nothing was found in time; ``prices`` float64 (r, d) of beds;
    ``proven``: among the stays that took part there is nothing better."""

    place: Int32 | None
    prices: Float64
    proven: bool


@dataclass(frozen=True, slots=True)
class _Paths:
    """Who might lie where: ``patient`` int64 (n,) among the free ones, ``rooms`` int32 (n, longest), ``cost`` float64
    (n,), ``cells`` sparse (room-nights, n)."""

    patient: Int64
    rooms: Int32
    cost: Float64
    cells: Any


def suits(compiled: Compiled) -> bool:
    """Whether days are fixed, everybody can be in, nobody is in already, and patients mind of others only the sex."""
    problem, prices = compiled.problem, compiled.problem.prices
    others = prices.risk, prices.idle_bed, prices.idle_minute, prices.overtime, prices.shared_private
    fixed = all(
        one.first == one.latest and one.surgery is None and one.room is None for one in problem.patients
    )
    all_in = len(compiled.chosen) == len(problem.patients)
    return prices.mixed_by_person and prices.mixed is not None and not any(others) and fixed and all_in


class Assigner:
    """A problem that ``suits``, with what every stay in one room costs."""

    def __init__(self, compiled: Compiled, slack: float = SLACK) -> None:
        self.slack = slack
        self.tables = tables = compiled.tables
        self.first, self.stay, self.sex = (tables.need[:, column] for column in (FIRST, STAY, SEX))
        self.shape = int(tables.size[1]), int(tables.size[2])
        self.same = tables.same[:, None] == 1
        cost = [tables.fit[tables.profile[p, :n]].sum(axis=0) for p, n in enumerate(self.stay)]
        self.cost: Float64 = np.where(tables.allowed == 1, np.array(cost, np.float64), FAR)

    def people(self, place: Int32, who: Bool) -> tuple[Int64, Int64]:
        """How many lie in each room on each night (r, d), and how many of them are women."""
        there, women = np.zeros(self.shape, np.int64), np.zeros(self.shape, np.int64)
        chosen = np.flatnonzero(who)
        patient, k = _nights(self.stay[chosen])
        patient = chosen[patient]
        cell = place[patient, k], self.first[patient] + k
        np.add.at(there, cell, 1)
        np.add.at(women, cell, self.sex[patient])
        return there, women

    def reassign(
        self, place: Int32, freedom: Freedom, prices: Float64, seconds_left: Callable[[], float]
    ) -> Reassigned:
        """``place`` with the free patients in the best rooms for them, as far as the seconds suffice that are left.

        No room is too full in ``place``, nor in what is returned. ``prices``: of beds, from before.
        """
        part = _Part(self, place, freedom)
        prices = part.sift(prices, seconds_left)
        charge = part.charge(part.kept)
        paths = part.paths(part.reduced(prices, charge) <= self.slack, charge)
        found, proven = part.solve(paths, seconds_left())
        if found is None:
            return Reassigned(None, prices, False)
        changed = place.copy()
        changed[part.who[paths.patient[found]]] = paths.rooms[found]
        return Reassigned(changed, prices, proven)


class _Part:
    """The free patients, the beds that others leave them, and the sex of every room-night.

    ``sexes`` (r, d): 1 women, 0 men, ``NOBODY`` where it does not matter; ``kept`` is the same with ``NOBODY`` where
    it is to be decided, ``open``.
    """

    def __init__(self, assigner: Assigner, place: Int32, freedom: Freedom) -> None:
        self.assigner, self.tables = assigner, assigner.tables
        self.who = np.flatnonzero(freedom.patients)
        self.place = place[self.who]
        self.first, self.stay = assigner.first[self.who], assigner.stay[self.who]
        self.sex = assigner.sex[self.who]
        there, women = assigner.people(place, np.ones(len(place), np.bool_))
        others, _ = assigner.people(place, ~freedom.patients)
        self.beds: Int64 = assigner.tables.beds[:, None] - others
        sexes = np.where(there == 0, NOBODY, (2 * women > there).astype(np.int64))
        self.open: Bool = assigner.same & (others == 0) & (freedom.rooms[:, None] | (there == 0))
        self.sexes = np.where(assigner.same, _filled(sexes), NOBODY)
        self.kept = np.where(self.open, NOBODY, self.sexes)

    def charge(self, sexes: Int64) -> Float64:
        """What the sex of room-nights costs a man and a woman: float64 (2, r, d)."""
        price = float(self.tables.price[MIXED])
        return np.stack([price * (sexes == 1 - sex) for sex in range(2)])

    def over_stays(self, cells: Float64) -> Float64:
        """Sums (free patients, r) over the nights of each stay of ``cells`` (2, r, d), by the patient's sex."""
        summed = np.concatenate([np.zeros((*cells.shape[:2], 1)), np.cumsum(cells, axis=2)], axis=2)
        sums: Float64 = summed[self.sex, :, self.first + self.stay] - summed[self.sex, :, self.first]
        return sums

    def worth(self, prices: Float64, charge: Float64) -> Float64:
        """What a stay in each room costs each free patient at these prices of beds."""
        total: Float64 = self.assigner.cost[self.who] + self.over_stays(charge + prices)
        return total

    def reduced(self, prices: Float64, charge: Float64) -> Float64:
        """How much more than the cheapest."""
        worth = self.worth(prices, charge)
        more: Float64 = worth - worth.min(axis=1, keepdims=True)
        return more

    def sift(self, prices: Float64, seconds_left: Callable[[], float]) -> Float64:
        """Prices of beds where every room-night keeps its sex; ``prices`` where they are not found in time."""
        charge = self.charge(self.sexes)
        taking_part = self.reduced(prices, charge) <= self.assigner.slack
        for _ in range(PRICINGS):
            paths = self.paths(taking_part, charge)
            solved = linprog(
                paths.cost,
                A_ub=paths.cells,
                b_ub=self.beds.ravel(),
                A_eq=self._one_each(paths),
                b_eq=np.ones(len(self.who)),
                options={"time_limit": max(0.0, seconds_left())},
            )
            if solved.status != 0:
                return prices
            prices = -solved.ineqlin.marginals.reshape(self.beds.shape)
            more = self.worth(prices, charge) - solved.eqlin.marginals[:, None]
            if not ((more < -TINY) & ~taking_part).any():
                break
            taking_part |= more < NEARLY
        return prices

    def paths(self, taking_part: Bool, charge: Float64) -> _Paths:
        """Stays in one room, and what everybody has; ``charge`` comes on top of their cost."""
        patient, room = np.nonzero(taking_part)
        patient = np.concatenate([patient, np.arange(len(self.who))])
        rooms = np.concatenate([np.repeat(room[:, None], self.place.shape[1], axis=1), self.place])
        path, k = _nights(self.stay[patient])
        who, lies = patient[path], rooms[path, k]
        night = self.first[who] + k
        fit = self.tables.fit[self.tables.profile[self.who[who], k], lies]
        cost = np.bincount(path, fit + charge[self.sex[who], lies, night], len(patient))
        moves = (k > 0) & (lies != rooms[path, np.maximum(k - 1, 0)])
        cost += np.bincount(path, float(self.tables.price[TRANSFER]) * moves, len(patient))
        shape = self.beds.size, len(patient)
        cells = csr_array((np.ones(len(path)), (lies * self.beds.shape[1] + night, path)), shape=shape)
        return _Paths(patient, rooms.astype(np.int32), np.asarray(cost, np.float64), cells)

    def _one_each(self, paths: _Paths) -> Any:
        shape = len(self.who), len(paths.patient)
        return csr_array(
            (np.ones(len(paths.patient)), (paths.patient, np.arange(len(paths.patient)))), shape=shape
        )

    def solve(self, paths: _Paths, seconds: float) -> tuple[Int64 | None, bool]:
        """Numbers of the paths taken, one of each patient, and whether they are the best; None if none was found."""
        many, of_paths = int(self.open.sum()), len(paths.cost)
        mixed = np.full(many, float(self.tables.price[MIXED]))
        whole = of_paths + many
        solved = milp(
            np.concatenate([paths.cost, np.zeros(many), mixed]),
            constraints=self._within(paths),
            integrality=np.repeat([1, 0], [whole, many]),
            bounds=Bounds(0, np.repeat([1.0, np.inf], [whole, many])),
            options={"time_limit": max(0.0, seconds), "mip_rel_gap": TINY},
        )
        if solved.x is None:
            return None, False
        return np.flatnonzero(solved.x[:of_paths] > 0.5), solved.status == 0

    def _within(self, paths: _Paths) -> LinearConstraint:
        """One path for each patient, no room too full; on open room-nights, of which a column each says whether they
        are women's and another how many lie there all the same, the others have no bed."""
        cells, one, lie = np.flatnonzero(self.open), self._one_each(paths), paths.cells
        beds, many = self.beds.ravel().astype(np.float64), len(cells)
        rows = [[one, None, None], [lie, None, None]] if many else [[one], [lie]]
        if many:
            women = diags_array((self.sex[paths.patient] == 1).astype(np.float64))
            men = diags_array((self.sex[paths.patient] == 0).astype(np.float64))
            mixed, room = -diags_array(np.ones(many)), diags_array(beds[cells])
            rows += [[lie[cells] @ women, -room, mixed], [lie[cells] @ men, room, mixed]]
        ones, none = np.ones(len(self.who)), np.full(len(beds) + 2 * many, -np.inf)
        most = np.concatenate([ones, beds, np.zeros(many), beds[cells]])
        return LinearConstraint(block_array(rows, format="csr"), np.concatenate([ones, none]), most)


def _nights(stay: Int32) -> tuple[Int64, Int64]:
    """Row and day of the stay of every night of rows with so many nights each."""
    row = np.repeat(np.arange(len(stay)), stay)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(stay) - stay, stay)


def _filled(sexes: Int64) -> Int64:
    """Where nobody is in, the sex of the last night before on which somebody was, else of the next."""
    filled = sexes.copy()
    for nights in (filled, filled[:, ::-1]):
        for d in range(1, nights.shape[1]):
            nights[:, d] = np.where(nights[:, d] == NOBODY, nights[:, d - 1], nights[:, d])
    return filled
