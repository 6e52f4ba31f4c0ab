"""The server's clock, as storage sees it: handed in, never read from the machine here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MICROSECONDS_PER_MINUTE = 60_000_000

CLOCK_ACTOR = "clock"
"""Who does what time alone brings about."""


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment, in whole microseconds since 1970-01-01T00:00Z."""

    microsecond: int

    @property
    def minute(self) -> int:
        """The whole minute this moment lies in, since 1970-01-01T00:00Z."""
        return self.microsecond // MICROSECONDS_PER_MINUTE

    @classmethod
    def of_minute(cls, minute: int) -> Instant:
        """The first moment of a minute."""
        return cls(minute * MICROSECONDS_PER_MINUTE)


Clock = Callable[[], Instant]
"""Tells the calendar moment. Durations and timeouts use the monotonic clock instead."""
