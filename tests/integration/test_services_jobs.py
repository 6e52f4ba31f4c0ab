"""The service's part in jobs over a real board, with the test as the worker: nothing that is on the board alone, or
missing from it, or cannot be stored, keeps the jobs from ending."""

import asyncio
import json

import pytest

from api.examples import EXAMPLES
from api.jobs import tending
from api.jobs.board import Board
from api.jobs.board_engine import jobs_file
from api.jobs.catalogue import EXPERIMENT
from api.services import jobs
from models.commands import Command
from tests.api_service import Place, running, until

EXAMPLE = EXAMPLES["POST /api/v1/experiments"]["two_more_beds"]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path).make()


async def asked(service, key):
    command = Command("job.request", "acc-bed", idempotency_key=key, body_hash=bytes(32))
    runtime = service.runtime
    made = jobs.requesting(EXPERIMENT, {"numbers": 1}, command, runtime.new_id, runtime.meta.zone)
    return (await runtime.submit(made)).answer.body["id"]


async def state_of(service, job_id, wanted):
    async with asyncio.timeout(20):
        while True:
            job = (await service.get(f"/jobs/{job_id}")).json()
            if job["state"] == wanted:
                return job
            await asyncio.sleep(0.02)


async def test_jobs_end_whatever_is_on_the_board(place):
    async with running(place, job_poll_seconds=0.02) as service:
        first, second = await asked(service, "key-first"), await asked(service, "key-second")
        await state_of(service, second, "running")
        board = Board(place.database, place.keys.database)
        # A board that is new: the open jobs are put on it again.
        board.forget(first)
        await until(lambda: first in board.standing())
        # A result that the hospital's database refuses keeps no other from being stored.
        board.end(first, {"failed": "so it was", "stopped": True})
        board.end(second, {"stopped": False, "result": {"sum": 1}})
        assert (await state_of(service, first, "failed"))["problem"] == tending.UNSTORABLE
        await state_of(service, second, "done")
        # What was left when the service stopped, and what is of another hospital, is forgotten.
        board.put(second, EXPERIMENT, {})
        board.end(second, {"failed": "a second end"})
        board.put("job-of-another", EXPERIMENT, {})
        await until(lambda: not board.standing())
        assert (await service.get(f"/jobs/{second}")).json()["state"] == "done"
        board.close()
    left = Board(place.database, place.keys.database)
    left.put(second, EXPERIMENT, {})
    async with running(place, job_poll_seconds=0.02):
        await until(lambda: not left.standing())
    left.close()


async def test_whoever_follows_a_job_hears_the_last_and_is_not_left_when_the_board_is_away(
    place, monkeypatch
):
    monkeypatch.setattr("api.routers.jobs.QUIET_SECONDS", 0.2)
    async with running(place, job_poll_seconds=0.02) as service:
        job_id = await asked(service, "key-followed")
        await state_of(service, job_id, "running")
        board = Board(place.database, place.keys.database)
        lines = []
        followed = asyncio.create_task(_follow(service, job_id, lines))
        await until(lambda: ": still here" in lines)
        with board.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE wardflow_told RENAME TO away")
        told = (await service.get(f"/jobs/{job_id}")).json()
        assert (told["state"], told["progress"], told["workers"]) == ("running", None, None)
        with board.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO wardflow_told")
        board.tell(job_id, {"number": 1})
        board.end(job_id, {"stopped": False, "result": {}})
        await asyncio.wait_for(followed, 20)
        assert lines.index("event: progress") < lines.index("event: ended")
        assert json.loads(lines[lines.index("event: ended") + 1].removeprefix("data: "))["state"] == "done"
        assert (await service.get(f"/jobs/{job_id}:cancel")).status_code == 405
        board.close()


async def test_an_experiment_is_answered_when_it_has_ended_if_that_is_preferred(place):
    async with running(place, job_poll_seconds=0.02) as service:
        in_time = asyncio.create_task(service.post("/experiments", EXAMPLE, Prefer="wait=30"))
        board = await _board_with_a_job(place)
        late = await service.post("/experiments", EXAMPLE, Prefer="wait=0")
        assert (late.status_code, late.headers["location"]) == (202, f"/api/v1/jobs/{late.json()['job_id']}")
        assert not in_time.done()
        (job_id,) = set(board.standing()) - {late.json()["job_id"]}
        board.end(job_id, {"stopped": False, "result": {}})
        answer = await asyncio.wait_for(in_time, 20)
        assert answer.status_code == 200
        assert (answer.json()["job_id"], answer.json()["state"]) == (job_id, "done")
        board.close()


async def _board_with_a_job(place):
    await until(lambda: jobs_file(place.database).exists())
    board = Board(place.database, place.keys.database)
    await until(lambda: len(board.standing()) == 1)
    return board


async def _follow(service, job_id, lines):
    headers = await service.headers("bed")
    async with service.client.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=headers) as stream:
        async for line in stream.aiter_lines():
            lines.append(line)
