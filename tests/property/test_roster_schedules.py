"""What is found, listed or counted of one person's schedules is what trying and recounting every one gives, under
drawn contracts, histories and prices."""

from itertools import product

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solver.rostering.arrays import SCALE, compiled, new_trial, room
from solver.rostering.kernels import best_schedule
from solver.rostering.kernels_enumeration import MANY, SHORT, cheapest, schedules_within
from solver.rostering.kernels_pricing import FREE
from solver.rostering.kernels_rows import row_cost
from solver.rostering.layout import FAR, Priced
from solver.rostering.problem import (
    UNLIMITED,
    Assignment,
    Contract,
    Employee,
    History,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
)
from solver.rostering.referee import recount

DAYS = 7
SHIFTS = ("early", "night")


def limits(least, most):
    """Hard, priced, or none."""
    pairs = st.tuples(st.integers(0, least), st.integers(0, most)).map(
        lambda pair: (pair[0], pair[0] + pair[1])
    )
    drawn = st.tuples(pairs, st.none() | st.integers(1, 9))
    return st.none() | drawn.map(lambda found: Limits(*found[0], found[1]))


@st.composite
def histories(draw):
    worked = draw(st.integers(0, 4))
    if worked == 0:
        return History(off_run=draw(st.integers(0, 3)), shifts=draw(st.integers(0, 2)))
    same = draw(st.integers(1, worked))
    last = draw(st.sampled_from(SHIFTS))
    return History(last, same, worked, 0, draw(st.integers(0, 2)), draw(st.integers(0, 1)))


@st.composite
def problems(draw):
    """One person, one week, two shifts of 8 and 10 hours."""
    known = draw(st.booleans())
    run = draw(limits(2, 2)) if known else None
    by_minutes = draw(st.booleans())
    amount = draw(limits(3, 3))
    minutes = shifts = UNLIMITED
    if amount is not None and by_minutes:
        minutes = Limits((amount.least or 0) * 480, (amount.most or 0) * 540, amount.price)
    elif amount is not None:
        shifts = amount
    contract = Contract(
        "c",
        minutes=minutes,
        shifts=shifts,
        worked_run=draw(limits(3, 2)) or UNLIMITED,
        off_run=draw(limits(3, 2)) or UNLIMITED,
        weekends=draw(st.sampled_from([UNLIMITED, Limits(None, 0, 7), Limits(None, 0), Limits(None, 1, 7)])),
        whole_weekends_price=draw(st.sampled_from([0, 5])),
        most_of_shift=draw(st.sampled_from([{}, {"night": 2}, {"night": 0}])),
    )
    early = ShiftType("early", 480, frozenset(), run or UNLIMITED)
    night = ShiftType("night", 600, frozenset(["early"]))
    days_off = draw(st.sets(st.integers(0, DAYS - 1), max_size=2))
    history = draw(histories()) if known else None
    employee = Employee("e", contract, days_off=frozenset(days_off), history=history)
    return RosterProblem("drawn", DAYS, (early, night), (), (employee,), (), ())


prices = st.lists(st.integers(-20, 20), min_size=2 * DAYS, max_size=2 * DAYS)


def roster(days):
    return Roster(tuple(Assignment("e", day, SHIFTS[shift]) for day, shift in enumerate(days) if shift >= 0))


def by_trying(problem, price):
    """The least cost over all lawful schedules, None when there is none."""
    best = None
    for days in product((-1, 0, 1), repeat=DAYS):
        inside = sum(int(price[day, shift]) for day, shift in enumerate(days) if shift >= 0)
        counted = recount(problem, roster(days))
        if counted.broken == 0 and (best is None or inside + counted.cost < best):
            best = inside + counted.cost
    return best


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(problems(), prices)
def test_no_schedule_is_cheaper_than_the_one_found(problem, drawn):
    price = np.array(drawn, np.int64).reshape(DAYS, 2)
    tables = compiled(problem).tables
    scaled = np.where(tables.wish[0] >= FAR, FAR, price * SCALE)
    schedule = np.zeros(DAYS, np.int64)
    cost = best_schedule(tables, 0, scaled, room(tables), schedule)
    expected = by_trying(problem, price)
    assert (cost < FAR) == (expected is not None)
    if expected is not None:
        counted = recount(problem, roster(schedule.tolist()))
        assert counted.broken == 0
        inside = sum(int(price[day, shift]) for day, shift in enumerate(schedule.tolist()) if shift >= 0)
        assert inside + counted.cost == expected
        assert cost == expected * SCALE


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(problems())
def test_a_schedule_counted_in_one_pass_costs_what_the_referee_says(problem):
    tables = compiled(problem).tables
    for days in product((-1, 0, 1), repeat=DAYS):
        cost = row_cost(tables, 0, np.array(days, np.int64), np.zeros(2, np.int64))
        counted = recount(problem, roster(days))
        assert (cost < FAR) == (counted.broken == 0)
        if counted.broken == 0:
            assert cost == counted.cost * SCALE


@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
@given(problems(), prices, st.integers(0, 12))
def test_all_schedules_near_the_cheapest_are_listed_and_no_others(problem, drawn, margin):
    tables = compiled(problem).tables
    worth = np.array(drawn, np.int64).reshape(DAYS, 2)
    fixed = np.full((1, DAYS), FREE, np.int64)
    space = new_trial(tables, 1), room(tables)
    limit = cheapest(tables, 0, worth * SCALE, fixed, *space) + margin * SCALE
    found = Priced(np.zeros((3**DAYS, DAYS), np.int64), np.zeros(3**DAYS, np.int64), np.zeros(1, np.int64))
    count = schedules_within(tables, 0, worth * SCALE, limit, 10**6, fixed, *space, found)
    assert (fixed == FREE).all()
    listed = {
        tuple(days): int(cost)
        for days, cost in zip(found.duties[:count].tolist(), found.personal[:count], strict=True)
    }
    expected = {}
    for days in product((-1, 0, 1), repeat=DAYS):
        counted = recount(problem, roster(days))
        earned = sum(int(worth[day, shift]) for day, shift in enumerate(days) if shift >= 0)
        if counted.broken == 0 and (counted.cost - earned) * SCALE <= limit:
            expected[days] = counted.cost * SCALE
    assert listed == expected


def test_a_list_that_is_too_long_or_takes_too_long_is_told_apart():
    problem = RosterProblem(
        "free", DAYS, (ShiftType("early", 480),), (), (Employee("e", Contract("c")),), (), ()
    )
    tables = compiled(problem).tables
    worth, fixed = np.zeros((DAYS, 1), np.int64), np.full((1, DAYS), FREE, np.int64)
    space = new_trial(tables, 1), room(tables)
    found = Priced(np.zeros((100, DAYS), np.int64), np.zeros(100, np.int64), np.zeros(1, np.int64))
    assert schedules_within(tables, 0, worth, 0, 10**6, fixed, *space, found) == MANY
    assert (fixed == FREE).all()
    assert schedules_within(tables, 0, worth, 0, 50, fixed, *space, found) == SHORT
    assert (fixed == FREE).all()
