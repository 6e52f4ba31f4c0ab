"""Where whoever accompanies the request may lie: a cot or a carer's place in the patient's room, if things give way.

A companion's place is of its kind, empty and clean. Of what people may override only that the bed is open concerns it,
and one waiver covers both beds; a bed that is cleaned for it has its price. Who lies or is awaited there moves or is
displaced as anywhere else: the rows of beds and of movers know the companion's places too.

    sum of the companion's closed places      <= sum of the request's places for which that rule is waived
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import Companion
from solver.placing import rules
from solver.placing.cpsat import fit
from solver.placing.cpsat.elastic_options import Priced, Terms, bits_of, without
from solver.placing.cpsat.linear import INFINITE, LinearModel
from solver.placing.cpsat.linear import Terms as Sums
from solver.placing.cpsat.options import Options, joined, taken
from solver.placing.cpsat.scene import Scene

OPEN_BIT = bits_of([rules.BED_OPEN.id])


@dataclass(frozen=True, slots=True)
class Beside:
    """Places of who accompanies the request, in ``options`` with what each takes; ``closed``: bool (n_options,)."""

    options: Options
    closed: Bool

    @classmethod
    def joined(cls, parts: list[Beside]) -> Beside:
        """All parts as one."""
        closed = np.concatenate([np.zeros(0, bool), *(part.closed for part in parts)])
        return cls(joined([part.options for part in parts]), closed)

    def chosen(self, some: Bool) -> Beside:
        """Some of them."""
        return Beside(self.options.chosen(some), self.closed[some])


def companion_places(scene: Scene, number: int, rooms: Bool, terms: Terms) -> Beside:
    """Every place for who accompanies a request; ``rooms``: the beds of the rooms asked about, bool (n_beds,)."""
    starts = scene.starts[number]
    if scene.requests[number].companion is Companion.NONE:
        possible = closed = np.zeros((len(rooms), len(starts)), bool)
    else:
        possible = fit.is_open(without(scene, [rules.BED_OPEN.id]), number) & ~taken(scene, number)
        possible = possible & (fit.suits_companion(scene, number) & rooms)[:, None]
        closed = possible & ~fit.is_open(scene, number) & (rules.BED_OPEN.id not in terms.waived)
    bed, index = np.nonzero(possible)
    start = starts[index]
    end = start + scene.requests[number].duration_minutes
    options = Options(np.full(len(bed), number), bed, index, start, end, terms.surcharge[bed])
    return Beside(options, closed[bed, index])


def in_company(scene: Scene, priced: Priced, beside: Beside) -> tuple[Priced, Beside]:
    """Only places with one for the other in the same room at the same start, of requests that have a companion."""
    accompanied = np.array([one.companion is not Companion.NONE for one in scene.requests], bool)
    main, other = _keys(scene, priced.options), _keys(scene, beside.options)
    alone = accompanied[priced.options.request] & ~np.isin(main, other)
    return priced.chosen(~alone), beside.chosen(np.isin(other, main))


def _keys(scene: Scene, places: Options) -> Int64:
    starts = max(len(grid) for grid in scene.starts)
    keys: Int64 = (
        places.request * len(scene.rooms.ids) + scene.beds.room[places.bed]
    ) * starts + places.index
    return keys


def closed_rows(model: LinearModel, priced: Priced, x: Int64, beside: Beside, y: Int64) -> None:
    """A companion lies in a closed bed only if that is waived for the request. ``x`` and ``y`` begin with the variables
    of these places; those of others follow."""
    if not beside.closed.any():
        return
    waived = priced.waived & OPEN_BIT != 0
    numbers = np.unique(beside.options.request[beside.closed])
    closed = np.searchsorted(numbers, beside.options.request[beside.closed])
    mine = waived & np.isin(priced.options.request, numbers)
    own = np.searchsorted(numbers, priced.options.request[mine])
    parts = [
        Sums.of(closed, y[: len(beside.closed)][beside.closed], 1),
        Sums.of(own, x[: len(mine)][mine], -1),
    ]
    model.rows(len(numbers), Sums.joined(parts), -INFINITE, 0)


def with_closed(terms: Terms, beside: Beside) -> Terms:
    """Terms on which the request may ask for a closed bed for its companion alone."""
    return replace(terms, closed_beside=bool(beside.closed.any()))
