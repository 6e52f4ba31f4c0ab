"""The cheapest changes that make a request fit, on hospitals a person can solve by hand."""

import pytest

from solver.hospital import (
    BedKind,
    Care,
    Drug,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Lot,
    OperationalStatus,
    Priority,
    Sex,
    Unit,
)
from solver.placing.conceding import Question
from solver.placing.concessions import TARIFFS, WAIVERS, Kind, concede
from solver.placing.displace import Booking
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from solver.placing.relax import confirmed, relax
from solver.placing.scope import Scope
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    a_hospital,
    changed,
    given,
    nurse,
    occupant,
    person,
    records_of,
    request,
)

ANYWHERE = Scope()
BEDS = ("B1", "B2", "B3", "B4", "C1", "C2")


def full(**ends):
    """Somebody in every bed, for ten days unless said otherwise; critically ill, so that nobody is moved."""
    care = Care("medicine", 3)
    return [occupant(f"s{bed}", bed, ends.get(bed, 10 * DAY), care=care) for bed in BEDS]


def relaxed(live, asked, scope=ANYWHERE, **more):
    """What is found, proven by making the changes: the request then fits."""
    question = Question(asked, scope, **more)
    before = {
        name: dict(getattr(live.records, name)) for name in ("stays", "beds", "units", "lots", "shifts")
    }
    found = relax(question, live)
    for name, records in before.items():
        assert getattr(live.records, name) == records, f"the trial left {name} changed"
    if found is not None:
        assert confirmed(question, found, live) is not None
        with live.trial():
            concede(found.concessions, live)
            assert live.find(found.request, "proof", waived=found.waived) is not None
    return found


def told(found):
    return [(one.kind, one.subject_id, one.price) for one in found.concessions]


def test_what_fits_as_it_is_needs_no_change():
    found = relaxed(LiveHospital(records_of()), request())
    assert found.concessions == ()
    assert found.price == 0


def test_where_a_bed_is_free_soon_waiting_is_cheapest():
    live = LiveHospital(records_of(*full(B2=15)))
    found = relaxed(live, request())
    assert told(found) == [(Kind.WAIT, "q-p-new", 60 * 4_000)]
    assert found.concessions[0].minute == NOW + HOUR == found.allocation.start, "cleaned for 45 minutes"


def test_a_rule_is_waived_where_that_is_cheaper_than_waiting():
    man = person("p-new", sex=Sex.MALE)
    women = [occupant("s1", "B1", care=Care("medicine", 3)), occupant("s2", "C1", care=Care("medicine", 3))]
    found = relaxed(LiveHospital(records_of(man, *women)), request(priority=Priority.URGENT))
    assert told(found) == [(Kind.WAIVE_RULE, "room_sex", WAIVERS["room_sex"])]
    assert found.waived == {"room_sex"}


def test_waivers_of_a_bed_add_up_and_the_cheapest_bed_wins():
    asked = request(care=Care("medicine", 1, frozenset({Feature.HOIST})))
    beds = [changed(bed, features=frozenset({Feature.HOIST})) for bed in a_hospital().beds if bed.id == "C2"]
    found = relaxed(LiveHospital(records_of(*beds)), asked)
    assert told(found) == [(Kind.WAIVE_RULE, "care_level", WAIVERS["care_level"])]
    assert found.allocation.bed_id == "C2"
    there = relaxed(LiveHospital(records_of(*beds)), asked, Scope(bed_id="B3"))
    assert {one.subject_id for one in there.concessions} == {"care_level", "bed_features"}
    assert there.allocation.bed_id == "B3"


def test_an_unstaffed_bed_is_opened_and_a_dirty_one_cleaned():
    unstaffed = changed(a_hospital().beds[0], staffed=False)
    live = LiveHospital(records_of(unstaffed, *full()[1:]))
    assert told(relaxed(live, request())) == [(Kind.OPEN_BED, "B1", TARIFFS[Kind.OPEN_BED].price)]
    dirty = changed(a_hospital().beds[0], status=OperationalStatus.CONTAMINATED)
    found = relaxed(LiveHospital(records_of(dirty, *full()[1:])), request(priority=Priority.ROUTINE))
    assert told(found) == [(Kind.CLEAN_BED, "B1", 30_000), (Kind.WAIT, "q-p-new", 120_000)]


def test_a_unit_is_lent_by_its_owner():
    kept = [Unit("P1", "pump", "V", "V", lendable=False), Unit("P2", "pump", "V", "V", lendable=False)]
    asked = request(equipment=(EquipmentNeed("pump"),))
    live = LiveHospital(records_of(*kept, without={Unit: ["Y1"]}))
    found = relaxed(live, asked, Scope(ward_id="W"))
    assert told(found) == [(Kind.LEND_UNIT, "P1", 30_000)]
    assert found.concessions[0].ward_id == "V"


