"""Mother and baby, patient and carer: who accompanies somebody comes, moves and leaves with them."""

from dataclasses import replace

import pytest

from solver.hospital import Bed, BedKind, Care, Person, Sex, Stay, StayState
from tests.api_service import DAY, HOUR, NOW, Place, at, small_hospital
from tests.integration.test_services_random_day import differences

CLEANING = 45
"""Minutes of cleaning after a discharge."""

COTS = {"K1": "R1", "K2": "R1", "K3": "R3"}


@pytest.fixture
def place(tmp_path, address):
    """The small hospital with cots; mother ``m-1`` lies in B2 with the cot K1 beside her, as imported."""
    hospital = small_hospital()
    cots = tuple(Bed(cot, room, BedKind.COT, care_level=0) for cot, room in COTS.items())
    mother = Person("m-1", Sex.FEMALE, NOW - 30 * 525_960)
    lies = Stay("st-m", "m-1", "B2", NOW - DAY, NOW + DAY, Care("medicine", 1), StayState.OCCUPYING)
    beside = replace(lies, id="st-baby", bed_id="K1", care=Care("medicine"), with_stay_id="st-m")
    hospital = replace(
        hospital,
        beds=(*hospital.beds, *cots),
        persons=(*hospital.persons, mother),
        stays=(*hospital.stays, lies, beside),
    )
    return Place(tmp_path, address=address).make(hospital.checked())


@pytest.fixture(autouse=True)
async def one_hospital(service):
    """After each test the desk says what is stored."""
    yield
    desk, stored = service.runtime._decider.desk, service.runtime.keeper().build()
    desk.forget_the_past()
    stored.forget_the_past()
    assert list(differences(desk, stored)) == []


def stays(service):
    return service.runtime._decider.desk.live.records.stays


async def beds(service):
    return {bed["id"]: bed for bed in (await service.get("/beds")).json()["items"]}


