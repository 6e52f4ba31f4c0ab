"""The problem of admissions of a live hospital: one admission time a day, rooms by who may share them, who is fixed."""

from dataclasses import replace

import pytest

from solver.admissions.arrays import compiled
from solver.admissions.formats import problem_from_document, problem_to_document, read_problem
from solver.admissions.layout import NURSE
from solver.admissions.live import (
    NO_DAY,
    NO_ROOM,
    NO_THEATRE,
    LiveRoom,
    Lying,
    Terms,
    Waiting,
    admission_minutes,
    live_problem,
)
from solver.admissions.problem import Weights
from solver.admissions.search import has_choice_of_nurses, search
from solver.admissions.solve import solve
from solver.engine.result import Budget, Unobserved
from solver.hospital import Sex, SexPolicy
from solver.hospital.timegrid import from_minute
from tests.admission_cases import public

MONDAY, DAYS, HOUR, DAY = 20_521, 5, 60, 1440
"""2026-03-09."""
WEEK = (480, 480, 480, 480, 480, 0, 0)
TERMS = Terms(
    600, {"OR": WEEK}, {"SG": (0, 240, 240, 0, 0, 0, 0)}, (18, 65), Weights(5, 0, 0, 0, 30, 5, 10, 350)
)
NOON = admission_minutes(TERMS, MONDAY, DAYS, "UTC")
BAY = LiveRoom("bay", SexPolicy.FIRST, ("b1", "b2"))
SINGLE = LiveRoom("single", SexPolicy.FIRST, ("s1",))
MIXED = LiveRoom("mixed", SexPolicy.MIXED, ("m1", "m2"))
WOMEN = LiveRoom("women", SexPolicy.FEMALE, ("w1", "w2"))
EVERY_BED = frozenset({"b1", "b2", "s1", "m1", "m2", "w1", "w2"})
HER = Waiting("q", Sex.FEMALE, 40, NOON[0], NOON[4], DAY, EVERY_BED)


def live(*waiting, rooms=(BAY, SINGLE, MIXED, WOMEN), lying=(), terms=TERMS):
    return live_problem(terms, MONDAY, DAYS, "UTC", rooms, lying, waiting)


def rooms_for(one, **more):
    """Rooms, each as many times as it counts, that somebody may have."""
    found = live(one, **more)
    if found.without:
        return dict(found.without)
    [patient] = [p for p in found.problem.patients if p.id in found.requests]
    return sorted(found.rooms[r][0] for r in found.rooms.keys() - patient.incompatible_rooms)


def test_admission_is_at_the_same_time_by_the_clock_also_when_the_clock_changes():
    days = admission_minutes(TERMS, MONDAY + 18, 3, "Europe/Berlin")
    told = [from_minute(minute, "Europe/Berlin").strftime("%m-%d %H:%M") for minute in days]
    assert told == ["03-27 10:00", "03-28 10:00", "03-29 10:00", "03-30 10:00"]
    assert days[2] - days[1] == 23 * HOUR


@pytest.mark.parametrize(
    ("changes", "rooms"),
    [
        ({}, ["bay", "mixed", "mixed", "single", "women"]),
        ({"sex": Sex.MALE}, ["bay", "mixed", "mixed", "single"]),
        ({"sex": Sex.UNKNOWN}, ["single"]),
        ({"alone": True}, ["single"]),
        ({"beds": EVERY_BED - {"b2", "m1"}}, ["mixed", "single", "women"]),
        ({"beds": frozenset({"b1"})}, {"q": NO_ROOM}),
    ],
    ids=["she", "he", "sex_unknown", "alone", "a_bed_does_not_suit", "no_room_suits"],
)
def test_a_patient_has_the_rooms_whose_every_bed_suits_and_where_they_may_share(changes, rooms):
    assert rooms_for(replace(HER, **changes)) == rooms


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (NOON[0], NOON[4], (0, 4)),
        (NOON[0] + 1, NOON[4] - 1, (1, 3)),
        (NOON[0] - 9 * DAY, NOON[1], (0, 1)),
        (NOON[3], NOON[4] + 9 * DAY, (3, 4)),
        (NOON[1] + 1, NOON[2] - 1, None),
        (NOON[4] + 1, NOON[4] + DAY, None),
    ],
    ids=["whole", "a_minute_less", "since_long", "still_long", "between_two_times", "after_the_plan"],
)
def test_whoever_waits_may_come_at_the_admission_times_in_their_window(first, last, days):
    found = live(replace(HER, first=first, last=last))
    if days is None:
        assert found.without == {"q": NO_DAY}
        return
    [patient] = found.problem.patients
    assert (patient.release, patient.due) == days


