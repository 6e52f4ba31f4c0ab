"""What a scenario of the live hospital reads from its database: who came where, and nobody's identity."""

from sqlalchemy import text

from models.arrivals import arrivals_by_ward
from models.personal import PersonalData
from models.repositories import people
from models.store import load_hospital
from simulations.scenarios.from_snapshot import Past, write_snapshot

NOW = 29_000_000
CAME = NOW + 1000
ANNA = PersonalData("Anna Beispiel", "756.9217.0769", "+41 00", "Weg 1", "canary-notes")


def counted(database, since, until):
    with database.reading() as connection:
        return arrivals_by_ward(connection, since, until)


def test_who_came_is_counted_by_ward_and_who_is_only_booked_is_not(lain):
    assert counted(lain, NOW, CAME + 1) == (CAME + 1, {})
    with lain.writing() as connection:
        lain.dialect.drop_guards(connection)
        connection.execute(text("UPDATE allocation SET state = 'arrived'"))
    assert counted(lain, NOW, CAME + 1) == (CAME, {"W": 1})
    assert counted(lain, NOW, CAME) == (CAME, {})
    assert counted(lain, CAME + 1, CAME + 9) == (CAME + 9, {})


def test_no_identity_that_is_stored_gets_into_a_scenario(at, ward, vault, tmp_path):
    with at(NOW) as transaction:
        people.save_identity(transaction, vault, "P0", ANNA)
    with ward.reading() as connection:
        hospital = load_hospital(connection, since=NOW - 1440)
    path = tmp_path / "today.yaml"
    beside = write_snapshot(hospital, NOW, Past(NOW, {}), path)
    written = path.read_text() + beside.read_text()
    for word in ("Anna", "Beispiel", "9217", "+41", "Weg 1", "canary", '"P0"', '"N1"', '"T0"'):
        assert word not in written
    assert '"B0"' in written
