"""A plan of bookings as a job: faults are told at the door, a stopped search keeps the best there is."""

import json

import orjson
import pytest

from api.errors import InvalidInput
from api.examples import EXAMPLES
from api.jobs.equipment import EquipmentPlan
from api.jobs.kinds import Observer
from api.schemas.equipment import EquipmentPlanIn
from api.services.equipment import specification

EXAMPLE = EXAMPLES["POST /api/v1/equipment/plans"]["given_bookings"]
GOES_ON = Observer(lambda _: None, lambda: False)


def asked(bookings: object) -> dict:
    body = {**EXAMPLE, "bookings": bookings if isinstance(bookings, str) else json.dumps(bookings)}
    return specification(EquipmentPlanIn.model_validate_json(orjson.dumps(body)))


def test_a_plan_is_one_piece_proven_and_counted_by_the_referee():
    kind, spec = EquipmentPlan(), asked(EXAMPLE["bookings"])
    [piece] = kind.pieces(spec, [])
    done = [kind.work({**spec, "seconds": 60}, piece, GOES_ON)]
    assert kind.pieces(spec, done) == []
    result = kind.result(spec, done, stopped=False)
    assert (result["status"], result["cost"], result["bound"], result["gap"]) == ("optimal", 175, 175, 0)
    assert result["verified"]
    assert result["unserved"] == result["without"] == []
    # R1 with its stand after R3: 55 minutes of wait, priced 2 + 1, and twice 5 minutes of carrying.
    starts = {line["request_id"]: line["start_minute"] for line in result["lines"]}
    assert starts["R1"] == starts["R2"], "a kit begins together"
    assert {"R3", "R3#2", "R3#3"} < set(starts)
    counted = {rule["rule_id"]: rule["count"] for rule in result["rules"]}
    assert counted["unit_free"] == 0


def test_a_search_that_is_stopped_at_once_has_a_plan_all_the_same():
    spec = asked(EXAMPLE["bookings"])
    stopped = EquipmentPlan().work({**spec, "seconds": 60}, {}, Observer(lambda _: None, lambda: True))
    assert stopped["verified"]
    never_begun = EquipmentPlan().result(spec, [], stopped=True)
    assert never_begun["verified"]
    assert never_begun["lines"]


def test_every_fault_is_told_with_its_place_and_no_value_is_repeated():
    bookings = json.loads(EXAMPLE["bookings"])
    bookings["requests"][0]["duration"] = -7777
    bookings["devices"][1]["home"] = "Zqa Canaryname"
    bookings["requests"][2]["types"] = ["Zqb"]
    with pytest.raises(InvalidInput) as refused:
        asked(bookings)
    told = [(place.where, place.expected) for place in refused.value.places]
    assert len(told) >= 1
    assert all(where == "#/bookings" for where, _ in told)
    assert not any(value in str(told) for value in ("Canaryname", "7777", "Zqb"))


@pytest.mark.parametrize(
    "bookings",
    [
        pytest.param("no JSON", id="no JSON"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("9" * 5000, id="a number without end"),
        pytest.param("{}", id="nothing in it"),
    ],
)
def test_what_is_no_plan_of_bookings_is_refused(bookings: str):
    with pytest.raises(InvalidInput):
        asked(bookings)
