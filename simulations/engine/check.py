"""Every fault of a model, all at once, each with its path and the remedy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from simulations.engine.check_distributions import distribution_faults
from simulations.engine.distributions import AT_ONCE, is_always_zero
from simulations.engine.model import (
    OTHERS,
    Appointments,
    Batch,
    Closed,
    Listed,
    Model,
    Poisson,
    Renewal,
    Resource,
    Route,
    Source,
    Step,
)
from simulations.engine.tables import per_class
from solver.engine.errors import Problem

TOLERANCE = 1e-6
NAME_IT = "Use a name that the model defines, or define this one."


@dataclass(frozen=True, slots=True)
class Known:
    """The names a model defines, of each kind."""

    classes: frozenset[str]
    steps: frozenset[str]
    resources: frozenset[str]
    stocks: frozenset[str]
    givable: frozenset[str]
    lines: frozenset[str]


def check(model: Model) -> list[Problem]:
    """The faults of ``model``; ``Problem.where`` is the path, such as ``steps[3].routing["*"][0].probability``."""
    known = _known(model)
    faults = [*_names(model), *_whole(model)]
    for number, one in enumerate(model.classes):
        at = f"classes[{number}]"
        faults += _among(f"{at}.first_step", one.first_step, known.steps, "a step")
        faults += _at_least(f"{at}.priority", one.priority, 0)
        for place, source in enumerate(one.sources):
            faults += _source(f"{at}.sources[{place}]", source)
    for number, step in enumerate(model.steps):
        faults += _step(f"steps[{number}]", step, known)
    for number, resource in enumerate(model.resources):
        faults += _resource(f"resources[{number}]", resource, known)
    faults += _others(model, known)
    return faults or list(_endless(model))


def _known(model: Model) -> Known:
    resources = frozenset(one.name for one in model.resources)
    return Known(
        classes=frozenset(one.name for one in model.classes),
        steps=frozenset(one.name for one in model.steps),
        resources=resources,
        stocks=frozenset(one.name for one in model.resources if one.stock is not None),
        givable=resources | {group.name for group in model.groups},
        lines=frozenset(step.name if step.line is None else step.line for step in model.steps),
    )


def _names(model: Model) -> Iterator[Problem]:
    sources = [
        (f"classes[{number}].sources[{place}]", source.name)
        for number, one in enumerate(model.classes)
        for place, source in enumerate(one.sources)
    ]
    given = {
        "classes": [(f"classes[{i}]", one.name) for i, one in enumerate(model.classes)],
        "steps": [(f"steps[{i}]", one.name) for i, one in enumerate(model.steps)],
        "resources": [(f"resources[{i}]", one.name) for i, one in enumerate(model.resources)]
        + [(f"groups[{i}]", one.name) for i, one in enumerate(model.groups)],
        "sources": sources,
    }
    for kind, names in given.items():
        seen: set[str] = set()
        for at, name in names:
            if not name or name == OTHERS:
                yield Problem(f"{at}.name", name, 'a name, other than "*"', "Give it a name.")
            if name in seen:
                yield Problem(
                    f"{at}.name", name, f"a name of its own among the {kind}", "Rename one of the two."
                )
            seen.add(name)


def _whole(model: Model) -> Iterator[Problem]:
    for kind, found in (("classes", model.classes), ("steps", model.steps)):
        if not found:
            yield Problem(kind, (), "at least one", f"Describe at least one of the {kind}.")
    yield from _time("warm_up", model.warm_up)
    if not 0.0 < model.bin_width < math.inf:
        yield Problem("bin_width", model.bin_width, "a time above 0", "Take an hour, for instance.")
    yield from _at_least("bins", model.bins, 1)


def _among(at: str, name: str | None, names: frozenset[str], what: str) -> Iterator[Problem]:
    if name is not None and name not in names:
        yield Problem(at, name, f"{what} of the model", NAME_IT)


def _at_least(at: str, value: int, least: int) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        yield Problem(at, value, f"a whole number of {least} or more", "Correct the number.")


def _time(at: str, value: float) -> Iterator[Problem]:
    if not 0.0 <= value < math.inf:
        yield Problem(at, value, "a finite time of 0 or more", "Times count from the start of the run.")


def _shares(at: str, values: Iterable[float]) -> Iterator[Problem]:
    values = tuple(values)
    for place, value in enumerate(values):
        if not 0.0 <= value <= 1.0:
            yield Problem(f"{at}[{place}]", value, "a probability, 0 to 1", "Give a share, not a percentage.")
    total = math.fsum(values)
    if not abs(total - 1.0) <= TOLERANCE:
        yield Problem(at, total, "probabilities that sum to 1", "Add what is missing, or scale them.")


def _source(at: str, source: Source) -> Iterator[Problem]:
    match source:
        case Poisson():
            yield from _poisson(at, source)
        case Renewal():
            yield from distribution_faults(f"{at}.gaps", source.gaps, above_zero=True)
        case Closed():
            yield from _at_least(f"{at}.population", source.population, 0)
            yield from distribution_faults(f"{at}.away", source.away)
        case Listed():
            yield from _listed(at, source)
        case Appointments():
            if not 0.0 < source.interval < math.inf:
                yield Problem(
                    f"{at}.interval", source.interval, "a time above 0", "Say how far apart they are."
                )
            yield from _time(f"{at}.first", source.first)
    if isinstance(source, Poisson | Renewal):
        yield from _window(at, source.start, source.end)
        yield from _batch(f"{at}.batch", source.batch)
    if isinstance(source, Listed | Appointments):
        if not 0.0 <= source.no_show <= 1.0:
            yield Problem(f"{at}.no_show", source.no_show, "a probability, 0 to 1", "Give a share.")
        if source.unpunctuality is not None:
            yield from distribution_faults(f"{at}.unpunctuality", source.unpunctuality)


def _poisson(at: str, source: Poisson) -> Iterator[Problem]:
    if not source.rates:
        yield Problem(f"{at}.rates", (), "at least one rate", "Give one rate, or one for each bin.")
    for place, rate in enumerate(source.rates):
        if not 0.0 <= rate < math.inf:
            yield Problem(
                f"{at}.rates[{place}]", rate, "a rate of 0 or more", "Nobody can come less than never."
            )
    if not source.bin_width > 0.0 or (len(source.rates) > 1 and source.bin_width == math.inf):
        expected = "a time above 0, finite if there are several rates"
        yield Problem(f"{at}.bin_width", source.bin_width, expected, "Say how long each rate holds.")
    if not math.isfinite(source.phase):
        yield Problem(f"{at}.phase", source.phase, "a finite time", "Say when the first rate begins.")


def _listed(at: str, source: Listed) -> Iterator[Problem]:
    former = 0.0
    for place, time in enumerate(source.times):
        if not former <= time < math.inf:
            expected = f"a finite time of {former:g} or later"
            yield Problem(
                f"{at}.times[{place}]", time, expected, "List the times in ascending order, from 0 on."
            )
            return
        former = time


def _window(at: str, start: float, end: float) -> Iterator[Problem]:
    yield from _time(f"{at}.start", start)
    if not end > start:
        yield Problem(
            f"{at}.end", end, f"a time after the start at {start:g}", "Swap start and end, or leave it out."
        )


def _batch(at: str, batch: Batch | None) -> Iterator[Problem]:
    if batch is None:
        return
    for place, size in enumerate(batch.sizes):
        yield from _at_least(f"{at}.sizes[{place}]", size, 1)
    if not batch.sizes or len(batch.sizes) != len(batch.probabilities):
        expected = "as many probabilities as sizes, at least one"
        yield Problem(f"{at}.probabilities", batch.probabilities, expected, "Give each size its probability.")
    else:
        yield from _shares(f"{at}.probabilities", batch.probabilities)


def _classes(at: str, value: object, known: Known) -> Iterator[tuple[str, object] | Problem]:
    """Path and value of each class's share of something per class; a name of no class is a fault."""
    if not isinstance(value, Mapping):
        yield at, value
        return
    for name, one in value.items():
        if name != OTHERS and name not in known.classes:
            yield Problem(f'{at}["{name}"]', name, 'a class of the model, or "*"', NAME_IT)
        yield f'{at}["{name}"]', one


