"""The referee of rosters: totals that others state, and every hard rule on both of its sides."""

import pytest

from solver.engine.errors import InvalidInstance
from solver.rostering import formats_curtois, formats_inrc2, rules
from solver.rostering.problem import (
    Assignment,
    Contract,
    Cover,
    Employee,
    History,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
    Wish,
)
from solver.rostering.referee import recount
from tests.roster_cases import public, week, worked


@pytest.mark.parametrize(("number", "penalty"), [(1, 608), (2, 845), (3, 1005), (10, 4650)])
def test_a_roster_of_known_penalty_costs_just_that(number, penalty):
    problem = formats_curtois.read(public("shift_scheduling", f"Instance{number}.txt"))
    file = public("shift_scheduling", "examples", f"Instance{number}_penalty_{penalty}.csv")
    counted = recount(problem, formats_curtois.read_roster(file))
    assert (counted.cost, counted.broken) == (penalty, 0)


def test_the_example_of_the_competition_costs_what_its_validator_says_part_by_part():
    folder = public("inrc2")
    instance = "n005w4_0_1-2-3-3"
    problem = formats_inrc2.read(folder, instance)
    example = folder / "n005w4" / "example_H0_weeks_1-2-3-3"
    counted = recount(problem, formats_inrc2.read_roster(example, instance))
    parts = {
        rules.SHIFTS: 320,
        rules.OFF_RUN: 330,
        rules.WISH_OFF: 70,
        rules.WEEKENDS: 210,
        rules.WHOLE_WEEKENDS: 60,
        rules.UNDER_COVER: 240,
    }
    assert {rule.id: counted.of(rule).cost for rule in parts} == {
        rule.id: cost for rule, cost in parts.items()
    }
    assert counted.of(rules.WORKED_RUN).cost + counted.of(rules.SAME_RUN).cost == 465
    assert (counted.cost, counted.broken) == (1695, 0)


HARD = [
    pytest.param(Contract("c"), "NE", "N.E", rules.SUCCESSION, 1, id="succession"),
    pytest.param(Contract("c", most_of_shift={"night": 2}), "NNN", "NN", rules.MOST_OF_SHIFT, 1, id="most"),
    pytest.param(Contract("c", minutes=Limits(None, 1080)), "EN.E", "EN", rules.MINUTES, 480, id="too long"),
    pytest.param(Contract("c", minutes=Limits(600)), "E", "N", rules.MINUTES, 120, id="too little"),
    pytest.param(Contract("c", shifts=Limits(2, 3)), "EEEE", "EEE", rules.SHIFTS_HARD, 1, id="shifts"),
    pytest.param(
        Contract("c", worked_run=Limits(None, 3)), "EEEEE", "EEE", rules.WORKED_RUN_HARD, 2, id="long run"
    ),
    pytest.param(
        Contract("c", worked_run=Limits(3)),
        ".EE.",
        "EE..........EE",
        rules.WORKED_RUN_HARD,
        1,
        id="short run",
    ),
    pytest.param(Contract("c", off_run=Limits(3)), "E..E", "E...E", rules.OFF_RUN_HARD, 1, id="short rest"),
    pytest.param(Contract("c", off_run=Limits(None, 9)), "", "....E", rules.OFF_RUN_HARD, 5, id="long rest"),
    pytest.param(
        Contract("c", weekends=Limits(None, 1)),
        ".....E......E",
        ".....EE",
        rules.WEEKENDS_HARD,
        1,
        id="weekends",
    ),
]


@pytest.mark.parametrize(("contract", "breaks", "keeps", "rule", "count"), HARD)
def test_a_hard_rule_is_broken_on_one_side_and_kept_on_the_other(contract, breaks, keeps, rule, count):
    counted = recount(week(contract), worked(breaks))
    assert {tally.rule.id: tally.count for tally in counted.tallies if tally.count} == {rule.id: count}
    assert counted.cost == 0
    assert recount(week(contract), worked(keeps)).of(rule).count == 0


def test_two_shifts_on_a_day_are_told():
    twice = Roster((Assignment("e", 0, "early"), Assignment("e", 0, "night")))
    assert recount(week(), twice).of(rules.ONE_SHIFT).count == 1
    assert recount(week(), worked("E")).of(rules.ONE_SHIFT).count == 0


def test_nobody_works_on_a_granted_day_off():
    problem = week(days_off=frozenset([1]))
    assert recount(problem, worked("EE")).of(rules.DAYS_OFF).count == 1
    assert recount(problem, worked("E.E")).broken == 0


def skilled(least: int = 0) -> RosterProblem:
    people = (Employee("e", Contract("c"), frozenset(["head"])), Employee("f", Contract("c")))
    cover = (Cover(0, "early", "head", least, 2, 30, 0),)
    return RosterProblem("skilled", 7, (ShiftType("early", 480),), ("head",), people, (), cover)


def test_a_skill_that_somebody_lacks_is_told():
    head = Assignment("e", 0, "early", "head")
    assert recount(skilled(), Roster((head,))).broken == 0
    assert recount(skilled(), Roster((head, Assignment("f", 0, "early", "head")))).of(rules.SKILL).count == 1


def test_missing_below_the_least_is_broken_and_below_the_wanted_is_priced_once():
    counted = recount(skilled(least=1), Roster(()))
    assert counted.of(rules.LEAST_COVER).count == 1
    assert counted.of(rules.UNDER_COVER).cost == 30


def test_a_run_goes_on_from_the_history_and_is_not_charged_twice():
    contract = Contract("c", worked_run=Limits(2, 3, 10), off_run=Limits(1, 14, 10))
    known = History("early", 1, 5, 0)
    assert recount(week(contract, history=known), worked("E")).cost == 10
    assert recount(week(contract, history=known), worked("..EE")).cost == 0
    assert recount(week(contract, history=History("early", 1, 1, 0)), worked("..EE")).cost == 10


def test_wishes_are_priced_when_refused():
    problem = week()
    wishes = (Wish("e", 0, "early", True, 3), Wish("e", 1, None, False, 2))
    wishing = RosterProblem("w", 14, problem.shifts, (), problem.employees, wishes, ())
    assert recount(wishing, worked(".E")).cost == 5
    assert recount(wishing, worked("E")).cost == 0


def test_a_roster_of_people_nobody_knows_is_refused_with_all_its_faults():
    strange = Roster((Assignment("x", 0, "early"), Assignment("e", 99, "late", "surgeon")))
    with pytest.raises(InvalidInstance) as refused:
        recount(week(), strange)
    assert [problem.value for problem in refused.value.problems] == ["x", "late", "surgeon", 99]
