"""The vocabulary of a hospital: frozen records that every other part speaks.

Site > ward > room > bed; units of equipment; lots of drugs; staff and their shifts; persons, stays, requests,
allocations. A record checks itself at the door and lists every problem it has; ``Hospital`` checks what only
shows when records meet (unknown ids, duplicates, two people in one bed).

All times are whole minutes since 1970-01-01T00:00Z, all intervals half-open ``[start, end)``.
"""

from solver.hospital.allocation import Allocation, LotUse, UnitUse
from solver.hospital.drugs import (
    BloodGroup,
    Drug,
    HandlingClass,
    Lot,
    LotState,
    blood_is_compatible,
    usable_until,
)
from solver.hospital.equipment import (
    BookingKind,
    BookingTerms,
    EquipmentType,
    Unit,
    UnitBooking,
    UnitState,
)
from solver.hospital.hospital import Hospital
from solver.hospital.people import (
    Infection,
    InfectionStatus,
    Isolation,
    Person,
    Sex,
)
from solver.hospital.places import (
    Bed,
    BedKind,
    Block,
    Cleaning,
    CleaningTimes,
    Feature,
    OperationalStatus,
    PooledCapacity,
    Room,
    SexPolicy,
    Site,
    Ward,
    air_clearance_minutes,
    transport_minutes,
)
from solver.hospital.requests import (
    Companion,
    DrugNeed,
    EquipmentNeed,
    Origin,
    Priority,
    Request,
    RequestState,
    Step,
)
from solver.hospital.staff import DutyKind, NursingRatio, Shift, StaffMember
from solver.hospital.stays import Care, Departure, Stay, StayState
from solver.hospital.timegrid import Interval, Minute, from_minute, to_minute

__all__ = [
    "Allocation",
    "Bed",
    "BedKind",
    "Block",
    "BloodGroup",
    "BookingKind",
    "BookingTerms",
    "Care",
    "Cleaning",
    "CleaningTimes",
    "Companion",
    "Departure",
    "Drug",
    "DrugNeed",
    "DutyKind",
    "EquipmentNeed",
    "EquipmentType",
    "Feature",
    "HandlingClass",
    "Hospital",
    "Infection",
    "InfectionStatus",
    "Interval",
    "Isolation",
    "Lot",
    "LotState",
    "LotUse",
    "Minute",
    "NursingRatio",
    "OperationalStatus",
    "Origin",
    "Person",
    "PooledCapacity",
    "Priority",
    "Request",
    "RequestState",
    "Room",
    "Sex",
    "SexPolicy",
    "Shift",
    "Site",
    "StaffMember",
    "Stay",
    "StayState",
    "Step",
    "Unit",
    "UnitBooking",
    "UnitState",
    "UnitUse",
    "Ward",
    "air_clearance_minutes",
    "blood_is_compatible",
    "from_minute",
    "to_minute",
    "transport_minutes",
    "usable_until",
]
