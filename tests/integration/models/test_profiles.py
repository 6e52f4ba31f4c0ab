"""Versions of the rule profile: kept for ever, in force by activation, back and forth, through migrations too."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.clock import Instant
from models.commands import Transaction
from models.errors import NotFound
from models.invariants.common import Profiles
from models.repositories.profiles import Happening, ProfileState, insert_draft, load_book, load_profile, note
from solver.engine.rule import Profile

NOW = 29_000_000
SECOND = Profile("ours", 2, {"speciality": 5}, frozenset({"extra_bed"}))
THIRD = replace(SECOND, version=3, weights={})


def happens(database, *events):
    """Drafts (profiles) and what becomes of versions, a microsecond each."""
    for number, event in enumerate(events):
        with database.writing() as connection:
            now = Instant(Instant.of_minute(NOW).microsecond + number)
            transaction = Transaction(connection, now, 0)
            if isinstance(event, Profile):
                insert_draft(transaction, event, 1, "fewer outliers", "acc_1")
            else:
                version, kind = event
                note(transaction, version, kind, "acc_1", "agreed", {})


def read(database, question, *more):
    with database.reading() as connection:
        return question(connection, *more)


@pytest.fixture
def database(empty_database):
    return empty_database


def test_without_any_version_the_rules_are_as_wardflow_brings_them(database):
    book = read(database, load_book)
    assert book.in_force == Profile()
    assert (book.state(1), book.revision(1), book.next_version) == (ProfileState.ACTIVE, 1, 2)


def test_every_version_is_kept_and_a_draft_is_not_in_force(database):
    happens(database, SECOND, THIRD)
    assert read(database, load_profile) == Profile()
    assert read(database, load_profile, 2) == SECOND
    assert read(database, load_profile, 3) == THIRD
    with pytest.raises(NotFound):
        read(database, load_profile, 4)
    book = read(database, load_book)
    assert [book.state(v) for v in (1, 2, 3)] == [
        ProfileState.ACTIVE,
        ProfileState.DRAFT,
        ProfileState.DRAFT,
    ]


def test_the_version_activated_last_is_in_force_whatever_its_number(database):
    happens(database, SECOND, THIRD, (3, Happening.ACTIVATED), (2, Happening.ACTIVATED))
    book = read(database, load_book)
    assert book.in_force == SECOND
    assert [book.state(v) for v in (1, 2, 3)] == [
        ProfileState.FORMER,
        ProfileState.ACTIVE,
        ProfileState.FORMER,
    ]


def test_a_draft_may_be_activated_once_it_was_previewed_against_what_is_in_force_now(database):
    happens(database, SECOND, THIRD, (2, Happening.PREVIEWED))
    book = read(database, load_book)
    assert (book.may_be_activated(2), book.may_be_activated(3)) == (True, False)
    happens(database, (3, Happening.PREVIEWED), (3, Happening.ACTIVATED))
    book = read(database, load_book)
    assert not book.may_be_activated(2)
    assert book.may_be_activated(1), "what was in force before needs no preview: going back must not wait"


def test_a_revision_grows_with_each_preview_of_the_version_and_each_activation_of_any(database):
    happens(database, SECOND, THIRD)
    before = [read(database, load_book).revision(v) for v in (1, 2, 3)]
    happens(database, (2, Happening.PREVIEWED))
    previewed = [read(database, load_book).revision(v) for v in (1, 2, 3)]
    happens(database, (2, Happening.ACTIVATED))
    activated = [read(database, load_book).revision(v) for v in (1, 2, 3)]
    assert before == [1, 1, 1]
    assert previewed == [1, 2, 1]
    assert activated == [2, 3, 2]


@pytest.mark.parametrize(
    "change", ["UPDATE rule_profile_event SET version = 1", "DELETE FROM rule_profile_event"]
)
def test_what_became_of_a_version_is_not_rewritten(database, change):
    happens(database, SECOND)
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(text(change))


def test_a_version_is_activated_for_a_reason(database):
    with database.writing() as connection:
        transaction = Transaction(connection, Instant.of_minute(NOW), 0)
        note(transaction, 1, Happening.PREVIEWED, "acc_1")
        with pytest.raises(IntegrityError):
            note(transaction, 1, Happening.ACTIVATED, "acc_1", " ")


def test_the_recount_judges_by_the_version_in_force_then_and_not_by_drafts(database):
    happens(database, SECOND, (2, Happening.ACTIVATED), THIRD, (1, Happening.ACTIVATED))
    start = Instant.of_minute(NOW).microsecond
    profiles = read(database, Profiles)
    assert [profiles.off("extra_bed", start + n) for n in (0, 1, 2, 3)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("events", "in_force"),
    [
        ((SECOND,), Profile()),
        ((SECOND, THIRD, (2, Happening.ACTIVATED)), SECOND),
        ((SECOND, THIRD, (3, Happening.ACTIVATED), (2, Happening.ACTIVATED)), replace(SECOND, version=4)),
        ((SECOND, (2, Happening.ACTIVATED), (1, Happening.ACTIVATED)), Profile("default", 3)),
    ],
)
def test_an_older_schema_has_the_same_rules_in_force(database, events, in_force):
    """There, the highest version is."""
    happens(database, *events)
    database.migrate("0006")
    database.migrate()
    assert read(database, load_profile) == in_force
