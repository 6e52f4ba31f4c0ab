from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.clock import Instant
from models.errors import DatabaseExists
from models.store import load_hospital, store_hospital
from simulations.hospital import generate
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    BloodGroup,
    BookingKind,
    BookingTerms,
    Care,
    CleaningTimes,
    Departure,
    Drug,
    DutyKind,
    EquipmentType,
    Feature,
    HandlingClass,
    Hospital,
    Infection,
    InfectionStatus,
    Interval,
    Isolation,
    Lot,
    LotState,
    NursingRatio,
    OperationalStatus,
    Person,
    PooledCapacity,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    UnitBooking,
    UnitState,
    Ward,
)

NOW = 29_000_000
TERMS = BookingTerms("b", "pump", NOW - 9, NOW + 60, 7, "s", NOW + 5, 2)


def full_hospital():
    """Every field of every record away from its default."""
    return Hospital(
        sites=(Site("S2", "Two", "Asia/Shanghai", 6, 3, 9), Site("S1", "One", "Europe/Zurich")),
        wards=(
            Ward(
                "W2",
                "S2",
                "Second",
                frozenset({"surgery", "cardiology"}),
                3,
                -1,
                16,
                80,
                PooledCapacity(4, 2, 600),
                (NursingRatio(2, 3, 2, "law"), NursingRatio(0, 6, 5, "policy")),
                (Block(NOW, NOW + 60, "water"), Block(NOW + 100, None, "outbreak")),
            ),
            Ward("W1", "S1", "First"),
        ),
        rooms=(
            Room(
                "R2",
                "W2",
                "Bay",
                SexPolicy.FEMALE,
                frozenset({Feature.NEGATIVE_PRESSURE, Feature.ANTEROOM}),
                12,
                (Block(1, 2, "paint"),),
            ),
            Room("R1", "W1", "Room"),
        ),
        beds=(
            Bed(
                "B2",
                "R2",
                BedKind.CHAIR,
                frozenset({Feature.OXYGEN, Feature.MONITOR}),
                2,
                300,
                False,
                OperationalStatus.HOUSEKEEPING,
                NOW + 5,
                420,
                1200,
                (Block(NOW, None, "broken rail"),),
            ),
            Bed("B1", "R1"),
            Bed("B3", "R2"),
        ),
        ratios=(NursingRatio(0, 5, 4, "California Title 22"), NursingRatio(3, 2, 1, "California Title 22")),
        cleaning=CleaningTimes(21, 46, 91, 121, 990),
        equipment_types=(
            EquipmentType("pump", "Pump", 20, ("syringe",)),
            EquipmentType("syringe", "Syringe"),
        ),
        units=(
            Unit("U2", "pump", "W2", "W1", False, UnitState.BROKEN, "P-7"),
            Unit("U1", "syringe", "W1"),
        ),
        unit_bookings=(
            UnitBooking("K2", "U2", "W2", NOW, NOW + 60, BookingKind.USE, None, True),
            UnitBooking("K1", "U2", "W2", NOW + 80, NOW + 90, BookingKind.MAINTENANCE),
            UnitBooking("K3", "U1", "W1", NOW, NOW + 9, terms=TERMS),
        ),
        drugs=(
            Drug("D2", "Blood", "red cells", "1", "bag", "iv", "ml", HandlingClass.BLOOD, 7, ("D3",)),
            Drug("D3", "Red cells", "red cells", "1", "bag", "iv", "ml", HandlingClass.BLOOD),
            Drug("D1", "Heparin", "heparin"),
        ),
        lots=(
            Lot("L2", "D2", 9, NOW + 900, 4, LotState.QUARANTINED, "W2", BloodGroup.AB_NEG, "P1"),
            Lot("L1", "D1", 100, NOW + 9000),
        ),
        staff=(StaffMember("N2", "W2", frozenset({"ventilator", "chemo"}), 7, True), StaffMember("N1", "W1")),
        shifts=(
            Shift(
                "H2",
                "N2",
                "W2",
                NOW,
                NOW + 720,
                (Interval(NOW + 60, NOW + 90), Interval(NOW + 300, NOW + 330)),
                DutyKind.ON_CALL,
                NOW + 10,
                30,
                True,
            ),
            Shift("H1", "N1", "W1", NOW, NOW + 480),
        ),
        persons=(
            Person(
                "P2",
                Sex.FEMALE,
                -10_000_000,
                61,
                frozenset({Isolation.CONTACT, Isolation.AIRBORNE}),
                (Infection("tb", InfectionStatus.CONFIRMED, True), Infection("flu")),
                frozenset({"measles"}),
                frozenset({"penicillin"}),
                BloodGroup.O_POS,
                True,
                True,
                True,
                frozenset({"P1", "somebody else"}),
            ),
            Person("P1"),
        ),
        stays=(
            Stay(
                "T3",
                "P1",
                "B3",
                NOW,
                NOW + 90,
                Care("surgery"),
                with_stay_id="T2",
            ),
            Stay(
                "T2",
                "P2",
                "B2",
                NOW - 500,
                NOW + 90,
                Care(
                    "surgery",
                    2,
                    frozenset({Feature.OXYGEN}),
                    frozenset({"ventilator"}),
                    PooledCapacity(1, 0, 12),
                ),
                StayState.OCCUPYING,
                Departure.CONFIRMED,
                "req",
                "alc",
            ),
            Stay("T1", "P1", "B1", NOW, NOW + 60, Care("cardiology"), StayState.IN_TRANSIT),
        ),
    ).checked()


