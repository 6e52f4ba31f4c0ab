"""Drafts of rosters as jobs: one piece, the search, which keeps the best when it is stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.jobs.kinds import Document, Observer
from solver.engine.result import Budget, Result, Status, TracePoint
from solver.rostering.collisions import Collision, WayOut, collisions
from solver.rostering.formats_json import from_json, rows
from solver.rostering.problem import Roster, RosterProblem
from solver.rostering.referee import Recount, recount
from solver.rostering.solve import METHOD, solve


class RosterDraft:
    """The kind of job. ``spec``: ``problem`` (``solver.rostering.formats_json``), ``seconds``, ``iterations`` (None:
    seconds count alone), ``workers`` and ``seed``."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """One."""
        return [] if done else [{"search": 1}]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """Search; a piece that is stopped ends with the best roster it has."""
        problem = from_json(spec["problem"])
        budget = Budget(seconds=spec["seconds"], iterations=spec["iterations"])
        return found(problem, solve(problem, budget, spec["seed"], Telling(observer), spec["workers"]))

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """What was found; nothing if it was stopped before it began."""
        return done[-1] if done else nothing()


class Telling:
    """Passes on what a search finds, and asks whether to go on."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._bound: int | None = None
        self._cost: int | None = None

    def incumbent(self, point: TracePoint) -> None:
        """A better roster."""
        self._cost = point.cost
        self._tell(point)

    def bound(self, point: TracePoint) -> None:
        """A better bound."""
        self._bound = point.bound
        self._tell(point)

    def stop_requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._observer.stopped()

    def _tell(self, point: TracePoint) -> None:
        gap = None
        if self._cost is not None and self._bound is not None:
            gap = (self._cost - self._bound) / max(1, abs(self._cost))
        told = {"seconds": round(point.seconds, 1), "cost": self._cost, "bound": self._bound, "gap": gap}
        self._observer.tell(told)


def found(problem: RosterProblem, result: Result[Roster]) -> Document:
    """A result as JSON, counted rule by rule."""
    plan = result.plan
    return {
        "status": result.status.value,
        "cost": result.cost,
        "bound": result.bound,
        "gap": result.gap,
        "verified": result.verified,
        "method": result.method,
        "rules": [] if plan is None else tallies(recount(problem, plan)),
        "collisions": [_collision(one) for one in collisions(problem)] if plan is None else [],
        "assignments": [] if plan is None else rows(plan),
    }


def nothing() -> Document:
    """Of a search that was stopped before it began."""
    return {
        "status": Status.OUT_OF_TIME.value,
        "cost": None,
        "bound": None,
        "gap": None,
        "verified": False,
        "method": METHOD,
        "rules": [],
        "collisions": [],
        "assignments": [],
    }


def tallies(counted: Recount) -> list[dict[str, Any]]:
    """Every rule that is broken, how often, and what that costs."""
    return [
        {"rule": tally.rule.id, "count": tally.count, "cost": tally.cost}
        for tally in counted.tallies
        if tally.count
    ]


def _collision(one: Collision) -> Document:
    cheapest = None if one.cheapest is None else _way(one.cheapest)
    return {"staff_id": one.employee, "cheapest": cheapest, "alone": [_way(way) for way in one.alone]}


def _way(way: WayOut) -> dict[str, int]:
    return dict(way.units)
