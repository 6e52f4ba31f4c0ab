"""Days one by one, as a hospital lives them: who is not yet registered is not known, who is in stays admitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from solver.admissions.stays.arrays import Compiled, Matches, compiled, first_plan
from solver.admissions.stays.counting import counted
from solver.admissions.stays.exact import Ahead, rooms_ahead, suits
from solver.admissions.stays.layout import HARD, Plan
from solver.admissions.stays.problem import Night, Patient, Prices, StayPlan, StayProblem
from solver.admissions.stays.search import Cooling, search
from solver.admissions.stays.today import is_broken_today, kept_today
from solver.engine.result import Budget, Unobserved


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an idle minute or bed of a later day is worth beside one of today, for those who will register.

    A day ``j`` ahead counts ``least + (1 - least) * fading**j`` of its price: what is left open there may still be
    filled by others, what is idle today is lost. ``minutes`` and ``beds``: (least, fading), each from 0 to 1.
    ``transfer`` and ``delay``: how many times its price each counts in the plans of such a morning. Who registers later
    waits behind those who wait, and asks for other beds than those for which one was transferred.
    ``wards``: how exact plans look ahead, where days are fixed.
    """

    minutes: tuple[float, float] = (0.25, 0.8)
    beds: tuple[float, float] = (0.8, 0.8)
    transfer: float = 1.6
    delay: float = 1.6
    wards: Ahead = field(default_factory=Ahead)

    def worth(self, price: int, shape: tuple[float, float], days: int, counted: int) -> list[float]:
        """Of an idle unit on each of ``days``, of which the first ``counted`` count."""
        least, fading = shape
        return [price * (least + (1 - least) * fading**j) if j < counted else 0.0 for j in range(days)]


OUTLOOK: Final = Outlook()
MORNING: Final = Cooling(40.0, 2.0, 3.0, 60.0)
"""Yesterday's plan is a good one to begin with, but not so good that a cold search finds out of it: over three mornings
of two instances, 4,000,000 moves and two seeds each, plans were 1.1 % cheaper than from 12 to 1.2."""
MENDING: Final = Cooling(60.0, 2.0, 60.0, 60.0)
"""What broke a rule early, when that was cheap, is found in the way of a cheaper plan late, when it is cold: hot again,
and rules dear from the first move on."""
ROUNDS, A_ROUND = 2, 0.08
"""Of mending at most, and the share of a day's budget that is kept for each, and for one after today was kept."""
PARTS: Final = 20
"""Of a unit of cost, where idle time ahead has a price: the kernels count in whole numbers, and what a minute is worth
on one day or the next differs by less than a unit."""


@dataclass(frozen=True, slots=True)
class Morning:
    """What was decided on a day: where everybody lies who is in, and how many are registered and wait."""

    day: int
    rooms: dict[str, str]
    waiting: int


def replay(
    problem: StayProblem,
    a_day: Budget,
    seed: int,
    tell: Callable[[Morning], None] | None = None,
    outlook: Outlook = OUTLOOK,
    cooling: Cooling | None = None,
    until: int | None = None,
) -> StayPlan:
    """Plan every morning anew from what is known then, and keep what was decided before.

    Each morning whoever is registered is known; who was admitted stays so, and the rooms of past days are past. The
    rest is planned again within ``a_day``. With iterations alone the same seed gives the same plan, and what is
    decided up to a day depends on nobody who is registered after it. ``until``: the day before which the replay ends.
    """
    days = _Days(problem, a_day, seed, outlook, cooling or MORNING)
    for today in range(problem.days if until is None else until):
        morning = days.decide(today)
        if tell is not None:
            tell(morning)
    return StayPlan(tuple(sorted(days.nights)))


def in_parts(problem: StayProblem, parts: int) -> StayProblem:
    """The same with every price ``parts`` times as high, so that an idle minute may be worth part of a unit."""
    dearer: dict[str, Any] = {
        name: price * parts if type(price) is int else price  # None is hard, and a bool says how is counted
        for name, price in asdict(problem.prices).items()
    }
    return replace(problem, prices=Prices(**dearer))


def part_of(budget: Budget, share: float) -> Budget:
    """A share of the seconds, and of the moves, at least one."""
    seconds, moves = budget.seconds, budget.iterations
    return replace(
        budget,
        seconds=None if seconds is None else seconds * share,
        iterations=None if moves is None else max(1, round(moves * share)),
    )


def as_planned(problem: StayProblem, outlook: Outlook) -> tuple[StayProblem, int]:
    """The problem at the prices of a morning's plans, and their parts; as it is, in one, where nothing idle counts."""
    if not (problem.prices.idle_minute or problem.prices.idle_bed):
        return problem, 1
    planned = in_parts(problem, PARTS)
    transfer = round(planned.prices.transfer * outlook.transfer)
    delay = round(planned.prices.delay * outlook.delay)
    return replace(planned, prices=replace(planned.prices, transfer=transfer, delay=delay)), PARTS


