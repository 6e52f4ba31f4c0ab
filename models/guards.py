"""The judge: what the database itself refuses, whatever the code above it does.

Guards are described here once, in terms every dialect can render: ``models.sqlite.guards`` makes triggers
of them, PostgreSQL makes exclusion constraints of interval guards and triggers of the rest. Conditions and
statements are plain SQL in which ``NEW`` and ``OLD`` stand for the row after and before. A refusal names
its guard in the error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Change = Literal["INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class IntervalGuard:
    """Live rows of one resource never overlap.

    ``start`` and ``end`` are columns of whole minutes, half-open; an ``end`` of NULL means not over yet and
    overlaps everything after its start. ``live`` is the condition, over plain column names, under which a
    row counts.
    """

    name: str
    table: str
    resource: str
    start: str
    end: str
    live: str
    key: str = "id"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change is refused when ``condition`` holds for the row; ``when`` narrows the rows looked at. ``columns``: those
    of its table that a later step added, ``tables``: others that it looks into; without them it cannot stand."""

    name: str
    table: str
    on: tuple[Change, ...]
    condition: str
    when: str = "1 = 1"
    columns: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """After a change, ``statement`` runs in the same transaction for each changed row."""

    name: str
    table: str
    on: tuple[Change, ...]
    statement: str
    when: str = "1 = 1"


Guard: TypeAlias = IntervalGuard | Refusal | Effect


def append_only(table: str) -> tuple[Refusal, ...]:
    """Rows are added and then stay as they are."""
    return (
        Refusal(f"{table}_append_only_update", table, ("UPDATE",), "1 = 1"),
        Refusal(f"{table}_append_only_delete", table, ("DELETE",), "1 = 1"),
    )


def versioned(table: str, columns: tuple[str, ...], key: str = "id") -> tuple[Guard, ...]:
    """Every state a row ever had is kept in ``<table>_version``, with the microsecond it became known.

    The row carries ``version`` (1, then one more at each change: whoever changes it must have seen the last
    state) and ``recorded_microsecond`` (never going back). Rows are not deleted.
    """
    history = f"{table}_version"
    listed = ", ".join(columns)
    values = ", ".join(f"NEW.{column}" for column in columns)
    stale = "NEW.version <> OLD.version + 1 OR NEW.recorded_microsecond < OLD.recorded_microsecond"
    return (
        Refusal(f"{table}_first_version", table, ("INSERT",), "NEW.version <> 1"),
        Refusal(f"{table}_next_version", table, ("UPDATE",), f"{stale} OR NEW.{key} <> OLD.{key}"),
        Refusal(f"{table}_kept", table, ("DELETE",), "1 = 1"),
        Effect(
            f"{table}_history",
            table,
            ("INSERT", "UPDATE"),
            f"INSERT INTO {history} ({listed}) VALUES ({values})",  # noqa: S608, names of our own columns
        ),
        *append_only(history),
    )
