"""What the rules cost is changed version by version: drafted, looked at on past decisions, put in force, gone back."""

import asyncio

import pytest

from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.audience import Audience
from models import outbox
from tests.api_service import HOUR, NOW, at, bundle, running, until

DEAR_OUTLIERS = {"weights": {"speciality": 90_000}, "reason": "fewer outliers this winter"}


async def drafted(service, **changes):
    answer = await service.post("/profiles", {**DEAR_OUTLIERS, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()["version"]


async def previewed(service, version, login="bed", **body):
    answer = await service.post(f"/profiles/{version}:preview", body, login)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def activated(service, version, login="bed"):
    revision = (await service.get(f"/profiles/{version}")).json()["revision"]
    answer = await service.post(
        f"/profiles/{version}:activate", {"reason": "agreed in the round"}, login, revision
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def busy_day(service):
    """Requests of many kinds, with arrivals, a discharge, closures, a broken pump and time between them."""
    await service.place(equipment=[{"type_id": "pump"}])
    first = (await service.place(care={"speciality": "surgery"})).json()
    there = await service.post(f"/allocations/{first['allocation']['id']}:arrive", revision=first["revision"])
    assert there.status_code == 200, there.text
    service.wall.pass_minutes(50)
    await service.tell("bed_closed", bed_id="B2", reason="leak")
    await service.tell("unit_broken", unit_id="P1")
    await service.place(drugs=[{"drug_id": "heparin", "quantity": 2}], priority="routine")
    await service.tell("nurse_absent", shift_id="D-N11")
    service.wall.pass_minutes(20)
    discharge = f"/allocations/{first['allocation']['id']}:discharge"
    gone = await service.post(discharge, {"step": "left"}, revision=there.json()["revision"])
    assert gone.status_code == 200, gone.text
    await service.tell("bed_opened", bed_id="B2")
    service.wall.pass_minutes(HOUR)
    person = {"sex": "male", "born": "1950-01-01", "isolation": ["airborne"]}
    await service.place(person=person, priority="soon")
    for _ in range(3):
        await service.place(priority="routine", max_wait_minutes=HOUR)
    await service.place(care={"speciality": "medicine", "features": ["dialysis_point"]})


async def test_past_decisions_come_out_of_the_replay_as_they_were_decided(service):
    """The whole worth of a preview: every decision of the day on the hospital as it was known then."""
    await busy_day(service)
    found = await previewed(service, await drafted(service, weights={"stability": 51_000}))
    assert found["decisions"] == found["as_decided"] == 8
    assert (found["would_differ"], found["items"]) == (0, [])
    assert sum(found["left_out"].values()) == 0


async def test_a_preview_tells_which_requests_would_be_placed_otherwise_and_at_what_difference(service):
    """Two beds of the bay are left; then another ward (60,000) is cheaper than the single room (65,000)."""
    given = [(await service.place(priority="routine")).json()["allocation"]["bed_id"] for _ in range(4)]
    assert given == ["B2", "B3", "C1", "C2"]
    version = await drafted(service)
    found = await previewed(service, version)
    assert (found["version"], found["against_version"], found["decisions"]) == (version, 1, 4)
    assert (found["as_decided"], found["would_differ"]) == (4, 2)
    for item, bed in zip(found["items"], ("C2", "C1"), strict=True):
        assert item["before"] == item["given"] == {"bed_id": bed, "start": at()}
        # What one choice would have changed for the next is not followed: both would go to the single room.
        assert item["after"] == {"bed_id": "B4", "start": at()}
        assert item["before_costs_more"] == 90_000 - 65_000, "by the previewed prices"
        assert item["after_costs_more"] == 65_000 - 60_000, "by the prices in force"
    assert "4 of 4" in found["rests_on"]


async def test_the_sentence_on_what_a_preview_rests_on_is_told_in_chinese_too(service):
    version = await drafted(service)
    headers = await service.headers("bed", **{"Accept-Language": "zh"})
    answer = await service.client.post(f"/api/v1/profiles/{version}:preview", headers=headers, json={})
    assert "排班" in answer.json()["rests_on"]


async def test_what_prices_alone_did_not_decide_is_left_out_and_counted(service):
    await service.post("/requests:batch", {"requests": [bundle(), bundle()]})
    placed = (await service.place(deadline_ms=1)).json()
    chosen = await service.place(priority="routine")
    await service.post(f"/requests/{chosen.json()['request_id']}:choose", {"bed_id": "C2"})
    found = await previewed(service, await drafted(service))
    assert found["left_out"]["jointly"] == 2
    assert found["left_out"]["hurried"] == int(placed["degraded"])
    assert found["decisions"] + sum(found["left_out"].values()) == 4


async def test_only_the_days_asked_for_are_looked_at(service):
    await service.place()
    service.pass_minutes(26 * HOUR)
    await service.place()
    version = await drafted(service)
    assert (await previewed(service, version, days=1))["decisions"] == 1
    assert (await previewed(service, version, days=2))["decisions"] == 2
    assert (await service.post(f"/profiles/{version}:preview", {"days": 32})).status_code == 422


async def test_an_administrator_sees_how_many_would_differ_and_not_whose(service):
    for _ in range(3):
        await service.place(priority="routine")
    version = await drafted(service)
    theirs, ours = await previewed(service, version, "admin"), await previewed(service, version)
    assert theirs["would_differ"] == ours["would_differ"] == len(ours["items"]) == 1
    assert theirs["items"] == []


async def test_a_draft_decides_nothing_until_it_is_activated_and_decisions_keep_their_version(service):
    for _ in range(2):
        before = (await service.place(priority="routine")).json()["allocation"]
    version = await drafted(service)
    assert (await service.get("/rules")).json()["profile"]["version"] == 1
    await previewed(service, version)
    told = await activated(service, version)
    assert (told["version"], told["former_version"], told["state"]) == (version, 1, "active")
    after = (await service.place(priority="routine")).json()["allocation"]
    assert (before["profile_version"], after["profile_version"]) == (1, version)
    assert after["bed_id"] == "B4", "another ward costs more than the single room now"
    again = (await service.get(f"/allocations/{before['id']}")).json()
    assert again["profile_version"] == 1
    speciality = {r["id"]: r for r in (await service.get("/rules")).json()["items"]}["speciality"]
    assert (speciality["weight"], speciality["default_weight"]) == (90_000, 60_000)


async def test_a_draft_nobody_looked_at_is_not_activated(service):
    version = await drafted(service)
    answer = await service.post(f"/profiles/{version}:activate", {"reason": "trust me"}, revision=1)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")
    assert ":preview" in answer.json()["remedy"]


async def test_a_preview_against_a_version_no_longer_in_force_does_not_count(service):
    first, second = await drafted(service), await drafted(service, weights={"stability": 1})
    await previewed(service, first)
    await previewed(service, second)
    await activated(service, first)
    revision = (await service.get(f"/profiles/{second}")).json()["revision"]
    answer = await service.post(f"/profiles/{second}:activate", {"reason": "as well"}, revision=revision)
    assert answer.status_code == 409


async def test_of_two_who_activate_what_they_read_only_the_first_does(service):
    versions = [await drafted(service), await drafted(service, weights={"stability": 1})]
    for version in versions:
        await previewed(service, version)
    revision = [(await service.get(f"/profiles/{v}")).json()["revision"] for v in versions]
    both = (
        service.post(f"/profiles/{version}:activate", {"reason": "mine"}, revision=seen)
        for version, seen in zip(versions, revision, strict=True)
    )
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*both))
    assert statuses == [200, 412]
    assert (await service.post(f"/profiles/{versions[0]}:activate", {"reason": "xyz"})).status_code == 428


async def test_going_back_to_an_older_version_needs_no_preview(service):
    version = await drafted(service)
    await previewed(service, version)
    await activated(service, version)
    assert (await activated(service, 1))["former_version"] == version
    states = {item["version"]: item["state"] for item in (await service.get("/profiles")).json()["items"]}
    assert states == {1: "active", version: "former"}
    assert (await service.place()).json()["allocation"]["profile_version"] == 1


async def test_the_version_in_force_outlasts_the_service(place):
    async with running(place) as service:
        version = await drafted(service)
        await previewed(service, version)
        await activated(service, version)
    async with running(place) as service:
        assert (await service.place()).json()["allocation"]["profile_version"] == version


async def test_who_changed_the_rules_when_and_why_is_told(service):
    version = await drafted(service, switch_off=["bed_staffed"])
    await previewed(service, version)
    await activated(service, version)
    told = (await service.get(f"/profiles/{version}")).json()
    assert [told[name]["by"] for name in ("drafted", "previewed", "activated")] == ["acc-bed"] * 3
    assert (told["drafted"]["reason"], told["activated"]["reason"]) == (
        "fewer outliers this winter",
        "agreed in the round",
    )
    changed = {each["rule_id"]: (each["weight"], each["active"]) for each in told["changed"]}
    assert changed == {"speciality": (90_000, True), "bed_staffed": (0, False)}


@pytest.mark.parametrize(
    "change",
    [
        {"switch_off": ["bed_free"]},
        {"switch_off": ["lot_allergy"]},
        {"weights": {"bed_free": 5}},
        {"weights": {"bed_features": 5}},
        {"weights": {"no_such_rule": 5}},
        {"weights": {"speciality": -1}},
        {"weights": {"speciality": 1.5}},
        {"weights": {}},
        # Safeguard 4: scarcity never delays an urgent need while a safe bed is free.
        {"weights": {"scarce_isolation": 10_000_000}},
        {"switch_off": ["delay_urgent"]},
        # Safeguard 1 and the order of priorities.
        {"switch_off": ["unplaced_emergency"]},
        {"weights": {"unplaced_urgent": 1000}},
        {"weights": {"delay_routine": 5_000}},
        {"weights": {"speciality": 1}, "reason": "  "},
        {"switch_off": ["extra_bed"], "switch_on": ["extra_bed"]},
    ],
)
async def test_what_no_price_may_overrule_is_refused_and_nothing_is_repeated(service, change):
    body = {"reason": "an experiment", **change}
    answer = await service.post("/profiles", body)
    assert answer.status_code == 422, answer.text
    assert "no_such_rule" not in answer.text
    assert answer.json()["errors"]
    assert len((await service.get("/profiles")).json()["items"]) == 1


@pytest.mark.parametrize("login", ["nurse1", "manager1", "operations", "auditor"])
async def test_whose_role_ends_at_a_ward_or_who_only_looks_changes_no_rules(service, login):
    assert (await service.get("/profiles", login)).status_code == 200
    assert (await service.post("/profiles", DEAR_OUTLIERS, login)).status_code == 403
    assert (await service.post("/profiles/1:preview", {}, login)).status_code == 403
    answer = await service.post("/profiles/1:activate", {"reason": "mine"}, login, revision=1)
    assert answer.status_code == 403


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_becomes_of_the_rules_is_told_on_every_site_and_to_no_ward_in_particular(service):
    """Drafts and previews named no wards at all: where a hospital has two sites, only those who hear of everything
    were told of them, and of the activation that followed everybody."""
    version = await drafted(service)
    await previewed(service, version)
    await activated(service, version)
    nurse = Principal("acc", "login", (Grant(Role.NURSE, ward_id="W1"),), "tok", True, 0)
    access = Access(nurse, Permission.EVENTS_READ, {"W1": "S", "X1": "T"})
    with service.runtime.database.reading() as connection:
        found = [event for event in outbox.read(connection, 0) if event.topic.startswith("profile.")]
    assert [e.topic for e in found] == ["profile.drafted", "profile.previewed", "profile.activated"]
    assert all(Audience.of(access, None).hears(event) for event in found)
    assert not any(Audience.of(access, "W1").hears(event) for event in found)
    assert {(e.payload["subject"], e.payload["minute"]) for e in found} == {(f"profile-{version}", NOW)}


async def test_a_version_nobody_drafted_is_not_found(service):
    assert (await service.get("/profiles/7")).status_code == 404
    assert (await service.post("/profiles/7:preview", {})).status_code == 404
    assert (await service.post("/profiles/7:activate", {"reason": "xyz"}, revision=1)).status_code == 404


async def test_a_preview_sent_twice_is_made_once(service):
    version = await drafted(service)
    headers = await service.headers("bed")
    path = f"/api/v1/profiles/{version}:preview"
    first, again = [await service.client.post(path, headers=headers, json={}) for _ in range(2)]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["revision"] == first.json()["revision"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_where_there_are_solver_processes_the_past_is_decided_again_in_one_of_them(place):
    async with running(place, solver_process=True) as service:
        await until(lambda: service.runtime.solver.pid is not None)
        await busy_day(service)
        found = await previewed(service, await drafted(service))
        assert found["decisions"] == found["as_decided"] == 8


async def test_a_rule_is_said_to_be_changeable_exactly_when_a_version_may_name_it(service):
    """The committee's order and absolute rules are no hospital's to change; whatever else is listed, is."""
    said, done = {}, {}
    for rule in (await service.get("/rules")).json()["items"]:
        soft = rule["level"] == "soft"
        change = {"weights": {rule["id"]: rule["weight"]}} if soft else {"switch_off": [rule["id"]]}
        answer = await service.post("/profiles", {**change, "reason": "tried"})
        said[rule["id"]], done[rule["id"]] = rule["changeable"], answer.status_code == 201
    assert said == done
    assert {said["committees_order"], said["bed_free"], not said["speciality"]} == {False}
