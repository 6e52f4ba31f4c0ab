"""The door lists every problem of a record, and no message loses its remedy."""

from __future__ import annotations

import math

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import Bed, BedKind
from solver.hospital.door import MAX_COUNT, MAX_MINUTE, Door


def problems(door: Door) -> int:
    try:
        door.close()
    except InvalidInstance as error:
        return len(error.problems)
    return 0


@pytest.mark.parametrize("value", ["a", "床 1", "x" * 80, "-", "O'Neil 3"])
def test_an_id_may_be_any_short_printable_text(value: str) -> None:
    door = Door("Bed", "b")
    door.identity(value)
    assert problems(door) == 0


@pytest.mark.parametrize("value", ["", " a", "a ", "x" * 81, "a\nb", "a\tb", None, 3, "\ud800", "\x00"])
def test_an_id_with_blanks_outside_control_characters_or_none_is_refused(value: object) -> None:
    door = Door("Bed", "b")
    door.identity(value)
    assert problems(door) == 1


@pytest.mark.parametrize(("value", "count"), [(0, 0), (5, 0), (6, 1), (-1, 1), (2.0, 1), (True, 1), ("3", 1)])
def test_a_whole_number_is_an_int_within_its_range(value: object, count: int) -> None:
    door = Door("Bed", "b")
    assert door.whole(value, "floor", 0, 5) is (count == 0)
    assert problems(door) == count


@pytest.mark.parametrize(
    ("value", "count"), [(0, 0), (MAX_MINUTE, 0), (MAX_MINUTE + 1, 1), (-1, 1), (math.nan, 1)]
)
def test_a_minute_is_whole_and_not_a_second_or_millisecond(value: object, count: int) -> None:
    door = Door("Bed", "b")
    door.minute(value, "clean_at")
    assert problems(door) == count


@pytest.mark.parametrize(("end", "count"), [(11, 0), (10, 1), (9, 1), ("11", 1)])
def test_an_interval_ends_after_it_starts(end: object, count: int) -> None:
    door = Door("Bed", "b")
    door.interval(10, end)
    assert problems(door) == count


@pytest.mark.parametrize(
    ("value", "count"), [("", 0), (" a ", 0), ("x" * 500, 0), ("x" * 501, 1), ("a\n", 1)]
)
def test_free_text_is_one_printable_line(value: str, count: int) -> None:
    door = Door("Bed", "b")
    door.text(value, "name")
    assert problems(door) == count


def test_every_problem_of_a_record_is_listed_not_only_the_first() -> None:
    with pytest.raises(InvalidInstance) as caught:
        Bed(" b", "", "sofa", care_level=9, max_weight_kg=0)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 5
    for name in ("id", "room_id", "kind", "care_level", "max_weight_kg"):
        assert name in str(caught.value)


def test_a_count_stays_far_from_the_limits_of_sixty_four_bits() -> None:
    assert MAX_COUNT * 1_000_000 < 2**63


def test_a_member_of_the_enumeration_is_let_in() -> None:
    door = Door("Bed", "b")
    door.member(BedKind.COT, BedKind, "kind")
    assert problems(door) == 0
