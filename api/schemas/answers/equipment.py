"""Answers about units of equipment: who has them, who is next, when they are free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, Time
from api.schemas.base import Out
from solver.hospital import BookingKind, UnitState


class UnitTakenOut(Out):
    """A unit taken from ``start`` to ``end``, transport and turnaround not counted. ``ward_id``: where it is used; null
    if the reader may not see that ward."""

    ward_id: str | None
    start: Time
    end: Time
    kind: BookingKind


class UnitOutlookOut(Out):
    """One usable unit that may serve the ward. ``has_it`` now and ``next``: null if nobody. ``free_at``: the first
    start at which it is there, used and made ready again without touching another booking; null if there is none in
    the time asked about. ``substitute_step``: 0 for the type asked for, else its place among the approved substitutes.
    """

    unit_id: str
    type_id: str
    substitute_step: int
    ward_id: str
    state: UnitState
    has_it: UnitTakenOut | None
    next: UnitTakenOut | None
    free_at: Time | None
    transport_minutes: int


class EquipmentFreeOut(Out):
    """Soonest free first. ``more``: units that were left out of the list."""

    items: list[UnitOutlookOut]
    more: int
    hospital_revision: int


class PlannedBookingOut(Out):
    """One unit for one part of one booking, at its ``occurrence``. Times are null where bookings were given in
    minutes; ``start_minute`` then counts as the document does, else from when the plan was asked for."""

    id: str
    part: int
    occurrence: int
    unit_id: str
    ward_id: str
    start_minute: int
    minutes: int
    start: Time | None
    end: Time | None


class RuleCountOut(Out):
    """How often a rule is broken, or for how many units it is paid, and what that costs."""

    rule_id: str
    count: int
    cost: int


class EquipmentPlanOut(Out):
    """A proposal: nothing is booked by it. ``bound``: no plan costs less; ``gap``: by how much of its cost the plan may
    be dearer than the best, 0 when it is proven. ``unserved``: ids of requests left out; ``without``: ids of bookings
    for which no unit works that may serve them."""

    job_id: str
    stopped: bool
    status: Literal["optimal", "feasible"]
    cost: int
    bound: int
    gap: float
    verified: Annotated[bool, Field(description="The referee found no rule of bookings broken")]
    method: str
    seed: int
    lines: list[PlannedBookingOut]
    unserved: list[str]
    without: list[str]
    rules: list[RuleCountOut]


class BookedUnitOut(Out):
    """One unit of a booking: the type asked for, the unit that serves, and whether that is usable now."""

    type_id: str
    unit_id: str
    usable: bool


class _Booking(Out):
    id: str
    series_id: Annotated[str | None, Field(description="Of a booking that recurs")]
    revision: int
    state: Literal["held", "booked"]
    held_until: Annotated[Time | None, Field(description="Given back then unless it is confirmed")]
    ward_id: str
    start: Time
    end: Time
    earliest: Annotated[Time, Field(description="It may be moved: from here")]
    latest_start: Annotated[Time, Field(description="to here")]
    priority: int
    units: list[BookedUnitOut]


class BookingOut(_Booking):
    """A booking of units that belongs to no bundle."""


class BookingActed(_Booking, Aged):
    """A booking that was confirmed."""


class BookingsOut(Out):
    """Bookings to come and in use, in order of time. ``more``: left out of the list."""

    items: list[BookingOut]
    more: int
    hospital_revision: int


class BookingsMadeOut(Aged):
    """What was booked, in order of its turns; ``without``: turns, from 1, for which there was no unit."""

    bookings: list[BookingOut]
    without: list[int]


class BookingsCancelledOut(Aged):
    """Ids of the bookings that were cancelled."""

    cancelled: list[str]


class RepairLineOut(Out):
    """A unit of a booking that is not as it was. ``moved``: its unit was out of use, and another serves, or later;
    ``lost``: its unit was, and none serves; ``changed``: another booking that makes room (null: it gave way)."""

    booking_id: str
    ward_id: str
    outcome: Literal["moved", "lost", "changed"]
    from_unit_id: str
    from_start: Time
    unit_id: str | None
    start: Time | None


class EquipmentRepairOut(Out):
    """A proposal until a person has it carried out. ``revision``: how often that was done, 0 or 1. ``cost``: of all
    bookings as they would be, by the prices of waiting, leaving out and transport (docs/equipment.md)."""

    job_id: str
    stopped: bool
    revision: int
    verified: Annotated[
        bool, Field(description="The referee found every rule kept, and no more changed than may")
    ]
    cost: int
    lines: list[RepairLineOut]


class EquipmentRepairedOut(Aged):
    """A repair that was carried out; the wards of its bookings are told by events."""

    job_id: str
    revision: int
    lines: list[RepairLineOut]
