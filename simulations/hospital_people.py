"""Draws one synthetic person of a profile, and the care that person needs."""

from __future__ import annotations

import math

from simulations.hospital_profiles import (
    ALLERGIES,
    BLOOD_GROUP_KNOWN,
    BLOOD_GROUPS,
    END_OF_LIFE,
    FALLS_RISK_FROM,
    HEAVY,
    ONE_TO_ONE,
    ORGANISMS,
    SEX_UNKNOWN,
    STAY_LIMITS,
    SUSPECTED_SHARE,
    ULTRAVIOLET_ORGANISMS,
    Profile,
)
from simulations.streams import Generator, pick
from solver.hospital import BloodGroup, Feature, Infection, InfectionStatus, Isolation, Minute, Person, Sex
from solver.hospital.timegrid import MINUTES_PER_YEAR

PRECAUTIONS = (Isolation.CONTACT, Isolation.DROPLET, Isolation.AIRBORNE, Isolation.PROTECTIVE)
GROUPS = tuple(BloodGroup(name) for name in BLOOD_GROUPS)
GROUP_SHARES = tuple(BLOOD_GROUPS.values())


def draw_age(rng: Generator, profile: Profile, ages: tuple[int, int]) -> float:
    """Years, normal, cut to the profile's and the ward's ages with a margin of a third of a year below the
    top."""
    mean, deviation, low, high = profile.age
    span = ages[1] - ages[0]
    least, most = max(low, ages[0] + 0.003), min(high, ages[1] - (0.35 if span > 1 else 0.7))
    return min(max(rng.normal(mean, deviation), least), most)


def born(age: float, now: Minute) -> Minute:
    """Birth minute of somebody of that age; negative before 1970."""
    return now - int(age * MINUTES_PER_YEAR)


def draw_sex(rng: Generator, profile: Profile) -> Sex:
    """Sex for placement; unknown now and then."""
    if rng.random() < SEX_UNKNOWN:
        return Sex.UNKNOWN
    return Sex.FEMALE if rng.random() < profile.female else Sex.MALE


def draw_isolation(rng: Generator, profile: Profile) -> Isolation | None:
    """The precaution a person comes with, mostly none."""
    shares = profile.isolation
    kind = pick(rng, (*shares, max(0.0, 1 - sum(shares))))
    return PRECAUTIONS[kind] if kind < len(PRECAUTIONS) else None


def draw_infection(rng: Generator, isolation: Isolation, suspected: float = SUSPECTED_SHARE) -> Infection:
    """An organism that asks for this precaution."""
    names = ORGANISMS[isolation.value]
    organism = names[pick(rng, [share for _, share in names])][0]
    status = InfectionStatus.SUSPECTED if rng.random() < suspected else InfectionStatus.CONFIRMED
    return Infection(organism, status, organism in ULTRAVIOLET_ORGANISMS)


def infections_of(rng: Generator, isolation: Isolation | None) -> tuple[Infection, ...]:
    """The infection behind a precaution; protective isolation has none."""
    if isolation is None or isolation is Isolation.PROTECTIVE:
        return ()
    return (draw_infection(rng, isolation),)


def draw_person(
    rng: Generator,
    person_id: str,
    profile: Profile,
    ages: tuple[int, int],
    now: Minute,
    sex: Sex | None = None,
    isolation: Isolation | None = None,
    infections: tuple[Infection, ...] = (),
) -> Person:
    """One person whose age fits both the profile and a ward's age policy; the rest drawn unless given."""
    age = draw_age(rng, profile, ages)
    known = rng.random() < BLOOD_GROUP_KNOWN
    return Person(
        person_id,
        sex if sex is not None else draw_sex(rng, profile),
        born(age, now),
        weight_of(rng, age),
        frozenset({isolation} if isolation is not None else ()),
        infections,
        allergies=frozenset(name for name, share in ALLERGIES.items() if rng.random() < share),
        blood_group=GROUPS[pick(rng, GROUP_SHARES)] if known else None,
        falls_risk=age >= FALLS_RISK_FROM and rng.random() < 0.5,
        one_to_one=rng.random() < ONE_TO_ONE,
        end_of_life=age >= 16 and rng.random() < END_OF_LIFE,
    )


def weight_of(rng: Generator, age: float) -> int:
    """Kilograms: 3 at birth, about 3 more a year in childhood, then around 70; a few above 160 (assumed)."""
    if age < 16:
        return max(2, round((3.3 + 3.2 * age) * rng.normal(1.0, 0.12)))
    if rng.random() < HEAVY:
        return int(rng.integers(161, 240))
    return int(min(max(rng.normal(70, 14), 38), 160))


def draw_stay(rng: Generator, profile: Profile) -> Minute:
    """Whole length of a stay in minutes, log-normal, cut to ``STAY_LIMITS``."""
    median, sigma = profile.stay
    return _cut(1440 * median * math.exp(rng.normal(0.0, sigma)))


def draw_biased_stay(rng: Generator, profile: Profile) -> Minute:
    """Whole length of the stay of somebody found in bed at a random minute: long stays are met more often.

    Length-biased log-normal: the median grows by ``exp(sigma ** 2)``, sigma stays (renewal theory).
    """
    median, sigma = profile.stay
    return _cut(1440 * median * math.exp(sigma * sigma + rng.normal(0.0, sigma)))


def _cut(minutes: float) -> Minute:
    return int(min(max(minutes, STAY_LIMITS[0]), STAY_LIMITS[1]))


def wanted_features(rng: Generator, profile: Profile, care_level: int) -> frozenset[Feature]:
    """Features of the bed this patient needs."""
    wanted = set()
    if rng.random() < profile.oxygen:
        wanted.add(Feature.OXYGEN)
    if care_level >= 2 or rng.random() < profile.monitor:
        wanted.add(Feature.MONITOR)
    if rng.random() < profile.telemetry:
        wanted.add(Feature.TELEMETRY_CHANNEL)
    if rng.random() < profile.dialysis:
        wanted.add(Feature.DIALYSIS_POINT)
    return frozenset(wanted)


def litres(features: frozenset[Feature], care_level: int) -> int:
    """Oxygen a minute: 4 litres on a ward, 10 at level 2, 15 at level 3 (assumed)."""
    if Feature.OXYGEN not in features:
        return 0
    return (4, 4, 10, 15)[care_level]
