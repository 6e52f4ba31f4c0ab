"""From a log to a scenario, and back to the log: the one way in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from simulations.fitting.back_test import BackTest, back_test
from simulations.fitting.estimate import Asked, Fitted, estimate
from simulations.fitting.reading import Reading, Recorded, read_log
from simulations.fitting.visits import Visits
from simulations.fitting.writing import Span, scenario_text
from simulations.scenarios.build import Built, load, of_pathways
from simulations.scenarios.text import load_text
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any

SHORTEST_DAYS = 7
Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a log.

    begin, end: the recorded time, whole hours; None: the days that the log touches. hold_out: the share at its end that
    is not fitted but foretold, 0 to below 1; with 0 the scenario is held beside the time it was estimated from.
    """

    reading: Reading = field(default_factory=Reading)
    asked: Asked = field(default_factory=Asked)
    begin: datetime | None = None
    end: datetime | None = None
    hold_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Period:
    """A recorded time: its start on the hospital's clock, hours, and what was known of it at its end."""

    start: datetime
    length: float
    visits: Visits

    @property
    def start_of_week(self) -> int:
        """Hours from Monday midnight."""
        return self.start.weekday() * 24 + self.start.hour

    @property
    def settings(self) -> list[tuple[str, str]]:
        """What makes a scenario one of this time."""
        return [
            ("run.start", f"{self.start:%Y-%m-%d %H:%M}"),
            ("run.length", f"{self.length:g} h"),
            ("run.warm_up", "0 h"),
        ]


@dataclass(frozen=True, slots=True)
class Fit:
    """fitted: the numbers. text: the scenario. fitted_on, tested_on: the same time unless some was held out."""

    fitted: Fitted
    text: str
    fitted_on: Period
    tested_on: Period

    @property
    def held_out(self) -> bool:
        return self.tested_on is not self.fitted_on


def fit(log: Path, request: Request = Request()) -> Fit:
    """Estimate a scenario; raises InvalidInstance with every fault of the log or of what is asked."""
    recorded = read_log(log, request.reading)
    _refuse_strange(request, recorded)
    begin, end = _bounds(recorded, request)
    split = end
    if request.hold_out:
        split = begin + 24 * math.floor((1 - request.hold_out) * (end - begin) / 24)
    _refuse_short(begin, split, end)
    first = _period(recorded, begin, split)
    fitted = estimate(first.visits, first.length, first.start_of_week, recorded.keeps_bed, request.asked)
    text = scenario_text(fitted, Span(first.start, first.length, recorded.rows))
    return Fit(fitted, text, first, _period(recorded, split, end) if split < end else first)


def back_tested(
    fit_: Fit, *, seed: int, replications: int, workers: int = 1, watch: Watch = lambda *_: None
) -> BackTest:
    """What was estimated, held beside the record."""
    built = of_pathways(load_text(fit_.text, fit_.tested_on.settings), "the scenario")
    fitted_on = fit_.fitted_on.length if fit_.held_out else None
    return _tested(built, fit_.tested_on, seed, replications, workers, fitted_on, watch)


def against(
    scenario: Path,
    log: Path,
    request: Request = Request(),
    *,
    seed: int = 1,
    replications: int = 100,
    workers: int = 1,
    watch: Watch = lambda *_: None,
) -> BackTest:
    """Any scenario, held beside a record; raises InvalidInstance with the faults of either."""
    recorded = read_log(log, request.reading)
    period = _period(recorded, *_bounds(recorded, request))
    built = of_pathways(load(scenario, period.settings), scenario.name)
    return _tested(built, period, seed, replications, workers, None, watch)


def _tested(
    built: Built,
    period: Period,
    seed: int,
    replications: int,
    workers: int,
    fitted_on: float | None,
    watch: Watch,
) -> BackTest:
    return back_test(
        built,
        period.visits,
        period.length,
        seed=seed,
        replications=replications,
        workers=workers,
        fitted_on=fitted_on,
        watch=watch,
    )


def _period(recorded: Recorded, begin: float, end: float) -> Period:
    return Period(recorded.origin.at(begin), end - begin, recorded.visits.within(begin, end))


def _bounds(recorded: Recorded, request: Request) -> tuple[float, float]:
    """Hours from the log's origin: whole days that hold the log, or what is asked for."""
    problems = [
        Problem(name, f"{moment:%Y-%m-%d %H:%M}", "a whole hour", "Begin and end with a whole hour.")
        for name, moment in (("--from", request.begin), ("--until", request.end))
        if moment is not None and (moment.minute or moment.second or moment.microsecond)
    ]
    refuse_if_any(problems)
    origin = recorded.origin.at(0.0)
    begin = 0.0 if request.begin is None else (request.begin - origin).total_seconds() / 3600
    end = (
        24.0 * math.ceil(recorded.last / 24)
        if request.end is None
        else (request.end - origin).total_seconds() / 3600
    )
    if not begin < end or begin >= recorded.last or end <= recorded.first:
        there = " to ".join(
            f"{recorded.origin.at(at):%Y-%m-%d %H:%M}" for at in (recorded.first, recorded.last)
        )
        shown = " to ".join(f"{recorded.origin.at(at):%Y-%m-%d %H:%M}" for at in (begin, end))
        remedy = "Let --until be after --from, and both near what was recorded."
        raise InvalidInstance([Problem("--from, --until", shown, f"a time within {there}", remedy)])
    return begin, end


def _refuse_short(begin: float, split: float, end: float) -> None:
    parts = [("to fit", split - begin)] + ([("to foretell", end - split)] if split < end else [])
    refuse_if_any(
        Problem(
            f"the time {what}",
            f"{length / 24:.3g} days",
            f"at least {SHORTEST_DAYS} days",
            "Export a longer log, or hold out another share.",
        )
        for what, length in parts
        if length < 24 * SHORTEST_DAYS
    )


def _refuse_strange(request: Request, recorded: Recorded) -> None:
    """Wards that the log does not know."""
    wards = recorded.visits.wards
    named = [("--beds", name) for name in request.asked.beds or {}]
    named += [("--silent-when-full", name) for name in request.asked.silent_when_full]
    refuse_if_any(
        Problem(option, name, f"a ward of the log: {', '.join(wards[:12])}", "Correct the name.")
        for option, name in named
        if name not in wards
    )
