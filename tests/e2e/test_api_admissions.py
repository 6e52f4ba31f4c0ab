"""Plans of admissions over real HTTP: terms, a plan as a job, differences, checking and applying."""

import orjson

from tests.admitted import PLAN, TERMS, asked, planned, terms
from tests.api_service import DAY, at


async def apply(service, plan, revision=0, login="bed", **body):
    return await service.post(f"/plans/{plan['id']}:apply", body, login, revision)


def by_request(plan):
    return {one["request_id"]: one for one in plan["admissions"]}


async def test_the_waiting_list_is_planned_into_days_rooms_and_theatres(service):
    early = await service.post("/plans", PLAN, "bed")
    stated, stale = await terms(service), await terms(service)
    assert (early.status_code, stated.status_code, stale.status_code) == (409, 200, 412)
    read = await service.get("/admission-terms", "bed")
    assert (read.json()["terms"], read.headers["etag"]) == (TERMS, '"1"')
    women = [(await asked(service))["request_id"] for _ in range(2)]
    man = (await asked(service, person={"sex": "male", "born": "1950-01-01"}))["request_id"]
    surgery = [{"request_id": women[0], "surgeon_id": "SG1", "minutes": 100}]
    plan = await planned(service, surgeries=surgery)
    found = by_request(plan)
    assert (plan["state"], plan["plan"]["verified"], plan["left_out"]) == ("done", True, [])
    assert found.keys() == {*women, man}
    assert (found[women[0]]["theatre_id"], found[women[0]]["surgeon_id"]) == ("OR1", "SG1")
    # The surgeon does not operate on Wednesdays and at weekends.
    assert found[women[0]]["day"] not in ("2026-03-04", "2026-03-07", "2026-03-08")
    assert found[women[1]]["theatre_id"] is None
    assert all(one["start"][10:16] == "T10:00" for one in found.values())
    shared = {(one["day"], one["room_id"]) for one in (found[women[0]], found[women[1]])}
    assert (found[man]["day"], found[man]["room_id"]) not in shared
    checked = (await service.post(f"/plans/{plan['id']}:check", None, "bed")).json()
    assert (checked["agrees"], checked["verified"], checked["cost"]) == (True, True, plan["plan"]["cost"])
    assert (
        sum(rule["cost"] for rule in plan["plan"]["rules"]) == plan["plan"]["cost"] >= plan["plan"]["bound"]
    )
    listed = (await service.get("/plans", "bed")).json()["items"]
    assert [one["id"] for one in listed] == [plan["id"]]


async def test_applying_books_the_items_and_says_which_stand_otherwise_by_now(service):
    await terms(service)
    first, second, third = [(await asked(service))["request_id"] for _ in range(3)]
    plan = await planned(service)
    await service.post(f"/requests/{third}:release", {"reason": "came to another hospital"}, "bed")
    refused = await apply(service, plan, all_or_nothing=True)
    assert refused.status_code == 409
    assert (await apply(service, plan, login="nurse1")).status_code == 403
    told = await apply(service, plan)
    assert told.status_code == 200, told.text
    became = {one["request_id"]: one for one in told.json()["items"]}
    assert (told.json()["revision"], told.json()["conflicts"]) == (1, 1)
    assert (became[third]["outcome"], became[third]["reason"]) == ("conflict", "gone")
    assert became[third]["told"] == "This request is open no more."
    for request_id in (first, second):
        case = (await service.get(f"/requests/{request_id}", "bed")).json()
        item = by_request(plan)[request_id]
        assert case["allocation"]["id"] == became[request_id]["allocation_id"]
        assert case["allocation"]["start"] == item["start"]
        beds = {"R1": ("B1", "B2", "B3"), "R2": ("B4",)}[item["room_id"]]
        assert case["allocation"]["bed_id"] in beds
    assert (await apply(service, plan)).status_code == 412
    again = (await apply(service, plan, 1, request_ids=[first])).json()
    assert (again["kept"], again["booked"]) == (1, 0)
    shown = (await service.get(f"/plans/{plan['id']}", "bed")).json()
    assert (shown["revision"], [one["outcome"] for one in shown["applied"]]) == (2, ["kept"])
    # It is a booking like any other: it can be given back.
    case = (await service.get(f"/requests/{first}", "bed")).json()
    path = f"/allocations/{case['allocation']['id']}:release"
    given_back = await service.post(path, {"reason": "not needed"}, "bed", case["revision"])
    assert given_back.status_code == 200, given_back.text


async def test_what_a_person_decided_since_the_plan_is_a_conflict_and_stays(service):
    await terms(service)
    request_id = (await asked(service))["request_id"]
    plan = await planned(service, first_day="2026-03-04")
    place = {"bed_id": "B4", "start": at(DAY)}
    chosen = await service.post(f"/requests/{request_id}:choose", place, "bed")
    assert chosen.status_code == 200, chosen.text
    checked = (await service.post(f"/plans/{plan['id']}:check", None, "bed")).json()
    assert checked["items"] == [{"request_id": request_id, "standing": "changed"}]
    told = (await apply(service, plan)).json()
    assert [(one["outcome"], one["reason"]) for one in told["items"]] == [("conflict", "changed")]
    case = (await service.get(f"/requests/{request_id}", "bed")).json()
    assert (case["allocation"]["bed_id"], case["allocation"]["id"]) == (
        "B4",
        chosen.json()["allocation"]["id"],
    )


