"""A hospital that several simulators are asked about: emergency department, ward and intensive care. Times in hours.

Patients of three urgencies are seen in the emergency department and go home, to a ward, or to intensive care, and from
there to a ward or out. The more urgent goes first everywhere; stays are lognormal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulations.engine.distributions import LogNormal
from simulations.engine.model import Model, PatientClass, PerClass, Poisson, Resource, Route, Step
from simulations.engine.outcome import Outcome, Patient, Visit

STEPS = ("emergency", "ward", "icu")


@dataclass(frozen=True, slots=True)
class Hospital:
    """Arrivals per hour, shares to ward and intensive care by urgency; (mean, sd) of stays and units by step."""

    arrivals: tuple[float, ...] = (0.7, 2.4, 1.8)
    to_ward: tuple[float, ...] = (0.25, 0.09, 0.03)
    to_icu: tuple[float, ...] = (0.07, 0.005, 0.002)
    icu_to_ward: float = 0.75
    stay: tuple[tuple[float, float], ...] = ((0.3, 0.2), (70.0, 55.0), (90.0, 75.0))
    units: tuple[int, ...] = (2, 42, 8)

    @property
    def urgencies(self) -> range:
        return range(len(self.arrivals))

    def logarithmic(self, step: int) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm of a stay, as most simulators want them."""
        mean, sd = self.stay[step]
        variance = math.log1p((sd / mean) ** 2)
        return math.log(mean) - variance / 2.0, math.sqrt(variance)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: arrivals and ended stays, CPU seconds, and mean waits by step and urgency (``"ward/0"``)."""

    events: int
    seconds: float
    waits: dict[str, float]


def model(hospital: Hospital, warm_up: float) -> Model:
    """The hospital as the engine takes it."""
    ward, leave = Route(hospital.icu_to_ward, "ward"), Route(1.0 - hospital.icu_to_ward, None)
    onward = {
        str(k): (
            Route(hospital.to_ward[k], "ward"),
            Route(hospital.to_icu[k], "icu"),
            Route(1.0 - hospital.to_ward[k] - hospital.to_icu[k], None),
        )
        for k in hospital.urgencies
    }
    routing: dict[str, PerClass[tuple[Route, ...]]] = {
        "emergency": onward,
        "ward": (Route(1.0, None),),
        "icu": (ward, leave),
    }
    return Model(
        classes=tuple(
            PatientClass(str(k), "emergency", (Poisson(f"door {k}", (hospital.arrivals[k],)),), k)
            for k in hospital.urgencies
        ),
        steps=tuple(
            Step(name, LogNormal(*hospital.stay[n]), ({name: 1},), routing=routing[name])
            for n, name in enumerate(STEPS)
        ),
        resources=tuple(Resource(name, hospital.units[n]) for n, name in enumerate(STEPS)),
        warm_up=warm_up,
    )


def events_of(outcome: Outcome) -> int:
    """Arrivals and ended stays: what every simulator counts the same."""
    return int(outcome.patients[..., Patient.ENTERED].sum() + outcome.visits[..., Visit.FINISHED].sum())
