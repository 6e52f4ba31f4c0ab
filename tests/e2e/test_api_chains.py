"""Chains over HTTP: proposed for who waits, confirmed as a whole or not at all; step-down pairs; outliers.

Only bed B4 has negative pressure. Somebody who does not need it lies in it, and somebody with suspected tuberculosis
waits. It is eight in the morning.
"""

import pytest
from sqlalchemy import select

from models.repositories.moves import moves_of_stays
from models.tables.telling import stated_reason
from tests.api_service import DAY, HOUR, at
from tests.e2e.test_api_disruptions import occupants, told

SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What the database is does not matter to these: once is enough."""

AIRBORNE = {
    "sex": "female",
    "born": "1957-08-30",
    "isolation": ["airborne"],
    "infections": [{"organism": "tuberculosis", "status": "suspected"}],
}


async def lies_in(service, bed_id, **changes):
    """Somebody who has lain in a bed for eight hours."""
    case = (await service.place(duration_minutes=4 * DAY, **changes)).json()
    chosen = await service.post(
        f"/requests/{case['request_id']}:choose", {"bed_id": bed_id}, revision=case["revision"]
    )
    assert chosen.status_code == 200, chosen.text
    allocation = chosen.json()["allocation"]
    came = await service.post(f"/allocations/{allocation['id']}:arrive", revision=chosen.json()["revision"])
    assert came.status_code == 200, came.text
    return (await occupants(service))[bed_id]["stay_id"]


async def waits(service, **changes):
    asked = {"person": AIRBORNE, "max_wait_minutes": 10 * HOUR, "needed_by": at(8 * HOUR), **changes}
    answer = await service.place(**asked)
    assert answer.status_code == 202, answer.text
    return answer.json()["request_id"]


@pytest.fixture
async def scene(service):
    """The stay in B4 and the request that waits for it."""
    stay_id = await lies_in(service, "B4")
    await service.clock(8 * HOUR)
    return stay_id, await waits(service)


async def sought(service, request_id, login="bed", **body):
    answer = await service.post(f"/requests/{request_id}:chain", body, login)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def answered(service, proposal, verb="confirm", login="bed"):
    answer = await service.post(f"/proposals/{proposal['id']}:{verb}", login=login)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_chain_is_proposed_and_confirmed_as_a_whole_and_nobody_is_moved_by_it(service, scene):
    stay_id, request_id = scene
    found = await sought(service, request_id)
    proposal = found["proposal"]
    assert request_id in found["reason"]
    assert (proposal["kind"], proposal["subject_id"]) == ("chain", request_id)
    away, comes = proposal["change"]["steps"]
    assert (away["action"], away["stay_id"], away["from_bed_id"]) == ("move", stay_id, "B4")
    assert (comes["action"], comes["request_id"], comes["bed_id"]) == ("place", request_id, "B4")
    assert away["start"] < comes["start"]
    assert proposal["change"]["moves"] == 1
    assert proposal["change"]["gain"] > 0
    assert (await service.get(f"/requests/{request_id}")).json()["state"] == "unplaced"

    done = await answered(service, proposal)
    assert done["state"] == "confirmed"
    moved, placed = done["result"]["chain"]
    assert moved["allocation"]["bed_id"] == away["bed_id"]
    assert (placed["request_id"], placed["allocation"]["bed_id"]) == (request_id, "B4")
    assert (await occupants(service))["B4"]["stay_id"] == stay_id
    assert await service.violations() == []


async def test_a_state_that_changed_meanwhile_voids_the_whole_chain_and_the_answer_says_which(service, scene):
    stay_id, request_id = scene
    proposal = (await sought(service, request_id))["proposal"]
    target = proposal["change"]["steps"][0]["bed_id"]
    await told(service, "bed_closed", bed_id=target, reason="leak")
    before = (await service.get("/requests")).json()["items"]
    done = await answered(service, proposal)
    assert done["state"] == "expired"
    assert target in done["result"]["void"]
    assert (await service.get("/requests")).json()["items"] == before

    again = (await sought(service, request_id))["proposal"]
    assert again["change"]["steps"][0]["bed_id"] != target
    for bed_id in {"B2", "B3", "C1", "C2"} - {target}:
        await told(service, "bed_closed", bed_id=bed_id, reason="leak")
    assert (await answered(service, again))["state"] == "expired"
    assert (await sought(service, request_id))["proposal"] is None
    assert (await occupants(service))["B4"]["stay_id"] == stay_id


@SQLITE
async def test_a_chain_whose_patient_has_left_lapses_by_itself_and_says_why(service, scene):
    stay_id, request_id = scene
    proposal = (await sought(service, request_id))["proposal"]
    await told(service, "left", stay_id=stay_id)
    await service.clock(8 * HOUR + 1)
    (lapsed,) = (await service.get("/proposals", state="expired")).json()["items"]
    assert lapsed["id"] == proposal["id"]
    assert lapsed["change"]["void"]
    refused = await service.post(f"/proposals/{proposal['id']}:confirm")
    assert refused.status_code == 404


@SQLITE
async def test_what_was_proposed_is_what_is_done_though_another_bed_would_do_as_well_by_now(service, scene):
    _, request_id = scene
    proposal = (await sought(service, request_id))["proposal"]
    beds = [step["bed_id"] for step in proposal["change"]["steps"]]
    await told(service, "left", stay_id="st-1")
    await told(service, "bed_cleaned", bed_id="B1")
    done = await answered(service, proposal)
    assert done["state"] == "confirmed"
    assert [case["allocation"]["bed_id"] for case in done["result"]["chain"]] == beds
    assert beds != ["B1", "B4"]


@SQLITE
async def test_who_needs_critical_care_by_now_is_not_moved_any_more(service, scene):
    stay_id, request_id = scene
    proposal = (await sought(service, request_id))["proposal"]
    await told(service, "step_up", stay_id=stay_id, care_level=2)
    done = await answered(service, proposal)
    assert done["state"] == "expired"
    assert "critical" in done["result"]["void"]
    assert (await service.get(f"/requests/{request_id}")).json()["state"] == "unplaced"


@SQLITE
async def test_a_chain_for_somebody_urgent_is_proposed_without_being_asked_for(service, scene):
    _, request_id = scene
    await service.clock(8 * HOUR + 5)
    (proposal,) = (await service.get("/proposals")).json()["items"]
    assert (proposal["kind"], proposal["subject_id"]) == ("chain", request_id)
    await service.clock(8 * HOUR + 10)
    assert (await service.get("/proposals")).json()["items"] == [proposal]


@SQLITE
async def test_whoever_may_not_move_people_on_every_ward_of_a_chain_answers_none(service, scene):
    _, request_id = scene
    for bed_id in ("B2", "B3"):
        await told(service, "bed_closed", bed_id=bed_id, reason="leak")
    proposal = (await sought(service, request_id))["proposal"]
    assert proposal["change"]["steps"][0]["ward_id"] == "W2"
    for login in ("manager1", "nurse1"):
        for verb in ("confirm", "decline"):
            refused = await service.post(f"/proposals/{proposal['id']}:{verb}", login=login)
            assert refused.status_code == 403
    declined = await answered(service, proposal, "decline")
    assert (declined["state"], declined["result"]) == ("declined", None)


async def test_moves_within_one_stay_are_counted_over_the_stays_that_continue_each_other(service):
    stay_id = await lies_in(service, "B2")
    hour = 8
    for _ in range(2):
        await service.clock(hour * HOUR)
        answer = await service.post(
            f"/stays/{stay_id}:transfer", {"reason": "a quieter room", "other_room": True}
        )
        allocation = answer.json()["allocation"]
        hour += 1
        await service.clock(hour * HOUR)
        came = await service.post(f"/allocations/{allocation['id']}:arrive", revision=allocation["revision"])
        assert came.status_code == 200, came.text
        stay_id = (await occupants(service))[allocation["bed_id"]]["stay_id"]
    with service.runtime.database.reading() as connection:
        assert moves_of_stays(connection) == {stay_id: 2}


@SQLITE
async def test_who_is_ready_for_less_care_is_paired_with_who_waits_for_the_bed(service):
    care = {"speciality": "medicine", "care_level": 1}
    stay_id = await lies_in(service, "B4", care=care)
    await service.clock(8 * HOUR)
    request_id = await waits(service, care=care)
    report = await told(service, "ready_for_step_down", stay_id=stay_id, care_level=0)
    (proposal,) = report["proposals"]
    assert (proposal["kind"], proposal["subject_id"]) == ("chain", request_id)
    assert stay_id in proposal["reason"]
    assert request_id in proposal["reason"]
    assert proposal["change"]["frees"] == {"bed_id": "B4", "care_level": 1, "worth": 50_000}
    done = await answered(service, proposal)
    assert [case["allocation"]["bed_id"] for case in done["result"]["chain"]][1] == "B4"


@SQLITE
async def test_nobody_waits_for_the_bed_so_the_step_down_is_proposed_alone_with_what_it_frees(service):
    report = await told(service, "ready_for_step_down", stay_id="st-1", care_level=0)
    (proposal,) = report["proposals"]
    assert proposal["kind"] == "transfer"
    assert proposal["change"]["frees"] == {"bed_id": "B1", "care_level": 1, "worth": 50_000}


@SQLITE
async def test_outliers_are_listed_with_the_bed_of_their_own_and_taken_back(service):
    care = {"speciality": "surgery"}
    stay_id = await lies_in(service, "B2", care=care)
    await service.clock(8 * HOUR)
    (item,) = (await service.get("/outliers")).json()["items"]
    assert (item["stay_id"], item["ward_id"], item["speciality"]) == (stay_id, "W1", "surgery")
    assert item["own_bed_id"].startswith("C")
    assert item["free_now"] is True
    assert (await service.get("/outliers", "nurse2")).json()["items"] == []
    assert (await service.get("/outliers", ward_id="W2")).json()["items"] == []
    answer = await service.post(f"/stays/{stay_id}:chain")
    assert answer.status_code == 200, answer.text
    proposal = answer.json()["proposal"]
    (step,) = proposal["change"]["steps"]
    assert (step["action"], step["ward_id"]) == ("move", "W2")
    assert (await service.get("/outliers")).json()["items"][0]["proposal_id"] == proposal["id"]
    moved = (await answered(service, proposal))["result"]["chain"]
    assert moved[0]["allocation"]["ward_id"] == "W2"
    for subject in ("stays/st-1", f"requests/{moved[0]['request_id']}"):
        none = (await service.post(f"/{subject}:chain")).json()
        assert none["proposal"] is None
        assert subject.split("/")[1] in none["reason"]


@SQLITE
async def test_what_is_said_of_a_chain_is_kept_under_the_key_of_the_patient_it_is_for(service, scene):
    """So that it goes when the patient is erased; kept under the hospital's own key it would have stayed for ever."""
    _, request_id = scene
    proposal = (await sought(service, request_id))["proposal"]
    body = {"reason": "the family wishes otherwise"}
    declined = await service.post(f"/proposals/{proposal['id']}:decline", body)
    assert declined.status_code == 200, declined.text
    detail = (await service.get(f"/requests/{request_id}")).json()
    assert [said["reason"] for said in detail["stated_reasons"]] == ["the family wishes otherwise"]
    with service.runtime.database.reading() as connection:
        (row,) = connection.execute(select(stated_reason)).all()
    assert (row.person_id, row.master_key_id) == (detail["person_id"], None)
