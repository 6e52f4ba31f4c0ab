"""The joint model of a batch: places, what they do to each other, what they share; and plans in and out.

x[request, bed, start] in {0, 1}    the main stay's place
y[request, bed, start] in {0, 1}    the companion's place
u[request] in {0, 1}                unplaced, at its price
sum of x of a request + u = 1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver.engine.types import Int64
from solver.hospital import Allocation, Companion, Request
from solver.placing import rules
from solver.placing.cpsat.cover import CoverRows
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.linear import LinearModel, Terms
from solver.placing.cpsat.lots import LotRows
from solver.placing.cpsat.movers import Moved, mover_rows, movers_of
from solver.placing.cpsat.options import Options, options_of
from solver.placing.cpsat.relaxation import PlaceColumns
from solver.placing.cpsat.rooms import bed_rows, companion_rows, room_rows
from solver.placing.cpsat.scene import Scene
from solver.placing.cpsat.units import UnitRows


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a batch that keep every rule against what is fixed, and the stays that movers leave."""

    main: Options
    beside: Options
    moved: tuple[Moved, ...]

    @classmethod
    def of(cls, scene: Scene) -> Places:
        """All of them."""
        moved = tuple(movers_of(scene))
        main, beside = options_of(scene)
        main = with_moved(main, moved)
        for part in (CoverRows(scene, moved), UnitRows(scene, Detail()), LotRows(scene, Detail())):
            main = main.chosen(part.admitted(main))
        return cls(main, beside, moved)

    def of_plan(self, scene: Scene, plan: Mapping[str, Allocation | None]) -> Places:
        """Only the places a plan takes."""
        numbers = {request.id: number for number, request in enumerate(scene.requests)}
        given = [(numbers[request_id], a) for request_id, a in plan.items() if a is not None]
        taken = {(number, a.bed_id, a.start) for number, a in given}
        near = {(number, a.companion_bed_id, a.start) for number, a in given}
        chosen = []
        for options, wanted in ((self.main, taken), (self.beside, near)):
            rows = zip(options.request.tolist(), options.bed.tolist(), options.start.tolist(), strict=True)
            found = [(request, scene.beds.ids[bed], start) in wanted for request, bed, start in rows]
            chosen.append(options.chosen(np.array(found, bool)))
        return Places(chosen[0], chosen[1], self.moved)


