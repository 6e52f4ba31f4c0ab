"""Long work over real HTTP with real worker processes: asked for once, done once, whatever is killed meanwhile."""

import asyncio
import json
import os
import signal
from collections import Counter

import pytest

from api.jobs.board import Board
from api.jobs.catalogue import EXPERIMENT, PHARMACY_PLAN
from api.services import jobs
from models.commands import Command
from tests.api_service import Place, running, until
from tests.jobs_at_work import ended, work


async def asked(service, key="a-key-of-a-job", kind=EXPERIMENT, **spec):
    """Ask for a job as a route would; the answer's body."""
    command = Command("job.request", "acc-bed", idempotency_key=key, body_hash=bytes(32))
    runtime = service.runtime
    made = jobs.requesting(kind, spec, command, runtime.new_id, runtime.meta.zone)
    return (await runtime.submit(made)).answer.body


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path).make()


@pytest.fixture
def on_both(tmp_path, address):
    """The same on each database."""
    return Place(tmp_path, address=address).make()


async def test_a_job_is_done_told_of_and_ends_with_its_result(on_both):
    with work(on_both):
        async with running(on_both, job_poll_seconds=0.05) as service:
            made = await asked(service, numbers=3, rounds=2)
            assert (await asked(service, numbers=3, rounds=2))["id"] == made["id"]
            assert (await service.get(f"/jobs/{made['id']}/result")).status_code in (200, 409)
            done = await ended(service, made["id"])
            assert (done["state"], done["problem"], done["progress"]) == ("done", None, None)
            result = (await service.get(f"/jobs/{made['id']}/result")).json()
            assert result == {"id": made["id"], "stopped": False, "result": {"sum": 10, "pieces": 6}}
            listed = (await service.get("/jobs")).json()["items"]
            assert [job["id"] for job in listed] == [made["id"]]
            wrong = [
                await asked(service, f"key-of-{how}", numbers=1, wrong=how) for how in ("raises", "dies")
            ]
            problems = [(await ended(service, job["id"]))["problem"] for job in wrong]
            assert problems[0] == "It ended with ValueError."
            assert "needed more memory" in problems[1]
            assert (await service.get(f"/jobs/{wrong[0]['id']}/result")).status_code == 409


async def test_a_stopped_job_keeps_what_was_done_and_its_stream_tells_how_it_went(place):
    with work(place):
        async with running(place, job_poll_seconds=0.05) as service:
            made = await asked(service, numbers=1, rounds=1000, seconds=0.05)
            path = f"/api/v1/jobs/{made['id']}"
            told = []
            async with service.client.stream(
                "GET", f"{path}/events", headers=await service.headers("bed")
            ) as stream:
                async for line in stream.aiter_lines():
                    told.append(line)
                    if told.count("event: progress") == 3:
                        answer = await service.post(f"/jobs/{made['id']}:cancel")
                        assert answer.status_code == 202, answer.text
            assert "event: ended" in told
            assert json.loads(told[-2].removeprefix("data: "))["state"] == "stopped"
            result = (await service.get(f"/jobs/{made['id']}/result")).json()
            assert result["stopped"]
            assert 3 <= result["result"]["pieces"] < 1000
            assert (await service.post(f"/jobs/{made['id']}:cancel")).json()["state"] == "stopped"


async def test_a_group_that_is_told_to_end_leaves_its_job_to_the_next_and_what_does_not_listen_is_killed(
    place,
):
    diary = place.folder / "diary"
    async with running(place, job_poll_seconds=0.05) as service:
        with work(place) as first:
            made = await asked(service, numbers=2, seconds=1000, deaf=True, diary=str(diary))
            await until(lambda: _lines(diary) == 2)
            assert (await service.get(f"/jobs/{made['id']}")).json()["workers"] == 1
            os.killpg(first.pid, signal.SIGTERM)
            assert await asyncio.to_thread(first.wait) == 0
        told = (await service.get(f"/jobs/{made['id']}")).json()
        assert (told["state"], told["workers"]) == ("running", 0)
        with work(place):
            await until(lambda: _lines(diary) == 4)
            await service.post(f"/jobs/{made['id']}:cancel")
            assert (await ended(service, made["id"]))["state"] == "stopped"


def _lines(diary):
    return len(diary.read_text().splitlines()) if diary.exists() else 0


async def test_another_worker_finishes_what_a_killed_one_began_and_does_nothing_twice_that_was_done(on_both):
    diary = on_both.folder / "diary"
    async with running(on_both, job_poll_seconds=0.05) as service:
        with work(on_both) as first:
            made = await asked(service, numbers=12, seconds=0.2, diary=str(diary))
            await until(lambda: _lines(diary) >= 5)
            first.send_signal(signal.SIGKILL)
            await asyncio.to_thread(first.wait)
        before = _lines(diary)
        with work(on_both):
            done = await ended(service, made["id"])
        assert done["state"] == "done"
        result = (await service.get(f"/jobs/{made['id']}/result")).json()
        assert result["result"] == {"sum": 506, "pieces": 12}
    times = Counter(line.split()[0] for line in diary.read_text().splitlines())
    assert len(times) == 12
    assert before < 12
    # Two pieces at once: those under way when the worker was killed are the ones that may be there twice.
    assert sum(count - 1 for count in times.values()) <= 2


