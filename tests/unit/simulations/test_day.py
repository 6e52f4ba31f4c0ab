"""A day in this process: nobody is lost, the same day twice is the same, first-fit is first fit."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from simulations.day import Draw, Policy, plan, play_here
from simulations.day_events import Ask, AskBadly, Day, Expect, Leave, Truth, Upset, in_order
from simulations.day_hospital import DayHospital
from simulations.day_outcome import Fate, floor_minutes, paired, wait_of, weighted_minutes
from simulations.day_plan import morning_of
from simulations.day_play import Player, State
from simulations.demand import Arrival
from solver.hospital import (
    Bed,
    BedKind,
    Care,
    Feature,
    OperationalStatus,
    Person,
    Priority,
    Request,
    Sex,
    Stay,
    StayState,
)
from solver.placing.bounds import Bounds
from tests.api_service import NOW, small_hospital

MORNING = morning_of(date(2026, 3, 2))
WARD_DAY = Draw("ward", 3, load=1.6)
BOTH = pytest.mark.parametrize("policy", list(Policy))


@pytest.fixture(scope="module")
def day() -> Day:
    return plan(WARD_DAY, MORNING)


def a_day(*events, truth=None, hours=12) -> Day:
    """A day of the small hospital of the API's tests."""
    end = NOW + 60 * hours
    return Day(small_hospital(), NOW, end, end, in_order(list(events)), truth or {})


def ask(number, minute=NOW, **changes) -> Ask:
    person = Person(f"p{number}", Sex.FEMALE, NOW - 40 * 525_960)
    request = Request(
        f"r{number}",
        person.id,
        changes.pop("priority", Priority.URGENT),
        Care("medicine"),
        minute,
        minute,
        600,
    )
    return Ask(minute, Arrival(minute, person, replace(request, **changes)))


def closed(kind, minute=NOW, **about) -> Upset:
    return Upset(minute, kind, kind, {"reason": "leak", "until": minute + 10_000, **about})


# --- drawing ------------------------------------------------------------------------------------------------
def test_the_same_seed_draws_the_same_day_and_another_seed_another() -> None:
    again = plan(WARD_DAY, MORNING)
    assert again == plan(WARD_DAY, MORNING)
    assert again.events != plan(replace(WARD_DAY, seed=4), MORNING).events


def test_a_district_day_has_every_mishap_and_emergencies_at_night() -> None:
    day = plan(Draw("district", 1), MORNING)
    kinds = [event.kind for event in day.events if isinstance(event, Upset)]
    assert kinds == ["isolation_on", "room_exposure", "unit_broken", "ward_closed", "nurse_absent"]
    night = [
        event.arrival.request for event in day.asked if MORNING + 19 * 60 <= event.minute < MORNING + 20 * 60
    ]
    assert sum(request.priority is Priority.EMERGENCY for request in night) >= 6
    assert sum(isinstance(event, AskBadly) for event in day.events) == 4
    broken = next(event for event in day.events if isinstance(event, Upset) and event.kind == "unit_broken")
    assert broken.about["unit_id"].startswith("ventilator")


def test_the_events_are_in_order_and_beds_come_free_before_anybody_asks(day: Day) -> None:
    assert list(day.events) == sorted(day.events, key=lambda event: (event.minute, event.turn))
    assert Leave(0, "x").turn < Expect(0, "x", 1).turn < Upset(0, "k", "t").turn < ask(1).turn


def test_who_accompanies_a_patient_has_no_departure_of_their_own() -> None:
    """Told of a cot's stay alone, the service named the mother's and refused; the demo ended there."""
    day = plan(Draw("district", 1), MORNING)
    beside = {stay.id for stay in day.hospital.stays if stay.with_stay_id is not None}
    told = {event.stay_id for event in day.events if isinstance(event, Expect | Leave)}
    assert beside
    assert not told & beside
    _, ledger, _ = play_here(day, Policy.FIRST_FIT)
    assert not beside & {lying.patient for lying in ledger.lying}


def test_the_roster_reaches_two_days_behind_the_play(day: Day) -> None:
    assert max(shift.end for shift in day.hospital.shifts) >= day.end + 2 * 1440


