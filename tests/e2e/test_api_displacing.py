"""An emergency takes the place of a less urgent booking, over HTTP: who may be displaced, and what everybody is told.

Only bed B4 has negative pressure, so whoever needs it can lie nowhere else.
"""

import pytest

from models import outbox
from tests.api_service import DAY, HOUR, at, running

NEEDS_B4 = {"speciality": "medicine", "features": ["negative_pressure"]}


async def book(service, start=3 * HOUR, **changes):
    """Somebody routine for B4 in some hours, for ten hours; may wait a day."""
    asked = {
        "priority": "routine",
        "care": NEEDS_B4,
        "needed_by": at(start),
        "duration_minutes": 600,
        "max_wait_minutes": DAY,
    }
    answer = await service.place(**{**asked, **changes})
    assert answer.status_code == 201, answer.text
    assert answer.json()["allocation"]["bed_id"] == "B4"
    return answer.json()


async def hurry(service, start=0, **changes):
    """An emergency for B4, for ten hours, within an hour."""
    asked = {
        "priority": "emergency",
        "care": NEEDS_B4,
        "needed_by": at(start),
        "duration_minutes": 600,
        "max_wait_minutes": 60,
    }
    return await service.place(**{**asked, **changes})


async def read(service, body):
    return (await service.get(f"/requests/{body['request_id']}")).json()


async def events(service):
    with service.runtime.database.reading() as connection:
        return [(event.topic, event.payload) for event in outbox.read(connection, 0)]


async def test_an_emergency_is_answered_with_the_place_and_whom_it_displaced(service):
    before = await book(service)
    answer = await hurry(service)
    assert answer.status_code == 201, answer.text
    given = answer.json()["allocation"]
    assert (given["bed_id"], given["start"]) == ("B4", at())
    assert given["verified"] is True
    after = await read(service, before)
    assert given["displaced"] == [
        {
            "request_id": before["request_id"],
            "former_allocation_id": before["allocation"]["id"],
            "allocation_id": after["allocation"]["id"],
            "from_bed_id": "B4",
            "bed_id": "B4",
            "from_start": at(3 * HOUR),
            "start": after["allocation"]["start"],
            "state": "placed",
        }
    ]
    assert after["displaced_by"] == answer.json()["request_id"]
    assert after["revision"] == before["revision"] + 1
    assert after["allocation"]["start"] > at(600)
    assert await service.violations() == []


async def test_the_displaced_ones_ward_is_told_in_one_commit_with_the_emergency(service):
    before = await book(service)
    answer = (await hurry(service)).json()
    told = await events(service)
    mine = [payload for _, payload in told if payload["subject"] == before["request_id"]]
    displaced = next(payload for topic, payload in told if topic == "request.displaced")
    changed = next(payload for topic, payload in told if topic == "allocation.changed")
    assert displaced in mine
    assert displaced["displaced_by"] == answer["request_id"]
    assert displaced["former_allocation_id"] == before["allocation"]["id"]
    assert displaced["ward_id"] == "W1"
    assert changed["request_id"] == before["request_id"]
    with service.runtime.database.reading() as connection:
        revisions = {e.revision for e in outbox.read(connection, 0) if e.payload in (displaced, changed)}
    assert revisions == {answer["hospital_revision"]}


async def test_who_is_displaced_and_cannot_come_later_waits_with_reasons(service):
    before = await book(service, max_wait_minutes=0)
    answer = (await hurry(service)).json()
    assert answer["allocation"]["displaced"][0]["state"] == "unplaced"
    after = await read(service, before)
    assert (after["state"], after["displaced_by"]) == ("unplaced", answer["request_id"])
    assert after["need"]["fits_from"] > at(600)
    assert after["need"]["call"]
    topics = [topic for topic, payload in await events(service) if before["request_id"] in payload.values()]
    assert topics[-3:] == ["request.displaced", "allocation.withdrawn", "request.unplaced"]


async def test_nobody_is_displaced_twice_not_even_after_a_restart(place):
    async with running(place) as service:
        before = await book(service)
        assert (await hurry(service)).status_code == 201
        after = await read(service, before)
    async with running(place) as service:
        # As far ahead of the booking as the first emergency was.
        answer = await hurry(service, start=660)
        assert answer.status_code == 202, answer.text
        assert (await read(service, before))["allocation"]["id"] == after["allocation"]["id"]


