"""Bookings repaired after units fail or a model is recalled: who lost a unit gets another, and few others change.

Bookings that nobody asked to change are fixed where they are, each on its unit at its minute. In turns some of them,
as many as the budget of changes allows, are let go beside those that were hit, and the small problem that this makes
is solved; the cheapest plan is kept. So at most that many bookings change that were not hit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.result import Budget
from solver.equipment.problem import (
    BookingPlan,
    BookingProblem,
    BookingRequest,
    PlannedUnit,
    Served,
)
from solver.equipment.referee import recount_bookings
from solver.equipment.solve import solve
from solver.hospital.equipment import MOST_PRIORITY

NEAR: Final = 3
"""Out of so many times the budget of changes, nearest in time to who was hit, those are drawn that are let go."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A unit that serves nobody during ``[since, until)``."""

    unit_id: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a plan.

    ``problem``: the problem with the outages in it; ``cost``: of ``plan`` in it, by the referee. ``verified``: no rule
    is broken, no more changed than may, and what had begun is as it was. By request id: ``moved``, those that were hit
    and are served elsewhere or later; ``lost``, those that were hit and are not served any more; ``changed``, others
    whose unit or start is another, or that gave way. All of these are to be told.
    """

    problem: BookingProblem
    plan: BookingPlan
    cost: int
    verified: bool
    moved: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[str, ...]


def repair(
    problem: BookingProblem,
    plan: BookingPlan,
    outages: Iterable[Outage],
    now: int,
    changes: int,
    rounds: int,
    seed: int,
    budget: Budget,
    stopped: Callable[[], bool] = lambda: False,
) -> Repair:
    """Repair a plan from minute ``now`` on; what has begun changes only if its unit fails during it.

    At most ``changes`` bookings change that were not hit; ``rounds`` choices of them are tried, each with ``budget``,
    until ``stopped`` says so.
    The parts of a kit are hit together, and each counts as a change. Raises InvalidInstance for a unit that the
    problem does not have, an outage that ends before it begins or begins before ``now``, or a plan that breaks a rule.
    """
    broken = _with_outages(problem, plan, tuple(outages), now, changes)
    run = _Repairing(broken, plan, now, changes, seed, budget)
    best = run.tried(frozenset())
    for _ in range(rounds if changes else 0):
        if stopped():
            break
        best = min(best, run.tried(run.drawn()), key=lambda one: (not one.verified, one.cost))
    return best


def _with_outages(
    problem: BookingProblem, plan: BookingPlan, outages: tuple[Outage, ...], now: int, changes: int
) -> BookingProblem:
    units = {unit.id: unit for unit in problem.units}
    faults = [
        Problem("outage, unit", one.unit_id, "a device of the instance", "Correct it.")
        for one in outages
        if one.unit_id not in units
    ]
    faults += [
        Problem(f"outage of {one.unit_id!r}", (one.since, one.until), f"{now} <= from < until", "Correct it.")
        for one in outages
        if not now <= one.since < one.until
    ]
    if changes < 0:
        faults.append(Problem("changes", changes, "a whole number from 0", "Allow none, or some."))
    if recount_bookings(problem, plan).broken:
        faults.append(
            Problem("plan", None, "a plan that breaks no rule", "Check it, and repair a clean one.")
        )
    if faults:
        raise InvalidInstance(faults)
    for one in outages:
        unit = units[one.unit_id]
        away = tuple(joined([*unit.unavailable, (one.since, one.until)]))
        units[unit.id] = replace(unit, unavailable=away)
    return replace(problem, units=tuple(units.values()))


def joined(windows: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same minutes as windows in order, apart from each other."""
    since, until = None, 0
    for begin, end in sorted(windows):
        if since is None or begin > until:
            if since is not None:
                yield since, until
            since, until = begin, end
        until = max(until, end)
    if since is not None:
        yield since, until


