"""A whole hospital into an empty database, and the present hospital out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, false, func, insert, or_, select, true, update

from models import rows
from models.clock import Instant
from models.errors import DatabaseExists
from models.stored_lots import cards, earlier_reservations, load_lots, openings
from models.tables import care, drugs, equipment, ledger, people, places, staff, stock
from models.tables.base import LAST_POSITION
from solver.hospital import (
    Block,
    BookingKind,
    BookingTerms,
    CleaningTimes,
    EquipmentType,
    Hospital,
    Minute,
    Site,
    StayState,
    Unit,
    UnitBooking,
    Ward,
    transport_minutes,
)

OPEN_REQUESTS = ("unplaced", "placed", "confirmed", "arrived")


def store_hospital(
    connection: Connection, hospital: Hospital, now: Instant, *, name: str, sandbox: bool
) -> None:
    """Store a checked hospital in a database that holds none yet, all or nothing (the caller commits).

    Raises ``DatabaseExists`` if it holds one, ``sqlalchemy.exc.IntegrityError`` naming a guard if the
    hospital breaks an absolute rule (two in one bed, a unit booked again before its turnaround is over,
    more reserved than there is).
    """
    if connection.scalar(select(func.count()).select_from(ledger.hospital_meta)):
        raise DatabaseExists("The database holds a hospital already; import into a new database.")
    connection.execute(insert(ledger.hospital_meta), _meta(hospital, now, name, sandbox))
    _store_content(connection, hospital, now)


def fill_hospital(connection: Connection, hospital: Hospital, now: Instant) -> None:
    """As ``store_hospital`` in a database whose hospital has a name but no places yet.

    The time zone becomes that of the first site. Raises ``DatabaseExists`` if there are places.
    """
    if connection.scalar(select(func.count()).select_from(places.site)):
        raise DatabaseExists("The database holds a hospital already; import into a new database.")
    given = _meta(hospital, now, "", False)
    connection.execute(
        update(ledger.hospital_meta).values(time_zone=given["time_zone"], cleaning=given["cleaning"])
    )
    _store_content(connection, hospital, now)


def _store_content(connection: Connection, hospital: Hospital, now: Instant) -> None:
    _store_places(connection, hospital, now)
    _store_equipment_and_drugs(connection, hospital, now)
    _put(connection, staff.staff_member, map(rows.row, hospital.staff))
    _put(connection, staff.shift, map(rows.row, hospital.shifts), now)
    _put(connection, people.person, map(rows.row, hospital.persons), now)
    _store_stays(connection, hospital, now)
    _store_bookings(connection, hospital, now)
    _put_blocks(connection, hospital, now)
    _put(connection, places.bed_status, _bed_status_rows(hospital, now), now, ordered=False)


def load_hospital(connection: Connection, since: Minute | None = None) -> Hospital:
    """The hospital as it stands: live stays, active bookings, everything in the order it was stored in.

    ``since`` leaves out shifts and blocks that were over at that minute, and unpinned bookings over so long before it
    that a unit which sets out to serve from then on does not meet them. Reads in bulk; not checked again
    (``Hospital.checked`` does that).
    """
    blocks = _blocks(connection, since)
    sites, wards = tuple(map(rows.read_site, _rows(connection, places.site))), _wards(connection, blocks)
    return Hospital(
        sites=sites,
        wards=wards,
        rooms=tuple(rows.read_room(r, blocks[r.id]) for r in _rows(connection, places.room)),
        beds=_beds(connection, blocks),
        ratios=tuple(
            map(rows.read_ratio, _rows(connection, places.nursing_ratio, places.nursing_ratio.c.scope == ""))
        ),
        cleaning=load_cleaning(connection),
        equipment_types=_equipment_types(connection),
        units=tuple(map(rows.read_unit, _rows(connection, equipment.unit))),
        unit_bookings=_unit_bookings(
            connection, None if since is None else since - longest_way(sites, wards)
        ),
        drugs=_drugs(connection),
        lots=load_lots(connection),
        staff=tuple(map(rows.read_staff_member, _rows(connection, staff.staff_member))),
        shifts=_shifts(connection, since),
        persons=_persons(connection),
        stays=tuple(
            map(rows.read_stay, _rows(connection, care.stay, care.stay.c.state.in_(care.LIVE_STAYS)))
        ),
    )


def load_cleaning(connection: Connection) -> CleaningTimes:
    """How long each kind of cleaning takes here."""
    return CleaningTimes(**connection.execute(select(ledger.hospital_meta.c.cleaning)).scalar_one())


def blocked(
    booking: UnitBooking,
    unit: Unit,
    types: Mapping[str, EquipmentType],
    wards: Mapping[str, Ward],
    sites: Mapping[str, Site],
) -> tuple[Minute, Minute]:
    """The minutes a booking takes of its unit: transport from where it is kept, the use, the turnaround."""
    if booking.kind is BookingKind.MAINTENANCE:
        return booking.start, booking.end
    home, there = wards[unit.ward_id], wards[booking.ward_id]
    way = transport_minutes(sites[home.site_id], home, there)
    return booking.start - way, booking.end + types[unit.type_id].turnaround_minutes


def longest_way(sites: Iterable[Site], wards: Iterable[Ward]) -> int:
    """Minutes that no transport inside a site exceeds."""
    floors = [ward.floor for ward in wards] or [0]
    height = max(floors) - min(floors)
    return max(
        (
            site.transport_base_minutes
            + height * site.transport_floor_minutes
            + site.transport_building_minutes
            for site in sites
        ),
        default=0,
    )


def _meta(hospital: Hospital, now: Instant, name: str, sandbox: bool) -> dict[str, Any]:
    return {
        "id": 1,
        "name": name,
        "sandbox": sandbox,
        "time_zone": hospital.sites[0].time_zone if hospital.sites else "UTC",
        "revision": 0,
        "cleaning": asdict(hospital.cleaning),
        "created_microsecond": now.microsecond,
    }


def _put(
    connection: Connection,
    table: Table,
    records: Iterable[dict[str, Any]],
    now: Instant | None = None,
    *,
    ordered: bool = True,
) -> None:
    """Insert rows with their position and, given ``now``, as first versions."""
    extra: dict[str, Any] = {} if now is None else {"version": 1, "recorded_microsecond": now.microsecond}
    ready = [
        record | extra | ({"position": number} if ordered else {}) for number, record in enumerate(records)
    ]
    if ready:
        connection.execute(insert(table), ready)


def _store_places(connection: Connection, hospital: Hospital, now: Instant) -> None:
    _put(connection, places.site, map(rows.row, hospital.sites))
    _put(connection, places.ward, map(rows.row, hospital.wards))
    _put(connection, places.nursing_ratio, _ratio_rows(hospital))
    _put(connection, places.room, map(rows.row, hospital.rooms))
    _put(connection, places.bed, map(rows.row, hospital.beds))


def _ratio_rows(hospital: Hospital) -> Iterator[dict[str, Any]]:
    scopes: list[Ward | None] = [None, *hospital.wards]
    for ward in scopes:
        for ratio in hospital.ratios if ward is None else ward.ratios:
            yield {"scope": ward.id if ward else "", "ward_id": ward.id if ward else None, **asdict(ratio)}


def _store_equipment_and_drugs(connection: Connection, hospital: Hospital, now: Instant) -> None:
    _put(connection, equipment.equipment_type, map(rows.row, hospital.equipment_types))
    substitutes = [
        {"type_id": kind.id, "place": place, "substitute_id": other}
        for kind in hospital.equipment_types
        for place, other in enumerate(kind.substitutes)
    ]
    _put(connection, equipment.equipment_substitute, substitutes, ordered=False)
    _put(connection, equipment.unit, map(rows.row, hospital.units), now)
    _put(connection, drugs.drug, map(rows.row, hospital.drugs))
    equivalents = [
        {"drug_id": drug.id, "place": place, "equivalent_id": other}
        for drug in hospital.drugs
        for place, other in enumerate(drug.equivalents)
    ]
    _put(connection, drugs.drug_equivalent, equivalents, ordered=False)
    _put(connection, drugs.lot, map(rows.row, hospital.lots), now)
    balances = [{"lot_id": lot.id, "on_hand": 0, "reserved": 0} for lot in hospital.lots]
    _put(connection, drugs.lot_balance, balances, ordered=False)
    _put(connection, drugs.lot_move, openings(hospital, now), ordered=False)
    _put(connection, stock.lot_card, cards(hospital, now), ordered=False)
    reservations = list(earlier_reservations(hospital, now))
    if reservations:
        connection.execute(insert(drugs.lot_reservation), reservations)


def _store_stays(connection: Connection, hospital: Hospital, now: Instant) -> None:
    ready = [rows.row(stay) for stay in hospital.stays]
    # A companion's stay may stand before the stay it accompanies: the pointer follows when both are there.
    _put(connection, care.stay, ({**record, "with_stay_id": None} for record in ready), now)
    _put(connection, care.occupancy, _occupancy_rows(hospital), now, ordered=False)
    for stay in hospital.stays:
        if stay.with_stay_id is not None:
            pointer = {"with_stay_id": stay.with_stay_id, "version": 2}
            connection.execute(update(care.stay).where(care.stay.c.id == stay.id).values(pointer))


def _occupancy_rows(hospital: Hospital) -> Iterator[dict[str, Any]]:
    for stay in hospital.stays:
        if stay.state is StayState.OCCUPYING:
            yield {
                "id": f"{stay.id}/occupancy",
                "stay_id": stay.id,
                "person_id": stay.person_id,
                "bed_id": stay.bed_id,
                "companion": stay.with_stay_id is not None,
                "arrived_minute": stay.start,
                "left_minute": None,
                "void": False,
            }


def _store_bookings(connection: Connection, hospital: Hospital, now: Instant) -> None:
    units = {unit.id: unit for unit in hospital.units}
    types = {kind.id: kind for kind in hospital.equipment_types}
    wards = {ward.id: ward for ward in hospital.wards}
    sites = {site.id: site for site in hospital.sites}
    ready = []
    for booking in hospital.unit_bookings:
        start, end = blocked(booking, units[booking.unit_id], types, wards, sites)
        # No allocation of an imported booking is known here, so there is nothing to point to.
        extra = {"blocked_start": start, "blocked_end": end, "allocation_id": None}
        ready.append(rows.row(booking) | extra)
    _put(connection, equipment.unit_booking, ready, now)
    own = (rows.terms_row(booking) for booking in hospital.unit_bookings if booking.terms is not None)
    _put(connection, equipment.booking_terms, own, ordered=False)


def _put_blocks(connection: Connection, hospital: Hospital, now: Instant) -> None:
    ready = [
        block_row(f"{place.id}/{column}/{number}", column, place.id, block)
        for column, records in (
            ("ward_id", hospital.wards),
            ("room_id", hospital.rooms),
            ("bed_id", hospital.beds),
        )
        for place in records
        for number, block in enumerate(place.blocks)
    ]
    _put(connection, places.place_block, ready, now, ordered=False)


def block_row(block_id: str, column: str, place_id: str, block: Block) -> dict[str, Any]:
    """A block as a row; ``column`` is ``ward_id``, ``room_id`` or ``bed_id``."""
    place = {"ward_id": None, "room_id": None, "bed_id": None, column: place_id}
    times = {"start_minute": block.start, "end_minute": block.end}
    return {"id": block_id, **place, **times, "reason": block.reason, "void": False}


def _bed_status_rows(hospital: Hospital, now: Instant) -> Iterator[dict[str, Any]]:
    for bed in hospital.beds:
        yield {
            "id": f"{bed.id}/imported",
            "bed_id": bed.id,
            "start_minute": now.minute,
            "end_minute": None,
            "status": bed.status.value,
            "clean_at": bed.clean_at,
        }


def _rows(connection: Connection, table: Table, *conditions: Any) -> list[Any]:
    order = [column for column in (table.c.get("position"), *table.primary_key.columns) if column is not None]
    return list(connection.execute(select(table).where(*conditions).order_by(*order)).all())


def _blocks(connection: Connection, since: Minute | None) -> defaultdict[str, list[Block]]:
    table = places.place_block
    found: defaultdict[str, list[Block]] = defaultdict(list)
    conditions: list[ColumnElement[bool]] = [table.c.void.is_(false())]
    if since is not None:
        conditions.append(or_(table.c.end_minute.is_(None), table.c.end_minute > since))
    for r in _rows(connection, table, *conditions):
        found[r.ward_id or r.room_id or r.bed_id].append(rows.read_block(r))
    return found


def _wards(connection: Connection, blocks: defaultdict[str, list[Block]]) -> tuple[Ward, ...]:
    ratios = defaultdict(list)
    for r in _rows(connection, places.nursing_ratio, places.nursing_ratio.c.scope != ""):
        ratios[r.ward_id].append(rows.read_ratio(r))
    return tuple(rows.read_ward(r, ratios[r.id], blocks[r.id]) for r in _rows(connection, places.ward))


def _beds(connection: Connection, blocks: defaultdict[str, list[Block]]) -> tuple[Any, ...]:
    in_force = _rows(connection, places.bed_status, places.bed_status.c.end_minute.is_(None))
    status = {r.bed_id: r for r in in_force}
    standing = _rows(connection, places.bed, places.bed.c.removed_minute.is_(None))
    return tuple(rows.read_bed(r, status.get(r.id), blocks[r.id]) for r in standing)


def _equipment_types(connection: Connection) -> tuple[EquipmentType, ...]:
    substitutes = defaultdict(list)
    for r in _rows(connection, equipment.equipment_substitute):
        substitutes[r.type_id].append(r.substitute_id)
    found = _rows(connection, equipment.equipment_type)
    return tuple(rows.read_equipment_type(r, substitutes[r.id]) for r in found)


def _unit_bookings(connection: Connection, since: Minute | None) -> tuple[UnitBooking, ...]:
    table = equipment.unit_booking
    conditions: list[ColumnElement[bool]] = [table.c.state == "active"]
    if since is not None:
        conditions.append(or_(table.c.pinned.is_(true()), table.c.blocked_end > since))
    terms = _terms(connection, conditions)
    return tuple(rows.read_unit_booking(r, terms.get(r.id)) for r in _rows(connection, table, *conditions))


def _terms(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> dict[str, BookingTerms]:
    """What bookings were asked for, the last revision of each."""
    table, booking = equipment.booking_terms, equipment.unit_booking
    found = select(table).join(booking).where(*conditions).order_by(table.c.revision)
    return {r.unit_booking_id: rows.read_terms(r) for r in connection.execute(found)}


def _drugs(connection: Connection) -> tuple[Any, ...]:
    equivalents = defaultdict(list)
    for r in _rows(connection, drugs.drug_equivalent):
        equivalents[r.drug_id].append(r.equivalent_id)
    return tuple(rows.read_drug(r, equivalents[r.id]) for r in _rows(connection, drugs.drug))


def _shifts(connection: Connection, since: Minute | None) -> tuple[Any, ...]:
    conditions: list[ColumnElement[bool]] = [staff.shift.c.cancelled.is_(false())]
    if since is not None:
        conditions.append(staff.shift.c.end_minute > since)
    return tuple(map(rows.read_shift, _rows(connection, staff.shift, *conditions)))


def _persons(connection: Connection) -> tuple[Any, ...]:
    """Who lies or is awaited somewhere, who asks, and who was imported."""
    table = people.person
    lying = select(care.stay.c.person_id).where(care.stay.c.state.in_(care.LIVE_STAYS))
    asking = select(care.request.c.person_id).where(care.request.c.state.in_(OPEN_REQUESTS))
    present = or_(table.c.position < LAST_POSITION, table.c.id.in_(lying), table.c.id.in_(asking))
    return tuple(map(rows.read_person, _rows(connection, table, present)))
