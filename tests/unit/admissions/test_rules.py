"""Each rule of admissions on the smallest plan that keeps it, and on one that breaks it by a known amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solver.admissions import rules
from solver.admissions.problem import (
    Admission,
    AdmissionPlan,
    AdmissionProblem,
    Duty,
    Nurse,
    Patient,
    Room,
    RosteredShift,
    Surgeon,
    Theatre,
    Weights,
)
from solver.admissions.referee import recount
from solver.engine.rule import Level, Rule

MUST = Patient("must", True, "A", 0, 1, 0, 0, 60, "S", frozenset({"Q"}), (1, 1, 1), (1, 1, 1))
MAY = replace(MUST, id="may", mandatory=False, due=None, incompatible_rooms=frozenset())
NURSES = tuple(Nurse(f"N{k}", 1, (RosteredShift(0, k, 2),)) for k in range(3))
PROBLEM = AdmissionProblem(
    name="rules",
    days=2,
    skill_levels=2,
    shift_names=("early", "late", "night"),
    age_groups=("young", "middle", "old"),
    weights=Weights(2, 3, 5, 7, 11, 13, 17, 19),
    occupants=(),
    patients=(MUST, MAY),
    surgeons=(Surgeon("S", (120, 120)),),
    theatres=(Theatre("T", (120, 120)), Theatre("U", (120, 120))),
    rooms=(Room("R", 2), Room("Q", 1)),
    nurses=(*NURSES, Nurse("N3", 0, (RosteredShift(0, 0, 2),))),
)
PLAN = AdmissionPlan(
    (Admission("must", 0, "R", "T"), Admission("may", 0, "R", "T")),
    tuple(Duty(f"N{k}", 0, k, "R") for k in range(3)),
)
KEPT = {rules.CONTINUITY.id: 6, rules.OPEN_THEATRE.id: 1}
"""What the plan counts: three nurses for each of two people, one theatre."""

Asked = tuple[AdmissionProblem, AdmissionPlan]
Change = Callable[[], Asked]


def patient(**changed: Any) -> Asked:
    """The optional patient is another."""
    return replace(PROBLEM, patients=(MUST, replace(MAY, **changed))), PLAN


def problem(**changed: Any) -> Asked:
    return replace(PROBLEM, **changed), PLAN


def admitted(*given: tuple[str, int, str, str]) -> Asked:
    return PROBLEM, replace(PLAN, admissions=tuple(Admission(*one) for one in given))


def first_shift(*nurses: str) -> Asked:
    """These nurses have the room in the early shift."""
    given = tuple(Duty(nurse, 0, 0, "R") for nurse in nurses)
    return PROBLEM, replace(PLAN, duties=(*given, *PLAN.duties[1:]))


MAY_STAYS = ("may", 0, "R", "T")
NOBODY_ELSE = {rules.CONTINUITY: -3}
CASES: tuple[tuple[Rule, int, Change, dict[Rule, int]], ...] = (
    (rules.GENDER_MIX, 1, lambda: patient(gender="B"), {}),
    (
        rules.INCOMPATIBLE_ROOM,
        1,
        lambda: admitted(("must", 0, "Q", "T"), MAY_STAYS),
        {rules.UNCOVERED_ROOM: 3, rules.CONTINUITY: -3},
    ),
    (rules.SURGEON_OVERTIME, 15, lambda: problem(surgeons=(Surgeon("S", (105, 120)),)), {}),
    (
        rules.THEATRE_OVERTIME,
        20,
        lambda: problem(theatres=(Theatre("T", (100, 120)), PROBLEM.theatres[1])),
        {},
    ),
    (rules.MANDATORY, 1, lambda: admitted(MAY_STAYS), NOBODY_ELSE),
    (
        rules.ADMISSION_DAY,
        1,
        lambda: admitted(("must", 1, "R", "T"), MAY_STAYS),
        {rules.UNCOVERED_ROOM: 3, rules.CONTINUITY: -3, rules.OPEN_THEATRE: 1, rules.PATIENT_DELAY: 1},
    ),
    (rules.ROOM_CAPACITY, 1, lambda: problem(rooms=(Room("R", 1), Room("Q", 1))), {}),
    (rules.NURSE_PRESENCE, 1, lambda: first_shift("N1"), {rules.CONTINUITY: -2}),
    (rules.UNCOVERED_ROOM, 1, first_shift, {rules.CONTINUITY: -2}),
    (rules.ONE_NURSE, 1, lambda: first_shift("N0", "N3"), {rules.CONTINUITY: 2, rules.NURSE_SKILL: 2}),
    (rules.MIXED_AGE, 2, lambda: patient(age_group=2), {}),
    (rules.NURSE_SKILL, 2, lambda: first_shift("N3"), {}),
    (rules.CONTINUITY, -3, lambda: admitted(("must", 0, "R", "T")), {rules.UNSCHEDULED: 1}),
    (rules.WORKLOAD, 4, lambda: patient(workload=(1, 5, 1)), {}),
    (
        rules.OPEN_THEATRE,
        1,
        lambda: admitted(("must", 0, "R", "T"), ("may", 0, "R", "U")),
        {rules.SURGEON_TRANSFER: 1},
    ),
    (
        rules.SURGEON_TRANSFER,
        1,
        lambda: admitted(("must", 0, "R", "U"), MAY_STAYS),
        {rules.OPEN_THEATRE: 1},
    ),
    (
        rules.PATIENT_DELAY,
        1,
        lambda: admitted(("must", 0, "R", "T"), ("may", 1, "R", "T")),
        {rules.UNCOVERED_ROOM: 3, rules.CONTINUITY: -3, rules.OPEN_THEATRE: 1},
    ),
    (rules.UNSCHEDULED, 1, lambda: admitted(("must", 0, "R", "T")), NOBODY_ELSE),
)


def counts(asked: Asked) -> dict[str, int]:
    return {tally.rule.id: tally.count for tally in recount(*asked).tallies if tally.count}


def test_a_plan_that_keeps_every_rule_counts_only_what_it_must() -> None:
    assert counts((PROBLEM, PLAN)) == KEPT


def test_every_rule_of_the_catalogue_has_its_case() -> None:
    assert {case[0] for case in CASES} == set(rules.CATALOGUE)


@pytest.mark.parametrize(("rule", "more", "change", "beside"), CASES, ids=[case[0].id for case in CASES])
def test_a_rule_counts_by_how_much_it_is_broken(
    rule: Rule, more: int, change: Change, beside: dict[Rule, int]
) -> None:
    expected = KEPT.copy()
    for each, count in {**beside, rule: more}.items():
        expected[each.id] = expected.get(each.id, 0) + count
    assert counts(change()) == {name: count for name, count in expected.items() if count}


@pytest.mark.parametrize(
    ("rule", "change"), [(case[0], case[2]) for case in CASES], ids=[case[0].id for case in CASES]
)
def test_a_soft_rule_costs_its_count_times_the_problems_weight_and_a_hard_one_nothing(
    rule: Rule, change: Change
) -> None:
    asked = change()
    tally = recount(*asked).of(rule)
    weight = 0 if rule.level is not Level.SOFT else getattr(asked[0].weights, rule.id)
    assert tally.cost == tally.count * weight
    assert (weight > 0) == (rule.level is Level.SOFT)


def test_delay_counts_from_the_release_day_on_and_nobody_comes_before_it() -> None:
    released_late = replace(PROBLEM, patients=(MUST, replace(MAY, release=1)))
    on_time = replace(PLAN, admissions=(PLAN.admissions[0], replace(PLAN.admissions[1], day=1)))
    assert recount(released_late, on_time).of(rules.PATIENT_DELAY).count == 0
    assert recount(released_late, on_time).of(rules.ADMISSION_DAY).count == 0
    assert recount(released_late, PLAN).of(rules.ADMISSION_DAY).count == 1
