"""Guards as SQLite triggers.

An interval guard probes the nearest neighbours of the new interval on a partial index ``(resource,
start)``: since live rows of a resource never overlap, the last one that starts at or before the new start
and the first one after it are the only ones that can be in the way. Two index probes, whatever the number
of rows.
"""

from __future__ import annotations

import re
from functools import singledispatch

from models.guards import Change, Effect, Guard, IntervalGuard, Refusal

MESSAGE = "guard "
"""Text before the guard's name in the error a trigger raises."""


@singledispatch
def statements(guard: Guard) -> list[str]:
    """The DDL that puts a guard in place; every object's name starts with ``guard_``."""
    raise TypeError(guard)


@statements.register
def _(guard: IntervalGuard) -> list[str]:
    index = (
        f"CREATE INDEX guard_{guard.name}_index ON {guard.table} ({guard.resource}, {guard.start}) "
        f"WHERE {guard.live}"
    )
    return [
        index,
        _trigger(f"{guard.name}_insert", "BEFORE INSERT", guard.table, _live(guard), _probe(guard, "NEW")),
        _trigger(f"{guard.name}_update", "BEFORE UPDATE", guard.table, _live(guard), _probe(guard, "OLD")),
    ]


@statements.register
def _(guard: Refusal) -> list[str]:
    return [
        _trigger(
            _name(guard, on), f"BEFORE {on}", guard.table, guard.when, _raise(guard.name, guard.condition)
        )
        for on in guard.on
    ]


@statements.register
def _(guard: Effect) -> list[str]:
    return [
        _trigger(_name(guard, on), f"AFTER {on}", guard.table, guard.when, guard.statement) for on in guard.on
    ]


def _name(guard: Refusal | Effect, on: Change) -> str:
    return guard.name if len(guard.on) == 1 else f"{guard.name}_{on.lower()}"


def _trigger(name: str, moment: str, table: str, when: str, body: str) -> str:
    return f"CREATE TRIGGER guard_{name} {moment} ON {table} FOR EACH ROW WHEN {when} BEGIN {body}; END"


def _raise(name: str, condition: str) -> str:
    return f"SELECT RAISE(ABORT, '{MESSAGE}{name}') WHERE {condition}"


def _live(guard: IntervalGuard) -> str:
    return _of_new(guard.live, guard.table)


def _of_new(condition: str, table: str) -> str:
    """The condition over plain column names, said of the new row."""
    words = re.sub(r"'[^']*'|\b[a-z_]+\b", lambda m: _qualified(m.group()), condition)
    return f"({words})"


def _qualified(word: str) -> str:
    return word if word.startswith("'") else f"NEW.{word}"


def _probe(guard: IntervalGuard, itself: str) -> str:
    others = (
        f"FROM {guard.table} WHERE {guard.resource} = NEW.{guard.resource} AND {guard.live} "
        f"AND {guard.key} <> {itself}.{guard.key}"
    )
    before = (
        f"(SELECT {guard.end} IS NULL OR {guard.end} > NEW.{guard.start} {others} "
        f"AND {guard.start} <= NEW.{guard.start} ORDER BY {guard.start} DESC LIMIT 1)"
    )
    after = (
        f"(SELECT NEW.{guard.end} IS NULL OR {guard.start} < NEW.{guard.end} {others} "
        f"AND {guard.start} > NEW.{guard.start} ORDER BY {guard.start} LIMIT 1)"
    )
    return _raise(guard.name, f"coalesce({before}, 0) OR coalesce({after}, 0)")
