"""Experiments beside what theory, arithmetic and the clock say."""

from __future__ import annotations

from math import factorial
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from simulations.engine.run import Cancelled
from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import compare
from simulations.experiments.replications import Plan, Replicated, experiment
from simulations.experiments.sweeping import axis, points
from simulations.scenarios.build import Built, load
from solver.engine.errors import InvalidInstance

QUEUE = """\
name: Queue
run: {start: 2026-01-05, length: 120 d, warm_up: 20 d, replications: 12}
demand:
  classes:
    ill: {pathway: stay, arrivals: {random: {per_day: 4}}}
    apart: {pathway: apart, arrivals: {random: {per_day: 2}}}
pathways:
  stay: {steps: {ward: {bed: ward, takes: {exponential: 8 h}}}}
  apart: {steps: {room: {bed: room, takes: {lognormal: {mean: 8 h, sd: 8 h}}}}}
resources:
  ward: {beds: 2}
  room: {beds: 1}
"""
WAIT = Key("wait_mean", "stay/ward")


def written(folder: Path, text: str, name: str = "s.yaml") -> Path:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


def built(folder: Path, text: str, *settings: tuple[str, str]) -> Built:
    return load(written(folder, text), settings)


def done(folder: Path, text: str, plan: Plan | None = None) -> Replicated:
    return experiment([built(folder, text)], plan or Plan(replications=1))[0]


def erlang_c_wait(load_in_erlang: float, servers: int, service: float) -> float:
    """Mean wait of M/M/c."""
    waiting = load_in_erlang**servers / factorial(servers) * servers / (servers - load_in_erlang)
    idle = sum(load_in_erlang**k / factorial(k) for k in range(servers))
    return waiting / (idle + waiting) * service / (servers - load_in_erlang)


def test_a_ward_with_random_arrivals_waits_as_erlang_says(tmp_path: Path) -> None:
    found = done(tmp_path, QUEUE, Plan(seed=3, replications=12))
    assert found.interval(WAIT, 0.999).covers(erlang_c_wait(4 / 3, 2, 8.0))
    assert found.interval(Key("occupancy", "ward"), 0.999).covers(2 / 3)
    assert found.interval(Key("arrived", "", "ill"), 0.999).covers(4.0)


def test_workers_change_no_number(tmp_path: Path) -> None:
    one, two = (done(tmp_path, QUEUE, Plan(replications=5, workers=workers)) for workers in (1, 3))
    assert one.keys == two.keys
    assert np.array_equal(one.values, two.values, equal_nan=True)


def test_another_seed_and_each_replication_meet_other_patients(tmp_path: Path) -> None:
    one, two = (done(tmp_path, QUEUE, Plan(seed=seed, replications=4)).of(WAIT) for seed in (1, 2))
    assert len({*one, *two}) == 8


def test_what_a_change_does_not_touch_differs_by_nothing_and_what_it_does_by_less(tmp_path: Path) -> None:
    base, more = built(tmp_path, QUEUE), built(tmp_path, QUEUE, ("resources.ward.beds", "+1"))
    replicated = experiment([base, more.renamed("More")], Plan(replications=8))
    by_key = {each.key: each for each in compare(replicated)}
    apart = by_key[Key("wait_mean", "apart/room")].difference
    assert (apart.interval.mean, apart.interval.half_width, apart.decided) == (0.0, 0.0, False)
    assert by_key[WAIT].difference.decided
    # Only the ill are on the ward: to say so of everyone is enough.
    assert WAIT._replace(patient_class="ill") not in by_key
    assert by_key[WAIT].line.startswith("More shortens waits for stay/ward by ")


def test_replications_are_added_until_waits_and_occupancies_are_precise(tmp_path: Path) -> None:
    found = done(tmp_path, QUEUE, Plan(replications=5, precision=0.25, budget=100))
    assert found.precise
    assert 5 < len(found.values) < 100
    for key in (WAIT, Key("wait_mean", "apart/room")):
        shown = found.interval(key)
        assert shown.half_width <= 0.25 * shown.mean


def test_the_budget_ends_it_and_that_is_said(tmp_path: Path) -> None:
    found = done(tmp_path, QUEUE, Plan(replications=5, precision=0.001, budget=6))
    assert len(found.values) == 6
    assert not found.precise


def test_a_budget_below_the_first_replications_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match="budget: got 3, expected at least the first 12"):
        done(tmp_path, QUEUE, Plan(budget=3))