def _step(at: str, step: Step, known: Known) -> Iterator[Problem]:
    yield from _durations(at, step, known)
    yield from _giving_up(at, step, known)
    for found in _classes(f"{at}.needs", step.needs, known):
        yield from [found] if isinstance(found, Problem) else _options(*found, known)
    for found in _classes(f"{at}.routing", step.routing, known):
        yield from [found] if isinstance(found, Problem) else _routes(*found, known)
    for name, releases in (("start", step.release_at_start), ("end", step.release_at_end or {})):
        yield from _units(f"{at}.release_at_{name}", releases, known.givable, "a resource or group")
    for place, name in enumerate(step.preempts):
        yield from _among(f"{at}.preempts[{place}]", name, known.classes, "a class")
    for name, priority in step.priority.items():
        yield from _among(f'{at}.priority["{name}"]', name, known.classes, "a class")
        yield from _at_least(f'{at}.priority["{name}"]', priority, 0)


def _durations(at: str, step: Step, known: Known) -> Iterator[Problem]:
    for name, value in (("duration", step.duration), ("patience", step.patience)):
        for found in _classes(f"{at}.{name}", value, known):
            if isinstance(found, Problem):
                yield found
            elif found[1] is not None:
                yield from distribution_faults(found[0], found[1])
    if isinstance(step.duration, Mapping) and OTHERS not in step.duration:
        remedy = 'Add it, or "*" for all others; that something takes no time must be said.'
        for name in sorted(known.classes - set(step.duration)):
            yield Problem(f"{at}.duration", name, "a duration for every class", remedy)


