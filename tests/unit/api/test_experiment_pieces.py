"""Pieces of an experiment end when they are asked to, with what is whole."""

from __future__ import annotations

import pytest

from api.examples import EXAMPLES
from api.jobs.experiments import Experiment, checked
from api.jobs.kinds import Document, Observer
from solver.engine.errors import InvalidInstance

ASKED = EXAMPLES["POST /api/v1/experiments"]["two_more_beds"]
BUSY: Document = {"precision": None, "budget": None, **ASKED}
BUSY["scenario"] = (
    BUSY["scenario"]
    .replace("per_day: 3", "per_day: 3000")
    .replace("beds: 12", "beds: 20000")
    .replace("warm_up: 10 d", "warm_up: auto")
)


def test_a_warm_up_that_is_stopped_gives_nothing() -> None:
    observer = Observer(lambda told: None, lambda: True)
    assert Experiment().work(BUSY, {"warm_up_of": 0}, observer) == {"stopped": True}


def test_a_replication_that_is_stopped_in_its_middle_is_left_out_of_every_scenario() -> None:
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    piece = {"warm_up_hours": 24.0, "first": 0, "end": 1000}
    done = Experiment().work(BUSY, piece, Observer(lambda told: None, stopped))
    assert [each["values"] for each in done["rows"]] == [[], []]
    assert asked == 2


def test_variants_of_another_length_are_refused() -> None:
    longer = [{"name": "longer", "settings": {"run.length": "+50%"}}]
    with pytest.raises(InvalidInstance, match=r"longer, run\.length"):
        checked({**BUSY, "variants": longer})


def test_a_job_kept_without_a_fleet_is_done_as_it_was_asked() -> None:
    """Jobs that wait while the service is renewed know of no fleets."""
    spec: Document = {"precision": None, "budget": None, **ASKED}
    assert "fleet" not in spec
    assert Experiment().pieces(spec, []) == [{"warm_up_of": 0}, {"warm_up_of": 1}]
