"""Rows that each hold a whole stay, turned into what happened one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from simulations.fitting.faults import Faults
from simulations.fitting.kinds import Kind
from simulations.fitting.moments import Origin
from simulations.fitting.tracing import Row


@dataclass(frozen=True, slots=True)
class StayRow:
    """One row; what is not known yet, or never was, is None. outcome: REFUSED, GAVE_UP or None."""

    line: int
    ward: int
    requested: datetime | None
    start: datetime | None
    end: datetime | None
    outcome: Kind | None

    @property
    def moments(self) -> list[datetime]:
        """All that are known, in the order in which they should be."""
        return [each for each in (self.requested, self.start, self.end) if each is not None]


def rows_of_stays(stays: Sequence[StayRow], origin: Origin, gap: float, faults: Faults) -> list[Row]:
    """What happened to one patient; ``stays`` in the order of time. Every contradiction is a fault."""
    sound = [stay for stay in stays if _is_sound(stay, faults)]
    lying = [stay for stay in sound if stay.start is not None]
    for former, later in pairwise(lying):
        _refuse_overlap(former, later, faults)
    rows: list[Row] = []
    for number, stay in enumerate(sound):
        following = next((each for each in sound[number + 1 :] if each.start is not None), None)
        rows += _rows(stay, following, origin, gap)
    return sorted(rows, key=lambda row: row.time)


def _is_sound(stay: StayRow, faults: Faults) -> bool:
    if stay.end is not None and stay.start is not None and stay.end < stay.start:
        value = f"{stay.start:%Y-%m-%d %H:%M} to {stay.end:%Y-%m-%d %H:%M}"
        faults.add(
            stay.line, "end", value, "an end after the start", "Correct the mixed-up or mistyped moment."
        )
        return False
    first = stay.moments[0]
    if stay.requested is not None and any(each < first for each in stay.moments):
        value = f"{stay.requested:%Y-%m-%d %H:%M}, after the stay began or ended"
        faults.add(stay.line, "requested", value, "a request before the stay", "Correct the mixed-up moment.")
        return False
    if stay.outcome is not None and stay.start is not None:
        value = "a stay that began, and was refused or given up"
        faults.add(
            stay.line, "outcome", value, "no start of what never began", "Leave out the one or the other."
        )
        return False
    return True


def _refuse_overlap(former: StayRow, later: StayRow, faults: Faults) -> None:
    assert later.start is not None
    if former.end is not None and later.start >= former.end:
        return
    until = "still open" if former.end is None else f"until {former.end:%Y-%m-%d %H:%M}"
    value = f"from {later.start:%Y-%m-%d %H:%M}, while that of line {former.line} is {until}"
    expected = "one stay of a patient at a time"
    faults.add(
        later.line, "start", value, expected, "Correct the moments, or leave out the row that is there twice."
    )


def _rows(stay: StayRow, following: StayRow | None, origin: Origin, gap: float) -> list[Row]:
    rows = []
    if stay.requested is not None:
        rows.append(Row(stay.line, origin.hours(stay.requested), Kind.REQUESTED, stay.ward))
    if stay.start is None:
        if stay.outcome is not None or stay.end is not None:
            last = stay.moments[-1]
            waited = stay.requested is not None and last > stay.requested
            kind = stay.outcome or (Kind.GAVE_UP if waited else Kind.REFUSED)
            rows.append(Row(stay.line, origin.hours(last), kind, stay.ward))
        return rows
    rows.append(Row(stay.line, origin.hours(stay.start), Kind.STARTED, stay.ward))
    if stay.end is not None:
        end = origin.hours(stay.end)
        onward = following is not None and origin.hours(following.moments[0]) - end <= gap
        if not onward:
            rows.append(Row(stay.line, end, Kind.LEFT, stay.ward))
        elif following is not None and origin.hours(following.moments[0]) > end:
            rows.append(Row(stay.line, end, Kind.FINISHED, stay.ward, told=False))
    return rows
