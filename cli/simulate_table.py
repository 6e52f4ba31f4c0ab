"""What an experiment showed, as tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulations.experiments.catalogue import ALL, ALL_DAY, MEASURES, Key
from simulations.experiments.comparing import Compared, not_compared
from simulations.experiments.replications import Replicated
from simulations.statistics.intervals import Interval
from simulations.statistics.verdicts import amounts

SWEPT = ("wait_mean", "still_waiting", "occupancy", "refused_share", "stock_out_share")


def print_run(replicated: Replicated, console: Console) -> None:
    """Every whole-day measure: places down, classes across; then the busiest hours."""
    print_heading(replicated, console)
    keys = [key for key in replicated.keys if key.hour == ALL_DAY]
    for measure, group in groupby(sorted(keys), key=lambda key: key.measure):
        console.print(_table_of(replicated, measure, list(group)))
    for measure in ("wait_mean", "occupancy"):
        _print_hours(replicated, measure, console)


def print_heading(replicated: Replicated, console: Console) -> None:
    warming = replicated.warming
    console.print(Text(replicated.name))
    how = "found (MSER-5)" if warming.found else "set"
    console.print(
        f"{len(replicated.values)} replications; warm-up {warming.hours / 24:g} d, {how}; means with 95 % intervals",
        highlight=False,
    )
    if not warming.settled:
        console.print("The run is too short to see where its warm-up ends: make run.length longer.")
    if not replicated.precise:
        console.print("The budget ended before the intervals were as narrow as asked.")


def _table_of(replicated: Replicated, measure: str, keys: Sequence[Key]) -> Table:
    title = MEASURES[measure].title
    unit = MEASURES[measure].unit
    table = Table(title=title + (f", {unit}" if unit else ""), title_justify="left")
    classes = sorted({key.patient_class for key in keys})
    table.add_column("")
    for each in classes:
        table.add_column(each or "all", justify="right")
    for place in sorted({key.place for key in keys}):
        cells = [_cell(replicated, Key(measure, place, each)) for each in classes]
        table.add_row(Text(place or "all"), *cells)
    return table


def _print_hours(replicated: Replicated, measure: str, console: Console) -> None:
    """Where a day has its peak: the highest and the lowest hour of each place."""
    keys = [key for key in replicated.keys if key.measure == measure and key.hour != ALL_DAY]
    table = Table(title=f"{MEASURES[measure].title} by hour", title_justify="left")
    for heading in ("", "highest", "", "lowest", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for place, group in groupby(sorted(keys), key=lambda key: key.place):
        found = [(key, replicated.interval(key)) for key in group]
        known = [(key, each) for key, each in found if not math.isnan(each.mean)]
        if known:
            high = max(known, key=lambda pair: pair[1].mean)
            low = min(known, key=lambda pair: pair[1].mean)
            cells = [text for key, each in (high, low) for text in (f"{key.hour:02d}:00", shown(each, key))]
            table.add_row(Text(place), *cells)
    if table.rows:
        console.print(table)


def print_sweep(points: Sequence[Replicated], axis: str, console: Console) -> None:
    """Places down, points across, of the measures that a sweep is mostly made for."""
    for measure in SWEPT:
        keys = [
            key
            for key in points[0].keys
            if key.measure == measure and key.patient_class == ALL and key.hour == ALL_DAY
        ]
        if keys:
            unit = MEASURES[measure].unit
            title = f"{MEASURES[measure].title}{f', {unit}' if unit else ''}, over {axis}"
            table = Table(title=title, title_justify="left")
            table.add_column("")
            for point in points:
                table.add_column(Text(point.name.replace(f"{axis}=", "")), justify="right")
            for key in keys:
                table.add_row(Text(key.place or "all"), *(_cell(point, key) for point in points))
            console.print(table)


def print_verdicts(replicated: Sequence[Replicated], compared: Sequence[Compared], console: Console) -> None:
    """What is different first; the rest is counted, and stands in the report."""
    for each in replicated:
        if not (each.warming.settled and each.precise):
            print_heading(each, console)
    decided = [each for each in compared if each.difference.decided]
    console.print(
        f"{len(replicated)} scenarios, {len(replicated[0].values)} replications each with the same patients, "
        f"{len(compared)} comparisons corrected for",
        highlight=False,
    )
    for found in decided:
        console.print(Text(found.line))
    for line in not_compared(replicated):
        console.print(Text(line))
    console.print(f"{len(compared) - len(decided)} comparisons show no difference.", highlight=False)


def _cell(replicated: Replicated, key: Key) -> str:
    return shown(replicated.interval(key), key) if key in replicated.keys else ""


def shown(found: Interval, key: Key) -> str:
    """A mean with as many digits as are known; shares in percent."""
    if math.isnan(found.mean):
        return "-"
    factor, sign = (1.0, "") if MEASURES[key.measure].unit else (100.0, " %")
    value, half = amounts(abs(found.mean) * factor, found.half_width * factor)
    return f"{'-' if found.mean < 0 else ''}{value} +- {half}{sign}"
