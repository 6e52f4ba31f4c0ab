"""Patients of each class and when they arrive, as sources of the engine.

A source is named for class and purpose: random numbers follow that name, so a surge added to one class changes
nobody else's chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

from simulations.engine import model as engine
from simulations.scenarios.arrival_files import listed_file, replayed
from simulations.scenarios.build_distributions import distribution
from simulations.scenarios.context import Context
from simulations.scenarios.places import Fault, Path
from simulations.scenarios.schema_demand import (
    WEEK,
    GroupSize,
    Listed,
    PatientClass,
    Punctuality,
    Random,
    Sessions,
    Source,
    Surge,
)
from simulations.scenarios.schema_pathways import Pathway

HOURS_PER_WEEK = 168
SURGE = "/surge "
"""Between class and name in the name of a surge's source."""


def classes(context: Context) -> tuple[engine.PatientClass, ...]:
    """All classes, in the order of the scenario."""
    demand = context.scenario.demand
    for name, surge in demand.surges.items():
        for i, each in enumerate(surge.classes):
            here = ("demand", "surges", name, "classes", i)
            context.known(here, each, "a class", demand.classes, ("demand", "classes"))
    built = []
    for number, (name, given) in enumerate(demand.classes.items()):
        path = ("demand", "classes", name)
        context.origins[f"classes[{number}]"] = path
        pathways = context.scenario.pathways
        known = context.known((*path, "pathway"), given.pathway, "a pathway", pathways, ("pathways",))
        first = first_step(given.pathway, pathways[given.pathway]) if known else ""
        sources = (*_sources(context, name, given, number), *_surges(context, name, given))
        built.append(engine.PatientClass(name, first, sources, given.priority))
    return tuple(built)


def first_step(name: str, pathway: Pathway) -> str:
    """The engine's name of where a pathway begins."""
    return f"{name}/{next(iter(pathway.steps))}"


def _sources(context: Context, name: str, given: PatientClass, number: int) -> list[engine.Source]:
    built = []
    for i, source in enumerate(given.arrivals):
        path: Path = ("demand", "classes", name, "arrivals", i)
        context.origins[f"classes[{number}].sources[{i}]"] = path
        label = f"{name}/arrivals" if i == 0 else f"{name}/arrivals/{i}"
        built.append(_source(context, name, label, source, path))
    return built


def _source(context: Context, class_name: str, label: str, given: Source, path: Path) -> engine.Source:
    if given.random is not None:
        return _random(context, label, given.random)
    if given.gaps is not None:
        low, high = context.hours(given.gaps.from_), _end(context, given.gaps.until)
        return engine.Renewal(
            label, distribution(given.gaps.distribution), low, high, _batch(given.gaps.groups)
        )
    if given.appointments is not None:
        booked = given.appointments
        low, high = context.hours(booked.from_), _end(context, booked.until)
        late = distribution(booked.late_by) if booked.late_by else None
        return engine.Appointments(label, booked.every, low, high, booked.no_show, late)
    return _of_known_times(context, class_name, label, given, path)


def _of_known_times(
    context: Context, class_name: str, label: str, given: Source, path: Path
) -> engine.Listed:
    if given.sessions is not None:
        return _known(label, _session_times(context, given.sessions, (*path, "sessions")), given.sessions)
    if given.incident is not None:
        if not context.takes((*path, "incident", "patients"), given.incident.patients):
            return engine.Listed(label, (0.0,))
        at, each = context.hours(given.incident.at), given.incident.within / given.incident.patients
        return engine.Listed(label, tuple(at + i * each for i in range(given.incident.patients)))
    if given.replay is not None:
        return engine.Listed(label, replayed(context, given.replay, class_name, (*path, "replay")))
    assert given.list_ is not None
    return _known(label, _list_times(context, given.list_, (*path, "list")), given.list_)


def _known(label: str, times: Iterable[float], given: Punctuality) -> engine.Listed:
    late = distribution(given.late_by) if given.late_by else None
    return engine.Listed(label, tuple(sorted(times)), given.no_show, late)


def _list_times(context: Context, given: Listed, path: Path) -> list[float]:
    times = [context.hours(each) for each in given.times]
    if given.file is not None:
        times += listed_file(context, given.file, given.column, path)
    early = [each for each in times if each < 0]
    if early:
        remedy = "Leave it out, or begin the run earlier."
        context.fault(path, f"{early[0]:g} h", "moments at or after the start of the run", remedy)
    return [each for each in times if each >= 0]


