"""The benchmark of the pharmacy judges what it measures."""

from __future__ import annotations

import pytest

from benchmarks.quality import pharmacy
from benchmarks.quality.perishable_settings import de_moor
from solver.engine.result import Budget
from solver.pharmacy.solve import solve


def test_a_batch_is_proven_and_its_time_is_held_against_the_goal() -> None:
    found = pharmacy.batch(1, goal=60)
    assert (found["status"], found["within"]) == ("optimal", True)
    assert found["cost"] == found["bound"] <= found["first_plan"]
    assert 0 < found["seconds"] <= found["slowest_seconds"]


def test_a_batch_that_takes_longer_than_its_goal_is_off() -> None:
    assert not pharmacy.batch(1, goal=0)["within"]


def test_a_batch_of_which_one_was_not_proven_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first plan is no proof, however quickly it is found."""
    budgets = iter([Budget(iterations=2)] * (pharmacy.TIMES - 1) + [Budget(iterations=1)])
    monkeypatch.setattr(pharmacy, "solve", lambda problem: solve(problem, next(budgets)))
    assert not pharmacy.batch(1, goal=60)["within"]


def test_value_iteration_is_held_against_its_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    small = next(each for each in de_moor() if each.life == 2 and each.item.lead_time == 1)
    assert pharmacy.solved(small)["within"]
    monkeypatch.setattr(pharmacy, "SMALL_SECONDS", 0.0)
    assert not pharmacy.solved(small)["within"]
