"""What the collector of garbage passes over."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from api.memory import THRESHOLDS, quiet, rest, settle


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.collect()
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_collection_looks_at_nothing_that_was_there_when_it_was_settled():
    settle()
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 1_000


def test_what_refers_to_itself_is_freed_when_it_is_settled_again():
    circle = Circle()
    settle()
    gone = weakref.ref(circle)
    del circle
    gc.collect()
    assert gone() is not None
    settle()
    assert gone() is None


def test_a_rest_frees_what_has_come_since_in_circles_and_passes_over_what_stays():
    settle()
    assert gc.get_threshold() == THRESHOLDS
    gone, stays = Circle(), [[number] for number in range(5_000)]
    weak, frozen = weakref.ref(gone), gc.get_freeze_count()
    del gone
    rest()
    assert weak() is None
    assert gc.get_freeze_count() >= frozen + len(stays)


async def test_a_rest_waits_for_the_end_of_what_is_at_work_and_not_for_ever():
    """A batch ends a little after its answers: right after a tick the writer was hardly ever found idle."""
    looks = iter([False, False, True])
    assert await quiet(lambda: next(looks))
    assert not await quiet(lambda: False)
