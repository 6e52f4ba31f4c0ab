"""The kernels of admissions compiled, or read from their cache, before somebody waits for a plan."""

from __future__ import annotations

from solver.admissions.problem import (
    AdmissionProblem,
    Nurse,
    Patient,
    Room,
    RosteredShift,
    Surgeon,
    Theatre,
    Weights,
)
from solver.admissions.solve import solve
from solver.admissions.stays import warming as stays
from solver.engine.result import Budget


def warm_up() -> None:
    """Plan one patient, one room and one day, in both ways that there are."""
    patient = Patient("P", True, "A", 0, 1, 0, 0, 60, "S", frozenset(), (1, 1, 1), (0, 0, 0))
    nurses = tuple(Nurse(f"N{k}", 0, (RosteredShift(0, k, 5),)) for k in range(3))
    surgeons, theatres, rooms = (Surgeon("S", (60,)),), (Theatre("T", (60,)),), (Room("R", 1),)
    names, weights = ("early", "late", "night"), Weights(1, 1, 1, 1, 1, 1, 1, 1)
    problem = AdmissionProblem(
        "warm", 1, 1, names, ("all",), weights, (), (patient,), surgeons, theatres, rooms, nurses
    )
    solve(problem, Budget(iterations=1), 0)
    stays.warm_up()
