"""What passes between the service and its solver process.

A task is sent as our own frozen records. The answer comes back as JSON and is read strictly, because a process that
ran out of memory, or is not the one it should be, may write anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from solver.engine.errors import SolverError
from solver.engine.rule import Profile
from solver.hospital import Allocation
from solver.placing.conceding import Question
from solver.placing.concessions import Relaxation
from solver.placing.problem import Method, PlacingProblem
from solver.placing.scarcity import version_of_prices

M = TypeVar("M", bound=BaseModel)

READY = b"ready"
MOST_BYTES = 16 * 1_048_576
"""Longest answer that is read: five hundred requests with all their units and lots need about one megabyte."""

Failure = Literal["busy", "starting", "died", "hung", "out_of_memory", "garbage", "failed"]
"""Why there is no plan: another batch has the process; it is not up yet; it ended; it did not answer in time and was
killed; it needed more memory than it may have; its answer made no sense; the solver itself gave up."""


@dataclass(frozen=True, slots=True)
class Task:
    """A batch on a frozen hospital, and how many seconds and workers deciding it may take."""

    problem: PlacingProblem
    seconds: float
    workers: int
    seed: int


@dataclass(frozen=True, slots=True)
class RelaxTask:
    """A question on a frozen hospital, and how many seconds and workers answering it may take."""

    problem: PlacingProblem
    question: Question
    seconds: float
    workers: int
    seed: int


class Plan(BaseModel):
    """What each request of a task was given, in its order, and by which method; the cost of all, and the bound.
    ``false_infeasible`` and ``disagreed`` count defects of engines that the plan was made in spite of
    (``solver.placing.solve.PlacingPlan``). ``profile_version``, ``scarcity_version``: what it was priced under.

    Ids inside are the task's own. Nothing of it is to be believed before the referee has counted it.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    given: tuple[Allocation | None, ...]
    methods: tuple[Method, ...]
    cost: int
    bound: int | None
    false_infeasible: int = Field(0, ge=0)
    disagreed: int = Field(0, ge=0)
    profile_version: int | None = None
    scarcity_version: int | None = None

    def bound_under(self, profile: Profile) -> int | None:
        """The bound, if it is one at the prices of this profile."""
        same = (self.profile_version, self.scarcity_version) == (profile.version, version_of_prices(profile))
        return self.bound if same else None


class Relaxed(BaseModel):
    """The cheapest relaxation, None if there is none, what found it, and how sure that is (see
    ``solver.placing.cheapest.Answered``)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    relaxation: Relaxation | None
    method: Method
    bound: int
    proven: bool
    unconfirmed: bool = False


class NoPlan(Exception):
    """There is no plan; ``reason`` says why."""

    def __init__(self, reason: Failure) -> None:
        self.reason = reason
        super().__init__(reason)


def failure(reason: Failure) -> bytes:
    """The answer of a process that has no plan."""
    return orjson.dumps({"failed": reason})


def read_plan(raw: bytes, requests: int) -> Plan:
    """The plan in an answer for so many requests; raises ``NoPlan``."""
    plan = _read(raw, Plan)
    if not len(plan.given) == len(plan.methods) == requests:
        raise NoPlan("garbage")
    return plan


def read_relaxed(raw: bytes) -> Relaxed:
    """The answer to a question; raises ``NoPlan``."""
    return _read(raw, Relaxed)


def _read(raw: bytes, model: type[M]) -> M:
    for reason in ("out_of_memory", "failed"):
        if raw == failure(reason):
            raise NoPlan(reason)
    try:
        return model.model_validate_json(raw)
    except (ValidationError, SolverError):
        raise NoPlan("garbage") from None
