"""Many patients are given rooms anew at once, by integer programming, and the referee agrees with what it says."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.admissions.stays import formats_pas
from solver.admissions.stays.arrays import compiled, first_plan
from solver.admissions.stays.assignment import FAR, SLACK, Assigner, Freedom, suits
from solver.admissions.stays.counting import counted
from solver.admissions.stays.layout import HARD, SOFT
from solver.admissions.stays.problem import PAS, PRA, Department, Policy, Prices, Room, Sex, Surgery
from solver.admissions.stays.reassigning import Shared, reassigned
from solver.admissions.stays.referee import recount
from solver.admissions.stays.search import Cooling, Found, search
from solver.admissions.stays.solve import solve
from solver.engine.result import Budget, Unobserved
from tests.stay_cases import patient, public, ward

COOLING = Cooling(40.0, 4.0, 0.5, 5.0)


def a_while():
    return 20.0


def everybody(problem):
    return Freedom(np.ones(len(problem.patients), np.bool_), np.ones(len(problem.rooms), np.bool_))


def lies(problem, *rooms):
    """A plan in arrays of stays in one room each, from the rooms' names."""
    arrays = compiled(problem)
    names = [room.id for room in problem.rooms]
    longest = max(one.days for one in problem.patients)
    place = np.full((len(rooms), longest), -1, np.int32)
    for p, (one, room) in enumerate(zip(problem.patients, rooms, strict=True)):
        place[p, : one.days] = names.index(room)
    return arrays, counted(arrays, np.array([one.first for one in problem.patients], np.int32), place)


def given_anew(problem, arrays, plan, slack=SLACK):
    assigner = Assigner(arrays, slack)
    outcome = assigner.reassign(plan.place, everybody(problem), np.zeros(assigner.shape), a_while)
    assert outcome.proven
    return counted(arrays, plan.start, outcome.place)


def two_doubles(*patients):
    """Rooms ``east`` and ``west`` of two departments, each best for a specialism of its own."""
    rooms = tuple(Room(name, 2, name, Policy.SAME, priorities={name: 1}) for name in ("east", "west"))
    wards = tuple(Department(name, {"east": 1, "west": 1}) for name in ("east", "west"))
    return ward(*patients, rooms=rooms, departments=wards, prices=replace(PAS, no_priority=20))


def of(specialism, name, sex):
    return replace(patient(name, 2, sex=sex), specialisms=(specialism,) * 2)


def test_two_rooms_change_sex_together_where_either_alone_would_mix_them():
    women = [of("east", name, Sex.FEMALE) for name in ("a", "b")]
    men = [of("west", name, Sex.MALE) for name in ("c", "d")]
    problem = two_doubles(*women, *men)
    arrays, plan = lies(problem, "west", "west", "east", "east")
    better = given_anew(problem, arrays, plan)
    _, best = lies(problem, "east", "east", "west", "west")
    assert better.place.tolist() == best.place.tolist()
    assert better.total[SOFT] < plan.total[SOFT]


def test_whose_rooms_keep_their_sex_stay_where_no_one_of_the_other_lies():
    women = [of("east", name, Sex.FEMALE) for name in ("a", "b")]
    men = [of("west", name, Sex.MALE) for name in ("c", "d")]
    problem = two_doubles(*women, *men)
    arrays, plan = lies(problem, "west", "west", "east", "east")
    assigner, kept = Assigner(arrays), np.zeros(2, np.bool_)
    freedom = Freedom(np.ones(4, np.bool_), kept)
    outcome = assigner.reassign(plan.place, freedom, np.zeros(assigner.shape), a_while)
    assert outcome.place.tolist() == plan.place.tolist()


def test_who_is_not_free_keeps_their_bed():
    problem = two_doubles(*(of("east", name, Sex.FEMALE) for name in ("a", "b", "c", "d")))
    arrays, plan = lies(problem, "east", "east", "west", "west")
    assigner = Assigner(arrays)
    freedom = Freedom(np.array([False, False, True, True]), np.ones(2, np.bool_))
    outcome = assigner.reassign(plan.place, freedom, np.zeros(assigner.shape), a_while)
    assert outcome.place.tolist() == plan.place.tolist()


