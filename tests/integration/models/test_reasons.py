"""Why somebody said no: kept under the patient's own key, gone with the patient, rewritten by nobody."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.errors import PersonErased
from models.repositories import people, reasons
from models.repositories.reasons import StatedReason

NOW = 29_000_000
WORDS = "asks for Anna's room"


@pytest.fixture
def said(at, ward, vault):
    """One reason about a patient whose identity nobody told, one about no patient."""
    with at(NOW) as transaction:
        for reason_id, person_id in (("rsn_1", "P0"), ("rsn_2", None)):
            told = StatedReason(reason_id, "declined_proposal", "prp", None, person_id, "W", NOW, WORDS)
            reasons.insert_reason(transaction, vault, told, "acc")
    return ward


def texts(database, vault):
    with database.reading() as connection:
        return [r.text for r in reasons._load(connection, vault, reasons.stated_reason.c.actor == "acc")]


def test_a_reason_comes_back_and_is_nowhere_in_clear(said, vault):
    assert texts(said, vault) == [WORDS, WORDS]
    with said.reading() as connection:
        stored = connection.execute(text("SELECT ciphertext FROM stated_reason")).scalars().all()
    assert not any(b"Anna" in bytes(ciphertext) for ciphertext in stored)


def test_what_was_said_of_a_patient_goes_with_the_patient(said, at, vault):
    with at(NOW) as transaction:
        people.erase(transaction, "P0")
    assert texts(said, vault) == [None, WORDS]
    with at(NOW) as transaction:
        told = StatedReason("rsn_3", "declined_proposal", "prp", None, "P0", "W", NOW, WORDS)
        reasons.insert_reason(transaction, vault, told, "acc")
    assert texts(said, vault) == [None, WORDS, None]
    with said.reading() as connection, pytest.raises(PersonErased):
        people.key_of(connection, "P0")


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("stated_reason_stays", "UPDATE stated_reason SET actor = 'other', ciphertext = NULL"),
        ("stated_reason_stays", "UPDATE stated_reason SET minute = 1"),
        ("stated_reason_stays", "UPDATE stated_reason SET ciphertext = NULL WHERE id = 'rsn_1'"),
        ("stated_reason_stays", "UPDATE stated_reason SET ciphertext = NULL WHERE id = 'rsn_2'"),
        ("stated_reason_stays", "UPDATE stated_reason SET ciphertext = id::bytea WHERE id = 'rsn_2'"),
        ("stated_reason_kept", "DELETE FROM stated_reason"),
    ],
)
def test_nobody_rewrites_empties_or_removes_what_was_said(said, guard, statement):
    """Any reason could be emptied, though its patient was not erased."""
    statement = statement if said.shared else statement.replace("id::bytea", "CAST(id AS BLOB)")
    with pytest.raises(IntegrityError) as refused, said.writing() as connection:
        connection.execute(text(statement))
    assert said.dialect.violated_guard(refused.value) == guard
