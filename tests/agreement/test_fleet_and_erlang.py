"""One unit more or fewer beside what Erlang's formulas say: units are servers, requests calls.

Loss: M/M/c/c, whose blocking depends on the mean use only (Erlang B). Waiting: M/M/c (Erlang C).
"""

from __future__ import annotations

from math import factorial
from pathlib import Path

import pytest

from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import Compared
from simulations.experiments.fleet import Question, answers, fleets
from simulations.experiments.replications import Plan, experiment
from simulations.scenarios.build import load

PER_DAY, HOURS, UNITS = 8.0, 8.0, 4
ERLANG = PER_DAY * HOURS / 24
"""Offered load: 2.67 units in use if there were enough."""

SCENARIO = """\
name: Units as servers
run: {{start: 2026-01-05, length: 240 d, warm_up: 20 d, replications: 16}}
demand: {{classes: {{ill: {{pathway: use, arrivals: {{random: {{per_day: {per_day:g}}}}}}}}}}}
pathways: {{use: {{steps: {{use: {{needs: {{pump: 1}}, takes: {takes}{room}}}}}}}}}
resources: {{pump: {{units: {units}}}}}
"""


def blocked(servers: int) -> float:
    """Erlang B: the share of calls that find all servers busy."""
    terms = [ERLANG**k / factorial(k) for k in range(servers + 1)]
    return terms[-1] / sum(terms)


def wait(servers: int) -> float:
    """Erlang C: the mean wait in hours; nobody is turned away."""
    b = blocked(servers)
    delayed = servers * b / (servers - ERLANG * (1 - b))
    return delayed * HOURS / (servers - ERLANG)


def changes(folder: Path, takes: str, room: str, around: int) -> dict[int, Compared]:
    """What everybody is told of the one measure in which something happens, by units more."""
    path = folder / "s.yaml"
    path.write_text(SCENARIO.format(per_day=PER_DAY, takes=takes, room=room, units=UNITS))
    asked = fleets(load(path), Question(("pump",), around=around), lambda settings: load(path, settings))
    replicated = experiment([load(path), *(each.scene for each in asked)], Plan(seed=7, equipment=("pump",)))
    told = {each.name: each for each in answers(replicated, asked).compared}
    assert len(told) == len(asked)
    return {each.change: told[each.scene.scenario.name] for each in asked}


@pytest.mark.parametrize(
    "takes", ["{exponential: 8 h}", "{lognormal: {mean: 8 h, sd: 8 h}}"], ids=["exponential", "lognormal"]
)
def test_refusals_change_as_erlang_b_says_for_each_fleet(tmp_path: Path, takes: str) -> None:
    for change, found in changes(tmp_path, takes, ", room_for: 0", 2).items():
        expected = PER_DAY * 7 * (blocked(UNITS + change) - blocked(UNITS))
        assert found.key == Key("equipment_refused", "pump")
        shown = found.difference.simultaneous
        assert shown.covers(expected), (change, expected, shown)
        assert shown.half_width < 0.2 * abs(expected)
        assert found.difference.decided


def test_waits_change_as_erlang_c_says_for_each_fleet(tmp_path: Path) -> None:
    for change, found in changes(tmp_path, "{exponential: 8 h}", "", 1).items():
        expected = wait(UNITS + change) - wait(UNITS)
        assert found.key == Key("equipment_wait_mean", "pump")
        shown = found.difference.simultaneous
        assert shown.covers(expected), (change, expected, shown)
        assert shown.half_width < 0.35 * abs(expected)
        assert found.difference.decided
