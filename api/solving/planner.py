"""A batch that has time is decided before it comes to the writer: on a frozen copy of the hospital, by the solver
process. What comes back is only a plan; the writer carries out what of it still holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from api.metrics import Metrics
from api.services.batches import SECONDS_PER_REQUEST, PlaceBatch
from api.solving.messages import Failure, NoPlan, Plan
from api.solving.process import SolverProcess
from models.batch import stored_answers
from models.commands import Command
from models.database import Database
from solver.placing.problem import PlacingProblem

PLANNED_FROM_MS = 3000
"""A batch that may take this long is planned; a shorter deadline is left to the search alone."""

WRITER_SECONDS = 0.5
MOST_SEARCH_SECONDS = 1.0
LEAST_SECONDS = 0.5
"""Less than this is not worth a plan."""


class Planner:
    """Plans batches, one at a time. ``rehearse`` tells what a command would place, on the hospital as it is now."""

    def __init__(
        self,
        process: SolverProcess,
        database: Database,
        rehearse: Callable[[Command], PlacingProblem],
        monotonic: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._process = process
        self._database = database
        self._rehearse = rehearse
        self._monotonic = monotonic
        self._metrics = metrics
        self._turn = asyncio.Lock()

    async def planned(self, command: Command) -> Command:
        """The command with a plan, or with the reason why there is none; as it is if it has no time for one, or
        was answered before, or will be refused anyway."""
        batch: PlaceBatch = command.body
        if batch.due is None or (batch.body.deadline_ms or 0) < PLANNED_FROM_MS:
            return command
        # What the writer needs when no plan comes: to search for itself, and to store.
        due = (
            batch.due
            - WRITER_SECONDS
            - min(MOST_SEARCH_SECONDS, SECONDS_PER_REQUEST * len(batch.body.requests))
        )
        try:
            plan = await self._in_turn(command, due)
        except NoPlan as none:
            self._metrics.solver_failures.labels(none.reason).inc()
            return _with(command, none.reason)
        return command if plan is None else _with(command, plan)

    async def _in_turn(self, command: Command, due: float) -> Plan | None:
        left = due - self._monotonic() - LEAST_SECONDS
        try:
            await asyncio.wait_for(self._turn.acquire(), max(0.0, left))
        except TimeoutError:
            raise NoPlan("busy") from None
        try:
            return await asyncio.to_thread(self._plan, command, due)
        finally:
            self._turn.release()

    def _plan(self, command: Command, due: float) -> Plan | None:
        with self._database.reading() as connection:
            if stored_answers(connection, [command]):
                return None
        try:
            problem = self._rehearse(command)
        except Exception:
            # The writer refuses it for the same reason, and says so.
            return None
        return self._process.solve(problem, due - self._monotonic()) if problem.requests else None


def _with(command: Command, planned: Plan | Failure) -> Command:
    return replace(command, body=replace(command.body, planned=planned))
