"""Planning admissions anew: pins hold, who was told of a day keeps it as far as asked, and the referee counts both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.admissions import rules
from solver.admissions.formats import read_problem
from solver.admissions.keeping import Pin, broken_pins, changes, pinned, with_price
from solver.admissions.problem import Admission, AdmissionPlan, Standing
from solver.admissions.referee import recount, stands
from solver.admissions.solve import solve
from solver.admissions.warming import SMALLEST
from solver.engine.change_price import DEAREST, FIRST_PRICE
from solver.engine.result import Budget
from tests.admission_cases import public

MOVES = Budget(iterations=300_000)


def test_a_higher_price_leaves_fewer_changes_and_the_referee_counts_them() -> None:
    problem = read_problem(public("i02.json"))
    first = solve(problem, MOVES, 1).plan
    assert first is not None
    before = {one.patient: one for one in first.admissions} | dict.fromkeys(
        {p.id for p in problem.patients} - {one.patient for one in first.admissions}
    )
    moved = []
    for price in (0, FIRST_PRICE, DEAREST):
        priced = with_price(problem, before, price)
        found = solve(priced, MOVES, 2)
        assert found.plan is not None
        assert found.verified
        moved.append(changes(problem, before, found.plan))
        if price:
            assert recount(priced, found.plan).of(rules.MOVED).count == moved[-1]
            assert found.cost == recount(problem, found.plan).cost + price * moved[-1]
    assert moved[0] > moved[1] >= moved[2] == 0


def test_a_pinned_surgery_stays_on_its_day_in_its_room_and_theatre() -> None:
    problem = read_problem(public("i02.json"))
    first = solve(problem, MOVES, 1).plan
    assert first is not None
    pins = [Pin(one.patient, one.day, one.room, one.theatre) for one in first.admissions[:4]]
    held = solve(pinned(problem, pins), MOVES, 3)
    assert held.plan is not None
    assert held.verified
    assert broken_pins(held.plan, pins) == []
    gone = AdmissionPlan(held.plan.admissions[1:], ())
    lost = [pin for pin in pins if pin.patient == held.plan.admissions[0].patient]
    assert broken_pins(gone, pins) == lost


PLACE = Admission("P", 0, "R", "T")


@pytest.mark.parametrize(
    ("standing", "given", "same"),
    [
        (Standing("P", 1, 0, "R", "T"), PLACE, True),
        (Standing("P", 1, 0, "R"), PLACE, True),
        (Standing("P", 1, 0, "R", "other"), PLACE, False),
        (Standing("P", 1, 0, "other"), PLACE, False),
        (Standing("P", 1, 1, "R"), PLACE, False),
        (Standing("P", 1), PLACE, False),
        (Standing("P", 1), None, True),
        (Standing("P", 1, 0, "R"), None, False),
    ],
    ids=["same", "any_theatre", "theatre", "room", "day", "came_only_now", "still_out", "out_now"],
)
def test_somebody_stands_where_they_were_or_has_moved(standing, given, same) -> None:
    assert stands(standing, given) is same
    problem = replace(SMALLEST, standing=(replace(standing, price=7),))
    moved = recount(problem, AdmissionPlan(() if given is None else (given,), ())).of(rules.MOVED)
    assert (moved.count, moved.cost) == ((0, 0) if same else (1, 7))


def test_whoever_needs_no_surgery_opens_no_theatre() -> None:
    plan = AdmissionPlan((PLACE,), ())
    patients = (replace(SMALLEST.patients[0], duration=0),)
    assert recount(SMALLEST, plan).of(rules.OPEN_THEATRE).count == 1
    assert recount(replace(SMALLEST, patients=patients), plan).of(rules.OPEN_THEATRE).count == 0
