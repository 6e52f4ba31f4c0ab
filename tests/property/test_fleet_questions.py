"""Fleets and chance: the same seed gives the same answer, and units that are never used change nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulations.experiments.catalogue import Key
from simulations.experiments.fleet import Answers, Question, answers, fleets
from simulations.experiments.replications import Plan, Replicated, experiment
from simulations.scenarios.build import load

SCENARIO = """\
name: A list
run: {{start: 2026-01-05, length: 20 d, warm_up: 0 h, replications: 3}}
demand:
  classes:
    listed: {{pathway: use, priority: 1, arrivals: {{list: {{times: [{times}]}}}}}}
    random: {{pathway: other, arrivals: {{random: {{per_day: 3}}}}}}
pathways:
  use: {{steps: {{use: {{needs: {{pump: 1}}, takes: {{exponential: 2 d}}, patience: 1 h}}}}}}
  other: {{steps: {{lie: {{bed: bed, takes: 8 h}}}}}}
resources: {{pump: {{units: {units}}}, bed: {{beds: 2}}}}
"""

arrivals = st.lists(st.integers(0, 200), min_size=1, max_size=6)


def asked(
    times: list[int], units: int, seed: int, changes: tuple[int, ...]
) -> tuple[list[Replicated], Answers]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.yaml"
        shown = ", ".join(f"{hour} h" for hour in sorted(times))
        path.write_text(SCENARIO.format(times=shown, units=units))
        base = load(path)
        found = fleets(base, Question(("pump",), changes), lambda settings: load(path, settings))
    replicated = experiment([base, *(each.scene for each in found)], Plan(seed, equipment=("pump",)))
    return replicated, answers(replicated, found)


@settings(max_examples=25, deadline=None)
@given(times=arrivals, spare=st.integers(1, 3), seed=st.integers(0, 1000))
def test_a_unit_that_is_never_used_is_not_missed_nor_is_one_more(
    times: list[int], spare: int, seed: int
) -> None:
    """With more units than come at all the last ones are never taken."""
    (base, *others), told = asked(times, len(times) + spare, seed, (-spare, spare))
    for other in others:
        same = [
            i
            for i, key in enumerate(base.keys)
            if key[:2] not in {("occupancy", "pump"), ("full_share", "pump")}
        ]
        assert np.array_equal(base.values[:, same], other.values[:, same], equal_nan=True)
    assert told.compared == []
    assert told.withheld == []
    assert len(told.lines) == 2
    assert all(line.endswith(": no wait and no refusal is other than it was") for line in told.lines)


@settings(max_examples=15, deadline=None)
@given(times=arrivals, units=st.integers(1, 3), seed=st.integers(0, 1000))
def test_the_same_seed_gives_the_same_answer_and_who_needs_no_unit_is_not_touched(
    times: list[int], units: int, seed: int
) -> None:
    (base, *others), told = asked(times, units, seed, (-1, 1))
    _, again = asked(times, units, seed, (-1, 1))
    assert told.lines == again.lines
    for other in others:
        elsewhere = [i for i, key in enumerate(base.keys) if key.place in {"other/lie", "bed"}]
        assert elsewhere
        assert np.array_equal(base.values[:, elsewhere], other.values[:, elsewhere], equal_nan=True)


@settings(max_examples=25, deadline=None)
@given(times=arrivals, units=st.integers(1, 3), seed=st.integers(0, 1000))
def test_every_request_is_served_refused_or_still_waiting(times: list[int], units: int, seed: int) -> None:
    """With patience of an hour all have ended; each fleet is asked for by the same."""
    replicated, _ = asked(times, units, seed, (-1, 1))
    for each in replicated:
        weeks = 20 / 7
        requests = each.of(Key("equipment_asked", "pump")) * weeks
        assert np.allclose(requests, len(times))
        assert (each.of(Key("equipment_refused", "pump")) * weeks <= len(times) + 1e-9).all()
        assert not each.of(Key("equipment_unstarted_share", "pump")).any()
