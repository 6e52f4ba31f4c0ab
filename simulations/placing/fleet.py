"""More or fewer units of a type of equipment, laid over a hospital without changing who asks for them.

What is added or withdrawn for n units is part of what is for n + 1, so that neighbouring fleets differ by one unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from simulations.placing.model import PlacedModel
from simulations.placing.templates import pools
from solver.engine.errors import Problem
from solver.hospital import BookingKind, Hospital, Unit, UnitState

MOST_NAMED = 12


def lasting_units(hospital: Hospital) -> tuple[Unit, ...]:
    """Every unit as it serves in a run: units under maintenance are free when that is over."""
    maintained = {booking.unit_id for booking in hospital.unit_bookings if not booking.pinned}
    return tuple(
        replace(unit, state=UnitState.FREE)
        if unit.state is UnitState.MAINTENANCE and unit.id in maintained
        else unit
        for unit in hospital.units
    )


def fleet(hospital: Hospital, type_id: str) -> list[Unit]:
    """The units of a type that serve in a run: broken and recalled ones do not."""
    return [unit for unit in lasting_units(hospital) if unit.type_id == type_id and unit.state.usable]


def unit_faults(model: PlacedModel) -> Iterator[Problem]:
    """Types that no unit has, and fleets of which more would be withdrawn than there are."""
    named: list[tuple[str, Mapping[str, int]]] = [
        ("hospital.extra_units", model.extra_units),
        ("hospital.withdrawn_units", model.withdrawn_units),
    ]
    types = sorted({unit.type_id for unit in model.hospital.units})
    for where, counts in named:
        for type_id in counts:
            if type_id not in types:
                known = ", ".join(types[:MOST_NAMED])
                expected = f"a type of equipment that a unit has: {known}"
                yield Problem(f"{where}.{type_id}", type_id, expected, "Correct the name.")
    for type_id, count in model.withdrawn_units.items():
        most = len(fleet(model.hospital, type_id)) + model.extra_units.get(type_id, 0)
        if type_id in types and count > most:
            where = f"hospital.withdrawn_units.{type_id}"
            yield Problem(where, count, f"at most {most}, the units in use", "Withdraw fewer.")


def with_more_units(hospital: Hospital, type_id: str, count: int) -> Hospital:
    """Added units belong to the pool and are kept where the first unit of the pool is, else the first of all."""
    mine = sorted((unit for unit in hospital.units if unit.type_id == type_id), key=_pool_first)
    taken = {unit.id for unit in hospital.units}
    fresh = (f"{type_id}-X{number + 1:03d}" for number in range(count + len(taken)))
    added = tuple(
        replace(mine[0], id=id_, owner_ward_id=None, lendable=True, state=UnitState.FREE)
        for id_ in islice((each for each in fresh if each not in taken), count)
    )
    return replace(hospital, units=(*hospital.units, *added))


def with_fewer_units(hospital: Hospital, type_id: str, count: int) -> Hospital:
    """Units of the pool go first, of these the free ones; whoever has a unit that goes keeps it to the end of that use.

    A unit that goes stays in the records as broken: nobody is given it any more.
    """
    used = {each.unit_id for each in hospital.unit_bookings if each.kind is BookingKind.USE}
    mine = sorted(
        fleet(hospital, type_id),
        key=lambda unit: (unit.owner_ward_id is not None, unit.id in used, unit.id),
    )
    gone = {unit.id for unit in mine[:count]}
    return replace(
        hospital,
        units=tuple(
            replace(unit, state=UnitState.BROKEN) if unit.id in gone else unit for unit in hospital.units
        ),
    )


def _pool_first(unit: Unit) -> tuple[bool, str]:
    return unit.owner_ward_id is not None, unit.id


def asked_for(model: PlacedModel) -> set[str]:
    """Types of which a unit may serve somebody who may come."""
    kinds = model.hospital.equipment_types
    named = {
        need.type_id
        for each in pools(model.hospital, model.start).templates
        for need in each.request.equipment
    }
    return named | {other for kind in kinds if kind.id in named for other in kind.substitutes}
