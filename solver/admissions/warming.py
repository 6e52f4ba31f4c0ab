"""The kernels of admissions compiled, or read from their cache, before somebody waits for a plan."""

from __future__ import annotations

from typing import Final

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

SMALLEST: Final = AdmissionProblem(
    name="smallest",
    days=1,
    skill_levels=1,
    shift_names=("early", "late", "night"),
    age_groups=("all",),
    weights=Weights(1, 1, 1, 1, 1, 1, 1, 1),
    occupants=(),
    patients=(Patient("P", True, "A", 0, 1, 0, 0, 60, "S", frozenset(), (1, 1, 1), (0, 0, 0)),),
    surgeons=(Surgeon("S", (60,)),),
    theatres=(Theatre("T", (60,)),),
    rooms=(Room("R", 1),),
    nurses=tuple(Nurse(f"N{k}", 0, (RosteredShift(0, k, 5),)) for k in range(3)),
)
"""One patient, one room and one day."""


def warm_up() -> None:
    """Plan the smallest problem in both ways that there are."""
    solve(SMALLEST, Budget(iterations=1), 0)
    stays.warm_up()