async def test_a_booking_that_was_not_displaced_before_is_taken_back_in_the_same_situation(service):
    """The control of the test above: the same booking, its first time."""
    await book(service, start=660 + 3 * HOUR)
    assert (await hurry(service, start=660)).status_code == 201


@pytest.mark.parametrize(("start", "status"), [(110, 202), (130, 201)])
async def test_a_booking_its_ward_accepted_is_left_alone_when_it_is_near(service, start, status):
    before = await book(service, start=start)
    confirmed = await service.post(
        f"/allocations/{before['allocation']['id']}:confirm",
        {"accepted": True},
        revision=before["revision"],
    )
    assert confirmed.status_code == 200, confirmed.text
    assert (await hurry(service)).status_code == status
    if status == 201:
        # Another time has to be accepted anew.
        assert (await read(service, before))["state"] == "placed"


async def test_what_a_person_chose_and_what_rules_were_waived_for_stays(service):
    before = await book(service)
    chosen = await service.post(f"/requests/{before['request_id']}:choose", {"bed_id": "B4"})
    assert chosen.status_code == 200, chosen.text
    assert (await hurry(service)).status_code == 202
    waiver = {"waivers": [{"rule_id": "room_sex", "reason": "they agreed to it"}]}
    assert (await service.post(f"/requests/{before['request_id']}:choose", waiver)).status_code == 200
    assert (await hurry(service)).status_code == 202
    assert (await read(service, before))["allocation"]["start"] == at(3 * HOUR)


async def test_a_bed_given_under_an_override_stays_when_the_override_is_over(service):
    waiver = {"rule_id": "room_sex", "reason": "they agreed to it", "until": at(30)}
    before = await book(service, start=5 * HOUR, waivers=[waiver])
    await service.clock(60)
    assert (await hurry(service, start=60)).status_code == 202
    assert (await read(service, before))["allocation"]["start"] == at(5 * HOUR)


async def test_who_is_on_the_way_keeps_the_bed(service):
    before = await book(service)
    set_out = await service.post(
        f"/allocations/{before['allocation']['id']}:step",
        {"step": "handed_over"},
        revision=before["revision"],
    )
    assert set_out.status_code == 200, set_out.text
    assert (await hurry(service)).status_code == 202


async def test_an_emergency_that_waits_displaces_as_soon_as_that_helps(service):
    """Somebody lies in B4 and the next has booked it: only when the first has left is a booking in the way."""
    lying = (await hurry(service, duration_minutes=5 * HOUR)).json()
    await service.post(
        f"/allocations/{lying['allocation']['id']}:arrive", revision=lying["allocation"]["revision"]
    )
    before = await book(service, start=8 * HOUR)
    waiting = await hurry(service, start=HOUR)
    assert waiting.status_code == 202
    await service.clock(2 * HOUR)
    lain = (await read(service, lying))["allocation"]
    left = await service.post(
        f"/allocations/{lain['id']}:discharge", {"step": "left"}, revision=lain["revision"]
    )
    assert left.status_code == 200, left.text
    told = await service.clock(4 * HOUR)
    placed = await read(service, waiting.json())
    assert placed["state"] == "placed", (placed, told.json())
    assert (await read(service, before))["displaced_by"] == waiting.json()["request_id"]


async def test_an_emergency_of_a_batch_displaces_too(service):
    before = await book(service)
    body = {
        "person": {"sex": "female", "born": "1986-01-01"},
        "priority": "emergency",
        "care": NEEDS_B4,
        "duration_minutes": 600,
        "max_wait_minutes": 60,
    }
    plain = {**body, "care": {"speciality": "medicine"}}
    answer = (await service.post("/requests:batch", {"requests": [body, plain]})).json()
    assert (answer["placed"], answer["unplaced"]) == (2, 0)
    assert answer["results"][0]["allocation"]["displaced"][0]["request_id"] == before["request_id"]
    assert "displaced" not in answer["results"][1]["allocation"]


async def test_a_hospital_may_switch_displacing_off(place):
    async with running(place, displace_tries=0) as service:
        before = await book(service)
        assert (await hurry(service)).status_code == 202
        assert "displaced_by" not in await read(service, before)


async def test_who_is_needed_soon_displaces_nobody(service):
    before = await book(service)
    assert (await hurry(service, priority="soon")).status_code == 202
    assert (await read(service, before))["allocation"]["start"] == at(3 * HOUR)
