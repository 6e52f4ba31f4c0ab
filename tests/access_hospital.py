"""Three wards for the access matrix: two on one site, one on another; every bed either taken or free.

Ward W1 is where accounts are held that belong to one ward, S the site of those that belong to one site. Everybody in
it is made up.
"""

from __future__ import annotations

from solver.hospital import (
    Bed,
    Care,
    Drug,
    DutyKind,
    EquipmentType,
    HandlingClass,
    Hospital,
    Lot,
    NursingRatio,
    Person,
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

NOW = 29_540_160
"""2026-03-02T00:00Z."""

DAY = 1440
SITE_OF_WARD = {"W1": "S", "W2": "S", "X1": "T"}
TAKEN, FREE, NURSES = 80, 300, 90


def access_hospital(now: int = NOW) -> Hospital:
    """The hospital described above as it stands at a minute, checked."""
    wards = tuple(SITE_OF_WARD)
    staff = tuple(StaffMember(f"N-{w}-{n}", w, frozenset({"iv"})) for w in wards for n in range(NURSES))
    taken = [(w, n) for w in wards for n in range(TAKEN)]
    return Hospital(
        sites=tuple(Site(site, f"Site {site}", "UTC") for site in ("S", "T")),
        wards=tuple(Ward(w, site, f"Ward {w}", frozenset({"medicine"})) for w, site in SITE_OF_WARD.items()),
        rooms=tuple(Room(f"R-{w}", w, f"Hall {w}", sex_policy=SexPolicy.MIXED) for w in wards),
        beds=tuple(Bed(f"B-{w}-{n}", f"R-{w}", care_level=3) for w in wards for n in range(TAKEN + FREE)),
        ratios=tuple(NursingRatio(level, 6, 5, "these tests") for level in range(4)),
        equipment_types=(EquipmentType("pump", "Infusion pump", 10),),
        units=(
            *(Unit(f"U-{w}", "pump", w, model=f"M-{w}") for w in wards),
            Unit("U-out", "pump", "W1", state=UnitState.BROKEN),
        ),
        unit_bookings=(UnitBooking("K-out", "U-out", "W1", now + 300 * DAY, now + 300 * DAY + 60),),
        drugs=(
            Drug("heparin", "Heparin", "heparin"),
            Drug("morphine", "Morphine", "morphine", handling=HandlingClass.CONTROLLED),
        ),
        lots=(
            *(Lot(f"L-{w}", "heparin", 10, now + 60 * DAY, ward_id=w) for w in wards),
            *(Lot(f"C-{w}", "morphine", 10_000, now + 60 * DAY, ward_id=w) for w in wards),
            Lot("L-pharmacy", "heparin", 10, now + 60 * DAY),
        ),
        staff=staff,
        shifts=(
            *(Shift(f"D-{m.id}", m.id, m.ward_id, now - 60, now + DAY + 60) for m in staff),
            *(Shift(f"C-{w}", f"N-{w}-0", w, now + DAY, now + 2 * DAY, kind=DutyKind.ON_CALL) for w in wards),
        ),
        persons=(
            *(Person(f"P-{w}-{n}", Sex.FEMALE, now - 60 * 525_960) for w, n in taken),
            *(Person(f"Q-{w}-{n}", Sex.FEMALE) for w in wards for n in range(2)),
        ),
        stays=tuple(
            Stay(f"S-{w}-{n}", f"P-{w}-{n}", f"B-{w}-{n}", now - DAY, now + DAY, _CARE, StayState.OCCUPYING)
            for w, n in taken
        ),
    ).checked()


_CARE = Care("medicine", 0)
