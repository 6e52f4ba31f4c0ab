"""What people worked before: how they come into a new roster, and who carried how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from solver.rostering.census import weekday
from solver.rostering.cover import Burden
from solver.rostering.problem import SATURDAY, Assignment, History

Worked = dict[str, dict[int, str]]
"""The shift of each person and day (counted since 1970-01-01) that was worked."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A published roster of the days ``[first_day, end_day)``. ``refused``: how many wishes of each person it does not
    grant; ``stepped_in``: how often each came in for somebody by the change that it publishes."""

    first_day: int
    end_day: int
    assignments: tuple[Assignment, ...]
    refused: Mapping[str, int] = field(default_factory=dict)
    stepped_in: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Past:
    """What was published last of every day: a later edition replaces all of its days. ``known``: days of which there is
    any."""

    worked: Worked
    known: set[int]

    @classmethod
    def of(cls, editions: Iterable[Edition]) -> Past:
        """From editions in the order in which they were published."""
        worked: Worked = {}
        known: set[int] = set()
        for edition in editions:
            days = range(edition.first_day, edition.end_day)
            known.update(days)
            for own in worked.values():
                for day in days:
                    own.pop(day, None)
            for given in edition.assignments:
                worked.setdefault(given.employee, {})[edition.first_day + given.day] = given.shift
        return cls(worked, known)

    def history(self, employee: str, first_day: int) -> History | None:
        """How somebody comes into a roster that begins on ``first_day``; None where the day before is not known."""
        if first_day - 1 not in self.known:
            return None
        own = self.worked.get(employee, {})
        last = own.get(first_day - 1)
        run, same, day = 0, 0, first_day - 1
        while day in self.known and (day in own) == (last is not None):
            run += 1
            same += same == run - 1 and own.get(day) == last
            day -= 1
        if last is None:
            return History(off_run=run)
        return History(last, same, run)


def burdens(
    editions: Iterable[Edition], past: Past, nights: frozenset[str], since: int, until: int
) -> dict[str, Burden]:
    """What everybody carried on the days ``[since, until)``: nights, weekends, times stepped in, wishes refused."""
    refused: dict[str, int] = {}
    stepped: dict[str, int] = {}
    for edition in editions:
        for counted, more in ((refused, edition.refused), (stepped, edition.stepped_in)):
            for employee, times in more.items():
                counted[employee] = counted.get(employee, 0) + times
    people = past.worked.keys() | refused.keys() | stepped.keys()
    return {
        employee: Burden(
            *_nights_and_weekends(past.worked.get(employee, {}), nights, since, until),
            stepped.get(employee, 0),
            refused.get(employee, 0),
        )
        for employee in sorted(people)
    }


def _nights_and_weekends(
    worked: Mapping[int, str], nights: frozenset[str], since: int, until: int
) -> tuple[int, int]:
    days = [day for day in worked if since <= day < until]
    weekends = {day - weekday(day) for day in days if weekday(day) >= SATURDAY}
    return sum(worked[day] in nights for day in days), len(weekends)
