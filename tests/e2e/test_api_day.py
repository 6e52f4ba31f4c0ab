"""A simulated day of a ward over HTTP, every answer of it held against the OpenAPI document."""

import asyncio
import contextlib

import pytest

from api import openapi
from cli.demo_script import script_of
from simulations.day_http import DayService, enter
from simulations.day_play import Player
from tests.api_answers import Documented
from tests.api_service import Place, running

HOURS = 24


@pytest.mark.slow
async def test_every_answer_of_a_day_is_as_the_document_describes_it(tmp_path):
    script = script_of(None, "ward", 4, HOURS)
    async with running(Place(tmp_path).make(script.day.hospital)) as service:
        held = Documented(openapi.document(service.app))

        def check(answer):
            answer.read()
            held.check(answer)

        def played(token):
            with contextlib.closing(enter(str(service.client.base_url), token)) as client:
                client.event_hooks = {"response": [check]}
                driver = DayService(client, script.zone)
                Player(script.day, driver).play()
            return driver.tally.calls

        calls = await asyncio.to_thread(played, await service.token("bed"))
        assert calls > 100
        kinds = {operation.partition("_api_v1")[0] for operation, status in held.seen if status < 400}
        assert {"place", "arrive", "disrupt", "confirm_proposal", "set_clock", "list_requests"} <= kinds
        assert await service.violations() == []
