"""The rows of the hospital in memory, and what is refused of them: ``models.hospital_guards`` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from benchmarks.safety.replay.memory import Tables
from models.errors import GuardViolation
from models.repositories.equipment import goes_along
from models.repositories.staff import Slot, moved_by_shift
from models.store import blocked
from solver.hospital import (
    Allocation,
    Bed,
    BookingKind,
    LotState,
    LotUse,
    Minute,
    OperationalStatus,
    Request,
    Shift,
    Stay,
    StayState,
    UnitBooking,
    UnitState,
)

UNCLEAN = (OperationalStatus.HOUSEKEEPING, OperationalStatus.CONTAMINATED)
UNUSABLE = (UnitState.BROKEN, UnitState.RECALLED, UnitState.MAINTENANCE)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Who lay where; ``left`` None: not over yet."""

    stay_id: str
    person_id: str
    bed_id: str
    companion: bool
    arrived: Minute
    left: Minute | None = None

    def goes_on_after(self, minute: Minute) -> bool:
        """Whether it overlaps one that begins at a minute and has no end yet."""
        return self.left is None or self.left > minute


@dataclass(frozen=True, slots=True)
class Booked:
    """An active booking and the minutes it takes of its unit."""

    booking: UnitBooking
    start: Minute
    end: Minute


@dataclass(frozen=True, slots=True)
class Reserved:
    """What an allocation has of a lot; ``state``: reserved, released or dispensed."""

    use: LotUse
    until: Minute
    state: str = "reserved"


# --- beds -------------------------------------------------------------------------------------------------
def put_stay(tables: Tables, before: Stay | None, stay: Stay) -> None:
    """Add or change a live stay; one that begins to occupy its bed has arrived at its start."""
    others = (other for other in tables.rows["Stay"].values() if other.id != stay.id)
    taken = any(o.bed_id == stay.bed_id and o.start < stay.end and stay.start < o.end for o in others)
    tables.refuse("stay_bed", taken)
    tables.refuse("foreign_key", stay.person_id not in tables.rows["Person"])
    tables.put("Stay", stay.id, stay)
    if stay.state is StayState.OCCUPYING and (before is None or before.state is not StayState.OCCUPYING):
        _arrive(tables, stay)


def _arrive(tables: Tables, stay: Stay) -> None:
    new = Occupancy(stay.id, stay.person_id, stay.bed_id, stay.with_stay_id is not None, stay.start)
    there = [o for o in tables.rows["occupancy"].values() if o.goes_on_after(stay.start)]
    tables.refuse("occupancy_bed", any(o.bed_id == new.bed_id for o in there))
    twice = any(o.person_id == new.person_id and not o.companion for o in there)
    tables.refuse("occupancy_person", twice and not new.companion)
    bed: Bed = tables.rows["Bed"][stay.bed_id]
    unclean = bed.status in UNCLEAN if bed.clean_at is None else bed.clean_at > stay.start
    tables.refuse("occupancy_bed_clean", unclean)
    tables.put("occupancy", (stay.id, stay.start), new)


def end_stay(tables: Tables, stay: Stay, minute: Minute, forget: Minute) -> None:
    """Take a stay out; who lay there has left. Occupancies over before ``forget`` matter no longer and go."""
    tables.drop("Stay", stay.id)
    if stay.state is StayState.OCCUPYING:
        for key, found in list(tables.rows["occupancy"].items()):
            if found.stay_id == stay.id and found.left is None:
                left = max(minute, stay.start + 1, found.arrived + 1)
                ended = Occupancy(
                    found.stay_id, found.person_id, found.bed_id, found.companion, found.arrived, left
                )
                tables.put("occupancy", key, ended)
            elif found.left is not None and found.left < forget:
                tables.drop("occupancy", key)


