"""An IHTC-2024 instance played as days: patients are asked for on their release day, come when their bed is due.

Departures are told one minute before the stay's end, so that nobody is overdue at the change of day; whoever
then comes at once, comes that minute early. A stay's days are therefore counted from an hour before the change
(``DAWN``): far more than such minutes can add up to over a horizon, far less than a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from simulations.day_events import Ask, Day, Event, Leave, Truth, in_order
from simulations.day_plan import extended
from simulations.ihtc import Case
from solver.hospital import Minute
from solver.hospital.timegrid import MINUTES_PER_DAY

DAWN: Final = 60
"""Minutes before the change of day that count to the new day."""


def day_of(case: Case) -> Day:
    """The whole horizon as one play. Behind it the roster goes on as in its last two days: placing looks at the
    cover of the next two. Occupants have lain there since the hour before: nobody is taken in on the first minute.
    """
    hospital = extended(case.hospital, case.end - 2 * MINUTES_PER_DAY, 2 * MINUTES_PER_DAY)
    hospital = replace(
        hospital, stays=tuple(replace(stay, start=stay.start - DAWN) for stay in hospital.stays)
    )
    events: list[Event] = [Ask(arrival.minute, arrival) for arrival in case.arrivals]
    events += [Leave(stay.end - 1, stay.id) for stay in case.hospital.stays if stay.end <= case.end]
    truth = {a.request.id: Truth(a.request.duration_minutes - 1, 0) for a in case.arrivals}
    end = case.end - DAWN
    return Day(hospital, case.origin, end, end, in_order(events), truth, beat=0, looks=(case.origin,))


def day_number(case: Case, minute: Minute) -> int:
    """The day of the horizon a minute belongs to."""
    return (minute + DAWN - case.origin) // MINUTES_PER_DAY


def rows(
    case: Case, lain: Iterable[tuple[str, str, Minute, Minute | None]]
) -> Iterator[tuple[str, str, int, int]]:
    """(patient, room, first day, last day) as the recount takes them, of (person, room, arrived, left)."""
    for person_id, room_id, arrived, left in lain:
        last = case.days - 1 if left is None else day_number(case, left) - 1
        yield person_id, room_id, day_number(case, arrived), last
