"""What the scenario calls things and what the target does; a hospital made of the scenario has all of them."""

import pytest

from simulations.load.hospital import hospital_of
from simulations.load.names import Offered, matched, offered_by, offered_in
from solver.engine.errors import InvalidInstance
from tests.load_hospital import NAMES, SCENARIO, built

NOW = 29_540_160


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return built(tmp_path_factory.mktemp("scenario")).scenario


def test_a_hospital_of_the_scenario_has_everything_once_for_each_site(scenario):
    made = hospital_of(scenario, 3, NOW, 5)
    assert len(made.sites) == 3
    assert len(made.beds) == 3 * 26
    assert len(made.units) == 3 * 30
    assert {lot.drug_id for lot in made.lots} == {"sedative"}
    last = max(shift.end for shift in made.shifts)
    assert last == NOW + 5 * 1440, "nurses are there until the load is over"
    assert matched(scenario, offered_by(scenario), {}) == NAMES


def test_a_ward_whose_beds_are_opened_later_is_there_and_can_be_asked_for(tmp_path):
    later = "icu: {beds: 0, opened: [{from: 1 d, until: 9 d, number: 6}]}"
    scenario = built(tmp_path, SCENARIO.replace("icu: {beds: 6}", later)).scenario
    made = hospital_of(scenario, 2, NOW, 5)
    assert {word for ward in made.wards for word in ward.specialities} == {"medical_ward", "icu"}
    assert len(made.beds) == 2 * 20


def test_what_the_target_lacks_is_listed_all_at_once_with_the_remedy(scenario):
    offered = Offered(frozenset({"medicine"}), frozenset({"pump"}), frozenset())
    with pytest.raises(InvalidInstance) as refused:
        matched(scenario, offered, {"medical ward": "medicine", "theatre": "x"})
    told = str(refused.value)
    assert [problem.where for problem in refused.value.problems] == [
        "--as",
        "resources.icu",
        "resources.sedative",
    ]
    assert "--as 'icu=...'" in told


def test_names_that_were_said_are_taken(scenario):
    wards = {"items": [{"specialities": ["medicine", "critical_care"]}]}
    offered = offered_in(wards, {"items": [{"id": "infusion_pump"}]}, {"items": [{"id": "propofol"}]})
    said = {
        "medical ward": "medicine",
        "icu": "critical_care",
        "pump": "infusion_pump",
        "sedative": "propofol",
    }
    assert matched(scenario, offered, said) == said
