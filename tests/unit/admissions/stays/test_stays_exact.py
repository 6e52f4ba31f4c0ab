"""Wards in which both sexes may not share a room: the coming days are planned exactly, and today comes first."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.admissions.stays import rules
from solver.admissions.stays.arrays import compiled, first_plan
from solver.admissions.stays.exact import Ahead, rooms_ahead, suits
from solver.admissions.stays.problem import OR_PAS, PAS, PRA, Policy, Room, Sex, StayPlan, StayProblem
from solver.admissions.stays.referee import recount
from solver.engine.result import Budget
from tests.stay_cases import patient, ward

ENOUGH = Budget(iterations=1_000_000)
DOUBLES = tuple(Room(name, 2, "d", Policy.SAME) for name in ("one", "two", "three"))
WHOLE = Ahead(alone=100.0, room=0.0, work=20.0)


def planned(problem: StayProblem, ahead: Ahead = WHOLE) -> StayPlan:
    arrays = compiled(problem)
    return arrays.plan(*rooms_ahead(arrays, first_plan(arrays), ahead, ENOUGH.start(), 1))


def man(name: str, days: int = 1, first: int = 0, **given: object):
    return patient(name, days, first, sex=Sex.MALE, **given)


def test_men_move_together_when_every_room_has_one_and_a_woman_comes():
    men = [man(room.id, 2, room=room.id) for room in DOUBLES]
    problem = ward(*men, patient("woman", 2), prices=PRA, rooms=DOUBLES)
    referee = recount(problem, planned(problem))
    assert (referee.broken, referee.of(rules.TRANSFER).count) == (0, 1)


def test_today_keeps_the_rules_though_a_known_later_day_cannot():
    """On day 1 three women and three men have three rooms; today two and two of them are in."""
    problem = ward(
        *(patient(f"w{n}", 2) for n in range(2)),
        *(man(f"m{n}", 2) for n in range(2)),
        patient("w2", 1, 1),
        man("m2", 1, 1),
        prices=PRA,
        rooms=DOUBLES,
    )
    plan = planned(problem)
    assert recount(problem, plan).broken == 1
    assert broken_today(problem, plan) == 0


def broken_today(problem: StayProblem, plan: StayPlan) -> int:
    coming = [replace(one, specialisms=("s",)) for one in problem.patients if one.first == 0]
    today = StayPlan(tuple(night for night in plan.nights if night.day == 0))
    return recount(replace(problem, patients=tuple(coming)), today).broken


def test_today_keeps_the_rules_though_there_is_hardly_time_for_any_plan():
    """Twelve rooms are full today; on day 1 one of the men is gone and another woman is in."""
    rooms = tuple(Room(f"r{n}", 2, "d", Policy.SAME) for n in range(12))
    women = [patient(f"w{n}", 2) for n in range(12)]
    men = [man(f"m{n}", 1 + (n > 0)) for n in range(12)]
    problem = ward(*men, *women, patient("late", 1, 1), prices=PRA, rooms=rooms)
    plan = planned(problem, replace(WHOLE, work=1e-6))
    assert recount(problem, plan).broken > 0
    assert broken_today(problem, plan) == 0


def test_today_keeps_the_rules_at_any_price_though_a_known_later_day_cannot():
    """A woman comes to three men in three rooms today, two more tomorrow; a transfer is dearer than a broken rule."""
    men = [man(room.id, 2, room=room.id) for room in DOUBLES]
    women = [patient("w", 2), patient("x", 1, 1), patient("y", 1, 1)]
    problem = ward(*men, *women, prices=replace(PRA, transfer=100_000), rooms=DOUBLES)
    plan = planned(problem)
    assert recount(problem, plan).broken > 0
    assert broken_today(problem, plan) == 0


def test_where_today_cannot_keep_the_rules_as_little_as_possible_is_broken():
    problem = ward(patient("w", 2), man("m", 2), prices=PRA, rooms=DOUBLES[:1])
    assert recount(problem, planned(problem)).of(rules.ONE_SEX).count == 2


def test_who_stays_longest_has_no_bed_today_when_there_are_too_few():
    problem = ward(patient("a"), patient("long", 3), patient("b", 2), prices=PRA, rooms=DOUBLES[:1])
    assert {night.patient for night in planned(problem).nights} == {"a", "b"}


def test_a_day_alone_is_worth_a_share_of_a_transfer():
    """The only other room of the private woman's roommate is free from the first day on."""
    there = [patient("private", 3, private=True, room="one"), patient("other", 3, room="one")]
    for share, transfers, shared in ((0.3, 0, 3), (0.4, 1, 0)):
        problem = ward(*there, prices=PRA, rooms=DOUBLES)
        referee = recount(problem, planned(problem, replace(WHOLE, alone=share)))
        assert referee.of(rules.TRANSFER).count == transfers
        assert referee.of(rules.SHARED_PRIVATE).count == shared


def test_an_empty_room_is_kept_where_it_has_a_price():
    problem = ward(patient("a", 2), patient("b", 2), prices=PRA, rooms=DOUBLES)
    assert len({night.room for night in planned(problem, replace(WHOLE, room=0.1)).nights}) == 1


def test_who_comes_after_the_days_ahead_has_no_room_yet_and_who_is_in_stays_where_they_are():
    problem = ward(patient("in", 4), patient("later", 1, 2), prices=PRA)
    plan = planned(problem, replace(WHOLE, days=2))
    assert [(night.patient, night.day) for night in plan.nights] == [("in", day) for day in range(4)]
    assert len({night.room for night in plan.nights}) == 1


@pytest.mark.parametrize(
    ("problem", "fits"),
    [
        (ward(patient("a"), prices=PRA), True),
        (ward(patient("a", latest=1), prices=PRA), False),
        (ward(patient("a"), prices=PAS), False),
        (ward(patient("a"), prices=replace(OR_PAS, mixed=None)), False),
    ],
    ids=["fixed days", "days to choose", "mixing has a price", "beds have a price"],
)
def test_only_wards_with_fixed_days_and_one_sex_a_room_are_planned_so(problem, fits):
    assert suits(problem) == fits


STAYS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 2), st.sampled_from(Sex), st.booleans()),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25, deadline=None)
@given(STAYS, st.integers(0, 20))
def test_a_plan_is_as_good_as_the_best_of_all_plans(stays, price):
    patients = [
        patient(f"p{n}", days, first, sex=sex, private=private)
        for n, (first, days, sex, private) in enumerate(stays)
    ]
    problem = ward(*patients, prices=replace(PRA, shared_private=price))
    arrays, least = compiled(problem), (math.inf, math.inf)
    start = np.array([one.first for one in patients], np.int32)
    for rooms in product((0, 1), repeat=2 * len(patients)):
        place = np.array(rooms, np.int32).reshape(-1, 2)
        found = recount(problem, arrays.plan(start, place))
        least = min(least, (found.broken, found.cost))
    referee = recount(problem, planned(problem))
    assert referee.broken == least[0]
    assert referee.broken > 0 or referee.cost == least[1]