# --- playing ------------------------------------------------------------------------------------------------
@BOTH
def test_every_request_is_placed_waiting_escalated_or_invalid(day: Day, policy: Policy) -> None:
    outcome, ledger, _ = play_here(day, policy)
    invalid = sum(isinstance(event, AskBadly) for event in day.events)
    assert outcome.requests == len(day.asked) + invalid
    assert outcome.placed + outcome.waiting + outcome.escalated + outcome.invalid == outcome.requests
    assert set(ledger.entries) == {event.arrival.request.id for event in day.asked}
    assert sum(waits.count for waits in outcome.waits.values()) == len(day.asked)


@BOTH
def test_the_same_day_is_played_the_same_twice(day: Day, policy: Policy) -> None:
    first, one, _ = play_here(day, policy)
    second, other, _ = play_here(day, policy)
    assert first == second
    assert one.lying == other.lying


@BOTH
def test_no_decision_breaks_a_hard_rule_and_nobody_lies_two_in_a_bed(day: Day, policy: Policy) -> None:
    outcome, ledger, _ = play_here(day, policy)
    assert outcome.broken == {}
    by_bed: dict[str, list[tuple[int, int]]] = {}
    for lying in ledger.lying:
        by_bed.setdefault(lying.bed_id, []).append((lying.start, lying.end))
    for spans in by_bed.values():
        spans.sort()
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_first_fit_takes_the_first_bed_by_id_at_the_earliest_start() -> None:
    """B4 is an isolation room and C1, C2 are surgery: best keeps B2 for last of the plain ones it likes as well."""
    hospital = small_hospital()
    backwards = replace(hospital, beds=tuple(reversed(hospital.beds)))
    day = replace(a_day(*(ask(number) for number in range(5))), hospital=backwards)
    _, ledger, _ = play_here(day, Policy.FIRST_FIT)
    assert [entry.standing.bed_id for entry in ledger.entries.values()] == ["B2", "B3", "B4", "C1", "C2"]


def test_first_fit_waits_in_order_of_arrival_and_best_in_order_of_urgency() -> None:
    full = [ask(number, duration_minutes=5000) for number in range(5)]
    later = [
        ask(10, NOW + 10, priority=Priority.ROUTINE, max_wait_minutes=0),
        ask(11, NOW + 20, priority=Priority.EMERGENCY, max_wait_minutes=0),
    ]
    truth = {"r0": Truth(120, 0)}
    day = a_day(*full, *later, truth=truth)
    placed = {}
    for policy in Policy:
        _, ledger, _ = play_here(day, policy)
        arrived = [r for r, e in ledger.entries.items() if e.arrived_at is not None]
        placed[policy] = [request_id for request_id in arrived if request_id in ("r10", "r11")]
    assert placed == {Policy.BEST: ["r11"], Policy.FIRST_FIT: ["r10"]}


@BOTH
def test_a_closed_bay_gets_nobody(policy: Policy) -> None:
    exposure = Upset(
        NOW, "room_exposure", "exposure", {"room_id": "R1", "organism": "x", "until": NOW + 5000}
    )
    day = a_day(exposure, *(ask(number, NOW + 5) for number in range(5)))
    _, ledger, _ = play_here(day, policy)
    room_of = {bed.id: bed.room_id for bed in day.hospital.beds}
    given = [e.standing.bed_id for e in ledger.entries.values() if e.standing.state is not State.WAITING]
    # Of the two who have waited too long, best books a place behind those who came before them.
    assert len(given) == (3 if policy is Policy.FIRST_FIT else 5)
    assert not any(room_of[bed_id] == "R1" for bed_id in given)


@BOTH
def test_who_is_booked_into_a_ward_that_closes_goes_elsewhere_and_who_lies_there_stays(
    policy: Policy,
) -> None:
    day = a_day(
        ask(1, NOW, needed_by=NOW + 120),
        closed("ward_closed", NOW + 60, ward_id="W1"),
    )
    hospital = DayHospital(day.hospital, day.start, policy)
    ledger = Player(day, hospital).play()
    assert ledger.entries["r1"].standing.bed_id in ("C1", "C2")
    assert hospital.live.records.stays["st-1"].bed_id == "B1"


