"""What happens on a simulated day: the events, in order of time, whoever decides and wherever.

A day is drawn before it is played, so that two policies, or a policy and the service, meet the very same
patients, departures and mishaps. Who lies where on the day itself is for the players to find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from simulations.demand import Arrival
from solver.hospital import Hospital, Minute


class Turn(IntEnum):
    """Order of the events of one minute: beds come free before anybody asks for one."""

    LEAVE = 0
    EXPECT = 1
    UPSET = 2
    ARRIVE = 3
    ASK = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """A ward asks for a bundle."""

    minute: Minute
    arrival: Arrival
    turn: Turn = Turn.ASK


@dataclass(frozen=True, slots=True)
class AskBadly:
    """Somebody sends a request that is none: a good one with the fault that ``wrong`` names."""

    minute: Minute
    arrival: Arrival
    wrong: str
    turn: Turn = Turn.ASK


@dataclass(frozen=True, slots=True)
class Expect:
    """A discharge is ordered: ``stay_id`` of the census ends at ``until``, for certain."""

    minute: Minute
    stay_id: str
    until: Minute
    turn: Turn = Turn.EXPECT


@dataclass(frozen=True, slots=True)
class Leave:
    """The occupant of a stay of the census leaves the bed."""

    minute: Minute
    stay_id: str
    turn: Turn = Turn.LEAVE


@dataclass(frozen=True, slots=True)
class Upset:
    """Something upsets the plan. ``kind`` and ``about`` are those of ``POST /disruptions``, times in minutes."""

    minute: Minute
    kind: str
    title: str
    about: Mapping[str, Any] = field(default_factory=dict)
    turn: Turn = Turn.UPSET


Event = Ask | AskBadly | Expect | Leave | Upset


@dataclass(frozen=True, slots=True)
class Truth:
    """How it will really be with somebody who asks for a bed: minutes in the bed, and how long before leaving
    the discharge is ordered (0: nobody is told)."""

    minutes: int
    notice: int


@dataclass(frozen=True, slots=True)
class Day:
    """A drawn day: the hospital in the morning, every event in order, and what will turn out of the requests.

    ``asked_until``: first minute behind the last request; ``end``: first minute behind the play, so that waits
    can resolve. ``beat``: minutes between two looks at the clock when nothing happens (0: at ``looks`` only).
    """

    hospital: Hospital
    start: Minute
    asked_until: Minute
    end: Minute
    events: tuple[Event, ...]
    truth: Mapping[str, Truth]
    beat: int = 15
    looks: tuple[Minute, ...] = ()

    @property
    def asked(self) -> tuple[Ask, ...]:
        """The requests that are requests."""
        return tuple(event for event in self.events if isinstance(event, Ask))

    @property
    def clock_looks(self) -> tuple[Minute, ...]:
        """Minutes at which the clock is looked at though nothing may happen."""
        beats = range(self.start, self.end, self.beat) if self.beat else ()
        return tuple(sorted({*beats, *self.looks}))


def in_order(events: list[Event]) -> tuple[Event, ...]:
    """Events by minute, then by turn; what is equal in both keeps its place."""
    return tuple(sorted(events, key=lambda event: (event.minute, event.turn)))