async def transferred(service, **body):
    answer = await service.post("/stays/st-m:transfer", {"reason": "asked for", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()["allocation"]


async def arrive(service, allocation):
    path = f"/allocations/{allocation['id']}:arrive"
    answer = await service.post(path, revision=allocation["revision"])
    assert answer.status_code == 200, answer.text


async def test_a_mother_who_moves_takes_her_baby_along_and_leaves_bed_and_cot(service):
    moved = await transferred(service)
    assert (moved["ward_id"], moved["companion_bed_id"]) == ("W2", "K3")
    await service.clock(10)
    await arrive(service, moved)
    lying = {stay.bed_id: stay.with_stay_id for stay in stays(service).values() if stay.person_id == "m-1"}
    main = f"{moved['id']}/stay"
    assert lying == {moved["bed_id"]: None, "K3": main}
    after = await beds(service)
    assert after["B2"]["status"] == after["K1"]["status"] == "housekeeping"


async def test_from_the_transfers_start_on_the_cot_may_be_promised_to_another_baby(service):
    """K2 is closed, so that the only cot of the bay is the one the baby leaves."""
    await service.tell("bed_closed", bed_id="K2", reason="repair")
    await service.tell("bed_closed", bed_id="K3", reason="repair")
    asked = {"companion": "cot", "max_wait_minutes": 6 * HOUR}
    assert (await service.place(**asked)).json()["state"] == "unplaced"
    await transferred(service, companion="none")
    given = (await service.place(**asked)).json()["allocation"]
    assert given["companion_bed_id"] == "K1"
    left = stays(service)["st-baby"].end
    assert left == stays(service)["st-m"].end
    assert stays(service)[f"{given['id']}/companion"].start == left + CLEANING


async def test_a_mother_may_move_without_her_baby_if_a_person_says_so(service):
    moved = await transferred(service, companion="none")
    await service.clock(10)
    await arrive(service, moved)
    assert [s.bed_id for s in stays(service).values() if s.person_id == "m-1"] == [moved["bed_id"]]
    assert (await beds(service))["K1"]["status"] == "housekeeping"


async def test_within_a_room_a_patient_moves_to_another_bed_and_another_cot_never_to_those_they_leave(
    service,
):
    """The bed that is left is not clean when the transfer starts; it was offered all the same, and refused."""
    await service.tell("bed_closed", bed_id="K3", reason="repair")
    moved = await transferred(service, other_room=False)
    assert (moved["bed_id"], moved["companion_bed_id"]) == ("B3", "K2")


@pytest.mark.parametrize("kind", ["left", "died", "absconded"])
async def test_who_leaves_leaves_with_who_accompanies_them_and_waits_for_no_bed(service, kind):
    """Of a stay that was imported neither the cot's stay ended nor the move that was asked for, and everything that
    was told after that failed."""
    await transferred(service)
    await service.clock(HOUR)
    told = await service.tell(kind, stay_id="st-m")
    assert told.status_code == 200, told.text
    assert not [stay for stay in stays(service).values() if stay.person_id == "m-1"]
    after = await beds(service)
    assert after["B2"]["status"] == after["K1"]["status"] == "housekeeping"
    assert (await service.tell("bed_opened", bed_id="B3")).status_code == 200


async def test_the_bookings_of_the_cot_too_are_repaired_when_it_comes_free_later_than_foreseen(service):
    await service.tell("bed_closed", bed_id="K2", reason="repair")
    await service.tell("bed_closed", bed_id="K3", reason="repair")
    waits = (await service.place(companion="cot", max_wait_minutes=3 * DAY)).json()["allocation"]
    assert waits["companion_bed_id"] == "K1"
    ticked = (await service.clock(DAY + HOUR)).json()
    assert ticked["overdue_stays"] == ["st-1", "st-m"]
    assert stays(service)["st-baby"].end == stays(service)["st-m"].end > NOW + DAY + HOUR
    now = (await service.get(f"/requests/{waits['request_id']}")).json()["allocation"]
    assert now["start"] > waits["start"]


async def test_who_comes_into_a_cot_that_was_left_late_comes_when_it_is_clean(service):
    await service.tell("bed_closed", bed_id="K2", reason="repair")
    await service.tell("bed_closed", bed_id="K3", reason="repair")
    waits = (await service.place(companion="cot", max_wait_minutes=3 * DAY)).json()["allocation"]
    assert waits["companion_bed_id"] == "K1"
    service.pass_minutes(DAY + HOUR)
    assert (await service.tell("left", stay_id="st-m")).status_code == 200
    now = (await service.get(f"/requests/{waits['request_id']}")).json()["allocation"]
    assert now["start"] == at(DAY + HOUR + CLEANING)


async def test_a_carer_who_goes_home_leaves_the_patient_where_they_lie(service):
    given = (await service.place(companion="cot")).json()["allocation"]
    await arrive(service, given)
    await service.clock(HOUR)
    told = await service.tell("left", stay_id=f"{given['id']}/companion")
    assert told.status_code == 200, told.text
    assert f"{given['id']}/companion" not in stays(service)
    assert stays(service)[f"{given['id']}/stay"].state is StayState.OCCUPYING
    assert (await service.get(f"/requests/{given['request_id']}")).json()["state"] == "arrived"


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "stay_prolonged", "until": "2026-03-05T00:00:00Z"},
        {"kind": "stay_shortened", "until": "2026-03-02T05:00:00Z"},
        {"kind": "step_up", "care_level": 1},
        {"kind": "ready_for_step_down", "care_level": 0},
    ],
)
async def test_what_concerns_the_patient_is_not_told_of_who_accompanies_them(service, event):
    answer = await service.tell(stay_id="st-baby", **event)
    assert answer.status_code == 409
    assert "st-baby" in answer.json()["detail"]
    assert "st-m" in answer.json()["remedy"]


async def test_whoever_needs_another_bed_at_once_does_not_wait_for_a_cot(service):
    """R2 is the only room with negative pressure, and it has no cot."""
    told = (await service.tell("isolation_on", person_id="m-1", isolation=["airborne"])).json()
    (proposal,) = [p for p in told["proposals"] if p["subject_id"] == "st-m"]
    assert proposal["change"]["bed_id"] == "B4"
    assert proposal["change"]["companion"] == "none"


async def test_a_proposed_move_takes_the_baby_along_where_there_is_a_cot(service):
    told = (await service.tell("bed_closed", bed_id="B2", reason="repair")).json()
    (proposal,) = [p for p in told["proposals"] if p["subject_id"] == "st-m"]
    assert proposal["change"]["companion"] == "cot"
    confirmed = await service.post(f"/proposals/{proposal['id']}:confirm")
    assert confirmed.json()["result"]["allocation"]["companion_bed_id"] == "K3"
