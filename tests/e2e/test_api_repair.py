"""A repair keeps to its budget of moves and tells what each further move would buy."""

from tests.api_service import DAY, HOUR, at, bundle
from tests.e2e.test_api_disruptions import now_at, occupants, placed, told


async def closed(service, max_moves):
    answer = await service.post(
        "/disruptions",
        {"event": {"kind": "ward_closed", "ward_id": "W1", "reason": "outbreak"}, "max_moves": max_moves},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_no_more_bookings_change_than_allowed_and_the_rest_waits_as_stored_needs(service):
    routine = await placed(service, priority="routine")
    urgent = await placed(service, priority="urgent")
    assert {routine["ward_id"], urgent["ward_id"]} == {"W1"}
    report = await closed(service, max_moves=1)
    assert [(r["former_allocation_id"], r["state"]) for r in report["repaired"]] == [
        (urgent["id"], "placed"),
        (routine["id"], "unplaced"),
    ]
    plan = report["plan"]
    assert (plan["max_moves"], plan["moves"], plan["waiting"]) == (1, 1, 1)
    (further,) = plan["further"]
    assert further["moves"] == 2
    assert further["cost"] == plan["cost"] - further["saves"] < plan["cost"]
    waiting = (await service.get(f"/requests/{routine['request_id']}")).json()
    assert waiting["state"] == "unplaced"
    assert waiting["need"]["call"]
    assert (await occupants(service))["B1"]["stay_id"] == "st-1"
    assert await service.violations() == []


async def test_nurses_absent_together_are_repaired_once_within_one_budget(service):
    coming = [await placed(service, care={"speciality": "medicine", "skills": ["iv"]}) for _ in range(2)]
    answer = await service.post(
        "/disruptions",
        {"event": {"kind": "nurses_absent", "shift_ids": ["D-N11", "D-N12"]}, "max_moves": 1},
    )
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert {allocation["ward_id"] for allocation in coming} == {"W1"}
    assert report["plan"]["moves"] <= 1
    assert {r["former_allocation_id"] for r in report["repaired"]} == {a["id"] for a in coming}
    assert report["plan"]["moves"] + report["plan"]["waiting"] == 2
    refused = await service.tell("nurses_absent", "manager1", shift_ids=["D-N11", "D-N21"])
    assert refused.status_code == 403


async def test_an_outbreak_keeps_the_unexposed_out_of_the_rooms_of_the_exposed_within_the_budget(service):
    """Bay R1 holds somebody who lies there and two who are to come; they go elsewhere or wait."""
    others = {"excluded_room_ids": ["R2", "R3"]}
    coming = [await placed(service, **others, max_wait_minutes=0) for _ in range(2)]
    assert {allocation["bed_id"] for allocation in coming} == {"B2", "B3"}
    answer = await service.post(
        "/disruptions",
        {"event": {"kind": "ward_outbreak", "ward_id": "W1", "organism": "norovirus"}, "max_moves": 1},
    )
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert {r["former_allocation_id"] for r in report["repaired"]} == {a["id"] for a in coming}
    assert [r["state"] for r in report["repaired"]] == ["unplaced", "unplaced"]
    assert report["plan"]["waiting"] == 2
    why = (await service.get(f"/requests/{coming[0]['request_id']}")).json()["need"]["blocking"]
    assert "exposure_cohort" in {block["rule_id"] for block in why}
    assert (await occupants(service))["B1"]["stay_id"] == "st-1"


async def test_without_a_bound_of_its_own_a_disruption_has_the_hospitals(service):
    report = await told(service, "bed_closed", bed_id="B2", reason="leak")
    assert report["plan"] == {"max_moves": 50, "moves": 0, "waiting": 0, "cost": 0, "further": []}
    refused = await service.post(
        "/disruptions", {"event": {"kind": "bed_opened", "bed_id": "B2"}, "max_moves": -1}
    )
    assert refused.status_code == 422


async def test_many_casualties_take_back_no_more_bookings_than_allowed_and_are_told_what_more_would_save(
    service,
):
    """All beds are booked from four o'clock on; three emergencies come at once."""
    later = {"priority": "routine", "needed_by": at(4 * HOUR), "max_wait_minutes": 3 * DAY}
    booked = [await placed(service, **later) for _ in range(5)]
    emergency = {**bundle(priority="emergency"), "max_wait_minutes": 0}
    answer = await service.post("/requests:batch", {"requests": [emergency] * 3, "max_moves": 1})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    plan = report["plan"]
    assert (plan["max_moves"], plan["moves"], plan["waiting"]) == (1, 1, report["unplaced"])
    assert plan["waiting"] == 2
    assert [further["moves"] for further in plan["further"]] == [2, 3]
    assert plan["further"][0]["cost"] == plan["cost"] - plan["further"][0]["saves"]
    now = [(await now_at(service, allocation))["allocation"] for allocation in booked]
    assert (
        sum(after is None or after["id"] != before["id"] for after, before in zip(now, booked, strict=True))
        == 1
    )
    assert await service.violations() == []
