"""Recommendations over HTTP: what differs, what it costs and takes, how long it stands, and taking one as it was told.

They store nothing, so the embedded database alone will do.
"""

import itertools

import pytest

from models import outbox
from tests.api_service import DAY, HOUR, Place, at, bundle, running

NEEDS_B4 = {"speciality": "medicine", "features": ["negative_pressure"]}
SUPPLIES = {"equipment": [{"type_id": "pump"}], "drugs": [{"drug_id": "heparin", "quantity": 2}]}


@pytest.fixture
async def service(tmp_path):
    async with running(Place(tmp_path).make()) as service:
        yield service
        assert await service.violations() == []


async def recommended(service, login="bed", status=200, **body):
    answer = await service.post("/allocations:recommend", body, login)
    assert answer.status_code == status, answer.text
    return answer.json()


def taken_as_told(option):
    """The body that takes an option as it was recommended."""
    return {
        "bed_id": option["bed_id"],
        "start": option["start"],
        "units": [{"type_id": use["type_id"], "unit_id": use["unit_id"]} for use in option["units"]],
        "lots": option["lots"],
    }


async def events(service):
    with service.runtime.database.reading() as connection:
        return [(event.topic, event.payload) for event in outbox.read(connection, 0)]


async def test_options_are_rooms_that_differ_with_prices_that_sum_up_and_reasons(service):
    answer = await recommended(service, request=bundle(**SUPPLIES), k=3)
    options = answer["options"]
    assert [option["room_id"] for option in options] == ["R1", "R3", "R2"]
    assert [option["cost"] for option in options] == sorted(option["cost"] for option in options)
    for option in options:
        assert sum(price["cost"] for price in option["prices"]) == option["cost"]
        assert option["verified"] is True
        assert option["units"][0]["type_id"] == "pump"
        assert option["lots"] == [{"drug_id": "heparin", "lot_id": "L1", "quantity": 2}]
        assert option["cover"]["nurses_on_duty"] == 2
        assert any(option["bed_id"] in reason for reason in option["reasons"])
    assert {"rule_id": "speciality", "amount": 1, "unit": "stay", "cost": 60_000}.items() <= next(
        price for price in options[1]["prices"] if price["rule_id"] == "speciality"
    ).items()
    assert (answer["method"], answer["degraded"], answer["complete"], answer["need"]) == (
        "kernel",
        False,
        True,
        None,
    )


async def test_an_option_says_what_it_takes_from_others_and_how_long_it_stands_in_the_readers_language(
    service,
):
    body = {"request": bundle(care=NEEDS_B4), "k": 1}
    (option,) = (await recommended(service, **body))["options"]
    assert {taken["kind"] for taken in option["takes"]} == {"negative_pressure_room", "single_room"}
    assert option["valid_until"] == at(15)
    assert (
        "until a change of the hospital touches it, at the latest until 2026-03-02 00:15" in option["stands"]
    )
    spoken = await service.post("/allocations:recommend", body, **{"Accept-Language": "zh"})
    assert "负压病室" in spoken.json()["options"][0]["takes"][0]["sentence"]


async def test_nothing_of_a_recommendation_is_stored_nor_kept_in_mind(service):
    await service.token("bed")
    before = (await events(service), service.runtime._decider.desk.revision)
    first = await recommended(service, request=bundle(**SUPPLIES))
    again = await recommended(service, request=bundle(**SUPPLIES))
    assert first["options"][0]["bed_id"] == again["options"][0]["bed_id"]
    assert (await service.get("/requests")).json()["items"] == []
    assert (await events(service), service.runtime._decider.desk.revision) == before
    placed = (await service.place(**SUPPLIES)).json()["allocation"]
    best = first["options"][0]
    assert {name: placed[name] for name in ("bed_id", "start", "units", "lots", "cost")} == {
        name: best[name] for name in ("bed_id", "start", "units", "lots", "cost")
    }


async def test_each_option_can_be_taken_as_it_was_told(service):
    request_id = (await service.place(**SUPPLIES)).json()["request_id"]
    options = (await recommended(service, request_id=request_id, k=10))["options"]
    assert (
        options[0]["bed_id"] == (await service.get(f"/requests/{request_id}")).json()["allocation"]["bed_id"]
    )
    for option in reversed(options):
        chosen = await service.post(f"/requests/{request_id}:choose", taken_as_told(option))
        assert chosen.status_code == 200, chosen.text
        given = chosen.json()["allocation"]
        assert {name: given[name] for name in ("bed_id", "start", "end", "units", "lots")} == {
            name: option[name] for name in ("bed_id", "start", "end", "units", "lots")
        }


