"""A machine's clock that is stepped by an hour, forwards or back, under a service at work and under one that starts."""

import asyncio

import pytest

from models import audit
from models.clock import MICROSECONDS_PER_MINUTE
from models.ids import prefix_of
from models.invariants import recount
from models.outbox import read
from tests.api_service import HOUR, NOW, Place, Wall, at, running


async def ask(service, count, **changes):
    """So many requests at once, which find a bed as long as there is one."""
    answers = await asyncio.gather(*(service.place(**changes) for _ in range(count)))
    assert {answer.status_code for answer in answers} <= {201, 202}, [answer.text for answer in answers]
    return [answer.json() for answer in answers]


def recorded(service):
    """The moments of audit lines and of events, in their order; the chain must hold."""
    with service.runtime.database.reading() as connection:
        assert audit.verify_chain(connection).breaks == ()
        lines = [row.recorded_microsecond for row in connection.exec_driver_sql(LINES)]
        return lines, [event.created_microsecond for event in read(connection, after=0)]


LINES = "SELECT recorded_microsecond FROM audit_line ORDER BY sequence"


@pytest.mark.parametrize("minutes", [HOUR, -HOUR])
async def test_records_ids_and_the_hospitals_minute_go_forwards_whatever_the_machine_is_set_to(
    service, minutes
):
    before = await ask(service, 2)
    service.wall.pass_minutes(minutes)
    after = await ask(service, 2)
    service.wall.pass_minutes(-minutes)
    again = await ask(service, 1)
    ids = [[told["request_id"] for told in batch] for batch in (before, after, again)]
    assert max(ids[0]) < min(ids[1])
    assert max(ids[1]) < min(ids[2])
    assert {prefix_of(request_id) for batch in ids for request_id in batch} == {"req"}
    for moments in recorded(service):
        assert moments == sorted(moments)
    lines, _ = recorded(service)
    assert len(set(lines)) >= 5, "each command has a moment of its own"
    starts = [
        [told["allocation"]["start"] for told in batch if "allocation" in told] for batch in (before, after)
    ]
    assert max(starts[0]) <= min(starts[1])


async def test_a_booking_stands_whichever_way_the_clock_is_stepped(service):
    told = (await service.place(duration_minutes=6 * HOUR)).json()
    given = told["allocation"]
    for minutes in (HOUR, -HOUR, -HOUR, HOUR):
        service.wall.pass_minutes(minutes)
        await service.runtime.tick()
        found = (await service.get(f"/requests/{told['request_id']}")).json()
        assert found["state"] == "placed"
        assert (found["allocation"]["bed_id"], found["allocation"]["end"]) == (given["bed_id"], given["end"])
    arrived = await service.post(f"/allocations/{given['id']}:arrive", revision=found["revision"])
    assert arrived.status_code == 200, arrived.text


async def test_a_step_back_stops_the_hospitals_clock_until_it_is_reached_and_the_metrics_say_so(service):
    async def ahead():
        text = (await service.client.get("/metrics")).text
        return float(
            next(x for x in text.splitlines() if x.startswith("wardflow_clock_ahead_sec")).split()[1]
        )

    tick = await service.runtime.tick()
    service.wall.pass_minutes(-HOUR)
    assert (await service.runtime.tick()).answer.body["now"] == tick.answer.body["now"]
    assert await ahead() == pytest.approx(3600, abs=1)
    service.wall.pass_minutes(HOUR + 5)
    assert (await service.runtime.tick()).answer.body["now"] > tick.answer.body["now"]
    assert await ahead() == pytest.approx(0, abs=1)


async def test_a_token_that_has_expired_stays_so_when_the_clock_is_set_back(place):
    async with running(place, session_minutes=30) as service:
        headers = await service.headers("bed")
        service.wall.pass_minutes(31)
        assert (await service.client.get("/api/v1/beds", headers=headers)).status_code == 401
        service.wall.pass_minutes(-HOUR)
        assert (await service.client.get("/api/v1/beds", headers=headers)).status_code == 401
        service.pass_minutes(0)
        assert (await service.place()).status_code == 201, "who logs in anew goes on"


@pytest.mark.parametrize("minutes", [HOUR, -HOUR])
async def test_a_live_hospital_that_is_started_on_a_machine_set_otherwise_is_not_an_hour_off_for_good(
    tmp_path, address, minutes
):
    place = Place(tmp_path, address=address).make(sandbox=False)
    async with running(place) as service:
        first = (await service.place()).json()
        with service.runtime.database.reading() as connection:
            assert recount(connection) == []
    async with running(place, {"wall": stepped(minutes)}) as service:
        second = (await service.place()).json()
        assert second["request_id"] != first["request_id"]
        assert second["allocation"]["start"] == at(max(0, minutes))
        for moments in recorded(service):
            assert moments == sorted(moments)


def stepped(minutes):
    """A machine's clock that was set forwards or back before the start."""
    return Wall((NOW + minutes) * MICROSECONDS_PER_MINUTE)
