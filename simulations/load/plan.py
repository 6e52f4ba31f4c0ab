"""From a scenario and a rate to what each patient's wards ask for, and when, in seconds of the load."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from simulations.engine.run import Compiled
from simulations.load.driver import Sending
from simulations.load.journeys import Journey, journeys
from simulations.load.shapes import STEP_FACTOR, Shape, shaped, stall_of
from simulations.load.timeline import Pace, Task, tasks, until_handover
from simulations.scenarios.build import Built
from solver.engine.errors import Problem, refuse_if_any

HELD_SHARE: Final = 5
"""Each fifth patient's bed is held first and confirmed then: assumed."""
LONGEST_WARM_UP: Final = 14 * 24.0
PILOT_HOURS: Final = 14 * 24.0
FILLING_SECONDS: Final = 120.0
"""Longest time in which the hospital is filled with who lies there when the load begins."""

RESENT_SHARE: Final = 0.01
"""Of the writes, as many are sent a second time on purpose."""
SLICES: Final = 20
"""Equal parts of a run that are told one by one."""
BEYOND: Final = 5.0
"""A load that grows ends at so many times the goal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much load. Exactly one of ``rate`` (operations a second, on average) and ``compression`` (seconds of the
    hospital in one of the load). ``sites``: hospitals with the scenario's demand. ``seconds``: measured, after the
    hospital was filled; a step lasts ``step_seconds``."""

    seconds: float
    sites: int = 1
    rate: float | None = None
    compression: float | None = None
    shape: Shape = Shape.STEADY
    step_seconds: float = 60.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Planned:
    """Every journey with its tasks (seconds of the load). ``begin``, ``end``: hours of the scenario. ``fill``: seconds
    in which the hospital is filled; ``steps``: seconds at which each step begins, at which multiple of the rate."""

    patients: tuple[tuple[Journey, tuple[Task, ...]], ...]
    pace: Pace
    begin: float
    end: float
    fill: float
    seconds: float
    rate: float
    steps: tuple[tuple[float, float], ...] = ()

    @property
    def shortest_activity(self) -> float:
        """Seconds of the hospital: the shortest time anybody keeps a bed."""
        stays = [visit.end - visit.start for journey, _ in self.patients for visit in journey.visits]
        return 3600 * min((stay for stay in stays if 0 < stay < math.inf), default=0.0)

    def share(self, number: int, of: int) -> tuple[tuple[Journey, tuple[Task, ...]], ...]:
        """The patients of one of several processes."""
        return self.patients[number::of]


def plan(built: Built, wanted: Wanted, folder: Path) -> Planned:
    """Raises InvalidInstance if the scenario has no patients with beds, or ends before the load would."""
    begin = begin_of(built)
    pieces = _pieces(built, wanted, begin)
    end = begin + sum(lasts * per_second for lasts, per_second in pieces)
    _refuse_too_long(built, wanted, begin, end)
    there = _there(shaped(built, wanted.shape, begin, end, folder), wanted, begin, end)
    before = [
        (journey, [task for task in found if task.at < begin], [task for task in found if task.at >= begin])
        for journey, found in there
    ]
    filling = sum(len(early) for _, early, _ in before)
    coming = sum(sum(task.at <= end for task in late) for _, _, late in before)
    rate = coming / wanted.seconds
    fill = min(filling / max(rate, 1.0), FILLING_SECONDS)
    pace = Pace.of(begin, fill, pieces)
    timed = tuple(_timed(before, fill / max(filling, 1), pace, fill + wanted.seconds))
    steps = tuple(
        (second, per / pieces[0][1]) for second, per in zip(pace.seconds, pace.per_second, strict=True)
    )
    return Planned(timed, pace, begin, end, fill, fill + wanted.seconds, rate, steps)


def begin_of(built: Built) -> float:
    """The hour of the scenario at which the load begins: a hospital that was empty at hour 0 has filled."""
    return math.floor(min(LONGEST_WARM_UP, built.scenario.run.length / 4) / 24) * 24.0


