"""The roster problem of a live ward, from its terms and what is known of its people and patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from solver.hospital import Minute, StaffMember
from solver.hospital.timegrid import local_minute
from solver.rostering.census import Lay, forecast, nurses_needed, weekday
from solver.rostering.cover import Burden
from solver.rostering.past import Past
from solver.rostering.problem import (
    DAYS_PER_WEEK,
    SATURDAY,
    Contract,
    Cover,
    Employee,
    RosterProblem,
    Wish,
)
from solver.rostering.terms import Terms, WardShift

DAYS_SEEN = 56
"""Days before today whose census counts."""

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a ward. ``lay``: who lay there since ``first_seen``, a day, lies there, or is booked; ``today``:
    the day that is not over; ``zone``: IANA time zone."""

    staff: Sequence[StaffMember]
    zone: str
    today: int
    first_seen: int = 0
    lay: Sequence[Lay] = ()
    past: Past = field(default_factory=lambda: Past({}, set()))
    burdens: Mapping[str, Burden] = field(default_factory=dict)


def span(shift: WardShift, day: int, zone: str) -> tuple[Minute, Minute]:
    """When a shift of a day begins and ends, by the clock on the wall where the ward is."""
    local = EPOCH + timedelta(days=day)
    return (
        local_minute(local, shift.starts, zone),
        local_minute(local, shift.starts + shift.minutes, zone),
    )


def midnight(day: int, zone: str) -> Minute:
    """The minute at which a day begins."""
    return local_minute(EPOCH + timedelta(days=day), 0, zone)


def ward_problem(
    ward_id: str, terms: Terms, first_day: int, known: Known, wishes: Iterable[Wish] = ()
) -> RosterProblem:
    """The problem of the roster that begins on ``first_day``, a Monday. Not checked: see ``door``."""
    skills = tuple(sorted({cell.skill for cell in terms.cover if cell.skill}))
    contracts = {contract.id: contract for contract in terms.contracts}
    employees = tuple(_employees(terms, contracts, skills, first_day, known))
    fair = _fairness(terms, [employee.id for employee in employees], known.burdens)
    able = {skill: sum(skill in employee.skills for employee in employees) for skill in skills}
    cover = _cover(terms, first_day, known, {**able, "": len(employees)})
    return RosterProblem(
        ward_id,
        terms.days,
        terms.shift_types(),
        skills,
        employees,
        (*wishes, *fair),
        tuple(cover),
    )


def _employees(
    terms: Terms, contracts: Mapping[str, Contract], skills: Iterable[str], first_day: int, known: Known
) -> Iterator[Employee]:
    for member in known.staff:
        contract_id = terms.people.get(member.id)
        if contract_id is not None and not member.student:
            own = member.skills & set(skills)
            history = known.past.history(member.id, first_day)
            yield Employee(member.id, contracts[contract_id], own, history=history)


def _fairness(terms: Terms, people: Sequence[str], burdens: Mapping[str, Burden]) -> Iterator[Wish]:
    """Who worked more nights or weekends than the others lately is spared them, at a price for each one more."""
    carried = [burdens.get(employee, Burden()) for employee in people]
    if not carried:
        return
    fewest_nights = min(one.nights for one in carried)
    fewest_weekends = min(one.weekends for one in carried)
    for employee, burden in zip(people, carried, strict=True):
        night = (burden.nights - fewest_nights) * terms.prices.night
        weekend = (burden.weekends - fewest_weekends) * terms.prices.weekend
        for day in range(terms.days):
            if night > 0:
                for shift in sorted(terms.nights):
                    yield Wish(employee, day, shift, False, night)
            if weekend > 0 and day % DAYS_PER_WEEK >= SATURDAY:
                yield Wish(employee, day, None, False, weekend)


def _cover(terms: Terms, first_day: int, known: Known, able: Mapping[str, int]) -> Iterator[Cover]:
    """What is wanted of each skill, and of any: nobody is wanted who is not there, which the door would refuse."""
    for shift in terms.shifts:
        expected = _expected(terms, shift, known)
        for day in range(terms.days):
            fixed = [
                cell
                for cell in terms.cover
                if cell.shift == shift.id and weekday(first_day + day) in cell.weekdays
            ]
            skilled = [cell for cell in fixed if cell.skill]
            for cell in skilled:
                wanted = min(cell.wanted, able[cell.skill])
                least = min(cell.least, wanted)
                yield Cover(day, shift.id, cell.skill, least, wanted, terms.under, terms.over)
            needed = expected(first_day + day) - sum(cell.wanted for cell in skilled)
            plain = [cell for cell in fixed if not cell.skill]
            wanted = min(max([needed, *(cell.wanted for cell in plain)], default=0), able[""])
            least = min(max((cell.least for cell in plain), default=0), max(wanted, 0))
            yield Cover(day, shift.id, "", least, max(wanted, 0), terms.under, terms.over)


def _expected(terms: Terms, shift: WardShift, known: Known) -> Callable[[int], int]:
    """How many nurses the patients of a day need on a shift, as far as can be told today."""
    confidence = terms.confidence
    if confidence is None:
        return lambda _: 0
    past = range(known.first_seen, known.today)
    usual = forecast(known.lay, past, lambda day: span(shift, day, known.zone), confidence)
    return lambda day: max(
        usual.get(weekday(day), 0), nurses_needed(known.lay, *span(shift, day, known.zone))
    )
