"""Admissions to test with: the public instances where they are."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from solver.admissions.problem import AdmissionProblem, Standing

FOLDER = Path(
    os.environ.get("WARDFLOW_BENCHMARKS", Path(__file__).parents[1] / ".." / "shared" / "benchmarks")
)


def public(*parts: str) -> Path:
    """A file of the competition; the test is skipped where it is not there."""
    path = FOLDER.joinpath("ihtc2024", *parts)
    if not path.exists():
        pytest.skip("the public instances are not there")
    return path


def told_before(problem: AdmissionProblem) -> AdmissionProblem:
    """The problem with people who need no surgery, and an earlier plan: of some who came, some who did not."""
    patients = [replace(one, duration=0) if n % 5 == 0 else one for n, one in enumerate(problem.patients)]
    theatres = [one.id for one in problem.theatres]
    standing = [
        Standing(one.id, 3 + n, one.release, problem.rooms[n % len(problem.rooms)].id, theatres[0])
        if n % 3
        else Standing(one.id, 40)
        for n, one in enumerate(problem.patients[:60])
    ]
    return replace(problem, patients=tuple(patients), standing=tuple(standing))