class _Days:
    """What has been decided so far, and the plan for what has not."""

    def __init__(
        self, problem: StayProblem, a_day: Budget, seed: int, outlook: Outlook, cooling: Cooling
    ) -> None:
        self.problem, parts = as_planned(problem, outlook)
        self.cooling, self.mending = cooling.at_prices(parts), MENDING.at_prices(parts)
        self.a_day, self.seed, self.outlook = a_day, seed, outlook
        self.matches = Matches(self.problem)
        self.nights: list[Night] = []
        self.admitted: dict[str, int] = {}
        self.lying: dict[str, str] = {}
        self.planned: dict[str, tuple[int, Sequence[int]]] = {}

    def decide(self, today: int) -> Morning:
        """Plan from ``today`` on, and let what concerns today happen."""
        known = [one for one in self.problem.patients if one.registered <= today]
        lingering = [
            self.lying[one.id]
            for one in known
            if one.id in self.lying and self.admitted[one.id] + one.days == today and one.at_risk
        ]
        still = [found for one in known if (found := self._seen_from(today, one)) is not None]
        if still:
            self._plan(today, still, lingering)
        rooms = {one.id: self._room_today(one.id) for one in still if self._comes_today(one.id)}
        for patient, room in rooms.items():
            self.admitted.setdefault(patient, today)
            self.nights.append(Night(patient, today, room))
        self.lying = rooms
        return Morning(today, rooms, len(still) - len(rooms))

    def _seen_from(self, today: int, one: Patient) -> Patient | None:
        """The patient with days counted from today: what is left of the stay; None when nothing is."""
        start = self.admitted.get(one.id)
        if start is None:
            first, latest = max(one.first, today), max(one.latest, today)
            known = one.registered - today
            return replace(one, first=first - today, latest=latest - today, registered=known)
        spent = today - start
        if spent >= one.days:
            return None
        surgery = one.surgery
        if surgery is not None:
            surgery = replace(surgery, day=surgery.day - spent) if surgery.day >= spent else None
        return replace(
            one,
            specialisms=one.specialisms[spent:],
            first=0,
            latest=0,
            registered=0 if one.urgent else -1,
            room=self.lying[one.id],
            surgery=surgery,
        )

    def _plan(self, today: int, patients: list[Patient], lingering: list[str]) -> None:
        arrays = self._arrays(today, patients, lingering)
        given, seed = first_plan(arrays, self._as_planned_yesterday()), self.seed + today
        if suits(arrays.problem):
            start, place = rooms_ahead(arrays, given, self.outlook.wards, self.a_day.start(), seed)
        else:
            found = self._searched(arrays, given, seed)
            start, place = found.start, found.place
        self.planned = {
            one.id: (int(start[p]), [int(r) for r in place[p, : one.days]])
            for p, one in enumerate(patients)
            if start[p] >= 0
        }

    def _searched(self, arrays: Compiled, given: Plan, seed: int) -> Plan:
        """The best plan from ``given`` on; while it breaks a rule that could be kept, the search begins there again."""
        main, round_ = (part_of(self.a_day, share) for share in (1 - (ROUNDS + 1) * A_ROUND, A_ROUND))
        best = search(arrays, given, self.cooling, main.start(), seed, Unobserved()).plan
        for _ in range(ROUNDS):
            if best.total[HARD] <= arrays.least_hard:
                break
            best = search(arrays, best, self.mending, round_.start(), seed, Unobserved()).plan
        return best if best.total[HARD] <= arrays.least_hard else self._kept(arrays, best, round_, seed)

    def _kept(self, arrays: Compiled, best: Plan, a_round: Budget, seed: int) -> Plan:
        """``best``, or a plan that breaks nothing today, which is sure, and perhaps something ahead, which is not."""
        whole = counted(arrays, best.start, best.place)
        if not is_broken_today(arrays, whole):
            return best
        kept = search(
            arrays, kept_today(arrays, whole, seed), self.mending, a_round.start(), seed, Unobserved()
        )
        later = counted(arrays, kept.plan.start, kept.plan.place)
        return min(later, whole, key=lambda plan: (is_broken_today(arrays, plan), int(plan.total[HARD])))

    def _arrays(self, today: int, patients: list[Patient], lingering: list[str]) -> Compiled:
        whole, prices = self.problem, self.problem.prices
        days = max(one.latest + one.days for one in patients)
        counted = max(0, min(days, whole.counted - today))
        slots = {(d - today, x): n for (d, x), n in whole.theatre.slots.items() if today <= d < today + days}
        problem = replace(
            whole,
            days=days,
            counted=counted,
            patients=tuple(patients),
            theatre=replace(whole.theatre, slots=slots),
        )
        minutes = self.outlook.worth(prices.idle_minute, self.outlook.minutes, days, counted)
        beds = self.outlook.worth(prices.idle_bed, self.outlook.beds, days, counted)
        return compiled(problem, self.matches, minutes, beds, lingering)

    def _as_planned_yesterday(self) -> dict[str, tuple[int, Sequence[int]]]:
        return {
            patient: (start - 1, rooms) if start > 0 else (0, rooms[1:])
            for patient, (start, rooms) in self.planned.items()
        }

    def _comes_today(self, patient: str) -> bool:
        return patient in self.planned and self.planned[patient][0] == 0

    def _room_today(self, patient: str) -> str:
        return self.problem.rooms[self.planned[patient][1][0]].id
