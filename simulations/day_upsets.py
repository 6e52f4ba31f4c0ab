"""What the mishaps of a day change in a hospital of this process, as the service changes them.

Proposals that the service would make are carried out as a person would: a call-in with consent, another unit, a
transfer of who lies wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from simulations.day_events import Upset
from simulations.day_hospital import DayHospital, Handler
from solver.hospital import (
    Block,
    DutyKind,
    Infection,
    InfectionStatus,
    Isolation,
    Origin,
    Priority,
    Request,
    Shift,
    UnitBooking,
    UnitState,
)


def isolation_on(hospital: DayHospital, upset: Upset) -> None:
    """The person needs isolation; bookings of the ward are looked at; a move to another room is asked for."""
    records = hospital.live.records
    person = records.persons[upset.about["person_id"]]
    isolation = person.isolation | {Isolation(name) for name in upset.about["isolation"]}
    found = tuple(
        Infection(item["organism"], InfectionStatus(item["status"])) for item in upset.about["infections"]
    )
    stay = next(s for s in records.stays.values() if s.person_id == person.id and s.state.pinned)
    ward_id = records.ward_of_bed(stay.bed_id).id
    with hospital.around(hospital.booked_on({ward_id})):
        hospital.live.put(replace(person, isolation=isolation, infections=(*person.infections, *found)))
    move = Request(
        f"transfer-{stay.id}", person.id, Priority.URGENT, stay.care, upset.minute, upset.minute,
        max(stay.end - upset.minute, 60), origin=Origin.WARD, from_stay_id=stay.id,
        excluded_room_ids=frozenset({records.beds[stay.bed_id].room_id}),
    )  # fmt: skip
    hospital.ask_transfer(move, stay.id)


def room_exposure(hospital: DayHospital, upset: Upset) -> None:
    """Everybody in the bay counts as exposed; it takes nobody new."""
    records = hospital.live.records
    room = records.rooms[upset.about["room_id"]]
    exposed = sorted({s.person_id for s in records.room_stays(room.id) if s.state.pinned})
    with hospital.around(hospital.booked_on({room.ward_id}) + _moves(hospital)):
        for person_id in exposed:
            person = records.persons[person_id]
            hospital.live.put(replace(person, exposed_to=person.exposed_to | {upset.about["organism"]}))
        block = Block(upset.minute, upset.about["until"], "exposure")
        hospital.live.put(replace(room, blocks=(*room.blocks, block)))


def _moves(hospital: DayHospital) -> list:  # type: ignore[type-arg]
    return [case for case in hospital.booked() if case.of_stay is not None]


def ward_closed(hospital: DayHospital, upset: Upset) -> None:
    """The ward takes nobody; who lies there stays."""
    ward = hospital.live.records.wards[upset.about["ward_id"]]
    with hospital.around(hospital.booked_on({ward.id})):
        block = Block(upset.minute, upset.about["until"], upset.about["reason"])
        hospital.live.put(replace(ward, blocks=(*ward.blocks, block)))


def unit_broken(hospital: DayHospital, upset: Upset) -> None:
    """The unit is out of use; who has it gets another of its type that is free, if there is one."""
    records = hospital.live.records
    unit = records.units[upset.about["unit_id"]]
    with hospital.around(hospital.booked_on(set(), [unit.id])):
        hospital.live.put(replace(unit, state=UnitState.BROKEN))
    using = [records.unit_bookings[b] for b in records.bookings_of_unit[unit.id]]
    for booking in [b for b in using if b.pinned and b.end > upset.minute]:
        free = (
            other.id
            for other in records.units.values()
            if other.type_id == unit.type_id
            and other.state is UnitState.FREE
            and (other.owner_ward_id in (None, booking.ward_id) or other.lendable)
            and not records.bookings_of_unit[other.id]
        )
        hospital.live.drop(UnitBooking, booking.id)
        found = min(free, default=None)
        if found is not None:
            start = min(upset.minute + 20, booking.end - 1)
            hospital.live.put(replace(booking, id=f"{booking.id}/{found}", unit_id=found, start=start))


def nurse_absent(hospital: DayHospital, upset: Upset) -> None:
    """The shift covers nothing; somebody on call who overlaps it agrees to come."""
    records = hospital.live.records
    shift = records.shifts[upset.about["shift_id"]]
    with hospital.around(hospital.booked_on({shift.ward_id})):
        hospital.live.put(replace(shift, absent=True))
    reserve: list[Shift] = [records.shifts[s] for s in records.shifts_of_ward[shift.ward_id]]
    on_call = sorted(
        (
            s
            for s in reserve
            if s.kind is DutyKind.ON_CALL
            and s.called_at is None
            and s.start < shift.end
            and shift.start < s.end
        ),
        key=lambda s: (s.response_minutes, s.id),
    )
    if on_call:
        hospital.live.put(replace(on_call[0], called_at=upset.minute))


HANDLERS: Final[Mapping[str, Handler]] = {
    "isolation_on": isolation_on,
    "room_exposure": room_exposure,
    "ward_closed": ward_closed,
    "unit_broken": unit_broken,
    "nurse_absent": nurse_absent,
}
