"""Sixteen clients who ask, give back, read and repeat at random: what they were told can have been so."""

import contextlib
from dataclasses import replace

import pytest

from benchmarks.safety.forgetful_service import no_key_row
from benchmarks.safety.hasty_service import writing_late
from benchmarks.safety.histories import faults, play
from benchmarks.safety.history import BEDS
from benchmarks.safety.racing import race_hospital
from benchmarks.safety.solitary_service import as_they_were, count_nothing, stay_where_it_is
from models import batch, outbox
from models.connections import Database
from models.repositories import staff
from models.runner import BatchRunner
from tests.api_service import NOW, Place, running

OPERATIONS = 480
RUNNING = [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)]


@contextlib.asynccontextmanager
async def services(folder, address, count):
    """So many services over one hospital of a few beds."""
    whole = race_hospital("nothing", NOW)
    place = Place(folder, address=address).make(replace(whole, beds=whole.beds[:BEDS]))
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(place)) for _ in range(count)]


async def played(started, operations=OPERATIONS, **how):
    """What clients were told, and what the outbox tells."""
    urls = [str(service.client.base_url) for service in started]
    history = await play(urls, await started[0].token("bed"), operations, seed=1, **how)
    with started[0].runtime.database.reading() as connection:
        return history, outbox.read(connection, after=0, limit=10 * operations)


@pytest.mark.parametrize(("engine", "count"), RUNNING, indirect=["engine"])
async def test_whatever_clients_are_told_can_have_been_so(tmp_path, address, count):
    async with services(tmp_path, address, count) as started:
        history, events = await played(started)
        assert {told.answer["state"] for told in history.told} == {"placed", "unplaced", "released"}
        assert history.repeated > 0
        assert faults(history, events, BEDS) == []
        assert await started[0].violations() == []


# --- services that must be found out --------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_services_that_know_nothing_of_each_other_are_found_out(tmp_path, address, monkeypatch):
    monkeypatch.setattr(BatchRunner, "_catch_up", stay_where_it_is)
    monkeypatch.setattr(BatchRunner, "_on_the_newest", as_they_were)
    monkeypatch.setattr(staff, "revise_cover", count_nothing)
    async with services(tmp_path, address, 2) as started:
        with started[0].runtime.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed")
        history, events = await played(started, faithful=True)
        assert any("was given to" in fault for fault in faults(history, events, BEDS))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_service_that_answers_before_it_commits_is_found_out(tmp_path, address, monkeypatch):
    async with services(tmp_path, address, 1) as started:
        await started[0].token("bed")
        monkeypatch.setattr(Database, "writing", writing_late)
        history, events = await played(started, 96)
        assert any("told placed, read status 404" in fault for fault in faults(history, events, BEDS))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_service_that_forgets_what_it_answered_is_found_out(tmp_path, address, monkeypatch):
    monkeypatch.setattr(batch, "_key_row", no_key_row)
    async with services(tmp_path, address, 1) as started:
        history, events = await played(started)
        assert any("repeated and answered otherwise" in fault for fault in faults(history, events, BEDS))