def _giving_up(at: str, step: Step, known: Known) -> Iterator[Problem]:
    for name, to in (("overflow", step.overflow), ("renege_to", step.renege_to)):
        yield from _among(f"{at}.{name}", to, known.steps, "a step")
    yield from _at_least(f"{at}.queue_limit", step.queue_limit, -1)
    for place, share in enumerate(step.balking):
        if not 0.0 <= share <= 1.0:
            yield Problem(f"{at}.balking[{place}]", share, "a probability, 0 to 1", "Give a share.")


def _options(at: str, options: object, known: Known) -> Iterator[Problem]:
    if not isinstance(options, tuple | list) or not all(isinstance(one, Mapping) for one in options):
        yield Problem(at, options, "a tuple of mappings from resource to units", "Write ({'bed': 1},).")
        return
    for place, one in enumerate(options):
        yield from _units(f"{at}[{place}]", one, known.resources, "a resource")


def _units(at: str, units: Mapping[str, int], names: frozenset[str], what: str) -> Iterator[Problem]:
    for name, count in units.items():
        yield from _among(f'{at}["{name}"]', name, names, what)
        yield from _at_least(f'{at}["{name}"]', count, 1)


def _routes(at: str, routes: object, known: Known) -> Iterator[Problem]:
    if (
        not isinstance(routes, tuple | list)
        or not routes
        or not all(isinstance(one, Route) for one in routes)
    ):
        yield Problem(at, routes, "at least one route", "Leave it out for: leaves.")
        return
    yield from _shares(at, [route.probability for route in routes])
    for place, route in enumerate(routes):
        yield from _among(f"{at}[{place}].to", route.to, known.steps, "a step")
        yield from _among(f"{at}[{place}].becomes", route.becomes, known.classes, "a class")


def _resource(at: str, resource: Resource, known: Known) -> Iterator[Problem]:
    yield from _at_least(f"{at}.capacity", resource.capacity, 0)
    yield from _changes(at, resource)
    for name, units in resource.guard.items():
        if name != OTHERS:
            yield from _among(f'{at}.guard["{name}"]', name, known.classes, "a class")
        yield from _at_least(f'{at}.guard["{name}"]', units, 0)
    if resource.breakdown is not None:
        one = resource.breakdown
        yield from distribution_faults(f"{at}.breakdown.to_failure", one.to_failure, above_zero=True)
        yield from distribution_faults(f"{at}.breakdown.repair", one.repair)
        yield from _among(f"{at}.breakdown.repaired_by", one.repaired_by, known.resources, "a resource")
    for place, each in enumerate(resource.maintenance):
        yield from _time(f"{at}.maintenance[{place}].first", each.first)
        yield from _time(f"{at}.maintenance[{place}].interval", each.interval)
        yield from _at_least(f"{at}.maintenance[{place}].units", each.units, 1)
        yield from distribution_faults(f"{at}.maintenance[{place}].duration", each.duration)
    if resource.stock is not None:
        yield from _stock(at, resource)


