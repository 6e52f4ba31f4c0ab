"""What the checks share: the shape of a finding, small readers, overrides, profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, text

from models.repositories.profiles import load_book

Found = Iterator[tuple[tuple[str, ...], str]]
"""The ids of the records of each broken fact, and a sentence of numbers."""

LIVE = "('booked', 'in_transit', 'occupying')"

AS_KNOWN = """v.version = (SELECT max(w.version) FROM person_version w JOIN allocation_version f
               ON f.id = a.id AND f.version = 1
               WHERE w.id = a.person_id AND w.recorded_microsecond <= f.recorded_microsecond)"""
"""The person as known when the allocation was first recorded."""


def pairs(connection: Connection, statement: str) -> Found:
    """Rows of two ids and two intervals that overlap."""
    for row in connection.execute(text(statement)):
        yield (row.a, row.b), f"[{row.a_start}, {row.a_end}) and [{row.b_start}, {row.b_end})"


def ones(connection: Connection, statement: str) -> Found:
    """Rows of one id and a word."""
    for row in connection.execute(text(statement)):
        yield (row.id,), str(row.detail)


def document(stored: Any) -> Any:
    """A JSON column read by plain SQL: text in SQLite, parsed already in PostgreSQL."""
    return orjson.loads(stored) if isinstance(stored, str) else stored


class Overrides:
    """The overrides of one rule, by what they name."""

    def __init__(self, connection: Connection, rule_id: str) -> None:
        statement = text("SELECT * FROM rule_override WHERE rule_id = :rule")
        self._by_subject: dict[str, list[Any]] = {}
        for row in connection.execute(statement, {"rule": rule_id}):
            self._by_subject.setdefault(row.subject_id, []).append(row)

    def covers(self, subjects: Iterable[str | None], minute: int) -> bool:
        """Whether one of these was excepted from the rule at a minute."""
        return any(
            row.start_minute <= minute < row.until_minute
            for subject in subjects
            if subject is not None
            for row in self._by_subject.get(subject, ())
        )


class Profiles:
    """Which rules were switched off when."""

    def __init__(self, connection: Connection) -> None:
        book = load_book(connection)
        self._versions = [
            (e.recorded_microsecond, book.profile(e.version).switched_off) for e in book.activations
        ]

    def off(self, rule_id: str, microsecond: int) -> bool:
        """Whether a rule was switched off by the profile in force at a moment."""
        in_force = [off for recorded, off in self._versions if recorded <= microsecond]
        return bool(in_force) and rule_id in in_force[-1]