def test_a_lot_is_fetched_and_another_drug_approved():
    away = [
        Lot("L1", "heparin", 10, NOW + 30 * DAY, ward_id="V"),
        Lot("L2", "heparin", 10, NOW + 60 * DAY, ward_id="V"),
    ]
    asked = request(drugs=(DrugNeed("heparin", 5),))
    found = relaxed(LiveHospital(records_of(*away)), asked, Scope(ward_id="W"))
    assert told(found) == [(Kind.FETCH_LOT, "L1", 15_000)]
    other = [Drug("generic", "Generic", "heparin"), Lot("L9", "generic", 20, NOW + 30 * DAY)]
    none = records_of(*other, without={Lot: ["L1", "L2"]})
    found = relaxed(LiveHospital(none), asked)
    assert told(found) == [(Kind.APPROVE_EQUIVALENT, "generic", 45_000)]
    assert [use.lot_id for use in found.allocation.lots] == ["L9"]


def test_a_nurse_on_call_is_called_in_where_nurses_are_missing():
    from solver.hospital import DutyKind, Shift, StaffMember

    rest = {Shift: ["shift-n1", "shift-n2", "shift-n3"], StaffMember: ["n1", "n2", "n3"]}
    member, shift = nurse("n9", "W", start=0, kind=DutyKind.ON_CALL, response_minutes=30)
    found = relaxed(LiveHospital(records_of(member, shift, without=rest)), request())
    assert told(found) == [
        (Kind.CALL_NURSE, "shift-n9", 240_000),
        (Kind.WAIT, "q-p-new", 30 * 4_000),
    ]
    assert [one[0] for one in told(relaxed(LiveHospital(records_of(without=rest)), request()))] == [
        Kind.WAIVE_RULE
    ]


def test_a_patient_who_may_be_moved_is_asked_to_and_nobody_else():
    lying = [stay for stay in full() if stay.bed_id not in ("B1", "C2")]
    live = LiveHospital(records_of(*lying, occupant("well", "B1", 5 * DAY)))
    found = relaxed(live, request(priority=Priority.EMERGENCY), Scope(bed_id="B1"))
    kinds = [one.kind for one in found.concessions]
    assert kinds == [Kind.MOVE_PATIENT, Kind.WAIT]
    assert found.concessions[0].subject_id == "well"
    assert found.concessions[0].to.bed_id == "C2"
    live.put(changed(live.records.persons["p-well"], end_of_life=True))
    later = relaxed(live, request(priority=Priority.ROUTINE), Scope(bed_id="B1"))
    assert later is None or Kind.MOVE_PATIENT not in [one.kind for one in later.concessions]


def test_nobody_is_moved_in_the_night():
    lying = [stay for stay in full() if stay.bed_id not in ("B1", "C2")]
    live = LiveHospital(records_of(*lying, occupant("well", "B1", 5 * DAY)))
    live.move_clock(NOW + 11 * HOUR)
    asked = request(priority=Priority.ROUTINE, needed_by=NOW + 11 * HOUR)
    found = relaxed(live, asked, Scope(bed_id="B1"))
    moved = next(one for one in found.concessions if one.kind is Kind.MOVE_PATIENT)
    assert moved.to.start == NOW + 19 * HOUR, "07:00"


def test_a_less_urgent_booking_gives_way_and_gets_another_bed():
    lying = [stay for stay in full() if stay.bed_id not in ("B1", "C1")]
    live = LiveHospital(records_of(*lying))
    theirs = request("p-old", priority=Priority.ROUTINE)
    booked = given(theirs, "B1")
    live.apply(Decision(theirs, booked, 0))
    bookings = (Booking(theirs, booked),)
    found = relaxed(live, request(priority=Priority.EMERGENCY), Scope(bed_id="B1"), bookings=bookings)
    assert told(found) == [(Kind.DISPLACE_BOOKING, "q-p-old", 120_000)]
    assert found.concessions[0].to.bed_id == "C1"
    without = relaxed(live, request(priority=Priority.EMERGENCY), Scope(bed_id="B1"))
    assert without is None or Kind.DISPLACE_BOOKING not in [one.kind for one in without.concessions]


def test_a_unit_in_use_is_waited_for_or_its_booking_gives_way():
    theirs = request("p-old", priority=Priority.ROUTINE, equipment=(EquipmentNeed("pump"),))
    live = LiveHospital(records_of())
    booked = live.find(theirs, "a-old")
    assert booked.units[0].unit_id == "P1"
    live.apply(Decision(theirs, booked, 0))
    asked = request(priority=Priority.URGENT, equipment=(EquipmentNeed("pump"),))
    found = relaxed(live, asked, Scope(unit_id="P1"), bookings=(Booking(theirs, booked),))
    assert told(found) == [(Kind.DISPLACE_BOOKING, "q-p-old", 120_000)]
    assert [use.unit_id for use in found.concessions[0].to.units] == ["P2"], "the pump next door"
    assert [use.unit_id for use in found.allocation.units] == ["P1"]


def test_what_nothing_helps_is_said():
    heavy = person("p-new", weight_kg=400)
    assert relaxed(LiveHospital(records_of(heavy)), request()) is None


@pytest.mark.parametrize("kind", [BedKind.CHAIR])
def test_a_chair_is_no_bed_for_days_unless_somebody_says_so(kind):
    chair = changed(a_hospital().beds[0], kind=kind)
    live = LiveHospital(records_of(chair, *full()[1:]))
    assert told(relaxed(live, request())) == [(Kind.WAIVE_RULE, "bed_kind", WAIVERS["bed_kind"])]
