"""A change is checked before anybody makes it: over HTTP, on the live hospital, which stays as it is."""

import pytest

from tests.api_service import DAY, HOUR, Place, at, bundle


@pytest.fixture
def place(tmp_path):
    """An embedded database: nothing is stored by these questions, so that one of the two tells all."""
    return Place(tmp_path).make()


async def check(service, login="bed", **body):
    answer = await service.post("/allocations:check", body, login)
    assert answer.status_code == 200, answer.text
    return answer.json()


def broken(found):
    return {told["rule_id"]: (told["level"], told["amount"]) for told in found["breaks"]}


async def test_a_bundle_put_into_a_free_bed_breaks_nothing_and_is_placed_there_at_that_price(service):
    asked = bundle(equipment=[{"type_id": "pump"}])
    found = await check(service, bundle=asked, bed_id="B2")
    assert found["allowed"] is True
    assert found["breaks"] == []
    assert [unit["unit_id"] for unit in found["units"]] == ["P1"]
    assert found["cost_now"] == 0
    before = (await service.get("/requests")).json()["items"]
    assert before == [], "nothing was stored"
    placed = (await service.place(**asked)).json()
    chosen = await service.post(f"/requests/{placed['request_id']}:choose", {"bed_id": "B2"})
    assert chosen.json()["allocation"]["cost"] == found["cost"]


async def test_an_occupied_bed_is_told_with_the_rule_that_nobody_may_override(service):
    found = await check(service, bundle=bundle(), bed_id="B1")
    assert found["allowed"] is False
    assert broken(found) == {"bed_free": ("absolute", 1)}
    assert found["breaks"][0]["overridable_by"] == []
    assert "One person at a time" in found["sentence"]


async def test_what_somebody_may_override_says_who(service):
    asked = bundle(care={"speciality": "medicine", "care_level": 3})
    found = await check(service, bundle=asked, bed_id="B2")
    assert broken(found) == {"care_level": ("overridable", 2)}
    assert found["breaks"][0]["overridable_by"] == ["ward_manager", "bed_manager"]
    waived = {**asked, "waivers": [{"rule_id": "care_level", "reason": "a nurse sits beside"}]}
    found = await check(service, bundle=waived, bed_id="B2")
    assert found["allowed"] is True
    assert found["breaks"][0]["waived"] is True


async def test_a_booking_put_elsewhere_is_counted_against_what_it_has(service):
    case = (await service.place(priority="routine", equipment=[{"type_id": "pump"}])).json()
    given = case["allocation"]
    found = await check(service, allocation_id=given["id"], bed_id=given["bed_id"])
    assert found["difference"] == 0
    assert found["allowed"] is True
    later = await check(service, request_id=case["request_id"], bed_id=given["bed_id"], start=at(HOUR))
    assert later["difference"] >= HOUR * 1_000
    assert [unit["start"] for unit in later["units"]] == [later["start"]]
    again = (await service.get(f"/requests/{case['request_id']}")).json()
    assert again["allocation"]["bed_id"] == given["bed_id"], "nothing was moved"


async def test_a_patient_who_lies_here_may_be_dragged_on_a_board_before_anybody_moves_them(service):
    found = await check(service, stay_id="st-1", bed_id="C1", start=at(10 * HOUR))
    assert found["allowed"] is True
    assert {"rule_id": "speciality", "amount": 1}.items() <= found["prices"][0].items()
    night = await check(service, stay_id="st-1", bed_id="B2", start=at(23 * HOUR))
    assert "night_transfer" in {price["rule_id"] for price in night["prices"]}
    census = (await service.get("/census")).json()
    assert [bed["bed_id"] for bed in census["items"] if bed.get("stay_id") == "st-1"] in (["B1"], [])


async def test_a_nurse_asks_for_the_own_ward_only_and_an_auditor_not_at_all(service):
    body = {"bundle": bundle(for_ward_id="W2"), "bed_id": "B2"}
    assert (await service.post("/allocations:check", body, "nurse2")).status_code == 200
    assert (await service.post("/allocations:check", body, "nurse1")).status_code == 403
    assert (await service.post("/allocations:check", body, "auditor")).status_code == 403
    assert (
        await service.post("/allocations:check", {"stay_id": "st-1", "bed_id": "B2"}, "nurse2")
    ).status_code == 403


async def test_every_id_that_names_nothing_is_told_at_once(service):
    body = {
        "bundle": bundle(),
        "bed_id": "nowhere",
        "units": [{"type_id": "pump", "unit_id": "P9"}],
        "lots": [],
    }
    answer = await service.post("/allocations:check", body)
    assert answer.status_code == 422
    assert {error["where"] for error in answer.json()["errors"]} == {"#/bed_id", "#/units/0/unit_id"}
    both = {"bundle": bundle(), "stay_id": "st-1", "bed_id": "B2"}
    assert (await service.post("/allocations:check", both)).status_code == 422


async def test_the_answer_comes_in_chinese_too_and_says_how_old_it_is(service):
    headers = await service.headers("bed", **{"Accept-Language": "zh"})
    answer = await service.client.post(
        "/api/v1/allocations:check", headers=headers, json={"bundle": bundle(), "bed_id": "B1"}
    )
    body = answer.json()
    assert "一张床位" in body["sentence"]
    assert body["advice_only"] is False
    assert body["data_age_seconds"] < DAY


async def test_a_start_that_is_over_is_refused_and_not_told_to_be_allowed(service):
    """Nobody lay in the bed a day ago: every rule was kept, and the answer said that the patient may go there."""
    await service.clock(DAY)
    for subject in ({"bundle": bundle(needed_by=at(DAY))}, {"stay_id": "st-1"}):
        answer = await service.post("/allocations:check", {**subject, "bed_id": "B2", "start": at(HOUR)})
        assert answer.status_code == 409, answer.text
        assert "over" in answer.json()["detail"]
