"""Prices of scarce capacity: shown beside the plain ones, off until an administrator switches them on, off by drift."""

import asyncio
from dataclasses import replace

import pytest

from api.services import scarcity
from models.clock import Instant
from models.commands import Command
from models.repositories.scarcity import StoredScarcity, load_demanded, load_scarcity
from solver.hospital import Priority
from solver.placing.forecast import DRIFT_MINUTES, Demanded
from solver.placing.scarce import Capacity
from tests.api_service import DAY, HOUR, NOW, Place, running

ISOLATION = frozenset({Capacity.ISOLATION_ROOM, Capacity.SINGLE_ROOM})


def record(a_day=1, weeks=3, until=NOW):
    """People who need an isolation room, at eight each morning."""
    return [
        Demanded(until - day * DAY + 8 * HOUR, ISOLATION, Priority.URGENT, 2 * DAY)
        for day in range(1, 7 * weeks + 1)
        for _ in range(a_day)
    ]


async def taken_in(service, asked, began=NOW - 21 * DAY) -> StoredScarcity:
    """What the job does, with a record of our own."""
    runtime = service.runtime
    now = await runtime.look(scarcity._now)
    found = scarcity.compute(asked, began, now, "UTC")
    await runtime.submit(Command("scarcity.compute", "clock", scarcity.Computed(found)))
    return runtime._decider.desk.scarcity


async def shown(service, login="manager1"):
    answer = await service.get("/scarcity", login)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def switched(service, on, login="admin", revision=None, reason="agreed in the round"):
    if revision is None:
        revision = (await shown(service))["revision"]
    return await service.post("/scarcity:switch", {"on": on, "reason": reason}, login, revision)


def price_of(told, rule_id="scarce_isolation"):
    return next(each for each in told["prices"] if each["rule_id"] == rule_id)


async def test_prices_are_shown_and_hold_only_once_an_administrator_switched_them_on(service):
    """Safeguard 4, in one tour: beside the plain choice, capped, off switch, in force from the next decision on."""
    first = await shown(service)
    assert (first["revision"], first["switched_on"], first["in_force"]) == (0, False, False)
    assert price_of(first)["price"] is None
    await taken_in(service, record(a_day=1))
    told = await shown(service)
    price = price_of(told)
    assert 0 < price["price"] <= price["cap"] == 4 * price["plain"]
    assert price["in_force"] == price["plain"], "computed, and not switched on"
    isolation = next(each for each in told["classes"] if each["capacity"] == "isolation_room")
    assert (isolation["units"], isolation["free"]) == (1, 1)
    assert (isolation["asked_for_last_day"], round(isolation["forecast_for_last_day"])) == (1, 1)
    assert "1 of 1 free" in isolation["sentence"]
    for login in ("bed", "manager1", "nurse1"):
        assert (await switched(service, True, login)).status_code == 403
    on = await switched(service, True)
    assert on.json()["in_force"]
    assert price_of(await shown(service))["in_force"] == price["price"]
    placed = (await service.place(care={"speciality": "medicine"})).json()
    assert placed["allocation"]["scarcity_version"] == on.json()["revision"]
    assert "plain prices" in " ".join(placed["allocation"]["reasons"])
    assert (await switched(service, False)).json()["in_force"] is False
    after = await shown(service)
    assert price_of(after)["in_force"] == price["plain"]
    again = (await service.place(care={"speciality": "medicine"})).json()
    assert "plain prices" not in " ".join(again["allocation"]["reasons"])
    with service.runtime.database.reading() as connection:
        stored = load_scarcity(connection)
    assert (stored.version, stored.kind, stored.reason) == (
        after["revision"],
        "switched",
        "agreed in the round",
    )


async def test_a_switch_rests_on_what_was_read_and_says_what_is_so_already(service):
    assert (await switched(service, True, revision=7)).status_code == 412
    assert (await switched(service, False)).status_code == 409
    assert (await service.post("/scarcity:switch", {"on": True, "reason": "x"}, "admin")).status_code == 428


