"""Answers about units of equipment: who has them, who is next, when they are free."""

from __future__ import annotations

from api.schemas.answers.common import Time
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
