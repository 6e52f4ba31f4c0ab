"""A hospital made ready to live for years: what is out of use comes back, beds and units are added or taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from simulations.placing.fleet import lasting_units, unit_faults, with_fewer_units, with_more_units
from simulations.placing.model import PlacedModel
from solver.engine.errors import Problem, refuse_if_any
from solver.hospital import Bed, BedKind, Hospital, OperationalStatus, Room
from solver.placing.build import UNCLEAN


def lasting(hospital: Hospital) -> Hospital:
    """Units under maintenance are free when that is over, and closed beds when their blocks are; a bed of which nobody
    knows when it is clean is clean."""
    return replace(
        hospital,
        units=lasting_units(hospital),
        beds=tuple(_reopening(bed) for bed in hospital.beds),
    )


def _reopening(bed: Bed) -> Bed:
    blocked = bed.status is OperationalStatus.CLOSED and any(block.end is not None for block in bed.blocks)
    unclean = bed.status in UNCLEAN and bed.clean_at is None
    return replace(bed, status=OperationalStatus.UNOCCUPIED) if blocked or unclean else bed


def altered(model: PlacedModel) -> Hospital:
    """The hospital with the model's beds and units more and fewer. Raises InvalidInstance for a ward or a type that has
    none of that kind.

    An added bed stands in a room of its own, as one of the ward's beds would. A closed bed loses its nurses; free beds
    are closed first, and nobody is sent away: who lies in one stays there. Units: see ``fleet``.
    """
    refuse_if_any([*_faults(model), *unit_faults(model)])
    hospital = model.hospital
    for ward_id, count in model.extra_beds.items():
        hospital = _with_beds(hospital, ward_id, count)
    for ward_id, count in model.closed_beds.items():
        hospital = _with_beds_closed(hospital, ward_id, count)
    for type_id, count in model.extra_units.items():
        hospital = with_more_units(hospital, type_id, count)
    for type_id, count in model.withdrawn_units.items():
        hospital = with_fewer_units(hospital, type_id, count)
    return hospital


def _faults(model: PlacedModel) -> Iterator[Problem]:
    wards = {ward.id for ward in model.hospital.wards}
    named: list[tuple[str, Mapping[str, float]]] = [
        ("hospital.extra_beds", model.extra_beds),
        ("hospital.closed_beds", model.closed_beds),
        ("policies.keep_free", model.kept_free),
        ("demand.per_day", model.per_day),
        *(
            (f"demand.surges.{each.name}.wards", dict.fromkeys(each.wards, each.factor))
            for each in model.surges
        ),
    ]
    for where, counts in named:
        for ward_id in counts:
            if ward_id not in wards:
                known = ", ".join(sorted(wards)[:12])
                yield Problem(f"{where}.{ward_id}", ward_id, f"a ward: {known}", "Correct the name.")
    for ward_id, count in model.closed_beds.items():
        if ward_id in wards and count > (most := len(_main_beds(model.hospital, ward_id))):
            where = f"hospital.closed_beds.{ward_id}"
            yield Problem(where, count, f"at most {most}, the ward's beds", "Close fewer.")
    for ward_id, count in model.extra_beds.items():
        if ward_id in wards and count and not _main_beds(model.hospital, ward_id):
            where = f"hospital.extra_beds.{ward_id}"
            yield Problem(where, count, "a ward with beds that are staffed", "Name another ward.")


def _main_beds(hospital: Hospital, ward_id: str) -> list[Bed]:
    rooms = {room.id for room in hospital.rooms if room.ward_id == ward_id}
    spare = (BedKind.COT, BedKind.EXTRA_BED, BedKind.LOUNGE_SEAT)
    return [bed for bed in hospital.beds if bed.room_id in rooms and bed.staffed and bed.kind not in spare]


def _with_beds(hospital: Hospital, ward_id: str, count: int) -> Hospital:
    if count == 0:
        return hospital
    pattern = _main_beds(hospital, ward_id)[0]
    room = next(each for each in hospital.rooms if each.id == pattern.room_id)
    rooms = [_room(room, ward_id, number) for number in range(count)]
    beds = [
        replace(pattern, id=f"{each.id}-B", room_id=each.id, status=OperationalStatus.UNOCCUPIED, clean_at=None,
                blocks=())
        for each in rooms
    ]  # fmt: skip
    return replace(hospital, rooms=(*hospital.rooms, *rooms), beds=(*hospital.beds, *beds))


def _room(pattern: Room, ward_id: str, number: int) -> Room:
    return replace(pattern, id=f"{ward_id}-X{number + 1:02d}", name=f"Added room {number + 1}", blocks=())


def _with_beds_closed(hospital: Hospital, ward_id: str, count: int) -> Hospital:
    taken = {stay.bed_id for stay in hospital.stays}
    beds = sorted(_main_beds(hospital, ward_id), key=lambda bed: (bed.id in taken, bed.id))
    closed = {bed.id for bed in beds[:count]}
    return replace(
        hospital,
        beds=tuple(replace(bed, staffed=False) if bed.id in closed else bed for bed in hospital.beds),
    )
