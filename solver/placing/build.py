"""Compiling plain records into arrays, from scratch: places, units, lots. Stays and cover are filled by patches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from solver.engine.types import Int64
from solver.equipment.kernels import UnitArrays
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    BookingKind,
    HandlingClass,
    Lot,
    LotState,
    OperationalStatus,
    Unit,
    Ward,
    air_clearance_minutes,
    from_minute,
    transport_minutes,
)
from solver.hospital.places import MAX_AGE_YEARS
from solver.hospital.staff import NURSE_SHARES
from solver.pharmacy.kernels import LotArrays, rank_lots
from solver.placing.codes import KIND, SEX_POLICY, SPECIAL_BITS, antigen_bits, feature_bits
from solver.placing.layout import FAR, Places
from solver.placing.problem import PRESSURE_FEATURES
from solver.placing.records import Records

LEVELS: Final = 4
ONE_TO_ONE: Final = LEVELS
"""Row of the share tables for persons who have a nurse of their own."""

MAIN_KINDS: Final = frozenset({BedKind.BED, BedKind.INCUBATOR})
UNCLEAN: Final = frozenset(
    {OperationalStatus.CONTAMINATED, OperationalStatus.ISOLATED, OperationalStatus.HOUSEKEEPING}
)


def numbered(ids: Iterable[str]) -> dict[str, int]:
    """Position of each id."""
    return {record_id: number for number, record_id in enumerate(ids)}


def grouped(keys: Sequence[int], groups: int) -> tuple[Int64, Int64]:
    """Compressed rows: members of group g are ``members[pointer[g] : pointer[g + 1]]``, in order of index."""
    array = np.asarray(keys, np.int64)
    pointer = np.zeros(groups + 1, np.int64)
    np.cumsum(
        np.bincount(array, minlength=groups) if array.size else np.zeros(groups, np.int64), out=pointer[1:]
    )
    return pointer, np.argsort(array, kind="stable").astype(np.int64)


def integers(values: Iterable[int]) -> Int64:
    """An int64 array of the values."""
    return np.fromiter(values, np.int64)


def flags(values: Iterable[bool]) -> Any:
    """A boolean array of the values."""
    return np.fromiter(values, np.bool_)


def closures(records: Records, bed: Bed) -> list[tuple[int, int]]:
    """Minutes a bed is out of use: by its status, or by a block of bed, room or ward."""
    room = records.rooms[bed.room_id]
    blocks: tuple[Block, ...] = (*bed.blocks, *room.blocks, *records.wards[room.ward_id].blocks)
    spans = [(block.start, FAR if block.end is None else block.end) for block in blocks]
    never_clean = bed.status in UNCLEAN and bed.clean_at is None
    if bed.status is OperationalStatus.CLOSED or never_clean:
        spans.append((0, FAR))
    return spans


def filled_rows(rows: Sequence[Sequence[tuple[int, int]]], width: int) -> tuple[Int64, Int64, Int64]:
    """Spans per row as two int64 (n_rows, width) arrays and a count per row; width grows to the longest row."""
    width = max([width, *(len(row) for row in rows)])
    starts = np.zeros((len(rows), width), np.int64)
    ends = np.zeros((len(rows), width), np.int64)
    counts = integers(len(row) for row in rows)
    for number, row in enumerate(rows):
        for column, (start, end) in enumerate(row):
            starts[number, column] = start
            ends[number, column] = end
    return starts, ends, counts


def shares(records: Records, wards: Sequence[Ward], name: str) -> Int64:
    """Nurse shares int64 (5, n_wards) by care level, row 4 one to one; ``name`` floor_patients or target_patients."""
    table = np.full((LEVELS + 1, len(wards)), NURSE_SHARES, np.int64)
    for level in range(LEVELS):
        for number, ward in enumerate(wards):
            ratio = records.ratio(ward, level)
            table[level, number] = 0 if ratio is None else NURSE_SHARES // getattr(ratio, name)
    return table


def utc_offset_minutes(records: Records) -> int:
    """Minutes to add to UTC for the first site's local time, as of now."""
    site = next(iter(records.sites.values()), None)
    if site is None:
        return 0
    offset = from_minute(records.now, site.time_zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def places(records: Records) -> Places:
    """Every bed, room and ward as arrays, in the records' order."""
    beds, rooms, wards = (
        list(records.beds.values()),
        list(records.rooms.values()),
        list(records.wards.values()),
    )
    room_number, ward_number = numbered(records.rooms), numbered(records.wards)
    bed_room = integers(room_number[bed.room_id] for bed in beds)
    room_ward = integers(ward_number[room.ward_id] for room in rooms)
    room_features = integers(feature_bits(room.features) for room in rooms)
    bed_ward = room_ward[bed_room] if beds else integers(())
    room_ptr, room_beds = grouped(bed_room.tolist(), len(rooms))
    ward_ptr, ward_beds = grouped(bed_ward.tolist(), len(wards))
    main = np.bincount(bed_room, flags(bed.kind in MAIN_KINDS for bed in beds), len(rooms)) if beds else 0
    closed_from, closed_until, closed_count = filled_rows([closures(records, bed) for bed in beds], 4)
    own = integers(feature_bits(bed.features) for bed in beds)
    removal = records.cleaning.air_removal_permille
    return Places(
        room=bed_room,
        ward=bed_ward,
        kind=integers(KIND[bed.kind] for bed in beds),
        features=own | (room_features[bed_room] if beds else own),
        special=own & SPECIAL_BITS,
        care_level=integers(bed.care_level for bed in beds),
        max_weight=integers(bed.max_weight_kg for bed in beds),
        staffed=flags(bed.staffed for bed in beds),
        extra=flags(bed.kind is BedKind.EXTRA_BED for bed in beds),
        clean_from=integers(bed.clean_at or 0 for bed in beds),
        opens=integers(bed.opens for bed in beds),
        closes=integers(bed.closes for bed in beds),
        closed_from=closed_from,
        closed_until=closed_until,
        closed_count=closed_count,
        sex_policy=integers(SEX_POLICY[room.sex_policy] for room in rooms),
        pressure=flags(bool(room.features & PRESSURE_FEATURES) for room in rooms),
        single=np.asarray(main == 1) if beds else flags(()),
        air_minutes=integers(air_clearance_minutes(room.air_changes_per_hour, removal) for room in rooms),
        room_features=room_features,
        room_ptr=room_ptr,
        room_beds=room_beds,
        age_from=integers(ward.age_from_years for ward in wards),
        age_until=integers(ward.age_until_years for ward in wards),
        any_age=flags(ward.age_from_years == 0 and ward.age_until_years == MAX_AGE_YEARS for ward in wards),
        ward_ptr=ward_ptr,
        ward_beds=ward_beds,
        floor_shares=shares(records, wards, "floor_patients"),
        target_shares=shares(records, wards, "target_patients"),
        utc_offset=integers([utc_offset_minutes(records)]),
    )


def transport_table(records: Records) -> Int64:
    """Minutes from ward to ward, int64 (n_wards, n_wards); between sites by the first site's rules."""
    wards = list(records.wards.values())
    table = np.zeros((len(wards), len(wards)), np.int64)
    for row, origin in enumerate(wards):
        site = records.sites[origin.site_id]
        table[row] = [transport_minutes(site, origin, destination) for destination in wards]
    return table


def blocked_spans(records: Records, unit: Unit) -> list[tuple[int, int]]:
    """Minutes a unit is taken, with transport before and turnaround after each use."""
    turnaround = records.equipment_types[unit.type_id].turnaround_minutes
    home = records.wards[unit.ward_id]
    spans = []
    for booking_id in records.bookings_of_unit.get(unit.id, ()):
        booking = records.unit_bookings[booking_id]
        if booking.kind is BookingKind.MAINTENANCE:
            spans.append((booking.start, booking.end))
            continue
        way = transport_minutes(records.sites[home.site_id], home, records.wards[booking.ward_id])
        spans.append((booking.start - way, booking.end + turnaround))
    return spans


def unit_arrays(records: Records) -> UnitArrays:
    """Every unit as arrays, in the records' order."""
    units = list(records.units.values())
    type_number, ward_number = numbered(records.equipment_types), numbered(records.wards)
    kinds = integers(type_number[unit.type_id] for unit in units)
    type_ptr, type_units = grouped(kinds.tolist(), len(type_number))
    busy_from, busy_until, busy_count = filled_rows([blocked_spans(records, unit) for unit in units], 4)
    return UnitArrays(
        type_ptr=type_ptr,
        type_units=type_units,
        turnaround=integers(kind.turnaround_minutes for kind in records.equipment_types.values()),
        unit_type=kinds,
        ward=integers(ward_number[unit.ward_id] for unit in units),
        owner=integers(
            -1 if unit.owner_ward_id is None else ward_number[unit.owner_ward_id] for unit in units
        ),
        lendable=flags(unit.lendable for unit in units),
        usable=flags(unit.state.usable for unit in units),
        busy_from=busy_from,
        busy_until=busy_until,
        busy_count=busy_count,
        transport=transport_table(records),
    )


def lot_arrays(records: Records, person_number: Mapping[str, int]) -> LotArrays:
    """Every lot as arrays; ranks and stocks are those of ``records.now``."""
    lots = list(records.lots.values())
    drug_number, ward_number = numbered(records.drugs), numbered(records.wards)
    drug = integers(drug_number[lot.drug_id] for lot in lots)
    drug_ptr, _ = grouped(drug.tolist(), len(drug_number))
    order = sorted(range(len(lots)), key=lambda n: (int(drug[n]), lots[n].expires, lots[n].id))
    arrays = LotArrays(
        drug_ptr=drug_ptr,
        drug_lots=integers(order),
        safety=integers(d.safety_stock for d in records.drugs.values()),
        stock=np.zeros(len(drug_number), np.int64),
        is_blood=flags(d.handling is HandlingClass.BLOOD for d in records.drugs.values()),
        drug=drug,
        available=integers(lot.available for lot in lots),
        expires=integers(lot.expires for lot in lots),
        usable_until=integers(lot.usable_until for lot in lots),
        usable=flags(lot.state is LotState.AVAILABLE for lot in lots),
        ward=integers(-1 if lot.ward_id is None else ward_number[lot.ward_id] for lot in lots),
        rank=np.zeros(len(lots), np.int64),
        donor=integers(-1 if lot.blood_group is None else antigen_bits(lot.blood_group) for lot in lots),
        matched=integers(matched_person(lot, person_number) for lot in lots),
    )
    for number in range(len(drug_number)):
        rank_lots(arrays, number, records.now)
    return arrays


def matched_person(lot: Lot, person_number: Mapping[str, int]) -> int:
    """Index of the person a lot was cross-matched for, -1 when nobody (known) is."""
    return -1 if lot.crossmatched_for is None else person_number.get(lot.crossmatched_for, -1)
