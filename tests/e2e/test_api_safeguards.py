"""What CLINICAL safeguards promise at the service's door, and events that change what may be done."""

from tests.api_service import DAY, HOUR, at


async def placed(service, **changes):
    answer = await service.place(**changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["allocation"]


async def told(service, kind, **event):
    answer = await service.tell(kind, **event)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_override_ends_at_its_time_whether_or_not_the_clock_has_ticked_since(service):
    """Until the next tick it went on to excuse whatever was decided."""
    waiver = {"rule_id": "room_sex", "reason": "for tonight only", "until": at(30)}
    man = {"sex": "male", "born": "1980-05-05"}
    asked = (await service.place(person=man, waivers=[waiver])).json()
    path = f"/requests/{asked['request_id']}:choose"
    assert (await service.post(path, {"bed_id": "B2"})).status_code == 200
    assert (await service.post(path, {"bed_id": "C1"})).status_code == 200
    service.pass_minutes(30)
    refused = await service.post(path, {"bed_id": "B2"})
    assert refused.status_code == 409
    assert refused.json()["rules"] == ["room_sex"]


async def test_what_was_booked_under_an_override_stands_when_that_is_over(service):
    waiver = {"rule_id": "room_sex", "reason": "for tonight only", "until": at(30)}
    man = {"sex": "male", "born": "1980-05-05"}
    asked = (await service.place(person=man, needed_by=at(2 * HOUR), waivers=[waiver])).json()
    chosen = await service.post(f"/requests/{asked['request_id']}:choose", {"bed_id": "B2"})
    assert chosen.status_code == 200
    await service.clock(HOUR)
    now = (await service.get(f"/requests/{asked['request_id']}")).json()
    assert now["allocation"]["bed_id"] == "B2"


async def test_when_isolation_ends_a_room_may_be_shared_again(service):
    ill = await placed(service, excluded_room_ids=["R1", "R2"])
    await told(service, "isolation_on", person_id=ill["person_id"], isolation=["contact"])
    beside = {"excluded_room_ids": ["R1", "R2"], "max_wait_minutes": 0}
    assert (await service.place(**beside)).status_code == 202
    report = await told(service, "isolation_off", person_id=ill["person_id"])
    assert [given["allocation"]["room_id"] for given in report["placed_from_waiting"]] == ["R3"]


async def test_a_closed_room_loses_its_bookings_and_moves_of_those_inside_are_proposed(service):
    booked = await placed(service, excluded_room_ids=["R2", "R3"])
    report = await told(service, "room_closed", room_id="R1", reason="water leak")
    assert [item["from_bed_id"] for item in report["repaired"]] == [booked["bed_id"]]
    assert [proposal["subject_id"] for proposal in report["proposals"]] == ["st-1"]
    again = await service.place(excluded_room_ids=["R2", "R3"], max_wait_minutes=0)
    assert again.status_code == 202


async def test_a_stay_that_ends_sooner_lets_who_waits_come_sooner(service):
    for bed_id in ("B2", "B3", "B4", "C1", "C2"):
        await told(service, "bed_closed", bed_id=bed_id, reason="repair")
    assert (await service.place(max_wait_minutes=6 * HOUR)).json()["state"] == "unplaced"
    report = await told(service, "stay_shortened", stay_id="st-1", until=at(2 * HOUR))
    (given,) = report["placed_from_waiting"]
    assert given["allocation"]["start"] == at(2 * HOUR + 45)


async def test_who_needs_less_care_than_their_bed_gives_is_proposed_another_and_stays_until_a_person_says_so(
    service,
):
    report = await told(service, "ready_for_step_down", stay_id="st-1", care_level=0)
    (proposal,) = report["proposals"]
    assert (proposal["kind"], proposal["subject_id"]) == ("transfer", "st-1")
    assert proposal["change"]["care_level"] == 0
    census = {b["bed_id"]: b["occupant"] for b in (await service.get("/census")).json()["items"]}
    assert census["B1"]["stay_id"] == "st-1"


async def test_a_nurse_is_called_in_only_with_consent_and_covers_from_the_answer_on(service):
    """On the second day N11 is on call as well as rostered; N12 is told absent, and so is N11."""
    report = await told(service, "nurse_absent", shift_id="E-N12")
    (proposal,) = [p for p in report["proposals"] if p["kind"] == "call_in"]
    path = f"/proposals/{proposal['id']}:confirm"
    refused = await service.post(path, {"consented": False})
    assert refused.status_code == 409
    assert shift_of(service, "OC").called_at is None
    assert (await service.post(path, {"consented": True})).status_code == 200
    assert shift_of(service, "OC").called_at is not None


async def test_a_nurse_who_comes_after_all_covers_again(service):
    await told(service, "nurse_absent", shift_id="D-N11")
    assert shift_of(service, "D-N11").absent
    await told(service, "nurse_present", shift_id="D-N11")
    assert not shift_of(service, "D-N11").absent


async def test_who_is_on_call_covers_once_called_and_having_agreed(service):
    await service.clock(DAY)
    await told(service, "on_call_called", shift_id="OC", consented=True)
    (piece,) = shift_of(service, "OC").on_duty()
    called = shift_of(service, "OC").called_at
    assert piece.start == called + 30


async def test_an_answer_resting_on_old_data_says_that_it_is_advice_only(service):
    """A command sets the age to nothing; a replay of it later does not."""
    headers = await service.headers("bed")
    body = {
        "person": {"sex": "female"},
        "priority": "soon",
        "care": {"speciality": "medicine"},
        "duration_minutes": 60,
    }
    send = lambda: service.client.post("/api/v1/requests", headers=headers, json=body)  # noqa: E731
    assert (await send()).json()["advice_only"] is False
    runtime = service.runtime
    runtime._decider.moved_at -= 60 * runtime.settings.stale_minutes + 1
    again = await send()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["advice_only"] is True
    assert again.json()["data_age_seconds"] > 60 * runtime.settings.stale_minutes


def shift_of(service, shift_id):
    return service.runtime._decider.desk.live.records.shifts[shift_id]
