"""A hospital's bookings to come as a plan that can be repaired: what stands, and the units that are out of use.

Bookings of their own that have not begun become requests that are served as they are; bundles, maintenance and uses
that are on their way are minutes in which their units are away. Minute 0 of the problem is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from solver.equipment.availability import Transport, may_serve
from solver.equipment.live import away, is_own, kind_of, terms_of, weights_for
from solver.equipment.problem import BookingPlan, BookingProblem, BookingRequest, PlannedUnit, Served
from solver.equipment.repair import Outage
from solver.hospital.equipment import EquipmentType, Unit, UnitBooking
from solver.hospital.timegrid import Minute

OUT: Final = "out of use "
"""Before the number of a hit booking: the unit out of use as that booking has it, and the type that this unit is of. A
unit that serves nobody else any more is one for each of its bookings, so that how long another unit would take to be
ready again is held against none of them."""


@dataclass(frozen=True, slots=True)
class LivePlan:
    """What stands. ``hit``: ids of the bookings whose units are out of use."""

    problem: BookingProblem
    plan: BookingPlan
    outages: tuple[Outage, ...]
    hit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The units of a hospital and what decides where they serve."""

    types: Mapping[str, EquipmentType]
    units: Mapping[str, Unit]
    wards: Sequence[str]
    transport: Transport
    now: Minute

    def turnaround(self, unit: Unit) -> int:
        """Minutes a unit needs after each use."""
        return self.types[unit.type_id].turnaround_minutes

    def on_its_way(self, booking: UnitBooking) -> bool:
        """Whether a booking has begun, with its way."""
        home = self.units[booking.unit_id].ward_id
        return booking.pinned or booking.start - self.transport(home, booking.ward_id) < self.now


def live_plan(fleet: Fleet, bookings: Iterable[UnitBooking]) -> LivePlan:
    """The problem and the plan that stands in it. Raises InvalidInstance."""
    planned, others = _parted(fleet, list(bookings))
    hit = [one for one in planned if not fleet.units[one.unit_id].state.usable]
    out = {one.id: f"{OUT}{number}" for number, one in enumerate(hit)}
    phantoms = [PlannedUnit(out[one.id], out[one.id], fleet.units[one.unit_id].ward_id) for one in hit]
    kits = _kits(planned, fleet)
    requests = tuple(_request(one, kits, fleet, out.get(one.id)) for one in planned)
    horizon = max((one.latest_start + one.duration for one in requests), default=0)
    ways = tuple(tuple(fleet.transport(here, there) for there in fleet.wards) for here in fleet.wards)
    problem = BookingProblem(
        tuple(fleet.wards),
        ways,
        (*_units(fleet, others), *phantoms),
        requests,
        weights_for(requests, ways),
        horizon=horizon,
        from_home=True,
    )
    after = max((one.latest_start + one.span for one in requests), default=0) + 1
    served = tuple(Served(one.id, out.get(one.id, one.unit_id), one.start - fleet.now) for one in planned)
    outages = tuple(Outage(unit, 0, after) for unit in out.values())
    return LivePlan(problem, BookingPlan(served), outages, tuple(out))


def _parted(fleet: Fleet, bookings: list[UnitBooking]) -> tuple[list[UnitBooking], list[UnitBooking]]:
    """Those that may be planned anew, and the rest; parts that are used together stay together."""
    begun = {_together(one, fleet) for one in bookings if is_own(one) and fleet.on_its_way(one)}
    planned = [one for one in bookings if is_own(one) and _together(one, fleet) not in begun]
    chosen = {one.id for one in planned}
    return planned, [one for one in bookings if one.id not in chosen]


def _together(booking: UnitBooking, fleet: Fleet) -> str:
    return terms_of(booking, fleet.units[booking.unit_id].type_id).booking_id


def _kits(planned: Iterable[UnitBooking], fleet: Fleet) -> Mapping[str, int]:
    """How many units each booking has."""
    sizes: dict[str, int] = {}
    for one in planned:
        name = _together(one, fleet)
        sizes[name] = sizes.get(name, 0) + 1
    return sizes


def _request(booking: UnitBooking, kits: Mapping[str, int], fleet: Fleet, out: str | None) -> BookingRequest:
    """A booking as a request: one that stands asks for no longer a turnaround than its unit needs, so that it stands
    here too, and is served by what needs no longer one."""
    unit = fleet.units[booking.unit_id]
    terms, now = terms_of(booking, unit.type_id), fleet.now
    steps = (terms.type_id, *fleet.types[terms.type_id].substitutes)
    serving = [
        one for one in fleet.units.values() if one.type_id in steps and may_serve(one, booking.ward_id)
    ]
    if out is None:
        clean = fleet.turnaround(unit)
        kinds = {kind_of(one) for one in serving if fleet.turnaround(one) <= clean} | {kind_of(unit)}
    else:
        clean = max((fleet.turnaround(one) for one in serving), default=0)
        kinds = {kind_of(one) for one in serving} | {out}
    return BookingRequest(
        booking.id,
        tuple(sorted(kinds)),
        booking.ward_id,
        max(0, min(terms.earliest, booking.start) - now),
        max(terms.latest_start, booking.start) - now,
        booking.end - booking.start,
        clean,
        terms.priority,
        terms.booking_id if kits[terms.booking_id] > 1 else "",
    )


def _units(fleet: Fleet, others: Iterable[UnitBooking]) -> Iterable[PlannedUnit]:
    of_unit: dict[str, list[UnitBooking]] = {}
    for booking in others:
        of_unit.setdefault(booking.unit_id, []).append(booking)
    for unit in fleet.units.values():
        if unit.state.usable:
            taken = away(unit, fleet.turnaround(unit), of_unit.get(unit.id, ()), fleet.transport, fleet.now)
            yield PlannedUnit(unit.id, kind_of(unit), unit.ward_id, tuple(taken))
