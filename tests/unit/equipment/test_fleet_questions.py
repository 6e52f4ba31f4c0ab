"""One unit more or fewer: what it does, and that it is about the same bookings."""

from __future__ import annotations

import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget
from solver.equipment.fleet_questions import FleetAnswer, ask_fleet
from solver.equipment.problem import BookingProblem, BookingRequest, PlannedUnit

PROBLEM = BookingProblem(
    ("A",),
    ((0,),),
    tuple(PlannedUnit(f"D{n}", "pump", "A") for n in range(2)),
    tuple(BookingRequest(f"R{n}", ("pump",), "A", 0, 60, 50, 0, 2) for n in range(4)),
)


def test_four_bookings_of_which_one_unit_serves_two_one_of_them_late():
    answers = list(ask_fleet(PROBLEM, "pump", [-5, -2, -1, 0, 1, 2], Budget(seconds=2.0), 1))
    assert answers == [
        FleetAnswer(0, 4, 0, 2400, 2400),
        FleetAnswer(0, 4, 0, 2400, 2400),
        FleetAnswer(1, 2, 100, 1300, 1300),
        FleetAnswer(2, 0, 200, 200, 200),
        FleetAnswer(3, 0, 100, 100, 100),
        FleetAnswer(4, 0, 0, 0, 0),
    ]


def test_a_type_that_no_unit_has_is_refused_with_those_there_are():
    with pytest.raises(InvalidInstance, match="one of pump"):
        list(ask_fleet(PROBLEM, "scanner", [0], Budget(seconds=1.0), 1))
