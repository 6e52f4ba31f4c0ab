"""Plans of admissions in the database: what is stored stays, and an item says what became of it."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from models.errors import NotFound
from models.repositories import admissions, jobs
from models.repositories.admissions import StoredItem, StoredPlan
from models.tables import metadata

NOW = 29_000_000
PLAN = StoredPlan("pln-1", 20_139, 14, ("W", "V"), 1, "j1", actor="acc-1")


@pytest.fixture
def item(lain, at):
    """A plan, and an item of it that was applied once."""
    with at(NOW) as transaction:
        jobs.insert_job(transaction, "j1", "admission_plan", {}, "acc-1")
        admissions.insert_terms(transaction, 1, {"theatres": []}, "acc-1")
        admissions.insert_plan(transaction, PLAN)
        made = StoredItem("pln-1", 1, "Q1", "booked", NOW + 900, "R1", "T1", "A1", {})
        admissions.insert_items(transaction, [made], "acc-1")
    return made


def test_plans_and_what_became_of_their_items_are_read_back(at, item):
    with at(NOW + 1) as transaction:
        connection = transaction.connection
        admissions.insert_plan(transaction, replace(PLAN, id="pln-2", before_id="pln-1"))
        assert [one.id for one in admissions.load_plans(connection, "", 9)] == ["pln-2", "pln-1"]
        assert [one.id for one in admissions.load_plans(connection, "pln-2", 9)] == ["pln-1"]
        read = admissions.load_plan(connection, "pln-1")
        assert replace(read, recorded_microsecond=0) == PLAN
        assert admissions.load_items(connection, "pln-1", 1) == [item]
        assert [admissions.last_revision(connection, one) for one in ("pln-1", "pln-2")] == [1, 0]
        with pytest.raises(NotFound):
            admissions.load_plan(connection, "pln-3")


def test_the_newest_terms_hold_and_older_ones_can_be_read(at, item):
    with at(NOW + 1) as transaction:
        admissions.insert_terms(transaction, 2, {"theatres": ["T"]}, "acc-2")
        newest, first = (
            admissions.load_terms(transaction.connection),
            admissions.load_terms(transaction.connection, 1),
        )
        assert (newest.version, first.document) == (2, {"theatres": []})
        assert admissions.load_terms(transaction.connection, 3) is None


@pytest.mark.parametrize("table", ["admission_item", "admission_plan", "admission_terms"])
@pytest.mark.parametrize("deed", [update, delete], ids=["rewritten", "deleted"])
def test_what_was_stored_of_plans_is_neither_rewritten_nor_deleted(at, item, table, deed):
    statement = deed(metadata.tables[table])
    if deed is update:
        statement = statement.values(actor="somebody else")
    with pytest.raises(DBAPIError, match=f"{table}_append_only"), at(NOW + 2) as transaction:
        transaction.connection.execute(statement)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"revision": 1}, id="the same item twice"),
        pytest.param({"outcome": "conflict"}, id="a conflict that was booked"),
        pytest.param({"allocation_id": None}, id="booked without an allocation"),
        pytest.param({"outcome": "lost"}, id="an unknown outcome"),
    ],
)
def test_an_item_that_contradicts_itself_is_refused(at, item, wrong):
    with pytest.raises(DBAPIError), at(NOW + 2) as transaction:
        admissions.insert_items(transaction, [replace(item, **{"revision": 2, **wrong})], "acc-1")
