"""The kernels that decide a batch say of each request what those say that decide it alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from simulations.demand import batch
from simulations.hospital import generate
from solver.engine.kernels_random import random_state
from solver.engine.rule import Profile
from solver.placing.annealing import first_order
from solver.placing.asks import Pricing, compile_request, start_window
from solver.placing.kernels import COST, place
from solver.placing.kernels_batch import World, drugs_of, equipment_of, put_in, take_out
from solver.placing.kernels_ruin import WAYS, choose, construct, empty, step
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions
from solver.placing.search import lent_slots, scratch_of, world_of
from tests.builders import NOW


@contextmanager
def full_world(size: str, seed: int, count: int, occupancy: float) -> Iterator[tuple[World, list[object]]]:
    """A batch, everybody put in who could be, with each request's ``Ask``."""
    hospital = generate(size, seed, NOW, occupancy=occupancy)
    live = LiveHospital.of(hospital, NOW, Profile(), PlacingOptions())
    arrivals = batch(hospital, seed, count, None, NOW)
    for arrival in arrivals:
        live.put(arrival.person)
    requests = [arrival.request for arrival in arrivals]
    pricing, arrays = Pricing.of(Profile()), live.arrays
    compiled = [compile_request(request, arrays, pricing) for request in requests]
    arrays.widen(8)
    starts = max((last - base) // 15 + 1 for base, last in (start_window(r, NOW) for r in requests))
    scratch = scratch_of(arrays, starts)
    with lent_slots(arrays, count) as slots:
        world = world_of(arrays, pricing, scratch, requests, compiled, slots)
        construct(world, first_order(world.batch), random_state(seed))
        yield world, [one.ask for one in compiled]
        empty(world)


def alone(world: World, ask: object, row: int) -> int:
    """What a request would add if it were decided by itself; its price when there is no place.

    Views are made in Python: boxed, one that a kernel returns is the whole array.
    """
    found = place(
        world.places,
        world.stays,
        world.cover,
        world.units,
        world.lots,
        ask,
        equipment_of.py_func(world.batch, row),
        drugs_of.py_func(world.batch, row),
        world.prices,
        world.scratch,
    )
    return int(world.scratch.found[COST]) if found else int(world.batch.unplaced_price[row])


@pytest.mark.parametrize(
    ("size", "seed", "count", "occupancy"),
    [("ward", 1, 25, 0.5), ("ward", 2, 12, 0.9), ("district", 3, 80, 0.8)],
)
def test_a_request_put_in_among_the_others_adds_what_deciding_it_alone_adds(size, seed, count, occupancy):
    """The beds of a batch are found once and remembered; what is remembered must not go stale."""
    state = random_state(seed)
    with full_world(size, seed, count, occupancy) as (world, asks):
        for round_ in range(3):
            for row in np.random.default_rng(round_).permutation(count):
                take_out(world, row)
                expected = alone(world, asks[row], row)
                assert put_in(world, row, state, 0.0) == expected
                assert expected >= world.choices.least_cost[row]


@pytest.mark.parametrize("way", range(WAYS))
def test_whatever_way_a_step_goes_its_change_in_cost_is_that_of_taking_everybody_out_and_adding_up(way):
    state = random_state(way)
    chosen, keys = np.zeros(12, np.int64), np.zeros(12)
    with full_world("ward", 4, 25, 0.5) as (world, _):
        before = type(world.held)(*(array.copy() for array in world.held))
        total = totalled(world)
        for _ in range(60):
            out = choose(world, state, way, chosen, 6)
            assert 1 <= out <= 12
            assert len(set(chosen[:out].tolist())) == out
            beds = world.held.bed.copy()
            stands, change = step(world, before, state, chosen, keys, out, 1e7)
            after = totalled(world)
            assert after - total == change
            assert stands or (world.held.bed == beds).all()
            total = after


def totalled(world: World) -> int:
    """The cost of what everybody holds: each is taken out in turn, then put back the other way round."""
    from solver.placing.kernels_batch import put_back

    rows = range(world.held.bed.size)
    total = sum(take_out(world, row) for row in rows)
    for row in reversed(rows):
        put_back(world, row)
    return total
