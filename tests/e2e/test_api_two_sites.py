"""What questions and offers tell of another site: whoever holds a role here neither sees nor moves who is there.

Ward W2 lies on a site of its own, T; only bed B4, on ward W1 of site S, has negative pressure. It is eight in the
morning.
"""

from dataclasses import replace

import pytest

from models import outbox
from solver.hospital import Site
from tests.api_service import HOUR, PASSWORD, Place, at, bundle, running, small_hospital
from tests.e2e.test_api_chains import AIRBORNE, lies_in
from tests.e2e.test_api_displacing import NEEDS_B4, book
from tests.e2e.test_api_disruptions import told

HURRY = {"priority": "emergency", "care": NEEDS_B4, "duration_minutes": 600, "max_wait_minutes": 60}


@pytest.fixture
async def service(tmp_path):
    hospital = small_hospital()
    wards = tuple(replace(ward, site_id="T") if ward.id == "W2" else ward for ward in hospital.wards)
    sites = (*hospital.sites, Site("T", "The other site", "UTC"))
    async with running(
        Place(tmp_path).make(replace(hospital, sites=sites, wards=wards).checked())
    ) as service:
        for login, role in (
            ("there", {"role": "ward_manager", "ward_id": "W2"}),
            ("here", {"role": "ward_manager", "ward_id": "W1"}),
            ("doctor", {"role": "doctor", "ward_id": "W1"}),
        ):
            made = {"login": login, "password": PASSWORD, "roles": [role]}
            assert (await service.post("/accounts", made, "admin")).status_code == 201
        yield service
        assert await service.violations() == []


async def asked(service, path, body, login, status=200):
    answer = await service.post(path, body, login)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_offer_that_takes_a_booking_of_another_site_does_not_say_whose(service):
    booked = await book(service, for_ward_id="W1")

    async def offered(login, ward_id):
        body = {"request": bundle(**HURRY, for_ward_id=ward_id)}
        return (await asked(service, "/allocations:recommend", body, login))["options"][0]["takes_place_of"]

    there = await offered("there", "W2")
    assert {there[name] for name in ("request_id", "from_bed_id", "bed_id", "start")} == {None}
    assert "another ward" in there["sentence"]
    here = await offered("here", "W1")
    assert (here["request_id"], here["from_bed_id"]) == (booked["request_id"], "B4")


async def test_a_chain_moves_nobody_of_another_site(service):
    stay_id = await lies_in(service, "B4", for_ward_id="W1")
    await service.clock(8 * HOUR)

    async def sought(login, ward_id):
        waits = {"person": AIRBORNE, "max_wait_minutes": 10 * HOUR, "needed_by": at(8 * HOUR)}
        case = (await service.place(login, **waits, for_ward_id=ward_id)).json()
        return await asked(service, f"/requests/{case['request_id']}:chain", {}, login)

    assert (await sought("there", "W2"))["proposal"] is None
    steps = (await sought("here", "W1"))["proposal"]["change"]["steps"]
    assert stay_id in {step["stay_id"] for step in steps}


async def test_nobody_is_an_outlier_for_a_ward_of_another_site(service):
    stay_id = await lies_in(service, "B2", care={"speciality": "surgery"})
    await service.clock(8 * HOUR)
    assert (await service.get("/outliers")).json()["items"] == []
    assert (await asked(service, f"/stays/{stay_id}:chain", {}, "bed"))["proposal"] is None


@pytest.mark.parametrize("path", ["/allocations:check", "/why-not"])
async def test_a_question_about_a_bed_of_another_site_names_nobody_who_lies_or_is_awaited_there(
    service, path
):
    booked = await book(service, for_ward_id="W1")
    for bed_id in ("B1", "B4"):
        body = {"bundle": bundle(**HURRY, for_ward_id="W2"), "bed_id": bed_id}
        said = str(await asked(service, path, body, "there"))
        names = ("st-1", "occ-1", booked["request_id"], booked["allocation"]["id"])
        assert all(name not in said for name in names), said
    for subject in ({"stay_id": "st-1"}, {"request_id": booked["request_id"]}):
        await asked(service, path, {**subject, "bed_id": "C1"}, "there", 403)


async def test_nothing_is_held_chosen_or_sought_for_a_request_of_another_site(service):
    booked = await book(service, for_ward_id="W1")
    request_id = booked["request_id"]
    await asked(service, "/allocations:hold", {"request_id": request_id, "minutes": 5}, "there", 403)
    await asked(service, "/allocations:recommend", {"request_id": request_id}, "there", 403)
    await asked(service, f"/requests/{request_id}:chain", {}, "there", 403)
    await asked(service, "/stays/st-1:chain", {}, "there", 403)
    choice = await service.post(
        f"/requests/{request_id}:choose", {"bed_id": "B4"}, "there", booked["revision"]
    )
    assert choice.status_code == 403


async def test_a_call_in_names_no_shift_to_whoever_may_not_read_who_is_on_duty(service):
    report = await told(service, "nurse_absent", shift_id="E-N12")
    (made,) = [p for p in report["proposals"] if p["kind"] == "call_in"]
    assert (made["subject_id"], made["change"]["shift_id"]) == ("E-N12", "OC")

    async def listed(login):
        items = (await service.get("/proposals", login)).json()["items"]
        return next((p for p in items if p["id"] == made["id"]), None)

    doctor, here = await listed("doctor"), await listed("here")
    assert (doctor["subject_id"], doctor["change"]["shift_id"]) == (None, None)
    assert doctor["change"]["ward_id"] == "W1"
    assert (here["subject_id"], here["change"]["shift_id"]) == ("E-N12", "OC")
    assert await listed("there") is None
    with service.runtime.database.reading() as connection:
        events = [e.payload for e in outbox.read(connection, 0) if e.topic.startswith("proposal.")]
    assert [event["wards"] for event in events] == [["W1"]]
    assert all("E-N12" not in str(event) and "OC" not in str(event) for event in events)
