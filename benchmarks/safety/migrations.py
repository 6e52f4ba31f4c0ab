"""Migrations with a hundred thousand stays, both ways: `python -m benchmarks.safety.migrations [--stays 100000]`.

On each kind of database a hospital of one bed gets so many stays of the past, each with its occupancy and the histories
that the database keeps of both. Then its schema goes back to the first step that still has all of them and forwards
again, step by step. At every step the list of all objects (tables with their columns and constraints, indexes,
triggers, functions) must be that of a fresh installation that came to this step from nothing, and every row of every
table that is there must be as it was. Then 64 clients race for the one bed over the real service, and 64 insertions for
it with nothing but the database as the judge: one winner each. Last, everything is taken back to the base and made
again.

The control is a smaller database that goes the same way and then a step more, which rebuilds a table and loses its
guard on the way, as Alembic's ``batch_alter_table`` does on SQLite: the comparison must name the guard, and the race of
insertions must have more winners than one.

Results are appended with machine, versions and revision.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError

from api.clocks import machine_clock
from benchmarks.record import append
from benchmarks.safety.races import race_once
from benchmarks.safety.racing import CLIENTS, Racers, race_hospital
from benchmarks.safety.serving import Engine, Stored, complaints, database_server, serving, store
from models import schema
from models.connections import Database
from models.database import create_database, open_at_any_step
from models.keys import generate_keys, read_key_file
from models.tables import metadata
from solver.hospital import Care, Hospital, Person, Sex, Stay
from solver.hospital.timegrid import MINUTES_PER_DAY

if TYPE_CHECKING:
    from tests.postgresql_server import Server

ENGINES: Final[tuple[Engine, ...]] = ("sqlite", "postgresql")
STAYS: Final = 100_000
STAYS_OF_CONTROL: Final = 1000
PERSONS: Final = 1000
RACED_FOR: Final = 300 * MINUTES_PER_DAY
"""The day the insertions race for, from now: nobody has booked it."""
LASTING: Final = 30
"""Minutes of each past stay, one after the other in the one bed."""
FIRST_WITH_STAYS: Final = "0004"
"""Going further back takes the stays away, as it should: there is no table for them."""
GUARD: Final = "guard_stay_bed"
PATTERN: Final = "pattern"
"""The booked stay of next month that the past ones are copied from."""
WRITERS: Final = 4
"""Connections from which the race of insertions is run, where the database takes several."""

PAST_STAYS: Final = """
INSERT INTO stay (id, person_id, bed_id, start_minute, end_minute, state, departure, speciality, care_level, needs,
                  version, recorded_microsecond, position)
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :stays - 1)
SELECT 'past-' || n, 'P' || (n % :persons), bed_id, :first + n * :lasting, :first + (n + 1) * :lasting, 'left',
       departure, speciality, care_level, needs, 1, recorded_microsecond, n
FROM numbers, stay WHERE id = :pattern
"""
THEIR_OCCUPANCIES: Final = """
INSERT INTO occupancy (id, stay_id, person_id, bed_id, companion, arrived_minute, left_minute, void, version,
                       recorded_microsecond)
SELECT 'lain-' || id, id, person_id, bed_id, companion, start_minute, end_minute, void, 1, recorded_microsecond
FROM stay, (SELECT 1 = 0 AS companion, 1 = 0 AS void) AS said WHERE state = 'left'
"""
BOOKING: Final = """
INSERT INTO stay (id, person_id, bed_id, start_minute, end_minute, state, departure, speciality, care_level, needs,
                  version, recorded_microsecond)
SELECT :id, :person, bed_id, :start, :until, 'booked', departure, speciality, care_level, needs, 1, recorded_microsecond
FROM stay WHERE id = :pattern
"""

Objects = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Found:
    """What one kind of database showed: seconds by step ("0005 down"), and everything that was wrong."""

    engine: Engine
    stays: int
    seconds: Mapping[str, float]
    faults: Sequence[str]
    control_named: Sequence[str]
    control_winners: int


# --- the hospital -------------------------------------------------------------------------------------------
def hospital(now: int) -> Hospital:
    """One bed for which everybody can race; booked for a day in a month."""
    start = now + 30 * MINUTES_PER_DAY
    stay = Stay(PATTERN, "P0", "B0", start, start + MINUTES_PER_DAY, Care("medicine"))
    persons = tuple(Person(f"P{number}", Sex.FEMALE) for number in range(PERSONS))
    return replace(race_hospital("bed", now), persons=persons, stays=(stay,)).checked()


def fill(database: Database, stays: int, now: int) -> None:
    """Add so many stays of the past with their occupancies; the database's own triggers write the histories."""
    told = {
        "stays": stays,
        "first": now - stays * LASTING - 1,
        "lasting": LASTING,
        "persons": PERSONS,
        "pattern": PATTERN,
    }
    with database.writing() as connection:
        connection.execute(text(PAST_STAYS), told)
        connection.execute(text(THEIR_OCCUPANCIES))


