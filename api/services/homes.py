"""Where the live hospital keeps its records, by their kind."""

from __future__ import annotations

from typing import Any, Final

from solver.hospital import (
    Bed,
    Drug,
    EquipmentType,
    Lot,
    Person,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)
from solver.placing.live import LiveHospital


def record_of(live: LiveHospital, kind: type, record_id: str) -> Any:
    """The present record of a kind and id, or None."""
    return getattr(live.records, _HOMES[kind]).get(record_id)


_HOMES: Final[dict[type, str]] = {
    Site: "sites",
    Ward: "wards",
    Room: "rooms",
    Bed: "beds",
    EquipmentType: "equipment_types",
    Unit: "units",
    UnitBooking: "unit_bookings",
    Drug: "drugs",
    Lot: "lots",
    StaffMember: "staff",
    Shift: "shifts",
    Person: "persons",
    Stay: "stays",
}
