"""Guards as PostgreSQL's exclusion constraints and triggers.

An interval guard is an exclusion constraint over two ranges: the resource (its 64-bit hash as a range of one
number, which needs no extension) and the time. Two resources with one hash would refuse each other's bookings,
never let a double booking through; among 10,000 beds that happens once in 10^11 hospitals.

What a refusal says of its row alone stands in the trigger's WHEN, so that no function runs for the many rows it
lets through. A refusal that looks into other tables first takes the lock of every writer (the hospital's row):
what it sees cannot change before its transaction ends, whoever writes.
"""

from __future__ import annotations

from functools import singledispatch

from models.guards import Change, Effect, Guard, IntervalGuard, Refusal

REFUSE = "guard_refuse"
REFUSING_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN "
    "RAISE EXCEPTION 'refused by guard %', TG_ARGV[0] "
    "USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0]; END $guard$"
)
"""Refuses with the guard's name, as a violated constraint does."""

TAKE_LOCK = "PERFORM 1 FROM hospital_meta FOR UPDATE"


@singledispatch
def statements(guard: Guard) -> list[str]:
    """The DDL that puts a guard in place; every object's name starts with ``guard_``."""
    raise TypeError(guard)


@statements.register
def _(guard: IntervalGuard) -> list[str]:
    resource = f"hashtextextended({guard.resource}, 0)"
    return [
        f"ALTER TABLE {guard.table} ADD CONSTRAINT guard_{guard.name} EXCLUDE USING gist ("
        f"int8range({resource}, {resource}, '[]') WITH &&, int8range({guard.start}, {guard.end}) WITH &&) "
        f"WHERE ({guard.live})"
    ]


@statements.register
def _(guard: Refusal) -> list[str]:
    made = [made for on in guard.on for made in _refusal(guard, on)]
    if "DELETE" in guard.on and guard.condition == guard.when == "1 = 1":
        # Emptying a table at once is no row's deletion.
        made.append(
            f"CREATE TRIGGER guard_{guard.name}_all BEFORE TRUNCATE ON {guard.table} FOR EACH STATEMENT "
            f"EXECUTE FUNCTION {REFUSE}('{guard.name}')"
        )
    return made


@statements.register
def _(guard: Effect) -> list[str]:
    return [
        made
        for on in guard.on
        for made in _with_function(_name(guard, on), f"AFTER {on}", guard, f"{guard.statement}; RETURN NULL;")
    ]


def _refusal(guard: Refusal, on: Change) -> list[str]:
    name = _name(guard, on)
    if "SELECT" not in guard.condition:
        return [_trigger(name, f"BEFORE {on}", guard, f"({guard.when}) AND ({guard.condition})", REFUSE)]
    body = (
        f"{TAKE_LOCK}; IF {guard.condition} THEN RAISE EXCEPTION 'refused by guard {guard.name}' "
        f"USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{guard.name}'; END IF; "
        f"RETURN {'OLD' if on == 'DELETE' else 'NEW'};"
    )
    return _with_function(name, f"BEFORE {on}", guard, body)


def _with_function(name: str, moment: str, guard: Refusal | Effect, body: str) -> list[str]:
    function = f"guard_{name}"
    return [
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN {body} END $guard$",
        _trigger(name, moment, guard, guard.when, function),
    ]


def _trigger(name: str, moment: str, guard: Refusal | Effect, when: str, function: str) -> str:
    return (
        f"CREATE TRIGGER guard_{name} {moment} ON {guard.table} FOR EACH ROW WHEN ({when}) "
        f"EXECUTE FUNCTION {function}('{guard.name}')"
    )


def _name(guard: Refusal | Effect, on: Change) -> str:
    return guard.name if len(guard.on) == 1 else f"{guard.name}_{on.lower()}"