# --- what is compared ---------------------------------------------------------------------------------------
def objects(database: Database) -> Objects:
    """Every object there is, but the table in which Alembic keeps the step."""
    with database.reading() as connection:
        found = database.dialect.objects(connection)
    return {key: made for key, made in found.items() if "alembic_version" not in key[1]}


def fresh_objects(database: Database) -> dict[str, Objects]:
    """The objects at every step of a database that comes there from nothing."""
    database.migrate("base")
    found = {"base": objects(database)}
    for step in schema.all_versions():
        database.migrate(step)
        found[step] = objects(database)
    return found


def differences(found: Objects, expected: Objects) -> list[str]:
    """Objects that are missing, too many or made otherwise, by kind and name."""
    keys = sorted(found.keys() | expected.keys())
    return [f"{kind} {name}" for kind, name in keys if found.get((kind, name)) != expected.get((kind, name))]


AT_EVERY_STEP = {
    "lot_move": "SELECT id, lot_id, minute, quantity, reason, actor, recorded_microsecond FROM lot_move "
    "WHERE reason <> 'opening' ORDER BY id"
}
"""What of a table is there at every step: openings and the ledger's columns come with step 0013."""

LATER_COLUMNS = frozenset({"crossmatched_until_minute"})
"""Columns that come with a later step than their table: 0019."""


def digests(database: Database) -> dict[str, str]:
    """A digest of every row of every table there is, in the order of its key."""
    with database.reading() as connection:
        there = {name for kind, name in database.dialect.objects(connection) if kind == "table"}
        found = {}
        for table in metadata.sorted_tables:
            if table.name in there:
                asked = connection.exec_driver_sql(AT_EVERY_STEP.get(table.name, _whole(table)))
                found[table.name] = digest_of(asked.cursor)
                asked.close()
        return found


def _whole(table: Table) -> str:
    columns = ", ".join(column.name for column in table.columns if column.name not in LATER_COLUMNS)
    keys = ", ".join(column.name for column in table.primary_key.columns)
    return f"SELECT {columns} FROM {table.name} ORDER BY {keys}"  # noqa: S608


def digest_of(cursor: Any) -> str:
    """Of all rows as the driver gives them: to print SQLAlchemy's takes 3.5 us each instead of 0.1, and cuts long texts
    short."""
    digest = hashlib.blake2b(digest_size=16)
    while rows := cursor.fetchmany(10_000):
        digest.update(orjson.dumps(rows, default=repr))
    return digest.hexdigest()


# --- the journey --------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Journey:
    """A database on its way through the steps; what is wrong is noted, and how long each step took."""

    database: Database
    expected: Mapping[str, Objects]
    faults: list[str]
    seconds: dict[str, float]

    def through(self, steps: Sequence[str], way: str) -> None:
        """Go to each step in turn; objects as in a fresh installation, rows as they were."""
        before = digests(self.database)
        for step in steps:
            began = time.perf_counter()
            self.database.migrate(step)
            self.seconds[f"{step} {way}"] = round(time.perf_counter() - began, 2)
            at = f"at {step} on the way {way}"
            self.faults += [
                f"{at}: {name}" for name in differences(objects(self.database), self.expected[step])
            ]
            after = digests(self.database)
            changed = [name for name in after if name in before and after[name] != before[name]]
            self.faults += [f"{at}: rows of {name} changed" for name in changed]
            before = after


def run(engine: Engine, stays: int, folder: Path, server: Server | None) -> Found:
    """One kind of database, from the filling to the control."""
    now = machine_clock().minute
    expected = _expected(folder / "fresh" / "hospital.db", server)
    faults: list[str] = []
    seconds: dict[str, float] = {}
    stored = store(folder / "filled", hospital(now), server)
    with _opened(stored) as database:
        fill(database, stays, now)
        there_and_back(Journey(database, expected, faults, seconds))
    faults += race(stored, server)
    with _writers(stored) as writers:
        won = race_of_insertions(writers, now + RACED_FOR)
    faults += [f"{won} insertions won the bed"] if won != 1 else []
    with _opened(stored) as database:
        steps = schema.all_versions()
        journey = Journey(database, expected, faults, seconds)
        journey.through([*steps[-2::-1], "base"], "back")
        journey.through(steps, "again")
    named, winners = control(store(folder / "control", hospital(now), server), expected, now)
    return Found(engine, stays, seconds, faults, named, winners)


def there_and_back(journey: Journey) -> None:
    """To the first step that has all the stays, and forwards again."""
    steps = schema.all_versions()
    kept = steps[steps.index(FIRST_WITH_STAYS) :]
    journey.through(kept[-2::-1], "down")
    journey.through(kept[1:], "up")


