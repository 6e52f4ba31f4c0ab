"""A few seconds of load on the real service: nothing is lost; and services that lie or forget are found out."""

import asyncio
import contextlib
import time

import pytest

from benchmarks.safety.forgetful_service import no_key_row
from benchmarks.safety.hasty_service import writing_late
from benchmarks.safety.solitary_service import as_they_were, count_nothing, stay_where_it_is
from cli.load_recount import recounted
from models import batch
from models.connections import Database
from models.repositories import staff
from models.runner import BatchRunner
from simulations.load.afterwards import asked_again
from simulations.load.clock import Calendar, Conductor
from simulations.load.driver import Driver
from simulations.load.hospital import hospital_of
from simulations.load.judge import faults
from simulations.load.names import matched, offered_by
from simulations.load.plan import Wanted, plan, sending_of
from simulations.load.processes import Job
from simulations.load.record import Journal, read_journals
from tests.api_service import DAY, NOW, Place, at, running
from tests.load_hospital import built

SECONDS = 2.0
RATE = 60.0


class Load:
    """What was sent to some services over one hospital, and what is wrong with it."""

    def __init__(self, folder, wanted):
        self.folder = folder
        self.built = built(folder)
        self.planned = plan(self.built, wanted, folder)
        self.wanted = wanted

    def place(self, address=None):
        hospital = hospital_of(self.built.scenario, self.wanted.sites, NOW, 10)
        return Place(self.folder, address=address).make(hospital)

    async def send(self, started):
        """Everything, from this process; the record and the journal's lines."""
        urls = tuple(str(service.client.base_url) for service in started)
        token = await started[0].token("bed")
        calendar = Calendar(self.planned.pace, NOW)
        sending = sending_of(self.planned, self.wanted, urls, token, 200.0, resends=0.1)
        names = matched(self.built.scenario, offered_by(self.built.scenario), {})
        journal = Journal(self.folder / "journal")
        job = Job(
            sending, self.planned.patients, names, calendar, self.folder / "journal", "run", glances=0.2
        )
        driver = Driver(sending, job.everybody(), journal)
        begin = time.monotonic()
        conductor = Conductor(urls[:1], token, calendar, self.planned.seconds, "run")
        conducting = asyncio.create_task(conductor.conduct(begin, driver.record.counts))
        record = await driver.run(begin)
        await conducting
        journal.close()
        lines = read_journals([self.folder / "journal"])
        again, _ = await asyncio.to_thread(asked_again, urls[0], token, lines, 1)
        with started[0].runtime.database.reading() as connection:
            stored = recounted(connection, lines, judged=True)
        return (
            record,
            lines,
            {"answers": record.faults, "journal": faults(lines), "again": again, "stored": stored},
        )


def planted_faults(lines):
    """Journals that the database belies, each in one way, and what has to be said of it."""
    first = next(line for line in lines if line["kind"] == "ask")
    rest = [line for line in lines if line is not first]
    yield [*rest, {**first, "key": "another key"}], "nothing is there"
    yield [*rest, {**first, "digest": "other words"}], "another answer than was given"
    yield rest, "a key that no patient's ward sent"
    yield rest, "nobody asked for it"


@contextlib.asynccontextmanager
async def services(place, count):
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(place)) for _ in range(count)]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_sound_service_under_load_loses_nothing_and_every_kind_of_operation_is_done(
    tmp_path, address
):
    load = Load(tmp_path, Wanted(SECONDS, 3, rate=RATE))
    async with services(load.place(address), 1) as started:
        record, lines, found = await load.send(started)
        with started[0].runtime.database.reading() as connection:
            for planted, sign in planted_faults(lines):
                assert any(sign in each for each in recounted(connection, planted, judged=False)), sign
    assert found == {"answers": [], "journal": [], "again": [], "stored": []}
    kinds = {line["kind"] for line in lines}
    assert kinds >= {"ask", "hold", "confirm", "arrive", "transfer", "order", "leave"}
    assert record.everything.count >= 0.7 * SECONDS * RATE
    assert record.counts["resent"] > 10
    assert record.counts["clock set"] > 0
    assert {line["units"] != [] for line in lines if line["kind"] == "ask"} == {True, False}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_service_that_forgets_what_it_answered_is_found_out(tmp_path, address, monkeypatch):
    monkeypatch.setattr(batch, "_key_row", no_key_row)
    load = Load(tmp_path, Wanted(1.0, 1, rate=30.0))
    async with services(load.place(address), 1) as started:
        _, _, found = await load.send(started)
    assert any("repeated" in each for each in found["answers"])
    assert any("sent again" in each for each in found["again"])
    assert any("nothing is there" in each for each in found["stored"])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_service_that_answers_before_it_commits_is_found_out(tmp_path, address, monkeypatch):
    load = Load(tmp_path, Wanted(1.0, 1, rate=30.0))
    async with services(load.place(address), 1) as started:
        await started[0].token("bed")
        monkeypatch.setattr(Database, "writing", writing_late)
        _, _, found = await load.send(started)
    assert any("lost" in each or "stale" in each for each in found["answers"])


async def test_services_that_know_nothing_of_each_other_are_found_out(
    tmp_path, postgresql_server, monkeypatch
):
    monkeypatch.setattr(BatchRunner, "_catch_up", stay_where_it_is)
    monkeypatch.setattr(BatchRunner, "_on_the_newest", as_they_were)
    monkeypatch.setattr(staff, "revise_cover", count_nothing)
    # Whether two promises of a bed still stand when it is counted is chance, for those of the load one of two: one
    # hospital after the other.
    for seed in range(1, 9):
        stored = await stored_by_solitary_services(tmp_path / str(seed), postgresql_server, seed)
        if any("bed_promised_twice" in each for each in stored):
            return
    pytest.fail("Services that knew nothing of each other were not found out in eight hospitals.")


async def stored_by_solitary_services(folder, server, seed):
    """What is wrong in the database of two services of which neither looks at what the other did. Before the load each
    is asked for the same bed for a day in three weeks, which is seldom decided again meanwhile."""
    folder.mkdir()
    address = server.create()
    load = Load(folder, Wanted(0.5, 1, rate=60.0, seed=seed))
    async with services(load.place(address), 2) as started:
        with started[0].runtime.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed")
        for each in started:
            assert (await each.place(needed_by=at(21 * DAY))).status_code == 201
        _, _, found = await load.send(started)
    server.drop(address)
    return found["stored"]
