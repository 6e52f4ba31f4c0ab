"""Which units serve the equipment needs of one request at one start: the cheapest that are free.

Arrays
------
units : UnitArrays, see there; read, never written
needs : EquipmentNeeds, the request's needs flattened; read
chosen int64 (>= total count,)  unit index per place, -1 unless found; written in place
"""

from typing import Any, Final, NamedTuple

import numpy as np

from solver.engine.jit import kernel
from solver.engine.types import Bool, Int64

NONE: Final = -1
ANYWHERE: Final = -1


class UnitArrays(NamedTuple):
    """Every unit of the hospital.

    type_ptr  int64 (n_types + 1,)  units of type t are type_units[type_ptr[t] : type_ptr[t + 1]]
    type_units int64 (n_units,)
    turnaround int64 (n_types,)     minutes
    unit_type int64 (n_units,)
    ward      int64 (n_units,)      where it is kept
    owner     int64 (n_units,)      owning ward, -1 for the pool
    lendable  bool (n_units,)
    usable    bool (n_units,)
    busy_from, busy_until int64 (n_units, width)  blocked minutes, transport and turnaround included
    busy_count int64 (n_units,)     valid columns per row, in no order
    transport int64 (n_wards, n_wards)  minutes from ward to ward
    """

    type_ptr: Int64
    type_units: Int64
    turnaround: Int64
    unit_type: Int64
    ward: Int64
    owner: Int64
    lendable: Bool
    usable: Bool
    busy_from: Int64
    busy_until: Int64
    busy_count: Int64
    transport: Int64


class EquipmentNeeds(NamedTuple):
    """The equipment one request needs.

    wanted, offset, duration int64 (n_needs,)  duration -1: until the end of the stay
    choice_ptr int64 (n_needs + 1,)  types that may serve need j, best first:
    choice     int64 (...)           choice[choice_ptr[j] : choice_ptr[j + 1]]; the first is the type asked for
    """

    wanted: Int64
    offset: Int64
    duration: Int64
    choice_ptr: Int64
    choice: Int64


@kernel
def unit_is_free(busy_from: Any, busy_until: Any, busy_count: Any, unit: int, start: int, end: int) -> bool:
    """Whether no blocked interval of the unit meets ``[start, end)``."""
    for slot in range(busy_count[unit]):
        if busy_from[unit, slot] < end and start < busy_until[unit, slot]:
            return False
    return True


@kernel
def unit_may_serve(units: Any, unit: int, ward: int, lending_matters: bool) -> bool:
    """Whether the unit works and may be used on the ward."""
    if not units.usable[unit]:
        return False
    owner = units.owner[unit]
    return not (lending_matters and owner >= 0 and owner != ward and not units.lendable[unit])


@kernel
def _already_chosen(chosen: Any, places: int, unit: int) -> bool:
    for place in range(places):
        if chosen[place] == unit:
            return True
    return False


@kernel
def _keep_cheapest(chosen: Any, prices: Any, first: int, last: int, unit: int, price: int) -> None:
    """Insert a unit into the places ``[first, last)``, kept in order of price; the dearest falls out."""
    place = last - 1
    if chosen[place] >= 0 and prices[place] <= price:
        return
    while place > first and (chosen[place - 1] < 0 or prices[place - 1] > price):
        chosen[place] = chosen[place - 1]
        prices[place] = prices[place - 1]
        place -= 1
    chosen[place] = unit
    prices[place] = price


@kernel
def pick_units(
    units: Any,
    needs: Any,
    ward: int,
    start: int,
    end: int,
    lending_matters: bool,
    price_minute: int,
    price_step: int,
    chosen: Any,
    prices: Any,
) -> int:
    """Cheapest free units for every need of a stay ``[start, end)`` on a ward; their price, or -1 if one is missing.

    ``ward`` may be ``ANYWHERE``: no way to go, then a missing unit is missing on every ward.

    Price of a unit: ``price_minute`` per minute of transport and ``price_step`` per step down the list of
    substitutes. Needs are served in order; ties go to the lower unit index. ``chosen`` and ``prices`` are written.
    """
    total = 0
    first = 0
    for need in range(needs.wanted.size):
        last = first + needs.wanted[need]
        for place in range(first, last):
            chosen[place] = NONE
            prices[place] = 0
        use_from = start + needs.offset[need]
        use_until = end if needs.duration[need] < 0 else use_from + needs.duration[need]
        for index in range(needs.choice_ptr[need], needs.choice_ptr[need + 1]):
            kind = needs.choice[index]
            base = price_step * (index - needs.choice_ptr[need])
            if chosen[last - 1] >= 0 and prices[last - 1] <= base:
                break
            blocked_until = use_until + units.turnaround[kind]
            for position in range(units.type_ptr[kind], units.type_ptr[kind + 1]):
                unit = units.type_units[position]
                way = 0 if ward == ANYWHERE else units.transport[units.ward[unit], ward]
                price = base + price_minute * way
                if chosen[last - 1] >= 0 and prices[last - 1] <= price:
                    continue
                if not unit_may_serve(units, unit, ward, lending_matters):
                    continue
                if not unit_is_free(
                    units.busy_from, units.busy_until, units.busy_count, unit, use_from - way, blocked_until
                ):
                    continue
                if not _already_chosen(chosen, first, unit):
                    _keep_cheapest(chosen, prices, first, last, unit, price)
        if chosen[last - 1] < 0:
            return -1
        for place in range(first, last):
            total += prices[place]
        first = last
    return total


def empty_needs() -> EquipmentNeeds:
    """No equipment needed."""
    none = np.zeros(0, np.int64)
    return EquipmentNeeds(none, none, none, np.zeros(1, np.int64), none)