class JointModel:
    """Built once per batch. ``program`` is the model; :meth:`written` and :meth:`read` turn plans into
    assignments and back."""

    def __init__(self, scene: Scene, places: Places, detail: Detail) -> None:
        self.scene = scene
        self.beside, main = places.beside, places.main
        self._units = UnitRows(scene, detail)
        self._lots = LotRows(scene, detail)
        self.main = main
        model = LinearModel()
        self._x = model.variables(main.size, 1, main.price)
        self._y = model.variables(self.beside.size)
        self._u = self._placed_or_not(model)
        self._meetings(model)
        CoverRows(scene, places.moved, detail.everything).add(model, main, self._x)
        self._units.add(model, main, self._x)
        self._lots.add(model, main, self._x)
        self.program = model.frozen()
        self._position = {key: at for at, key in enumerate(_keys(main))}
        self._position_beside = {key: at for at, key in enumerate(_keys(self.beside))}

    @property
    def overbooked(self) -> dict[str, set[int]]:
        """Classes of units, each named by its first, and minutes at which the plan read last needs more."""
        return {unit_id: set(minutes) for unit_id, minutes in self._units.overbooked.items()}

    @property
    def choices(self) -> Int64:
        """Variables that may be left at 0 whatever the others are, once their request is unplaced."""
        return np.concatenate([self._x, self._y, self._units.variables()])

    @property
    def places(self) -> PlaceColumns:
        """The variables of main stays' places; the equations of requests are the first rows."""
        main = self.main
        return PlaceColumns(self._x, main.request, main.bed, main.start, main.price)

    def _placed_or_not(self, model: LinearModel) -> Int64:
        scene, count = self.scene, len(self.scene.requests)
        prices = [scene.weight(rules.UNPLACED[request.priority]) for request in scene.requests]
        unplaced = model.variables(count, 1, np.array(prices, np.int64))
        rows = np.arange(count)
        parts = [Terms.of(self.main.request, self._x, 1), Terms.of(rows, unplaced, 1)]
        model.rows(count, Terms.joined(parts), 1, 1)
        return unplaced

    def _meetings(self, model: LinearModel) -> None:
        scene, main, beside = self.scene, self.main, self.beside
        both = both_of(main, beside)
        variables = np.concatenate([self._x, self._y])
        is_main = np.repeat(np.array([1, 0], np.int64), [main.size, beside.size])
        bed_rows(scene, model, both, variables)
        companion_rows(scene, model, main, self._x, beside, self._y)
        room_rows(scene, model, main, self._x)
        mover_rows(scene, model, both, variables, is_main)

    def written(self, plan: Mapping[str, Allocation | None]) -> Int64 | None:
        """The assignment that stands for a plan; None if the model has no place, unit or lot that it uses."""
        values = np.zeros(len(self.program.cost), np.int64)
        self._units.forget()
        for number, request in enumerate(self.scene.requests):
            allocation = plan.get(request.id)
            if allocation is None:
                values[self._u[number]] = 1
            elif not self._write(number, request, allocation, values):
                return None
        return self.program.complete(values)

    def _write(self, number: int, request: Request, allocation: Allocation, values: Int64) -> bool:
        at = self._position.get(self._key(number, allocation.bed_id, allocation.start))
        if at is None or allocation.end != self.main.end[at]:
            return False
        values[self._x[at]] = 1
        if (allocation.companion_bed_id is None) != (request.companion is Companion.NONE):
            return False
        if allocation.companion_bed_id is not None:
            beside = self._key(number, allocation.companion_bed_id, allocation.start)
            if beside not in self._position_beside:
                return False
            values[self._y[self._position_beside[beside]]] = 1
        ward, index = int(self.scene.beds.ward[self.main.bed[at]]), int(self.main.index[at])
        units, lots = (
            self._units.written(number, allocation, ward, index),
            self._lots.written(number, allocation),
        )
        if units is None or lots is None:
            return False
        for variable, value in (*units.items(), *lots.items()):
            values[variable] = value
        return True

    def _key(self, number: int, bed_id: str, start: int) -> tuple[int, int, int]:
        beds = self.scene.beds.ids
        return number, beds.index(bed_id) if bed_id in beds else -1, start

    def read(self, values: Int64) -> dict[str, Allocation | None]:
        """The plan that an assignment stands for, physical units dealt out."""
        main, scene = self.main, self.scene
        taken = {int(main.request[at]): int(at) for at in np.flatnonzero(values[self._x] == 1)}
        beside = {
            int(self.beside.request[at]): scene.beds.ids[self.beside.bed[at]]
            for at in np.flatnonzero(values[self._y] == 1)
        }
        wards = {request: int(scene.beds.ward[main.bed[at]]) for request, at in taken.items()}
        indexes = {request: int(main.index[at]) for request, at in taken.items()}
        units, lots = self._units.read(values, wards, indexes), self._lots.read(values)
        plan: dict[str, Allocation | None] = dict.fromkeys(request.id for request in scene.requests)
        for number, at in taken.items():
            request = scene.requests[number]
            plan[request.id] = Allocation(
                request.id,
                request.id,
                request.person_id,
                scene.beds.ids[main.bed[at]],
                int(main.start[at]),
                int(main.end[at]),
                tuple(units.get(number, ())),
                tuple(lots.get(number, ())),
                beside.get(number),
            )
        return plan


def with_moved(main: Options, moved: tuple[Moved, ...]) -> Options:
    """Starts of movers that the stay they leave allows, with what its earlier end saves or costs."""
    good, price = np.ones(main.size, bool), main.price.copy()
    for one in moved:
        mine = main.request == one.request
        good[mine] = one.good[main.index[mine]]
        price[mine] += one.price[main.index[mine]]
    return replace(main, price=price).chosen(good)


def both_of(main: Options, beside: Options) -> Options:
    names = ("request", "bed", "index", "start", "end", "price")
    return Options(*(np.concatenate([getattr(main, name), getattr(beside, name)]) for name in names))


def _keys(options: Options) -> list[tuple[int, int, int]]:
    return list(zip(options.request.tolist(), options.bed.tolist(), options.start.tolist(), strict=True))
