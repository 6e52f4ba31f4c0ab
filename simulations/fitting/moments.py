"""Moments as logs write them, all in one form; which, the log itself must decide."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from solver.engine.errors import InvalidInstance, Problem

FORMATS: Mapping[str, tuple[str, ...]] = {
    "year first": ("",),
    "day first": (
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%d.%m.%Y %H:%M:%S",
        "%d-%m-%Y %H:%M",
    ),
    "month first": ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p"),
    "digits alone": ("%Y%m%d%H%M", "%Y%m%d%H%M%S"),
}
""""" is ISO 8601."""
EXPECTED = "a moment such as 2026-01-08 10:00"
SAMPLE = 5000
"""Moments that are tried in every form."""


@dataclass(frozen=True, slots=True)
class Clock:
    """patterns: what moments look like. offsets: whether they say how far the clock is from Greenwich."""

    patterns: tuple[str, ...]
    offsets: bool

    def read(self, text: str) -> datetime | None:
        """The moment, or None: no moment, or one of another form than the rest of the log."""
        for pattern in self.patterns:
            moment = _read(text, pattern)
            if moment is not None:
                return moment if (moment.tzinfo is not None) == self.offsets else None
        return None


def clock_of(texts: Iterable[str], pattern: str | None, file: str) -> Clock:
    """How most moments of a log are written; raises InvalidInstance where day and month cannot be told apart."""
    given = [text for text in texts if text][:SAMPLE]
    if pattern is not None:
        return Clock((pattern,), _mostly_offset(given, (pattern,)))
    read = {name: sum(_any(text, patterns) for text in given) for name, patterns in FORMATS.items()}
    best = max(read, key=lambda name: read[name])
    if read["day first"] == read["month first"] == read[best] > 0:
        remedy = "Say --time-format '%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M'."
        expected = "a day above 12 somewhere, to tell day from month"
        raise InvalidInstance([Problem(file, "days and months that may be either", expected, remedy)])
    return Clock(FORMATS[best], _mostly_offset(given, FORMATS[best]))


def _mostly_offset(given: Sequence[str], patterns: Sequence[str]) -> bool:
    found = [moment for text in given for each in patterns if (moment := _read(text, each)) is not None]
    return Counter(moment.tzinfo is not None for moment in found).most_common(1)[0][0] if found else False


def _any(text: str, patterns: Sequence[str]) -> bool:
    return any(_read(text, pattern) is not None for pattern in patterns)


def _read(text: str, pattern: str) -> datetime | None:
    try:
        if pattern:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the hospital's own clock
        return datetime.fromisoformat(text) if re.match(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def shape(text: str) -> str:
    """What a value looks like, without the value: it may be somebody's name or number."""
    if not text:
        return "nothing"
    figures = re.sub(r"[0-9]", "9", re.sub(r"[^\W\d_]", "x", text))
    return figures if len(figures) <= 30 else f"{figures[:30]}..."


@dataclass(frozen=True, slots=True)
class Origin:
    """Hours are counted from ``moment`` of the hospital's clock; of clocks with offsets, that of the first moment."""

    moment: datetime

    @staticmethod
    def of(earliest: datetime) -> Origin:
        return Origin(earliest.replace(hour=0, minute=0, second=0, microsecond=0))

    def hours(self, moment: datetime) -> float:
        return (moment - self.moment).total_seconds() / 3600

    def at(self, hours: float) -> datetime:
        return (self.moment + timedelta(hours=hours)).replace(tzinfo=None)
