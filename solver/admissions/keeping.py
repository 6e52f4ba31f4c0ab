"""Planning anew with few changes: what must stay where it is, and what it costs that anything else moves.

A pin leaves a patient one day and one room, and makes another theatre dearer than anything could save. A change has a
price; it is raised until few enough changes are left. The referee counts both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.admissions.problem import Admission, AdmissionPlan, AdmissionProblem, Patient, Standing
from solver.admissions.referee import stands

DOMINANT: Final = 1_000_000
"""Price of a pinned surgery in another theatre."""


@dataclass(frozen=True, slots=True)
class Pin:
    """``patient`` comes on ``day`` and lies in ``room``; ``theatre`` None: operated on in any."""

    patient: str
    day: int
    room: str
    theatre: str | None = None


def pinned(problem: AdmissionProblem, pins: Iterable[Pin]) -> AdmissionProblem:
    """The problem in which pins hold; what is known of an earlier plan of those who are pinned gives way to the pin."""
    held = {pin.patient: pin for pin in pins}
    rooms = frozenset(room.id for room in problem.rooms)
    patients = tuple(
        _held(patient, held[patient.id], rooms) if patient.id in held else patient
        for patient in problem.patients
    )
    standing = [one for one in problem.standing if one.patient not in held]
    standing += [Standing(pin.patient, DOMINANT, pin.day, pin.room, pin.theatre) for pin in held.values()]
    return replace(problem, patients=patients, standing=tuple(standing))


def _held(patient: Patient, pin: Pin, rooms: frozenset[str]) -> Patient:
    others = rooms - {pin.room}
    return replace(patient, mandatory=True, release=pin.day, due=pin.day, incompatible_rooms=others)


def broken_pins(plan: AdmissionPlan, pins: Iterable[Pin]) -> list[Pin]:
    """Pins that a plan does not keep."""
    given = {one.patient: one for one in plan.admissions}
    return [
        pin
        for pin in pins
        if not stands(Standing(pin.patient, 0, pin.day, pin.room, pin.theatre), given.get(pin.patient))
    ]


Before = Mapping[str, Admission | None]
"""How each patient whom an earlier plan knows stands by it; None: not admitted."""


def with_price(problem: AdmissionProblem, before: Before, price: int) -> AdmissionProblem:
    """The problem in which it costs so much to be elsewhere than before."""
    return replace(problem, standing=tuple(_standing(problem, before, price))) if price else problem


def _standing(problem: AdmissionProblem, before: Before, price: int) -> Sequence[Standing]:
    known = [patient.id for patient in problem.patients if patient.id in before]
    found = []
    for patient in known:
        one = before[patient]
        place = () if one is None else (one.day, one.room)
        found.append(Standing(patient, price, *place))
    return found


def changes(problem: AdmissionProblem, before: Before, plan: AdmissionPlan) -> int:
    """How many patients are admitted on another day, into another room, or not any more, or only now."""
    given = {one.patient: one for one in plan.admissions}
    return sum(not stands(one, given.get(one.patient)) for one in _standing(problem, before, 1))
