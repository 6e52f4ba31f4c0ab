"""Today's hard rules kept exactly: who can wait waits, who is in moves, and no more than that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.admissions.stays.arrays import compiled, new_plan
from solver.admissions.stays.counting import counted
from solver.admissions.stays.layout import Plan
from solver.admissions.stays.problem import OR_PAS, Patient, StayProblem, Surgery, Theatre
from solver.admissions.stays.today import is_broken_today, kept_today
from tests.stay_cases import patient, ward

SINGLE, DOUBLE = 0, 1
THEATRE = Theatre(60, {(day, "s"): 1 for day in range(4)}, 0, 0)


def solved(problem: StayProblem, *places: tuple[int, int]) -> tuple[Plan, bool]:
    """Today kept, from a plan by (start, room) of each patient; whether it is still broken."""
    arrays = compiled(problem)
    start, place = new_plan(arrays).start.copy(), new_plan(arrays).place.copy()
    for p, (first, room) in enumerate(places):
        start[p], place[p, : problem.patients[p].days] = first, room
    plan = counted(arrays, start, place)
    assert is_broken_today(arrays, plan)
    kept = kept_today(arrays, plan, 1)
    return kept, is_broken_today(arrays, kept)


def operated(name: str, minutes: int, day: int = 0, latest: int = 2, **given: object) -> Patient:
    return patient(name, 2, latest=latest, surgery=Surgery("s", minutes, day), **given)


def test_who_can_have_another_bed_does_not_wait():
    kept, broken = solved(
        ward(patient("a", 2), patient("b", 2, latest=2), prices=OR_PAS), (0, SINGLE), (0, SINGLE)
    )
    assert not broken
    assert kept.start.tolist() == [0, 0]
    assert sorted(kept.place[:, 0].tolist()) == [SINGLE, DOUBLE]


def test_one_who_is_in_moves_where_nobody_can_wait():
    """The single room has what b needs; a has been in it."""
    given = ward(patient("a", 2, room="single"), patient("b", 2, needed=frozenset({"oxygen"})), prices=OR_PAS)
    rooms = (replace(given.rooms[SINGLE], properties=frozenset({"oxygen"})), given.rooms[DOUBLE])
    kept, broken = solved(replace(given, rooms=rooms), (0, SINGLE), (0, SINGLE))
    assert not broken
    assert kept.place[:, 0].tolist() == [DOUBLE, SINGLE]


def test_as_few_wait_as_need_to_and_they_whose_waiting_costs_least():
    stays = [operated("short", 20), operated("long", 60), operated("other", 40, latest=0)]
    kept, broken = solved(ward(*stays, prices=OR_PAS, theatre=THEATRE), *[(0, DOUBLE)] * 3)
    assert not broken
    assert kept.start.tolist() == [0, -1, 0]


def test_surgery_tomorrow_is_decided_by_coming_today():
    stays = [operated("a", 40, 1), operated("b", 50, 1)]
    kept, broken = solved(ward(*stays, prices=OR_PAS, theatre=THEATRE), (0, DOUBLE), (0, DOUBLE))
    assert not broken
    assert kept.start.tolist() == [-1, 0]


def test_a_plan_that_is_full_tomorrow_is_not_broken_today():
    arrays = compiled(ward(patient("a", 2, latest=2), patient("b", 2, latest=2), prices=OR_PAS))
    place = np.zeros((2, 2), np.int32)
    plan = counted(arrays, np.array([1, 1], np.int32), place)
    assert not is_broken_today(arrays, plan)


def test_where_nobody_can_wait_one_too_many_stays_one_and_all_come():
    stays = [patient(name, 1) for name in "abcd"]
    kept, broken = solved(ward(*stays, prices=OR_PAS), *[(0, DOUBLE)] * 4)
    assert broken
    assert (kept.start == 0).all()
    assert (kept.there[:, 0] - np.array([1, 2])).clip(0).sum() == 1
