"""A batch on the arrays: a request is put in at the cheapest place there is, and taken out again, exactly.

What is put in goes where ``kernels_choices.place_in_choices`` finds it cheapest, so every state on the way keeps every
hard rule.

Arrays
------
Those of ``layout`` and of equipment's and pharmacy's kernels, all patched in place here; ``Batch`` holds the
requests (read) and ``Held`` what each has been given (written). Costs are whole numbers and exact: what a
request adds is counted when it is put in and taken off, as counted then, when it is taken out.
"""

from typing import Any, Final, NamedTuple

from solver.engine.jit import kernel
from solver.engine.types import Bool, Int64
from solver.equipment.kernels import EquipmentNeeds
from solver.pharmacy.kernels import DrugNeeds, shortage_added
from solver.placing.kernels import BED, COMPANION, COST, LOT_PLACES, SAFETY_STOCK, START
from solver.placing.kernels_beds import AIRBORNE
from solver.placing.kernels_choices import place_in_choices
from solver.placing.kernels_cover import cover_cost, draw_hours, draw_minutes
from solver.placing.kernels_stays import seat, unseat
from solver.placing.layout import FIRST_POOL, FLOOR, TARGET, Ask

EXEMPT: Final = -1
NUMBERS: Final = 26
"""Whole numbers of an ``Ask``, one column each of ``Batch.numbers``; the rest are arrays."""


class Batch(NamedTuple):
    """Requests, row by row: what an ``Ask`` holds and what is needed of equipment and drugs.

    numbers int64 (n, 26): the scalars of ``Ask`` in its order. speciality_differs bool (n, n_wards).
    pool_draw int64 (n, 3). For each of skills, apart, excluded, equipment and drugs: compressed rows, those
    of request i at ``ptr[i] : ptr[i + 1]``; the choice pointers of equipment and drugs count from the
    request's own first choice.
    unplaced_price int64 (n,). places int64 (n,): units asked for.
    """

    numbers: Int64
    speciality_differs: Bool
    pool_draw: Int64
    skills_ptr: Int64
    skills: Int64
    apart_ptr: Int64
    apart: Int64
    excluded_ptr: Int64
    excluded: Int64
    equipment_ptr: Int64
    equipment_count: Int64
    equipment_offset: Int64
    equipment_duration: Int64
    equipment_choice_ptr: Int64
    equipment_first_choice: Int64
    equipment_choice: Int64
    drug_ptr: Int64
    drug_quantity: Int64
    drug_use_within: Int64
    drug_choice_ptr: Int64
    drug_first_choice: Int64
    drug_choice: Int64
    drug_asked: Bool
    unplaced_price: Int64
    places: Int64


class Held(NamedTuple):
    """What each request of a batch has; bed -1: nothing.

    bed, start, companion, own_cost int64 (n,): own_cost leaves out what is shared (cover, safety stock).
    slot int64 (n, 2): stay slots kept for the request. unit, unit_from, unit_until int64 (n, most_units).
    lot_count int64 (n,); lot, lot_need, lot_quantity int64 (n, most_lots).
    """

    bed: Int64
    start: Int64
    companion: Int64
    own_cost: Int64
    slot: Int64
    unit: Int64
    unit_from: Int64
    unit_until: Int64
    lot_count: Int64
    lot: Int64
    lot_need: Int64
    lot_quantity: Int64


class World(NamedTuple):
    """Everything a batch is decided on, in one."""

    places: Any
    stays: Any
    cover: Any
    units: Any
    lots: Any
    prices: Any
    scratch: Any
    batch: Any
    held: Any
    choices: Any


@kernel
def ask_of(batch: Any, row: int) -> Any:
    """The ``Ask`` of a row; its arrays are views."""
    n = batch.numbers[row]
    return Ask(
        n[0],
        n[1],
        n[2],
        n[3],
        n[4],
        n[5],
        n[6],
        n[7],
        n[8] != 0,
        n[9],
        n[10],
        n[11],
        n[12],
        n[13],
        n[14],
        n[15] != 0,
        n[16] != 0,
        n[17],
        n[18],
        n[19],
        n[20],
        n[21],
        n[22],
        n[23],
        n[24] != 0,
        n[25],
        batch.speciality_differs[row],
        batch.skills[batch.skills_ptr[row] : batch.skills_ptr[row + 1]],
        batch.pool_draw[row],
        batch.apart[batch.apart_ptr[row] : batch.apart_ptr[row + 1]],
        batch.excluded[batch.excluded_ptr[row] : batch.excluded_ptr[row + 1]],
    )


