"""Makes one request and its person: priority, care, bundle, isolation, companions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from simulations.demand_wards import Source
from simulations.hospital_census import CRITICAL_SHARES, CRITICAL_SPECIALITIES
from simulations.hospital_people import (
    draw_isolation,
    draw_person,
    draw_stay,
    infections_of,
    litres,
    wanted_features,
)
from simulations.hospital_profiles import LEAD_MINUTES, MAX_WAIT_MINUTES, Profile
from simulations.streams import Generator, pick
from solver.hospital import (
    Care,
    Companion,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Hospital,
    Isolation,
    Minute,
    Origin,
    Person,
    PooledCapacity,
    Priority,
    Request,
)
from solver.hospital.timegrid import local_day, local_minute

ORIGINS: dict[Priority, tuple[float, float, float, float, float]] = {
    Priority.EMERGENCY: (0.75, 0.10, 0.10, 0.0, 0.05),
    Priority.URGENT: (0.75, 0.08, 0.10, 0.02, 0.05),
    Priority.SOON: (0.40, 0.20, 0.20, 0.10, 0.10),
    Priority.ROUTINE: (0.0, 0.10, 0.05, 0.80, 0.05),
}
"""Shares of emergency department, theatre, ward, home, other site by priority: assumed."""

READY_SHARE = {Priority.EMERGENCY: 1.0, Priority.URGENT: 0.97, Priority.SOON: 0.92, Priority.ROUTINE: 0.95}
"""Share clinically ready when the bed is asked for: assumed."""

AIRBORNE_AND_PROTECTIVE = 0.02
"""Share of those in protective isolation who also need airborne precautions: assumed."""

DECIDED_BEFORE = (5, 45)
"""Minutes from the decision to admit to the request, uniform: assumed."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What chance decided about one request, before ids are given."""

    source: Source
    person: Person
    priority: Priority
    care: Care
    duration: int
    lead: int
    decided: int
    origin: Origin
    ready: bool
    companion: Companion
    equipment: tuple[EquipmentNeed, ...]
    drugs: tuple[DrugNeed, ...]


class Maker:
    """Makes requests for one hospital; asks only for types and drugs the hospital knows."""

    def __init__(self, hospital: Hospital) -> None:
        self._types = {item.id for item in hospital.equipment_types}
        self._substances = {drug.id: drug.substance for drug in hospital.drugs}

    def draw(self, rng: Generator, source: Source, minute: Minute, planned: bool | None) -> Drawn:
        """One request of a ward's profile; ``planned`` None draws that too."""
        profile = source.profile
        priority = _priority(rng, profile, planned)
        person = _person(rng, source, minute)
        low, high = LEAD_MINUTES[priority]
        lead = int(rng.integers(low, high + 1))
        duration = draw_stay(rng, profile)
        if source.hours != (0, 0):
            duration, lead = _in_hours(rng, source, minute, duration)
        origin = tuple(Origin)[pick(rng, ORIGINS[priority])]
        wanted = source.companions and rng.random() < profile.companion_share
        return Drawn(
            source,
            person,
            priority,
            _care(rng, source, person),
            duration,
            lead,
            int(rng.integers(*DECIDED_BEFORE)),
            origin,
            rng.random() < READY_SHARE[priority],
            profile.companion if wanted else Companion.NONE,
            self._equipment(rng, profile),
            self._drugs(rng, profile, person),
        )

    def record(self, drawn: Drawn, label: str, minute: Minute) -> tuple[Person, Request]:
        """The person and the request under their ids."""
        person = replace(drawn.person, id=f"arrival-{label}")
        request = Request(
            f"request-{label}",
            person.id,
            drawn.priority,
            drawn.care,
            minute - drawn.decided,
            minute + drawn.lead,
            drawn.duration,
            MAX_WAIT_MINUTES[drawn.priority],
            drawn.origin,
            drawn.ready,
            drawn.care.speciality,
            drawn.equipment,
            drawn.drugs,
            drawn.companion,
        )
        return person, request

    def _equipment(self, rng: Generator, profile: Profile) -> tuple[EquipmentNeed, ...]:
        return tuple(
            EquipmentNeed(type_id, count)
            for type_id, share, count in profile.equipment
            if rng.random() < share and type_id in self._types
        )

    def _drugs(self, rng: Generator, profile: Profile, person: Person) -> tuple[DrugNeed, ...]:
        """Nobody is asked to take what they are allergic to; the last of it is used within a day."""
        needs = []
        for drug_id, share, quantity in profile.drugs:
            if rng.random() < share and self._substances.get(drug_id, None) not in (None, *person.allergies):
                needs.append(DrugNeed(drug_id, quantity))
        return tuple(needs)


def _in_hours(rng: Generator, source: Source, minute: Minute, duration: int) -> tuple[int, int]:
    """Duration and lead of somebody treated within the next local day's opening hours."""
    opens, closes = source.hours
    duration = min(duration, closes - opens - 30)
    day = local_day(minute, source.zone) + timedelta(days=1)
    start = opens + int(rng.integers(0, closes - opens - duration))
    return duration, local_minute(day, start, source.zone) - minute


def _priority(rng: Generator, profile: Profile, planned: bool | None) -> Priority:
    shares = list(profile.priorities)
    if planned is True:
        return Priority.ROUTINE
    if planned is False:
        shares[Priority.ROUTINE] = 0.0
    return Priority(pick(rng, shares))


def _person(rng: Generator, source: Source, minute: Minute) -> Person:
    isolation = draw_isolation(rng, source.profile)
    ages = source.ward.age_from_years, source.ward.age_until_years
    person = draw_person(
        rng, "drawn", source.profile, ages, minute, isolation=isolation,
        infections=infections_of(rng, isolation),
    )  # fmt: skip
    if isolation is Isolation.PROTECTIVE and rng.random() < AIRBORNE_AND_PROTECTIVE:
        both = frozenset({Isolation.PROTECTIVE, Isolation.AIRBORNE})
        return replace(person, isolation=both, infections=infections_of(rng, Isolation.AIRBORNE))
    return person


def _care(rng: Generator, source: Source, person: Person) -> Care:
    """Level of care, features, pooled limits and skills; never more than the ward has anywhere."""
    profile = source.profile
    shares = [share if level <= source.level else 0.0 for level, share in enumerate(profile.levels)]
    level = pick(rng, shares) if any(shares) else source.level
    features = wanted_features(rng, profile, level) & source.features
    pooled = PooledCapacity(
        int(Feature.TELEMETRY_CHANNEL in features),
        int(Feature.DIALYSIS_POINT in features),
        litres(features, level),
    )
    if person.weight_kg > 180 and Feature.BARIATRIC in source.features:
        features |= {Feature.BARIATRIC}
    skills = frozenset(name for name, share in profile.skills if rng.random() < share)
    return Care(_speciality(rng, profile), level, features, skills, pooled)


def _speciality(rng: Generator, profile: Profile) -> str:
    if profile.speciality in ("critical_care", "high_dependency"):
        return CRITICAL_SPECIALITIES[pick(rng, CRITICAL_SHARES)]
    return profile.speciality
