"""Sixteen clients who ask, give back, read and repeat at random: what they were told can have been so."""

import contextlib
import os
from dataclasses import replace

import pytest

from models import outbox
from models.outbox import StoredEvent
from models.repositories import staff
from models.runner import BatchRunner
from tests.api_service import Place, running
from tests.histories import History, Told, faults, play
from tests.races import race_hospital

BEDS = 6
OPERATIONS = int(os.environ.get("HISTORY_OPERATIONS", "480"))
"""HISTORY_OPERATIONS=20000 pytest tests/e2e/test_history.py: a long run."""
RUNNING = [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)]


@contextlib.asynccontextmanager
async def services(folder, address, count):
    """So many services over one hospital of six beds."""
    whole = race_hospital("nothing")
    place = Place(folder, address=address).make(replace(whole, beds=whole.beds[:BEDS]))
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(place)) for _ in range(count)]


async def played(started, **how):
    """What clients were told, and what the outbox tells."""
    clients = [service.client for service in started]
    history = await play(clients, await started[0].token("bed"), OPERATIONS, seed=1, **how)
    with started[0].runtime.database.reading() as connection:
        return history, outbox.read(connection, after=0, limit=10 * OPERATIONS)


@pytest.mark.parametrize(("engine", "count"), RUNNING, indirect=["engine"])
async def test_whatever_clients_are_told_can_have_been_so(tmp_path, address, count):
    async with services(tmp_path, address, count) as started:
        history, events = await played(started)
        assert {told.answer["state"] for told in history.told} == {"placed", "unplaced", "released"}
        assert faults(history, events, BEDS) == []
        assert await started[0].violations() == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_services_that_know_nothing_of_each_other_are_found_out(tmp_path, address, monkeypatch):
    monkeypatch.setattr(BatchRunner, "_catch_up", lambda self: None)
    monkeypatch.setattr(BatchRunner, "_on_the_newest", lambda self, ledger, steps: steps)
    monkeypatch.setattr(staff, "revise_cover", lambda transaction, seen: None)
    async with services(tmp_path, address, 2) as started:
        with started[0].runtime.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed")
        history, events = await played(started, faithful=True)
        assert any("was given to" in fault for fault in faults(history, events, BEDS))


def told(state, revision, began=0.0):
    return Told(
        began, began + 1, {"request_id": f"r{revision}", "state": state, "hospital_revision": revision}
    )


def event(sequence, topic, **payload):
    return StoredEvent(sequence, topic, {"subject": f"r{sequence}", **payload}, sequence, 0)


SOUND = [
    event(1, "allocation.placed", request_id="r1", bed_id="B0"),
    event(2, "request.unplaced"),
    event(3, "request.released", subject="r1"),
    event(4, "allocation.placed", request_id="r2", bed_id="B0"),
]
ANSWERS = [told("placed", 1), told("unplaced", 2)]


@pytest.mark.parametrize(
    ("events", "answers", "fault"),
    [
        (SOUND, ANSWERS, ""),
        (
            [*SOUND, event(5, "allocation.placed", request_id="r5", bed_id="B0")],
            ANSWERS,
            "B0 was given to r5",
        ),
        ([*SOUND[:3], event(4, "request.unplaced")], ANSWERS, "r4 was told to wait while 1 beds were free"),
        ([*SOUND[:2], *SOUND[3:]], ANSWERS, "event 4 does not follow 2"),
        (SOUND, [told("placed", 1, began=5), told("unplaced", 2)], "asked after revision 2 was told"),
        (SOUND, [told("placed", 4)], "told placed, which no event tells"),
    ],
)
def test_the_judge_finds_what_cannot_have_been_so(events, answers, fault):
    found = faults(History(told=list(answers)), events, beds=1)
    assert any(fault in sentence for sentence in found) if fault else found == []
