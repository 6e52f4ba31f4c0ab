"""Which fleets are asked about, and what is wrong with a question."""

from __future__ import annotations

import pytest

from solver.equipment.fleet_changes import all_changes, faults


@pytest.mark.parametrize(
    ("changes", "around", "expected"),
    [
        ((), None, (-2, -1, 0, 1, 2)),
        ((), 1, (-1, 0, 1)),
        ((3, -1, 3), None, (-1, 3)),
    ],
    ids=["usual", "around", "each_once"],
)
def test_changes_are_those_said_or_up_to_so_many_either_way(
    changes: tuple[int, ...], around: int | None, expected: tuple[int, ...]
) -> None:
    assert all_changes(changes, around, 2) == expected
    assert list(faults(changes, around)) == []


def test_less_than_one_around_and_both_ways_of_saying_it_are_faults() -> None:
    assert [(each.where, each.expected) for each in faults((1,), 0)] == [
        ("around", "1 or more"),
        ("around", "either changes or around"),
    ]
