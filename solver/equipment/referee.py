"""Recounts a finished plan, rule by rule, plainly; shares no code with the engines.

A rule of level absolute has cost 0 and a count of what is broken; a soft rule has a count of units and their cost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from solver.engine.rule import Level, Rule
from solver.equipment import rules
from solver.equipment.problem import BookingPlan, BookingProblem, FleetPlan, FleetProblem


@dataclass(frozen=True, slots=True)
class Count:
    """How often one rule is broken, or for how many units it is paid; what that costs; who is concerned."""

    rule: Rule
    count: int
    cost: int = 0
    culprits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Every rule's count, in the order of the catalogue."""

    counts: tuple[Count, ...]

    @property
    def broken(self) -> int:
        """How often hard rules are broken."""
        return sum(one.count for one in self.counts if one.rule.level is not Level.SOFT)

    @property
    def cost(self) -> int:
        """Of the soft rules."""
        return sum(one.cost for one in self.counts)


def recount_bookings(problem: BookingProblem, plan: BookingPlan) -> Score:
    """Every rule of ``PLAN_RULES`` on a plan whose ids the problem knows."""
    recount = _Bookings(problem, plan)
    broken = [
        (rules.UNIT_FREE, recount.overlapping()),
        (rules.UNIT_MAINTAINED, recount.in_maintenance()),
        (rules.UNIT_TYPE, recount.of_wrong_type()),
        (rules.BOOKING_WINDOW, recount.outside_window()),
        (rules.KIT_TOGETHER, recount.torn_kits()),
    ]
    paid = [
        (rules.BOOKING_SERVED, recount.unserved_priority(), problem.weights.unserved),
        (rules.BOOKING_WAIT, recount.weighted_wait(), problem.weights.wait),
        (rules.UNIT_TRANSPORT, recount.transport_minutes(), problem.weights.transport),
    ]
    hard = [Count(rule, len(found), 0, found) for rule, found in ((r, tuple(f)) for r, f in broken)]
    return Score((*hard, *(Count(rule, count, count * price) for rule, count, price in paid)))


class _Bookings:
    """A plan looked at by unit and by request."""

    def __init__(self, problem: BookingProblem, plan: BookingPlan) -> None:
        self.problem, self.plan = problem, plan
        self.requests = {request.id: request for request in problem.requests}
        self.units = {unit.id: unit for unit in problem.units}
        self.wards = {ward: place for place, ward in enumerate(problem.wards)}

    def overlapping(self) -> Iterator[str]:
        """Bookings that begin before their unit can be there, and repeats of a request that is served already."""
        for request_id, times in Counter(one.request_id for one in self.plan.served).items():
            for _ in range(times - 1):
                yield f"{request_id} served again"
        for unit_id, uses in self._uses().items():
            there, free = self.units[unit_id].home, 0
            for start, request_id in uses:
                request = self.requests[request_id]
                if start < free + self._way(there, request.ward):
                    yield f"{request_id} on {unit_id} at {start}"
                there = there if self.problem.from_home else request.ward
                free = max(free, start + request.duration + request.clean)

    def in_maintenance(self) -> Iterator[str]:
        """Bookings whose use or cleaning (and way, if from home) meets a window in which the unit is away."""
        for one in self.plan.served:
            request = self.requests[one.request_id]
            unit, end = self.units[one.unit_id], one.start + request.duration + request.clean
            begin = one.start - (self._way(unit.home, request.ward) if self.problem.from_home else 0)
            if any(a < end and begin < b for a, b in unit.unavailable):
                yield f"{one.request_id} on {one.unit_id} at {one.start}"

    def of_wrong_type(self) -> Iterator[str]:
        """Bookings served by a unit that the request does not accept, or of such a type."""
        for one in self.plan.served:
            request = self.requests[one.request_id]
            named = not request.only or one.unit_id in request.only
            if not named or self.units[one.unit_id].type_id not in request.type_ids:
                yield f"{one.request_id} on {one.unit_id}"

    def outside_window(self) -> Iterator[str]:
        """Bookings that start before the earliest or after the latest start, or end after the horizon."""
        for one in self.plan.served:
            request = self.requests[one.request_id]
            late = one.start + request.duration > self.problem.horizon
            if late or not request.earliest <= one.start <= request.latest_start:
                yield f"{one.request_id} at {one.start}"

    def torn_kits(self) -> Iterator[str]:
        """Kits of which some parts are served and others not, or not at one minute."""
        starts = defaultdict(list)
        for one in self.plan.served:
            starts[self.requests[one.request_id].kit].append(one.start)
        sizes = Counter(request.kit for request in self.problem.requests)
        for kit, found in starts.items():
            if kit and (len(found) != sizes[kit] or len(set(found)) > 1):
                yield f"kit {kit}"

    def unserved_priority(self) -> int:
        """Sum of the priorities of those who stay unserved."""
        served = {one.request_id for one in self.plan.served}
        return sum(request.priority for request in self.problem.requests if request.id not in served)

    def weighted_wait(self) -> int:
        """Minutes after the earliest start, each times the priority."""
        total = 0
        for one in self.plan.served:
            request = self.requests[one.request_id]
            total += request.priority * max(0, one.start - request.earliest) if request.waits else 0
        return total

    def transport_minutes(self) -> int:
        """Minutes that units are carried, from home through all wards; the way back is not counted."""
        total = 0
        for unit_id, uses in self._uses().items():
            there = self.units[unit_id].home
            for _, request_id in uses:
                total += self._way(there, self.requests[request_id].ward)
                there = there if self.problem.from_home else self.requests[request_id].ward
        return total

    def _uses(self) -> dict[str, list[tuple[int, str]]]:
        """Each unit's bookings in order of start."""
        uses = defaultdict(list)
        for one in self.plan.served:
            uses[one.unit_id].append((one.start, one.request_id))
        return {unit_id: sorted(found) for unit_id, found in uses.items()}

    def _way(self, here: str, there: str) -> int:
        return self.problem.transport[self.wards[here]][self.wards[there]]


def recount_fleet(problem: FleetProblem, plan: FleetPlan) -> Score:
    """Every rule of ``FLEET_RULES``; a plan says for each booking which unit serves it, -1 for none."""
    unserved = tuple(f"job {job}" for job, unit in enumerate(plan.unit_of) if unit < 0)
    wrong = tuple(
        f"job {job} on device {unit}"
        for job, unit in enumerate(plan.unit_of)
        if unit >= 0 and job not in problem.serves[unit]
    )
    clashes = tuple(_clashes(problem, plan))
    size = len({unit for unit in plan.unit_of if unit >= 0})
    return Score(
        (
            Count(rules.UNIT_FREE, len(clashes), 0, clashes),
            Count(rules.UNIT_TYPE, len(wrong), 0, wrong),
            Count(rules.EVERY_BOOKING_SERVED, len(unserved), 0, unserved),
            Count(rules.FLEET_SIZE, size, size * rules.FLEET_SIZE.weight),
        )
    )


def _clashes(problem: FleetProblem, plan: FleetPlan) -> Iterator[str]:
    """Bookings that begin while their unit serves another."""
    free: dict[int, int] = {}
    for job in sorted(range(len(problem.intervals)), key=lambda one: problem.intervals[one]):
        unit = plan.unit_of[job]
        start, end = problem.intervals[job]
        if unit >= 0 and start < free.get(unit, 0):
            yield f"job {job} on device {unit}"
        if unit >= 0:
            free[unit] = max(free.get(unit, 0), end)
