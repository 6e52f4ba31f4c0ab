"""The audit chain against people who own the table."""

import hashlib

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models import audit
from models.commands import AuditEntry


@pytest.fixture
def chained(database, clock):
    for number in range(5):
        with database.writing() as connection:
            entries = [AuditEntry("place", f"req_{number}", {"bed": number}), AuditEntry("note", "x")]
            audit.append(connection, audit.prepare("acc_1", entries, clock()))
    return database


def report(database, anchors=()):
    with database.reading() as connection:
        return audit.verify_chain(connection, anchors)


def as_owner(database, *statements):
    """What somebody can do who holds the key and drops the triggers."""
    with database.writing() as connection:
        database.dialect.drop_guards(connection)
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_chain_is_sound(chained):
    found = report(chained)
    assert (found.lines, found.breaks) == (10, ())


def test_an_empty_chain_is_sound(database):
    assert report(database).breaks == ()


@pytest.mark.parametrize("statement", ["UPDATE audit_line SET actor = 'x'", "DELETE FROM audit_line"])
def test_lines_cannot_be_changed_or_deleted(chained, statement):
    with pytest.raises(IntegrityError, match="audit_line_append_only"), chained.writing() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("column", ["actor", "action", "subject", "detail"])
def test_an_altered_word_is_found(chained, column):
    as_owner(chained, f"UPDATE audit_line SET {column} = {column} || ' ' WHERE sequence = 4")
    assert report(chained).breaks == ("Line 4 was altered.",)


def test_an_altered_time_is_found(chained):
    as_owner(chained, "UPDATE audit_line SET recorded_microsecond = 1 WHERE sequence = 4")
    assert report(chained).breaks == ("Line 4 was altered.",)


def test_a_removed_line_is_found(chained):
    as_owner(chained, "DELETE FROM audit_line WHERE sequence IN (4, 5)")
    assert report(chained).breaks == ("Lines 4 to 5 are missing.",)


def test_lines_that_changed_places_are_found(chained):
    as_owner(
        chained,
        "UPDATE audit_line SET sequence = -4 WHERE sequence = 4",
        "UPDATE audit_line SET sequence = 4 WHERE sequence = 5",
        "UPDATE audit_line SET sequence = 5 WHERE sequence = -4",
    )
    assert len(report(chained).breaks) >= 2


def rewrite_from(database, first):
    """Rehash the whole rest of the chain, as somebody patient would."""
    with database.writing() as connection:
        rows = connection.execute(text("SELECT * FROM audit_line ORDER BY sequence")).mappings().all()
        previous = bytes(32)
        for row in rows:
            words = [
                row["sequence"],
                row["recorded_microsecond"],
                row["actor"],
                row["action"],
                row["subject"],
            ]
            digest = hashlib.sha256(orjson.dumps([*words, row["detail"], previous.hex()])).digest()
            if row["sequence"] >= first:
                connection.execute(
                    text("UPDATE audit_line SET hash = :h, previous_hash = :p WHERE sequence = :s"),
                    {"h": digest, "p": previous, "s": row["sequence"]},
                )
            previous = digest


def test_a_chain_rewritten_to_its_end_is_found_by_an_anchor_noted_elsewhere(chained):
    anchor = report(chained).head
    as_owner(chained, "UPDATE audit_line SET actor = 'acc_2' WHERE sequence = 4")
    rewrite_from(chained, 4)
    assert report(chained).breaks == ()
    assert report(chained, [anchor]).breaks == ("Line 10 is not the one that was anchored.",)


def test_a_chain_cut_at_its_end_is_found_by_an_anchor_noted_elsewhere(chained):
    anchor = report(chained).head
    as_owner(chained, "DELETE FROM audit_line WHERE sequence > 8")
    assert report(chained).breaks == ()
    assert report(chained, [anchor]).breaks == ("Line 10 was anchored and is missing.",)
