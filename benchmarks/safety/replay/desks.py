"""Desks held against what is stored, and waiting requests against beds that are plainly free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api.services.cases import Case
from api.services.desk import Desk
from solver.hospital import Bed, OperationalStatus, RequestState, Room, Ward

KINDS = ("beds", "rooms", "wards", "units", "unit_bookings", "lots", "shifts", "persons", "stays")


def differences(live: Desk, stored: Desk) -> Iterator[tuple[Any, ...]]:
    """What a process's desk says otherwise than one that was built from storage just now."""
    for desk in (live, stored):
        desk.forget_the_past()
    for name in KINDS:
        mine, theirs = getattr(live.live.records, name), getattr(stored.live.records, name)
        for key in sorted(mine.keys() | theirs.keys()):
            a, b = (_present(records.get(key), live.live.now) for records in (mine, theirs))
            if a != b:
                yield name, a, b
    for slot in sorted(live.cover.keys() | stored.cover.keys()):
        if live.cover[slot] != stored.cover[slot]:
            yield "cover", slot, live.cover[slot], stored.cover[slot]
    for key in sorted(live.cases.keys() | stored.cases.keys()):
        case, other = live.cases.get(key), stored.cases.get(key)
        if case is None or other is None or _even(case) != _even(other):
            yield "case", case, other


def _present(record: Any, now: int) -> Any:
    """A place without blocks that are over, which a desk keeps and storage leaves out."""
    if not isinstance(record, Bed | Room | Ward):
        return record
    return replace(record, blocks=tuple(b for b in record.blocks if b.end is None or b.end > now))


def _even(case: Case) -> Case:
    """A case without what is not stored with it or only in another order."""
    allocation = case.allocation
    if allocation is not None:
        units = tuple(sorted(allocation.units, key=lambda u: (u.type_id, u.unit_id, u.start)))
        lots = tuple(sorted(allocation.lots, key=lambda u: (u.drug_id, u.lot_id)))
        allocation = replace(allocation, revision=0, units=units, lots=lots)
    need = case.need and replace(case.need, decide_again=0)
    return replace(case, allocation=allocation, need=need, explanation={}, waivers=())


def overlooked(desk: Desk) -> Iterator[tuple[str, str]]:
    """Requests of plain needs that wait though a clean, open bed in an empty room of the speciality is free."""
    records = desk.live.records
    for case in desk.cases.values():
        request = case.request
        person = records.persons[request.person_id]
        plain = not (request.equipment or request.drugs or request.from_stay_id or person.isolation)
        in_time = records.now <= request.needed_by + request.max_wait_minutes
        if case.state is not RequestState.UNPLACED or not plain or not in_time:
            continue
        for room_id, beds in records.beds_of_room.items():
            ward = records.wards[records.rooms[room_id].ward_id]
            empty = not any(records.bed_stays(bed_id) for bed_id in beds)
            wanted = request.care.speciality in ward.specialities and room_id not in request.excluded_room_ids
            if empty and wanted and not any(records.rooms[room_id].features):
                for bed_id in beds:
                    bed = records.beds[bed_id]
                    ready = bed.status is OperationalStatus.UNOCCUPIED and bed.clean_at is None
                    if ready and not _present(bed, records.now).blocks:
                        yield case.id, bed_id
