"""Time: whole minutes since 1970-01-01T00:00Z, half-open intervals, local shift hours of a site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from solver.hospital.door import Door

Minute = int
"""Whole minutes since 1970-01-01T00:00Z."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTES_PER_DAY: Final = 1440
MINUTES_PER_YEAR: Final = 525_960
"""Mean Julian year (365.25 days): ages are whole numbers of these."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Minutes ``[start, end)``."""

    start: Minute
    end: Minute

    def __post_init__(self) -> None:
        door = Door("Interval", f"{self.start}-{self.end}")
        door.interval(self.start, self.end)
        door.close()

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share a minute; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, minute: Minute) -> bool:
        """Whether the minute lies inside; the end does not."""
        return self.start <= minute < self.end

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return self.end - self.start


def to_minute(moment: datetime) -> Minute:
    """Whole minutes (rounded down) of an aware datetime. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give an offset such as +08:00 or Z")
    return int((moment - EPOCH).total_seconds() // 60)


def from_minute(minute: Minute, zone: str = "UTC") -> datetime:
    """The aware datetime of a minute, in an IANA time zone."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))


def local_minute(day: date, minute_of_day: int, zone: str) -> Minute:
    """The minute at which a local wall clock shows ``minute_of_day`` on ``day``.

    A wall time skipped by a clock change maps to the instant the clock jumps over it; a repeated one to its
    first pass. Shifts that span a change are therefore 23 or 25 hours a day in sum, as they are on the ward.
    """
    days, rest = divmod(minute_of_day, MINUTES_PER_DAY)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), ZoneInfo(zone))
    return to_minute(wall)


def local_day(minute: Minute, zone: str) -> date:
    """The local calendar day a minute falls on."""
    return from_minute(minute, zone).date()


def age_years(birth: Minute | int, at: Minute) -> int:
    """Whole years lived at a minute; ``birth`` may be negative (born before 1970)."""
    return (at - birth) // MINUTES_PER_YEAR