def test_an_occupant_who_stays_too_long_delays_who_comes_next_and_is_not_moved() -> None:
    only = {"B1"}
    hospital = small_hospital()
    beds = tuple(bed if bed.id in only else replace(bed, staffed=False) for bed in hospital.beds)
    stays = tuple(replace(stay, end=NOW + 60) for stay in hospital.stays)
    day = a_day(ask(1, NOW, max_wait_minutes=600), Leave(NOW + 200, "st-1"))
    day = replace(day, hospital=replace(hospital, beds=beds, stays=stays))
    _, ledger, _ = play_here(day, Policy.BEST)
    arrived = ledger.entries["r1"].arrived_at
    assert arrived is not None
    assert arrived >= NOW + 200 + day.hospital.cleaning.discharge


def test_a_nurse_who_is_absent_is_counted_below_the_floor_only_while_patients_need_her() -> None:
    day = a_day(ask(1), hours=4)
    _, ledger, hospital = play_here(day, Policy.BEST)
    assert floor_minutes(ledger, hospital.roster()) == 0
    nobody = [replace(shift, absent=True) for shift in hospital.roster() if shift.ward_id == "W1"]
    assert floor_minutes(ledger, nobody) == 4 * 60


# --- counting -----------------------------------------------------------------------------------------------
def test_who_still_waits_is_counted_until_the_end_and_escalated_beyond_the_target() -> None:
    needs = Care("medicine", care_level=3)
    day = a_day(ask(1, care=needs), ask(2, NOW + 11 * 60, care=needs, priority=Priority.ROUTINE), hours=12)
    outcome, ledger, _ = play_here(day, Policy.BEST)
    assert wait_of(ledger.entries["r1"], day.end) == 12 * 60
    assert [item.fate for item in outcome.unplaced] == [Fate.ESCALATED, Fate.ESCALATED]
    assert outcome.unplaced[0].fits_from is None
    assert outcome.unplaced[0].call
    assert outcome.weighted_minutes == 20 * 12 * 60 + 60


def test_a_wait_that_fits_later_and_is_within_its_target_is_waiting() -> None:
    hospital = small_hospital()
    beds: tuple[Bed, ...] = tuple(
        bed if bed.id == "B1" else replace(bed, staffed=False) for bed in hospital.beds
    )
    day = replace(a_day(ask(1, max_wait_minutes=1000)), hospital=replace(hospital, beds=beds))
    outcome, _, _ = play_here(day, Policy.BEST)
    assert [item.fate for item in outcome.unplaced] == [Fate.WAITING]
    assert outcome.unplaced[0].fits_from == NOW + 1440 + 45


def test_paired_differences_come_with_their_interval() -> None:
    """Differences -1, -2, -3: mean -2, deviation 1, t(0.975, 2) = 4.3027."""
    found = paired([1, 2, 3], [2, 4, 6])
    assert found.mean == -2
    assert found.low == pytest.approx(-2 - 4.3027 / 3**0.5, abs=1e-4)
    assert found.high == pytest.approx(-2 + 4.3027 / 3**0.5, abs=1e-4)
    assert (found.lower, found.equal, found.higher) == (3, 0, 0)
    with pytest.raises(ValueError, match="two or more"):
        paired([1], [2])


def test_an_infected_patient_is_moved_only_into_another_room() -> None:
    occupant = Stay("st-2", "known-1", "B2", NOW - 100, NOW + 3000, Care("medicine"), StayState.OCCUPYING)
    hospital = small_hospital()
    about = {
        "person_id": "occ-1",
        "isolation": ("droplet",),
        "infections": ({"organism": "influenza_a", "status": "confirmed"},),
    }
    day = replace(
        a_day(Upset(NOW + 30, "isolation_on", "influenza", about)),
        hospital=replace(hospital, stays=(*hospital.stays, occupant)),
    )
    outcome, ledger, _ = play_here(day, Policy.BEST)
    lain = Counter((lying.patient, lying.bed_id) for lying in ledger.lying)
    moved = next(bed_id for patient, bed_id in lain if patient == "st-1" and bed_id != "B1")
    assert moved == "B4"
    assert outcome.transfers == 1


