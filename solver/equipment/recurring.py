"""Bookings that come again: one request per occurrence, each served or left out by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from solver.equipment.problem import BookingRequest

MOST_TIMES: Final = 366

REPEAT: Final = "#"
"""Between the id of a request and the number of its occurrence."""


def recurring(requests: Sequence[BookingRequest], every: int, times: int) -> Iterator[BookingRequest]:
    """``times`` occurrences of a booking (the parts of one kit, or a single request), ``every`` minutes apart.

    The first keeps its id; the others are numbered from 2, as are their kits.
    """
    for turn in range(times):
        ending = f"{REPEAT}{turn + 1}" if turn else ""
        for one in requests:
            yield replace(
                one,
                id=one.id + ending,
                kit=one.kit and one.kit + ending,
                earliest=one.earliest + turn * every,
                latest_start=one.latest_start + turn * every,
            )
