"""A day on the ward through the repositories: what is stored is what comes back, and the judge is always
there."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.census import census
from models.errors import GuardViolation
from models.repositories import cases, governance, staff
from models.repositories.cases import StoredCase, StoredNeed
from models.repositories.changes import CaseChange, CommandChanges, StepTaken, save_command
from models.repositories.governance import StoredDisruption, StoredOverride, StoredProposal
from models.repositories.records import RecordChange
from models.store import load_hospital
from solver.hospital import (
    Allocation,
    Bed,
    BedKind,
    Block,
    Care,
    Companion,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Isolation,
    LotState,
    LotUse,
    OperationalStatus,
    Origin,
    Person,
    PooledCapacity,
    Priority,
    Request,
    RequestState,
    Sex,
    Stay,
    StayState,
    Step,
    UnitBooking,
    UnitState,
    UnitUse,
)

NOW = 29_000_000

REQUEST = Request(
    "Q1",
    "P1",
    Priority.URGENT,
    Care("surgery", 1, frozenset({Feature.OXYGEN}), frozenset({"chemo"}), PooledCapacity(1, 0, 5)),
    NOW - 30,
    NOW,
    500,
    60,
    Origin.THEATRE,
    False,
    "team",
    (EquipmentNeed("pump", 1, 0, 100),),
    (DrugNeed("D", 12, 1500),),
    Companion.CARER_BED,
    None,
    frozenset({"R2"}),
)
ALLOCATION = Allocation(
    "A1",
    "Q1",
    "P1",
    "B1",
    NOW,
    NOW + 500,
    (UnitUse("pump", "U1", NOW, NOW + 100),),
    (LotUse("D", "L1", 8), LotUse("D", "L2", 4)),
    "B2",
    True,
    7,
)
PLACED = StoredCase(REQUEST, RequestState.PLACED, "W", "acc_1", NOW, ALLOCATION, {"why": ["free"]})
STAY = Stay("A1/stay", "P1", "B1", NOW, NOW + 500, REQUEST.care, request_id="Q1", allocation_id="A1")
COMPANION = replace(STAY, id="A1/companion", bed_id="B2", care=Care("surgery"), with_stay_id="A1/stay")
BOOKING = UnitBooking("A1/U1", "U1", "W", NOW, NOW + 100, allocation_id="A1")


def new(*records):
    return tuple(RecordChange(None, record) for record in records)


def gone(*records, minute=None):
    return tuple(RecordChange(record, None, minute) for record in records)


PLACING = CommandChanges(
    records=new(COMPANION, STAY, BOOKING, Person("P1", Sex.MALE)),
    cases=(CaseChange(None, PLACED),),
    steps=(StepTaken("Q1", Step.REQUESTED, NOW), StepTaken("Q1", Step.PLACED, NOW)),
)


@pytest.fixture
def save(at, vault):
    def save_at(minute, changes):
        with at(minute) as transaction:
            save_command(transaction, changes, "acc_1", vault)

    return save_at


@pytest.fixture
def placed(ward, save):
    save(NOW, PLACING)
    return ward


def read(database, function, *arguments):
    with database.reading() as connection:
        return function(connection, *arguments)


def scalar(database, statement):
    with database.reading() as connection:
        return connection.scalar(text(statement))


def refusal(database, save, minute, changes):
    try:
        save(minute, changes)
    except IntegrityError as error:
        return database.dialect.violated_guard(error)
    return None


def balance(database, lot):
    with database.reading() as connection:
        return tuple(
            connection.execute(
                text("SELECT on_hand, reserved FROM lot_balance WHERE lot_id = :l"), {"l": lot}
            ).one()
        )


def test_a_placed_request_comes_back_with_everything_that_was_given(placed):
    assert read(placed, cases.load_case, "Q1") == PLACED
    assert read(placed, cases.load_open_cases) == [PLACED]
    assert read(placed, cases.case_of_allocation, "A1") == PLACED
    assert read(placed, cases.load_allocations, ["A1"]) == {"A1": ALLOCATION}


def test_the_hospital_then_has_its_stays_bookings_and_reservations(placed):
    hospital = read(placed, load_hospital)
    assert {stay.id: stay for stay in hospital.stays}["A1/stay"] == STAY
    assert {stay.id: stay for stay in hospital.stays}["A1/companion"] == COMPANION
    assert hospital.unit_bookings == (BOOKING,)
    assert {lot.id: lot.reserved for lot in hospital.lots} == {"L1": 8, "L2": 4}


def test_a_booking_blocks_its_unit_for_transport_and_turnaround_too(placed):
    # From floor 2 to floor 0: 5 minutes, and 2 for each floor; the pump's turnaround is 20.
    with placed.reading() as connection:
        blocked = connection.execute(text("SELECT blocked_start, blocked_end FROM unit_booking")).one()
    assert tuple(blocked) == (NOW - 9, NOW + 120)


def test_an_unplaced_request_is_stored_with_all_that_keeps_it_from_being_lost(ward, save):
    need = StoredNeed(NOW + 15, "stays in the emergency department", "bed manager", {"bed_free": 3})
    case = StoredCase(REQUEST, RequestState.UNPLACED, None, "acc_1", NOW, need=need)
    save(NOW, CommandChanges(records=new(Person("P1")), cases=(CaseChange(None, case),)))
    assert read(ward, cases.load_case, "Q1") == case


def test_the_database_refuses_an_unplaced_request_without_a_fallback(ward, save):
    case = StoredCase(REQUEST, RequestState.UNPLACED, None, "acc_1", NOW)
    changes = CommandChanges(records=new(Person("P1")), cases=(CaseChange(None, case),))
    assert refusal(ward, save, NOW, changes) == "ck_request_never_lost"


def test_steps_are_kept_with_their_times_and_a_correction_counts(placed, save):
    save(NOW + 5, CommandChanges(steps=(StepTaken("Q1", Step.PLACED, NOW + 2),)))
    assert read(placed, cases.load_steps, ["Q1"]) == {"Q1": {Step.REQUESTED: NOW, Step.PLACED: NOW + 2}}
    assert scalar(placed, "SELECT count(*) FROM request_step") == 3


OTHER = replace(ALLOCATION, id="A2", request_id="Q2", person_id="P2", bed_id="B3", companion_bed_id=None)
OTHER_CASE = replace(PLACED, request=replace(REQUEST, id="Q2", person_id="P2"))


def placing_of(allocation, *records):
    case = replace(OTHER_CASE, allocation=allocation)
    return CommandChanges(records=new(Person("P2"), *records), cases=(CaseChange(None, case),))


@pytest.mark.parametrize(
    ("allocation", "records", "guard"),
    [
        (
            replace(OTHER, units=(), lots=()),
            (Stay("X", "P2", "B1", NOW + 499, NOW + 600, Care("x")),),
            "stay_bed",
        ),
        (
            replace(OTHER, units=(), lots=()),
            (UnitBooking("X", "U1", "V", NOW + 119, NOW + 130, allocation_id="A2"),),
            "unit_booking_unit",
        ),
        (
            replace(OTHER, units=(), lots=(LotUse("D", "L1", 3),)),
            (),
            "ck_lot_balance_available",
        ),
        (
            replace(OTHER, units=(), lots=(LotUse("D", "L1", 1),), start=NOW + 501, end=NOW + 900),
            (),
            "lot_reservation_usable",  # used until NOW + 2001, expires at NOW + 2000
        ),
    ],
)
def test_what_somebody_else_has_cannot_be_given_again(placed, save, allocation, records, guard):
    assert refusal(placed, save, NOW, placing_of(allocation, *records)) == guard
    assert scalar(placed, "SELECT count(*) FROM request") == 1


def test_what_is_left_can_be_given(placed, save):
    lots = (LotUse("D", "L1", 2), LotUse("D", "L2", 1))
    allocation = replace(OTHER, units=(), lots=lots, start=NOW + 500, end=NOW + 600)
    stay = Stay("X", "P2", "B1", NOW + 500, NOW + 600, Care("x"), allocation_id="A2")
    booking = UnitBooking("X", "U1", "V", NOW + 120, NOW + 130)
    case = replace(OTHER_CASE, request=replace(OTHER_CASE.request, drugs=(DrugNeed("D", 3, 100),)))
    placing = (CaseChange(None, replace(case, allocation=allocation)),)
    save(NOW, CommandChanges(records=new(Person("P2"), stay, booking), cases=placing))
    assert balance(placed, "L1") == (10, 10)


def test_a_released_allocation_gives_everything_back(placed, save):
    released = replace(PLACED, state=RequestState.RELEASED, allocation=None, explanation={})
    changes = CommandChanges(records=gone(STAY, COMPANION, BOOKING), cases=(CaseChange(PLACED, released),))
    save(NOW, changes)
    assert read(placed, cases.load_open_cases) == []
    hospital = read(placed, load_hospital)
    assert [stay.id for stay in hospital.stays] == ["T0", "T9"]
    assert hospital.unit_bookings == ()
    assert balance(placed, "L1") == (10, 0)


def test_another_allocation_may_take_the_place_of_the_first_in_one_command(placed, save):
    moved = replace(ALLOCATION, id="A9", bed_id="B3", companion_bed_id=None, units=(), revision=8)
    after = replace(PLACED, allocation=moved)
    stay = replace(STAY, id="A9/stay", bed_id="B3", allocation_id="A9")
    changes = CommandChanges(
        records=(*gone(STAY, COMPANION, BOOKING), *new(stay)), cases=(CaseChange(PLACED, after),)
    )
    save(NOW + 1, changes)
    assert read(placed, cases.load_case, "Q1") == replace(after, version=2)
    assert balance(placed, "L1") == (10, 8)


def test_a_change_decided_on_an_older_version_of_the_request_is_refused(placed, save):
    confirmed = replace(PLACED, state=RequestState.CONFIRMED)
    save(NOW, CommandChanges(cases=(CaseChange(PLACED, confirmed, 1),)))
    with pytest.raises(GuardViolation, match="request_version"):
        save(NOW, CommandChanges(cases=(CaseChange(PLACED, confirmed, 1),)))


def test_stays_may_change_beds_with_each_other_in_one_command(ward, save):
    one = Stay("T1", "P9", "B1", NOW + 10, NOW + 90, Care("x"))
    two = Stay("T2", "P0", "B2", NOW + 10, NOW + 90, Care("x"))
    save(NOW, CommandChanges(records=new(one, two)))
    swapped = (RecordChange(one, replace(one, bed_id="B2")), RecordChange(two, replace(two, bed_id="B1")))
    save(NOW + 1, CommandChanges(records=swapped))
    beds = {stay.id: stay.bed_id for stay in read(ward, load_hospital).stays}
    assert (beds["T1"], beds["T2"]) == ("B2", "B1")


def test_a_prolonged_stay_pushes_the_next_one_away_in_the_same_command(ward, save, hospital):
    occupant, follower = hospital.stays
    longer = RecordChange(occupant, replace(occupant, end=NOW + 800))
    assert refusal(ward, save, NOW, CommandChanges(records=(longer,))) == "stay_bed"
    moved = RecordChange(follower, replace(follower, bed_id="B1"))
    save(NOW, CommandChanges(records=(longer, moved)))


# --- arriving and leaving ---------------------------------------------------------------------------------
def arriving(stay, minute):
    return RecordChange(stay, replace(stay, state=StayState.OCCUPYING, start=minute))


def occupants(database, minute, known_at=None):
    found = read(database, census, minute, known_at)
    return {bed.bed_id: bed.occupant.person_id for bed in found if bed.occupant}


def test_who_has_arrived_occupies_the_bed_until_the_departure_is_recorded(placed, save):
    save(NOW + 5, CommandChanges(records=(arriving(STAY, NOW + 5), arriving(COMPANION, NOW + 5))))
    assert occupants(placed, NOW + 100_000) == {"B0": "P0", "B1": "P1", "B2": "P1"}
    assert occupants(placed, NOW + 4) == {"B0": "P0"}


def test_nobody_arrives_before_the_one_who_lies_there_has_left(ward, save, hospital):
    occupant, follower = hospital.stays
    later = NOW + 700  # the occupant was expected to leave at NOW + 600 and has not
    assert refusal(ward, save, later, CommandChanges(records=(arriving(follower, later),))) == "occupancy_bed"
    leaving = RecordChange(occupant, None, NOW + 699)
    save(later, CommandChanges(records=(leaving, arriving(follower, later))))
    assert occupants(ward, later) == {"B0": "P9"}


def bed_is(ward, save, minute, status, clean_at):
    before = next(bed for bed in read(ward, load_hospital).beds if bed.id == "B1")
    after = replace(before, status=status, clean_at=clean_at)
    save(minute, CommandChanges(records=(RecordChange(before, after),)))


@pytest.mark.parametrize(
    ("status", "clean_at", "refused"),
    [
        (OperationalStatus.CONTAMINATED, None, True),
        (OperationalStatus.HOUSEKEEPING, None, True),
        (OperationalStatus.HOUSEKEEPING, NOW + 11, True),
        (OperationalStatus.HOUSEKEEPING, NOW + 10, False),
        (OperationalStatus.UNOCCUPIED, None, False),
        (OperationalStatus.ISOLATED, None, False),
    ],
)
def test_nobody_arrives_in_a_bed_that_is_not_clean(placed, save, status, clean_at, refused):
    bed_is(placed, save, NOW + 5, status, clean_at)
    guard = refusal(placed, save, NOW + 10, CommandChanges(records=(arriving(STAY, NOW + 10),)))
    assert guard == ("occupancy_bed_clean" if refused else None)


def test_a_bed_that_was_dirty_before_and_is_clean_now_may_be_entered(placed, save):
    bed_is(placed, save, NOW + 5, OperationalStatus.CONTAMINATED, None)
    bed_is(placed, save, NOW + 9, OperationalStatus.UNOCCUPIED, None)
    save(NOW + 10, CommandChanges(records=(arriving(STAY, NOW + 10),)))


def test_nobody_lies_in_two_beds(placed, save):
    other = Stay("X", "P0", "B3", NOW, NOW + 50, Care("x"), StayState.OCCUPYING)
    assert refusal(placed, save, NOW, CommandChanges(records=new(other))) == "occupancy_person"


def test_a_transfer_is_one_bed_and_then_the_other(ward, save, hospital):
    occupant = hospital.stays[0]
    there = Stay("X", "P0", "B3", NOW + 30, NOW + 90, Care("x"), StayState.OCCUPYING)
    save(NOW + 30, CommandChanges(records=(RecordChange(occupant, None, NOW + 30), *new(there))))
    assert occupants(ward, NOW + 29) == {"B0": "P0"}
    assert occupants(ward, NOW + 30) == {"B3": "P0"}


def test_who_leaves_gives_back_the_drugs_that_were_not_dispensed(placed, save):
    left = replace(PLACED, state=RequestState.LEFT)
    save(NOW + 400, CommandChanges(records=gone(STAY, COMPANION, BOOKING), cases=(CaseChange(PLACED, left),)))
    assert (balance(placed, "L1"), balance(placed, "L2")) == ((10, 0), (5, 0))
    assert scalar(placed, "SELECT state FROM unit_booking") == "ended"


def test_dispensed_drugs_are_gone(placed, save):
    save(NOW + 50, CommandChanges(dispensed=("A1",)))
    assert (balance(placed, "L1"), balance(placed, "L2")) == ((2, 0), (1, 0))


def test_nothing_is_dispensed_from_a_recalled_lot(placed, save):
    lot = next(lot for lot in read(placed, load_hospital).lots if lot.id == "L1")
    save(NOW + 40, CommandChanges(records=(RecordChange(lot, replace(lot, state=LotState.RECALLED)),)))
    assert refusal(placed, save, NOW + 50, CommandChanges(dispensed=("A1",))) == "lot_reservation_dispensable"


def test_another_lot_may_take_the_place_of_a_recalled_one_under_the_same_allocation(placed, save):
    lot = next(lot for lot in read(placed, load_hospital).lots if lot.id == "L1")
    smaller = replace(ALLOCATION, lots=(LotUse("D", "L2", 4), LotUse("D", "L2", 1)))
    after = replace(PLACED, allocation=smaller)
    recalled = RecordChange(lot, replace(lot, state=LotState.RECALLED))
    save(NOW + 40, CommandChanges(records=(recalled,), cases=(CaseChange(PLACED, after),)))
    assert (balance(placed, "L1"), balance(placed, "L2")) == ((10, 0), (5, 5))
    assert read(placed, cases.load_case, "Q1") == replace(after, version=2)


def test_a_dirty_bed_is_not_made_clean_by_the_arrival_itself(placed, save):
    bed_is(placed, save, NOW + 5, OperationalStatus.CONTAMINATED, None)
    bed = next(bed for bed in read(placed, load_hospital).beds if bed.id == "B1")
    taken = RecordChange(bed, replace(bed, status=OperationalStatus.OCCUPIED))
    changes = CommandChanges(records=(taken, arriving(STAY, NOW + 10)))
    assert refusal(placed, save, NOW + 10, changes) == "occupancy_bed_clean"


@pytest.mark.parametrize("state", [UnitState.BROKEN, UnitState.RECALLED, UnitState.MAINTENANCE])
def test_a_unit_that_may_not_be_used_is_not_given_out(placed, save, state):
    unit = next(unit for unit in read(placed, load_hospital).units if unit.id == "U2")
    save(NOW + 1, CommandChanges(records=(RecordChange(unit, replace(unit, state=state)),)))
    booking = UnitBooking("X", "U2", "W", NOW + 200, NOW + 210, allocation_id="A1")
    assert refusal(placed, save, NOW + 2, CommandChanges(records=new(booking))) == "unit_booking_usable"


# --- history ----------------------------------------------------------------------------------------------
def test_a_past_minute_is_told_as_it_was_known_at_a_later_one(ward, save, hospital):
    # P0 left at NOW + 20, which the ward recorded at NOW + 50.
    save(NOW + 50, CommandChanges(records=(RecordChange(hospital.stays[0], None, NOW + 20),)))
    assert occupants(ward, NOW + 30) == {}
    assert occupants(ward, NOW + 30, known_at=NOW + 49) == {"B0": "P0"}
    assert occupants(ward, NOW + 30, known_at=NOW + 50) == {}
    assert occupants(ward, NOW + 19) == {"B0": "P0"}


def bed_facts(database, bed_id, minute, known_at=None):
    return next(bed for bed in read(database, census, minute, known_at) if bed.bed_id == bed_id)


def test_the_four_facts_of_a_bed_have_each_its_own_history(placed, save, hospital):
    ward = hospital.wards[0]
    closed = replace(ward, blocks=(Block(NOW + 20, NOW + 40, "outbreak"),))
    save(NOW + 10, CommandChanges(records=(RecordChange(ward, closed),)))
    bed_is(placed, save, NOW + 30, OperationalStatus.HOUSEKEEPING, NOW + 60)
    before, during = bed_facts(placed, "B1", NOW + 15), bed_facts(placed, "B1", NOW + 35)
    assert (before.status, during.status) == (OperationalStatus.UNOCCUPIED, OperationalStatus.HOUSEKEEPING)
    assert (before.blocks, during.blocks) == ((), ("outbreak",))
    assert before.reserved_for == ("A1/stay",)
    assert (before.occupant, bed_facts(placed, "B0", NOW).occupant.stay_id) == (None, "T0")
    assert bed_facts(placed, "B1", NOW + 40).blocks == ()


def test_a_reservation_is_told_as_it_stood_whatever_came_of_it(placed, save):
    released = replace(PLACED, state=RequestState.RELEASED, allocation=None, explanation={})
    changes = CommandChanges(records=gone(STAY, COMPANION, BOOKING), cases=(CaseChange(PLACED, released),))
    save(NOW + 10, changes)
    assert bed_facts(placed, "B1", NOW + 9).reserved_for == ("A1/stay",)
    assert bed_facts(placed, "B1", NOW + 10).reserved_for == ()


def test_a_lifted_block_ends_when_it_was_lifted_and_one_that_never_began_never_was(ward, save, hospital):
    room = hospital.rooms[0]
    blocked = replace(room, blocks=(Block(NOW, None, "paint"), Block(NOW + 90, NOW + 99, "lift")))
    save(NOW, CommandChanges(records=(RecordChange(room, blocked),)))
    save(NOW + 30, CommandChanges(records=(RecordChange(blocked, room),)))
    assert bed_facts(ward, "B1", NOW + 29).blocks == ("paint",)
    assert bed_facts(ward, "B1", NOW + 30).blocks == ()
    assert bed_facts(ward, "B1", NOW + 95).blocks == ()
    assert bed_facts(ward, "B1", NOW + 95, known_at=NOW + 29).blocks == ("paint", "lift")


def test_an_extra_bed_comes_and_goes_and_is_remembered(ward, save):
    extra = Bed("B9", "R1", BedKind.EXTRA_BED)
    save(NOW + 10, CommandChanges(records=new(extra)))
    assert read(ward, load_hospital).beds[-1] == extra
    save(NOW + 20, CommandChanges(records=gone(extra)))
    assert "B9" not in {bed.id for bed in read(ward, load_hospital).beds}
    assert bed_facts(ward, "B9", NOW + 19).status is OperationalStatus.UNOCCUPIED


def test_what_was_known_of_a_person_is_kept(placed, save):
    person = Person("P1", Sex.MALE)
    isolated = replace(person, isolation=frozenset({Isolation.AIRBORNE}))
    save(NOW + 10, CommandChanges(records=(RecordChange(person, isolated),)))
    assert isolated in read(placed, load_hospital).persons
    assert scalar(placed, "SELECT count(*) FROM person_version WHERE id = 'P1'") == 2


# --- cover ------------------------------------------------------------------------------------------------
def test_a_decision_on_cover_that_moved_is_made_again(ward, save, hospital):
    seen = read(ward, staff.load_cover_revisions, NOW)
    slots = staff.slots("W", NOW, NOW + 480)
    decision = CommandChanges(cover_seen={slot: seen.get(slot, 0) for slot in slots})
    shift = hospital.shifts[0]
    save(NOW, CommandChanges(records=(RecordChange(shift, replace(shift, absent=True)),)))
    with pytest.raises(GuardViolation, match="cover_revision"):
        save(NOW, decision)
    again = read(ward, staff.load_cover_revisions, NOW)
    save(NOW, CommandChanges(cover_seen={slot: again.get(slot, 0) for slot in slots}))


def test_two_decisions_on_the_same_cover_cannot_both_be_stored(ward, save):
    decision = CommandChanges(cover_seen={("V", NOW // 480): 0})
    save(NOW, decision)
    with pytest.raises(GuardViolation, match="cover_revision"):
        save(NOW, decision)


def test_a_shift_that_gets_shorter_revises_the_cover_it_no_longer_gives(ward, save, hospital):
    shift = hospital.shifts[0]
    last = ("W", (shift.end - 1) // 480)
    before = read(ward, staff.load_cover_revisions, NOW)[last]
    save(NOW, CommandChanges(records=(RecordChange(shift, replace(shift, end=NOW + 1)),)))
    assert read(ward, staff.load_cover_revisions, NOW)[last] > before


def test_a_cancelled_shift_is_off_the_roster(ward, save, hospital):
    save(NOW, CommandChanges(records=gone(hospital.shifts[0])))
    assert read(ward, load_hospital).shifts == ()


# --- words ------------------------------------------------------------------------------------------------
def test_proposals_overrides_and_disruptions_are_kept(placed, save):
    proposal = StoredProposal("prp_1", "transfer", "A1", "bay closed", {"bed": "B3"}, expires_minute=NOW + 60)
    override = StoredOverride("ovr_1", "room_sex", "Q1", "no other bed", "acc_1", NOW, NOW + 60)
    disruption = StoredDisruption("dis_1", "ward_closed", "W", NOW, None, {"reason": "outbreak"}, "acc_1")
    save(
        NOW,
        CommandChanges(new_proposals=(proposal,), overrides=(override,), disruptions=(disruption,)),
    )
    assert read(placed, governance.load_proposals) == [proposal]
    assert read(placed, governance.load_overrides, NOW + 59) == [override]
    assert read(placed, governance.load_overrides, NOW + 60) == []
    decided = replace(proposal, state="confirmed", decided_by="acc_2")
    save(NOW + 1, CommandChanges(decided_proposals=(decided,)))
    assert read(placed, governance.load_proposals) == []
    assert read(placed, governance.load_proposals, "confirmed") == [decided]


def test_a_proposal_is_not_decided_by_nobody(placed, save):
    proposal = StoredProposal("prp_1", "transfer", "A1", "x", state="confirmed")
    assert refusal(placed, save, NOW, CommandChanges(new_proposals=(proposal,))) == "ck_proposal_decided_by"
