"""Overrides over HTTP: what they break and by how much, who gave them and why, told for as long as there is anything to
tell; and what nobody may override."""

import orjson
import pytest
from sqlalchemy import select

from models.tables.ledger import audit_line
from solver.engine.rule import Level
from solver.placing import rules
from tests.api_service import HOUR, Place, at, bundle, running

DIALYSIS = {"speciality": "medicine", "features": ["dialysis_point"]}
WAIVER = {"rule_id": "bed_features", "reason": "a mobile machine is brought"}


@pytest.fixture
async def service(tmp_path):
    async with running(Place(tmp_path).make()) as service:
        yield service


async def overruled(service, **waiver):
    """A request that was given a bed without what it needs, because a person said so."""
    answer = await service.place(care=DIALYSIS, waivers=[{**WAIVER, **waiver}])
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(service, body):
    return (await service.get(f"/requests/{body['request_id']}")).json()


def told_of(body, request_id, until):
    """Whether an answer tells of the override, as a record and in words."""
    (one,) = body["overrides"]
    named = (one["rule_id"], one["by"], one["since"], one["until"], one["request_id"])
    said = body.get("allocation", body)["reasons"]
    return named == ("bed_features", "acc-bed", at(), until, request_id) and any(
        reason.startswith("Overridden by account acc-bed, from 2026-03-02 00:00 until") for reason in said
    )


async def test_an_override_names_the_rule_it_breaks_by_how_much_who_gave_it_and_until_when(service):
    body = await overruled(service)
    allocation = body["allocation"]
    assert allocation["overridden"] == [{"rule_id": "bed_features", "amount": 1, "unit": "missing feature"}]
    assert any("Not kept here (1 x missing feature)" in reason for reason in allocation["reasons"])
    assert told_of(body, body["request_id"], at(24 * HOUR))
    given = (await service.get(f"/allocations/{allocation['id']}")).json()
    assert [one["reason"] for one in given["overrides"]] == [WAIVER["reason"]]
    assert [one["reason"] for one in (await read(service, body))["overrides"]] == [WAIVER["reason"]]


async def test_a_waiver_of_a_rule_that_the_place_keeps_breaks_nothing(service):
    body = (await service.place(waivers=[WAIVER])).json()
    assert body["allocation"]["overridden"] == []
    assert told_of(body, body["request_id"], at(24 * HOUR))


async def test_the_audit_trail_names_rule_account_amount_and_end_and_not_the_reason(service):
    body = await overruled(service)
    with service.runtime.database.reading() as connection:
        lines = connection.execute(select(audit_line).order_by(audit_line.c.sequence)).all()
    found = {line.action: line for line in lines}
    detail = {action: orjson.loads(line.detail) for action, line in found.items()}
    assert found["rule.overridden"].actor == "acc-bed"
    assert found["rule.overridden"].subject == body["request_id"]
    assert detail["rule.overridden"]["rule_id"] == "bed_features"
    assert detail["allocation.placed"]["overridden"] == {"bed_features": 1}
    assert all(WAIVER["reason"] not in str(line) for line in lines)


async def test_an_override_is_told_after_its_time_when_it_is_no_licence_any_more(service):
    body = await overruled(service, until=at(10))
    await service.clock(20)
    refused = await service.post(f"/requests/{body['request_id']}:choose", {"bed_id": "B3"})
    assert (refused.status_code, refused.json()["rules"]) == (409, ["bed_features"])
    assert told_of(await read(service, body), body["request_id"], at(10))
    closed = await service.tell("bed_closed", bed_id=body["allocation"]["bed_id"], reason="leak")
    assert closed.status_code == 200
    waiting = await read(service, body)
    assert waiting["state"] == "unplaced", "decided again without the waiver"
    assert told_of(waiting, body["request_id"], at(10))
    await service.post(f"/requests/{body['request_id']}:release", {})
    assert (await read(service, body))["overrides"][0]["reason"] == WAIVER["reason"]


async def test_an_override_is_told_of_what_a_repair_and_a_new_desk_make_of_the_request(service):
    body = await overruled(service)
    await service.tell("bed_closed", bed_id=body["allocation"]["bed_id"], reason="leak")
    repaired = await read(service, body)
    assert repaired["allocation"]["bed_id"] != body["allocation"]["bed_id"]
    assert repaired["allocation"]["overridden"][0]["amount"] == 1
    assert told_of(repaired, body["request_id"], at(24 * HOUR))
    service.runtime._decider.reset()
    path = f"/requests/{body['request_id']}:choose"
    chosen = (await service.post(path, {"bed_id": repaired["allocation"]["bed_id"]})).json()
    assert told_of(chosen, body["request_id"], at(24 * HOUR))


async def test_a_transfer_tells_of_what_was_overridden_before_and_is_not_excused_by_it(service):
    body = await overruled(service)
    there = await service.post(f"/allocations/{body['allocation']['id']}:arrive", revision=body["revision"])
    assert there.status_code == 200
    assert told_of(there.json(), body["request_id"], at(24 * HOUR))
    path = f"/allocations/{body['allocation']['id']}:transfer"
    moved = await service.post(path, {"reason": "noise"}, revision=there.json()["revision"])
    assert moved.status_code == 202, "needs a dialysis point again"
    assert told_of(moved.json(), body["request_id"], at(24 * HOUR))
    again = await service.post(f"/requests/{moved.json()['request_id']}:choose", {"waivers": [WAIVER]})
    assert [one["request_id"] for one in again.json()["overrides"]] == [
        body["request_id"],
        moved.json()["request_id"],
    ]


async def test_absolute_rules_are_overridden_by_nobody_anywhere_and_nothing_is_kept_of_the_attempt(service):
    placed = (await service.place()).json()
    request_id, allocation_id = placed["request_id"], placed["allocation"]["id"]
    for rule in rules.CATALOGUE:
        if rule.level is not Level.ABSOLUTE:
            continue
        waivers = {"waivers": [{"rule_id": rule.id, "reason": "there is no other way"}]}
        for path, body, revision in (
            ("/requests", bundle(**waivers), None),
            ("/allocations:recommend", {"request": bundle(**waivers)}, None),
            ("/allocations:hold", {"request": bundle(**waivers)}, None),
            (f"/requests/{request_id}:choose", waivers, None),
            (f"/allocations/{allocation_id}:arrive", waivers, 1),
            ("/stays/st-1:transfer", {"reason": "noise", **waivers}, None),
        ):
            refused = await service.post(path, body, revision=revision)
            assert refused.status_code == 403, (rule.id, path, refused.text)
            assert refused.json()["type"] == "/problems/override-refused"
    assert "overrides" not in await read(service, placed)
    assert len((await service.get("/requests")).json()["items"]) == 1


async def test_a_chosen_bed_that_breaks_an_absolute_rule_stays_refused_whatever_else_is_waived(service):
    body = (await service.place()).json()
    waivers = [
        {"rule_id": rule.id, "reason": "there is no other way"}
        for rule in rules.CATALOGUE
        if rule.level is Level.OVERRIDABLE
    ][:20]
    chosen = {"bed_id": "B1", "start": at(), "waivers": waivers}
    refused = await service.post(f"/requests/{body['request_id']}:choose", chosen)
    assert (refused.status_code, refused.json()["rules"]) == (409, ["bed_free"])
