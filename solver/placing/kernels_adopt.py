"""A worker of a search goes on from what another holds.

Arrays
------
``World`` of ``kernels_batch``, patched in place; ``other`` is a ``Held`` of the same batch. stale bool (n,): rows that
differ are marked.
"""

from typing import Any

from solver.engine.jit import kernel
from solver.placing.kernels_batch import leave_if_in, put_back
from solver.placing.kernels_ruin import copy_row


@kernel
def holds_the_same(one: Any, other: Any, places: Any, row: int) -> bool:
    """Whether a request holds the same bed, start, units and lots in two ``Held``."""
    if one.bed[row] != other.bed[row]:
        return False
    if one.bed[row] < 0:
        return True
    if one.start[row] != other.start[row] or one.companion[row] != other.companion[row]:
        return False
    for index in range(places[row]):
        if one.unit[row, index] != other.unit[row, index]:
            return False
    if one.lot_count[row] != other.lot_count[row]:
        return False
    for index in range(one.lot_count[row]):
        if one.lot[row, index] != other.lot[row, index]:
            return False
        if one.lot_quantity[row, index] != other.lot_quantity[row, index]:
            return False
    return True


@kernel
def adopt(world: Any, other: Any, differs: Any, stale: Any) -> None:
    """Every request gets what it has in ``other``; ``differs`` bool (n,): scratch."""
    held, places = world.held, world.batch.places
    for row in range(held.bed.size):
        differs[row] = not holds_the_same(held, other, places, row)
        if differs[row]:
            leave_if_in(world, row)
    for row in range(held.bed.size):
        if differs[row]:
            copy_row(other, held, places, row)
            put_back(world, row)
            stale[row] = True
