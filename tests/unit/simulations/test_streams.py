"""Named streams: independent of each other, the same each time."""

from __future__ import annotations

from collections import Counter

import pytest

from simulations.streams import apportion, pick, stream


def test_a_name_gives_the_same_numbers_each_time() -> None:
    assert list(stream(1, 0, "a").integers(0, 1000, 5)) == list(stream(1, 0, "a").integers(0, 1000, 5))


@pytest.mark.parametrize("other", [(2, 0, "a"), (1, 1, "a"), (1, 0, "b")])
def test_seed_replication_and_name_each_give_other_numbers(other: tuple[int, int, str]) -> None:
    assert list(stream(1, 0, "a").integers(0, 10**9, 5)) != list(stream(*other).integers(0, 10**9, 5))


def test_numbers_of_one_stream_do_not_depend_on_what_another_draws() -> None:
    alone = stream(1, 0, "a")
    expected = [alone.random() for _ in range(3)]
    one, other = stream(1, 0, "a"), stream(1, 0, "b")
    found = []
    for _ in range(3):
        other.random(7)
        found.append(one.random())
    assert found == expected


def test_an_index_is_picked_in_proportion_to_its_weight() -> None:
    rng = stream(3, 0, "pick")
    counts = Counter(pick(rng, (1, 0, 3)) for _ in range(8000))
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize(
    ("total", "weights", "minimum", "parts"),
    [(10, [1, 1], 0, [5, 5]), (10, [1, 2], 0, [3, 7]), (10, [0, 1], 1, [1, 9]), (3, [1, 1], 1, [2, 1])],
)
def test_parts_sum_to_the_total_by_largest_remainder(
    total: int, weights: list[float], minimum: int, parts: list[int]
) -> None:
    assert apportion(total, weights, minimum) == parts


def test_a_total_below_the_minimum_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot give 3 parts"):
        apportion(2, [1, 1, 1], 1)
