"""Sixty-four clients for the last bed, ventilator, vial and nurse: one gets it, by whichever service they ask."""

import contextlib

import pytest

from benchmarks.safety import races
from benchmarks.safety.racing import PRIZES, Racers, race_hospital, unfair
from benchmarks.safety.solitary_service import as_they_were, count_nothing, stay_where_it_is
from models.postgresql.database import PostgresqlDatabase
from models.repositories import staff
from models.runner import BatchRunner
from tests.api_service import NOW, Place, running

ROUNDS = 2
RUNNING = [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)]
"""On which database, and how many services."""


@contextlib.asynccontextmanager
async def services(place, count):
    """So many services in this process over one hospital, and racers who ask them in turns."""
    async with contextlib.AsyncExitStack() as stack:
        started = [await stack.enter_async_context(running(place)) for _ in range(count)]
        racers = Racers([str(service.client.base_url) for service in started], await started[0].token("bed"))
        yield started, racers
        racers.close()


@pytest.mark.parametrize("prize", PRIZES)
@pytest.mark.parametrize(("engine", "count"), RUNNING, indirect=["engine"])
async def test_of_all_who_race_for_the_last_one_gets_it(tmp_path, address, count, prize):
    place = Place(tmp_path, address=address).make(race_hospital(prize, NOW))
    async with services(place, count) as (started, racers):
        for _ in range(ROUNDS):
            assert await races.race_once(racers, prize) == []
            assert await started[0].violations() == []


@pytest.mark.slow
def test_one_gets_it_from_two_service_processes(tmp_path, postgresql_server):
    found = races.run(races.Case("bed", "postgresql", 2), ROUNDS, tmp_path / "hospital", postgresql_server)
    assert (found.rounds, found.unfair_rounds, found.faults) == (ROUNDS, 0, [])


# --- without a part of what prevents it -----------------------------------------------------------------------
@pytest.fixture
def alone(monkeypatch):
    """Services that know nothing of each other: neither catches up nor looks for what is stale."""
    monkeypatch.setattr(BatchRunner, "_catch_up", stay_where_it_is)
    monkeypatch.setattr(BatchRunner, "_on_the_newest", as_they_were)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_the_database_alone_gives_the_last_bed_once(tmp_path, address, alone):
    place = Place(tmp_path, address=address).make(race_hospital("bed", NOW))
    async with services(place, 2) as (started, racers):
        answers = await racers.race("bed")
        assert [answer.status for answer in answers].count(201) == 1
        assert await started[0].violations() == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_without_its_guards_the_bed_is_given_twice_and_judge_and_recount_see_it(
    tmp_path, address, alone, monkeypatch
):
    monkeypatch.setattr(staff, "revise_cover", count_nothing)
    place = Place(tmp_path, address=address).make(race_hospital("bed", NOW))
    async with services(place, 2) as (started, racers):
        database = started[0].runtime.database
        assert isinstance(database, PostgresqlDatabase)
        with database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed")
        found = unfair(await racers.race("bed"))
        assert found == ["answered with {201: 2, 202: 62}, not 201 once and 202 else"]
        assert "bed_promised_twice" in {violation.rule for violation in await started[0].violations()}
