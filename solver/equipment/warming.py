"""Compiling every kernel of the room, on problems that a person could solve by hand."""

from __future__ import annotations

from solver.engine.result import Budget
from solver.equipment.problem import BookingProblem, BookingRequest, FleetProblem, PlannedUnit
from solver.equipment.solve import solve


def warm_up() -> None:
    """Solve a small problem of each kind in every way there is."""
    # Two units although one booking runs at a time: that takes the bound by prices to prove.
    solve(FleetProblem(((0, 1), (1, 2), (2, 3)), ((0,), (1, 2), (0,))), Budget(seconds=1.0), 1)
    units = (PlannedUnit("U1", "pump", "A", ((5, 6),)), PlannedUnit("U2", "pump", "B"))
    requests = tuple(BookingRequest(f"R{n}", ("pump",), "AB"[n % 2], n, n + 9, 4, 1) for n in range(6))
    problem = BookingProblem(("A", "B"), ((0, 3), (3, 0)), units, requests)
    solve(problem, Budget(seconds=1.0), 1)