def pin(request_id, room_id, day="2026-03-04"):
    return {"request_id": request_id, "day": day, "room_id": room_id}


async def test_an_item_that_rules_forbid_by_now_is_a_conflict_and_its_booking_stays(service):
    await terms(service)
    case = await asked(service)
    plan = await planned(service, pins=[pin(case["request_id"], "R2")])
    before = (await service.get(f"/requests/{case['request_id']}", "bed")).json()["allocation"]
    assert before["bed_id"] != "B4"
    closed = (await service.tell("room_closed", room_id="R2", reason="leak")).json()
    assert closed["repaired"] == []
    [item] = (await apply(service, plan)).json()["items"]
    assert (item["outcome"], item["reason"], item["rules"]) == ("conflict", "rules", ["bed_open"])
    assert item["told"] == "It would break: The bed, its room and its ward are open during the whole stay."
    after = (await service.get(f"/requests/{case['request_id']}", "bed")).json()["allocation"]
    assert after == before


async def test_two_exchange_their_rooms_at_once(service):
    await terms(service)
    one, other = [(await asked(service))["request_id"] for _ in range(2)]
    for number, single in enumerate((one, other)):
        bay = other if single == one else one
        plan = await planned(service, pins=[pin(single, "R2"), pin(bay, "R1")])
        told = (await apply(service, plan)).json()
        assert (told["booked"], told["conflicts"]) == (2, 0), number
        beds = {
            request_id: (await service.get(f"/requests/{request_id}", "bed")).json()["allocation"]["bed_id"]
            for request_id in (one, other)
        }
        assert beds[single] == "B4"
        assert beds[bay] in ("B1", "B2", "B3")


async def test_a_plan_made_anew_keeps_pins_and_changes_no_more_than_asked(service):
    await terms(service)
    ids = [(await asked(service))["request_id"] for _ in range(3)]
    first = await planned(service)
    assert first["plan"]["changes"] is None
    pins = [{"request_id": ids[0], "day": "2026-03-06", "room_id": "R2"}]
    second = await planned(service, pins=pins, before_id=first["id"], change_price=5, max_changes=1)
    found = second["plan"]
    assert (found["pins_kept"], found["changes"], found["bound"]) == (True, 1, None)
    at_pin = by_request(second)[ids[0]]
    assert (at_pin["day"], at_pin["room_id"]) == ("2026-03-06", "R2")
    path = f"/plans/{first['id']}/diff/{second['id']}"
    told = (await service.get(path, "bed")).json()["difference"]
    assert [one["request_id"] for one in told] == [ids[0]]
    assert told[0]["after"] == {"day": "2026-03-06", "room_id": "R2", "theatre_id": None}
    assert (await service.get(f"/plans/{first['id']}/diff/{first['id']}", "bed")).json()["difference"] == []


async def test_every_fault_of_terms_and_plans_is_named_and_nothing_is_stored(service):
    twice = [*TERMS["theatres"], *TERMS["theatres"]]
    usual = [{"speciality": "surgery", "surgeon_id": "zq-none", "minutes": 90}]
    wrong = await terms(service, theatres=twice, surgeries=usual, age_groups=[65, 18])
    assert [error["where"] for error in wrong.json()["errors"]] == [
        "#/theatres",
        "#/surgeries/0/surgeon_id",
        "#/age_groups",
    ]
    assert (await terms(service, admits_at="ten")).status_code == 422
    assert (await service.get("/admission-terms", "bed")).status_code == 404
    await terms(service)
    request_id = (await asked(service))["request_id"]
    surgeries = [{"request_id": "zq-nobody", "surgeon_id": "zq-none", "minutes": 5}]
    pins = [{"request_id": request_id, "day": "2026-03-04", "room_id": "R2", "theatre_id": "zq-none"}]
    unknown = await service.post(
        "/plans", {**PLAN, "ward_ids": ["zq-w"], "surgeries": surgeries, "pins": pins}
    )
    assert [error["where"] for error in unknown.json()["errors"]] == [
        "#/ward_ids/0",
        "#/surgeries/0/request_id",
        "#/surgeries/0/surgeon_id",
        "#/pins/0/theatre_id",
    ]
    pins = [
        {"request_id": request_id, "day": "2026-04-04", "room_id": "R2"},
        {"request_id": "zq-nobody", "day": "2026-03-04", "room_id": "R2"},
    ]
    misplaced = await service.post("/plans", {**PLAN, "pins": pins})
    assert [error["where"] for error in misplaced.json()["errors"]] == ["#/pins/0/day", "#/pins/1/request_id"]
    past = await service.post("/plans", {**PLAN, "first_day": "2026-03-01"})
    assert [error["where"] for error in past.json()["errors"]] == ["#/first_day"]
    assert not any(b"zq-" in orjson.dumps(one.json()) for one in (wrong, unknown, misplaced))
    assert (await service.get("/plans", "bed")).json()["items"] == []