class _Repairing:
    """One repair: who was hit, and the small problems that are tried."""

    def __init__(
        self, problem: BookingProblem, plan: BookingPlan, now: int, changes: int, seed: int, budget: Budget
    ) -> None:
        self.problem, self.now, self.budget, self.seed = problem, now, budget, seed
        self.changes = changes
        self.draw = np.random.default_rng(seed)
        self.before = {one.request_id: one for one in plan.served}
        self.requests = {one.id: one for one in problem.requests}
        self.units = {unit.id: unit for unit in problem.units}
        self.hit = self._with_kits(one.request_id for one in plan.served if self._is_hit(one))
        self.free = self._near()

    def _is_hit(self, one: Served) -> bool:
        span = self.requests[one.request_id].span
        away = self.units[one.unit_id].unavailable
        return any(since < one.start + span and one.start < until for since, until in away)

    def _with_kits(self, ids: Iterable[str]) -> frozenset[str]:
        """The same and the other parts of their kits."""
        named = set(ids)
        kits = {self.requests[one].kit for one in named} - {""}
        return frozenset(named | {one.id for one in self.problem.requests if one.kit in kits})

    def _near(self) -> list[str]:
        """Bookings to come that were not hit, nearest in time to one that was first; no parts of kits."""
        starts = np.array([self.before[one].start for one in self.hit if one in self.before])
        if not starts.size:
            return []
        others = [
            one
            for one in self.before.values()
            if one.request_id not in self.hit
            and one.start >= self.now
            and not self.requests[one.request_id].kit
        ]
        return [
            one.request_id
            for one in sorted(others, key=lambda one: (int(np.abs(starts - one.start).min()), one.request_id))
        ]

    def drawn(self) -> frozenset[str]:
        """Some that may change, as many as may."""
        near = self.free[: NEAR * self.changes]
        if not near:
            return frozenset()
        places = self.draw.choice(len(near), min(self.changes, len(near)), replace=False)
        return frozenset(near[int(place)] for place in places)

    def tried(self, loose: Collection[str]) -> Repair:
        """The plan with those that were hit and ``loose`` planned anew."""
        small = self._small(loose)
        found = solve(small, self.budget, self.seed)
        plan = found.plan
        assert plan is not None
        return self._told(plan)

    def _told(self, plan: BookingPlan) -> Repair:
        after = {one.request_id: one for one in plan.served}
        score = recount_bookings(self.problem, plan)
        changed = [one for one in self.before if one not in self.hit and after.get(one) != self.before[one]]
        was = [one for one in self.before if one in self.hit]
        return Repair(
            self.problem,
            plan,
            score.cost,
            score.broken == 0 and len(changed) <= self.changes and self._keeps_the_past(after),
            tuple(sorted(one for one in was if one in after and after[one] != self.before[one])),
            tuple(sorted(one for one in was if one not in after)),
            tuple(sorted(changed)),
        )

    def _keeps_the_past(self, after: dict[str, Served]) -> bool:
        """What had begun stays; nothing new begins before now."""
        return all(self.before.get(id_) == one for id_, one in after.items() if one.start < self.now) and all(
            after.get(id_) == one
            for id_, one in self.before.items()
            if one.start < self.now and id_ not in self.hit
        )

    def _small(self, loose: Collection[str]) -> BookingProblem:
        """Each unit is a type of its own here, so that a booking can be held on one."""
        of_type: dict[str, list[str]] = {}
        for unit in self.problem.units:
            of_type.setdefault(unit.type_id, []).append(unit.id)
        requests = tuple(
            one
            for request in self.problem.requests
            if (one := self._asked(request, loose, of_type)) is not None
        )
        units = tuple(
            PlannedUnit(unit.id, unit.id, unit.home, unit.unavailable) for unit in self.problem.units
        )
        return replace(self.problem, units=units, requests=requests)

    def _asked(
        self, request: BookingRequest, loose: Collection[str], of_type: dict[str, list[str]]
    ) -> BookingRequest | None:
        was = self.before.get(request.id)
        if request.id in self.hit or request.id in loose:
            if request.latest_start < self.now:
                return None
            types = request.only or tuple(unit for kind in request.type_ids for unit in of_type[kind])
            return replace(request, type_ids=types, only=(), earliest=max(request.earliest, self.now))
        if was is None:
            return None
        return replace(
            request,
            type_ids=(was.unit_id,),
            only=(),
            earliest=was.start,
            latest_start=was.start,
            priority=MOST_PRIORITY,
        )
