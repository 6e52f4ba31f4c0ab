"""A batch that has time is decided before it comes to the writer: on a frozen copy of the hospital, by the solver
process. What comes back is only a plan; the writer carries out what of it still holds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from api.metrics import Metrics
from api.services.batches import PlaceBatch, writer_seconds
from api.solving.messages import Failure, NoPlan, Plan
from api.solving.process import SolverProcess
from models.commands import Command
from models.database import Database
from models.ledger import stored_answers
from solver.placing.problem import PlacingProblem

log = logging.getLogger(__name__)

PLANNED_FROM_MS = 3000
"""A batch that may take this long is planned; a shorter deadline is left to the search alone."""

SPARE_SECONDS = 0.5
"""Between the end of planning and the deadline, besides what the writer needs."""

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
        """The command with a plan, or with the reason why there is none; as it is if it leaves no time for one, was
        answered before, or will be refused anyway."""
        batch: PlaceBatch = command.body
        if batch.due is None or (batch.body.deadline_ms or 0) < PLANNED_FROM_MS:
            return command
        # Without a plan the writer searches for itself, and that in time.
        due = batch.due - writer_seconds(len(batch.body.requests)) - SPARE_SECONDS
        if due - self._monotonic() < LEAST_SECONDS:
            return command
        try:
            plan = await self._in_turn(command, due)
        except NoPlan as none:
            self._metrics.solver_failures.labels(none.reason).inc()
            return _with(command, none.reason)
        if plan is None:
            return command
        self._count_contradictions(plan)
        return _with(command, plan)

    def _count_contradictions(self, plan: Plan) -> None:
        for kind, found in (("infeasible", plan.false_infeasible), ("referee", plan.disagreed)):
            if found:
                self._metrics.solver_contradictions.labels(kind).inc(found)
                log.error(
                    "The integer program's answers contradicted a plan that holds (%s), %d times", kind, found
                )

    async def _in_turn(self, command: Command, due: float) -> Plan | None:
        try:
            async with asyncio.timeout(due - self._monotonic() - LEAST_SECONDS):
                await self._turn.acquire()
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
