"""Stays are searched by differences that are what the referee would find, and bounded from below."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from solver.admissions.stays import formats_pas, formats_xml, formats_year, rules
from solver.admissions.stays.arrays import compiled, first_plan, fitting, new_plan, new_trial
from solver.admissions.stays.counting import counted
from solver.admissions.stays.kernels_search import anneal
from solver.admissions.stays.layout import (
    BUMP,
    CROWD,
    HARD,
    HARD_UNITS,
    INSERT,
    KINDS,
    MINUTE_UNITS,
    PART,
    REPLACE,
    ROOM,
    SHIFT,
    SOFT,
    SWAP,
    TRADE,
)
from solver.admissions.stays.problem import PAS, PRA, Prices, Sex, StayPlan
from solver.admissions.stays.referee import recount
from solver.admissions.stays.solve import solve
from solver.engine.kernels_random import random_state
from solver.engine.result import Budget, Status
from tests.stay_cases import patient, public, ward

HOT = np.array([60.0, 1.0])
FIXED_DAYS = ("room", "swap", "part")
ANY_DAYS = (*FIXED_DAYS, "shift", "trade", "bump")
LEFT_OUT = (*FIXED_DAYS, "replace")
FAMILIES = (
    pytest.param("pas/testdata13.txt", formats_pas.read, FIXED_DAYS, id="pas"),
    pytest.param("pas/overconstrained01.txt", formats_pas.read, LEFT_OUT, id="too few beds"),
    pytest.param("dpas/or_pas_dept2_short00.xml.gz", formats_xml.read, ANY_DAYS, id="theatres"),
    pytest.param("pra/pra_load80_76.json.gz", formats_year.read, FIXED_DAYS, id="a year"),
)


def hard_units(arrays, referee):
    people = referee.of(rules.PLACED).count + referee.of(rules.ONE_SEX).count
    minutes = referee.of(rules.THEATRE_SPECIALISM).count + referee.of(rules.THEATRE_DAY).count
    crowd = int(arrays.tables.price[CROWD]) * referee.of(rules.CAPACITY).count
    return crowd + HARD_UNITS * people + MINUTE_UNITS * minutes


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)
@pytest.mark.parametrize(("name", "read", "moving"), FAMILIES)
def test_a_move_changes_the_totals_by_what_a_recount_finds(name, read, moving, kind):
    """The source of OR-PAS counts no bed of an overfull room as used: there only the hard units are compared."""
    arrays = compiled(read(public(name)))
    given = first_plan(arrays)
    plan, best, trial = counted(arrays, given.start, given.place), new_plan(arrays), new_trial()
    mix = np.where(np.arange(len(KINDS)) >= kind, 1.0, 0.0)
    state = random_state(kind)
    for _ in range(2):
        anneal(arrays.tables, plan, best, trial, 1200, mix, HOT, state)
        afresh = counted(arrays, plan.start, plan.place)
        for field, array, other in zip(plan._fields, plan, afresh, strict=True):
            if field != "people":
                assert (array == other).all(), field
        referee = recount(arrays.problem, arrays.plan(plan.start, plan.place))
        assert plan.total[HARD] == hard_units(arrays, referee)
        if referee.of(rules.CAPACITY).count == 0 or not arrays.problem.prices.idle_bed:
            assert plan.total[SOFT] == referee.cost
        assert referee.of(rules.WHOLE_STAY).count == referee.of(rules.WINDOW).count == 0
    assert (trial.counts[kind, 1] > 0) == (KINDS[kind] in moving), trial.counts


def test_the_best_plan_is_the_one_that_the_totals_belong_to():
    arrays = compiled(formats_pas.read(public("pas/testdata05.txt")))
    given = first_plan(arrays)
    plan, best, trial = counted(arrays, given.start, given.place), new_plan(arrays), new_trial()
    anneal(arrays.tables, plan, best, trial, 50_000, np.cumsum([0.5, 0.4, 0.1]), HOT, random_state(3))
    afresh = counted(arrays, best.start, best.place)
    assert best.total.tolist() == afresh.total.tolist()
    assert best.total[SOFT] < counted(arrays, given.start, given.place).total[SOFT]


def test_few_patients_are_planned_as_well_as_by_trying_everything():
    """Two rooms, four patients of both sexes, transfers allowed: all plans are counted by the referee."""
    prices = replace(PAS, transfer=3, size=8)
    problem = ward(
        patient("a", 3, size=1),
        patient("b", 2, 1, size=1, sex=Sex.MALE),
        patient("c", 2, 2),
        prices=prices,
    )
    arrays = compiled(problem)
    least = math.inf
    for rooms in product((0, 1), repeat=7):
        place = np.full((3, 3), -1, np.int32)
        place[0, :3], place[1, :2], place[2, :2] = rooms[:3], rooms[3:5], rooms[5:]
        found = recount(problem, arrays.plan(np.array([0, 1, 2], np.int32), place))
        if found.broken == 0:
            least = min(least, found.cost)
    result = solve(problem, Budget(iterations=20_000), 1)
    assert (result.cost, result.verified) == (least, True)
    assert result.bound is not None
    assert result.bound <= least


def test_a_bound_that_is_met_proves_the_plan():
    problem = ward(patient("a", 2, size=1), patient("b", 2, size=1), prices=PAS)
    result = solve(problem, Budget(iterations=20_000), 1)
    assert (result.status, result.cost, result.bound) == (Status.OPTIMAL, 16, 16)


def test_no_bound_is_above_a_plan_with_transfers():
    result = solve(formats_pas.read(public("pas/testdata05.txt")), Budget(iterations=100_000), 7)
    assert result.verified
    assert 6000 < (result.bound or 0) <= (result.cost or 0) < 7500


def test_as_many_patients_as_have_a_bed_are_in_and_the_others_are_named():
    stays = [patient("long", 4), patient("b", 2), patient("c", 1), patient("d", 1, 1), patient("e", 2, 2)]
    assert len(fitting(ward(*stays, patient("f", 1, 3), prices=PAS))) == 6
    crowded = ward(*stays, patient("f", 1, 0), patient("g", 1, 0), prices=PAS)
    assert len(fitting(crowded)) == 5
    result = solve(crowded, Budget(iterations=20_000), 1)
    referee = recount(crowded, result.plan or StayPlan(()))
    assert (len(referee.left_out), referee.broken, result.verified, result.bound) == (2, 2, False, None)


def test_the_same_seed_and_moves_give_the_same_plan():
    problem = ward(*(patient(f"p{n}", 1 + n % 3, n % 2, size=1 + n % 2) for n in range(6)), prices=PAS)
    one, other = (solve(problem, Budget(iterations=5000), 7) for _ in range(2))
    assert one.plan == other.plan


def test_two_workers_give_a_verified_plan():
    problem = ward(patient("a", 2, size=1), patient("b", 2, size=1), prices=PAS)
    result = solve(problem, Budget(iterations=20_000), 1, workers=2)
    assert (result.verified, result.cost) == (True, 16)


def test_private_patients_lie_alone_before_transfers_are_saved():
    problem = ward(
        patient("a", 4, private=True, room="double"), patient("b", 2, 1, room="double"), prices=PRA
    )
    result = solve(problem, Budget(iterations=20_000), 1)
    assert result.verified
    assert result.cost == 10


def test_whoever_no_room_is_allowed_for_is_in_the_wrong_one_and_told():
    problem = ward(patient("a", 1, needed=frozenset({"oxygen"})), prices=Prices())
    result = solve(problem, Budget(iterations=1000), 1)
    referee = recount(problem, result.plan or StayPlan(()))
    assert (referee.of(rules.NEEDED).count, result.verified) == (1, False)


def test_every_kind_of_move_is_named_by_its_number():
    numbers = (ROOM, SWAP, PART, SHIFT, TRADE, BUMP, INSERT, REPLACE)
    assert tuple(KINDS[number] for number in numbers) == KINDS