async def test_the_same_room_is_another_option_half_a_shift_later_and_can_be_chosen_for_then(service):
    body = bundle(care=NEEDS_B4, priority="routine", max_wait_minutes=DAY)
    request_id = (await service.place(**body)).json()["request_id"]
    now, later = (await recommended(service, request_id=request_id, k=2))["options"]
    assert (now["bed_id"], now["start"]) == ("B4", at())
    assert (later["bed_id"], later["start"]) == ("B4", at(4 * HOUR))
    chosen = await service.post(f"/requests/{request_id}:choose", taken_as_told(later))
    assert chosen.json()["allocation"]["start"] == at(4 * HOUR)


async def test_an_option_that_no_longer_holds_is_refused_with_the_rule(service):
    request_id = (await service.place(**SUPPLIES)).json()["request_id"]
    option = (await recommended(service, request_id=request_id, k=3))["options"][2]
    assert option["bed_id"] == "B4"
    await service.place(care=NEEDS_B4)
    refused = await service.post(f"/requests/{request_id}:choose", taken_as_told(option))
    assert refused.status_code == 409, refused.text
    assert refused.json()["rules"] == ["bed_free"]
    still = (await service.get(f"/requests/{request_id}")).json()
    assert still["allocation"]["bed_id"] != "B4"


async def test_units_and_lots_that_a_person_names_are_used_or_refused_with_the_rule(service):
    request_id = (await service.place(**SUPPLIES)).json()["request_id"]
    other = {"type_id": "pump", "unit_id": "P2"}
    later = {"drug_id": "heparin", "lot_id": "L2", "quantity": 2}
    path = f"/requests/{request_id}:choose"
    given = (await service.post(path, {"bed_id": "B2", "units": [other], "lots": [later]})).json()[
        "allocation"
    ]
    assert [use["unit_id"] for use in given["units"]] == ["P2"]
    assert given["lots"] == [later]
    for units, lots, rule in (
        ([], [later], "unit_type"),
        ([other, other], [later], "unit_type"),
        ([other], [{**later, "quantity": 1}], "drug_given"),
        ([other], [{**later, "lot_id": "L3"}], "drug_given"),
    ):
        refused = await service.post(path, {"bed_id": "B2", "units": units, "lots": lots})
        assert refused.status_code == 409, refused.text
        assert rule in refused.json()["rules"]
    foreign = await service.post(path, {"bed_id": "B2", "units": [{"type_id": "bed", "unit_id": "P2"}]})
    assert foreign.json()["errors"][0]["where"] == "#/units/0/type_id"
    unknown = await service.post(path, {"bed_id": "B2", "lots": [{**later, "lot_id": "L9"}]})
    assert unknown.json()["errors"][0]["where"] == "#/lots/0/lot_id"


async def test_a_start_that_was_now_is_now_for_a_step_of_the_grid_and_over_then(service):
    request_id = (await service.place()).json()["request_id"]
    option = (await recommended(service, request_id=request_id, k=1))["options"][0]
    path = f"/requests/{request_id}:choose"
    await service.clock(14)
    chosen = await service.post(path, taken_as_told(option))
    assert chosen.json()["allocation"]["start"] == at(14)
    await service.clock(15)
    over = await service.post(path, taken_as_told(option))
    assert (over.status_code, over.json()["detail"]) == (409, "That start is over.")
    late = await service.post(path, {"bed_id": "B2", "start": at(5 * HOUR)})
    assert late.json()["errors"][0]["where"] == "#/start"


async def test_a_bed_is_chosen_for_when_it_comes_free_and_not_by_another_bed_of_its_room(service):
    """The room's best bed was free at once; the chosen one was then judged for that minute, and refused."""
    request_id = (await service.place(max_wait_minutes=2 * DAY)).json()["request_id"]
    chosen = await service.post(f"/requests/{request_id}:choose", {"bed_id": "B1"})
    assert chosen.status_code == 200, chosen.text
    given = chosen.json()["allocation"]
    assert (given["bed_id"], given["conditional"]) == ("B1", True)
    assert given["start"] >= at(DAY)


async def test_a_need_that_nothing_fits_is_told_what_stands_in_the_way(service):
    dialysis = {"speciality": "medicine", "features": ["dialysis_point"]}
    answer = await recommended(service, request=bundle(care=dialysis))
    assert answer["options"] == []
    assert answer["need"]["blocking"][0]["rule_id"] == "bed_features"
    assert answer["need"]["call"]
    waived = bundle(care=dialysis, waivers=[{"rule_id": "bed_features", "reason": "a mobile unit"}])
    options = (await recommended(service, request=waived))["options"]
    assert options[0]["waived"] == ["bed_features"]
    assert (await events(service)) == []


