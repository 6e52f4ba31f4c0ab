"""Cover inequalities: what they cut off, and what they must never cut off."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.placing.cpsat.covers import Knapsack, broken_covers, knapsacks_of
from solver.placing.cpsat.linear import INFINITE, LinearModel, Program, Terms
from solver.placing.cpsat.relaxation import PlaceColumns, Sifting


def knapsack(loads: list[int], limit: int) -> Knapsack:
    """One place for each request."""
    numbers = np.arange(len(loads))
    return Knapsack(numbers, numbers, np.array(loads, np.int64), limit)


def test_five_who_need_more_nurses_than_there_are_do_not_all_come() -> None:
    """Four at 60 shares fill 240; with one at 40 as well only three of them fit. Relaxed, all come by parts."""
    row = knapsack([60, 60, 60, 60, 40], 240)
    relaxed = np.array([1, 1, 1, 1 / 3, 1])
    found = row.cover(relaxed)
    assert found is not None
    coefficients, limit = found
    assert coefficients.tolist() == [1, 1, 1, 1, 1]
    assert limit == 4


def test_who_fits_together_is_left_alone() -> None:
    assert knapsack([60, 60, 40], 240).cover(np.ones(3)) is None


def test_who_needs_as_much_as_two_of_a_cover_counts_twice() -> None:
    """Of four at 50 shares three fit into 150, and who takes 100 leaves room for one."""
    found = knapsack([50, 50, 50, 50, 100], 150).cover(np.array([1, 1, 1, 0.5, 0.0]))
    assert found is not None
    assert found[0].tolist() == [1, 1, 1, 1, 2]
    assert found[1] == 3


@given(st.data(), st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_an_inequality_cuts_off_the_relaxed_plan_and_no_whole_one(
    data: st.DataObject, loads: list[int]
) -> None:
    limit = data.draw(st.integers(1, sum(loads)))
    eighths = data.draw(st.lists(st.integers(0, 8), min_size=len(loads), max_size=len(loads)))
    relaxed = np.array(eighths) / 8
    found = knapsack(loads, limit).cover(relaxed)
    assume(found is not None)
    assert found is not None
    coefficients, most = found
    assert coefficients @ relaxed > most
    for plan in product((0, 1), repeat=len(loads)):
        if np.dot(loads, plan) <= limit:
            assert coefficients @ np.array(plan) <= most


@given(st.data(), st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_a_cover_that_is_broken_is_found(data: st.DataObject, loads: list[int]) -> None:
    """Whatever set of requests a relaxed plan overfills, some inequality is broken too."""
    limit = data.draw(st.integers(1, sum(loads)))
    eighths = data.draw(st.lists(st.integers(0, 8), min_size=len(loads), max_size=len(loads)))
    relaxed = np.array(eighths) / 8
    overfilled = any(
        np.dot(loads, plan) > limit and np.dot(1 - relaxed, plan) < 1
        for plan in product((0, 1), repeat=len(loads))
    )
    assert (knapsack(loads, limit).cover(relaxed) is not None) == overfilled


def ward() -> tuple[Program, PlaceColumns]:
    """Three who need 60 of 110 shares of nurses each, a bed for each of them; to wait costs 100."""
    model, count = LinearModel(), 3
    numbers = np.arange(count)
    x = model.variables(count)
    unplaced = model.variables(count, 1, 100)
    model.rows(count, Terms.joined([Terms.of(numbers, x, 1), Terms.of(numbers, unplaced, 1)]), 1, 1)
    model.rows(1, Terms.of(0, x, 60), -INFINITE, 110)
    model.rows(count, Terms.of(numbers, x, 2), -INFINITE, 2)
    zeros = np.zeros(count, np.int64)
    return model.frozen(), PlaceColumns(x, numbers, numbers, zeros, zeros)


def test_rows_of_several_requests_with_loads_are_knapsacks_and_no_others() -> None:
    program, places = ward()
    found = knapsacks_of(program, places.variable, places.request)
    assert [(one.limit, one.loads.tolist()) for one in found] == [(110, [60, 60, 60])]
    assert len(list(broken_covers(found, np.array([1, 5 / 6, 0, 0, 0, 0])))) == 1


def test_the_relaxation_of_a_ward_knows_that_nobody_comes_by_parts() -> None:
    """110 shares are 1.83 patients of 60: without covers the bound is 117, yet two of three have to wait."""
    program, places = ward()
    sifting = Sifting(program, places)
    best = sifting.run(float("inf"), 1 << 40)
    assert best is not None
    assert best.bound == 200
    assert sifting.is_finished