def test_no_more_lie_in_a_room_for_both_sexes_than_it_has_beds():
    """Where sexes may be mixed nothing but the beds keeps three patients out of the double room that suits all."""
    wards = (Department("d", {"s": 1}), Department("e", {"s": 2}))
    rooms = (Room("double", 2, "d", Policy.ANY), Room("other", 2, "e", Policy.ANY))
    stays = [patient("a", 2), patient("b", 2, sex=Sex.MALE), patient("c", 2)]
    problem = ward(*stays, rooms=rooms, departments=wards, prices=PAS)
    arrays, plan = lies(problem, "other", "other", "double")
    better = given_anew(problem, arrays, plan)
    assert (better.total[HARD], sorted(better.place[:, 0])) == (0, [0, 0, 1])


@pytest.mark.parametrize("rooms", [("single", "single"), ("double", "double")], ids=["too full", "dearer"])
def test_neither_a_room_too_full_nor_a_dearer_plan_is_taken(rooms):
    problem = ward(patient("a", size=1), patient("b"), prices=PAS)
    arrays, plan = lies(problem, "single", "double")
    found = Found(plan, np.zeros((1, 2), np.int64), ())
    shared = Shared(arrays, found, Budget(1.0).start(), Unobserved())
    shared.offer(lies(problem, *rooms)[1].place)
    assert shared.plan is plan
    assert shared.trace == []


PEOPLE = st.tuples(
    st.integers(1, 3),
    st.integers(0, 1),
    st.sampled_from(Sex),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(["single", "double"]),
)


@given(st.lists(PEOPLE, min_size=1, max_size=5))
@settings(max_examples=40)
def test_no_stays_without_transfers_cost_less_than_those_of_all_given_anew_from_all_rooms(people):
    """Counted by the referee, over all plans in which everybody stays in one room; from the rooms that prices suggest
    at least none cost more than before."""
    stays = [
        patient(f"p{n}", days, first, sex=sex, size=size)
        for n, (days, first, sex, size, _) in enumerate(people)
    ]
    problem = ward(*stays, prices=replace(PAS, size=8))
    arrays, plan = lies(problem, *(room for *_, room in people))
    assume(plan.total[HARD] == 0)
    assert given_anew(problem, arrays, plan).total.tolist() <= plan.total.tolist()
    better = given_anew(problem, arrays, plan, FAR / 2)
    found = recount(problem, arrays.plan(better.start, better.place))
    assert (found.broken, found.cost) == (0, better.total[SOFT])
    every = (lies(problem, *rooms)[1].total for rooms in product(("single", "double"), repeat=len(stays)))
    assert found.cost == min((total[SOFT] for total in every if total[HARD] == 0), default=math.inf)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_annealed_plan_of_a_public_file_becomes_cheaper_and_its_costs_go_on_from_the_annealings(workers):
    arrays = compiled(formats_pas.read(public("pas/testdata01.txt")))
    given_plan, a_moment = first_plan(arrays), Budget(iterations=200_000).start()
    found = search(arrays, given_plan, COOLING, a_moment, 1, Unobserved())
    better = reassigned(arrays, found, Budget(3.0).start(), 1, Unobserved(), workers)
    plan = arrays.plan(better.plan.start, better.plan.place)
    referee = recount(arrays.problem, plan)
    assert (referee.broken, referee.cost) == (0, better.plan.total[SOFT])
    assert better.plan.total[SOFT] < found.plan.total[SOFT]
    assert better.trace[: len(found.trace)] == found.trace
    costs = [point.cost for point in better.trace]
    assert costs == sorted(costs, reverse=True)


def test_a_solve_with_seconds_gives_rooms_anew_after_the_annealing():
    problem = formats_pas.read(public("pas/testdata05.txt"))
    result = solve(problem, Budget(4.0), 1)
    assert result.verified
    assert result.cost == result.trace[-1].cost
    assert "assigned" in result.method
    assert "assigned" not in solve(problem, Budget(4.0, iterations=1000), 1).method


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(ward(patient("a", 1, 0, latest=1), prices=PAS), id="days are open"),
        pytest.param(ward(patient("a", 1, surgery=Surgery("s", 30)), prices=PAS), id="theatres"),
        pytest.param(ward(patient("a", 1, room="single"), prices=PAS), id="somebody is in"),
        pytest.param(ward(patient("a"), prices=PRA), id="single rooms"),
        pytest.param(ward(patient("a"), prices=Prices()), id="sexes may be mixed at no price"),
        pytest.param(ward(*(patient(f"p{n}") for n in range(4)), prices=PAS), id="too few beds"),
    ],
)
def test_what_is_more_than_rooms_for_known_nights_is_not_decided_so(problem):
    assert not suits(compiled(problem))


def test_rooms_for_known_nights_are():
    assert suits(compiled(ward(patient("a"), patient("b", 2, 1), prices=PAS)))
