"""The kernels of stays compiled, or read from their cache, before somebody waits for a plan."""

from __future__ import annotations

from solver.admissions.stays.problem import Department, Patient, Policy, Prices, Room, Sex, StayProblem
from solver.admissions.stays.solve import solve
from solver.engine.result import Budget


def warm_up() -> None:
    """Plan one patient, one room and one day."""
    patients = (Patient("P", Sex.FEMALE, 50, ("s",), 0, 0),)
    rooms = (Room("R", 1, "D", Policy.ANY),)
    departments = (Department("D", {"s": 1}),)
    solve(StayProblem("warm", 1, 1, departments, rooms, patients, Prices()), Budget(iterations=1), 0)
