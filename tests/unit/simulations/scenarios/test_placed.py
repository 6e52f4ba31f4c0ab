"""Scenarios of a whole hospital: what is wrong with one is told with its line, and what is right runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import compare
from simulations.experiments.memory import bytes_needed, refuse_too_large
from simulations.experiments.replications import Plan, experiment
from simulations.placing.model import Policy
from simulations.scenarios.build import Scene, load
from simulations.scenarios.build_placed import Placed
from simulations.scenarios.text import load_text
from solver.engine.errors import InvalidInstance

SCENARIO = """\
name: A ward
run: {start: 2026-01-05 07:00, length: 6 d, warm_up: 0 h, replications: 3}
hospital: {size: ward, seed: 1}
demand: {load: 1.0, surges: {flu: {from: 2 d, until: 2026-01-09 07:00, factor: 1.5}}}
policies: {placing: production, weights: {speciality: 40}}
"""


def loaded(folder: Path, text: str, *settings: tuple[str, str]) -> Scene:
    path = folder / "ward.yaml"
    path.write_text(text)
    return load(path, settings)


def told(folder: Path, text: str) -> str:
    with pytest.raises(InvalidInstance) as caught:
        loaded(folder, text)
    return str(caught.value)


def test_a_scenario_with_a_hospital_is_one_in_which_a_policy_places(tmp_path: Path) -> None:
    placed = loaded(tmp_path, SCENARIO)
    assert isinstance(placed, Placed)
    model = placed.model
    assert model.policy is Policy.PRODUCTION
    assert model.profile.weights == {"speciality": 40}
    [surge] = model.surges
    assert (surge.start - model.start, surge.end - model.start) == (2 * 1440, 4 * 1440)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("seed: 1", "seed: 1, extra_beds: {NONE9: 1}", "a ward"),
        ("seed: 1", "seed: 1, closed_beds: {GEN1: 999}", "at most"),
        ("seed: 1", "seed: 1, extra_units: {hoover: 1}", "a type of equipment"),
        ("seed: 1", "seed: 1, withdrawn_units: {infusion_pump: 999}", "at most 15, the units in use"),
        ("seed: 1", "seed: 1, file: there.json", "either size or file"),
        ("speciality: 40", "no_such_rule: 40", "the id of a rule"),
        ("placing: production", "placing: production, keep_free: {GEN1: 1}", "guard beds"),
        ("placing: production", "placing: by hand", "'guard beds' or 'nearest ward'"),
        ("warm_up: 0 h", "warm_up: 6 d", "less than run.length"),
        ("load: 1.0", "load: -1", "0 or more"),
        ("{flu: {", "{flu: {wards: [NONE9], ", "a ward"),
        ("load: 1.0", "per_day: {NONE9: 3}", "a ward"),
        ("seed: 1", "seed: 1, time_zone: Mars/Base", "an IANA name"),
        ("seed: 1", "seed: 1, colour: red", "one of the known keys"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(
    tmp_path: Path, before: str, after: str, expected: str
) -> None:
    assert SCENARIO.count(before) == 1
    line = SCENARIO[: SCENARIO.index(before)].count("\n") + 1
    said = told(tmp_path, SCENARIO.replace(before, after))
    assert expected in said
    assert f"ward.yaml:{line}," in said, said


def test_a_text_may_not_name_a_hospitals_file() -> None:
    with pytest.raises(InvalidInstance, match="the name of a file"):
        load_text(SCENARIO.replace("size: ward", "file: hospital.json"))


def test_policies_are_compared_over_the_very_same_patients(tmp_path: Path) -> None:
    production = loaded(tmp_path, SCENARIO)
    first_fit = loaded(tmp_path, SCENARIO, ("policies.placing", "first fit")).renamed("First fit")
    one, other = experiment([production, first_fit], Plan(seed=3))
    assert np.array_equal(one.of(Key("arrived")), other.of(Key("arrived")))
    assert not np.array_equal(one.of(Key("outlying_share")), other.of(Key("outlying_share"))) or not (
        np.array_equal(one.of(Key("wait_mean")), other.of(Key("wait_mean")))
    )
    assert {each.key.measure for each in compare([one, other])} >= {"occupancy", "refused_share"}


def test_a_warm_up_is_found_from_the_number_of_patients(tmp_path: Path) -> None:
    placed = loaded(tmp_path, SCENARIO, ("run.warm_up", "auto"), ("run.length", "20 d"))
    [found] = experiment([placed], Plan(replications=2))
    assert found.warming.found
    assert len(found.warming.series) == 80
    assert found.warming.hours <= 240


def test_a_hospital_too_large_for_the_memory_says_so_before_it_starts(tmp_path: Path) -> None:
    placed = loaded(tmp_path, SCENARIO)
    refuse_too_large([placed], workers=1)
    with pytest.raises(InvalidInstance, match="GiB needed"):
        refuse_too_large([placed], workers=1, free=100_000)
    longer = loaded(tmp_path, SCENARIO, ("run.length", "6000 d"))
    assert bytes_needed(longer, 1) > 500 * bytes_needed(placed, 1)