# --- equipment --------------------------------------------------------------------------------------------
def put_booking(tables: Tables, before: UnitBooking | None, booking: UnitBooking) -> None:
    """Add or change a booking."""
    units = tables.rows["Unit"]
    given = booking.kind is BookingKind.USE and booking.allocation_id is not None
    unusable = before is None and given and units[booking.unit_id].state in UNUSABLE
    tables.refuse("unit_booking_usable", unusable)
    rows = tables.rows
    start, end = blocked(booking, units[booking.unit_id], rows["EquipmentType"], rows["Ward"], rows["Site"])
    if before is not None and goes_along(before, booking):
        start = max(start, rows["UnitBooking"][booking.id].start)
    taken = any(
        other.booking.unit_id == booking.unit_id and other.start < end and start < other.end
        for key, other in rows["UnitBooking"].items()
        if key != booking.id
    )
    tables.refuse("unit_booking_unit", taken)
    tables.put("UnitBooking", booking.id, Booked(booking, start, end))


# --- drugs ------------------------------------------------------------------------------------------------
def reserve(tables: Tables, request: Request, allocation: Allocation, uses: Iterable[LotUse]) -> None:
    """Reserve lots under an allocation until their last use."""
    within = {need.drug_id: need.use_within_minutes for need in request.drugs}
    for use in uses:
        until = allocation.start + within.get(use.drug_id, 0)
        lot = tables.rows["Lot"][use.lot_id]
        tables.refuse("lot_reservation_usable", lot.state is not LotState.AVAILABLE or lot.expires < until)
        _move(tables, use.lot_id, 0, use.quantity)
        had = tables.rows["reservation"].get(allocation.id, ())
        tables.put("reservation", allocation.id, (*had, Reserved(use, until)))


def end_reservations(
    tables: Tables, allocation_id: str, state: str, now: Minute, which: Callable[[LotUse], bool]
) -> None:
    """Release or dispense what an allocation still has reserved."""
    after = []
    for had in tables.rows["reservation"].get(allocation_id, ()):
        if had.state != "reserved" or not which(had.use):
            after.append(had)
            continue
        dispensed = state == "dispensed"
        if dispensed:
            lot = tables.rows["Lot"][had.use.lot_id]
            barred = lot.state is not LotState.AVAILABLE or lot.expires <= now
            tables.refuse("lot_reservation_dispensable", barred)
        _move(tables, had.use.lot_id, -had.use.quantity if dispensed else 0, -had.use.quantity)
        after.append(Reserved(had.use, had.until, state))
    if after:
        tables.put("reservation", allocation_id, tuple(after))


def _move(tables: Tables, lot_id: str, on_hand: int, reserved: int) -> None:
    had = tables.rows["balance"][lot_id]
    now = had[0] + on_hand, had[1] + reserved
    tables.refuse("ck_lot_balance_available", not 0 <= now[1] <= now[0])
    tables.put("balance", lot_id, now)


# --- cover ------------------------------------------------------------------------------------------------
def revise_cover(tables: Tables, seen: Mapping[Slot, int]) -> None:
    """Count each slot up if it is still the one that was seen."""
    for slot, revision in seen.items():
        stands = tables.rows["cover"].get(slot, 0)
        tables.refuse("cover_revision", stands != revision)
        tables.put("cover", slot, stands + 1)


def put_shift(tables: Tables, before: Shift | None, after: Shift | None) -> None:
    """Add, change or cancel a shift, and revise the cover it touches."""
    for slot, times in moved_by_shift(before, after).items():
        tables.put("cover", slot, tables.rows["cover"].get(slot, 0) + times)
    if after is not None:
        tables.put("Shift", after.id, after)
    elif before is not None:
        tables.drop("Shift", before.id)


def version_stands(tables: Tables, request_id: str, expected: int | None) -> int:
    """The version of a stored request; raises ``GuardViolation`` if it is not the one that was seen."""
    stored = tables.rows["request"].get(request_id)
    if stored is None:
        raise GuardViolation("request_version")
    tables.refuse("request_version", expected is not None and stored.version != expected)
    return int(stored.version)


def any_of(lot_ids: Collection[str]) -> Callable[[LotUse], bool]:
    """Chooses uses of these lots."""
    return lambda use: use.lot_id in lot_ids
