"""Bookings made by chance, small enough to be recounted and solved in other ways; and plain ways to do so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.equipment.problem import (
    BookingPlan,
    BookingProblem,
    BookingRequest,
    BookingWeights,
    FleetProblem,
    PlannedUnit,
    Served,
)


def bookings(seed: int, requests: int = 6, units: int = 2, types: int = 2, wards: int = 3) -> BookingProblem:
    """Windows that overlap, maintenance, cleaning, ways that need not obey the triangle inequality."""
    draw = np.random.default_rng(seed)
    kinds = [f"T{n}" for n in range(types)]
    names = tuple(f"W{n}" for n in range(wards))
    ways = draw.integers(0, 30, (wards, wards))
    np.fill_diagonal(ways, 0)
    made = []
    for number in range(units):
        begin = int(draw.integers(0, 300))
        away = ((begin, begin + int(draw.integers(1, 90))),) if draw.random() < 0.6 else ()
        kind = kinds[number % types]
        made.append(PlannedUnit(f"U{number}", kind, names[int(draw.integers(wards))], away))
    asked = []
    for number in range(requests):
        earliest = int(draw.integers(0, 300))
        accepted = tuple(kind for kind in kinds[: min(types, units)] if draw.random() < 0.6) or (kinds[0],)
        asked.append(
            BookingRequest(
                f"R{number}",
                accepted,
                names[int(draw.integers(wards))],
                earliest,
                earliest + int(draw.integers(0, 150)),
                int(draw.integers(5, 80)),
                int(draw.integers(0, 20)),
                int(draw.integers(1, 6)),
            )
        )
    weights = BookingWeights(int(draw.integers(50, 400)), int(draw.integers(0, 4)), int(draw.integers(0, 4)))
    transport = tuple(tuple(int(value) for value in row) for row in ways)
    return BookingProblem(names, transport, tuple(made), tuple(asked), weights, horizon=1000)


def fixed_bookings(seed: int, jobs: int = 8, units: int = 5) -> FleetProblem:
    """Fixed times; each booking may be served by about half of the units."""
    draw = np.random.default_rng(seed)
    starts = draw.integers(0, 50, jobs)
    intervals = tuple((int(start), int(start + draw.integers(1, 30))) for start in starts)
    may = draw.random((units, jobs)) < 0.5
    may[draw.integers(0, units, jobs), np.arange(jobs)] = True
    return FleetProblem(intervals, tuple(tuple(int(job) for job in np.flatnonzero(row)) for row in may))


def plan_from(problem: BookingProblem, unit: np.ndarray, begins: np.ndarray) -> BookingPlan:
    """A plan from a search's arrays."""
    return BookingPlan(
        tuple(
            Served(request.id, problem.units[unit[place]].id, int(begins[place]))
            for place, request in enumerate(problem.requests)
            if unit[place] >= 0
        )
    )


def least_cost(problem: BookingProblem) -> int:
    """The optimum, by trying every order on every unit (dynamic programming over sets); for up to 8 requests."""
    size = len(problem.requests)
    worst = [request.priority * problem.weights.unserved for request in problem.requests]
    best = {frozenset(range(size)): 0}
    for unit in problem.units:
        following: dict[frozenset[int], int] = {}
        routes = _routes(problem, unit, size)
        for left, cost in best.items():
            for served, of_route in routes.items():
                if served <= left:
                    rest = left - served
                    following[rest] = min(following.get(rest, cost + of_route), cost + of_route)
        best = following
    return min(cost + sum(worst[place] for place in left) for left, cost in best.items())


def _routes(problem: BookingProblem, unit: PlannedUnit, size: int) -> dict[frozenset[int], int]:
    """The least cost of each set of requests on one unit."""
    found: dict[frozenset[int], int] = {frozenset(): 0}

    def extend(served: tuple[int, ...], ward: str, free: int, cost: int) -> None:
        for place in range(size):
            request = problem.requests[place]
            if place in served or unit.type_id not in request.type_ids:
                continue
            if request.only and unit.id not in request.only:
                continue
            way = problem.transport[problem.wards.index(ward)][problem.wards.index(request.ward)]
            start = max(request.earliest, free + way)
            while any(a < start + request.span and start < b for a, b in unit.unavailable):
                start += 1
            if start > request.latest_start:
                continue
            paid = cost
            if request.waits:
                paid += problem.weights.wait * request.priority * (start - request.earliest)
            paid += problem.weights.transport * way
            key = frozenset((*served, place))
            found[key] = min(found.get(key, paid), paid)
            extend((*served, place), request.ward, start + request.span, paid)

    extend((), unit.home, 0, 0)
    return found


def fewest_units(problem: FleetProblem) -> int | None:
    """The fewest units, by trying every assignment; None if there is none. For few bookings."""
    best: int | None = None
    order = sorted(range(len(problem.intervals)), key=lambda job: problem.intervals[job])

    def assign(depth: int, free: dict[int, int]) -> None:
        nonlocal best
        if best is not None and len(free) >= best:
            return
        if depth == len(order):
            best = len(free)
            return
        start, end = problem.intervals[order[depth]]
        for unit, jobs in enumerate(problem.serves):
            if order[depth] in jobs and free.get(unit, 0) <= start:
                assign(depth + 1, {**free, unit: end})

    assign(0, {})
    return best


def with_kits(problem: BookingProblem, seed: int) -> BookingProblem:
    """The same with some requests tied to those before them: parts of one kit, of one ward and one window."""
    draw = np.random.default_rng(seed)
    requests = list(problem.requests)
    for place in range(1, len(requests)):
        before = requests[place - 1]
        if draw.random() < 0.4:
            kit = before.kit or f"K{place}"
            requests[place - 1] = replace(before, kit=kit)
            requests[place] = replace(
                requests[place],
                kit=kit,
                ward=before.ward,
                earliest=before.earliest,
                latest_start=before.latest_start,
            )
    return replace(problem, requests=tuple(requests))
