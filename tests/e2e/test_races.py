"""Sixty-four clients for the last bed, ventilator, vial and nurse: one gets it, by whichever service they ask."""

import contextlib
import os
import time

import httpx
import pytest

from cli.service import start_service
from models.postgresql.database import PostgresqlDatabase
from models.repositories import staff
from models.runner import BatchRunner
from tests.api_service import Place, at, running
from tests.races import CLIENTS, PRIZES, Racers, judged, overstayed_hospital, race_hospital

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
"""RACE_ROUNDS=100 pytest tests/e2e/test_races.py: a long run."""
RUNNING = [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)]
"""On which database, and how many services."""


@contextlib.asynccontextmanager
async def services(place, count):
    """So many services in this process over one hospital, and racers who ask them in turns."""
    async with contextlib.AsyncExitStack() as stack:
        started = [await stack.enter_async_context(running(place)) for _ in range(count)]
        racers = Racers([service.client for service in started])
        await racers.log_in()
        yield started, racers


@pytest.mark.parametrize("prize", PRIZES)
@pytest.mark.parametrize(
    ("engine", "count"), [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)], indirect=["engine"]
)
async def test_of_all_who_race_for_the_last_one_gets_it(tmp_path, address, count, prize):
    place = Place(tmp_path, address=address).make(race_hospital(prize))
    async with services(place, count) as (started, racers):
        for _ in range(ROUNDS):
            answers = await racers.race(prize)
            judged(answers)
            assert await started[0].violations() == []
            await racers.give_back(answers)


@pytest.mark.parametrize(("engine", "count"), RUNNING, indirect=["engine"])
async def test_a_bed_whose_occupant_stays_on_is_promised_once_and_entered_by_nobody(tmp_path, address, count):
    place = Place(tmp_path, address=address).make(overstayed_hospital())
    async with services(place, count) as (started, racers):
        for _ in range(ROUNDS):
            answers = await racers.race("bed")
            judged(answers)
            await racers.give_back(answers)
        answers = await racers.race("bed")
        (won,) = [answer.json()["allocation"] for answer in answers if answer.status_code == 201]
        for service in started:
            service.pass_minutes(120)
            await service.runtime.tick()
        await racers.log_in()
        later = (await started[-1].get(f"/requests/{won['request_id']}")).json()
        assert later["state"] == "unplaced" or later["allocation"]["start"] > at(120)
        arrival = await started[0].post(f"/allocations/{won['id']}:arrive", revision=later["revision"])
        assert arrival.status_code in (404, 409)
        assert await started[0].violations() == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_one_gets_it_from_two_service_processes(tmp_path, address):
    place = Place(tmp_path, address=address).make(race_hospital("bed", int(time.time()) // 60))
    with (
        start_service(place.database, place.key_file, tmp_path / "one") as one,
        start_service(place.database, place.key_file, tmp_path / "two") as two,
    ):
        limits = httpx.Limits(max_connections=CLIENTS)
        async with (
            httpx.AsyncClient(base_url=one.url, timeout=60, limits=limits) as first,
            httpx.AsyncClient(base_url=two.url, timeout=60, limits=limits) as second,
        ):
            racers = Racers([first, second])
            await racers.log_in()
            for _ in range(ROUNDS):
                answers = await racers.race("bed")
                judged(answers)
                await racers.give_back(answers)


# --- without a part of what prevents it -----------------------------------------------------------------------
@pytest.fixture
def alone(monkeypatch):
    """Services that know nothing of each other: neither catches up nor looks for what is stale."""
    monkeypatch.setattr(BatchRunner, "_catch_up", lambda self: None)
    monkeypatch.setattr(BatchRunner, "_on_the_newest", lambda self, ledger, steps: steps)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_the_database_alone_gives_the_last_bed_once(tmp_path, address, alone):
    place = Place(tmp_path, address=address).make(race_hospital("bed"))
    async with services(place, 2) as (started, racers):
        answers = await racers.race("bed")
        assert [answer.status_code for answer in answers].count(201) == 1
        assert await started[0].violations() == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_without_its_guards_the_bed_is_given_twice_and_the_recount_sees_it(
    tmp_path, address, alone, monkeypatch
):
    monkeypatch.setattr(staff, "revise_cover", lambda transaction, seen: None)
    place = Place(tmp_path, address=address).make(race_hospital("bed"))
    async with services(place, 2) as (started, racers):
        database = started[0].runtime.database
        assert isinstance(database, PostgresqlDatabase)
        with database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed")
        answers = await racers.race("bed")
        assert [answer.status_code for answer in answers].count(201) == 2
        assert "bed_promised_twice" in {violation.rule for violation in await started[0].violations()}
