"""Days replayed: nobody is known before they register, and what is past stays as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver.admissions.stays import formats_xml, formats_year, rules
from solver.admissions.stays import replay as replay_module
from solver.admissions.stays.counting import counted
from solver.admissions.stays.problem import OR_PAS, PAS, PRA, Prices, Sex, StayProblem, Surgery, Theatre
from solver.admissions.stays.referee import recount
from solver.admissions.stays.replay import PARTS, Morning, Outlook, as_planned, in_parts, part_of, replay
from solver.admissions.stays.search import Found, search
from solver.engine.result import Budget
from tests.stay_cases import patient, public, ward

SOME_MOVES = Budget(iterations=2000)


def registered_until(problem: StayProblem, day: int) -> StayProblem:
    known = tuple(one for one in problem.patients if one.registered <= day)
    return replace(problem, patients=known)


def mornings_of(problem: StayProblem, until: int | None = None) -> list[Morning]:
    told: list[Morning] = []
    replay(problem, SOME_MOVES, 3, told.append, until=until)
    return told


@pytest.fixture(scope="module")
def short():
    return formats_xml.read(public("dpas/or_pas_dept2_short00.xml.gz"))


@pytest.fixture(scope="module")
def year():
    return formats_year.read(public("pra/pra_load80_79.json.gz"))


@pytest.mark.parametrize(
    ("family", "day"),
    [("short", 2), ("short", 5), ("year", 15), ("year", 30)],
    ids=["theatres 2", "theatres 5", "a year 15", "a year 30"],
)
def test_who_registers_later_changes_nothing_that_was_decided_before(family, day, request):
    """The public instance once whole, and once with others, or nobody, registered after the day."""
    problem = request.getfixturevalue(family)
    whole = mornings_of(problem, day + 9)
    assert mornings_of(registered_until(problem, day), day + 1) == whole[: day + 1]
    others = [replace(one, id=f"other {one.id}") for one in problem.patients if one.registered > day]
    changed = mornings_of(
        replace(problem, patients=registered_until(problem, day).patients + tuple(others)), day + 9
    )
    assert changed[: day + 1] == whole[: day + 1]
    assert changed != whole


def test_every_patient_is_in_for_the_whole_stay_within_the_window(short):
    referee = recount(short, replay(short, Budget(iterations=100_000), 1))
    assert referee.broken == 0
    assert referee.left_out == ()


def test_a_bed_too_few_that_can_be_avoided_is_avoided_in_the_fullest_hospital():
    """With so few moves two days end with more people than beds in a room, unless the day is looked at by itself."""
    full = formats_xml.read(public("dpas/or_pas_dept6_short02.xml.gz"))
    plan = replay(full, Budget(iterations=100_000), 3)
    assert recount(full, plan).broken == 0


def test_a_search_whose_plan_breaks_a_rule_begins_again_until_none_is_broken(monkeypatch):
    """On the only day with a theatre for her both would be in the single room."""
    him = patient("him", 4, sex=Sex.MALE, room="single")
    her = patient("her", 2, latest=2, surgery=Surgery("s", 60, 0))
    problem = ward(him, her, prices=OR_PAS, theatre=Theatre(60, {(0, "s"): 1}, 0, 0))
    begun: list[int] = []

    def hasty(arrays, given, cooling, countdown, *others):
        """As if the first search had found nothing better than too many people in one room."""
        begun.append(countdown.budget.iterations)
        if len(begun) > 1:
            return search(arrays, given, cooling, countdown, *others)
        start, place = given.start.copy(), given.place.copy()
        start[1], place[1, :2] = 0, 0
        return Found(counted(arrays, start, place), np.zeros((8, 2), np.int64), ())

    monkeypatch.setattr(replay_module, "search", hasty)
    plan = replay(problem, Budget(iterations=1000), 1, until=1)
    assert {night.patient for night in plan.nights} == {"him", "her"}
    assert len({night.room for night in plan.nights}) == 2
    assert begun == [760, 80]


def test_a_year_is_played_with_everybody_in_each_day():
    problem = formats_year.read(public("pra/pra_load50_76.json.gz"))
    staying = tuple(one for one in problem.patients if one.first + one.days <= 60)
    weeks = replace(problem, days=60, counted=60, patients=staying)
    referee = recount(weeks, replay(weeks, Budget(iterations=20_000), 1))
    assert referee.broken == 0


def test_rooms_of_past_days_stay_though_a_private_patient_comes():
    """A man and a private woman share nothing: one of the two rooms is his for all days, or left from day 1 on."""
    early = patient("early", 3, sex=Sex.MALE)
    late = patient("late", 2, 1, registered=1, private=True, room="single")
    problem, told = ward(early, late, prices=PRA), []
    plan = replay(problem, SOME_MOVES, 1, told.append)
    where = {(night.patient, night.day): night.room for night in plan.nights}
    assert told[0].rooms == {"early": where["early", 0]}
    assert told[1].rooms == {"early": where["early", 1], "late": where["late", 1]}
    referee = recount(problem, plan)
    assert (referee.broken, referee.of(rules.SHARED_PRIVATE).count) == (0, 0)


def test_surgery_moves_with_the_admission_and_a_day_of_theatre_is_not_promised_twice():
    theatre = Theatre(60, {(day, "s"): 1 for day in range(4)}, 0, 0)
    stays = [patient(name, 2, latest=2, surgery=Surgery("s", 60, 1)) for name in ("a", "b", "c")]
    problem = ward(*stays, prices=OR_PAS, theatre=theatre)
    plan = replay(problem, SOME_MOVES, 1)
    referee = recount(problem, plan)
    assert referee.broken == 0
    first = {night.patient: night.day for night in reversed(plan.nights)}
    assert sorted(first.values()) == [0, 1, 2]


def test_idle_days_ahead_are_worth_less_and_none_behind_the_horizon():
    assert Outlook().worth(10, (0.5, 0.5), 4, 3) == [10.0, 7.5, 6.25, 0.0]


@pytest.mark.parametrize("seed", range(6))
def test_what_fills_the_theatre_of_today_comes_first_though_a_minute_has_the_least_price(seed):
    """A minute ahead is worth part of a unit less: without parts of a unit both orders cost the same."""
    theatre = Theatre(60, {(day, "s"): 1 for day in range(2)}, 0, 0)
    stays = [patient(name, 1, latest=1, surgery=Surgery("s", n, 0)) for name, n in (("a", 10), ("b", 60))]
    problem = ward(*stays, prices=Prices(idle_minute=1), theatre=theatre)
    plan = replay(problem, SOME_MOVES, seed)
    assert {night.patient: night.day for night in plan.nights} == {"a": 1, "b": 0}


def test_prices_in_parts_are_all_as_many_times_as_high_and_hard_rules_stay_hard():
    problem = in_parts(ward(patient("a", 1), prices=replace(OR_PAS, needed=None)), 20)
    assert (problem.prices.transfer, problem.prices.idle_minute, problem.prices.needed) == (2000, 200, None)
    assert in_parts(ward(patient("a", 1), prices=PAS), 3).prices.mixed_by_person is True


def test_transfers_and_delays_are_dearer_in_the_plans_of_a_hospital_with_theatres_alone():
    prices = replace(OR_PAS, transfer=100, delay=5)
    planned, parts = as_planned(ward(patient("a", 1), prices=prices), Outlook(transfer=1.5, delay=2.0))
    assert parts == PARTS
    assert (planned.prices.transfer, planned.prices.delay) == (150 * PARTS, 10 * PARTS)
    assert planned.prices.idle_bed == prices.idle_bed * PARTS
    year = ward(patient("a", 1), prices=PRA)
    assert as_planned(year, Outlook()) == (year, 1)


def test_a_share_of_a_budget_is_one_of_seconds_and_of_moves_and_never_nothing():
    assert part_of(Budget(seconds=10.0), 0.1) == Budget(seconds=1.0)
    assert part_of(Budget(5.0, 1000), 0.5) == Budget(2.5, 500)
    assert part_of(Budget(iterations=3), 0.1) == Budget(iterations=1)


def test_nobody_registered_is_a_day_without_decisions():
    problem = ward(patient("late", 1, 3, registered=2), prices=PRA)
    told = mornings_of(problem)
    assert [len(morning.rooms) for morning in told] == [0, 0, 0, 1]
    assert [morning.waiting for morning in told] == [0, 0, 1, 0]


def test_a_patient_who_may_overstay_is_counted_on_the_morning_after_they_left():
    """Two rooms that are alike but for a patient who may still be in one of them."""
    gone = patient("gone", 1, at_risk=True, room="single")
    follows = patient("follows", 1, 1, registered=1)
    problem = ward(gone, follows, prices=replace(OR_PAS, risk=7))
    plan = replay(problem, SOME_MOVES, 1)
    assert [night.room for night in plan.nights if night.patient == "follows"] == ["double"]
    assert recount(problem, plan).cost == 0
