"""Tonight's gap: who could step in, counted as the referee counts, and never against rest or hours."""

import dataclasses
import random

import pytest

from solver.engine.errors import InvalidInstance
from solver.rostering import rules
from solver.rostering.changes import Change, Standing
from solver.rostering.cover import Burden, Fairness, Prices, rank, swap
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

LETTERS = {"E": "early", "L": "late", "N": "night"}
SHIFTS = (
    ShiftType("early", 480),
    ShiftType("late", 480, frozenset(["early"])),
    ShiftType("night", 600, frozenset(["early", "late"])),
)
CONTRACT = Contract("full", minutes=Limits(None, 6000), worked_run=Limits(None, 5))


def ward(rows: dict[str, str], cover=(), wishes=(), contract=CONTRACT, **changed) -> tuple:
    """A ward whose people work a letter a day, all of them able to do everything."""
    staff = tuple(
        dataclasses.replace(Employee(name, contract, frozenset(["iv", "icu"])), **changed.get(name, {}))
        for name in rows
    )
    days = max(map(len, rows.values()))
    problem = RosterProblem("w", days, SHIFTS, ("iv", "icu"), staff, tuple(wishes), tuple(cover))
    given = [
        Assignment(name, day, LETTERS[letter], "iv")
        for name, row in rows.items()
        for day, letter in enumerate(row)
        if letter in LETTERS
    ]
    return problem, Standing(problem, Roster(tuple(given)))


NIGHTS = [Cover(day, "night", "iv", 0, 1, 100, 1) for day in range(7)]


def difference(problem: RosterProblem, before: Roster, after: Roster) -> tuple[int, dict[str, int]]:
    """What the referee makes of it: cost, and how much more each hard rule is broken."""
    one, other = recount(problem, before), recount(problem, after)
    hard = {
        t.rule.id: t.count - one.of(t.rule).count
        for t in other.tallies
        if t.rule.weight == 0 and t.count != one.of(t.rule).count
    }
    return other.cost - one.cost, hard


def some_problem(chance: random.Random) -> tuple[RosterProblem, Roster]:
    def limits(low: int, high: int) -> Limits:
        least = chance.choice([None, low, low + 1])
        return Limits(least, chance.choice([None, high]), chance.choice([None, 0, 7]))

    shifts = tuple(dataclasses.replace(shift, run=limits(2, 3)) for shift in SHIFTS)
    history = (None, History(), History("night", 2, 3, 0, 3, 1), History(None, 0, 0, 2, 4, 2))
    staff = tuple(
        Employee(
            f"e{n}",
            Contract(
                "c", limits(960, 2400), limits(3, 5), limits(2, 4), limits(2, 3), limits(0, 1),
                chance.choice([0, 9]), {"night": 2},
            ),
            frozenset(chance.sample(["iv", "icu"], chance.randint(1, 2))),
            frozenset(chance.sample(range(14), 2)),
            chance.choice(history),
        )
        for n in range(4)
    )  # fmt: skip
    wishes = tuple(
        Wish(f"e{n}", chance.randrange(14), chance.choice([None, "late"]), chance.random() < 0.5, 11)
        for n in range(4)
        for _ in range(3)
    )
    cells = [(d, s, k) for d in range(14) for s in LETTERS.values() for k in ("iv", "icu")]
    cover = tuple(Cover(*cell, chance.randint(0, 1), 2, 30, 3) for cell in chance.sample(cells, 40))
    problem = RosterProblem("r", 14, shifts, ("iv", "icu"), staff, wishes, cover)
    given = tuple(
        Assignment(f"e{n}", day, chance.choice(list(LETTERS.values())), chance.choice(["iv", "icu"]))
        for n in range(4)
        for day in range(14)
        if chance.random() < 0.6
    )
    return problem, Roster(given)


@pytest.mark.parametrize("seed", range(40))
def test_what_changes_cost_and_break_is_the_referees_difference(seed: int):
    chance = random.Random(seed)
    problem, roster = some_problem(chance)
    standing = Standing(problem, roster)
    for _ in range(12):
        changes = [
            Change(
                f"e{chance.randrange(4)}",
                chance.randrange(14),
                chance.choice([None, *LETTERS.values()]),
                "iv",
            )
            for _ in range(chance.randint(1, 3))
        ]
        judged = standing.judged(changes)
        after = standing.after(changes).roster
        assert (judged.cost, judged.hard) == difference(problem, roster, after)
        if judged.legal:
            assert all(more < 0 for more in judged.hard.values())
    sick = next(given for given in roster.assignments)
    ranked = rank(standing, sick.employee, sick.day)
    opened = standing.after([Change(sick.employee, sick.day, None)])
    assert ranked.open_cost == difference(problem, roster, opened.roster)[0]
    for candidate in ranked.candidates:
        cost, hard = difference(problem, opened.roster, opened.after(candidate.changes).roster)
        assert cost == candidate.cost
        assert all(more < 0 for more in hard.values()), "stepping in breaks nothing"


def test_who_has_not_rested_and_who_lacks_the_skill_are_not_offered():
    rows = {"sick": "N......", "late": "..L....", "free": ".......", "none": "......."}
    problem, standing = ward(
        rows, NIGHTS, none={"skills": frozenset(["icu"])}, free={"days_off": frozenset([1])}
    )
    ranked = rank(standing, "sick", 0)
    assert (ranked.shift, ranked.skill, ranked.open_cost) == ("night", "iv", 100)
    assert [c.employee for c in ranked.candidates] == ["free", "late"]
    [barred] = ranked.barred
    assert (barred.employee, [b.rule for b in barred.breaks]) == ("none", [rules.SKILL])
    assert problem.employees[0].id not in {c.employee for c in ranked.candidates}


