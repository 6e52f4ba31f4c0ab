"""Statements built once: they store what SQLAlchemy's own would, and what is sent together is all or nothing."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from models.errors import GuardViolation
from models.ledger import SqlStorage
from models.statements import first_row, insert_row, insert_rows, plain, send, sent_together, update_row
from models.tables.people import person

SECRET = "an organism nobody is to read of"
PATIENT = {
    "id": "P1",
    "sex": "female",
    "born_minute": 5,
    "weight_kg": 70,
    "isolation": ["contact"],
    "infections": [[SECRET, "confirmed", True]],
    "exposed_to": [],
    "allergies": [],
    "blood_group": None,
    "falls_risk": True,
    "one_to_one": False,
    "end_of_life": False,
    "keep_apart": [],
    "version": 1,
    "recorded_microsecond": 7,
}


class Missed(Exception):
    pass


def patients(connection):
    return connection.execute(select(person).order_by(person.c.id)).all()


def test_a_row_is_stored_as_by_sqlalchemy_itself(database):
    with database.writing() as connection:
        insert_row(connection, person, PATIENT)
        connection.execute(insert(person), PATIENT | {"id": "P2"})
    with database.reading() as connection:
        ours, theirs = patients(connection)
    assert ours[1:] == theirs[1:]


def test_a_changed_row_counts_its_version_up_and_a_missing_one_is_told(database):
    with database.writing() as connection:
        insert_rows(connection, person, [PATIENT, PATIENT | {"id": "P2"}])
        update_row(connection, person, {"id": "P1", "version": 1}, {"allergies": ["penicillin"]}, Missed)
        with pytest.raises(Missed):
            update_row(connection, person, {"id": "P1", "version": 1}, {"allergies": []}, Missed)
    with database.reading() as connection:
        changed, other = patients(connection)
    assert (changed.allergies, changed.version) == (["penicillin"], 2)
    assert (other.allergies, other.version) == ([], 1)


def test_what_is_refused_is_sqlalchemys_error_and_repeats_no_value(database):
    with database.writing() as connection:
        insert_row(connection, person, PATIENT)
    with pytest.raises(IntegrityError) as refused, database.writing() as connection:
        insert_row(connection, person, PATIENT)
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value.orig)
    assert "P1" not in str(refused.value)


def test_a_question_has_its_columns(database):
    asked = select(person.c.id, person.c.version).where(person.c.sex == text("'female'"))
    with database.writing() as connection:
        assert first_row(connection, asked, {}) is None
        insert_row(connection, person, PATIENT)
        assert first_row(connection, asked, {}) == {"id": "P1", "version": 1}


# --- sent together ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_waits_goes_before_whatever_is_asked(database):
    with database.writing() as connection, sent_together(connection):
        insert_row(connection, person, PATIENT)
        assert [row.id for row in patients(connection)] == ["P1"]
        update_row(connection, person, {"id": "P1"}, {"allergies": ["latex"]}, Missed)
    with database.reading() as connection:
        (stored,) = patients(connection)
    assert (stored.allergies, stored.version) == (["latex"], 2)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_row_that_is_missed_is_told_when_it_is_sent(database):
    with database.writing() as connection, sent_together(connection):
        update_row(connection, person, {"id": "nobody"}, {"allergies": []}, lambda: GuardViolation("missed"))
        insert_row(connection, person, PATIENT)
        with pytest.raises(GuardViolation, match="missed"):
            send(connection)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_error_of_what_is_sent_together_repeats_no_value(database):
    with (
        pytest.raises(IntegrityError) as refused,
        database.writing() as connection,
        sent_together(connection),
    ):
        insert_rows(connection, person, [PATIENT, PATIENT])
    assert SECRET not in str(refused.value)
    assert refused.value.orig.diag.constraint_name == "pk_person"


def kept(ledger, person_id):
    with ledger.savepoint():
        insert_row(ledger.connection, person, PATIENT | {"id": person_id})


def failing(ledger, sent):
    with ledger.savepoint():
        insert_row(ledger.connection, person, PATIENT | {"id": "P2"})
        if sent:
            send(ledger.connection)
        insert_row(ledger.connection, person, PATIENT | {"id": "P3"})
        raise Missed


@pytest.mark.parametrize("sent", [True, False])
def test_a_command_that_fails_takes_back_its_own_writes_alone(database, sent):
    """Whether they were sent already or wait still."""
    with SqlStorage(database).writing() as ledger:
        kept(ledger, "P1")
        with pytest.raises(Missed):
            failing(ledger, sent)
        kept(ledger, "P4")
    with database.reading() as connection:
        assert [row.id for row in patients(connection)] == ["P1", "P4"]


def test_a_statement_the_database_does_not_know_fails(database):
    with pytest.raises(OperationalError), SqlStorage(database).writing() as ledger:
        plain(ledger.connection, "RELEASE SAVEPOINT nothing")