def _pieces(built: Built, wanted: Wanted, begin: float) -> list[tuple[float, float]]:
    """Seconds that each piece of the load lasts, and hours of the hospital that pass in one of them."""
    count = max(1, round(wanted.seconds / wanted.step_seconds)) if wanted.shape is Shape.STEP else 1
    if wanted.compression is not None:
        per_second = wanted.compression / 3600
    else:
        assert wanted.rate is not None, "one of rate and compression"
        per_second = wanted.rate / (wanted.sites * operations_an_hour(built, wanted.seed, begin))
    lasts = wanted.seconds / count
    return [(lasts, per_second * STEP_FACTOR**number) for number in range(count)]


def operations_an_hour(built: Built, seed: int, begin: float) -> float:
    """Of one site, on average over a pilot."""
    end = min(begin + PILOT_HOURS, built.scenario.run.length)
    found = _tasks(journeys(built, Compiled(built.model), seed, 0, end), begin)
    count = sum(begin <= task.at < end for _, several in found for task in several)
    if count == 0:
        refuse_if_any(
            [
                Problem(
                    "demand", "nobody gets a bed", "patients with beds", "Give the pathways steps with beds."
                )
            ]
        )
    return count / (end - begin)


def _refuse_too_long(built: Built, wanted: Wanted, begin: float, end: float) -> None:
    length = built.scenario.run.length
    if end > length:
        # A speed that is given stays as it is, however many sites share the load.
        more = math.ceil(wanted.sites * (end - begin) / (length - begin))
        slower = "a lower --compression" if wanted.compression else f"--sites {more}, a lower --rate"
        remedy = f"Take {slower}, fewer --seconds, or make run.length longer."
        shown = f"{(end - begin) / 24:.0f} days of the hospital"
        refuse_if_any([Problem("load", shown, f"at most {(length - begin) / 24:.0f}", remedy)])


def _there(built: Built, wanted: Wanted, begin: float, end: float) -> list[tuple[Journey, list[Task]]]:
    """Everybody who is in a bed between ``begin`` and ``end`` on any site, with their tasks, in hours."""
    compiled = Compiled(built.model)
    found: list[tuple[Journey, list[Task]]] = []
    for site in range(wanted.sites):
        found += _tasks(journeys(built, compiled, wanted.seed, site, end), begin)
    if wanted.shape is Shape.HANDOVER:
        starts_at = built.scenario.run.start.hour
        found = [(journey, until_handover(several, starts_at)) for journey, several in found]
    return sorted(found, key=lambda each: (each[1][0].at, each[0].name))


def _tasks(everybody: Iterable[Journey], begin: float) -> list[tuple[Journey, list[Task]]]:
    found = []
    for number, journey in enumerate(everybody):
        visits = tuple(visit for visit in journey.visits if visit.end > begin)
        if visits:
            here = replace(journey, visits=visits)
            found.append((here, tasks(here, holds=number % HELD_SHARE == 0)))
    return found


def _timed(
    before: Sequence[tuple[Journey, Sequence[Task], Sequence[Task]]], slot: float, pace: Pace, end: float
) -> Iterator[tuple[Journey, tuple[Task, ...]]]:
    """Seconds instead of hours: what was before the load begins fills one slot after the other."""
    used = 0
    for journey, early, late in before:
        filled = [replace(task, at=(used + number) * slot) for number, task in enumerate(early)]
        used += len(early)
        later = [replace(task, at=pace.second(task.at)) for task in late]
        planned = tuple(task for task in [*filled, *later] if task.at <= end)
        if planned:
            yield journey, planned


def sending_of(
    planned: Planned,
    wanted: Wanted,
    urls: tuple[str, ...],
    token: str,
    goal_ms: float,
    resends: float = RESENT_SHARE,
) -> Sending:
    """How every process sends."""
    grows = wanted.shape is Shape.STEP
    return Sending(
        urls,
        token,
        planned.seconds,
        planned.fill,
        resends=resends,
        stall=stall_of(wanted.shape, planned.fill, wanted.seconds),
        seed=wanted.seed,
        slices=len(planned.steps) if grows else SLICES,
        gives_up=BEYOND * goal_ms / 1000 if grows else None,
    )
