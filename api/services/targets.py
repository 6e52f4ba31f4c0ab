"""How soon each step is to follow the one before, and who is told when it does not: one table, a hospital's own
figures before those assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from solver.hospital import Minute, Priority, Step

Minutes = tuple[int, int, int, int]
"""By priority, most urgent first."""

ASSUMED: Final[Mapping[Step, Minutes]] = {
    Step.PLACED: (30, 60, 240, 720),
    Step.ACCEPTED: (15, 30, 60, 120),
    Step.HANDED_OVER: (30, 60, 120, 240),
    Step.ARRIVED: (30, 60, 60, 120),
    Step.DRUGS_READY: (120, 120, 120, 120),
    Step.LEFT: (120, 120, 120, 120),
}
"""Assumed, every figure, until a hospital sets its own (POST /steps/targets). Each counts from the step before
(``FOLLOWS``), and for a place or a handover not before the bed is needed."""

FOLLOWS: Final[Mapping[Step, Step]] = {
    Step.PLACED: Step.REQUESTED,
    Step.ACCEPTED: Step.PLACED,
    Step.HANDED_OVER: Step.ACCEPTED,
    Step.ARRIVED: Step.HANDED_OVER,
    Step.DRUGS_READY: Step.DISCHARGE_ORDERED,
    Step.LEFT: Step.DRUGS_READY,
}


class Level(IntEnum):
    """Who is told of a step that does not come: one more each time its target has passed once more."""

    WARD_MANAGER = 1
    BED_MANAGER = 2
    SITE_MANAGER = 3

    @property
    def role(self) -> str:
        """In lower case, as events and answers say it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets in force. ``own``: minutes by scope (a ward's id, or empty for the hospital), step and priority."""

    own: Mapping[tuple[str, Step, Priority], int]

    def minutes(self, ward_id: str | None, step: Step, priority: Priority) -> int:
        """The ward's, else the hospital's, else what is assumed."""
        for scope in (ward_id, ""):
            found = self.own.get((scope, step, priority)) if scope is not None else None
            if found is not None:
                return found
        return ASSUMED[step][priority]

    def assumed(self, step: Step, priority: Priority) -> bool:
        """Whether the hospital has set no figure of its own."""
        return ("", step, priority) not in self.own

    def shortest(self, step: Step) -> int:
        """No step of this kind is overdue earlier than this."""
        own = [minutes for (_, of, _), minutes in self.own.items() if of is step]
        return min((*own, *ASSUMED[step]))


def level_at(since: Minute, target: int, now: Minute) -> int:
    """The level that is reached: 1 when the target has passed, 2 when it has twice, 3 when it has three times; 0
    before."""
    return max(0, min(Level.SITE_MANAGER, (now - since) // target))
