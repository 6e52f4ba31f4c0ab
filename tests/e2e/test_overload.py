"""More commands at once than are done soon: some are carried out, the others are refused at once, reads go on."""

import asyncio
import threading
from collections import Counter

from api.security.tokens import Principal
from models import outbox
from tests.api_service import Place, running


async def test_whoever_comes_while_too_many_are_under_way_is_told_to_come_back(tmp_path):
    async with running(Place(tmp_path).make(), overload_commands=3, overload_seconds=0.001) as service:
        await service.token("bed")
        asked = [asyncio.create_task(service.place()) for _ in range(40)]
        board = await service.get("/beds")
        answers = await asyncio.gather(*asked)
        assert board.status_code == 200
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 202, 503}
        assert statuses[503] > 0
        assert statuses[201] > 0
        refused = [answer for answer in answers if answer.status_code == 503]
        assert {answer.json()["type"] for answer in refused} == {"/problems/overloaded"}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        told = await service.client.get("/metrics", headers=await service.headers("operations"))
        assert f"wardflow_refused_total {float(len(refused))}" in told.text
        stored = (await service.get("/requests")).json()["items"]
        assert len(stored) == 40 - len(refused), "what was refused is not there"
        assert (await service.place()).status_code in (201, 202), "afterwards it is as before"


async def test_many_questions_at_once_leave_threads_for_what_is_read_and_each_is_answered(tmp_path):
    """Each of them waited in a thread for the decider: forty of them, and no token could be looked up any more."""
    go_on = threading.Event()
    async with running(Place(tmp_path).make()) as service:
        runtime, somebody = service.runtime, Principal("acc", "login", (), "tok", True, 0)
        asked = [
            asyncio.create_task(runtime.ask(lambda changes: go_on.wait(30), somebody)) for _ in range(60)
        ]
        await asyncio.sleep(0.3)
        try:
            assert await asyncio.wait_for(runtime.read(outbox.last_sequence), 3) >= 0
        finally:
            go_on.set()
        assert await asyncio.gather(*asked) == [True] * 60