@kernel
def equipment_of(batch: Any, row: int) -> Any:
    """The ``EquipmentNeeds`` of a row, as views."""
    first, last = batch.equipment_ptr[row], batch.equipment_ptr[row + 1]
    return EquipmentNeeds(
        batch.equipment_count[first:last],
        batch.equipment_offset[first:last],
        batch.equipment_duration[first:last],
        batch.equipment_choice_ptr[first + row : last + row + 1],
        batch.equipment_choice[batch.equipment_first_choice[row] : batch.equipment_first_choice[row + 1]],
    )


@kernel
def drugs_of(batch: Any, row: int) -> Any:
    """The ``DrugNeeds`` of a row, as views."""
    first, last = batch.drug_ptr[row], batch.drug_ptr[row + 1]
    low, high = batch.drug_first_choice[row], batch.drug_first_choice[row + 1]
    return DrugNeeds(
        batch.drug_quantity[first:last],
        batch.drug_use_within[first:last],
        batch.drug_choice_ptr[first + row : last + row + 1],
        batch.drug_choice[low:high],
        batch.drug_asked[low:high],
    )


@kernel
def shared_cost(world: Any, ask: Any, row: int) -> int:
    """What the request's stay and lots add now to shortages of nurses and of safety stock; it must not be in."""
    held = world.held
    start = held.start[row]
    ward = world.places.ward[held.bed[row]]
    cost = cover_cost(world.places, world.cover, ask, ward, start, start + ask.duration, world.prices)
    added = shortage_added(world.lots, held.lot[row], held.lot_quantity[row], held.lot_count[row])
    return cost + world.prices[SAFETY_STOCK] * added


@kernel
def seat_beside(world: Any, ask: Any, row: int, which: int, bed: int) -> None:
    """Put the request's stay (0) or its companion's (1) into a bed."""
    start = world.held.start[row]
    end = start + ask.duration
    free_from = end + ask.cleaning_minutes
    if ask.isolation & AIRBORNE:
        free_from += world.places.air_minutes[world.places.room[bed]]
    sex = ask.sex if which == 0 else EXEMPT
    slot = world.held.slot[row, which]
    seat(
        world.stays,
        slot,
        bed,
        start,
        end,
        free_from,
        ask.person,
        sex,
        ask.isolation,
        ask.cohort,
        ask.exposure,
        False,
        True,
    )


@kernel
def draw_cover(world: Any, ask: Any, row: int, sign: int) -> None:
    """Take (1) from the ward what the stay needs of it, or give it back (-1)."""
    start = world.held.start[row]
    end = start + ask.duration
    ward = world.places.ward[world.held.bed[row]]
    slack, window = world.cover.slack, world.cover.window
    floor = sign * world.places.floor_shares[ask.care_row, ward]
    target = sign * world.places.target_shares[ask.care_row, ward]
    draw_minutes(slack, window, ward, FLOOR, start, end, floor)
    draw_minutes(slack, window, ward, TARGET, start, end, target)
    draw_hours(slack, world.cover.balance, window, ward, start, end, target)
    for index in range(ask.skills.size):
        if ask.skills[index] >= 0:
            draw_minutes(slack, window, ward, ask.skills[index], start, end, floor)
    for pool in range(ask.pool_draw.size):
        draw_minutes(slack, window, ward, FIRST_POOL + pool, start, end, sign * ask.pool_draw[pool])


@kernel
def book_units(world: Any, row: int) -> None:
    """Enter the request's units as busy."""
    units, held = world.units, world.held
    for index in range(world.batch.places[row]):
        unit = held.unit[row, index]
        slot = units.busy_count[unit]
        units.busy_from[unit, slot] = held.unit_from[row, index]
        units.busy_until[unit, slot] = held.unit_until[row, index]
        units.busy_count[unit] = slot + 1


@kernel
def free_units(world: Any, row: int) -> None:
    """Strike the request's units off again; a unit's bookings never overlap, so the first minute names one."""
    units, held = world.units, world.held
    for index in range(world.batch.places[row]):
        unit = held.unit[row, index]
        last = units.busy_count[unit] - 1
        for slot in range(last + 1):
            if units.busy_from[unit, slot] == held.unit_from[row, index]:
                units.busy_from[unit, slot] = units.busy_from[unit, last]
                units.busy_until[unit, slot] = units.busy_until[unit, last]
                break
        units.busy_count[unit] = last


@kernel
def take_lots(world: Any, row: int, sign: int) -> None:
    """Reserve (1) the request's quantities, or give them back (-1)."""
    lots, held = world.lots, world.held
    for index in range(held.lot_count[row]):
        lot = held.lot[row, index]
        quantity = sign * held.lot_quantity[row, index]
        lots.available[lot] -= quantity
        lots.stock[lots.drug[lot]] -= quantity


