"""From a model to the arrays the kernels read.

What the kernels know nothing of is said in what they know. A unit that breaks down is somebody who goes round for ever
between a step "in order", after which there is one unit less, and a step "repair", after which there is one more. A
maintenance is an appointment with a step that takes units away for its duration.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from simulations.engine import codes
from simulations.engine.distributions import AT_ONCE, FOREVER, Distribution
from simulations.engine.layout import Tables
from simulations.engine.model import (
    OTHERS,
    Appointments,
    Closed,
    Cut,
    Listed,
    Model,
    PatientClass,
    PerClass,
    Poisson,
    QueueRule,
    Renewal,
    Resource,
    Route,
    Source,
    Step,
)
from simulations.engine.sampling import Samples

T = TypeVar("T")
CENSUS = zlib.crc32(b"census")
IN_ORDER, REPAIR, MAINTENANCE = "in order", "repair", "maintenance"


class Units(NamedTuple):
    """Units of a resource that a step takes away (negative) at its start or brings back at its end."""

    resource: str
    at_start: int
    at_end: int
    cut: Cut


@dataclass(frozen=True, slots=True)
class Full:
    """A model with its breakdowns and maintenances as classes and steps of their own."""

    model: Model
    units: Mapping[str, Units]


class Names:
    """Numbers of names, in the order of the model."""

    def __init__(self, full: Full) -> None:
        model = full.model
        self.classes = _numbers(one.name for one in model.classes)
        self.steps = _numbers(one.name for one in model.steps)
        self.resources = _numbers(one.name for one in model.resources)
        self.sources = _numbers(source.name for one in model.classes for source in one.sources)
        self.lines = _numbers(line_of(step) for step in model.steps)


def line_of(step: Step) -> str:
    return step.name if step.line is None else step.line


def chance_of(step: Step) -> str:
    return step.name if step.chance is None else step.chance


def per_class(value: PerClass[T], name: str, absent: T) -> T:
    """What holds for one class."""
    if isinstance(value, Mapping):
        return value.get(name, value.get(OTHERS, absent))
    return value


def completed(model: Model) -> Full:
    """Breakdowns and maintenances put into words the kernels know."""
    classes, steps = list(model.classes), list(model.steps)
    units: dict[str, Units] = {}
    for resource in model.resources:
        for part in (_breakdown(resource), *_maintenances(resource)):
            if part is not None:
                classes.append(part[0])
                steps += part[1]
                units |= part[2]
    return Full(replace(model, classes=tuple(classes), steps=tuple(steps)), units)


def _breakdown(resource: Resource) -> tuple[PatientClass, list[Step], dict[str, Units]] | None:
    breakdown = resource.breakdown
    if breakdown is None:
        return None
    works, repair = f"{resource.name}: {IN_ORDER}", f"{resource.name}: {REPAIR}"
    needs = () if breakdown.repaired_by is None else ({breakdown.repaired_by: 1},)
    one = PatientClass(works, works, (Closed(works, resource.capacity, AT_ONCE),))
    steps = [
        Step(works, breakdown.to_failure, routing=(Route(1.0, repair),)),
        Step(repair, breakdown.repair, needs=needs, routing=(Route(1.0, works),)),
    ]
    return (
        one,
        steps,
        {
            works: Units(resource.name, 0, -1, breakdown.cut),
            repair: Units(resource.name, 0, 1, Cut.FINISH),
        },
    )


def _maintenances(resource: Resource) -> Iterable[tuple[PatientClass, list[Step], dict[str, Units]]]:
    for number, one in enumerate(resource.maintenance, start=1):
        name = f"{resource.name}: {MAINTENANCE} {number}"
        source: Source = Listed(name, (one.first,))
        if one.interval > 0.0:
            source = Appointments(name, one.interval, one.first)
        step = Step(name, one.duration)
        yield (
            PatientClass(name, name, (source,)),
            [step],
            {name: Units(resource.name, -one.units, one.units, one.cut)},
        )


@dataclass(slots=True)
class Lists:
    """Rows as they come, until they are made arrays of."""

    option: list[tuple[int, int]] = field(default_factory=list)
    need: list[tuple[int, int]] = field(default_factory=list)
    release: list[tuple[int, int, int]] = field(default_factory=list)
    member: list[int] = field(default_factory=list)
    route: list[tuple[int, int]] = field(default_factory=list)
    route_until: list[float] = field(default_factory=list)
    balking: list[float] = field(default_factory=list)
    listed: list[float] = field(default_factory=list)
    batch: list[int] = field(default_factory=list)
    batch_until: list[float] = field(default_factory=list)
    samples: Samples = field(default_factory=Samples)


def tables_of(full: Full) -> Tables:
    """The arrays of a model without faults (see ``check``), frozen."""
    model, names, lists = full.model, Names(full), Lists()
    step = _integers([_step_row(one, full, names, lists) for one in model.steps], codes.STEP_COLUMNS)
    stocks = {one.name for one in model.resources if one.stock is not None}
    pairs = [_pair_row(one, each, names, lists, stocks) for one in model.steps for each in model.classes]
    pair = _integers(pairs, codes.PAIR_COLUMNS).reshape(len(model.steps), len(model.classes), -1)
    sources = [(each, source) for each in model.classes for source in each.sources]
    source_rows = [_source_row(each, source, names, lists) for each, source in sources]
    wants = _wants(full, names, pair, lists)
    resource, resource_line = _resources(model, wants, lists)
    line, line_resource = _lines(full, names, wants, pair, lists)
    changes = [(one, each) for one in model.resources for each in one.changes]
    census, census_time, census_hold = _census(model, names)
    tables = Tables(
        step=step,
        pair=pair,
        option=_integers(lists.option, 2),
        need=_integers(lists.need, 2),
        release=_integers(lists.release, 3),
        member=np.array(lists.member, np.int64),
        route=_integers(lists.route, 2),
        route_until=np.array(lists.route_until, np.float64),
        balking=np.array(lists.balking, np.float64),
        resource=resource,
        shelf_life=np.array([_shelf_life(one) for one in model.resources], np.float64),
        guard=_guards(model),
        resource_line=resource_line,
        line=line,
        line_resource=line_resource,
        change=_integers(
            [(names.resources[one.name], each.capacity, int(each.cut)) for one, each in changes], 3
        ),
        change_time=_floats([(each.at, one.cycle) for one, each in changes], 2),
        source=_integers([row for row, _ in source_rows], codes.SOURCE_COLUMNS),
        source_time=_floats([row for _, row in source_rows], codes.SOURCE_TIMES),
        listed=np.array(lists.listed, np.float64),
        batch=np.array(lists.batch, np.int64),
        batch_until=np.array(lists.batch_until, np.float64),
        distribution=_integers(lists.samples.distribution, 3),
        parameter=_floats(lists.samples.parameter, 3),
        sample=np.array(lists.samples.sample, np.float64),
        census=census,
        census_time=census_time,
        census_hold=census_hold,
    )
    for array in tables:
        array.setflags(write=False)
    return tables


def stream(purpose: str, name: str) -> int:
    """The number of a random stream: of names, not of positions, so that a step more disturbs no other."""
    return zlib.crc32(f"{purpose}/{name}".encode())


def _numbers(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _integers(rows: Sequence[Sequence[int]], columns: int) -> Any:
    """``rows``, with nothing in the columns they do not have."""
    return np.array([[*row, *[0] * (columns - len(row))] for row in rows], np.int64).reshape(
        len(rows), columns
    )


def _floats(rows: Sequence[Sequence[float]], columns: int) -> Any:
    return np.array(rows, np.float64).reshape(len(rows), columns)


def _step_row(step: Step, full: Full, names: Names, lists: Lists) -> list[int]:
    start = _releases(step.release_at_start, full.model, names, lists)
    end = _releases(step.release_at_end or {}, full.model, names, lists)
    balk = (len(lists.balking), len(lists.balking) + len(step.balking))
    lists.balking += step.balking
    units = full.units.get(step.name, Units("", 0, 0, Cut.FINISH))
    return [
        names.lines[line_of(step)],
        step.queue_limit,
        -1 if step.overflow is None else names.steps[step.overflow],
        -1 if step.renege_to is None else names.steps[step.renege_to],
        step.release_at_end is None,
        step.restarts,
        *balk,
        *start,
        *end,
        names.resources.get(units.resource, -1),
        units.at_start,
        units.at_end,
        int(units.cut),
        *(stream(purpose, chance_of(step)) for purpose in ("stay", "patience", "balking")),
        next(number for number, one in enumerate(full.model.steps) if chance_of(one) == chance_of(step)),
    ]


def _releases(wanted: Mapping[str, int], model: Model, names: Names, lists: Lists) -> tuple[int, int]:
    """Rows of ``release``; a group may stand where a resource does."""
    members = {group.name: group.members for group in model.groups}
    begin = len(lists.release)
    for name, units in wanted.items():
        first = len(lists.member)
        lists.member += [names.resources[member] for member in members.get(name, (name,))]
        lists.release.append((first, len(lists.member), units))
    return begin, len(lists.release)


def _pair_row(step: Step, one: PatientClass, names: Names, lists: Lists, stocks: set[str]) -> list[int]:
    options = per_class(step.needs, one.name, ()) or ({},)
    first_option = len(lists.option)
    for option in options:
        first = len(lists.need)
        lists.need += [(names.resources[name], units) for name, units in option.items()]
        lists.option.append((first, len(lists.need)))
    patience = None if step.patience is None else _distribution(step.patience, one.name)
    first_route = len(lists.route)
    routes = per_class(step.routing, one.name, ()) or (Route(1.0, None),)
    lists.route += [
        (
            -1 if route.to is None else names.steps[route.to],
            -1 if route.becomes is None else names.classes[route.becomes],
        )
        for route in routes
    ]
    lists.route_until += _cumulative([route.probability for route in routes])
    return [
        first_option,
        len(lists.option),
        lists.samples.add(_distribution(step.duration, one.name) or AT_ONCE),
        -1 if patience is None else lists.samples.add(patience),
        first_route,
        len(lists.route),
        step.priority.get(one.name, one.priority),
        one.name in step.preempts,
        any(name in stocks for name in options[0]),
    ]


def _distribution(value: PerClass[Distribution], name: str) -> Distribution | None:
    if isinstance(value, Mapping):
        return value.get(name, value.get(OTHERS))
    return value


def _cumulative(probabilities: Iterable[float]) -> list[float]:
    """Cumulative probabilities; the last is 1 whatever the sum was rounded to."""
    sums = np.cumsum(np.array(list(probabilities), np.float64))
    return [*(sums / sums[-1])[:-1].tolist(), 1.0]


def _source_row(
    one: PatientClass, source: Source, names: Names, lists: Lists
) -> tuple[list[int], list[float]]:
    row = [-1] * codes.SOURCE_COLUMNS
    row[codes.SOURCE_CLASS] = names.classes[one.name]
    row[codes.FIRST_STEP] = names.steps[one.first_step]
    row[codes.SOURCE_CODE] = stream("source", source.name)
    row[codes.BATCH_FROM] = len(lists.batch)
    row[codes.LIST_FROM] = len(lists.listed)
    times = [FOREVER, 0.0, 0.0, FOREVER, 0.0, 0.0, 0.0, 0.0]
    _fill_source(source, row, times, lists)
    row[codes.LIST_UNTIL] = len(lists.listed)
    row[codes.BATCH_UNTIL] = len(lists.batch)
    return row, times


def _fill_source(source: Source, row: list[int], times: list[float], lists: Lists) -> None:
    if isinstance(source, Poisson):
        row[codes.SOURCE_KIND] = codes.POISSON
        lists.listed += source.rates
        times[codes.RATE_WIDTH], times[codes.PHASE] = source.bin_width, source.phase
        highest = max(source.rates)
        times[codes.MEAN_GAP] = 1.0 / highest if highest > 0.0 else FOREVER
    elif isinstance(source, Renewal):
        row[codes.SOURCE_KIND], row[codes.GAPS] = codes.RENEWAL, lists.samples.add(source.gaps)
    elif isinstance(source, Closed):
        row[codes.SOURCE_KIND], row[codes.GAPS] = codes.CLOSED, lists.samples.add(source.away)
        row[codes.POPULATION] = source.population
    else:
        row[codes.SOURCE_KIND] = codes.LISTED if isinstance(source, Listed) else codes.APPOINTMENTS
        times[codes.NO_SHOWS] = source.no_show
        if source.unpunctuality is not None:
            row[codes.GAPS] = lists.samples.add(source.unpunctuality)
    if isinstance(source, Listed):
        lists.listed += source.times
    if isinstance(source, Appointments):
        times[codes.OPENS], times[codes.CLOSES] = source.first, source.end
        times[codes.INTERVAL] = source.interval
    if isinstance(source, Poisson | Renewal):
        times[codes.OPENS], times[codes.CLOSES] = source.start, source.end
        if source.batch is not None:
            lists.batch += source.batch.sizes
            lists.batch_until += _cumulative(source.batch.probabilities)


def _wants(full: Full, names: Names, pair: Any, lists: Lists) -> set[tuple[int, int]]:
    """Line and resource, wherever somebody of the line may wait for the resource."""
    found = set()
    for number, step in enumerate(full.model.steps):
        for row in pair[number]:
            for begin, end in lists.option[row[codes.OPTION_FROM] : row[codes.OPTION_UNTIL]]:
                found |= {(names.lines[line_of(step)], resource) for resource, _ in lists.need[begin:end]}
    return found


def _resources(model: Model, wants: set[tuple[int, int]], lists: Lists) -> tuple[Any, Any]:
    rows: list[list[int]] = []
    lines: list[int] = []
    for number, one in enumerate(model.resources):
        first = len(lines)
        lines += sorted(line for line, resource in wants if resource == number)
        stock = one.stock
        rows.append(
            [
                one.capacity,
                first,
                len(lines),
                stock is not None,
                -1 if stock is None else stock.reorder_point,
                0 if stock is None else stock.order_up_to,
                -1 if stock is None else lists.samples.add(stock.lead_time),
                stream("lead time", one.name),
                stock is not None and stock.shelf_life < FOREVER,
            ]
        )
    return _integers(rows, codes.RESOURCE_COLUMNS), np.array(lines, np.int64)


def _lines(full: Full, names: Names, wants: set[tuple[int, int]], pair: Any, lists: Lists) -> tuple[Any, Any]:
    model = full.model
    rows: list[list[int]] = []
    resources: list[int] = []
    guarded = {names.resources[one.name] for one in model.resources if one.guard or one.stock}
    for name, number in names.lines.items():
        first = len(resources)
        mine = sorted(resource for line, resource in wants if line == number)
        resources += mine
        bundles = {
            tuple(
                tuple(lists.need[begin:end])
                for begin, end in lists.option[row[codes.OPTION_FROM] : row[codes.OPTION_UNTIL]]
            )
            for step_number, step in enumerate(model.steps)
            if line_of(step) == name
            for row in pair[step_number]
        }
        preempts = any(step.preempts for step in model.steps if line_of(step) == name)
        alike = len(bundles) == 1 and not guarded & set(mine) and not preempts
        rule = model.queue_rules.get(name, model.queue_rule)
        rows.append([rule == QueueRule.SKIP, alike, first, len(resources)])
    return _integers(rows, codes.LINE_COLUMNS), np.array(resources, np.int64)


def _guards(model: Model) -> Any:
    guards = [
        [one.guard.get(each.name, one.guard.get(OTHERS, 0)) for each in model.classes]
        for one in model.resources
    ]
    return np.array(guards, np.int64).reshape(len(model.resources), len(model.classes))


def _shelf_life(resource: Resource) -> float:
    return FOREVER if resource.stock is None else resource.stock.shelf_life


def _census(model: Model, names: Names) -> tuple[Any, Any, Any]:
    """Who waits longest comes first."""
    rows: list[list[int]] = []
    times: list[list[float]] = []
    holds: list[tuple[int, int]] = []
    for one in sorted(model.census, key=lambda each: (each.waiting, -each.elapsed if each.waiting else 0.0)):
        first = len(holds)
        holds += [(names.resources[name], units) for name, units in one.holds.items()]
        rows.append([names.classes[one.class_name], names.steps[one.step], one.waiting, first, len(holds)])
        times.append([one.elapsed, -1.0 if one.remaining is None else one.remaining])
    return _integers(rows, codes.CENSUS_COLUMNS), _floats(times, 2), _integers(holds, 2)
