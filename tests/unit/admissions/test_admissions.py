"""Admissions: what is read, what is refused, what is counted, and that the search counts as the referee does."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from solver.admissions import rules
from solver.admissions.arrays import compiled, new_plan, new_trial
from solver.admissions.bound import lower_bound
from solver.admissions.formats import (
    plan_from_json,
    plan_to_json,
    problem_from_document,
    problem_to_document,
    read_plan,
    read_problem,
)
from solver.admissions.kernels_search import anneal, build
from solver.admissions.layout import KINDS, MINUTES, PEOPLE, SOFT
from solver.admissions.packing import packed
from solver.admissions.referee import recount
from solver.admissions.search import Schedule
from solver.admissions.solve import solve
from solver.admissions.starting import first_plan
from solver.admissions.warming import SMALLEST
from solver.engine.errors import InvalidInstance
from solver.engine.kernels_random import random_state
from solver.engine.result import Budget, Status
from tests.admission_cases import public, told_before

OFFICIAL = (3177, 1583, 10184, 2332, 15713, 18558, 17048, 24947, 20492, 49444)


@pytest.mark.parametrize(("number", "cost"), list(enumerate(OFFICIAL, start=1)), ids=str)
def test_the_recount_of_a_given_plan_is_the_official_one(number: int, cost: int) -> None:
    problem = read_problem(public(f"test{number:02}.json"))
    counted = recount(problem, read_plan(public("solutions", f"sol_test{number:02}.json"), problem))
    assert (counted.cost, counted.broken) == (cost, 0)


def test_the_toy_plan_mixes_genders_three_times() -> None:
    problem = read_problem(public("toy.json"))
    counted = recount(problem, read_plan(public("toy_solution.json"), problem))
    assert (counted.of(rules.GENDER_MIX).count, counted.broken) == (3, 3)


def test_instances_and_plans_are_written_as_they_were_read() -> None:
    problem = read_problem(public("i05.json"))
    assert problem_from_document(problem_to_document(problem), problem.name) == problem
    toy = read_problem(public("toy.json"))
    plan = read_plan(public("toy_solution.json"), toy)
    assert recount(toy, plan_from_json(plan_to_json(plan, toy), toy)) == recount(toy, plan)


def test_every_fault_of_an_instance_is_named_at_once() -> None:
    document = json.loads(public("i02.json").read_text(encoding="utf-8"))
    mandatory = next(patient for patient in document["patients"] if patient["mandatory"])
    mandatory["surgery_due_day"], mandatory["surgeon_id"] = -1, "nobody"
    document["occupants"][0]["length_of_stay"] = 0
    del document["weights"]["patient_delay"]
    with pytest.raises(InvalidInstance) as refused:
        problem_from_document(document, "i02")
    message = str(refused.value)
    for part in ("surgery_due_day", "'nobody'", "length_of_stay", "weights, patient_delay"):
        assert part in message


@pytest.mark.parametrize("changed", [lambda problem: problem, told_before], ids=["as_given", "told_before"])
def test_the_search_counts_what_the_referee_counts_after_moves_of_every_kind(changed) -> None:
    arrays = compiled(changed(read_problem(public("i02.json"))))
    plan, best, trial, state = new_plan(arrays), new_plan(arrays), new_trial(arrays), random_state(5)
    build(arrays.tables, plan, trial, first_plan(arrays, 5))
    best.total[MINUTES] = 1 << 40
    hot = np.array([400.0, 600.0, 10.0, 400.0])
    for _ in range(60):
        anneal(arrays.tables, plan, best, trial, 300, 0.5, hot, state)
        counted = recount(arrays.problem, arrays.plan(plan.day, plan.room, plan.theatre, plan.nurse))
        people = counted.of(rules.GENDER_MIX).count + counted.of(rules.ROOM_CAPACITY).count
        minutes = counted.of(rules.SURGEON_OVERTIME).count + counted.of(rules.THEATRE_OVERTIME).count
        assert (plan.total[SOFT], plan.total[PEOPLE], plan.total[MINUTES]) == (counted.cost, people, minutes)
        assert counted.broken == people + minutes
    taken = dict(zip(KINDS, trial.counts[:, 1], strict=True))
    assert all(taken.values()), taken


def test_the_same_seed_and_moves_give_the_same_feasible_plan() -> None:
    problem = read_problem(public("i02.json"))
    one, other = (solve(problem, Budget(iterations=300_000), 7) for _ in range(2))
    assert one.verified
    assert one.plan == other.plan


@pytest.mark.parametrize("name", ["i16", "i20"])
def test_surgeons_days_that_are_full_to_the_minute_are_planned_without_overtime(name: str) -> None:
    arrays = compiled(read_problem(public(f"{name}.json")))
    assert solve(arrays.problem, Budget(iterations=3_000_000), 1).verified


def test_mandatory_patients_are_packed_without_overtime() -> None:
    tables = compiled(read_problem(public("i20.json"))).tables
    surgeons, theatres = np.zeros_like(tables.surgeon_minutes), np.zeros_like(tables.theatre_minutes)
    for p, (day, theatre) in (packed(tables, 1) or {}).items():
        surgeons[tables.need[p, 6], day] += tables.need[p, 5]
        theatres[theatre, day] += tables.need[p, 5]
    assert 0 < surgeons.sum() == tables.need[tables.need[:, 7] == 0, 5].sum()
    assert (surgeons <= tables.surgeon_minutes).all()
    assert (theatres <= tables.theatre_minutes).all()


def test_prices_fall_only_where_a_rule_is_kept_and_a_plan_is_at_hand() -> None:
    schedule, hot = Schedule(step=2.0), np.array([1.0, 100.0, 10.0])
    schedule.reprice(hot, np.array([3, 0, 0]), may_fall=True)
    assert hot.tolist() == [1.0, 200.0, 5.0]
    schedule.reprice(hot, np.array([0, 0, 0]), may_fall=False)
    assert hot.tolist() == [1.0, 200.0, 5.0]


def test_patients_start_as_hot_as_leaving_one_out_is_dear_and_all_cool_down_evenly() -> None:
    schedule, found = Schedule(hot=0.1, hottest=(10.0, 60.0), cold=2.0, nurses=(5.0, 1.0)), []
    for left_out, done in ((500, 0.0), (500, 0.5), (500, 1.0), (1, 0.0), (10_000, 0.0)):
        hot = schedule.first()
        schedule.cool(hot, left_out, done)
        found.append((float(hot[0]), float(hot[3])))
    assert found == [(50.0, 5.0), (26.0, 3.0), (2.0, 1.0), (10.0, 5.0), (60.0, 5.0)]


@pytest.mark.parametrize(("number", "cost"), list(enumerate(OFFICIAL, start=1)), ids=str)
def test_no_given_plan_costs_less_than_the_bound(number: int, cost: int) -> None:
    bound = lower_bound(compiled(read_problem(public(f"test{number:02}.json"))).tables)
    assert bound is not None
    assert 0.4 * cost < bound <= cost


def test_a_plan_that_costs_what_it_must_is_proven_best() -> None:
    result = solve(SMALLEST, Budget(iterations=1), 0)
    care, theatre = 3 * SMALLEST.weights.continuity_of_care, SMALLEST.weights.open_theatre
    assert (result.status, result.bound) == (Status.OPTIMAL, care + theatre)


def test_the_bound_knows_that_a_surgeon_has_no_time_for_both() -> None:
    (first,) = SMALLEST.patients
    second = replace(first, id="P2", mandatory=False, due=None)
    beds = (replace(SMALLEST.rooms[0], beds=2),)
    problem = replace(
        SMALLEST,
        patients=(first, second),
        rooms=beds,
        weights=replace(SMALLEST.weights, unscheduled_optional=50),
    )
    assert lower_bound(compiled(problem).tables) == 4 + 50
