"""The dynamic programme finds what trying every schedule finds, under drawn contracts, histories and prices."""

from itertools import product

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solver.rostering.arrays import SCALE, compiled, room
from solver.rostering.kernels import best_schedule
from solver.rostering.layout import FAR
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
