"""A synthetic hospital of a named size: places, staff, equipment, drugs and the people who lie there today.

Everything follows from ``(size, seed, now, zone, occupancy)``: same arguments, same hospital. Nobody in it is
a real person, no ward a real ward; the figures behind it are in the tables ``hospital_tables``,
``hospital_profiles`` and ``hospital_supplies``, each with its source or the word "assumed".
"""

from __future__ import annotations

from dataclasses import replace

from simulations.hospital_census import CensusBuilder
from simulations.hospital_places import BuiltWard, being_cleaned, build_site, build_wards
from simulations.hospital_staff import build_staff
from simulations.hospital_supply import build_drugs, build_lots, build_units, equipment_types
from simulations.hospital_tables import HOSPITAL_RATIOS, SIZES
from simulations.streams import stream
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import Bed, CleaningTimes, Hospital, Minute, OperationalStatus, Stay

ZONE = "Asia/Shanghai"
OCCUPANCY = 0.92
"""Share of open, staffed beds that are taken: assumed, a busy day."""


def generate(size: str, seed: int, now: Minute, zone: str = ZONE, occupancy: float = OCCUPANCY) -> Hospital:
    """A checked hospital as it stands at ``now``.

    Parameters
    ----------
    size: ``ward`` (30 places), ``district`` (300), ``city`` (1,000) or ``region`` (5,000).
    seed: 0 or more.
    now: the minute of the census; rosters reach from 8 hours before to 72 hours after.
    zone: IANA time zone of the site; shifts keep its wall clock.
    occupancy: share of open, staffed beds that are taken, 0 to 1; chairs only in their opening hours.

    Raises
    ------
    InvalidInstance: unknown size, occupancy outside [0, 1].
    """
    if size not in SIZES:
        raise InvalidInstance([Problem("size", size, f"one of {', '.join(SIZES)}", "Choose a named size.")])
    if not 0 <= occupancy <= 1:
        raise InvalidInstance([Problem("occupancy", occupancy, "a share from 0 to 1", "92 % is 0.92.")])
    plan, cleaning = SIZES[size], CleaningTimes()
    wards = build_wards(plan, seed, now)
    census = CensusBuilder(seed, now, zone, cleaning).fill(wards, occupancy)
    staff, shifts = build_staff(wards, plan.staff, census.persons, census.stays, seed, now, zone)
    depot = build_units(wards, plan.units, census.stays, census.profile_of, seed, now)
    drugs = build_drugs(plan.drugs, seed)
    return Hospital(
        sites=(build_site(zone),),
        wards=tuple(ward.ward for ward in wards),
        rooms=tuple(built.room for ward in wards for built in ward.rooms),
        beds=_beds(wards, census.stays, seed, now),
        ratios=HOSPITAL_RATIOS,
        cleaning=cleaning,
        equipment_types=tuple(equipment_types()),
        units=tuple(depot.units),
        unit_bookings=tuple(depot.bookings),
        drugs=tuple(drugs),
        lots=tuple(build_lots(drugs, wards, plan.lots, seed, now)),
        staff=tuple(staff),
        shifts=tuple(shifts),
        persons=tuple(census.persons),
        stays=(*census.stays, *census.booked),
    ).checked()


def _beds(wards: list[BuiltWard], stays: list[Stay], seed: int, now: Minute) -> tuple[Bed, ...]:
    """Every bed and companion's place with the status it has now."""
    rng = stream(seed, 0, "hospital/beds")
    taken = {stay.bed_id for stay in stays}
    beds = []
    for bed in (bed for ward in wards for built in ward.rooms for bed in (*built.beds, *built.companions)):
        if bed.id in taken:
            beds.append(replace(bed, status=OperationalStatus.OCCUPIED))
        else:
            status, clean_at = being_cleaned(bed, rng, now)
            beds.append(replace(bed, status=status, clean_at=clean_at))
    return tuple(beds)