MOVES = """\
name: Moves
run: {start: 2026-01-05 06:00, length: 14 d, warm_up: 0 h}
demand:
  classes:
    moved: {pathway: moved, arrivals: {sessions: {days: [mon], at: "09:00", number: 3}}}
    direct: {pathway: moved, arrivals: {sessions: {days: [tue], at: "12:00", number: 1}}}
pathways:
  moved:
    steps:
      door: {next: {by_class: {moved: first, direct: second}}}
      first: {bed: first, takes: 1 h, next: second}
      second: {bed: second, takes: 2 h}
resources:
  first: {beds: 3, ward: west}
  second: {beds: 6, ward: west}
"""


def test_a_transfer_is_a_bed_after_a_bed_and_nothing_else(tmp_path: Path) -> None:
    """Three a week go from bed to bed, one goes to the second ward from the door."""
    found = done(tmp_path, MOVES)
    assert found.of(Key("transfers")) == [3.0]
    assert found.of(Key("transfers", "moved/second")) == [3.0]
    assert found.of(Key("arrived")) == [pytest.approx(8 / 14)]


def test_a_need_that_is_free_is_given_though_something_else_came_free_at_that_moment(tmp_path: Path) -> None:
    """Whoever left one bed for another stood in line for ever: only who waits for the first bed was asked."""
    found = done(tmp_path, MOVES)
    assert found.of(Key("wait_mean", "moved/second")) == [0.0]
    assert found.of(Key("stay_mean", "", "moved")) == [3.0]
    assert found.of(Key("left")) == found.of(Key("arrived"))


def test_hours_are_those_of_the_clock_whenever_the_run_begins(tmp_path: Path) -> None:
    """On two of fourteen days three of three beds are taken from 09:00 to 10:00."""
    found = done(tmp_path, MOVES)
    by_hour = [float(found.of(Key("occupancy", "first", "", hour))[0]) for hour in range(24)]
    assert by_hour[9] == pytest.approx(2 / 14)
    assert sum(by_hour) == by_hour[9]
    assert found.of(Key("occupancy", "west", "", 9)) == [pytest.approx(2 / 14 * 3 / 9)]


def test_a_hospital_that_fills_slowly_has_a_warm_up_and_a_set_one_is_kept(tmp_path: Path) -> None:
    slow = QUEUE.replace("exponential: 8 h", "uniform: {low: 9 d, high: 11 d}").replace(
        "{beds: 2}", "{beds: 90}"
    )
    found = done(tmp_path, slow.replace("warm_up: 20 d", "warm_up: auto"), Plan(replications=1))
    assert found.warming.settled
    assert 8 * 24 <= found.warming.hours <= 30 * 24
    assert done(tmp_path, slow, Plan(replications=1)).warming.hours == 480.0


def test_a_sweep_has_a_point_for_each_combination(tmp_path: Path) -> None:
    found = points(
        written(tmp_path, QUEUE), [axis("resources.ward.beds=+0,+2"), axis("resources.room.beds=1,3")]
    )
    beds = [[each.capacity for each in point.built.model.resources] for point in found]
    assert beds == [[2, 1], [2, 3], [4, 1], [4, 3]]
    assert found[2].built.scenario.name == "resources.ward.beds=+2, resources.room.beds=1"


@pytest.mark.parametrize("text", ["resources.ward.beds", "=1", "a="])
def test_an_axis_without_path_or_values_is_refused(text: str) -> None:
    with pytest.raises(InvalidInstance, match="--vary"):
        axis(text)


BUSY = QUEUE.replace("per_day: 4", "per_day: 1500").replace("beds: 2", "beds: 800")
"""Some 700,000 events a replication: it looks up several times to see whether it is to go on."""


def test_a_replication_is_left_in_its_middle_when_asked_to_stop(tmp_path: Path) -> None:
    """It was asked between rounds only, so that one that never ends never stopped."""
    with pytest.raises(Cancelled):
        experiment([built(tmp_path, BUSY)], Plan(replications=1), cancelled=lambda: True)


def test_rounds_that_are_done_are_kept_when_a_replication_is_left(tmp_path: Path) -> None:
    made = 0

    def watch(done: int, planned: int) -> None:
        nonlocal made
        made = done

    plan = Plan(replications=2, precision=0.001, budget=50)
    [found] = experiment([built(tmp_path, BUSY)], plan, watch, cancelled=lambda: made >= 3)
    assert (made, len(found.values), found.precise) == (3, 2, False)