def _expected(file: Path, server: Server | None) -> dict[str, Objects]:
    place = file if server is None else server.create()
    with create_database(place, generate_keys(secrets.token_bytes).database, readers=1) as database:
        return fresh_objects(database)


@contextmanager
def _opened(stored: Stored) -> Iterator[Database]:
    keys = read_key_file(stored.key_file).database
    with open_at_any_step(stored.place, keys, readers=1) as database:
        yield database


@contextmanager
def _writers(stored: Stored) -> Iterator[list[Database]]:
    """Several connections that write, where the database takes more than one."""
    with ExitStack() as stack:
        first = stack.enter_context(_opened(stored))
        others = WRITERS - 1 if first.shared else 0
        yield [first, *(stack.enter_context(_opened(stored)) for _ in range(others))]


# --- races --------------------------------------------------------------------------------------------------
def race(stored: Stored, server: Server | None) -> list[str]:
    """64 clients of the real service, for the one bed; what was wrong."""

    async def run_race(url: str) -> list[str]:
        racers = Racers([url], stored.tokens["bed_manager"])
        try:
            return await race_once(racers, "bed")
        finally:
            racers.close()

    with serving(stored, 1) as services:
        found = asyncio.run(run_race(services[0].url))
    return [*found, *complaints(services, server)]


def race_of_insertions(writers: Sequence[Database], start: int) -> int:
    """64 bookings of the bed for the same day, from several connections where there may be; how many were taken."""
    with ThreadPoolExecutor(2 * len(writers)) as threads:
        turns = [(writers[number % len(writers)], number) for number in range(CLIENTS)]
        return sum(threads.map(lambda turn: _booked(turn[0], turn[1], start), turns))


def _booked(database: Database, number: int, start: int) -> bool:
    told = {"id": f"race-{start}-{number}", "person": f"P{number}", "pattern": PATTERN}
    try:
        with database.writing() as connection:
            connection.execute(text(BOOKING), {**told, "start": start, "until": start + MINUTES_PER_DAY})
    except DBAPIError as error:
        _refuse_other(error)
        return False
    return True


def _refuse_other(error: DBAPIError) -> None:
    """A race is lost to the guard, or to a deadlock that PostgreSQL resolves; anything else is no race."""
    message = str(error.orig)
    if "stay_bed" not in message and "deadlock" not in message:
        raise error


# --- the control --------------------------------------------------------------------------------------------
def control(stored: Stored, expected: Mapping[str, Objects], now: int) -> tuple[list[str], int]:
    """A database that loses the guard after all steps: what the comparison names, and how many win the race."""
    with _opened(stored) as database:
        fill(database, STAYS_OF_CONTROL, now)
        there_and_back(Journey(database, expected, [], {}))
    with _writers(stored) as writers:
        lose_the_guard(writers[0])
        named = differences(objects(writers[0]), expected[schema.newest_version()])
        return named, race_of_insertions(writers, now + RACED_FOR)


def lose_the_guard(database: Database) -> None:
    """As a careless migration would: on SQLite by rebuilding the table, on PostgreSQL by dropping what hinders it."""
    if database.shared:
        with database.writing() as connection:
            connection.exec_driver_sql(f"ALTER TABLE stay DROP CONSTRAINT {GUARD}")
        return
    with database.alone(), database.writing() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("stay", recreate="always", copy_from=metadata.tables["stay"]):
            pass


# --- the campaign -------------------------------------------------------------------------------------------
def line(found: Found) -> dict[str, Any]:
    """A result as it is stored."""
    return {
        "campaign": "migrations",
        "database": found.engine,
        "stays": found.stays,
        "steps": len(schema.all_versions()),
        "seconds": dict(found.seconds),
        "longest_seconds": max(found.seconds.values()),
        "faults": list(found.faults),
        "control_named": list(found.control_named),
        "control_winners": found.control_winners,
    }


def good(found: Found) -> bool:
    """Nothing was wrong, and the control was found out."""
    return (
        not found.faults and any(GUARD in name for name in found.control_named) and found.control_winners > 1
    )


def main() -> int:
    """Both kinds of database; 1 if something was wrong, or the control was not found out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stays", type=int, default=STAYS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/migrations.jsonl"))
    asked = parser.parse_args()
    all_good = True
    for engine in ENGINES * asked.rounds:
        with tempfile.TemporaryDirectory() as folder, database_server(engine) as server:
            found = run(engine, asked.stays, Path(folder), server)
        append(asked.output, line(found))
        all_good &= good(found)
        print(
            f"{engine}: {found.stays} stays through {len(schema.all_versions())} steps, longest step "
            f"{max(found.seconds.values())} s; {len(found.faults)} faults {list(found.faults[:5])}; control: "
            f"{len(found.control_named)} objects named, {found.control_winners} winners",
            flush=True,
        )
    return 0 if all_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
