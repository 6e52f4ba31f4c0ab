"""Accept or decline: a silent or declining ward goes up the levels, every step's time is kept, breaches are shown."""

import asyncio
import time

import pytest
from sqlalchemy import select

from api.services import steps
from api.settings import Settings
from models import outbox
from models.tables.telling import stated_reason
from tests.api_service import at, running

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


async def look(service, minutes=0):
    """Let time pass, and look for overdue steps once."""
    service.pass_minutes(minutes)
    return await steps.watch(service.runtime)


async def decline(service, case, reason="no nurse for isolation", login="bed"):
    allocation = case["allocation"]
    body = {"accepted": False, "reason": reason}
    path = f"/allocations/{allocation['id']}:confirm"
    return await service.post(path, body, login, revision=case["revision"])


async def shown(service, count, seconds=5):
    """The breaches once there are so many, and how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        items = (await service.get("/steps/breaches")).json()["items"]
        if len(items) == count:
            return items, time.monotonic() - began
        await asyncio.sleep(0.02)
    raise AssertionError(f"{count} breaches were expected, these are shown: {items}")


def told(service, topic):
    """The payloads of every event of a topic."""
    with service.runtime.database.reading() as connection:
        return [e.payload for e in outbox.read(connection, 0, 1000) if e.topic == topic]


@ON_SQLITE
async def test_a_silent_ward_is_told_of_then_its_bed_manager_then_the_site_manager_each_once(place):
    async with running(place) as service:
        case = (await service.place()).json()
        assert (await service.get("/steps/breaches")).json()["items"] == []
        levels = []
        for minutes in (29, 1, 30, 30, 300):
            await look(service, minutes)
            levels.append([e["level"] for e in told(service, "step.overdue")])
        assert levels == [[], [1], [1, 2], [1, 2, 3], [1, 2, 3]]
        (breach,) = (await service.get("/steps/breaches")).json()["items"]
        assert (breach["step"], breach["cause"], breach["role"]) == ("accepted", "silent", "site_manager")
        assert (breach["ward_id"], breach["due"]) == ("W1", at(30))
        events = told(service, "step.overdue")
        assert [e["role"] for e in events] == ["ward_manager", "bed_manager", "site_manager"]
        assert all(e["wards"] == ["W1"] and e["subject"] == case["request_id"] for e in events)
        detail = (await service.get(f"/requests/{case['request_id']}")).json()
        assert [b["level"] for b in detail["breaches"]] == [1, 2, 3]
        metrics = (await service.client.get("/metrics")).text
        assert (
            'wardflow_step_breaches_total{cause="silent",level="bed_manager",step="accepted"} 1.0' in metrics
        )


@ON_SQLITE
async def test_a_breach_is_shown_within_five_seconds_of_happening(place):
    """With the pause between two looks that a service has by itself."""
    pause = Settings.model_fields["step_seconds"].default
    async with running(place, step_seconds=pause) as service:
        await service.place()
        service.pass_minutes(30)
        _, seconds = await shown(service, 1)
        assert seconds < 5


@ON_SQLITE
async def test_a_ward_that_answers_in_time_is_no_breach_and_its_time_is_kept(place):
    async with running(place) as service:
        case = (await service.place()).json()
        service.pass_minutes(20)
        path = f"/allocations/{case['allocation']['id']}:confirm"
        accepted = await service.post(path, {"accepted": True}, revision=case["revision"])
        assert accepted.json()["state"] == "confirmed"
        assert await look(service, 20) == 0
        assert (await service.get("/steps/breaches")).json()["items"] == []
        times = (await service.get(f"/requests/{case['request_id']}")).json()["steps"]
        assert (times["placed"], times["accepted"]) == (at(0), at(20))


async def test_an_answer_ends_the_breach_and_the_next_step_is_awaited(place):
    async with running(place) as service:
        case = (await service.place()).json()
        assert await look(service, 30) == 1
        path = f"/allocations/{case['allocation']['id']}:confirm"
        await service.post(path, {"accepted": True}, revision=case["revision"])
        assert (await service.get("/steps/breaches")).json()["items"] == []
        assert await look(service, 60) == 1
        (breach,) = (await service.get("/steps/breaches")).json()["items"]
        assert (breach["step"], breach["level"], breach["due"]) == ("handed_over", 1, at(90))


async def test_a_restart_tells_no_level_again(place):
    async with running(place) as service:
        await service.place()
        assert await look(service, 30) == 1
    async with running(place) as service:
        assert await look(service) == 0
        assert [e["level"] for e in told(service, "step.overdue")] == [1]


@ON_SQLITE
async def test_a_declining_ward_goes_up_a_level_each_time_and_its_reason_is_shown(service):
    case = (await service.place()).json()
    first = (await decline(service, case)).json()
    assert first["allocation"]["ward_id"] == "W2"
    second = await decline(service, first, "the bay is closed for cleaning")
    assert (second.status_code, second.json()["state"]) == (202, "unplaced")
    events = told(service, "step.declined")
    assert [(e["level"], e["role"], e["ward_id"]) for e in events] == [
        (1, "ward_manager", "W1"),
        (2, "bed_manager", "W2"),
    ]
    detail = (await service.get(f"/requests/{case['request_id']}")).json()
    assert detail["declined_by"] == ["W1", "W2"]
    reasons = [(r["action"], r["ward_id"], r["reason"]) for r in detail["stated_reasons"]]
    assert reasons == [
        ("declined", "W1", "no nurse for isolation"),
        ("declined", "W2", "the bay is closed for cleaning"),
    ]


@ON_SQLITE
async def test_a_reason_is_kept_encrypted_and_withheld_from_who_may_not_read_of_the_patient(service):
    case = (await service.place(for_ward_id="W1")).json()
    await service.post(f"/requests/{case['request_id']}:release", {"reason": "goes to Anna's sister"})
    path = f"/requests/{case['request_id']}"
    for login, may in {"nurse1": True, "bed": True, "nurse2": False, "pharmacist": False}.items():
        (said,) = (await service.get(path, login)).json()["stated_reasons"]
        assert (said["reason"], said["withheld"]) == (
            ("goes to Anna's sister", False) if may else (None, True)
        )
    with service.runtime.database.reading() as connection:
        (row,) = connection.execute(select(stated_reason)).all()
    assert b"Anna" not in row.ciphertext
    assert "Anna" not in str(told(service, "request.released"))


@ON_SQLITE
async def test_why_somebody_was_moved_and_why_a_proposal_was_declined_is_kept(service):
    report = (await service.tell("bed_closed", bed_id="B1", reason="leak")).json()
    (proposal,) = report["proposals"]
    body = {"reason": "the patient is too unwell"}
    assert (await service.post(f"/proposals/{proposal['id']}:decline", body)).status_code == 200
    (listed,) = (await service.get("/proposals", state="declined")).json()["items"]
    assert listed["answered_because"] == {"reason": "the patient is too unwell", "withheld": False}
    (hidden,) = (await service.get("/proposals", "nurse2", state="declined")).json()["items"]
    assert hidden["answered_because"] == {"reason": None, "withheld": True}
    moved = (await service.post("/stays/st-1:transfer", {"reason": "a bed by the window"})).json()
    (said,) = (await service.get(f"/requests/{moved['request_id']}")).json()["stated_reasons"]
    assert (said["action"], said["reason"]) == ("transferred", "a bed by the window")


@ON_SQLITE
async def test_a_hospital_sets_its_own_targets_and_a_ward_its_own_before_those(place):
    async with running(place) as service:
        assumed = (await service.get("/steps/targets")).json()["items"]
        by_priority = [t["minutes"] for t in assumed if t["step"] == "accepted"]
        assert by_priority == [15, 30, 60, 120]
        assert all(t["assumed"] for t in assumed)
        urgent = {"step": "accepted", "priority": "urgent"}
        targets = [{**urgent, "minutes": 10}, {**urgent, "minutes": 20, "ward_id": "W1"}]
        assert (await service.post("/steps/targets", {"targets": targets}, "nurse1")).status_code == 403
        set_now = await service.post("/steps/targets", {"targets": targets})
        own = [t for t in set_now.json()["items"] if not t["assumed"]]
        assert [(t["ward_id"], t["minutes"]) for t in own] == [(None, 10), ("W1", 20)]
        await service.place()
        assert await look(service, 19) == 0
        assert await look(service, 1) == 1


@ON_SQLITE
async def test_a_target_of_a_step_that_has_none_or_of_an_unknown_ward_is_refused(service):
    wrong = [
        {"step": "requested", "priority": "soon", "minutes": 5},
        {"step": "placed", "priority": "soon", "minutes": 5, "ward_id": "W9"},
    ]
    answer = await service.post("/steps/targets", {"targets": wrong})
    assert answer.status_code == 422
    assert {e["where"] for e in answer.json()["errors"]} == {"#/targets/0/step", "#/targets/1/ward_id"}
