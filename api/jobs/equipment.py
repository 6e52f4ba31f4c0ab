"""Plans of bookings as jobs: one piece, a search that can be stopped with the best there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from api.jobs.kinds import Document, Observer
from solver.engine.result import Budget, Result, TracePoint
from solver.equipment.formats import booking_from_json
from solver.equipment.problem import BookingPlan, BookingProblem
from solver.equipment.referee import recount_bookings
from solver.equipment.solve import solve

TELLING: Final = 0.5
"""Seconds between two words on how far it is, at least."""


class EquipmentPlan:
    """The kind of job. ``spec``: ``bookings`` (a document as docs/equipment.md tells it), ``since`` (the minute that
    its minute 0 is, or None), ``without`` (ids that are not in it), ``seconds`` and ``seed``."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """One: threads of one search would need the processors that other pieces have."""
        return [] if done else [{}]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """Search, prove, recount."""
        return _planned(spec, Budget(seconds=float(spec["seconds"])), _Telling(observer))

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """The plan; of a job that was stopped before it began, the plan that takes no search."""
        found = done[0] if done else _planned(spec, Budget(iterations=1), _Telling(None))
        return {**found, "without": spec["without"], "since": spec["since"], "seed": spec["seed"]}


class _Telling:
    """What a search tells, passed on."""

    def __init__(self, observer: Observer | None) -> None:
        self._observer, self._told = observer, float("-inf")

    def incumbent(self, point: TracePoint) -> None:
        if self._observer is not None and point.seconds - self._told >= TELLING:
            self._told = point.seconds
            told = {"seconds": round(point.seconds, 1), "cost": point.cost, "bound": point.bound}
            self._observer.tell(told)

    def bound(self, point: TracePoint) -> None:
        self.incumbent(point)

    def stop_requested(self) -> bool:
        return self._observer is not None and self._observer.stopped()


def _planned(spec: Document, budget: Budget, telling: _Telling) -> Document:
    problem = booking_from_json(spec["bookings"])
    found: Result[BookingPlan] = solve(problem, budget, spec["seed"], telling)
    assert found.plan is not None
    assert found.cost is not None
    return {
        "status": found.status.value,
        "cost": found.cost,
        "bound": found.bound or 0,
        "gap": round((found.cost - (found.bound or 0)) / max(1, found.cost), 5),
        "verified": found.verified,
        "method": found.method,
        **_told(problem, found.plan),
    }


def _told(problem: BookingProblem, plan: BookingPlan) -> Document:
    """Who serves whom, who is left out, and what each rule counts."""
    requests = {one.id: one for one in problem.requests}
    served = {one.request_id for one in plan.served}
    return {
        "lines": [
            {
                "request_id": one.request_id,
                "unit_id": one.unit_id,
                "ward_id": requests[one.request_id].ward,
                "start_minute": one.start,
                "minutes": requests[one.request_id].duration,
            }
            for one in plan.served
        ],
        "unserved": [one.id for one in problem.requests if one.id not in served],
        "rules": [
            {"rule_id": one.rule.id, "count": one.count, "cost": one.cost}
            for one in recount_bookings(problem, plan).counts
        ],
    }