def test_rest_after_stepping_in_is_kept_by_moving_the_next_shift_and_the_move_has_its_price():
    rows = {"sick": "N......", "next": ".E.....", "day": "..E...."}
    _, standing = ward(rows, NIGHTS[:1])
    ranked = rank(standing, "sick", 0, Fairness(prices=Prices(moved=20)))
    day, following = ranked.candidates
    assert (day.employee, day.moved, day.price) == ("day", 0, -100)
    assert following.employee == "next"
    assert following.moved == 1
    assert following.price == -80
    assert following.changes[0] == Change("next", 0, "night", "iv")
    after = standing.after(following.changes)
    assert after.duties["next"][1] in (None, ("night", "iv"))


def test_a_shift_left_out_for_rest_is_taken_over_by_a_third_person_where_it_would_be_missed():
    rows = {"sick": "N......", "next": ".E.....", "third": "......."}
    early = Cover(1, "early", "iv", 1, 1, 500, 500)
    _, standing = ward(rows, [*NIGHTS, early], third={"days_off": frozenset([0])})
    [candidate] = rank(standing, "sick", 0).candidates
    assert candidate.employee == "next"
    assert set(candidate.changes) == {
        Change("next", 0, "night", "iv"),
        Change("next", 1, None),
        Change("third", 1, "early", "iv"),
    }
    assert candidate.moved == 2


def test_nobody_steps_in_from_a_shift_that_would_fall_below_its_least():
    rows = {"sick": "N......", "early": "E......"}
    _, standing = ward(rows, [*NIGHTS, Cover(0, "early", "iv", 1, 1, 50, 1)])
    ranked = rank(standing, "sick", 0)
    assert ranked.candidates == ()
    [barred] = ranked.barred
    assert [(b.rule, b.employee, b.shift) for b in barred.breaks] == [(rules.LEAST_COVER, None, "early")]


@pytest.mark.parametrize(
    ("row", "barred_by"),
    [
        pytest.param("EEEEE..", {"worked_run"}, id="six days in a row"),
        pytest.param("....L..", set(), id="late before a night"),
    ],
)
def test_hours_and_runs_are_not_bought(row: str, barred_by: set[str]):
    rows = {"sick": ".....N.", "asked": row}
    ranked = rank(ward(rows, NIGHTS)[1], "sick", 5)
    assert {b.rule.id for each in ranked.barred for b in each.breaks} == barred_by
    assert [c.employee for c in ranked.candidates] == ([] if barred_by else ["asked"])


def test_of_two_who_could_whoever_stepped_in_less_is_asked_first_and_nights_and_weekends_count_where_they_are():
    rows = {"sick": "E....N.", "a": ".......", "b": "......."}
    _, standing = ward(rows, [Cover(0, "early", "iv", 0, 1, 50, 1), *NIGHTS])
    fair = Fairness({"a": Burden(stepped_in=2)}, Prices(stepped_in=30), frozenset(["night"]))
    first, second = rank(standing, "sick", 0, fair).candidates
    assert (first.employee, first.fairness) == ("b", 0)
    assert (second.employee, second.fairness) == ("a", 60)
    nights = dataclasses.replace(fair, burdens={"b": Burden(nights=3, weekends=1)})
    assert [c.fairness for c in rank(standing, "sick", 0, nights).candidates] == [0, 0]
    asked = rank(standing, "sick", 5, nights).candidates
    assert [(c.employee, c.fairness) for c in asked] == [("a", 0), ("b", 3 * 5 + 10)]


def test_a_swap_is_judged_by_the_same_count():
    rows = {"a": "EN.....", "b": "..E....", "c": ".E....."}
    problem, standing = ward(rows, NIGHTS)
    judged = swap(("a", 1), ("c", 1), standing)
    assert judged.legal
    assert standing.after(judged.changes).duties["c"][1] == ("night", "iv")
    across = swap(("a", 1), ("b", 2), standing)
    assert [(b.employee, b.rule) for b in across.breaks] == []
    assert difference(problem, standing.roster, standing.after(across.changes).roster)[0] == across.cost
    tired = swap(
        ("a", 1), ("b", 2), Standing(problem, standing.after([Change("b", 2, "early", "iv")]).roster)
    )
    assert tired.legal
    rows = {"a": ".N.....", "b": "E.E...."}
    broken = swap(("a", 1), ("b", 0), ward(rows, NIGHTS)[1])
    assert [(b.employee, b.rule) for b in broken.breaks] == [("b", rules.SUCCESSION)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("a", 0), ("a", 1), id="one person"),
        pytest.param(("a", 3), ("b", 2), id="not working"),
        pytest.param(("a", 0), ("c", 1), id="working there already"),
        pytest.param(("zz", 0), ("b", 2), id="unknown"),
        pytest.param(("a", 70), ("b", 2), id="no such day"),
    ],
)
def test_a_swap_that_makes_no_sense_is_refused(one: tuple, other: tuple):
    with pytest.raises(InvalidInstance):
        swap(one, other, ward({"a": "EN.....", "b": "..E....", "c": ".E....."})[1])


def test_a_roster_of_two_shifts_on_a_day_is_refused_with_its_row():
    problem, _ = ward({"a": "E......"})
    twice = Roster((Assignment("a", 0, "early"), Assignment("a", 0, "late"), Assignment("x", 9, "late")))
    with pytest.raises(InvalidInstance) as refused:
        Standing(problem, twice)
    assert [p.where for p in refused.value.problems] == [
        "assignment 2, day", "assignment 3, employee", "assignment 3, day",
    ]  # fmt: skip
