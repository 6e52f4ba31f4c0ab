"""Rosters in the database: what is stored stays, and nobody's changed shift is published before they agreed."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from models import rows
from models.repositories import jobs, rosters
from models.repositories.rosters import StoredChange, StoredRoster
from models.tables import metadata
from models.tables.staff import staff_member
from solver.hospital import StaffMember

NOW = 29_000_000
DRAFT = StoredRoster("r1", "W", None, 20_139, 7, 1, "j1", actor="acc-1")
PLAN = {"assignments": [["N1", 0, "day", ""]], "refused": {}, "stepped_in": {}}
FIRST = replace(DRAFT, id="r2", edition=1, draft_id="r1", plan=PLAN)
CHANGE = StoredChange("c1", "r2", "swap", ({"staff_id": "N1"},), {"asked": ["N1", "N2"]}, "acc-1")
CHANGED = replace(FIRST, id="r3", edition=2, change_id="c1")


@pytest.fixture
def published(at):
    """A draft that was published, and a change that two people are asked about."""
    with at(NOW) as transaction:
        transaction.connection.execute(insert(staff_member), rows.row(StaffMember("N2", "W")))
        jobs.insert_job(transaction, "j1", "roster", {}, "acc-1")
        rosters.insert_terms(transaction, "W", 1, {"weeks": 1}, "acc-1")
        for stored in (DRAFT, FIRST):
            rosters.insert_roster(transaction, stored)
        rosters.insert_change(transaction, CHANGE)
    return at


def answer(at, staff_id, agreed):
    with at(NOW + 1) as transaction:
        rosters.insert_answer(transaction, "c1", staff_id, agreed, "acc-2")


def state(at):
    with at(NOW + 2) as transaction:
        return rosters.load_change(transaction.connection, "c1").state


def publish(at, stored=CHANGED):
    with at(NOW + 3) as transaction:
        rosters.insert_roster(transaction, stored)


def test_a_changed_roster_is_published_once_everybody_asked_has_agreed(published):
    answer(published, "N1", True)
    assert state(published) == "open"
    with pytest.raises(DBAPIError, match="roster_agreed"):
        publish(published)
    answer(published, "N2", True)
    assert state(published) == "agreed"
    publish(published)
    assert state(published) == "published"
    with pytest.raises(DBAPIError):
        publish(published, replace(CHANGED, id="r4", edition=3))


def test_what_somebody_declined_is_never_published(published):
    answer(published, "N1", True)
    answer(published, "N2", False)
    assert state(published) == "declined"
    with pytest.raises(DBAPIError, match="roster_agreed"):
        publish(published)
    with pytest.raises(DBAPIError):
        answer(published, "N2", True)
    with pytest.raises(DBAPIError, match="roster_agreed"):
        publish(published, replace(CHANGED, change_id="nothing that was asked"))


@pytest.mark.parametrize("table", ["roster", "roster_answer", "roster_change", "roster_terms"])
@pytest.mark.parametrize("deed", [update, delete], ids=["rewritten", "deleted"])
def test_what_was_stored_of_rosters_is_neither_rewritten_nor_deleted(published, table, deed):
    answer(published, "N1", True)
    statement = deed(metadata.tables[table])
    if deed is update:
        statement = statement.values(actor="somebody else")
    with pytest.raises(DBAPIError, match=f"{table}_append_only"), published(NOW + 4) as transaction:
        transaction.connection.execute(statement)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(replace(FIRST, id="r5"), id="the same edition of a ward twice"),
        pytest.param(replace(FIRST, id="r5", edition=2, draft_id=None), id="an edition of no draft"),
        pytest.param(replace(FIRST, id="r5", edition=2, plan=None), id="an edition without a plan"),
    ],
)
def test_an_edition_has_a_number_a_draft_and_a_plan(published, wrong):
    with pytest.raises(DBAPIError):
        publish(published, wrong)


def test_who_lay_on_a_ward_counts_by_the_ratios_of_their_care(at):
    with at(NOW) as transaction:
        connection = transaction.connection
        # P0 lies there still, P9 is booked; a nurse has four of them.
        assert sorted(rosters.load_care(connection, "W", NOW - 30, NOW)) == [
            (NOW - 60, NOW + 600, 30),
            (NOW + 700, NOW + 900, 30),
        ]
        assert rosters.load_care(connection, "V", NOW - 30, NOW) == []