async def test_a_service_hands_over_at_its_next_start_what_it_had_stored_or_half_handed_over(place):
    async with running(place, job_poll_seconds=60) as service:
        stored = await asked(service, numbers=2)
        made = await asked(service, "key-of-the-second", numbers=2)
    board = Board(place.database, place.keys.database)
    board.put(stored["id"], EXPERIMENT, {"numbers": 2})
    board.close()
    with work(place):
        async with running(place, job_poll_seconds=0.05) as service:
            for job in (stored, made):
                assert (await ended(service, job["id"]))["state"] == "done"


async def test_only_those_who_plan_or_run_the_house_see_jobs(place):
    async with running(place, job_poll_seconds=60) as service:
        made = await asked(service, numbers=1)
        for login, status in (
            ("bed", 200),
            ("operations", 200),
            ("nurse1", 403),
            ("admin", 403),
            ("auditor", 403),
        ):
            assert (await service.get(f"/jobs/{made['id']}", login)).status_code == status
        assert (await service.get("/jobs/job-nobody")).status_code == 404


async def test_a_job_is_there_for_those_who_may_ask_for_one_of_its_kind_and_for_operations(place):
    """A pharmacist read and stopped every experiment; planners read a pharmacy's order as the result of its job."""
    async with running(place, job_poll_seconds=60, event_stream_seconds=0.1) as service:
        made = {
            kind: (await asked(service, f"a-key-of-{kind}", kind))["id"]
            for kind in (EXPERIMENT, PHARMACY_PLAN)
        }
        for login, seen in (
            ("bed", {EXPERIMENT}),
            ("pharmacist", {PHARMACY_PLAN}),
            ("operations", {EXPERIMENT, PHARMACY_PLAN}),
        ):
            assert await listed(service, login) == seen
            for kind, job_id in made.items():
                assert await listed(service, login, kind=kind) == seen & {kind}
                assert await answers_about(service, login, job_id) == ({200, 202} if kind in seen else {404})


async def test_a_job_of_another_kind_is_not_told_from_one_that_never_was(place):
    async with running(place, job_poll_seconds=60) as service:
        hidden = (await asked(service, kind=PHARMACY_PLAN))["id"]
        for path in ("/jobs/{}", "/jobs/{}/result", "/jobs/{}/events", "/experiments/{}/report"):
            told = [await service.get(path.format(job_id)) for job_id in (hidden, "job-nobody")]
            assert [answer.status_code for answer in told] == [404, 404]
            first, second = (
                bare(answer, job_id) for answer, job_id in zip(told, (hidden, "job-nobody"), strict=True)
            )
            assert first == second
        assert (await service.post(f"/jobs/{hidden}:cancel")).status_code == 404
        assert not (await service.get(f"/jobs/{hidden}", "pharmacist")).json()["stopping"]
        experiment = (await asked(service, "a-key-of-another"))["id"]
        assert (await service.get(f"/pharmacy/plans/{experiment}", "pharmacist")).status_code == 404


async def test_what_came_of_a_job_is_for_those_who_may_ask_for_one_of_its_kind_only(place):
    async with running(place, job_poll_seconds=0.05) as service:
        with work(place):
            made = await asked(service, numbers=3)
            await ended(service, made["id"])
        for login, status in (("bed", 200), ("operations", 403), ("pharmacist", 404), ("both", 200)):
            assert (await service.get(f"/jobs/{made['id']}/result", login)).status_code == status
        plan = await asked(service, "a-key-of-a-plan", PHARMACY_PLAN)
        for path in (
            f"/experiments/{made['id']}/report",
            f"/jobs/{plan['id']}/result",
            f"/pharmacy/plans/{plan['id']}",
        ):
            assert (await service.get(path, "operations")).status_code == 403
        assert (await service.get(f"/experiments/{made['id']}/report", "pharmacist")).status_code == 403
        assert (await service.get(f"/jobs/{plan['id']}/result", "both")).status_code == 403


async def listed(service, login, **asked_for):
    """The kinds of the jobs that are listed."""
    return {job["kind"] for job in (await service.get("/jobs", login, **asked_for)).json()["items"]}


async def answers_about(service, login, job_id):
    """How looking at a job, following and stopping it is answered."""
    looked = await service.get(f"/jobs/{job_id}", login)
    headers = await service.headers(login)
    async with service.client.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=headers) as followed:
        status = followed.status_code
    stopped = await service.post(f"/jobs/{job_id}:cancel", login=login)
    return {looked.status_code, status, stopped.status_code}


def bare(answer, job_id):
    """A problem without what differs with the id that was asked for."""
    return answer.text.replace(job_id, "")
