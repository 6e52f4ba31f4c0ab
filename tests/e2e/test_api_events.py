"""The stream of events, the census of the past, probes and metrics, and what a restart keeps."""

import asyncio
import json

import pytest

from models import outbox
from tests.api_service import HOUR, at, bundle, running, until
from tests.served_apart import served_apart

SECONDS = 60
"""For what is certain to come: how long it takes is not what is tested."""


async def events(service, count, login="bed", ward=None, heard=None, **headers):
    """The first ``count`` events of the stream; ``heard`` is set once the service listens to it."""
    found, current = [], {}
    more = await service.headers(login, **headers)
    params = {"ward_id": ward} if ward is not None else {}
    async with service.client.stream("GET", "/api/v1/events", headers=more, params=params) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        if heard is not None:
            heard.set()
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "data" in current:
                found.append(current)
                current = {}
            elif value:
                current[name] = value
            if len(found) == count:
                return found
    return found


async def test_events_are_streamed_in_order_and_taken_up_where_they_were_left(service):
    await service.place()
    first = await events(service, 1, **{"Last-Event-ID": "0"})
    assert first[0]["event"] == "allocation.placed"
    assert json.loads(first[0]["data"])["bed_id"]
    await service.tell("bed_closed", bed_id="C1", reason="repair")
    rest = await asyncio.wait_for(events(service, 1, **{"Last-Event-ID": first[0]["id"]}), SECONDS)
    assert rest[0]["event"] == "disruption.bed_closed"
    assert int(rest[0]["id"]) > int(first[0]["id"])


async def test_an_event_reaches_a_listener_that_was_there_before(service):
    heard = asyncio.Event()
    listening = asyncio.create_task(events(service, 1, heard=heard))
    await asyncio.wait_for(heard.wait(), SECONDS)
    await service.place()
    found = await asyncio.wait_for(listening, SECONDS)
    assert found[0]["event"] == "allocation.placed"


async def test_a_ward_hears_that_a_waiting_need_got_a_place_on_it_and_nothing_of_other_wards(service):
    for bed_id in ("B2", "B3", "B4", "C1", "C2"):
        await service.tell("bed_closed", bed_id=bed_id, reason="repair")
    waiting = (await service.place(for_ward_id="W1")).json()
    assert waiting["state"] == "unplaced"
    start = str(stored_events(service)[-1].sequence)
    await service.tell("bed_opened", bed_id="B4")
    (told,) = await asyncio.wait_for(events(service, 1, ward="W1", **{"Last-Event-ID": start}), SECONDS)
    found = json.loads(told["data"])
    assert told["event"] in ("allocation.placed", "disruption.bed_opened")
    await until(
        lambda: "allocation.placed" in [e.topic for e in stored_events(service) if e.sequence > int(start)]
    )
    later = [e for e in stored_events(service) if e.sequence > int(start)]
    (placed,) = [e.payload for e in later if e.topic == "allocation.placed"]
    assert (placed["request_id"], placed["waited"]) == (waiting["request_id"], True)
    assert (found["wards"], placed["wards"]) == (["W1"], ["W1"])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(events(service, 1, ward="W2", **{"Last-Event-ID": start}), 1)


def stored_events(service):
    with service.runtime.database.reading() as connection:
        return outbox.read(connection, 0, 1000)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_concerns_a_patient_who_still_waits_is_told_to_the_ward_that_asked_and_not_to_all(service):
    """An event that names no ward goes to listeners on every site."""
    for bed_id in ("B2", "B3", "B4", "C1", "C2"):
        await service.tell("bed_closed", bed_id=bed_id, reason="repair")
    waiting = (await service.place(for_ward_id="W1")).json()
    assert waiting["state"] == "unplaced"
    told = await service.tell("isolation_on", person_id=waiting["person_id"], isolation=["contact"])
    assert told.status_code == 200
    (event,) = [e for e in stored_events(service) if e.topic == "disruption.isolation_on"]
    assert (event.payload["subject"], event.payload["wards"]) == (waiting["person_id"], ["W1"])


async def test_nobody_listens_to_a_ward_of_another_site(service):
    for ward, status in {"W2": 200, "X9": 403}.items():
        headers = await service.headers("nurse1")
        asked = {"headers": headers, "params": {"ward_id": ward}}
        async with service.client.stream("GET", "/api/v1/events", **asked) as answer:
            assert answer.status_code == status


async def test_a_wrong_event_id_is_refused(service):
    answer = await service.client.get(
        "/api/v1/events", headers=await service.headers("bed", **{"Last-Event-ID": "yesterday"})
    )
    assert answer.status_code == 422


