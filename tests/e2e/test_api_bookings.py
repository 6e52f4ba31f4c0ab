"""Bookings of units by their own right: by capability, together, again and again, held until somebody confirms."""

import pytest
from sqlalchemy import text

from tests.api_service import DAY, HOUR, Place, at, running
from tests.jobs_at_work import ended, work

SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What the database is does not matter to these: once is enough."""


def use(**changes):
    """A pump on ward W1, tomorrow, for an hour."""
    body = {"type_ids": ["pump"], "ward_id": "W1", "earliest": at(DAY), "latest_start": at(DAY + 4 * HOUR)}
    return {**body, "minutes": HOUR, **changes}


async def booked(service, **changes):
    answer = await service.post("/equipment/bookings", use(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["bookings"]


async def topics(service, subject):
    """What was told of something, in order."""
    with service.runtime.database.reading() as connection:
        found = connection.execute(text("SELECT topic, payload FROM outbox_event ORDER BY sequence")).all()
    return [topic for topic, payload in found if subject in str(payload)]


async def test_two_units_together_three_times_are_booked_for_good_and_meet_no_other_use(service):
    made = await booked(service, type_ids=["pump", "pump"], times=3, priority=5)
    assert [one["start"] for one in made] == [made[0]["start"], *(at_of(made[0], n * DAY) for n in (1, 2))]
    assert {unit["unit_id"] for one in made for unit in one["units"]} == {"P1", "P2"}
    assert len({one["series_id"] for one in made}) == 1
    assert {one["state"] for one in made} == {"booked"}
    listed = (await service.get("/equipment/bookings", ward_id="W1", to=at(2 * DAY))).json()
    assert listed["items"] == made[:1]
    [next_one] = {
        one["next"]["start"]
        for one in (await service.get("/equipment/free", type="pump", near="W1")).json()["items"]
    }
    assert next_one == made[0]["start"]
    again = await service.post("/equipment/bookings", use(latest_start=at(DAY)))
    assert again.status_code == 409
    assert "1 of 1" in again.json()["detail"]
    assert await service.violations() == []


def at_of(booking, minutes):
    """The start of a booking, so much later."""
    day = int(booking["start"][8:10])
    return booking["start"].replace(f"-{day:02}T", f"-{day + minutes // DAY:02}T")


@SQLITE
async def test_of_a_booking_that_recurs_every_turn_is_booked_or_none_unless_some_are_enough(service):
    await booked(
        service, type_ids=["pump", "pump"], earliest=at(2 * DAY), minutes=23 * HOUR, latest_start=at(2 * DAY)
    )
    daily = use(times=2)
    refused = await service.post("/equipment/bookings", daily)
    assert refused.status_code == 409
    assert len((await service.get("/equipment/bookings")).json()["items"]) == 1
    partly = (await service.post("/equipment/bookings", {**daily, "partly": True})).json()
    assert (len(partly["bookings"]), partly["without"]) == (1, [2])


async def test_what_is_held_is_given_back_unless_somebody_confirms_and_its_ward_is_told(service):
    [kept] = await booked(service, hold_minutes=HOUR)
    [lost] = await booked(service, hold_minutes=HOUR)
    assert (kept["state"], kept["held_until"]) == ("held", at(HOUR))
    confirmed = await service.post(f"/equipment/bookings/{kept['id']}:confirm", revision=kept["revision"])
    assert confirmed.status_code == 200, confirmed.text
    assert (confirmed.json()["state"], confirmed.json()["revision"]) == ("booked", 2)
    stale = await service.post(f"/equipment/bookings/{kept['id']}:confirm", revision=1)
    assert (stale.status_code, stale.json()["current_revision"]) == (412, 2)
    again = await service.post(f"/equipment/bookings/{kept['id']}:confirm", revision=2)
    assert again.status_code == 409
    await service.clock(HOUR)
    listed = (await service.get("/equipment/bookings")).json()["items"]
    assert [one["id"] for one in listed] == [kept["id"]]
    assert await topics(service, lost["id"]) == ["booking.held", "booking.lapsed"]
    assert (await service.get(f"/equipment/bookings/{lost['id']}")).status_code == 404
    assert await service.violations() == []


@SQLITE
async def test_a_hold_ends_when_its_use_would_begin(service):
    [held] = await booked(service, earliest=at(HOUR), hold_minutes=DAY)
    assert held["held_until"] == held["start"] == at(HOUR)


@SQLITE
async def test_a_booking_is_cancelled_with_the_rest_of_its_series_but_not_once_it_has_begun(service):
    first, second, third = await booked(service, times=3)
    path = f"/equipment/bookings/{second['id']}:cancel"
    assert (await service.post(path, {"series": True}, revision=2)).status_code == 412
    gone = await service.post(path, {"series": True}, revision=1)
    assert gone.json()["cancelled"] == [second["id"], third["id"]]
    assert [one["id"] for one in (await service.get("/equipment/bookings")).json()["items"]] == [first["id"]]
    await service.clock(DAY + 30)
    begun = await service.post(f"/equipment/bookings/{first['id']}:cancel", revision=1)
    assert begun.status_code == 409


@SQLITE
async def test_a_nurse_books_for_the_own_ward_and_hears_of_no_other(service):
    own = await service.post("/equipment/bookings", use(), "nurse1")
    assert own.status_code == 201
    other = await service.post("/equipment/bookings", use(ward_id="W2"), "nurse1")
    assert other.status_code == 403
    [booking] = own.json()["bookings"]
    cancelled = await service.post(f"/equipment/bookings/{booking['id']}:cancel", login="nurse2", revision=1)
    assert cancelled.status_code == 403


@SQLITE
async def test_what_is_not_there_is_named_with_its_place_and_nothing_is_booked(service):
    wrong = use(type_ids=["pump", "Zqa"], ward_id="Zqb", latest_start=at(-HOUR))
    answer = await service.post("/equipment/bookings", wrong)
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["errors"]] == [
        "#/type_ids/1",
        "#/ward_id",
        "#/latest_start",
    ]
    assert "Zq" not in answer.text
    assert (await service.get("/equipment/bookings")).json()["items"] == []


async def test_bookings_with_their_terms_outlive_the_process(service):
    made = await booked(service, times=2, priority=7, hold_minutes=90)
    service.runtime._decider.reset()
    assert (await service.get("/equipment/bookings")).json()["items"] == made


async def broken(service, unit_id):
    told = await service.tell("unit_broken", unit_id=unit_id)
    assert told.status_code == 200, told.text


async def repaired(service, **asked):
    """A repair that workers have found, as it is shown."""
    made = await service.post("/equipment/repairs", {"seconds": 5, **asked})
    assert made.status_code == 202, made.text
    done = await ended(service, made.json()["id"])
    assert done["state"] == "done", done
    return (await service.get(f"/equipment/repairs/{made.json()['id']}")).json()


async def test_a_unit_fails_and_its_bookings_are_repaired_once_a_person_has_it_so(tmp_path):
    place = Place(tmp_path).make()
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            [hit] = await booked(service)
            [beside] = await booked(service, latest_start=at(DAY), ward_id="W2")
            unit, other = hit["units"][0]["unit_id"], beside["units"][0]["unit_id"]
            await broken(service, unit)
            shown = (await service.get(f"/equipment/bookings/{hit['id']}")).json()
            assert shown["units"] == [{"type_id": "pump", "unit_id": unit, "usable": False}]
            found = await repaired(service, changes=0)
            path = f"/equipment/repairs/{found['job_id']}"
            untouched = (await service.get(f"/equipment/bookings/{hit['id']}")).json()
            assert untouched == shown, "nothing is changed before a person says so"
            assert (await service.post(f"{path}:apply", revision=1)).status_code == 412
            applied = await service.post(f"{path}:apply", revision=0)
            again = await service.post(f"{path}:apply", revision=0)
            after = (await service.get(f"/equipment/bookings/{hit['id']}")).json()
            told = await topics(service, hit["id"])
            nothing_left = await service.post("/equipment/repairs", {})
            violations = await service.violations()
    [line] = found["lines"]
    assert (line["outcome"], line["booking_id"], line["from_unit_id"], line["unit_id"]) == (
        "moved",
        hit["id"],
        unit,
        other,
    )
    assert applied.status_code == 200, applied.text
    assert applied.json()["lines"] == [line]
    assert again.status_code == 412
    assert after["units"] == [{"type_id": "pump", "unit_id": other, "usable": True}]
    assert (after["start"], after["revision"]) == (line["start"], hit["revision"] + 1)
    assert after["start"] > beside["end"]
    assert told == ["booking.made", "booking.unit_out", "booking.moved"]
    assert nothing_left.status_code == 409
    assert violations == []


async def test_a_repair_of_what_changed_meanwhile_changes_nothing(tmp_path):
    place = Place(tmp_path).make()
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            first, second = await booked(service, times=2, hold_minutes=HOUR)
            await broken(service, first["units"][0]["unit_id"])
            found = await repaired(service)
            kept = await service.post(f"/equipment/bookings/{first['id']}:confirm", revision=1)
            early = await service.post(f"/equipment/repairs/{found['job_id']}:apply", revision=0)
            gone = await service.post(f"/equipment/bookings/{second['id']}:cancel", revision=1)
            refused = await service.post(f"/equipment/repairs/{found['job_id']}:apply", revision=0)
            left = (await service.get("/equipment/bookings")).json()["items"]
            shown = (await service.get(f"/equipment/repairs/{found['job_id']}")).json()
            violations = await service.violations()
    assert len(found["lines"]) == 2
    assert (kept.status_code, early.status_code) == (200, 409)
    assert (gone.status_code, refused.status_code) == (200, 409)
    assert first["id"] in early.json()["detail"]
    assert [(one["id"], one["revision"], one["units"][0]["usable"]) for one in left] == [
        (first["id"], 2, False)
    ]
    assert shown["revision"] == 0
    assert violations == []


async def test_a_repair_that_needs_a_unit_which_is_taken_or_fails_meanwhile_changes_nothing(tmp_path):
    place = Place(tmp_path).make()
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            [hit] = await booked(service, latest_start=at(DAY))
            unit = hit["units"][0]["unit_id"]
            await broken(service, unit)
            found = await repaired(service)
            [line] = found["lines"]
            [taken] = await booked(service, ward_id="W2", latest_start=at(DAY))
            path = f"/equipment/repairs/{found['job_id']}:apply"
            as_taken = await service.post(path, revision=0)
            await service.post(f"/equipment/bookings/{taken['id']}:cancel", revision=1)
            await broken(service, line["unit_id"])
            as_broken = await service.post(path, revision=0)
            assert (await service.tell("unit_returned", unit_id=line["unit_id"])).status_code == 200
            applied = await service.post(path, revision=0)
            violations = await service.violations()
    for refused in (as_taken, as_broken):
        assert refused.status_code == 409
        assert line["unit_id"] in refused.json()["detail"]
    assert applied.status_code == 200, applied.text
    assert violations == []


async def test_a_recalled_model_leaves_nothing_and_those_hit_are_told_that_they_have_none(tmp_path):
    place = Place(tmp_path).make()
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            [kit] = await booked(service, type_ids=["pump", "pump"])
            assert (await service.tell("model_recalled", model="M100")).status_code == 200
            found = await repaired(service)
            applied = await service.post(f"/equipment/repairs/{found['job_id']}:apply", revision=0)
            told = await topics(service, kit["id"])
            left = (await service.get("/equipment/bookings")).json()["items"]
    assert [(line["outcome"], line["unit_id"]) for line in found["lines"]] == [("lost", None)] * 2
    assert applied.status_code == 200
    assert left == []
    assert told == ["booking.made", *["booking.unit_out"] * 2, *["booking.lost"] * 2]


@SQLITE
async def test_for_a_use_that_has_begun_another_unit_is_proposed_at_once(service):
    [now] = await booked(service, earliest=at(0), minutes=3 * HOUR)
    await service.clock(HOUR)
    unit = now["units"][0]["unit_id"]
    report = (await service.tell("unit_broken", unit_id=unit)).json()
    [proposal] = report["proposals"]
    assert (proposal["kind"], proposal["change"]["unit_id"]) == ("replace_unit", unit)
    answer = await service.post(f"/proposals/{proposal['id']}:confirm", {})
    assert answer.status_code == 200, answer.text
    after = (await service.get(f"/equipment/bookings/{now['id']}")).json()
    assert [one["unit_id"] for one in after["units"]] == [proposal["change"]["other_unit_id"]]
    assert await service.violations() == []
