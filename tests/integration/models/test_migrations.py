"""Migrations both ways, with data; and the judge is there after each."""

from dataclasses import replace

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models import schema
from models.clock import Instant
from models.database import migrate_database, open_database
from models.errors import DatabaseError, NewerSchema
from models.hospital_guards import GUARDS
from models.invariants import recount
from models.store import load_hospital, store_hospital
from models.tables import metadata
from simulations.hospital import generate

NOW = 29_000_000
STEPS = schema.all_versions()


def objects(database):
    with database.reading() as connection:
        return database.dialect.objects(connection)


def rows_of(database):
    """Every row of every table there is, as pairs of a column and what it holds."""
    with database.reading() as connection:
        tables = sorted(
            name
            for kind, name in database.dialect.objects(connection)
            if kind == "table" and name != "alembic_version"
        )
        return {
            name: sorted(
                [(column, repr(value)) for column, value in row.items()]
                for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()
            )
            for name in tables
        }


def known_to(there, kept):
    """Of the rows that were kept, the tables and columns of a step at which there are fewer of both."""
    columns = {name: {column for column, _ in rows[0]} if rows else set() for name, rows in there.items()}
    return {
        name: sorted([pair for pair in row if pair[0] in columns[name]] for row in kept[name])
        for name in there
    }


def without_alembic(found):
    """Leaves out the table that says which step a database stands at."""
    return {key: sql for key, sql in found.items() if "alembic_version" not in key[1]}


def evened(found):
    """The order of a table's constraints means nothing; a table that SQLite renamed has its name in quotes."""
    plain = {
        key: sql.replace(f'CREATE TABLE "{key[1]}"', f"CREATE TABLE {key[1]}") for key, sql in found.items()
    }
    return {key: sorted(sql.removesuffix(" ) STRICT").split(", CONSTRAINT ")) for key, sql in plain.items()}


def version(database):
    with database.reading() as connection:
        return schema.current_version(connection)


def double_booking(database):
    """The guard that refuses a second live stay in an occupied bed, or None."""
    try:
        with database.writing() as connection:
            connection.execute(
                text(
                    "INSERT INTO stay SELECT 'double', person_id, bed_id, start_minute, end_minute, "
                    "'booked', "
                    "departure, speciality, care_level, needs, NULL, NULL, NULL, 1, recorded_microsecond, 1 "
                    "FROM stay WHERE state = 'occupying' LIMIT 1"
                )
            )
            connection.execute(text("SELECT 1"))
            raise Rollback
    except IntegrityError as error:
        return database.dialect.violated_guard(error)
    except Rollback:
        return None


class Rollback(Exception):
    """Ends a transaction without keeping it."""


@pytest.fixture
def filled(empty_database):
    hospital = generate("ward", 5, NOW)
    with empty_database.writing() as connection:
        store_hospital(connection, hospital, Instant.of_minute(NOW), name="Test", sandbox=True)
    return empty_database


def test_the_steps_make_exactly_the_tables_the_code_speaks_of(empty_database):
    migrated = objects(empty_database)
    cascade = " CASCADE" if empty_database.shared else ""
    with empty_database.alone(), empty_database.writing() as connection:
        empty_database.dialect.drop_guards(connection)
        for kind, name in list(empty_database.dialect.objects(connection)):
            if kind == "table":
                connection.execute(text(f"DROP TABLE {name}{cascade}"))
        metadata.create_all(connection)
        empty_database.dialect.install_guards(connection, GUARDS)
        declared = empty_database.dialect.objects(connection)
    assert evened(without_alembic(migrated)) == evened(declared)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_every_table_is_strict_and_every_constraint_has_a_name(empty_database):
    for (kind, name), sql in objects(empty_database).items():
        if kind == "table" and name != "alembic_version":
            assert sql.endswith("STRICT"), name
            assert sql.count("CHECK (") == sql.count("CONSTRAINT ck_"), name
            assert sql.count("FOREIGN KEY") == sql.count("CONSTRAINT fk_"), name


@pytest.mark.parametrize("step", STEPS)
def test_a_step_taken_back_and_again_leaves_the_same_database(filled, step):
    before, kept = objects(filled), rows_of(filled)
    filled.migrate(step)
    assert version(filled) == step
    there = rows_of(filled)
    if "lot_move" in there and step < "0013":
        # What was there at first was no move then, and becomes the same move again.
        assert there["lot_move"] == []
        assert {("reason", "'opening'") in row for row in kept["lot_move"]} == {True}
        there["lot_move"] = kept["lot_move"]
    assert there == known_to(there, kept)
    filled.migrate()
    assert objects(filled) == before
    assert known_to(there, rows_of(filled)) == there


def test_an_older_database_with_data_goes_forwards_and_keeps_it(filled, place, keys):
    filled.migrate("0004")
    filled.close()
    with migrate_database(place, keys.database) as newer:
        with newer.reading() as connection:
            loaded = load_hospital(connection)
        # Bookings belong to a step that was taken back.
        assert loaded == replace(generate("ward", 5, NOW), unit_bookings=())
        assert double_booking(newer) == "stay_bed"


def test_back_at_the_base_nothing_is_left(filled):
    filled.migrate("base")
    assert without_alembic(objects(filled)) == {}
    assert version(filled) is None


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_rebuilt_table_loses_its_judge_and_a_migration_puts_it_back(filled, place, keys):
    before = objects(filled)
    assert double_booking(filled) == "stay_bed"
    with filled.alone(), filled.writing() as connection:
        operations = Operations(MigrationContext.configure(connection))
        copied = metadata.tables["stay"]
        with operations.batch_alter_table("stay", recreate="always", copy_from=copied):
            pass
    assert double_booking(filled) is None
    filled.close()
    with pytest.raises(DatabaseError, match="guard_stay_bed_insert"):
        open_database(place, keys.database)
    with migrate_database(place, keys.database) as again:
        assert double_booking(again) == "stay_bed"
        restored = {key for key in objects(again) if key[1].startswith("guard_")}
        assert restored == {key for key in before if key[1].startswith("guard_")}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_migration_that_would_leave_a_row_pointing_nowhere_changes_nothing(filled):
    with filled.alone(), filled.writing() as connection:
        connection.execute(text("INSERT INTO account_role VALUES ('nobody', 'nurse', '*')"))
    before = objects(filled)
    with pytest.raises(DatabaseError, match="account_role"):
        filled.migrate(STEPS[1])
    assert (version(filled), objects(filled)) == (STEPS[-1], before)


def test_a_newer_database_is_not_migrated(empty_database, place, keys):
    with empty_database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    empty_database.close()
    with pytest.raises(NewerSchema):
        migrate_database(place, keys.database)


def test_a_migrated_hospital_passes_the_recount(filled):
    filled.migrate()
    with filled.reading() as connection:
        assert recount(connection) == []
