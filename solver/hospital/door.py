"""The door: collects every problem of a record, then refuses it once with the whole list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from solver.engine.errors import InvalidInstance, Problem

MAX_MINUTE: Final = 100_000_000
"""Year 2160: a time beyond is a unit mistaken (seconds or milliseconds for minutes)."""

MAX_COUNT: Final = 1_000_000_000
"""No hospital counts a billion of anything; keeps every sum inside 64 bits."""

MAX_ID_LENGTH: Final = 80
MAX_TEXT_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class FieldProblem(Problem):
    """A problem of one record's field; ``field`` names it (two names joined by ", " when they contradict)."""

    field: str


class Door:
    """Checks the fields of one record; ``close`` raises :class:`InvalidInstance` if any was wrong."""

    __slots__ = ("_problems", "_where")

    def __init__(self, kind: str, record_id: object) -> None:
        self._where = f"{kind} {record_id!r}"
        self._problems: list[Problem] = []

    def need(self, holds: bool, field: str, value: object, expected: str, remedy: str = "") -> None:
        """Note a problem unless ``holds``."""
        if not holds:
            where = f"{self._where}, {field}"
            self._problems.append(FieldProblem(where, repr(value), expected, remedy, field))

    def identity(self, value: object, field: str = "id") -> None:
        """An id: 1 to 80 printable characters, no blanks at the ends."""
        good = (
            isinstance(value, str)
            and 0 < len(value) <= MAX_ID_LENGTH
            and value.isprintable()
            and value == value.strip()
        )
        self.need(good, field, value, f"1 to {MAX_ID_LENGTH} printable characters without outer blanks")

    def text(self, value: object, field: str) -> None:
        """Free text, maybe empty: up to 500 printable characters in one line."""
        good = isinstance(value, str) and len(value) <= MAX_TEXT_LENGTH and value.isprintable()
        self.need(good, field, value, f"up to {MAX_TEXT_LENGTH} printable characters in one line")

    def names(self, values: Iterable[object], field: str) -> None:
        """Names or ids, each 1 to 80 printable characters without outer blanks."""
        for value in values:
            self.identity(value, field)

    def whole(self, value: object, field: str, low: int = 0, high: int = MAX_COUNT) -> bool:
        """A whole number in ``[low, high]``; booleans and floats are refused. Returns whether it is one."""
        good = type(value) is int and low <= value <= high
        self.need(good, field, value, f"a whole number from {low} to {high}")
        return good

    def minute(self, value: object, field: str) -> bool:
        """A time in whole minutes since 1970-01-01T00:00Z."""
        good = type(value) is int and 0 <= value <= MAX_MINUTE
        self.need(
            good,
            field,
            value,
            f"whole minutes since 1970-01-01T00:00Z, 0 to {MAX_MINUTE}",
            "Maybe seconds or a local date were passed.",
        )
        return good

    def interval(self, start: object, end: object, field: str = "start, end") -> None:
        """Two minutes with ``start < end``."""
        both = self.minute(start, field), self.minute(end, field)
        if all(both):
            ordered = start < end  # type: ignore[operator]
            self.need(ordered, field, (start, end), "start before end (half-open interval)")

    def member(self, value: object, kind: type, field: str) -> None:
        """A value of the given type (an enumeration, mostly)."""
        self.need(isinstance(value, kind), field, value, f"one of {kind.__name__}")

    def close(self) -> None:
        """Let the record in, or refuse it with every problem found."""
        if self._problems:
            raise InvalidInstance(self._problems)