async def test_the_census_of_a_past_minute_is_told_as_it_was_and_as_it_was_known(service):
    allocation = (await service.place()).json()["allocation"]
    await service.clock(HOUR)
    late = await service.post(
        f"/allocations/{allocation['id']}:arrive", {"at": at(HOUR // 2)}, revision=allocation["revision"]
    )
    assert late.status_code == 200
    as_it_was = (await service.get("/census", at=at(HOUR // 2))).json()
    as_known = (await service.get("/census", at=at(HOUR // 2), known_at=at(HOUR // 2))).json()
    before = (await service.get("/census", at=at(1))).json()
    assert (as_it_was["occupied"], as_known["occupied"], before["occupied"]) == (2, 1, 1)


async def test_beds_free_at_a_time_with_features_are_listed_in_pages(service):
    await service.place()
    free = (await service.get("/beds", free_at=at(1))).json()["items"]
    assert {b["id"] for b in free} == {"B3", "B4", "C1", "C2"}
    isolation = (await service.get("/beds", features="negative_pressure,oxygen")).json()["items"]
    assert [b["id"] for b in isolation] == ["B4"]
    seen, cursor = [], None
    while True:
        page = (await service.get("/beds", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [b["id"] for b in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["B1", "B2", "B3", "B4", "C1", "C2"]


async def test_rules_are_listed_in_both_languages_with_the_weights_in_force(service):
    items = (await service.get("/rules")).json()["items"]
    by_id = {rule["id"]: rule for rule in items}
    assert by_id["bed_free"]["level"] == "absolute"
    assert by_id["speciality"]["weight"] == by_id["speciality"]["default_weight"] > 0
    assert all(rule["sentence"]["en"] and rule["sentence"]["zh"] and rule["source"] for rule in items)


async def test_probes_and_metrics_need_no_token_and_show_no_ids(service):
    placed = (await service.place()).json()
    assert (await service.client.get("/healthz")).status_code == 200
    assert (await service.client.get("/readyz")).status_code == 200
    text = (await service.client.get("/metrics")).text
    assert 'wardflow_decisions_total{method="request.place",state="201"} 1.0' in text
    assert 'route="/requests"' in text
    assert placed["request_id"] not in text


async def test_a_restart_keeps_everything_that_was_answered(place):
    async with running(place) as service:
        placed = (await service.place(equipment=[{"type_id": "pump"}])).json()["allocation"]
        waiting = (await service.place(care={"speciality": "medicine", "features": ["hoist"]})).json()
        (proposal,) = (await service.tell("bed_closed", bed_id="B1", reason="leak")).json()["proposals"]
        headers = await service.headers("bed")
        first = await service.client.post("/api/v1/requests", headers=headers, json=bundle())
        await service.clock(HOUR)
    async with running(place) as service:
        assert service.runtime.clock().minute >= service.wall().minute + HOUR
        there = (await service.get(f"/allocations/{placed['id']}")).json()
        assert there["bed_id"] == placed["bed_id"]
        assert there["units"] == placed["units"]
        assert (await service.get(f"/requests/{waiting['request_id']}")).json()["state"] == "unplaced"
        assert (await service.get("/proposals")).json()["items"][0]["id"] == proposal["id"]
        headers["Authorization"] = f"Bearer {await service.token('bed')}"
        again = await service.client.post("/api/v1/requests", headers=headers, json=bundle())
        assert again.json()["allocation"] == first.json()["allocation"]
        arrival = await service.post(f"/allocations/{placed['id']}:arrive", revision=there["revision"])
        assert arrival.status_code == 200
        assert await service.violations() == []


async def test_a_service_in_a_process_of_its_own_survives_being_killed(place):
    """Every answer left after its commit, so a killed process loses nothing that was answered."""
    async with served_apart(place, "bed") as (client, _):
        asked = [
            client.post("/api/v1/requests", headers={"Idempotency-Key": f"key-{n:08}"}, json=bundle())
            for n in range(5)
        ]
        answers = [answer.json() for answer in await asyncio.gather(*asked)]
    async with running(place) as service:
        for answer in answers:
            kept = (await service.get(f"/requests/{answer['request_id']}")).json()
            assert kept["state"] == answer["state"]
            if "allocation" in answer:
                assert kept["allocation"]["bed_id"] == answer["allocation"]["bed_id"]
        assert await service.violations() == []


async def test_the_last_bed_is_given_once_however_many_ask_at_once(service):
    for bed_id in ("B2", "B3", "B4", "C1"):
        await service.tell("bed_closed", bed_id=bed_id, reason="repair")
    answers = await asyncio.gather(*(service.place() for _ in range(20)))
    states = sorted(answer.json()["state"] for answer in answers)
    assert states == ["placed"] + ["unplaced"] * 19
