"""Workers of one search that meet: who goes on from what, and that the hospital is then as it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from solver.engine.kernels_random import random_state
from solver.placing.annealing import first_order
from solver.placing.asks import Pricing, compile_request
from solver.placing.kernels_adopt import adopt
from solver.placing.kernels_batch import World, take_out
from solver.placing.kernels_ruin import construct
from solver.placing.meeting import Meeting, Shown
from solver.placing.search import SPARE_COLUMNS, lent_slots, scratch_of, world_of
from tests.unit.placing.test_search import ward_case


def shown(total: int, number: int) -> Shown:
    return Shown(total, number, held=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mine", "other", "takes"),
    [(shown(9, 1), shown(7, 0), True), (shown(7, 1), shown(9, 0), False), (shown(8, 1), shown(8, 0), True)],
)
def test_whoever_holds_nothing_cheaper_than_a_worker_before_goes_on_from_theirs(mine, other, takes):
    meeting = Meeting(2, in_step=False)
    assert meeting.cheaper(other) is None
    assert (meeting.cheaper(mine) is other) == takes


def test_workers_in_step_wait_for_each_other_until_one_leaves():
    meeting, found = Meeting(2, in_step=True), []
    threads = [
        threading.Thread(
            target=lambda total, number: found.append(meeting.cheaper(shown(total, number))), args=a
        )
        for a in ((5, 0), (3, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(found, key=lambda one: one is not None) == [None, shown(3, 1)]
    meeting.leave()
    assert meeting.cheaper(shown(9, 0)) == shown(3, 1)


@contextmanager
def built(backwards: bool) -> Iterator[tuple[World, int]]:
    """A crowded ward with its requests put in, the dearest to leave waiting first or last; the total cost."""
    live, requests = ward_case(6)
    arrays, pricing = live.arrays, Pricing.of(live.records.profile)
    compiled = [compile_request(request, arrays, pricing) for request in requests]
    arrays.widen(SPARE_COLUMNS)
    scratch = scratch_of(arrays, 400)
    with lent_slots(arrays, len(requests)) as slots:
        world = world_of(arrays, pricing, scratch, requests, compiled, slots)
        order = first_order(world.batch)
        yield world, int(construct(world, order[::-1].copy() if backwards else order, random_state(1)))


def test_a_world_that_goes_on_from_another_plan_is_as_if_it_had_come_to_it_by_itself():
    with built(False) as (world, total), built(True) as (other, others_total):
        assert total != others_total
        rows = world.held.bed.size
        moved = (world.held.bed != other.held.bed) | (world.held.start != other.held.start)
        stale = np.zeros(rows, np.bool_)
        adopt(world, other.held, np.zeros(rows, np.bool_), stale)
        assert stale[moved].all()
        assert not stale.all()
        assert (world.held.bed == other.held.bed).all()
        for name, part in (("cover", "slack"), ("lots", "available"), ("units", "busy_count")):
            assert (getattr(getattr(world, name), part) == getattr(getattr(other, name), part)).all(), name
        assert sum(int(take_out(world, row)) for row in range(rows)) == others_total
