"""How many days of a run of one shift a programme tells apart."""

import numpy as np
import pytest

from solver.rostering import layout as at
from solver.rostering.arrays import compiled, new_trial, room, runs_told_apart
from solver.rostering.kernels import best_schedule
from solver.rostering.kernels_rows import row_cost
from solver.rostering.problem import Contract, Employee, History, Limits, RosterProblem, ShiftType

DAYS = 28
LONGEST = 9


def _arrays(same_before):
    """Four weeks of one person, who may work one shift 28 days in a row and works up to five in a stretch, or at a
    price up to nine."""
    contract = Contract("c", worked_run=Limits(1, 5, 30))
    history = History("day", same_before, same_before, 0) if same_before else History(off_run=2)
    employee = Employee("e", contract, history=history)
    shift = ShiftType("day", 480, run=Limits(2, DAYS, 15))
    return compiled(RosterProblem("runs", DAYS, (shift,), (), (employee,), (), ()))


@pytest.mark.parametrize(
    ("same_before", "told"), [(0, 2), (DAYS - LONGEST, 2), (DAYS - LONGEST + 1, DAYS)], ids=str
)
def test_a_most_that_no_run_reaches_is_not_told_apart(same_before, told):
    tables = _arrays(same_before).tables
    assert tables.terms[0, at.LONGEST] == LONGEST
    assert runs_told_apart(tables.terms, tables.same) == tables.size[2] == told


@pytest.mark.parametrize("same_before", [0, 18, 19, 20, 26, 40])
def test_a_run_that_goes_on_from_a_long_one_costs_what_its_days_cost(same_before):
    tables = _arrays(same_before).tables
    trial, work = new_trial(tables, 1), room(tables)
    trial.price[:] = -(10**6)
    cost = best_schedule(tables, 0, trial.price, work, trial.schedule)
    worked = int((trial.schedule >= 0).sum())
    assert worked > DAYS // 2
    assert cost + worked * 10**6 == row_cost(tables, 0, trial.schedule, np.zeros(1, np.int64))
