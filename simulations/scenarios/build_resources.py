"""Beds, devices, drugs and staff as resources of the engine."""

from __future__ import annotations

from collections.abc import Iterable

from simulations.engine import model as engine
from simulations.scenarios.build_distributions import distribution
from simulations.scenarios.context import Context
from simulations.scenarios.places import Path
from simulations.scenarios.schema_demand import WEEK
from simulations.scenarios.schema_resources import Closure, Maintenance, Opening, Resource, Shift, Stock

WEEK_HOURS = 168.0
WEEK_MINUTES = 168 * 60
CUTS = {"finish": engine.Cut.FINISH, "interrupt": engine.Cut.INTERRUPT}


def resources(context: Context) -> tuple[engine.Resource, ...]:
    """All resources, in the order of the scenario."""
    built = []
    for number, (name, given) in enumerate(context.scenario.resources.items()):
        path: Path = ("resources", name)
        context.origins[f"resources[{number}]"] = path
        for part in ("breakdown", "maintenance", "stock"):
            context.origins[f"resources[{number}].{part}"] = (*path, part)
        context.origins[f"resources[{number}].guard"] = ("policies", "keep_free", name)
        built.append(_resource(context, name, given, path))
    return tuple(built)


def _resource(context: Context, name: str, given: Resource, path: Path) -> engine.Resource:
    capacity, changes, cycle = _capacity(context, given, path)
    return engine.Resource(
        name,
        capacity,
        changes,
        cycle,
        _breakdown(context, given, path),
        tuple(_maintenance(context, each) for each in given.maintenance),
        _stock(given.stock),
        _guard(context, name),
    )


def _capacity(
    context: Context, given: Resource, path: Path
) -> tuple[int, tuple[engine.CapacityChange, ...], float]:
    """At the start, how it changes, and after how long that repeats."""
    if isinstance(given.staff, list):
        capacity, changes = _shifts(context, given.staff, given)
        return capacity, changes, WEEK_HOURS if changes else 0.0
    if isinstance(given.staff, int):
        return given.staff * given.patients_each, (), 0.0
    if given.stock is not None:
        return given.stock.at_start, (), 0.0
    base = given.beds if given.beds is not None else given.units or 0
    capacity, changes = _openings(context, given, base, path)
    return capacity, changes, 0.0


def _shifts(
    context: Context, shifts: Iterable[Shift], given: Resource
) -> tuple[int, tuple[engine.CapacityChange, ...]]:
    """The week's profile, turned so that it begins with the run.

    In whole minutes: in hours the end of one shift missed the beginning of the next by a rounding.
    """
    steps: dict[int, int] = {}
    for shift in shifts:
        first, last = round(shift.from_ * 60), round(shift.until * 60)
        length = (last - first) % (24 * 60) or 24 * 60
        for day in set(shift.days):
            begin = (WEEK.index(day) * 24 - context.start_of_week) * 60 + first
            _add_weekly(steps, begin, length, shift.number * given.patients_each)
    level, levels = 0, {}
    for minute in sorted(steps):
        level += steps[minute]
        levels[minute / 60] = level
    at_start = levels.pop(0.0, 0)
    if all(level == at_start for level in levels.values()):
        return at_start, ()
    cut = CUTS[given.at_shift_end]
    levels = {0.0: at_start, **levels}
    return at_start, tuple(engine.CapacityChange(at, level, cut) for at, level in levels.items())


def _add_weekly(steps: dict[int, int], begin: int, length: int, number: int) -> None:
    """Add ``number`` from minute ``begin`` on, a week being a circle that is cut open at 0."""
    begin %= WEEK_MINUTES
    end = begin + length
    pieces = [(begin, min(end, WEEK_MINUTES))] + ([(0, end - WEEK_MINUTES)] if end > WEEK_MINUTES else [])
    for low, high in pieces:
        steps[low] = steps.get(low, 0) + number
        if high < WEEK_MINUTES:
            steps[high] = steps.get(high, 0) - number


def _openings(
    context: Context, given: Resource, base: int, path: Path
) -> tuple[int, tuple[engine.CapacityChange, ...]]:
    """Beds or units that are closed or opened for a while."""
    steps: dict[float, int] = {}
    interrupting: set[float] = set()
    windows: list[tuple[str, int, Closure | Opening, int]]
    windows = [("closed", i, each, -each.number) for i, each in enumerate(given.closed)]
    windows += [("opened", i, each, each.number) for i, each in enumerate(given.opened)]
    for kind, i, window, change in windows:
        low, high = context.hours(window.from_), context.hours(window.until)
        if low >= high:
            remedy = "Let it end after it begins."
            context.fault((*path, kind, i), f"{low:g} h to {high:g} h", "from before until", remedy)
            continue
        for at, amount in ((max(0.0, low), change), (max(0.0, high), -change)):
            steps[at] = steps.get(at, 0) + amount
        if getattr(window, "cut", "finish") == "interrupt":
            interrupting.add(max(0.0, low))
    capacity = base + steps.pop(0.0, 0)
    level, changes = capacity, []
    for at in sorted(steps):
        level += steps[at]
        cut = engine.Cut.INTERRUPT if at in interrupting else engine.Cut.FINISH
        changes.append(engine.CapacityChange(at, level, cut))
    if min([capacity, *(each.capacity for each in changes)]) < 0:
        lowest = min([capacity, *(each.capacity for each in changes)])
        remedy = f"There are {base}; close no more at a time."
        context.fault((*path, "closed"), f"{lowest} left", "0 or more left", remedy)
    return capacity, tuple(changes)


def _breakdown(context: Context, given: Resource, path: Path) -> engine.Breakdown | None:
    broken = given.breakdown
    if broken is None:
        return None
    if broken.repaired_by is not None:
        here = (*path, "breakdown", "repaired_by")
        known = context.scenario.resources
        context.known(here, broken.repaired_by, "a resource", known, ("resources",))
    return engine.Breakdown(
        distribution(broken.to_failure), distribution(broken.repair), broken.repaired_by, CUTS[broken.cut]
    )


def _maintenance(context: Context, given: Maintenance) -> engine.Maintenance:
    return engine.Maintenance(
        context.hours(given.first),
        distribution(given.takes),
        given.every or 0.0,
        given.units,
        CUTS[given.cut],
    )


def _stock(given: Stock | None) -> engine.Stock | None:
    if given is None:
        return None
    life = engine.FOREVER if given.shelf_life is None else given.shelf_life
    return engine.Stock(given.reorder_point, given.order_up_to, distribution(given.lead_time), life)


def _guard(context: Context, name: str) -> dict[str, int]:
    guard = context.scenario.policies.keep_free.get(name, {})
    classes = context.scenario.demand.classes
    home: Path = ("demand", "classes")
    return {
        class_name: number
        for class_name, number in guard.items()
        if context.known(("policies", "keep_free", name, class_name), class_name, "a class", classes, home)
    }
