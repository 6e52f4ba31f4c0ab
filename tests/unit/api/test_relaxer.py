"""How many questions about what would have to give way are answered at once."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from api.errors import NotReady
from api.metrics import Metrics
from api.solving.relaxer import AT_ONCE, Relaxer
from tests.api_service import until


class Slow(Relaxer):
    """Takes as long over each as it is told."""

    def __init__(self):
        super().__init__(None, time.monotonic, Metrics())
        self.go_on = threading.Event()
        self.begun = 0

    def _answered(self, problem, question, due):
        self.begun += 1
        self.go_on.wait(30)
        return question, None


async def test_many_questions_leave_threads_for_planning_and_signing_in():
    relaxer = Slow()
    due = time.monotonic() + 20
    asked = [asyncio.create_task(relaxer.answer(None, number, due)) for number in range(50)]
    try:
        await until(lambda: relaxer.begun >= AT_ONCE)
        await asyncio.sleep(0.2)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: relaxer.begun), 3) == AT_ONCE
    finally:
        relaxer.go_on.set()
    assert [question for question, _ in await asyncio.gather(*asked)] == list(range(50))


async def test_a_question_that_others_leave_no_time_for_is_to_come_again():
    relaxer = Slow()
    asked = [asyncio.create_task(relaxer.answer(None, n, time.monotonic() + 20)) for n in range(AT_ONCE)]
    await until(lambda: relaxer.begun >= AT_ONCE)
    with pytest.raises(NotReady):
        await relaxer.answer(None, 9, time.monotonic() + 0.2)
    relaxer.go_on.set()
    await asyncio.gather(*asked)
    assert await relaxer.answer(None, 9, time.monotonic() + 20) == (9, None)


def test_a_service_that_tries_carries_no_solver_that_proves():
    """OR-Tools brings pandas with it: together a fifth of the time and of the memory in which a service starts."""
    asked = "import sys, api.solving.relaxer; print({'ortools', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
