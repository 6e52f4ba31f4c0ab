"""Bookings of units as they are asked for and changed."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.base import Strict
from api.schemas.equipment import UseIn
from solver.hospital.timegrid import MINUTES_PER_DAY

LONGEST_HOLD_MINUTES: Final = 7 * MINUTES_PER_DAY
"""Of units that are held (assumed); what is needed for longer is booked."""


class BookingIn(UseIn):
    """Book units by what they can do. ``hold_minutes``: only hold them so long, until somebody confirms. ``partly``: of
    a booking that recurs, also those turns for which there is a unit though there is none for others."""

    hold_minutes: Annotated[int, Field(ge=1, le=LONGEST_HOLD_MINUTES)] | None = None
    partly: bool = False


class BookingCancelIn(Strict):
    """``series``: and those of its series that begin later."""

    series: bool = False
