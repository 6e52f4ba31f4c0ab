"""Nursing cover and pools where rules may be waived for some places, and nurses on call may be called in.

A nurse z called in adds to the room left at minute t what one more nurse does:

    sum of loads of pulses that hold t  <=  max(0, slack(t)) + (max(0, slack(t) + duty(t)) - max(0, slack(t))) z

At most one is called in on a ward. A place whose rule is waived puts no load into that rule's rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.engine.types import Int64
from solver.hospital import Shift
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules
from solver.placing.cpsat.cover import CoverRows, Limited, hard_rows
from solver.placing.cpsat.linear import LinearModel
from solver.placing.cpsat.movers import Moved
from solver.placing.cpsat.options import Options
from solver.placing.cpsat.pulses import Pulses
from solver.placing.cpsat.scene import Scene

NOBODY: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class OnCall:
    """A nurse who may be called in: the shift as it would then be, the number of its ward, its variable."""

    shift: Shift
    ward: int
    variable: int


class ElasticCover(CoverRows):
    """Hard rows only. ``exempt``: variables of places for which a rule is waived, by rule."""

    def __init__(
        self,
        scene: Scene,
        moved: tuple[Moved, ...],
        exempt: Mapping[str, Int64],
        nurses: tuple[OnCall, ...],
    ) -> None:
        super().__init__(scene, moved)
        self._exempt = exempt
        self._nurses = nurses

    def add(self, model: LinearModel, main: Options, x: Int64) -> None:
        """Rows of every ward."""
        for number, pulses in self._pulses(main, x):
            for limited, amounts, room in self._limits(number, pulses):
                exempt = np.isin(pulses.variable, self._exempt.get(limited.rule.id, NOBODY))
                loads = np.where(exempt, 0, amounts)
                helped, helping = self._helped(number, pulses, loads, limited, room)
                hard_rows(model, helped, helping, room)

    def _helped(
        self, number: int, pulses: Pulses, amounts: Int64, limited: Limited, room: Int64
    ) -> tuple[Pulses, Int64]:
        """The pulses with those of the nurses who could help."""
        spans = [
            (nurse.variable, first, until, -more)
            for nurse in self._nurses
            if nurse.ward == number and self._helps(nurse, limited)
            for first, until, more in self._stretches(nurse, room)
        ]
        if not spans:
            return pulses, amounts
        variable, first, until, less = (np.array(column, np.int64) for column in zip(*spans, strict=True))
        nobody = np.full(len(spans), -1)
        joined = replace(
            pulses,
            variable=np.concatenate([pulses.variable, variable]),
            first=np.concatenate([pulses.first, first]),
            until=np.concatenate([pulses.until, until]),
            bed=np.concatenate([pulses.bed, nobody]),
            request=np.concatenate([pulses.request, nobody]),
        )
        return joined, np.concatenate([amounts, less])

    def _helps(self, nurse: OnCall, limited: Limited) -> bool:
        if limited.rule is rules.WARD_POOL:
            return False
        staff = self._scene.records.staff[nurse.shift.staff_id]
        return limited.skill is None or limited.skill in staff.skills

    def _stretches(self, nurse: OnCall, room: Int64) -> Iterator[tuple[int, int, int]]:
        """First minute, the one after the last, and how much more room there is."""
        duty = np.zeros(self._minutes + 1, np.int64)
        for piece in nurse.shift.on_duty():
            self._step(duty, piece.start, piece.end, NURSE_SHARES)
        more = np.maximum(0, room + np.cumsum(duty)[:-1]) - np.maximum(0, room)
        bounds = np.concatenate([[0], np.flatnonzero(np.diff(more)) + 1, [self._minutes]])
        for first, until in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            if more[first] > 0:
                yield first, until, int(more[first])