def put(database, hospital):
    with database.writing() as connection:
        store_hospital(connection, hospital, Instant.of_minute(NOW), name="Test", sandbox=True)


def get(database, since=None):
    with database.reading() as connection:
        return load_hospital(connection, since)


def test_every_field_of_a_hospital_comes_back_as_it_was_stored(empty_database):
    hospital = full_hospital()
    put(empty_database, hospital)
    assert get(empty_database) == hospital


def test_a_generated_hospital_comes_back_as_it_was_stored(empty_database):
    hospital = generate("district", 3, NOW)
    put(empty_database, hospital)
    assert get(empty_database) == hospital


def test_what_is_over_can_be_left_out(empty_database):
    put(empty_database, full_hospital())
    loaded = get(empty_database, since=NOW + 500)
    assert [shift.id for shift in loaded.shifts] == ["H2"]
    assert [booking.id for booking in loaded.unit_bookings] == ["K2"]  # pinned, whatever its end
    assert [block.reason for block in loaded.wards[0].blocks] == ["outbreak"]


def test_a_database_holds_one_hospital(empty_database):
    put(empty_database, full_hospital())
    with pytest.raises(DatabaseExists):
        put(empty_database, full_hospital())
    assert get(empty_database) == full_hospital()


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"stays": (Stay("X", "P1", "B2", NOW + 80, NOW + 99, Care("x")),)}, "stay_bed"),
        (
            {"unit_bookings": (UnitBooking("X", "U2", "W2", NOW + 70, NOW + 75),)},
            "unit_booking_unit",  # within the turnaround after K2
        ),
    ],
)
def test_a_hospital_that_breaks_an_absolute_rule_is_stored_not_at_all(empty_database, changes, guard):
    hospital = full_hospital()
    broken = replace(hospital, **{name: getattr(hospital, name) + more for name, more in changes.items()})
    with pytest.raises(IntegrityError) as caught:
        put(empty_database, broken)
    assert empty_database.dialect.violated_guard(caught.value) == guard
    with empty_database.reading() as connection:
        tables = [name for kind, name in empty_database.dialect.objects(connection) if kind == "table"]
        filled = [t for t in tables if connection.scalar(text(f"SELECT count(*) FROM {t}"))]
    assert filled == ["alembic_version"]
