"""Experiments as they are asked for, and what is refused before anything is simulated."""

import orjson
import pytest
from pydantic import ValidationError

from api.errors import InvalidInput
from api.examples import EXAMPLES
from api.jobs.experiments import Experiment
from api.schemas.experiments import ExperimentIn
from api.services.experiments import specification
from solver.engine.errors import InvalidInstance

EXAMPLE = EXAMPLES["POST /api/v1/experiments"]["two_more_beds"]


def asked(**changes):
    return ExperimentIn.model_validate_json(orjson.dumps({**EXAMPLE, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": "name: a\0b"},
        {"variants": [{"name": "a\0b", "settings": {"run.length": "20 d"}}]},
        {"variants": [{"name": "other", "settings": {"run.length": "20 d\0"}}]},
        {"variants": [{"name": "other", "settings": {"run\0.length": "20 d"}}]},
    ],
)
def test_no_control_character_comes_in_with_an_experiment(changes):
    with pytest.raises(ValidationError):
        asked(**changes)


@pytest.mark.parametrize(
    "scenario",
    [
        EXAMPLE["scenario"].replace("random: {per_day: 3}", "incident: {at: 1 d, patients: 900000000}"),
        EXAMPLE["scenario"].replace("name: One ward", 'name: "One\\0ward"'),
    ],
)
def test_what_would_fill_the_memory_or_cannot_be_kept_is_refused_at_the_door(scenario):
    assert scenario != EXAMPLE["scenario"]
    with pytest.raises(InvalidInput):
        specification(asked(scenario=scenario, variants=[]))


def test_an_experiment_that_does_not_fit_into_the_memory_begins_no_piece():
    kind = Experiment()
    spec = specification(asked())
    assert kind.pieces(spec, []) == [{"warm_up_of": 0}, {"warm_up_of": 1}]
    crowded = EXAMPLE["scenario"].replace("random: {per_day: 3}", "random: {per_hour: 1000000000000}")
    with pytest.raises(InvalidInstance, match="GiB needed"):
        kind.pieces(specification(asked(scenario=crowded)), [])
