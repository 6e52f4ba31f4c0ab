"""A hospital lives through days while the placing kernels decide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulations.experiments.catalogue import ALL, Key
from simulations.hospital import generate
from simulations.placing.compiled import Compiled
from simulations.placing.layout import BOOKED, LEFT, LYING, REFUSED, WAITING
from simulations.placing.measures import numbers, present_by_minute
from simulations.placing.model import PlacedModel, Policy, Surge
from simulations.placing.outcome import Outcome
from simulations.placing.run import replicate, simulate
from solver.hospital import StayState
from solver.hospital.timegrid import MINUTES_PER_DAY

NOW = 29_540_160
DAYS = 6


@pytest.fixture(scope="module")
def model() -> PlacedModel:
    return PlacedModel(generate("ward", 1, NOW), NOW, load=1.0)


@pytest.fixture(scope="module")
def outcome(model: PlacedModel) -> Outcome:
    return simulate(model, seed=1, minutes=DAYS * MINUTES_PER_DAY, log=True)


def same(one: Outcome, other: Outcome) -> bool:
    names = ("state", "asked", "bed", "came", "left", "refused", "changes", "log")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_the_same_seed_gives_the_same_patients_and_decisions_whatever_the_threads(
    model: PlacedModel, outcome: Outcome
) -> None:
    minutes = DAYS * MINUTES_PER_DAY
    assert same(simulate(model, seed=1, minutes=minutes, log=True), outcome)
    compiled = Compiled(model)
    alone = replicate(compiled, seed=1, replications=range(3), minutes=minutes)
    beside = replicate(compiled, seed=1, replications=range(3), minutes=minutes, threads=3)
    assert all(same(one, other) for one, other in zip(alone, beside, strict=True))
    assert not np.array_equal(alone[0].asked, alone[1].asked)


def test_a_run_begins_with_who_lies_there_and_ends_with_everybody_accounted_for(
    model: PlacedModel, outcome: Outcome
) -> None:
    lying = [s for s in model.hospital.stays if s.state is not StayState.BOOKED and s.with_stay_id is None]
    assert outcome.lying == len(lying)
    everybody = np.ones(outcome.asked.size, np.bool_)
    assert present_by_minute(outcome, NOW, everybody)[0] == len(lying)
    there = outcome.asked < outcome.end
    assert set(outcome.state[there]) <= {WAITING, BOOKED, LYING, LEFT, REFUSED}
    assert (outcome.state[: len(lying)] == LEFT).any()
    assert (outcome.state[len(lying) :] == LEFT).any()
    assert not outcome.came[outcome.state == REFUSED].max(initial=-1) >= 0


def test_nobody_shares_a_bed(outcome: Outcome) -> None:
    came = np.flatnonzero(outcome.came >= 0)
    until = np.where(outcome.left < 0, outcome.end, outcome.left)
    order = came[np.lexsort((outcome.came[came], outcome.bed[came]))]
    same_bed = outcome.bed[order[1:]] == outcome.bed[order[:-1]]
    assert same_bed.any()
    assert (outcome.came[order[1:]] >= until[order[:-1]])[same_bed].all()


def test_every_policy_and_every_hospital_meets_the_same_patients(
    model: PlacedModel, outcome: Outcome
) -> None:
    more = replace(model, policy=Policy.FIRST_FIT, extra_beds={model.hospital.wards[0].id: 2})
    other = simulate(more, seed=1, minutes=DAYS * MINUTES_PER_DAY)
    assert np.array_equal(other.asked, outcome.asked)
    assert np.array_equal(other.needed_by, outcome.needed_by)
    assert not np.array_equal(other.bed, outcome.bed)


def test_more_beds_let_more_lie_there_and_closed_ones_fewer(model: PlacedModel) -> None:
    ward = model.hospital.wards[0].id
    base, wide, narrow = (
        numbers(simulate(each, seed=1, minutes=DAYS * MINUTES_PER_DAY), 0.0)
        for each in (
            model,
            replace(model, extra_beds={ward: 6}),
            replace(model, closed_beds={ward: 12}),
        )
    )
    key = Key("present_mean")
    assert narrow[key] < base[key] <= wide[key]


def test_a_surge_brings_more_patients_while_it_lasts_and_no_others_after(model: PlacedModel) -> None:
    middle = NOW + 3 * MINUTES_PER_DAY
    surge = Surge("flu", (), NOW, middle, 3.0)
    base, more = (
        simulate(replace(model, surges=surges), seed=1, minutes=DAYS * MINUTES_PER_DAY)
        for surges in ((), (surge,))
    )
    assert (more.asked < middle).sum() > 2 * (base.asked < middle).sum() - 2 * base.lying
    assert np.array_equal(more.asked[more.asked >= middle], base.asked[base.asked >= middle])


def test_time_in_hospital_begins_with_the_bed_and_not_with_the_request(outcome: Outcome) -> None:
    """Elective patients ask weeks before they come."""
    rows = np.flatnonzero(outcome.state == LEFT)
    rows = rows[rows >= outcome.lying]
    assert (outcome.came[rows] > outcome.asked[rows]).any()
    hours = (outcome.left[rows] - outcome.came[rows]).mean() / 60
    assert numbers(outcome, 0.0)[Key("stay_mean", ALL, ALL)] == pytest.approx(hours)


# --- policies -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def district() -> PlacedModel:
    return PlacedModel(generate("district", 1, NOW), NOW)


def beds_given(model: PlacedModel, minutes: int = MINUTES_PER_DAY) -> tuple[Outcome, np.ndarray]:
    outcome = simulate(model, seed=1, minutes=minutes, log=True)
    return outcome, outcome.log[outcome.log[:, 2] >= 0]


def test_first_fit_gives_the_lowest_bed_that_is_free_soonest(district: PlacedModel) -> None:
    """Of two who ask for the same, the later one gets a bed that is free later or whose id comes after."""
    compiled = Compiled(replace(district, policy=Policy.FIRST_FIT))
    ids = [compiled.arrays.bed_ids[number] for number in compiled.orders[0]]
    assert ids == sorted(ids)
    best, first = (
        beds_given(replace(district, policy=policy))[1] for policy in (Policy.PRODUCTION, Policy.FIRST_FIT)
    )
    rank = np.argsort(compiled.orders[0])
    assert rank[first[:40, 2]].mean() < rank[best[:40, 2]].mean()


def test_guarded_beds_are_given_to_the_urgent_alone(district: PlacedModel) -> None:
    guarded = {ward.id: 1000 for ward in district.hospital.wards}
    outcome, given = beds_given(replace(district, policy=Policy.GUARD_BEDS, kept_free=guarded))
    assert given.size
    assert set(outcome.priority[given[:, 1]]) <= {0, 1}
    outcome, given = beds_given(replace(district, policy=Policy.GUARD_BEDS))
    assert set(outcome.priority[given[:, 1]]) >= {2, 3}


def test_the_nearest_ward_keeps_patients_nearer_to_their_speciality_than_first_fit(
    district: PlacedModel,
) -> None:
    near, first = (
        numbers(simulate(replace(district, policy=policy), seed=1, minutes=MINUTES_PER_DAY), 0.0)
        for policy in (Policy.NEAREST_WARD, Policy.FIRST_FIT)
    )
    assert near[Key("outlying_share")] < first[Key("outlying_share")]


def test_weights_of_the_profile_are_those_of_the_decision(district: PlacedModel) -> None:
    free = replace(district.profile, weights={"speciality": 0})
    usual, careless = (
        numbers(simulate(replace(district, profile=profile), seed=1, minutes=MINUTES_PER_DAY), 0.0)
        for profile in (district.profile, free)
    )
    assert usual[Key("outlying_share")] < careless[Key("outlying_share")]
