"""Prices on which everybody agrees: the bound that follows from them, and the roster that sweeps make of them."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solver.engine.result import Budget
from solver.rostering.agreeing import Agreeing
from solver.rostering.arrays import SCALE, compiled
from solver.rostering.kernels_rows import row_cost
from solver.rostering.layout import FAR
from solver.rostering.problem import (
    Contract,
    Cover,
    Employee,
    History,
    Limits,
    RosterProblem,
    ShiftType,
    Wish,
)
from solver.rostering.referee import recount
from solver.rostering.search import empty_plan
from solver.rostering.solve import solve

DAYS, ROWS = 5, 3**5


def _small(cells, wishes, contract):
    """Two people and five days of two shifts, never by day after a night."""
    shifts = (ShiftType("day", 480, run=Limits(1, 3, 2)), ShiftType("night", 480, frozenset(["day"])))
    people = tuple(Employee(name, contract, history=History(off_run=1)) for name in ("a", "b"))
    cover = tuple(Cover(number // 2, shifts[number % 2].id, "", *cell) for number, cell in enumerate(cells))
    asked = tuple(Wish(people[p].id, day, None, on, price) for p, day, on, price in wishes)
    return RosterProblem("small", DAYS, shifts, (), people, asked, cover)


@st.composite
def problems(draw):
    def cell():
        least = draw(st.integers(0, 1))
        return least, least + draw(st.integers(0, 1)), draw(st.integers(1, 9)), draw(st.integers(0, 3))

    cells = [cell() for _ in range(2 * DAYS)]
    one = st.tuples(st.integers(0, 1), st.integers(0, DAYS - 1), st.booleans(), st.integers(1, 5))
    wishes = draw(st.lists(one, max_size=3, unique_by=lambda wish: wish[:2]))
    worked = Limits(draw(st.integers(1, 3)), 3, draw(st.integers(1, 5)))
    shifts = Limits(draw(st.integers(0, 2)), draw(st.integers(2, 4)), draw(st.integers(1, 5)))
    off = Limits(draw(st.integers(1, 2)), 3, draw(st.integers(1, 5)))
    return _small(cells, wishes, Contract("c", shifts=shifts, worked_run=worked, off_run=off))


def _optimum(tables):
    """The least cost of all rosters of two people, in the arrays' units, each schedule beside each other one; who is
    missing below the least cover costs what the arrays say."""
    rows = np.array(np.unravel_index(np.arange(ROWS), (3,) * DAYS)).T - 1
    there = (rows[:, :, None] == np.arange(2)).astype(np.int64)
    tally = np.zeros(2, np.int64)
    personal = np.array([[row_cost(tables, p, row, tally) for row in rows] for p in range(2)])
    first, second = (np.flatnonzero(costs < FAR) for costs in personal)
    best = FAR
    for row in first:
        staffed = there[row] + there[second]
        short = np.maximum(0, tables.least - staffed)
        under = np.maximum(0, tables.wanted - np.maximum(tables.least, staffed))
        over = np.maximum(0, staffed - tables.wanted)
        cover = (short * tables.size[3] + under * tables.under + over * tables.over).sum(axis=(1, 2))
        best = min(best, int((personal[0, row] + personal[1, second] + cover).min()))
    return best


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(problems(), st.integers(1, 60))
def test_no_roster_is_cheaper_than_the_bound_however_long_prices_were_looked_for(problem, rounds):
    tables = compiled(problem).tables
    agreeing = Agreeing(tables, 5.0 * SCALE)
    agreeing.climb(rounds, lambda: 0.0)
    assert agreeing.bound <= _optimum(tables)


def _ward(people):
    """Two weeks of seventy shifts wanted, at thirty each. Ten is what a person works without a fault, and an eleventh
    costs twenty and a run that is too long or too short, thirty: so ten each are worked, and the others are missing."""
    contract = Contract(
        "full",
        shifts=Limits(4, 10, 20),
        worked_run=Limits(2, 5, 30),
        off_run=Limits(2, 6, 30),
    )
    day = ShiftType("D", 480, run=Limits(2, 5, 15))
    night = ShiftType("N", 480, frozenset(["D"]), Limits(2, 4, 15))
    staff = tuple(Employee(f"e{n}", contract, history=History(off_run=2)) for n in range(people))
    cover = tuple(
        Cover(on, shift, "", 1, wanted, 30, 0) for on in range(14) for shift, wanted in (("D", 3), ("N", 2))
    )
    return RosterProblem("lenient", 14, (day, night), (), staff, (), cover)


@pytest.mark.parametrize(("people", "optimum"), [(4, 900), (5, 600), (6, 300), (8, 0)], ids=str)
def test_sweeps_reach_the_optimum_and_no_bound_lies_above_it(people, optimum):
    problem = _ward(people)
    arrays, agreeing = compiled(problem), Agreeing(compiled(problem).tables, 30.0 * SCALE)
    plan, best = empty_plan(arrays), empty_plan(arrays)
    agreeing.climb(100, lambda: 0.0)
    done = iter([*np.linspace(0.0, 1.0, 200, endpoint=False).tolist(), 1.0])
    agreeing.sweep(plan, best, lambda: next(done), np.random.default_rng(1))
    counted = recount(problem, arrays.roster(best.duty))
    assert (counted.broken, counted.cost) == (0, optimum)
    assert arrays.at_least(agreeing.bound) <= optimum


def test_with_seconds_the_prices_of_a_lenient_ward_prove_its_roster_best():
    # It ends with the proof; the limit is for a machine that never comes to it.
    result = solve(_ward(5), Budget(seconds=60), 1)
    assert (result.cost, result.bound, result.verified) == (600, 600, True)
