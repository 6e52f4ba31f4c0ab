"""Who has a unit now, who is next, when it is free: over HTTP, beside what the decision itself then gives."""

import pytest

from api.examples import EXAMPLES
from tests.api_service import DAY, HOUR, Place, at, running
from tests.jobs_at_work import ended, work

SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What the database is does not matter to these: once is enough."""


@SQLITE
async def test_a_unit_that_is_given_out_is_told_as_taken_and_the_other_one_as_free(service):
    before = (await service.get("/equipment/free", type="pump", near="W1")).json()
    assert [one["unit_id"] for one in before["items"]] == ["P1", "P2"]
    assert all(one["has_it"] is None and one["next"] is None for one in before["items"])
    placed = (await service.place(equipment=[{"type_id": "pump"}])).json()
    [use] = placed["allocation"]["units"]
    answer = await service.get("/equipment/free", type="pump", near="W1", minutes=HOUR)
    assert answer.status_code == 200, answer.text
    told = {one["unit_id"]: one for one in answer.json()["items"]}
    taken = told.pop(use["unit_id"])
    assert "W1" in {one["ward_id"] for one in (taken["has_it"], taken["next"]) if one is not None}
    [other] = told.values()
    assert other["has_it"] is None
    assert other["free_at"] is not None
    assert taken["free_at"] is None or taken["free_at"] > other["free_at"]


@SQLITE
async def test_what_is_no_type_no_ward_or_no_time_is_named_all_at_once(service):
    answer = await service.get(
        "/equipment/free", type="nothing", near="W1", **{"from": at(2 * HOUR), "to": at(HOUR)}
    )
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["errors"]] == ["query:type", "query:to"]


def wanted(**changes):
    """A booking of one pump, tomorrow."""
    return {
        "id": "M",
        "type_ids": ["pump"],
        "ward_id": "W2",
        "earliest": at(DAY),
        "latest_start": at(DAY + 4 * HOUR),
        "minutes": HOUR,
        **changes,
    }


async def test_bookings_are_planned_between_those_that_the_units_of_the_hospital_have(tmp_path):
    place = Place(tmp_path).make()
    asked = {"wanted": [wanted(), wanted(id="N", type_ids=["pump", "pump"], times=2)], "seconds": 60}
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            placed = (await service.place(equipment=[{"type_id": "pump"}])).json()
            [use] = placed["allocation"]["units"]
            made = (await service.post("/equipment/plans", asked)).json()
            early = await service.get("/equipment/plans/nothing")
            done = await ended(service, made["id"])
            told = (await service.get(f"/equipment/plans/{made['id']}")).json()
    assert early.status_code == 404
    assert done["state"] == "done", done
    assert (told["status"], told["verified"], told["gap"]) == ("optimal", True, 0)
    assert told["unserved"] == []
    assert all(line["start"] > use["end"] for line in told["lines"] if line["unit_id"] == use["unit_id"])
    at_once = {line["part"]: line for line in told["lines"] if (line["id"], line["occurrence"]) == ("N", 2)}
    assert {line["unit_id"] for line in at_once.values()} == {"P1", "P2"}
    assert len({line["start"] for line in at_once.values()}) == 1
    assert at_once[1]["start"] >= at(2 * DAY)


@SQLITE
async def test_what_this_hospital_does_not_have_is_named_with_its_place_and_nothing_is_stored(service):
    wrong = [wanted(type_ids=["pump", "Zqa"]), wanted(ward_id="Zqb"), wanted(id="N", latest_start=at(-HOUR))]
    answer = await service.post("/equipment/plans", {"wanted": wrong})
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [
        "#/wanted/0/type_ids/1",
        "#/wanted/1/id",
        "#/wanted/1/ward_id",
        "#/wanted/2/latest_start",
    ]
    assert "Zq" not in answer.text
    both = {"wanted": [wanted()], **EXAMPLES["POST /api/v1/equipment/plans"]["given_bookings"]}
    assert (await service.post("/equipment/plans", both)).status_code == 422
    assert (await service.get("/jobs")).json()["items"] == []


async def test_maintenance_that_is_due_is_planned_between_bookings_by_who_is_on_duty(tmp_path):
    place = Place(tmp_path).make()
    due = {
        "id": "yearly",
        "unit_id": "P1",
        "earliest": at(),
        "latest_start": at(3 * DAY),
        "minutes": 2 * HOUR,
    }
    hours = [{"start": at(DAY), "end": at(DAY + 8 * HOUR)}]
    asked = {
        "maintenance": [due],
        "technicians": [{"id": "T", "ward_id": "W1", "hours": hours}],
        "seconds": 60,
    }
    use = {
        "type_ids": ["pump", "pump"],
        "ward_id": "W1",
        "earliest": at(DAY),
        "latest_start": at(DAY),
        "minutes": 300,
    }
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            assert (await service.post("/equipment/bookings", use)).status_code == 201
            made = (await service.post("/equipment/plans", asked)).json()
            done = await ended(service, made["id"])
            told = (await service.get(f"/equipment/plans/{made['id']}")).json()
    assert done["state"] == "done", done
    assert (told["status"], told["verified"], told["unserved"]) == ("optimal", True, [])
    work_, who = sorted(told["lines"], key=lambda line: line["part"])
    assert (work_["id"], work_["unit_id"], who["unit_id"]) == ("yearly", "P1", "T")
    assert at(DAY + 310) <= work_["start"] == who["start"] <= at(DAY + 6 * HOUR)


@SQLITE
async def test_maintenance_of_what_is_not_here_by_nobody_is_named_with_its_place(service):
    due = {"id": "M", "unit_id": "Zqa", "earliest": at(DAY), "latest_start": at(-HOUR), "minutes": 60}
    hours = [{"start": at(DAY), "end": at(DAY)}]
    crew = [{"id": "P1", "ward_id": "Zqb", "hours": hours}]
    answer = await service.post("/equipment/plans", {"maintenance": [due, due], "technicians": crew})
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [
        "#/maintenance/0/unit_id",
        "#/maintenance/0/latest_start",
        "#/maintenance/1/id",
        "#/maintenance/1/unit_id",
        "#/maintenance/1/latest_start",
        "#/technicians/0/id",
        "#/technicians/0/ward_id",
        "#/technicians/0/hours",
    ]
    assert "Zq" not in answer.text
    assert (await service.post("/equipment/plans", {"technicians": []})).status_code == 422
