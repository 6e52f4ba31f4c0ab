"""When wards do what for a patient, in hours of the scenario, and how hours become seconds of the load.

Small delays between a decision and what follows from it (a ward answers after five minutes, a patient comes after
fifteen) are assumed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from simulations.load.journeys import Journey, Visit

MINUTE: Final = 1 / 60
ANSWERED: Final = 5 * MINUTE
"""From a promise to the ward's answer."""
ON_THE_WAY: Final = 15 * MINUTE
"""From a request to the arrival at the earliest."""
FORETOLD: Final = 2.0
"""Hours from the order of a discharge to the departure."""


class Op(IntEnum):
    """What a ward asks of the service for a patient."""

    ASK = 0
    """A bundle, decided at once."""
    HOLD = 1
    """A bundle, held until somebody confirms it."""
    CONFIRM = 2
    LOOK = 3
    """Read the request."""
    ARRIVE = 4
    TRANSFER = 5
    """Another bed for who lies here."""
    ORDER = 6
    """The discharge is ordered, with the hour that is expected."""
    LEAVE = 7
    RELEASE = 8
    """Take back what was asked for."""


@dataclass(frozen=True, slots=True)
class Task:
    """One operation and its intended time; ``visit``: which of the patient's visits it is about."""

    at: float
    op: Op
    visit: int


def tasks(journey: Journey, holds: bool) -> list[Task]:
    """Everything that is done for a patient, in hours, in order; ``holds``: the first bed is held, then confirmed."""
    found: list[Task] = []
    for number, visit in enumerate(journey.visits):
        _arrivals(found, number, visit, Op.TRANSFER if number else Op.HOLD if holds else Op.ASK)
    last, end = len(journey.visits) - 1, journey.visits[-1].end
    if math.isfinite(end):
        ordered = max(end - FORETOLD, found[-1].at + MINUTE)
        _then(found, ordered, Op.LOOK, last)
        _then(found, ordered + MINUTE, Op.ORDER, last)
        _then(found, end, Op.LEAVE, last)
        _then(found, end + MINUTE, Op.LOOK, last)
    return found


def _arrivals(found: list[Task], number: int, visit: Visit, asking: Op) -> None:
    _then(found, visit.asked, asking, number)
    promised = found[-1].at
    _then(found, promised + ANSWERED, Op.CONFIRM, number)
    _then(found, max(visit.start, promised + ON_THE_WAY) - MINUTE, Op.LOOK, number)
    _then(found, max(visit.start, promised + ON_THE_WAY), Op.ARRIVE, number)


def _then(found: list[Task], at: float, op: Op, visit: int) -> None:
    """Nothing before what comes before it."""
    found.append(Task(max(at, found[-1].at) if found else at, op, visit))


def until_handover(found: Iterable[Task], starts_at: int, handover: float = 7.0) -> list[Task]:
    """The same, but for half an hour before ``handover`` (hour of the day) wards only ask for beds: everything else
    waits for the new shift. ``starts_at``: the hour of the day at which the scenario starts."""
    held: list[Task] = []
    for task in found:
        before = (handover - starts_at - task.at) % 24
        waits = task.op not in (Op.ASK, Op.HOLD) and before <= 0.5
        held.append(Task(task.at + before, task.op, task.visit) if waits else task)
    return sorted(held, key=lambda task: task.at)


def foretold(found: Iterable[Task]) -> float:
    """When the last of some tasks that leaves a bed does so; 0 if none does."""
    return max((task.at for task in found if task.op is Op.LEAVE), default=0.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """Hours of the scenario against seconds of the load: straight pieces, each faster or slower than the one before.

    seconds, hours: where each piece begins. per_second: hours that pass in a second of it. Before the first piece no
    time passes in the hospital.
    """

    seconds: tuple[float, ...]
    hours: tuple[float, ...]
    per_second: tuple[float, ...]

    @classmethod
    def of(cls, begin: float, fill: float, pieces: Sequence[tuple[float, float]]) -> Pace:
        """``pieces``: seconds that each lasts and hours in each of these seconds; the first begins at hour ``begin``
        and second ``fill``, the last never ends."""
        seconds, hours = [fill], [begin]
        for lasts, per_second in pieces[:-1]:
            seconds.append(seconds[-1] + lasts)
            hours.append(hours[-1] + lasts * per_second)
        return cls(tuple(seconds), tuple(hours), tuple(per_second for _, per_second in pieces))

    def second(self, hour: float) -> float:
        """When an hour of the scenario comes; those before the first piece are over as it begins."""
        piece = max(bisect_right(self.hours, hour) - 1, 0)
        return self.seconds[piece] + max(hour - self.hours[piece], 0.0) / self.per_second[piece]

    def hour(self, second: float) -> float:
        """Which hour of the scenario it is."""
        piece = max(bisect_right(self.seconds, second) - 1, 0)
        return self.hours[piece] + max(second - self.seconds[piece], 0.0) * self.per_second[piece]

    def minutes(self, second: float) -> int:
        """Whole minutes that have passed in the hospital."""
        return int((self.hour(second) - self.hours[0]) * 60)

    @property
    def compression(self) -> float:
        """Of the fastest piece: seconds of the hospital in a second of the load."""
        return max(self.per_second) * 3600
