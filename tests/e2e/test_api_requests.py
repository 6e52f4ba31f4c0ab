"""One request from asking to leaving, over HTTP: given, stored, replayed, refused, arrived, moved, left."""

import pytest

from tests.api_service import DAY, HOUR, at, bundle


async def placed(service, **changes):
    answer = await service.place(**changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["allocation"]


async def arrived(service, **changes):
    allocation = await placed(service, **changes)
    answer = await service.post(f"/allocations/{allocation['id']}:arrive", revision=allocation["revision"])
    assert answer.status_code == 200, answer.text
    return answer.json()["allocation"]


async def fill(service, count):
    return [await placed(service) for _ in range(count)]


async def test_a_request_is_given_bed_unit_lot_and_cover_in_one_answer_with_reasons(service):
    answer = await service.place(
        equipment=[{"type_id": "pump"}], drugs=[{"drug_id": "heparin", "quantity": 2}]
    )
    body = answer.json()
    allocation = body["allocation"]
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/api/v1/requests/{body['request_id']}"
    assert allocation["ward_id"] == "W1"
    assert allocation["units"] == [{"type_id": "pump", "unit_id": "P1", "start": at(), "end": at(DAY)}]
    assert allocation["lots"] == [{"drug_id": "heparin", "lot_id": "L1", "quantity": 2}]
    assert allocation["cover"]["nurses_on_duty"] == 2
    assert allocation["verified"] is True
    assert any(allocation["bed_id"] in reason for reason in allocation["reasons"])
    assert body["data_age_seconds"] < 60
    assert body["advice_only"] is False


async def test_the_same_key_and_body_are_answered_twice_and_placed_once(service):
    headers = await service.headers("bed")
    first = await service.client.post("/api/v1/requests", headers=headers, json=bundle())
    again = await service.client.post("/api/v1/requests", headers=headers, json=bundle())
    assert again.status_code == first.status_code == 201
    assert again.json()["allocation"] == first.json()["allocation"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len((await service.get("/requests")).json()["items"]) == 1


async def test_a_key_used_with_another_body_is_refused(service):
    headers = await service.headers("bed")
    await service.client.post("/api/v1/requests", headers=headers, json=bundle())
    other = await service.client.post("/api/v1/requests", headers=headers, json=bundle(priority="routine"))
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_need_that_does_not_fit_is_stored_and_says_what_blocks_and_whom_to_call(service):
    answer = await service.place(care={"speciality": "medicine", "features": ["dialysis_point"]})
    body = answer.json()
    assert answer.status_code == 202
    assert body["state"] == "unplaced"
    need = body["need"]
    assert need["blocking"][0]["rule_id"] == "bed_features"
    assert need["near_misses"]
    assert need["near_misses"][0]["overridable"] is True
    assert need["fits_from"] is None
    assert need["fallback"]
    assert need["call"]
    kept = (await service.get(f"/requests/{body['request_id']}")).json()
    assert kept["state"] == "unplaced"
    assert kept["need"]["blocking"] == need["blocking"]


async def test_who_waits_is_placed_when_a_bed_comes_free_the_most_urgent_first(service):
    taken = await fill(service, 5)
    routine = (await service.place(priority="routine")).json()["request_id"]
    urgent = (await service.place(priority="emergency")).json()["request_id"]
    given_back = taken[0]
    await service.post(f"/allocations/{given_back['id']}:release", revision=given_back["revision"])
    assert (await service.get(f"/requests/{urgent}")).json()["allocation"]["bed_id"] == given_back["bed_id"]
    assert (await service.get(f"/requests/{routine}")).json()["state"] == "unplaced"


async def test_an_arrival_attaches_units_and_dispenses_drugs_and_the_census_says_who_lies_where(service):
    allocation = await arrived(
        service, equipment=[{"type_id": "pump"}], drugs=[{"drug_id": "heparin", "quantity": 2}]
    )
    units = {u["id"]: u["state"] for u in (await service.get("/equipment")).json()["items"]}
    lots = {lot["id"]: lot for lot in (await service.get("/drug-lots")).json()["items"]}
    census = {b["bed_id"]: b for b in (await service.get("/census")).json()["items"]}
    assert units["P1"] == "attached"
    assert (lots["L1"]["on_hand"], lots["L1"]["reserved"]) == (8, 0)
    assert census[allocation["bed_id"]]["occupant"]["person_id"] == allocation["person_id"]


async def test_who_leaves_frees_unit_and_bed_after_cleaning_and_every_step_has_its_time(service):
    allocation = await arrived(service, equipment=[{"type_id": "pump"}])
    await service.clock(HOUR)
    path = f"/allocations/{allocation['id']}:discharge"
    left = await service.post(path, {"step": "left"}, revision=allocation["revision"])
    assert left.status_code == 200
    beds = {b["id"]: b for b in (await service.get("/beds")).json()["items"]}
    assert beds[allocation["bed_id"]]["status"] == "housekeeping"
    assert beds[allocation["bed_id"]]["clean_at"] == at(HOUR + 45)
    steps = (await service.get(f"/requests/{allocation['request_id']}")).json()["steps"]
    assert steps["arrived"] == at()
    assert steps["left"] == at(HOUR)
    await service.clock(HOUR + 45)
    beds = {b["id"]: b for b in (await service.get("/beds")).json()["items"]}
    assert beds[allocation["bed_id"]]["free"] is True


async def close_all_but(service, *bed_ids):
    for bed_id in {"B1", "B2", "B3", "B4", "C1", "C2"} - set(bed_ids):
        assert (await service.tell("bed_closed", bed_id=bed_id, reason="repair")).status_code == 200


async def test_nobody_arrives_in_a_bed_whose_occupant_has_not_left(service):
    await close_all_but(service, "B1")
    waiting = await placed(service, max_wait_minutes=3 * DAY)
    assert waiting["bed_id"] == "B1"
    assert waiting["conditional"] is True
    service.pass_minutes(DAY + HOUR)
    answer = await service.post(f"/allocations/{waiting['id']}:arrive", revision=1)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Somebody still lies in this bed."


async def test_an_overdue_occupant_moves_the_booking_behind_them_and_nobody_is_moved(service):
    await close_all_but(service, "B1")
    waiting = await placed(service, max_wait_minutes=3 * DAY)
    ticked = (await service.clock(DAY + HOUR)).json()
    assert ticked["overdue_stays"] == ["st-1"]
    assert ticked["repaired"][0]["former_allocation_id"] == waiting["id"]
    now = (await service.get(f"/requests/{waiting['request_id']}")).json()["allocation"]
    assert now["start"] > waiting["start"]
    census = {b["bed_id"]: b["occupant"] for b in (await service.get("/census")).json()["items"]}
    assert census["B1"]["stay_id"] == "st-1"


async def test_a_patient_left_early_frees_the_bed_for_who_comes_next(service):
    await close_all_but(service, "B1")
    waiting = await placed(service, max_wait_minutes=3 * DAY)
    await service.clock(HOUR)
    await service.tell("left", stay_id="st-1")
    sooner = await service.post(f"/requests/{waiting['request_id']}:choose", {"bed_id": "B1"})
    assert sooner.json()["allocation"]["start"] < waiting["start"]


async def test_an_old_revision_changes_nothing(service):
    allocation = await placed(service)
    path = f"/allocations/{allocation['id']}"
    confirmed = await service.post(f"{path}:confirm", revision=1)
    stale = await service.post(f"{path}:release", revision=1)
    assert confirmed.json()["revision"] == 2
    assert stale.status_code == 412
    assert stale.json()["current_revision"] == 2
    assert (await service.get(path)).json()["state"] == "confirmed"


async def test_a_change_without_a_revision_is_asked_for_one(service):
    allocation = await placed(service)
    answer = await service.post(f"/allocations/{allocation['id']}:confirm")
    assert answer.status_code == 428


async def test_a_ward_that_declines_is_not_given_the_patient_again(service):
    allocation = await placed(service)
    answer = await service.post(
        f"/allocations/{allocation['id']}:confirm",
        {"accepted": False, "reason": "no isolation nurse"},
        revision=1,
    )
    assert answer.json()["allocation"]["ward_id"] == "W2"
    assert (await service.get(f"/allocations/{allocation['id']}")).json()["state"] == "released"


@pytest.mark.parametrize("said", [{}, {"reason": None}, {"reason": "   "}, {"reason": "no"}])
async def test_a_ward_that_declines_says_why_or_is_told_what_to_say(service, said):
    """A ward could decline without a word, and whoever placed the patient next did not know what was missing there."""
    allocation = await placed(service)
    path = f"/allocations/{allocation['id']}"
    refused = await service.post(f"{path}:confirm", {"accepted": False, **said}, revision=1)
    assert refused.status_code == 422
    (wrong,) = refused.json()["errors"]
    assert wrong["where"] == "#/reason"
    assert "characters" in wrong["expected"]
    assert (await service.get(path)).json()["state"] == "placed"
    assert (await service.post(f"{path}:confirm", {"accepted": True}, revision=1)).status_code == 200


async def test_a_patient_who_lies_here_is_moved_when_a_person_says_so(service):
    allocation = await arrived(service, equipment=[{"type_id": "pump"}])
    await service.clock(HOUR)
    asked = await service.post(
        f"/allocations/{allocation['id']}:transfer",
        {"reason": "noise at night"},
        revision=allocation["revision"],
    )
    moved = asked.json()["allocation"]
    assert asked.status_code == 201
    assert moved["room_id"] != allocation["room_id"]
    assert moved["bed_id"] != allocation["bed_id"]
    there = await service.post(f"/allocations/{moved['id']}:arrive", revision=moved["revision"])
    assert there.status_code == 200
    assert [use["unit_id"] for use in there.json()["allocation"]["units"]] == ["P1"]
    census = {b["bed_id"]: b["occupant"] for b in (await service.get("/census")).json()["items"]}
    assert (
        census[allocation["bed_id"]] is None
        or census[allocation["bed_id"]]["person_id"] != moved["person_id"]
    )
    assert census[moved["bed_id"]]["person_id"] == moved["person_id"]


async def test_what_is_healed_by_leaving_the_former_bed_makes_up_for_nothing_in_the_new_one(service):
    """An isolated patient moves from one shared bay into another: one pair less and one more was taken for none."""
    await service.tell("bed_closed", bed_id="B4", reason="repair")
    ill = await arrived(service, excluded_room_ids=["R3"])
    await service.tell("isolation_on", person_id=ill["person_id"], isolation=["contact"])
    waiver = {"rule_id": "isolation_cohort", "reason": "no other bed is left"}
    later = await placed(service, needed_by=at(20), excluded_room_ids=["R3"], waivers=[waiver])
    assert later["room_id"] == "R1"
    path = f"/allocations/{ill['id']}:transfer"
    moves = (await service.post(path, {"reason": "isolation"}, revision=ill["revision"])).json()["allocation"]
    assert moves["room_id"] == "R3"
    other = await arrived(service, excluded_room_ids=["R1", "R2"], waivers=[waiver])
    assert other["room_id"] == "R3"
    await service.clock(10)
    path = f"/allocations/{moves['id']}:arrive"
    refused = await service.post(path, revision=moves["revision"])
    assert refused.status_code == 409, refused.text
    assert refused.json()["rules"] == ["isolation_cohort"]
    allowed = await service.post(path, {"waivers": [waiver]}, revision=moves["revision"])
    assert allowed.status_code == 200


async def test_a_person_may_choose_a_bed_and_overrule_with_a_reason(service):
    man = {"sex": "male", "born": "1980-05-05"}
    request = (await service.place(person=man)).json()
    refused = await service.post(f"/requests/{request['request_id']}:choose", {"bed_id": "B2"})
    assert refused.status_code == 409
    assert refused.json()["rules"] == ["room_sex"]
    waiver = {"rule_id": "room_sex", "reason": "partner of the patient in B1"}
    chosen = await service.post(
        f"/requests/{request['request_id']}:choose", {"bed_id": "B2", "waivers": [waiver]}
    )
    assert chosen.status_code == 200, chosen.text
    assert chosen.json()["allocation"]["bed_id"] == "B2"
    assert chosen.json()["allocation"]["waived"] == ["room_sex"]
    assert chosen.json()["allocation"]["method"] == "person"


async def test_an_absolute_rule_is_never_waived(service):
    waiver = {"rule_id": "bed_free", "reason": "we are very full today"}
    answer = await service.place(waivers=[waiver])
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/override-refused"


async def test_a_batch_is_answered_in_its_own_order_and_the_urgent_get_the_beds(service):
    people = [bundle(priority=p) for p in ("routine", "emergency", "routine", "urgent", "soon", "emergency")]
    answer = await service.post("/requests:batch", {"requests": people})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["placed"], body["unplaced"]) == (5, 1)
    assert [r["priority"] for r in body["results"]] == [p["priority"] for p in people]
    assert [r["state"] for r in body["results"]].count("unplaced") == 1
    assert body["results"][1]["state"] == body["results"][5]["state"] == "placed"


async def test_a_deadline_that_is_over_is_met_with_the_quickest_answer_and_says_so(service):
    import time

    runtime = service.runtime
    late = runtime.outside.monotonic
    object.__setattr__(runtime.outside, "monotonic", lambda: late() - 10)
    try:
        answer = await service.place(deadline_ms=1)
    finally:
        object.__setattr__(runtime.outside, "monotonic", time.monotonic)
    assert answer.json()["degraded"] is True
    assert answer.json()["allocation"]["method"] == "first_fit"


async def test_the_writer_is_told_when_an_answer_is_due_and_how_much_work_it_is(service, monkeypatch):
    told, submit = [], service.runtime.submit

    async def noted(command):
        told.extend([command] if command.name.startswith("request.") else [])
        return await submit(command)

    monkeypatch.setattr(service.runtime, "submit", noted)
    now = service.runtime.outside.monotonic()
    await service.place(deadline_ms=60_000)
    await service.place()
    await service.post("/requests:batch", {"requests": [bundle(), bundle()], "deadline_ms": 2000})
    assert [command.weight for command in told] == [1, 1, 2]
    assert told[1].due is None
    assert now + 60 < told[0].due < now + 90
    assert now + 2 < told[2].due < now + 32


async def test_who_has_an_open_request_is_not_asked_for_twice(service):
    first = await service.post("/requests", bundle(person=None, person_id="known-1"))
    second = await service.post("/requests", bundle(person=None, person_id="known-1"))
    assert first.status_code == 201
    assert second.status_code == 409
    lying = await service.post("/requests", bundle(person=None, person_id="occ-1"))
    assert lying.status_code == 409


async def test_a_patient_who_left_may_come_again_under_the_same_id(service):
    allocation = await arrived(service, person=None, person_id="known-1")
    await service.clock(HOUR)
    await service.post(f"/allocations/{allocation['id']}:discharge", revision=allocation["revision"])
    await service.clock(2 * DAY)
    again = await service.post("/requests", bundle(person=None, person_id="known-1"))
    assert again.status_code == 201


async def test_what_identifies_a_patient_is_stored_encrypted_and_told_to_nobody(service):
    secret = {"name": "Zorblax Quirinalia", "identity_number": "AB-123456", "phone": "555 0100"}
    answer = await service.place(person={"sex": "female", "identity": secret})
    assert answer.status_code == 201
    assert "Zorblax" not in answer.text
    database = service.runtime.database
    with database.reading() as connection:
        everything = "\n".join(
            str(row)
            for kind, name in database.dialect.objects(connection)
            if kind == "table"
            for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
        )
    assert "Zorblax" not in everything
    assert "123456" not in everything
    assert answer.json()["person_id"] in everything