def test_a_stay_takes_every_day_that_it_or_its_cleaning_touches():
    stays = [
        live(replace(HER, minutes=m)).problem.patients[0].length_of_stay for m in (1, DAY, DAY + 1, 99 * DAY)
    ]
    assert stays == [1, 1, 2, DAYS]


def test_a_surgery_needs_a_day_on_which_surgeon_and_theatre_have_the_minutes():
    operated = replace(HER, surgeon="SG", surgery=240)
    [patient] = live(operated).problem.patients
    assert (patient.duration, patient.release) == (240, 0)
    assert live(replace(operated, surgery=241)).without == {"q": NO_THEATRE}
    assert live(replace(operated, first=NOON[3])).without == {"q": NO_THEATRE}
    plan = solve(live(operated).problem, Budget(iterations=5_000), 1).plan
    assert plan is not None
    assert plan.admissions[0].day in (1, 2), "the surgeon operates on Tuesdays and Wednesdays"


def lies(bed, start, end, sex=Sex.FEMALE, **more):
    return Lying(bed, sex, 70, NOON[0] + start, NOON[0] + end, **more)


def test_who_lies_there_and_who_is_booked_later_keep_their_rooms_and_days():
    here, coming = lies("b1", -DAY, DAY + 1), lies("s1", 2 * DAY + HOUR, 3 * DAY)
    gone, beyond = lies("b2", -DAY, 0), lies("b2", DAYS * DAY, 9 * DAY)
    found = live(HER, lying=(here, coming, gone, beyond)).problem
    [occupant] = found.occupants
    assert (occupant.length_of_stay, occupant.age_group) == (2, 2)
    booked = [p for p in found.patients if p.id.startswith("b")]
    assert [(p.mandatory, p.release, p.due, p.length_of_stay, p.duration) for p in booked] == [
        (True, 2, 2, 1, 0)
    ]
    assert len(found.rooms) - len(booked[0].incompatible_rooms) == 1


def test_two_who_have_a_bed_one_after_the_other_on_a_day_do_not_count_twice():
    first, second = lies("s1", -DAY, DAY + HOUR), lies("s1", DAY + 2 * HOUR, 3 * DAY, Sex.MALE)
    found = live(HER, lying=(first, second), rooms=(SINGLE, MIXED)).problem
    assert [one.length_of_stay for one in found.occupants] == [1]
    assert [one.release for one in found.patients if one.id.startswith("b")] == [1]
    assert solve(found, Budget(iterations=5_000), 1).verified


@pytest.mark.parametrize(
    "lying",
    [
        (lies("b1", 0, DAY), lies("b2", 0, DAY, Sex.MALE)),
        (lies("b1", 0, DAY), lies("b1", HOUR, DAY), lies("b2", 0, DAY)),
        (lies("b1", 0, DAY, alone=True),),
    ],
    ids=["of_two_sexes", "more_than_beds", "isolated"],
)
def test_a_room_whose_people_stand_against_its_rules_takes_nobody_new(lying):
    assert rooms_for(HER, lying=lying) == ["mixed", "mixed", "single", "women"]
    assert rooms_for(HER, lying=lying, rooms=(BAY,)) == {"q": NO_ROOM}


def test_a_live_problem_passes_through_json_and_is_planned_without_a_hard_rule_broken():
    waiting = [replace(HER, id=f"q{n}", sex=list(Sex)[n % 2], must=n < 4) for n in range(12)]
    found = live(*waiting, lying=(lies("b1", -DAY, 2 * DAY), lies("m1", DAY, 4 * DAY, Sex.MALE)))
    problem = problem_from_document(problem_to_document(found.problem), "live")
    assert problem == found.problem
    solved = solve(problem, Budget(iterations=50_000), 1)
    assert solved.verified
    assert {one.patient for one in solved.plan.admissions} >= found.requests.keys()
    assert sorted(found.requests.values()) == sorted(one.id for one in waiting)


def test_where_one_nurse_stands_in_for_all_every_move_is_of_patients():
    waiting = [replace(HER, id=f"q{n}") for n in range(6)]
    stood_in = compiled(live(*waiting).problem)
    found = search(stood_in, Budget(iterations=20_000).start(), 1, Unobserved(), 1)
    assert not found.counts[NURSE:].any()
    assert found.counts[:NURSE, 0].sum() > 10_000
    assert has_choice_of_nurses(compiled(read_problem(public("i02.json"))).tables)
