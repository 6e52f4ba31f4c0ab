"""Holds over HTTP: reserved for a while, confirmed or given back by the clock, never while the patient is coming."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models import outbox
from tests.api_service import DAY, HOUR, at, bundle

NEEDS_B4 = {"speciality": "medicine", "features": ["negative_pressure"]}


async def held(service, status=201, login="bed", **body):
    answer = await service.post("/allocations:hold", {"minutes": 30, **body}, login)
    assert answer.status_code == status, answer.text
    return answer.json()


async def read(service, body):
    return (await service.get(f"/requests/{body['request_id']}")).json()


async def free(service, bed_id):
    beds = (await service.get("/beds")).json()["items"]
    return next(bed["free"] for bed in beds if bed["id"] == bed_id)


async def told(service, topic):
    with service.runtime.database.reading() as connection:
        return [event.payload for event in outbox.read(connection, 0) if event.topic == topic]


async def test_a_hold_keeps_its_bed_from_others_until_its_time_and_then_frees_it_and_tells_the_ward(service):
    body = await held(service, request=bundle(care=NEEDS_B4))
    allocation = body["allocation"]
    assert (allocation["bed_id"], allocation["held_until"], body["state"]) == ("B4", at(30), "placed")
    other = await service.place(care=NEEDS_B4, max_wait_minutes=0)
    assert other.status_code == 202
    assert (await service.clock(29)).json()["lapsed_holds"] == []
    assert (await read(service, body))["allocation"]["held_until"] == at(30)
    ticked = (await service.clock(30)).json()
    assert ticked["lapsed_holds"] == [allocation["id"]]
    (event,) = await told(service, "hold.lapsed")
    assert (event["bed_id"], event["ward_id"], event["request_id"]) == ("B4", "W1", body["request_id"])
    assert ticked["placed_from_waiting"][0]["request_id"] == other.json()["request_id"], "who waited gets it"


async def test_the_need_of_a_lapsed_hold_is_kept_left_to_people_for_a_while_and_then_decided_again(service):
    body = await held(service, request=bundle(care=NEEDS_B4))
    await service.clock(30)
    waiting = await read(service, body)
    assert (waiting["state"], await free(service, "B4")) == ("unplaced", True)
    assert waiting["need"]["decided_again"] == at(60)
    assert any("nobody confirmed" in reason for reason in waiting["reasons"])
    await service.clock(59)
    assert (await read(service, body))["state"] == "unplaced"
    assert await free(service, "B4")
    await service.clock(60)
    again = await read(service, body)
    assert (again["state"], again["allocation"]["bed_id"]) == ("placed", "B4")
    assert "held_until" not in again["allocation"]


async def test_a_hold_that_is_confirmed_at_its_revision_is_an_ordinary_allocation(service):
    body = await held(service, request=bundle(care=NEEDS_B4))
    path = f"/allocations/{body['allocation']['id']}:confirm"
    assert (await service.post(path)).status_code == 428
    assert (await service.post(path, revision=9)).status_code == 412
    confirmed = await service.post(path, revision=body["revision"])
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    assert "held_until" not in confirmed.json()["allocation"]
    assert (await service.clock(HOUR)).json()["lapsed_holds"] == []
    assert (await read(service, body))["state"] == "confirmed"


@pytest.mark.parametrize("verb", ["step", "arrive"])
async def test_a_hold_never_lapses_while_the_patient_is_on_the_way_or_has_come(service, verb):
    body = await held(service, request=bundle(care=NEEDS_B4))
    sent = {"step": "handed_over"} if verb == "step" else {}
    path = f"/allocations/{body['allocation']['id']}:{verb}"
    assert (await service.post(path, sent, revision=body["revision"])).status_code == 200
    assert (await service.clock(HOUR)).json()["lapsed_holds"] == []
    assert (await read(service, body))["allocation"]["bed_id"] == "B4"


async def test_the_database_itself_lets_nobody_set_out_for_what_is_held_and_holds_only_what_is_placed(
    service,
):
    await held(service, request=bundle(care=NEEDS_B4))
    database = service.runtime.database
    for table, state, guard in (
        ("stay", "in_transit", "stay_on_the_way_kept"),
        ("stay", "occupying", "stay_on_the_way_kept"),
        ("request", "confirmed", "request_hold_placed"),
    ):
        with pytest.raises(IntegrityError) as refused:
            change(database, table, state)
        assert database.dialect.violated_guard(refused.value) == guard


def change(database, table, state):
    """A raw change of state of what the one request is or was given."""
    ours = "request_id IS NOT NULL" if table == "stay" else "TRUE"
    with database.writing() as connection:
        values = f"version = version + 1, state = '{state}'"
        connection.execute(text(f"UPDATE {table} SET {values} WHERE {ours}"))


async def test_a_recommended_option_is_held_as_it_was_told(service):
    asked = bundle(equipment=[{"type_id": "pump"}])
    found = await service.post("/allocations:recommend", {"request": asked, "k": 3})
    option = found.json()["options"][2]
    units = [{"type_id": use["type_id"], "unit_id": use["unit_id"]} for use in option["units"]]
    place = {"bed_id": option["bed_id"], "start": option["start"], "units": units, "lots": option["lots"]}
    given = (await held(service, request=asked, place=place))["allocation"]
    assert {name: given[name] for name in ("bed_id", "start", "end", "units")} == {
        name: option[name] for name in ("bed_id", "start", "end", "units")
    }


async def test_what_was_recommended_for_now_is_held_from_now_on_while_the_offer_stands(service):
    asked = bundle(care=NEEDS_B4)
    (option,) = (await service.post("/allocations:recommend", {"request": asked, "k": 1})).json()["options"]
    assert (option["start"], option["valid_until"]) == (at(), at(15))
    await service.clock(4)
    body = await held(service, request=asked, place={"bed_id": "B4", "start": option["start"]})
    assert body["allocation"]["start"] == at(4)


async def test_a_new_need_whose_place_no_longer_holds_is_stored_and_one_that_is_stored_is_refused(service):
    await service.place(care=NEEDS_B4)
    stored = await held(service, 202, request=bundle(), place={"bed_id": "B4", "start": at()})
    assert stored["need"]["blocking"][0]["rule_id"] == "bed_free"
    assert stored["need"]["near_misses"][0]["bed_id"] == "B4"
    refused = await service.post(
        "/allocations:hold",
        {"request_id": stored["request_id"], "place": {"bed_id": "B4", "start": at()}},
    )
    assert (refused.status_code, refused.json()["rules"]) == (409, ["bed_free"])


async def test_a_hold_may_be_prolonged_or_changed_and_nothing_given_for_good_becomes_one(service):
    body = await held(service, request=bundle(care=NEEDS_B4))
    longer = await held(service, request_id=body["request_id"], minutes=90)
    assert (longer["allocation"]["bed_id"], longer["allocation"]["held_until"]) == ("B4", at(90))
    assert (await service.clock(HOUR)).json()["lapsed_holds"] == []
    chosen = await service.post(f"/requests/{body['request_id']}:choose", {"bed_id": "B4"})
    assert "held_until" not in chosen.json()["allocation"]
    for_good = await service.post("/allocations:hold", {"request_id": body["request_id"]})
    assert for_good.status_code == 409


async def test_a_hold_takes_nobodys_place_and_nobody_takes_what_is_held(service):
    routine = {"priority": "routine", "care": NEEDS_B4, "needed_by": at(3 * HOUR), "duration_minutes": 600}
    before = (await service.place(**routine, max_wait_minutes=DAY)).json()
    urgent = {"priority": "emergency", "care": NEEDS_B4, "duration_minutes": 600, "max_wait_minutes": 60}
    await held(service, 202, request=bundle(**urgent))
    assert (await read(service, before))["allocation"]["start"] == at(3 * HOUR)
    await service.post(f"/requests/{before['request_id']}:release", {})
    await service.clock(1)
    other = (await held(service, request=bundle(**routine, max_wait_minutes=DAY)))["allocation"]
    again = await service.place(**{**urgent, "priority": "urgent"})
    assert again.status_code == 202
    kept = (await service.get(f"/allocations/{other['id']}")).json()
    assert kept["start"] == other["start"]


async def test_a_hold_is_known_to_a_desk_that_is_built_anew(service):
    body = await held(service, request=bundle(care=NEEDS_B4))
    service.runtime._decider.reset()
    assert (await service.clock(30)).json()["lapsed_holds"] == [body["allocation"]["id"]]
