"""Where a request could start if one booked stay were not there: which bookings are worth a trial.

Arrays: ``layout.Places``, ``layout.Stays``, ``layout.Ask``. A stay's times are set to ``FAR`` while its room is looked
at, and set back.
"""

from typing import Any

from solver.engine.jit import kernel
from solver.placing.kernels_beds import next_start, static_mask
from solver.placing.layout import FAR


@kernel
def first_in_room(places: Any, stays: Any, ask: Any, room: int) -> int:
    """The first start of the grid at which a bed of the room takes the stay; ``FAR`` when there is none."""
    first = FAR
    for position in range(places.room_ptr[room], places.room_ptr[room + 1]):
        bed = places.room_beds[position]
        if static_mask(places, ask, bed, ask.base) == 0:
            first = min(first, next_start(places, stays, ask, bed, ask.base))
    return first


@kernel
def starts_without(places: Any, stays: Any, ask: Any, slots: Any, beds: Any, out: Any) -> None:
    """``first_in_room`` of each stay's room without that stay; slots, beds, out int64 (n,), ``out`` is written."""
    for index in range(slots.size):
        slot = slots[index]
        start, end, free_from = stays.start[slot], stays.end[slot], stays.free_from[slot]
        stays.start[slot] = stays.end[slot] = stays.free_from[slot] = FAR
        out[index] = first_in_room(places, stays, ask, places.room[beds[index]])
        stays.start[slot], stays.end[slot], stays.free_from[slot] = start, end, free_from
