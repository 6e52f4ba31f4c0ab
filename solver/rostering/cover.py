"""Tonight's gap: who could step in for somebody who does not come, and whether two people may swap.

Everybody else is looked at: coming in on a day off, or from another shift of that day; where that alone would break a
rule, a later shift of theirs is left out, moved to other hours, or taken over by a third person. What is offered breaks
no hard rule: rest and hours are never bought with a price. The cheapest comes first: cost of the roster, plus a price
for every other shift that moves, plus fairness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.rule import Rule
from solver.rostering import rules
from solver.rostering.changes import Break, Change, Duty, Judged, Standing
from solver.rostering.problem import DAYS_PER_WEEK, SATURDAY

REACH: Final = 7
"""Days after the gap within which one later shift may be left out."""
HANDED_OVER: Final = 2
"""Days after the gap within which a shift that is left out is offered to a third person."""


@dataclass(frozen=True, slots=True)
class Burden:
    """What somebody carried lately, counted over the same months for all: nights, weekends, times stepped in, requests
    refused."""

    nights: int = 0
    weekends: int = 0
    stepped_in: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Prices:
    """In units of the roster's cost: of each other shift that moves; of having stepped in once more than others; of
    each night or weekend above others' (where the gap is one); of each refused request."""

    moved: int = 20
    stepped_in: int = 30
    night: int = 5
    weekend: int = 10
    refused: int = 5