def test_a_baby_is_expected_to_lie_there_as_long_as_the_mother() -> None:
    """The mother's end moved on and the baby's did not: the cot in which it lay was given to the next."""
    hospital = small_hospital()
    mother = replace(hospital.stays[0], end=NOW + 60)
    baby = replace(mother, id="st-2", person_id="baby", bed_id="K1", with_stay_id=mother.id)
    hospital = replace(
        hospital,
        beds=(*hospital.beds, Bed("K1", "R1", BedKind.COT)),
        persons=(*hospital.persons, Person("baby", Sex.MALE, NOW - 1440)),
        stays=(mother, baby),
    ).checked()
    driver = DayHospital(hospital, NOW, Policy.BEST)
    driver.advance(NOW + 90)
    assert {stay.end for stay in driver.live.records.stays.values()} == {NOW + 150}
    driver.expect("st-1", NOW + 400)
    assert {stay.end for stay in driver.live.records.stays.values()} == {NOW + 400}
    driver.leave("st-1")
    assert driver.live.records.stays == {}
    assert driver.live.records.beds["K1"].status is OperationalStatus.HOUSEKEEPING


# --- displacing ---------------------------------------------------------------------------------------------
def single(number, minute, priority, needed_by, **changes) -> Ask:
    """Someone who can only lie in B4, for ten hours."""
    care = Care("medicine", features=frozenset({Feature.NEGATIVE_PRESSURE}))
    return ask(number, minute, priority=priority, care=care, needed_by=needed_by, **changes)


@pytest.mark.parametrize(("policy", "starts"), [(Policy.BEST, 5), (Policy.FIRST_FIT, None)])
def test_an_emergency_takes_the_bed_booked_ahead_by_somebody_who_can_wait(policy, starts) -> None:
    booked = single(1, NOW, Priority.ROUTINE, NOW + 180, max_wait_minutes=1440)
    comes = single(2, NOW + 5, Priority.EMERGENCY, NOW + 5, max_wait_minutes=60)
    outcome, ledger, hospital = play_here(a_day(booked, comes), policy)
    displaced, given = hospital.cases["r1"], ledger.entries["r2"].standing
    if starts is None:
        assert (displaced.displaced, given.state) == (False, State.WAITING)
    else:
        assert (given.bed_id, ledger.entries["r2"].arrived_at) == ("B4", NOW + starts)
        assert displaced.displaced
        assert displaced.allocation.start > NOW + 600
    assert outcome.broken == {}


def test_who_is_displaced_and_cannot_come_later_waits() -> None:
    booked = single(1, NOW, Priority.ROUTINE, NOW + 180, max_wait_minutes=0)
    comes = single(2, NOW + 5, Priority.EMERGENCY, NOW + 5, max_wait_minutes=60)
    _, ledger, hospital = play_here(a_day(booked, comes, hours=2), Policy.BEST)
    assert ledger.entries["r1"].standing.state is State.WAITING
    assert (hospital.cases["r1"].displaced, hospital.cases["r1"].allocation) == (True, None)


def test_nobody_is_displaced_twice() -> None:
    booked = single(1, NOW, Priority.ROUTINE, NOW + 180, max_wait_minutes=1440)
    first = single(2, NOW + 5, Priority.EMERGENCY, NOW + 5, max_wait_minutes=60)
    second = single(3, NOW + 10, Priority.EMERGENCY, NOW + 615, max_wait_minutes=60)
    _, ledger, hospital = play_here(a_day(booked, first, second, hours=9), Policy.BEST)
    assert ledger.entries["r2"].arrived_at == NOW + 5
    assert hospital.cases["r1"].allocation is not None
    assert ledger.entries["r3"].standing.state is State.WAITING
    without = a_day(single(1, NOW, Priority.ROUTINE, NOW + 700, max_wait_minutes=1440), second, hours=9)
    _, ledger, _ = play_here(without, Policy.BEST)
    assert ledger.entries["r3"].standing.start == NOW + 615


def test_displacing_cuts_the_waiting_of_crowded_days_weighed_by_priority() -> None:
    """Their sum: an exchange is worth it by what is known when it is made; a single day may turn out otherwise."""
    waits: Counter[int] = Counter()
    displaced: Counter[int] = Counter()
    for seed, tries in itertools.product((1, 2, 3), (0, 8)):
        day = plan(replace(WARD_DAY, seed=seed), MORNING)
        hospital = DayHospital(day.hospital, day.start, Policy.BEST, bounds=Bounds(tries=tries))
        waits[tries] += weighted_minutes(Player(day, hospital).play())
        displaced[tries] += sum(case.displaced for case in hospital.cases.values())
        assert not hospital.breaches.by_decision
    assert displaced[0] == 0 < displaced[8]
    assert waits[8] < waits[0]