@kernel
def enter(world: Any, ask: Any, row: int) -> None:
    """Make what a request holds part of the world."""
    held = world.held
    world.choices.changed[world.places.room[held.bed[row]]] += 1
    seat_beside(world, ask, row, 0, held.bed[row])
    if held.companion[row] >= 0:
        seat_beside(world, ask, row, 1, held.companion[row])
    draw_cover(world, ask, row, 1)
    book_units(world, row)
    take_lots(world, row, 1)


@kernel
def leave(world: Any, ask: Any, row: int) -> None:
    """Take what a request holds out of the world; it goes on holding it."""
    held = world.held
    world.choices.changed[world.places.room[held.bed[row]]] += 1
    unseat(world.stays, held.slot[row, 0], held.bed[row])
    if held.companion[row] >= 0:
        unseat(world.stays, held.slot[row, 1], held.companion[row])
    draw_cover(world, ask, row, -1)
    free_units(world, row)
    take_lots(world, row, -1)


@kernel
def has_room(world: Any, row: int, places: int) -> bool:
    """Whether the rows of beds, units and lots have space for what was just found."""
    found, units = world.scratch.found, world.units
    width = world.stays.of_bed.shape[1]
    if world.stays.of_bed_count[found[BED]] >= width or places > world.held.lot.shape[1]:
        return False
    if found[COMPANION] >= 0 and world.stays.of_bed_count[found[COMPANION]] >= width:
        return False
    for index in range(world.batch.places[row]):
        if units.busy_count[world.scratch.unit[index]] >= units.busy_from.shape[1]:
            return False
    return True


@kernel
def note_units(world: Any, ask: Any, equipment: Any, row: int) -> None:
    """Copy the units just found, with the minutes they are blocked."""
    held, units = world.held, world.units
    start = held.start[row]
    ward = world.places.ward[held.bed[row]]
    index = 0
    for need in range(equipment.wanted.size):
        use_from = start + equipment.offset[need]
        lasts = equipment.duration[need]
        use_until = start + ask.duration if lasts < 0 else use_from + lasts
        for _ in range(equipment.wanted[need]):
            unit = world.scratch.unit[index]
            held.unit[row, index] = unit
            held.unit_from[row, index] = use_from - units.transport[units.ward[unit], ward]
            held.unit_until[row, index] = use_until + units.turnaround[units.unit_type[unit]]
            index += 1


@kernel
def put_in(world: Any, row: int, state: Any, blinks: float) -> int:
    """Give a request the cheapest place there is now and return what that adds; its price when there is none.

    ``blinks``: how often a bed is overlooked, 0 to 1.
    """
    held = world.held
    held.bed[row] = -1
    ask = ask_of(world.batch, row)
    equipment = equipment_of(world.batch, row)
    drugs = drugs_of(world.batch, row)
    scratch = world.scratch
    if not place_in_choices(world, ask, equipment, drugs, row, state, blinks) or not has_room(
        world, row, scratch.found[LOT_PLACES]
    ):
        return world.batch.unplaced_price[row]
    cost = scratch.found[COST]
    held.bed[row] = scratch.found[BED]
    held.start[row] = scratch.found[START]
    held.companion[row] = scratch.found[COMPANION]
    note_units(world, ask, equipment, row)
    held.lot_count[row] = scratch.found[LOT_PLACES]
    for index in range(held.lot_count[row]):
        held.lot[row, index] = scratch.lot[index]
        held.lot_need[row, index] = scratch.lot_need[index]
        held.lot_quantity[row, index] = scratch.lot_quantity[index]
    held.own_cost[row] = cost - shared_cost(world, ask, row)
    enter(world, ask, row)
    return cost


@kernel
def take_out(world: Any, row: int) -> int:
    """Take a request out and return what it had added (its price when it had nothing); it holds what it held."""
    if world.held.bed[row] < 0:
        return world.batch.unplaced_price[row]
    ask = ask_of(world.batch, row)
    leave(world, ask, row)
    return world.held.own_cost[row] + shared_cost(world, ask, row)


@kernel
def put_back(world: Any, row: int) -> None:
    """Undo ``take_out``: the request gets exactly what it still holds."""
    if world.held.bed[row] >= 0:
        ask = ask_of(world.batch, row)
        enter(world, ask, row)


@kernel
def leave_if_in(world: Any, row: int) -> None:
    """``take_out`` without reckoning what that saves."""
    if world.held.bed[row] >= 0:
        ask = ask_of(world.batch, row)
        leave(world, ask, row)
