"""Questions about what would have to give way: answered by the solver process, else by trials in a thread here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from api.errors import NotReady
from api.metrics import Metrics
from api.solving.messages import Failure, NoPlan, Relaxed
from api.solving.process import SolverProcess
from solver.placing.cheapest import cheapest
from solver.placing.conceding import Question
from solver.placing.problem import PlacingProblem

MOST_SECONDS: Final = 10.0
"""Longest that one question keeps the process from batches."""

FALLBACK_SECONDS: Final = 1.0
"""Left for trials in the service if the process has no answer."""

SPARE_SECONDS: Final = 0.1
"""Between the answer and the deadline."""


AT_ONCE: Final = 2
"""Questions under way: while one has the process, another may be tried here. More would take the threads that plan
batches and check passwords."""


class Relaxer:
    """Answers two questions at a time, the process one of them; without a process, by trials alone."""

    def __init__(
        self, process: SolverProcess | None, monotonic: Callable[[], float], metrics: Metrics
    ) -> None:
        self._process = process
        self._monotonic = monotonic
        self._metrics = metrics
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def answer(
        self, problem: PlacingProblem, question: Question, due: float
    ) -> tuple[Relaxed, Failure | None]:
        """The answer by about ``due`` (monotonic seconds); and why it is not the process's, if it is not. Raises
        ``NotReady`` if others take all that time."""
        try:
            await asyncio.wait_for(self._slots.acquire(), max(SPARE_SECONDS, due - self._monotonic()))
        except TimeoutError:
            raise NotReady("Too many questions are asked at once.", "Ask again in a moment.") from None
        try:
            return await asyncio.to_thread(self._answered, problem, question, due)
        finally:
            self._slots.release()

    def _answered(
        self, problem: PlacingProblem, question: Question, due: float
    ) -> tuple[Relaxed, Failure | None]:
        reason: Failure = "starting"
        left = due - self._monotonic() - FALLBACK_SECONDS - SPARE_SECONDS
        if self._process is not None and left > 0:
            try:
                return self._process.relax(problem, question, min(left, MOST_SECONDS)), None
            except NoPlan as none:
                reason = none.reason
                self._metrics.solver_failures.labels(reason).inc()
        seconds = max(SPARE_SECONDS, min(FALLBACK_SECONDS, due - self._monotonic() - SPARE_SECONDS))
        found = cheapest(question, problem, seconds, proof=False)
        told = Relaxed(
            relaxation=found.relaxation, method=found.method, bound=found.bound, proven=found.proven
        )
        return told, reason
