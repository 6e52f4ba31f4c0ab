"""Experiments as they are asked for, and what is refused before anything is simulated."""

import orjson
import pytest
from pydantic import ValidationError

from api.errors import ContradictoryInput, InvalidInput
from api.examples import EXAMPLES
from api.jobs.experiments import Experiment
from api.schemas.experiments import ExperimentIn
from api.services.experiments import specification
from solver.engine.errors import InvalidInstance

EXAMPLE = EXAMPLES["POST /api/v1/experiments"]["two_more_beds"]
FLEET = EXAMPLES["POST /api/v1/experiments"]["one_pump_fewer_and_one_more"]


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


# --- fleets --------------------------------------------------------------------------------------------------
def asked_of_a_fleet(**fleet):
    return ExperimentIn.model_validate_json(orjson.dumps({**FLEET, "fleet": fleet}))


def refused(body):
    with pytest.raises((InvalidInput, ContradictoryInput)) as caught:
        specification(body)
    return [(each.where, each.expected) for each in caught.value.places]


def test_a_question_about_a_fleet_is_an_experiment_with_one_scenario_for_each_fleet():
    kind = Experiment()
    spec = specification(asked_of_a_fleet(type_ids=["infusion_pump"], around=2))
    assert spec["variants"] == []
    assert len(kind.pieces(spec, [])) == 1 + 4
    everything = specification(asked_of_a_fleet())
    assert everything["fleet"] == {"type_ids": [], "around": 1}
    assert len(kind.pieces(everything, [])) == 1 + 2


def test_every_fault_of_a_fleet_is_told_and_nothing_that_was_sent_is_repeated():
    found = refused(asked_of_a_fleet(type_ids=["Zqa", "infusion_pump"], around=3))
    assert found == [
        ("#/fleet", "a type of equipment: infusion_pump"),
        ("#/fleet", "at most 2 fewer of infusion_pump, the units there are"),
    ]
    many = FLEET["scenario"].replace("units: 2", "units: 90")
    crowded = ExperimentIn.model_validate_json(orjson.dumps({"scenario": many, "fleet": {"around": 20}}))
    assert refused(crowded) == [("#/fleet", "at most 20 fleets at once")]


def test_a_fleet_takes_the_place_of_variants():
    both = ExperimentIn.model_validate_json(orjson.dumps({**EXAMPLE, "fleet": {}}))
    assert refused(both) == [("#/fleet", "either variants or a fleet")]


@pytest.mark.parametrize("around", [0, -1, 21])
def test_a_fleet_is_asked_about_within_bounds(around):
    with pytest.raises(ValidationError):
        asked_of_a_fleet(around=around)
