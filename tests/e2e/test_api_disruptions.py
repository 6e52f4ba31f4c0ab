"""Events that upset the plan: bookings are repaired, nobody is moved, moves are proposed."""

from models.store import load_hospital
from tests.api_service import DAY, HOUR, at


async def placed(service, **changes):
    answer = await service.place(**changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["allocation"]


async def arrived(service, **changes):
    allocation = await placed(service, **changes)
    answer = await service.post(f"/allocations/{allocation['id']}:arrive", revision=allocation["revision"])
    assert answer.status_code == 200, answer.text
    return answer.json()["allocation"]


async def told(service, kind, login="bed", **event):
    answer = await service.tell(kind, login, **event)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def now_at(service, allocation):
    return (await service.get(f"/requests/{allocation['request_id']}")).json()


async def occupants(service):
    return {b["bed_id"]: b["occupant"] for b in (await service.get("/census")).json()["items"]}


async def test_a_closed_bed_loses_its_booking_to_another_bed(service):
    allocation = await placed(service)
    report = await told(service, "bed_closed", bed_id=allocation["bed_id"], reason="water leak")
    (repair,) = report["repaired"]
    assert repair["from_bed_id"] == allocation["bed_id"]
    assert repair["state"] == "placed"
    current = await now_at(service, allocation)
    assert current["allocation"]["bed_id"] == repair["bed_id"] != allocation["bed_id"]
    old = (await service.get(f"/allocations/{allocation['id']}")).json()
    assert old["state"] == "released"
    assert old["replaced_by"] == current["allocation"]["id"]


async def test_who_lies_in_a_closed_bed_stays_and_a_move_is_proposed_that_a_person_confirms(service):
    report = await told(service, "bed_closed", bed_id="B1", reason="water leak")
    (proposal,) = report["proposals"]
    assert proposal["kind"] == "transfer"
    assert proposal["subject_id"] == "st-1"
    assert (await occupants(service))["B1"]["stay_id"] == "st-1"
    confirmed = await service.post(f"/proposals/{proposal['id']}:confirm")
    assert confirmed.status_code == 200
    given = confirmed.json()["result"]["allocation"]
    assert given["bed_id"] != "B1"
    await service.clock(HOUR)
    assert (await occupants(service))["B1"]["stay_id"] == "st-1"
    await service.post(f"/allocations/{given['id']}:arrive", revision=given["revision"])
    lying = await occupants(service)
    assert lying["B1"] is None
    assert lying[given["bed_id"]]["person_id"] == "occ-1"
    assert (await service.get("/proposals", state="confirmed")).json()["items"][0]["id"] == proposal["id"]


async def test_a_declined_proposal_leaves_things_as_they_are(service):
    (proposal,) = (await told(service, "bed_closed", bed_id="B1", reason="leak"))["proposals"]
    assert (await service.post(f"/proposals/{proposal['id']}:decline")).json()["state"] == "declined"
    assert (await service.get("/proposals")).json()["items"] == []
    assert (await service.post(f"/proposals/{proposal['id']}:confirm")).status_code == 404


async def test_a_new_infection_moves_the_bookings_of_the_bay_and_proposes_to_move_the_patient(service):
    coming = await placed(service)
    assert coming["room_id"] == "R1"
    report = await told(
        service,
        "isolation_on",
        person_id="occ-1",
        isolation=["airborne"],
        infections=[{"organism": "tuberculosis"}],
    )
    assert [r["former_allocation_id"] for r in report["repaired"]] == [coming["id"]]
    (proposal,) = report["proposals"]
    assert proposal["change"]["bed_id"] == "B4"
    assert "negative pressure" in proposal["reason"]


async def test_a_booking_of_an_isolated_patient_goes_to_the_room_with_negative_pressure(service):
    coming = await placed(service)
    await told(service, "isolation_on", person_id=coming["person_id"], isolation=["airborne"])
    assert (await now_at(service, coming))["allocation"]["bed_id"] == "B4"


async def test_an_exposure_closes_the_bay_to_others(service):
    coming = await placed(service)
    await told(service, "room_exposure", room_id="R1", organism="norovirus")
    assert (await now_at(service, coming))["allocation"]["room_id"] != "R1"
    assert (await placed(service))["room_id"] != "R1"
    await told(service, "room_opened", room_id="R1")
    # The bay is open, but whoever lies there counts as exposed: others still do not share a room with them.
    assert (await placed(service))["room_id"] != "R1"


async def test_a_closed_ward_takes_nobody_and_who_was_coming_waits_until_it_opens(service):
    coming = await placed(service, excluded_room_ids=["R3"])
    report = await told(service, "ward_closed", ward_id="W1", reason="outbreak")
    assert report["repaired"][0]["state"] == "unplaced"
    waiting = await now_at(service, coming)
    assert waiting["state"] == "unplaced"
    assert "bed_open" in [b["rule_id"] for b in waiting["need"]["blocking"]]
    opened = await told(service, "ward_opened", ward_id="W1")
    assert [c["request_id"] for c in opened["placed_from_waiting"]] == [coming["request_id"]]


async def test_a_broken_unit_is_replaced_in_a_booking(service):
    coming = await placed(service, equipment=[{"type_id": "pump"}])
    unit = coming["units"][0]["unit_id"]
    await told(service, "unit_broken", unit_id=unit)
    current = (await now_at(service, coming))["allocation"]
    assert [use["unit_id"] for use in current["units"]] == [{"P1": "P2", "P2": "P1"}[unit]]


async def test_a_broken_unit_that_is_attached_is_only_proposed_to_be_replaced(service):
    lying = await arrived(service, equipment=[{"type_id": "pump"}])
    await service.clock(HOUR)
    report = await told(service, "unit_broken", unit_id=lying["units"][0]["unit_id"])
    (proposal,) = report["proposals"]
    assert proposal["kind"] == "replace_unit"
    assert report["repaired"] == []
    done = (await service.post(f"/proposals/{proposal['id']}:confirm")).json()
    assert done["result"]["other_unit_id"] == "P2"
    units = (await now_at(service, lying))["allocation"]["units"]
    assert "P2" in [use["unit_id"] for use in units]


async def test_a_recalled_model_takes_all_its_units_away(service):
    coming = await placed(service, equipment=[{"type_id": "pump"}])
    report = await told(service, "model_recalled", model="M100")
    assert report["repaired"][0]["state"] == "unplaced"
    await told(service, "unit_returned", unit_id="P2")
    assert (await now_at(service, coming))["allocation"]["units"][0]["unit_id"] == "P2"


async def test_a_recalled_lot_is_never_given_and_who_had_it_is_named(service):
    lying = await arrived(service, drugs=[{"drug_id": "heparin", "quantity": 2}])
    coming = await placed(service, drugs=[{"drug_id": "heparin", "quantity": 3}])
    assert coming["lots"][0]["lot_id"] == "L1"
    report = await told(service, "lot_recalled", "pharmacist", lot_id="L1")
    assert (await now_at(service, coming))["allocation"]["lots"][0]["lot_id"] == "L2"
    assert [p["kind"] for p in report["proposals"]] == ["review_drug"]
    had = (await service.get("/drug-lots/L1/patients")).json()["items"]
    states = {row["person_id"]: row["state"] for row in had}
    assert states == {lying["person_id"]: "dispensed", coming["person_id"]: "released"}
    again = await service.tell("lot_released", "pharmacist", lot_id="L1")
    assert again.status_code == 409


async def test_a_lot_in_quarantine_may_be_released(service):
    await told(service, "lot_quarantined", "pharmacist", lot_id="L3")
    need = {"drugs": [{"drug_id": "pen", "quantity": 1}]}
    assert (await service.place(**need)).status_code == 202
    report = await told(service, "lot_released", "pharmacist", lot_id="L3")
    assert len(report["placed_from_waiting"]) == 1


async def test_absent_nurses_leave_only_as_many_bookings_as_the_ward_can_nurse(service):
    coming = [await placed(service, care={"speciality": "medicine", "skills": ["iv"]}) for _ in range(2)]
    first = await told(service, "nurse_absent", shift_id="D-N11")
    second = await told(service, "nurse_absent", shift_id="D-N12")
    assert first["repaired"] == []
    moved = {r["former_allocation_id"]: r for r in second["repaired"]}
    for allocation in coming:
        if allocation["ward_id"] == "W1":
            current = await now_at(service, allocation)
            assert allocation["id"] in moved
            assert current["state"] == "unplaced" or current["allocation"]["start"] >= at(0)
    assert all(
        c["allocation"]["ward_id"] == "W2"
        for c in [await now_at(service, a) for a in coming]
        if c.get("allocation")
    )


async def test_a_longer_stay_moves_the_booking_behind_it(service):
    for bed_id in ("B2", "B3", "B4", "C1", "C2"):
        await told(service, "bed_closed", bed_id=bed_id, reason="repair")
    coming = await placed(service, max_wait_minutes=5 * DAY)
    report = await told(service, "stay_prolonged", stay_id="st-1", until=at(3 * DAY))
    assert report["repaired"][0]["former_allocation_id"] == coming["id"]
    assert (await now_at(service, coming))["allocation"]["start"] >= at(3 * DAY)


async def test_an_urgent_step_up_is_proposed_and_never_done_by_itself(service):
    report = await told(service, "step_up", stay_id="st-1", care_level=2)
    (proposal,) = report["proposals"]
    assert proposal["change"]["care_level"] == 2
    assert proposal["change"]["bed_id"] is None
    assert (await occupants(service))["B1"]["stay_id"] == "st-1"


async def test_a_bed_found_occupied_is_blocked_until_a_person_opens_it(service):
    coming = await placed(service)
    await told(service, "bed_found_occupied", bed_id=coming["bed_id"])
    assert (await now_at(service, coming))["allocation"]["bed_id"] != coming["bed_id"]
    beds = {b["id"]: b for b in (await service.get("/beds")).json()["items"]}
    assert beds[coming["bed_id"]]["free"] is False
    await told(service, "bed_opened", bed_id=coming["bed_id"])
    beds = {b["id"]: b for b in (await service.get("/beds")).json()["items"]}
    assert beds[coming["bed_id"]]["free"] is True


async def test_two_records_of_one_person_become_one_with_the_stricter_facts(service):
    coming = await placed(service, person={"sex": "female", "allergies": ["penicillin"]})
    report = await told(service, "identities_merged", person_id=coming["person_id"], into_person_id="known-1")
    assert report["subject_id"] == "known-1"
    merged = await now_at(service, coming)
    assert merged["person_id"] == "known-1"
    await service.post(f"/requests/{coming['request_id']}:release")
    allergic = await service.place(
        person=None, person_id="known-1", drugs=[{"drug_id": "pen", "quantity": 1}]
    )
    assert allergic.status_code == 202
    assert "drug_given" in [b["rule_id"] for b in allergic.json()["need"]["blocking"]]


async def test_two_people_who_both_lie_here_are_not_merged(service):
    lying = await arrived(service)
    answer = await service.tell("identities_merged", person_id=lying["person_id"], into_person_id="occ-1")
    assert answer.status_code == 409


async def test_a_mass_casualty_alert_is_told_to_everybody(service):
    report = await told(service, "mass_casualty_alert", expected=40)
    assert report["kind"] == "mass_casualty_alert"


def site_of(service):
    with service.runtime.database.reading() as connection:
        return load_hospital(connection).sites[0]


async def test_a_broken_lift_makes_ways_longer_until_it_runs(service):
    await told(service, "lift_out_of_order", site_id="S", minutes_per_floor=60)
    assert site_of(service).transport_floor_minutes == 60
    await told(service, "lift_repaired", site_id="S", minutes_per_floor=2)
    assert site_of(service).transport_floor_minutes == 2


async def test_on_leave_and_back_keeps_the_bed(service):
    await told(service, "on_leave", stay_id="st-1")
    await told(service, "back_from_leave", stay_id="st-1")
    assert (await occupants(service))["B1"]["stay_id"] == "st-1"


async def test_every_kind_of_event_has_a_handler_and_a_model():
    from typing import get_args

    from api.schemas.disruptions import Disruption
    from api.services.disruptions import HANDLERS

    models = get_args(get_args(Disruption)[0])
    kinds = {kind for model in models for kind in get_args(model.model_fields["kind"].annotation)}
    assert kinds == set(HANDLERS)
