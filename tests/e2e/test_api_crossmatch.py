"""Cross-matching blood over real HTTP: two people say for whom, it lapses, and nothing rests on it then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models import outbox
from solver.hospital import BloodGroup, Drug, HandlingClass, Lot
from tests.api_service import DAY, HOUR, NOW, Place, at, running, small_hospital

GROUPS = {"known-1": BloodGroup.A_POS, "known-2": None}


def hospital():
    """The small hospital with two units of blood and somebody who may have both; of another the group is unknown."""
    plain = small_hospital()
    cells = Drug("cells", "Red cells", "red cells", handling=HandlingClass.BLOOD)
    bags = (
        Lot("C1", "cells", 1, NOW + 20 * DAY, ward_id="W1", blood_group=BloodGroup.A_POS),
        Lot("C2", "cells", 1, NOW + 20 * DAY, ward_id="W1", blood_group=BloodGroup.O_NEG),
    )
    persons = tuple(replace(p, blood_group=GROUPS.get(p.id, p.blood_group)) for p in plain.persons)
    return replace(plain, drugs=(*plain.drugs, cells), lots=(*plain.lots, *bags), persons=persons)


@pytest.fixture
async def service(tmp_path):
    async with running(Place(tmp_path).make(hospital())) as service:
        yield service
        assert await service.violations() == []


async def asks(service, lot_id, person_id, **more):
    """A nurse tells whom a unit of the ward's cabinet was matched for."""
    one = {"kind": "crossmatch", "lot_id": lot_id, "person_id": person_id, **more}
    return await service.post("/pharmacy/moves", {"moves": [one]}, "nurse1")


async def match(service, lot_id, person_id, **more):
    """Two people say so; what the second one was answered."""
    [item] = (await asks(service, lot_id, person_id, **more)).json()["items"]
    assert (item["kind"], item["state"]) == ("crossmatch", "awaiting_witness")
    path = f"/pharmacy/moves/{item['move_id']}:confirm"
    assert (await service.post(path, {}, "nurse1")).status_code == 409
    answer = await service.post(path, {}, "manager1")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"][0]["state"]


async def matched(service, lot_id):
    lots = (await service.get("/drug-lots", "pharmacist")).json()["items"]
    found = next(lot for lot in lots if lot["id"] == lot_id)
    return found["crossmatched_for"], found["crossmatched_until"]


async def needs_blood(service, **more):
    """Somebody known asks for a bed and a unit of blood within the day."""
    asked = {"person": None, "person_id": "known-1", "drugs": [{"drug_id": "cells", "quantity": 1}], **more}
    answer = await service.place(**asked)
    return answer.status_code, answer.json()["request_id"]


async def state_and_lots(service, request_id):
    told = (await service.get(f"/requests/{request_id}")).json()
    given = told.get("allocation") or {"lots": []}
    return told["state"], [use["lot_id"] for use in given["lots"]]


async def test_whoever_waits_for_blood_has_it_once_two_people_have_matched_it(service):
    status, request_id = await needs_blood(service)
    assert status == 202
    [need] = (await service.get(f"/requests/{request_id}/lots")).json()["needs"]
    assert {lot["rule_id"] for lot in need["lots"]} == {"blood_crossmatch"}
    assert (await asks(service, "C1", "known-1", until=at(2 * DAY))).status_code == 200
    assert await matched(service, "C1") == (None, None)
    waiting = (await service.get("/pharmacy/moves", "manager1")).json()["items"]
    assert [(each["kind"], each["quantity"]) for each in waiting] == [("crossmatch", None)]
    assert await match(service, "C1", "known-1", until=at(2 * DAY)) == "written"
    assert await matched(service, "C1") == ("known-1", at(2 * DAY))
    assert await state_and_lots(service, request_id) == ("placed", ["C1"])


async def test_a_match_that_lapses_before_the_last_of_the_blood_is_used_serves_nobody(service):
    await match(service, "C1", "known-1", until=at(DAY - 1))
    status, request_id = await needs_blood(service, max_wait_minutes=0)
    assert status == 202
    [need] = (await service.get(f"/requests/{request_id}/lots")).json()["needs"]
    against = {lot["lot_id"]: (lot["rule_id"], lot["usable_until"]) for lot in need["lots"]}
    assert against["C1"] == ("blood_crossmatch", at(DAY - 1))


SOON = [{"drug_id": "cells", "quantity": 1, "use_within_minutes": HOUR}]


async def lapses(service):
    """Topics told by the time at which the match has lapsed, which it has not a minute before."""
    assert (await service.clock(2 * HOUR - 1)).status_code == 200
    assert await matched(service, "C1") == ("known-1", at(2 * HOUR))
    assert (await service.clock(2 * HOUR)).status_code == 200
    assert await matched(service, "C1") == (None, None)
    with service.runtime.database.reading() as connection:
        return [event.topic for event in outbox.read(connection, 0, 1000)]


async def test_a_match_lapses_and_a_booking_that_rested_on_it_is_decided_again(service):
    await match(service, "C1", "known-1", until=at(2 * HOUR))
    status, request_id = await needs_blood(service, drugs=SOON)
    assert status == 201
    assert await state_and_lots(service, request_id) == ("placed", ["C1"])
    assert (await lapses(service)).count("stock.match_lapsed") == 1
    assert await state_and_lots(service, request_id) == ("unplaced", [])


async def test_a_match_lapses_and_who_lies_here_is_told_of(service):
    await match(service, "C1", "known-1", until=at(2 * HOUR))
    status, request_id = await needs_blood(service, drugs=SOON)
    assert status == 201
    given = (await service.get(f"/requests/{request_id}")).json()["allocation"]
    came = await service.post(f"/allocations/{given['id']}:arrive", revision=given["revision"])
    assert came.status_code == 200, came.text
    await lapses(service)
    assert await state_and_lots(service, request_id) == ("arrived", [])
    proposals = (await service.get("/proposals")).json()["items"]
    assert [(one["kind"], one["reason"]) for one in proposals] == [
        ("review_drug", "The cross-match of unit C1 has lapsed.")
    ]


async def test_blood_is_not_matched_against_the_rules_and_not_taken_from_anybody(service):
    def faults(answer):
        assert answer.status_code == 422, answer.text
        return {error["where"].rpartition("/")[2]: error["expected"] for error in answer.json()["errors"]}

    assert faults(await asks(service, "C1", "known-2"))["person_id"].startswith("a person of a group")
    assert "until" in faults(await asks(service, "C2", "known-2", until=at(21 * DAY)))
    assert "until" in faults(await asks(service, "C2", "known-2", until=at(0)))
    assert "until" in faults(await asks(service, "C2", None, until=at(DAY)))
    assert "person_id" in faults(await asks(service, "C2", "zq-nobody"))
    other = {"kind": "crossmatch", "lot_id": "L1", "person_id": "known-1"}
    answer = await service.post("/pharmacy/moves", {"moves": [other]}, "pharmacist")
    assert faults(answer)["lot_id"] == "an available unit of blood"
    await match(service, "C2", "known-1")
    status, _ = await needs_blood(service)
    assert status == 201
    for person, until in (("known-2", None), (None, None), ("known-1", at(DAY))):
        wanted = {} if until is None else {"until": until}
        assert "reserved for nobody" in faults(await asks(service, "C2", person, **wanted))["lot_id"]


async def test_a_match_is_taken_off_by_two_people(service):
    await match(service, "C2", "known-1", until=at(DAY))
    await match(service, "C2", None)
    assert await matched(service, "C2") == (None, None)
    assert await match(service, "C2", "known-2", until=at(DAY)) == "written"