def _session_times(context: Context, given: Sessions, path: Path) -> list[float]:
    midnight = context.scenario.run.start.replace(hour=0)
    dates = [midnight + timedelta(days=day) for day in range(int(context.length // 24) + 2)]
    firsts = [context.hours(date) + given.at for date in dates if WEEK[date.weekday()] in given.days]
    if not context.takes((*path, "number"), given.number * len(firsts)):
        return [0.0]
    times = [first + i * given.every for first in firsts for i in range(given.number)]
    return [each for each in times if 0 <= each < context.length]


def _end(context: Context, until: object) -> float:
    return engine.FOREVER if until is None else context.hours(until)  # type: ignore[arg-type]


def _batch(groups: list[GroupSize]) -> engine.Batch | None:
    if not groups:
        return None
    return engine.Batch(tuple(each.size for each in groups), tuple(each.share for each in groups))


def _random(context: Context, label: str, given: Random) -> engine.Poisson:
    rates = hourly_rates(given, context.start_of_week)
    low, high = context.hours(given.from_), _end(context, given.until)
    width = 1.0 if len(rates) > 1 else engine.FOREVER
    return engine.Poisson(label, rates, width, 0.0, low, high, _batch(given.groups))


def hourly_rates(given: Random, start_of_week: int) -> tuple[float, ...]:
    """Arrivals per hour for each hour of the week from the start of the run on; one number if it never changes.

    The mean over a week is the rate that was given, whatever the weights.
    """
    mean = (given.per_hour or 0.0) + (given.per_day or 0.0) / 24 + (given.per_week or 0.0) / HOURS_PER_WEEK
    if given.by_hour is None and not given.by_weekday:
        return (mean,)
    by_hour = given.by_hour or [1.0] * 24
    weights = [given.by_weekday.get(day, 1.0) * hour for day in WEEK for hour in by_hour]
    scale = mean * HOURS_PER_WEEK / sum(weights)
    turned = weights[start_of_week:] + weights[:start_of_week]
    return tuple(weight * scale for weight in turned)


def _surges(context: Context, name: str, given: PatientClass) -> list[engine.Source]:
    found: list[engine.Source] = []
    randoms = [source.random for source in given.arrivals if source.random is not None]
    for label, surge in context.scenario.demand.surges.items():
        if name in surge.classes:
            path: Path = ("demand", "surges", label)
            added = _surge(context, f"{name}{SURGE}{label}", surge, randoms, path)
            if not any(_adds_anybody(source, context.length) for source in added) and not context.faults:
                _warn_of_surge(context, name, surge, path)
            found += added
    return found


def _adds_anybody(source: engine.Poisson, length: float) -> bool:
    """Whether the source has a rate above 0 at any time of the run."""
    first, last = max(source.start, 0.0), min(source.end, length)
    if len(source.rates) == 1:
        return first < last and source.rates[0] > 0
    hours = range(int(first), math.ceil(last))[: len(source.rates)]
    return any(source.rates[hour % len(source.rates)] > 0 for hour in hours)


def _warn_of_surge(context: Context, name: str, surge: Surge, path: Path) -> None:
    low, high = context.hours(surge.from_), context.hours(surge.until)
    remedy = "Move the surge to where they come, or give it extra_per_day; mind the start and the length of the run."
    expected = f"random arrivals of {name} in that time of the run, to be more of"
    context.warnings.append(Fault(path, f"{low:g} h to {high:g} h, which adds nobody", expected, remedy))


def _surge(
    context: Context, label: str, surge: Surge, randoms: list[Random], path: Path
) -> list[engine.Poisson]:
    """Extra arrivals beside the usual ones, which stay as they are: as long as there are any to multiply."""
    low, high = context.hours(surge.from_), context.hours(surge.until)
    if low >= high:
        context.fault(path, f"{low:g} h to {high:g} h", "from before until", "Let it end after it begins.")
        return []
    if surge.factor is None:
        shape = randoms[0] if randoms else Random(per_day=1.0)
        plain: dict[str, object] = {
            "per_hour": None,
            "per_day": surge.extra_per_day,
            "per_week": None,
            "groups": [],
            "from_": 0.0,
            "until": None,
        }
        randoms, factor = [shape.model_copy(update=plain)], 1.0
    else:
        factor = surge.factor - 1
    if not randoms:
        remedy = "Give the class random arrivals, or the surge extra_per_day."
        context.fault((*path, "factor"), surge.factor, "a class with random arrivals to multiply", remedy)
    built: list[engine.Poisson] = []
    for i, each in enumerate(randoms):
        opens, closes = max(low, context.hours(each.from_)), min(high, _end(context, each.until))
        if opens >= closes:
            continue
        rates = tuple(rate * factor for rate in hourly_rates(each, context.start_of_week))
        width = 1.0 if len(rates) > 1 else engine.FOREVER
        name = label if i == 0 else f"{label}/{i}"
        built.append(engine.Poisson(name, rates, width, 0.0, opens, closes, _batch(each.groups)))
    return built
