"""A sandbox for a load: the scenario's beds, units, drugs and nurses, once for each of its sites."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from simulations.load.names import slug
from simulations.scenarios.schema import Scenario
from simulations.scenarios.schema_resources import Resource
from solver.hospital import (
    Bed,
    Drug,
    EquipmentType,
    Feature,
    Hospital,
    Lot,
    Minute,
    NursingRatio,
    Room,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Unit,
    Ward,
)
from solver.hospital.timegrid import MINUTES_PER_DAY

PATIENTS_A_NURSE = 40
"""A scenario says nothing of ratios, so nobody is turned away for want of a nurse."""
PLENTY = 10_000_000
"""Of a drug: how the scenario's stock goes up and down is simulated, not asked of the service."""
CARE_LEVELS = range(4)


def hospital_of(scenario: Scenario, sites: int, now: Minute, days: int) -> Hospital:
    """An empty, checked hospital as it stands at ``now``, rostered for ``days`` from the day before.

    Each resource of beds is a ward of one room on each site, with the resource's name as its speciality.
    """
    # One that has none at the start may be opened later, and is asked for all along.
    beds = {name: each for name, each in scenario.resources.items() if each.chosen == "beds"}
    units = {slug(name): each.units for name, each in scenario.resources.items() if each.chosen == "units"}
    drugs = [slug(name) for name, each in scenario.resources.items() if each.stock is not None]
    wards = [(site, name, each) for site in range(sites) for name, each in beds.items()]
    staff = list(chain.from_iterable(_nurses(_ward(site, name), each) for site, name, each in wards))
    home = [_ward(site, next(iter(beds))) for site in range(sites)] if beds else []
    return Hospital(
        sites=tuple(Site(f"S{site}", f"Site {site}", "UTC") for site in range(sites)),
        wards=tuple(
            Ward(_ward(site, name), f"S{site}", name, frozenset({slug(name)})) for site, name, _ in wards
        ),
        rooms=tuple(
            Room(f"{_ward(site, name)}/room", _ward(site, name), name, sex_policy=SexPolicy.MIXED)
            for site, name, _ in wards
        ),
        beds=tuple(chain.from_iterable(_beds(_ward(site, name), each) for site, name, each in wards)),
        ratios=tuple(
            NursingRatio(level, PATIENTS_A_NURSE, PATIENTS_A_NURSE, "this load") for level in CARE_LEVELS
        ),
        equipment_types=tuple(EquipmentType(name, name) for name in units),
        units=tuple(
            Unit(f"{ward}/{name}/{number}", name, ward)
            for ward in home
            for name, count in units.items()
            for number in range(count or 0)
        ),
        drugs=tuple(Drug(name, name, name) for name in drugs),
        lots=tuple(Lot(f"{name}/lot", name, PLENTY, now + (days + 30) * MINUTES_PER_DAY) for name in drugs),
        staff=tuple(staff),
        shifts=tuple(
            _shift(nurse, now + day * MINUTES_PER_DAY) for nurse in staff for day in range(-1, days)
        ),
    ).checked()


def _ward(site: int, name: str) -> str:
    return f"{site}-{slug(name)}"


def _beds(ward: str, resource: Resource) -> Iterator[Bed]:
    for number in range(resource.beds or 0):
        yield Bed(f"{ward}/{number}", f"{ward}/room", features=frozenset(Feature), care_level=3)


def _nurses(ward: str, resource: Resource) -> Iterator[StaffMember]:
    for number in range(-(-(resource.beds or 0) // PATIENTS_A_NURSE)):
        yield StaffMember(f"{ward}/nurse{number}", ward, frozenset({"iv"}))


def _shift(nurse: StaffMember, start: Minute) -> Shift:
    return Shift(f"{nurse.id}/{start}", nurse.id, nurse.ward_id, start, start + MINUTES_PER_DAY)