@dataclass(frozen=True, slots=True)
class Fairness:
    """How burdens count. ``burdens``: by employee, those not named carried nothing; ``nights``: shifts that are."""

    burdens: Mapping[str, Burden] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)
    nights: frozenset[str] = frozenset()

    def of(self, employee: str, shift: str, day: int) -> int:
        """The price of asking somebody, for one gap; only differences between people mean anything."""
        burden, prices = self.burdens.get(employee, Burden()), self.prices
        price = burden.stepped_in * prices.stepped_in + burden.refused * prices.refused
        price += burden.nights * prices.night if shift in self.nights else 0
        return price + (burden.weekends * prices.weekend if day % DAYS_PER_WEEK >= SATURDAY else 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could step in. ``changes``: what becomes of every shift concerned, the gap's first; ``cost``: of the
    roster with them less that with the gap open; ``moved``: other shifts that move; ``fairness``: above the least of
    all candidates; ``price``: what they are ranked by."""

    employee: str
    changes: tuple[Change, ...]
    cost: int
    moved: int
    fairness: int
    price: int


@dataclass(frozen=True, slots=True)
class Barred:
    """Somebody who may not: ``breaks`` what stepping in breaks, by the way that breaks least."""

    employee: str
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who could step in, best first, and who may not, nearest first. ``open_cost``: of the roster with the gap open
    less that before."""

    day: int
    shift: str
    skill: str
    open_cost: int
    candidates: tuple[Candidate, ...]
    barred: tuple[Barred, ...]


def rank(standing: Standing, employee: str, day: int, fairness: Fairness | None = None) -> Ranking:
    """Who could step in for ``employee`` on ``day``, and how. Raises InvalidInstance if they do not work then."""
    fair = fairness or Fairness()
    shift, skill = _duty_of(standing, employee, day)
    away = Change(employee, day, None)
    too_soon = next(each.never_before for each in standing.problem.shifts if each.id == shift)
    search = _Search(standing.after([away]), employee, day, (shift, skill), fair.prices.moved, too_soon)
    found: list[tuple[str, Judged]] = []
    barred: list[Barred] = []
    for other in standing.people:
        if other == employee or standing.duties[other][day] == (shift, skill):
            continue
        judged = search.best_of(other)
        if judged.legal:
            found.append((other, judged))
        else:
            barred.append(Barred(other, judged.breaks))
    asked = {other: fair.of(other, shift, day) for other, _ in found}
    least = min(asked.values(), default=0)
    candidates = [_candidate(other, judged, asked[other] - least, fair.prices) for other, judged in found]
    candidates.sort(key=lambda each: (each.price, each.employee))
    barred.sort(key=lambda each: (len(each.breaks), sum(b.units for b in each.breaks), each.employee))
    open_cost = standing.judged([away]).cost
    return Ranking(day, shift, skill, open_cost, tuple(candidates), tuple(barred))


def swap(one: tuple[str, int], other: tuple[str, int], standing: Standing) -> Judged:
    """What it would do if two people took each other's shift, each named by person and day. Raises InvalidInstance if
    somebody does not work then, or works already on the day that is taken."""
    (first, day), (second, other_day) = one, other
    duty, other_duty = _duty_of(standing, first, day), _duty_of(standing, second, other_day)
    if first == second:
        raise _refused("swap", first, "two different people", "Name who takes the shift.")
    changes = [Change(first, other_day, *other_duty), Change(second, day, *duty)]
    if day != other_day:
        for who, when in ((first, other_day), (second, day)):
            if standing.duties[who][when] is not None:
                expected = f"somebody who is off on day {when}"
                raise _refused("swap", who, expected, "Name other days, or swap on one day.")
        changes += [Change(first, day, None), Change(second, other_day, None)]
    return standing.judged(changes)


def _duty_of(standing: Standing, employee: str, day: int) -> Duty:
    if employee not in standing.people:
        raise _refused("employee", employee, "an employee of the roster", "Correct the id.")
    if not 0 <= day < standing.problem.days:
        raise _refused("day", day, f"0 to {standing.problem.days - 1}", "Correct the day.")
    duty = standing.duties[employee][day]
    if duty is None:
        raise _refused("day", day, f"a day on which {employee} works", "Name the day of the shift.")
    return duty


def _refused(where: str, value: object, expected: str, remedy: str) -> InvalidInstance:
    return InvalidInstance([Problem(where, value, expected, remedy)])


def _candidate(employee: str, judged: Judged, fairness: int, prices: Prices) -> Candidate:
    moved = len(judged.changes) - 1
    price = judged.cost + moved * prices.moved + fairness
    return Candidate(employee, judged.changes, judged.cost, moved, fairness, price)


@dataclass(frozen=True, slots=True)
class _Search:
    """Ways for one person to step in. ``standing`` has the gap open; ``too_soon``: shifts that leave no rest on the
    next day; ``takers``: who would take over a later shift, kept from one person to the next."""

    standing: Standing
    absent: str
    day: int
    duty: Duty
    moved_price: int
    too_soon: frozenset[str]
    takers: dict[tuple[int, Duty], list[tuple[int, str]]] = field(default_factory=dict)

    def best_of(self, employee: str) -> Judged:
        """The cheapest legal way, else the one that breaks least."""
        step_in = Change(employee, self.day, *self.duty)
        alone = self.standing.judged([step_in])
        hopeless = {rules.SKILL, rules.DAYS_OFF}
        if alone.legal or hopeless & {found.rule for found in alone.breaks}:
            return alone
        ways = [alone]
        ways += (self.standing.judged([step_in, *later]) for later in self._later(employee))
        return min(ways, key=lambda way: (len(way.breaks), self._price(way)))

    def _price(self, way: Judged) -> int:
        return way.cost + self.moved_price * len(way.changes)

    def _later(self, employee: str) -> Iterator[tuple[Change, ...]]:
        """What may become of this person's later shifts: other hours tomorrow, one of the coming days left out, or the
        next two."""
        duties = self.standing.duties[employee]
        last = min(self.day + REACH, self.standing.problem.days - 1)
        worked = [day for day in range(self.day + 1, last + 1) if duties[day] is not None]
        tomorrow = duties[self.day + 1] if self.day < last else None
        if tomorrow is not None and tomorrow[0] in self.too_soon:
            for other in self.standing.problem.shifts:
                if other.id not in self.too_soon:
                    yield (Change(employee, self.day + 1, other.id, tomorrow[1]),)
        for day in worked:
            yield (Change(employee, day, None),)
            yield from self._handed_over(employee, day)
        if len(worked) > 1:
            yield tuple(Change(employee, day, None) for day in worked[:2])

    def _handed_over(self, employee: str, day: int) -> Iterator[tuple[Change, ...]]:
        duty = self.standing.duties[employee][day]
        assert duty is not None, "worked"
        if day > self.day + HANDED_OVER:
            return
        for _, taker in self._takers(day, duty):
            if taker != employee:
                yield Change(employee, day, None), Change(taker, day, *duty)
                return

    def _takers(self, day: int, duty: Duty) -> Sequence[tuple[int, str]]:
        """Who is off then and could take a shift over without moving another one, cheapest two."""
        if (day, duty) not in self.takers:
            off = (
                other
                for other, duties in self.standing.duties.items()
                if duties[day] is None and other != self.absent
            )
            judged = ((other, self.standing.judged([Change(other, day, *duty)])) for other in off)
            legal = sorted((way.cost, other) for other, way in judged if way.legal)
            self.takers[day, duty] = legal[:2]
        return self.takers[day, duty]


def rules_broken(barred: Barred) -> tuple[Rule, ...]:
    """The rules in the way of somebody, each once."""
    return tuple(dict.fromkeys(found.rule for found in barred.breaks))