async def test_an_urgent_need_gets_the_free_isolation_bed_however_dear_it_is(service):
    """Safeguard 4: prices never refuse or delay an urgent need while a safe bed is free."""
    await taken_in(service, record(a_day=30))
    assert (await switched(service, True)).json()["in_force"]
    beds = [(await service.place()).json()["allocation"] for _ in range(5)]
    assert all(given["start"] == beds[0]["start"] for given in beds), "nobody waits"
    assert "B4" in {given["bed_id"] for given in beds}


async def test_drift_raises_an_alarm_puts_the_plain_prices_in_force_and_ends_by_itself(service):
    await taken_in(service, record())
    await switched(service, True)
    surge = [replace(each, minute=NOW - HOUR) for each in record(a_day=2)]
    stored = await taken_in(service, [*record(), *surge])
    assert Capacity.ISOLATION_ROOM in stored.drifted
    told = await shown(service)
    assert (told["switched_on"], told["in_force"]) == (True, False)
    assert price_of(told)["in_force"] == price_of(told)["plain"]
    metrics = (await service.client.get("/metrics", headers=await service.headers("operations"))).text
    assert "wardflow_scarcity_drift 2.0" in metrics
    await taken_in(service, record())
    assert (await shown(service))["in_force"]


async def test_a_profile_keeps_the_prices_and_one_that_switches_the_rule_off_has_none(service):
    await taken_in(service, record())
    await switched(service, True)
    draft = {"switch_off": ["scarce_isolation"], "reason": "rooms are plenty"}
    version = (await service.post("/profiles", draft)).json()["version"]
    seen = (await service.post(f"/profiles/{version}:preview", {"days": 1})).json()["revision"]
    done = await service.post(f"/profiles/{version}:activate", {"reason": "agreed"}, "bed", seen)
    assert done.status_code == 200, done.text
    told = await shown(service)
    assert told["in_force"]
    assert price_of(told)["in_force"] == 0


async def test_the_job_reads_everybody_who_asked_and_computes_nothing_before_two_weeks(service):
    await service.place(person={"sex": "female", "born": "1986-01-01", "isolation": ["airborne"]})
    await service.place(care={"speciality": "medicine", "care_level": 3}, max_wait_minutes=0)
    with service.runtime.database.reading() as connection:
        asked = load_demanded(connection, NOW - DAY)
    assert [each.needs for each in asked] == [ISOLATION, {Capacity.CRITICAL_CARE}], "placed or not"
    assert await scarcity.recompute(service.runtime) is False
    service.pass_minutes(14 * DAY + DRIFT_MINUTES)
    await service.runtime.tick()
    assert await scarcity.recompute(service.runtime)
    told = await shown(service)
    assert told["computed_at"].startswith("2026-03-17")
    assert await scarcity.recompute(service.runtime) is False, "not due yet"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_prices_outlive_a_restart_while_they_are_fresh(place: Place):
    async with running(place) as service:
        await taken_in(service, record())
        await switched(service, True)
        price = price_of(await shown(service))["in_force"]
    async with running(place) as again:
        assert price_of(await shown(again))["in_force"] == price
    async with running(place, scarcity_minutes=0) as off:
        told = await shown(off)
        assert (told["enabled"], told["switched_on"], told["in_force"]) == (False, True, False)
        assert price_of(told)["in_force"] == price_of(told)["plain"]
    async with running(place, outside={"wall": lambda: Instant.of_minute(NOW + 61)}) as later:
        assert not (await shown(later))["in_force"], "too old to start with"


async def test_what_is_switched_in_the_batch_of_a_refused_command_stays(service):
    """Two switches at once: one is carried out, the other rests on a revision that is gone."""
    await taken_in(service, record())
    revision = (await shown(service))["revision"]
    done = await asyncio.gather(*(switched(service, True, revision=revision) for _ in range(2)))
    assert sorted(answer.status_code for answer in done) == [200, 412]
    told = await shown(service)
    assert (told["revision"], told["in_force"]) == (revision + 1, True)