def _changes(at: str, resource: Resource) -> Iterator[Problem]:
    yield from _time(f"{at}.cycle", resource.cycle)
    for place, change in enumerate(resource.changes):
        where = f"{at}.changes[{place}]"
        yield from _at_least(f"{where}.capacity", change.capacity, 0)
        yield from _time(f"{where}.at", change.at)
        if 0.0 < resource.cycle <= change.at:
            expected = f"a time before the cycle of {resource.cycle:g} ends"
            yield Problem(f"{where}.at", change.at, expected, "Count from the start of the cycle.")


def _stock(at: str, resource: Resource) -> Iterator[Problem]:
    stock = resource.stock
    assert stock is not None
    yield from _at_least(f"{at}.stock.reorder_point", stock.reorder_point, 0)
    if stock.order_up_to <= stock.reorder_point:
        expected = f"more than the reorder point of {stock.reorder_point}"
        yield Problem(f"{at}.stock.order_up_to", stock.order_up_to, expected, "An order must reach above it.")
    yield from distribution_faults(f"{at}.stock.lead_time", stock.lead_time)
    if not stock.shelf_life > 0.0:
        yield Problem(
            f"{at}.stock.shelf_life", stock.shelf_life, "a time above 0", "Leave it out for: keeps."
        )
    if resource.changes or resource.breakdown or resource.maintenance:
        expected = "a stock without shifts, breakdowns and maintenance"
        yield Problem(f"{at}.stock", resource.name, expected, "Make two resources of it.")


def _others(model: Model, known: Known) -> Iterator[Problem]:
    for number, group in enumerate(model.groups):
        for place, name in enumerate(group.members):
            at = f"groups[{number}].members[{place}]"
            yield from _among(at, name, known.resources - known.stocks, "a resource, no stock,")
    for name in model.queue_rules:
        yield from _among(f'queue_rules["{name}"]', name, known.lines, "a line")
    for number, one in enumerate(model.census):
        at = f"census[{number}]"
        yield from _among(f"{at}.class_name", one.class_name, known.classes, "a class")
        yield from _among(f"{at}.step", one.step, known.steps, "a step")
        yield from _time(f"{at}.elapsed", one.elapsed)
        if one.remaining is not None:
            yield from _time(f"{at}.remaining", one.remaining)
        yield from _units(f"{at}.holds", one.holds, known.resources - known.stocks, "a resource, no stock,")


def _endless(model: Model) -> Iterator[Problem]:
    """Rings of steps that a patient could go round in no time at all."""
    ways = {step.name: set(_at_once(step, model)) for step in model.steps}
    for one in model.classes:
        if any(isinstance(source, Closed) and is_always_zero(source.away) for source in one.sources):
            for onward in ways.values():
                if None in onward:
                    onward.add(one.first_step)
    for number, step in enumerate(model.steps):
        if _reaches(step.name, step.name, ways):
            remedy = "Give one of its steps a duration, or take the way back out."
            yield Problem(
                f"steps[{number}].routing", step.name, "no ring of steps that takes no time", remedy
            )


def _at_once(step: Step, model: Model) -> Iterator[str | None]:
    """Where one can be the moment one came to ``step``."""
    if step.queue_limit >= 0 or step.balking:
        yield step.overflow
    for one in model.classes:
        if is_always_zero(per_class(step.duration, one.name, AT_ONCE)):
            routes = per_class(step.routing, one.name, ())
            yield from (route.to for route in routes if route.probability > 0.0)
        patience = None if step.patience is None else per_class(step.patience, one.name, None)
        if is_always_zero(patience):
            yield step.renege_to


def _reaches(start: str, goal: str, ways: Mapping[str, set[str | None]]) -> bool:
    seen: set[str] = set()
    open_ends = [start]
    while open_ends:
        for name in ways[open_ends.pop()]:
            if name == goal:
                return True
            if name is not None and name not in seen:
                seen.add(name)
                open_ends.append(name)
    return False