async def test_who_has_waited_too_long_is_recommended_a_place_a_day_ahead_and_may_take_it(service):
    """As the waiting list looks for one; only a start at once would have been recommended."""
    for bed_id in ("B1", "B2", "B3", "C1", "C2"):
        await service.tell("bed_closed", bed_id=bed_id, reason="leak")
    urgent = {"priority": "urgent", "care": NEEDS_B4, "duration_minutes": 600}
    taken = await service.place(**urgent)
    waits = (await service.place(**{**urgent, "priority": "soon"}, max_wait_minutes=0)).json()
    there = await service.post(f"/allocations/{taken.json()['allocation']['id']}:arrive", revision=1)
    assert there.status_code == 200
    await service.clock(1)
    option = (await recommended(service, request_id=waits["request_id"], k=1))["options"][0]
    assert option["bed_id"] == "B4"
    assert at(600) < option["start"] < at(24 * HOUR)
    chosen = await service.post(f"/requests/{waits['request_id']}:choose", taken_as_told(option))
    assert chosen.json()["allocation"]["start"] == option["start"]


async def test_an_emergency_is_told_whose_place_it_could_take(service):
    asked = {"priority": "routine", "care": NEEDS_B4, "needed_by": at(3 * HOUR), "duration_minutes": 600}
    before = (await service.place(**asked, max_wait_minutes=DAY)).json()
    urgent = {"priority": "emergency", "care": NEEDS_B4, "duration_minutes": 600, "max_wait_minutes": DAY}
    (first, *_) = (await recommended(service, request=bundle(**urgent)))["options"]
    told = first["takes_place_of"]
    assert (first["bed_id"], first["start"]) == ("B4", at())
    assert (told["request_id"], told["from_bed_id"], told["bed_id"]) == (before["request_id"], "B4", "B4")
    assert told["start"] > at(3 * HOUR)
    still = (await service.get(f"/requests/{before['request_id']}")).json()
    assert still["allocation"]["start"] == at(3 * HOUR)


async def test_an_option_that_takes_a_place_can_be_taken_as_it_was_told(service):
    urgent = {"priority": "emergency", "care": NEEDS_B4, "duration_minutes": 600, "max_wait_minutes": DAY}
    waits = (await service.place(**urgent)).json()["request_id"]
    path = f"/requests/{waits}:choose"
    assert (await service.post(path, {"bed_id": "B4", "start": at(12 * HOUR)})).status_code == 200
    asked = {"priority": "routine", "care": NEEDS_B4, "needed_by": at(HOUR), "duration_minutes": 600}
    before = (await service.place(**asked, max_wait_minutes=2 * DAY)).json()
    assert before["allocation"]["start"] == at(HOUR)
    option = (await recommended(service, request_id=waits, k=1))["options"][0]
    assert option["takes_place_of"]["request_id"] == before["request_id"]
    chosen = await service.post(path, taken_as_told(option))
    assert chosen.status_code == 200, chosen.text
    assert chosen.json()["allocation"]["start"] == at()
    assert chosen.json()["allocation"]["displaced"][0]["request_id"] == before["request_id"]


async def test_time_that_is_too_short_gives_the_quickest_answer_and_says_so(tmp_path):
    seconds = itertools.count()
    async with running(Place(tmp_path).make(), {"monotonic": lambda: float(next(seconds))}) as service:
        answer = await recommended(service, request=bundle(), deadline_ms=20)
        assert (answer["degraded"], answer["complete"], answer["method"]) == (True, False, "first_fit")
        assert len(answer["options"]) == 1


async def test_who_lies_here_or_asks_for_another_ward_is_no_need_to_recommend_for(service):
    placed = (await service.place()).json()
    there = await service.post(f"/allocations/{placed['allocation']['id']}:arrive", revision=1)
    assert there.status_code == 200
    answer = await recommended(service, request_id=placed["request_id"], status=409)
    assert answer["detail"] == "The patient is on the way or has arrived."
    await recommended(service, "nurse1", status=403, request=bundle(for_ward_id="W2"))
    await recommended(service, "nurse1", request=bundle(for_ward_id="W1"))
    await recommended(service, status=404, request_id="req_nothing")
    await recommended(service, status=422)
    both = await recommended(service, status=422, request=bundle(), request_id=placed["request_id"])
    assert both["errors"][0]["expected"] == "exactly one of request and request_id"
