"""A hospital moves between databases and is the same to the last row."""

import pytest
from sqlalchemy import text, update

from models import audit
from models.audit import append, prepare
from models.clock import Instant
from models.commands import AuditEntry
from models.copying import copy_hospital
from models.database import create_database, open_database
from models.errors import DatabaseError, DatabaseInUse
from models.personal import PersonalData
from models.repositories import people
from models.store import load_hospital, store_hospital
from models.tables import metadata
from models.tables.places import site
from simulations.hospital import generate

NOW = 29_000_000
ANNA = PersonalData("Anna Beispiel", "756.9217.0769")


@pytest.fixture
def target(request, engine, postgresql_server, tmp_path):
    """A place of the other engine."""
    if engine == "postgresql":
        yield tmp_path / "other" / "hospital.db"
        return
    address = postgresql_server.create()
    yield address
    postgresql_server.drop(address)


@pytest.fixture
def lived_in(ward, at, vault):
    """The ward with a history, an identity, an audit trail and documents of every kind of number."""
    with at(NOW + 5) as transaction:
        person = people.load_person(transaction.connection, "P0")
        people.update_person(transaction, person)
        people.save_identity(transaction, vault, "P0", ANNA)
    with at(NOW + 6) as transaction:
        append(
            transaction.connection, prepare("acc", [AuditEntry("a", "b"), AuditEntry("c", "ä")], Instant(1))
        )
        transaction.connection.execute(
            text("UPDATE hospital_meta SET cleaning = :d"),
            {
                "d": '{"a": [1, 2.5, 1e-7, null, true, "\\u00e4"], "b": 9007199254740993, "c": {"z": 1, "y": ""}}'
            },
        )
        transaction.connection.execute(
            text("UPDATE stay SET with_stay_id = 'T9', version = 2 WHERE id = 'T0'")
        )
    return ward


def tables_of(database):
    with database.reading() as connection:
        return {
            name: connection.execute(table.select().order_by(*table.primary_key.columns)).all()
            for name, table in metadata.tables.items()
        }


def test_every_row_is_there_and_nothing_else(lived_in, target, keys, vault):
    before = tables_of(lived_in)
    with create_database(target, keys.database) as other:
        copied = copy_hospital(lived_in, other)
        assert tables_of(other) == before == tables_of(lived_in)
        assert {table.name: table.rows for table in copied} == {
            name: len(rows) for name, rows in before.items()
        }
        with other.reading() as connection:
            assert audit.verify_chain(connection).lines == 2
            assert people.load_identity(connection, vault, "P0") == ANNA


def test_the_copy_opens_with_all_its_guards(lived_in, target, keys):
    with create_database(target, keys.database) as other:
        copy_hospital(lived_in, other)
    open_database(target, keys.database).close()


def test_a_generated_hospital_goes_there_and_back(empty_database, target, keys):
    hospital = generate("ward", 5, NOW)
    with empty_database.writing() as connection:
        store_hospital(connection, hospital, Instant.of_minute(NOW), name="Test", sandbox=True)
    with create_database(target, keys.database) as other:
        copy_hospital(empty_database, other)
        with other.reading() as connection:
            assert load_hospital(connection) == hospital


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (update(site).values(name="Other"), "site: 1 rows"),
        (site.insert().values(id="X", name="", time_zone="UTC", position=1), "site: 2 rows"),
    ],
)
def test_a_row_that_is_not_the_same_ends_it_and_leaves_nothing(ward, target, keys, change, told, monkeypatch):
    minutes = dict.fromkeys(
        ("transport_base_minutes", "transport_floor_minutes", "transport_building_minutes"), 0
    )
    with create_database(target, keys.database) as other:
        guards = other.dialect.install_guards

        def meddle(connection, found):
            connection.execute(change if change.is_update else change.values(**minutes))
            guards(connection, found)

        monkeypatch.setattr(other.dialect, "install_guards", meddle)
        with pytest.raises(DatabaseError, match=told):
            copy_hospital(ward, other)
        assert set(map(len, tables_of(other).values())) == {0}


def test_a_hospital_whose_audit_trail_is_broken_is_not_carried_on(lived_in, target, keys):
    with lived_in.writing() as connection:
        lived_in.dialect.drop_guards(connection)
        connection.execute(text("UPDATE audit_line SET actor = 'somebody' WHERE sequence = 1"))
    with (
        create_database(target, keys.database) as other,
        pytest.raises(DatabaseError, match="Line 1 was altered"),
    ):
        copy_hospital(lived_in, other)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_hospital_that_a_service_has_open_is_not_copied(ward, place, target, keys):
    with (
        create_database(target, keys.database) as other,
        open_database(place, keys.database),
        pytest.raises(DatabaseInUse),
    ):
        copy_hospital(ward, other)
