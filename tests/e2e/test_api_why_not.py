"""Why not, over HTTP: what stands against a place and what would have to give way; nothing of it stays."""

import pytest

from tests.api_service import HOUR, Place, at, bundle, running


@pytest.fixture
def place(tmp_path):
    """An embedded database: nothing is stored by these questions, so that one of the two tells all."""
    return Place(tmp_path).make()


async def why_not(service, login="bed", **body):
    answer = await service.post("/why-not", {"deadline_ms": 4_000, **body}, login)
    assert answer.status_code == 200, answer.text
    return answer.json()


def changes(found):
    return [(one["kind"], one["subject_id"]) for one in found["relaxation"]["changes"]]


async def test_a_place_that_fits_needs_no_change(service):
    found = await why_not(service, bundle=bundle(), bed_id="B2")
    assert found["fits"] is True
    assert found["proven"] is True
    assert found["relaxation"]["price"] == 0
    assert found["relaxation"]["bed_id"] == "B2"
    assert (await service.get("/requests")).json()["items"] == [], "nothing was stored"


async def test_an_occupied_bed_is_possible_by_waiting_or_by_moving_somebody(service):
    found = await why_not(service, bundle=bundle(priority="routine"), bed_id="B1")
    assert [one["rule_id"] for one in found["against"]] == ["bed_free"]
    assert changes(found)[0] in [("move_patient", "st-1"), ("wait", None)]
    assert found["relaxation"]["price"] == sum(one["price"] for one in found["relaxation"]["changes"])
    moved = found["relaxation"]["changes"][0]
    assert moved["to_start"] == at(7 * HOUR).replace("+00:00", "Z") or moved["to_start"] == at(7 * HOUR)
    assert "a person confirms it" in moved["sentence"]
    census = (await service.get("/census")).json()
    assert "st-1" in str(census), "nobody was moved"


async def test_a_rule_that_stands_is_waived_by_who_may_and_said_in_both_languages(service):
    asked = bundle(care={"speciality": "medicine", "features": ["dialysis_point"]})
    found = await why_not(service, bundle=asked)
    assert changes(found) == [("waive_rule", "bed_features")]
    waiver = found["relaxation"]["changes"][0]
    assert waiver["overridable_by"] == ["ward_manager", "bed_manager"]
    assert found["degraded"] is True, "without a process of its own there is no proof"
    headers = await service.headers("bed", **{"Accept-Language": "zh"})
    told = await service.client.post("/api/v1/why-not", headers=headers, json={"bundle": asked})
    assert any("豁免" in sentence for sentence in told.json()["reasons"])
    waived = {**asked, "waivers": [{"rule_id": "bed_features", "reason": "a mobile machine"}]}
    assert (await service.place(**waived)).status_code == 201, "it comes true"


async def test_an_unplaced_request_is_asked_about_by_its_id(service):
    asked = bundle(care={"speciality": "medicine", "care_level": 3})
    waiting = (await service.place(**asked)).json()
    assert waiting["state"] == "unplaced"
    found = await why_not(service, request_id=waiting["request_id"])
    assert ("waive_rule", "care_level") in changes(found)
    again = (await service.get(f"/requests/{waiting['request_id']}")).json()
    assert again["revision"] == waiting["revision"]


async def test_a_less_urgent_booking_is_named_where_its_place_could_be_taken(service):
    theirs = [(await service.place(priority="routine", needed_by=at(HOUR))).json() for _ in range(3)]
    taken = {case["allocation"]["bed_id"]: case for case in theirs}
    bed_id = next(iter(taken))
    found = await why_not(service, bundle=bundle(priority="emergency"), bed_id=bed_id)
    assert changes(found) == [("displace_booking", taken[bed_id]["request_id"])]
    assert found["relaxation"]["changes"][0]["to_bed_id"] is not None


async def test_a_unit_in_use_says_so(service):
    await service.place(equipment=[{"type_id": "pump"}])
    asked = bundle(equipment=[{"type_id": "pump"}], priority="routine")
    found = await why_not(service, bundle=asked, unit_id="P1")
    assert "unit_free" in [one["rule_id"] for one in found["against"]]


async def test_what_no_change_helps_is_never_a_bare_no(service):
    heavy = bundle(person={"sex": "female", "born": "1986-01-01", "weight_kg": 600})
    found = await why_not(service, bundle=heavy)
    assert found["relaxation"] is None
    standing = {one["rule_id"]: one for one in found["against"]}
    assert standing["bed_weight"]["level"] == "absolute"
    assert "carries the weight" in standing["bed_weight"]["remedy"]
    assert "carries the weight" in found["reasons"][0]


async def test_a_nurse_of_another_ward_may_not_ask_and_a_place_must_exist(service):
    body = {"stay_id": "st-1", "ward_id": "W2"}
    assert (await service.post("/why-not", body, "nurse1")).status_code == 200
    assert (await service.post("/why-not", body, "nurse2")).status_code == 403
    assert (await service.post("/why-not", body, "pharmacist")).status_code == 403
    wrong = await service.post("/why-not", {"bundle": bundle(), "ward_id": "W9"})
    assert wrong.json()["errors"] == [{"where": "#/ward_id", "expected": "the id of a ward"}]
    both = {"bundle": bundle(), "ward_id": "W1", "bed_id": "B1"}
    assert (await service.post("/why-not", both)).status_code == 422


@pytest.mark.slow
async def test_the_solver_process_proves_what_is_cheapest(place):
    async with running(place, solver_process=True) as service:
        asked = bundle(care={"speciality": "medicine", "features": ["dialysis_point"]})
        found = {}
        for _ in range(20):
            # One that waits for the process to start has spent its time by then, and gets trials without a proof.
            found = await why_not(service, bundle=asked, deadline_ms=10_000)
            if found["proven"]:
                break
        assert found["solver_failure"] is None
        assert found["proven"] is True
        assert found["degraded"] is False
        assert found["bound"] == found["relaxation"]["price"] == 180_000
