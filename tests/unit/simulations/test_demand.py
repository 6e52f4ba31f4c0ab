"""The request stream: who comes when, and that one stream never changes another."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulations.demand import (
    BATCH_HORIZON,
    Arrival,
    batch,
    census_minute,
    free_bed_minutes,
    requests,
    true_departures,
    true_durations,
)
from simulations.demand_wards import sources
from simulations.hospital import generate
from simulations.hospital_profiles import FORECAST_SIGMA, MAX_WAIT_MINUTES, PROFILES, Profile
from solver.hospital import (
    Companion,
    Feature,
    Hospital,
    Isolation,
    Priority,
    StayState,
    from_minute,
)
from solver.hospital.timegrid import local_minute

NOW = 29_000_000
WEEK = 7 * 1440


@cache
def district() -> Hospital:
    return generate("district", 1, NOW)


@cache
def weeks(seed: int = 5, load: float = 1.0) -> tuple[Arrival, ...]:
    """Four weeks of a district hospital."""
    return requests(district(), seed, NOW, 4 * WEEK, load)


def test_requests_are_sorted_lie_inside_the_window_and_have_their_person() -> None:
    minutes = [arrival.minute for arrival in weeks()]
    assert minutes == sorted(minutes)
    assert minutes[0] >= NOW
    assert minutes[-1] < NOW + 4 * WEEK
    for arrival in weeks():
        assert arrival.request.person_id == arrival.person.id
        assert arrival.request.decided_at < arrival.minute <= arrival.request.needed_by


def test_the_same_seed_gives_the_same_requests_and_ids_never_meet() -> None:
    day = requests(district(), 5, NOW, 1440)
    assert day == requests(district(), 5, NOW, 1440)
    other = requests(district(), 6, NOW, 1440)
    again = requests(district(), 5, NOW, 1440, replication=1)
    ids = [{a.request.id for a in run} | {a.person.id for a in run} for run in (day, other, again)]
    assert not ids[0] & ids[1]
    assert not ids[0] & ids[2]
    assert len({a.request.id for a in day}) == len(day)


def test_at_load_one_the_beds_are_asked_for_once_and_a_half_at_one_and_a_half() -> None:
    capacity = 4 * WEEK * sum(source.beds for source in sources(district()))
    for load in (1.0, 1.5):
        asked = sum(arrival.request.duration_minutes for arrival in weeks(load=load))
        assert asked / capacity == pytest.approx(load, rel=0.1)


def mean_up_to(profile: Profile, limit: int) -> float:
    """Mean of the log-normal stay where longer ones count ``limit`` minutes."""
    rng = np.random.default_rng(1)
    median, sigma = profile.stay
    return float(np.minimum(1440 * median * np.exp(rng.normal(0, sigma, 20_000)), limit).mean())


def test_occupants_leave_at_the_pace_at_which_load_one_sends_new_ones() -> None:
    """Renewal theory: of ``n`` occupants ``n E[min(stay, t)] / E[stay]`` leave within ``t``, here 4 days."""
    hospital = generate("region", 2, NOW, occupancy=1.0)
    inpatient = {s.ward.id for s in sources(hospital) if s.hours == (0, 0)}
    room_ward = {room.id: room.ward_id for room in hospital.rooms}
    bed_ward = {bed.id: room_ward[bed.room_id] for bed in hospital.beds}
    leave = sum(
        stay.end < NOW + 4 * 1440 and bed_ward[stay.bed_id] in inpatient
        for stay in hospital.stays
        if stay.state is StayState.OCCUPYING and stay.with_stay_id is None
    )
    expected = sum(
        s.beds * mean_up_to(s.profile, 4 * 1440) / s.profile.mean_stay_minutes
        for s in sources(hospital)
        if s.ward.id in inpatient
    )
    assert leave == pytest.approx(expected, rel=0.08)


def test_nights_are_quiet_and_weekends_have_few_planned_admissions() -> None:
    local = [from_minute(a.minute, "Asia/Shanghai") for a in weeks()]
    hours = Counter(moment.hour for moment in local)
    assert sum(hours[h] for h in range(1, 6)) < 0.3 * sum(hours[h] for h in range(9, 14))
    planned = [m for m, a in zip(local, weeks(), strict=True) if a.request.priority is Priority.ROUTINE]
    assert not [moment for moment in planned if moment.hour < 5 or moment.hour > 18]
    days = Counter(moment.weekday() for moment in planned)
    assert days[5] < 0.5 * days[1]


@pytest.mark.parametrize(
    ("priority", "minutes"),
    [(Priority.EMERGENCY, 120), (Priority.URGENT, 240), (Priority.SOON, 480), (Priority.ROUTINE, 720)],
)
def test_each_priority_waits_no_longer_than_its_limit(priority: Priority, minutes: int) -> None:
    waits = {a.request.max_wait_minutes for a in weeks() if a.request.priority is priority}
    assert waits == {minutes} == {MAX_WAIT_MINUTES[priority]}


def test_bundles_have_equipment_drugs_skills_isolation_and_companions() -> None:
    asked = [arrival.request for arrival in weeks()]
    types = {need.type_id for request in asked for need in request.equipment}
    drugs = {need.drug_id for request in asked for need in request.drugs}
    assert {"infusion_pump", "ventilator_intensive"} <= types <= {t.id for t in district().equipment_types}
    assert {"heparin", "red_cells"} <= drugs <= {drug.id for drug in district().drugs}
    skills = {skill for request in asked for skill in request.care.skills}
    assert skills == {"ventilator", "midwife", "paediatric", "neonatal", "dialysis", "chemotherapy"}
    assert {request.companion for request in asked} == set(Companion)
    assert {i for arrival in weeks() for i in arrival.person.isolation} == set(Isolation)
    assert {request.care.care_level for request in asked} == {0, 1, 2, 3}


def test_nobody_is_asked_to_take_what_they_are_allergic_to() -> None:
    substances = {drug.id: drug.substance for drug in district().drugs}
    allergic = [arrival for arrival in weeks() if arrival.person.allergies]
    assert allergic
    for arrival in allergic:
        assert not {substances[need.drug_id] for need in arrival.request.drugs} & arrival.person.allergies


def test_ages_suit_a_ward_that_takes_the_speciality() -> None:
    for arrival in weeks():
        takes = [
            ward
            for ward in district().wards
            if not ward.specialities or arrival.request.care.speciality in ward.specialities
        ]
        age = arrival.person.age_years(arrival.request.needed_by)
        assert age is not None
        assert any(ward.age_from_years <= age < ward.age_until_years for ward in takes)


def test_who_draws_on_a_pool_says_so() -> None:
    for arrival in weeks():
        care = arrival.request.care
        assert (Feature.TELEMETRY_CHANNEL in care.features) == (care.pooled.telemetry_channels == 1)
        assert (Feature.OXYGEN in care.features) == (care.pooled.oxygen_flow > 0)


def test_day_cases_are_wanted_inside_opening_hours() -> None:
    day = [a.request for a in weeks() if a.request.care.speciality == "day_case"]
    assert day
    for request in day:
        start = from_minute(request.needed_by, "Asia/Shanghai")
        closes = local_minute(start.date(), 19 * 60, "Asia/Shanghai")
        assert start.hour >= 7
        assert request.needed_by + request.duration_minutes <= closes


def test_closing_one_ward_changes_no_other_wards_patients() -> None:
    hospital = district()
    without = {room.id for room in hospital.rooms if room.ward_id == "ICU1"}
    smaller = replace(
        hospital, beds=tuple(replace(b, staffed=b.room_id not in without) for b in hospital.beds)
    )
    before = requests(hospital, 5, NOW, WEEK)
    after = requests(smaller, 5, NOW, WEEK)

    def people(run: tuple[Arrival, ...]) -> set[object]:
        return {replace(arrival.person, id="x") for arrival in run}

    assert len(after) < len(before)
    assert people(after) < people(before)


def test_a_batch_is_needed_at_once_and_asks_for_its_load_of_free_bed_minutes() -> None:
    for seed in range(3):
        for load in (0.95, 1.05):
            mass = batch(district(), seed, 200, load, NOW)
            assert len(mass) == 200
            assert {a.minute for a in mass} == {a.request.needed_by for a in mass} == {NOW}
            asked = sum(min(a.request.duration_minutes, BATCH_HORIZON) for a in mass)
            free = free_bed_minutes(district(), NOW, BATCH_HORIZON)
            assert asked / free == pytest.approx(load, rel=0.01)


def test_a_load_that_too_few_patients_cannot_make_is_not_made_by_endless_stays() -> None:
    few = batch(district(), 1, 5, 1.0, NOW)
    plain = [PROFILES[a.request.care.speciality].stay[0] for a in few if a.request.care.care_level < 2]
    assert max(a.request.duration_minutes for a in few) <= 60 * 1440
    assert plain


def test_a_batch_without_a_minute_happens_at_the_census() -> None:
    assert {a.minute for a in batch(district(), 1, 3)} == {census_minute(district())}
    assert NOW - 30 <= census_minute(district()) <= NOW


def test_true_stays_scatter_around_the_forecast_without_bias() -> None:
    arrivals = weeks(load=1.5)
    truth = true_durations(arrivals, 7)
    long = [a.request for a in arrivals if 1440 < a.request.duration_minutes < 20 * 1440]
    ratios = np.array([truth[request.id] / request.duration_minutes for request in long])
    assert ratios.mean() == pytest.approx(1.0, abs=0.03)
    assert np.log(ratios).std() == pytest.approx(FORECAST_SIGMA, rel=0.1)
    assert true_durations(arrivals, 7) == truth != true_durations(arrivals, 7, replication=1)


def test_everybody_who_lies_in_bed_leaves_some_time_and_companions_leave_together() -> None:
    leaves = true_departures(district(), 7, NOW)
    lying = [stay for stay in district().stays if stay.state is StayState.OCCUPYING]
    assert set(leaves) == {stay.id for stay in lying}
    assert min(leaves.values()) > NOW
    for stay in lying:
        if stay.with_stay_id is not None:
            assert leaves[stay.id] == leaves[stay.with_stay_id]


def test_any_hospital_has_a_stream_even_one_whose_specialities_nobody_knows() -> None:
    ward = generate("ward", 1, NOW)
    renamed = replace(ward, wards=tuple(replace(w, specialities=frozenset({"podology"})) for w in ward.wards))
    assert {source.profile.speciality for source in sources(renamed)} == {"medicine"}
    assert requests(renamed, 1, NOW, WEEK)
