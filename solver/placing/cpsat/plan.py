"""What the joint decision answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solver.engine.result import Status, TracePoint
from solver.hospital import Allocation


@dataclass(frozen=True, slots=True)
class JointPlan:
    """The decisions of a batch, taken together.

    allocations: per request id its allocation, or None where it stays unplaced; the allocation's id is the
    request's until the caller gives another.
    cost: what the referee counts the decisions to add, together.
    bound: no set of decisions can cost less; ``bound_from`` names the engine that proved it.
    status: optimal if the two are equal.
    seconds_to_build, variables, rows: of the (last) model.
    disagreed: hard rules the referee found broken in a plan of the model, which was then thrown away: a defect
    to be reported. false_infeasible: how often CP-SAT called infeasible what a plan was known for: a defect of its
    release. trace: cost and bound, round by round.
    """

    allocations: Mapping[str, Allocation | None]
    cost: int
    bound: int
    status: Status
    bound_from: str
    seconds_to_build: float
    variables: int
    rows: int
    disagreed: tuple[str, ...] = ()
    false_infeasible: int = 0
    trace: tuple[TracePoint, ...] = ()

    @property
    def gap(self) -> float:
        """(cost - bound) / max(1, abs(cost))."""
        return (self.cost - self.bound) / max(1, abs(self.cost))
