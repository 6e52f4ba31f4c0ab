"""Durations and moments as people write them: ``30 min``, ``4 h``, ``3 d``, ``2 weeks``; ``2026-01-08 10:00``.

Inside a model every time is in hours from the start of the run.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

HOURS = {
    "s": 1 / 3600,
    "min": 1 / 60,
    "minute": 1 / 60,
    "minutes": 1 / 60,
    "h": 1.0,
    "hour": 1.0,
    "hours": 1.0,
    "d": 24.0,
    "day": 24.0,
    "days": 24.0,
    "week": 168.0,
    "weeks": 168.0,
}
PART = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) *([a-z]+)")
DURATION = "a duration such as 30 min, 4 h, 3 d or 2 weeks"
MOMENT = f"{DURATION} after the start, or a moment such as 2026-01-08 10:00"
CLOCK = 'a time of day such as "07:00"'


def hours_of(value: Any) -> float:
    """A duration in hours; ``1 d 12 h`` adds up. Raises ValueError with what was expected."""
    if value == 0 and not isinstance(value, bool):
        return 0.0
    if not isinstance(value, str):
        raise ValueError(f"{DURATION}; a number alone has no unit")
    parts = PART.findall(value)
    rest = PART.sub("", value).strip()
    if not parts or rest or any(unit not in HOURS for _, unit in parts):
        raise ValueError(DURATION)
    return sum(float(number) * HOURS[unit] for number, unit in parts)


def moment_of(value: Any) -> float | datetime:
    """Hours after the start, or a moment still to be counted from it; raises ValueError."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            if moment.tzinfo is not None:
                raise ValueError("a moment of the hospital's own clock, without an offset")
            return moment
    try:
        return hours_of(value)
    except ValueError:
        raise ValueError(MOMENT) from None


def datetime_of(value: Any) -> datetime:
    """The start of a run: a whole hour, so that rates by the hour fit."""
    found = moment_of(value) if isinstance(value, str) else None
    if not isinstance(found, datetime) or found.minute or found.second or found.microsecond:
        raise ValueError("a date, or a date with a whole hour, such as 2026-01-05 00:00")
    return found


def clock_of(value: Any) -> float:
    """Hours since midnight, 24:00 included; raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", value) if isinstance(value, str) else None
    hours = int(match[1]) + int(match[2]) / 60 if match else 25
    if hours > 24 or (match and int(match[2]) > 59):
        raise ValueError(CLOCK)
    return hours


Hours = Annotated[float, BeforeValidator(hours_of)]
Moment = Annotated[float | datetime, BeforeValidator(moment_of)]
Start = Annotated[datetime, BeforeValidator(datetime_of)]
Clock = Annotated[float, BeforeValidator(clock_of)]
