"""One page that holds all: what was asked, how, and what came of it. No script, nothing from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from simulations.experiments.catalogue import ALL, ALL_DAY, MEASURES, Key
from simulations.experiments.comparing import Compared, Withheld, not_compared
from simulations.experiments.replications import Replicated
from simulations.reports.parts import document, scenario_shown, table, versions
from simulations.reports.plots import curve_plot, daily_plot, difference_plot, warm_up_plot
from simulations.statistics.intervals import Interval
from simulations.statistics.verdicts import amounts

SWEPT = (
    "wait_mean",
    "still_waiting",
    "occupancy",
    "full_share",
    "refused_share",
    "stock_out_share",
    "transfers",
)


def page(
    replicated: Sequence[Replicated],
    compared: Sequence[Compared],
    command: str,
    axis: str | None = None,
    silent: Sequence[Withheld] | None = None,
) -> str:
    """The report of a run (one scenario), a comparison, or a sweep over ``axis``. ``silent``: what was not compared;
    None: the headline measures that would mislead."""
    title = replicated[0].name if len(replicated) == 1 else " / ".join(each.name for each in replicated[:6])
    parts = [f"<h1>{escape(title)}</h1>", f"<p><code>{escape(command)}</code></p>"]
    parts += _warnings(replicated)
    if axis is not None:
        parts += _curves(replicated, axis)
    if compared:
        lines = not_compared(replicated) if silent is None else [each.line for each in silent]
        parts += _verdicts(compared, lines)
    for each in replicated if axis is None else ():
        parts += _one(each, headed=len(replicated) > 1)
    parts += _made_of(replicated)
    return document(title, parts)


def _warnings(replicated: Iterable[Replicated]) -> list[str]:
    found = []
    for each in replicated:
        found += [f"{escape(each.name)}, {escape(str(warning))}" for warning in each.built.warnings]
        if not each.warming.settled:
            line = "is too short to see where its warm-up ends: make run.length longer, or set run.warm_up."
            found.append(f"{escape(each.name)} {line}")
        if not each.precise:
            found.append(
                f"{escape(each.name)}: the budget ended before the intervals were as narrow as asked."
            )
    return [f'<p class="warning">{each}</p>' for each in found]


def _verdicts(compared: Sequence[Compared], withheld: Sequence[str]) -> list[str]:
    lines = [f"<li>{escape(each.line)}</li>" for each in compared if each.difference.decided]
    rest = [f"<li>{escape(each.line)}</li>" for each in compared if not each.difference.decided]
    parts = [
        "<h2>What is different</h2>",
        "<p>Paired by common random numbers: every scenario met the same patients. Corrected for "
        f"{len(compared)} comparisons (Holm); the intervals hold all at once.</p>",
        f"<ul>{''.join(lines) or '<li>Nothing was shown to be different.</li>'}</ul>",
    ]
    decided = sorted(
        (each for each in compared if each.difference.decided),
        key=lambda each: MEASURES[each.key.measure].unit,
    )
    for unit, group in groupby(decided, key=lambda each: MEASURES[each.key.measure].unit):
        parts.append(difference_plot(list(group)[:30], unit))
    if rest:
        parts.append(f"<h2>What is not</h2><ul>{''.join(rest)}</ul>")
    if withheld:
        lines = [f"<li>{escape(each)}</li>" for each in withheld]
        parts.append(f"<h2>What cannot be told</h2><ul>{''.join(lines)}</ul>")
    return parts


def _curves(points: Sequence[Replicated], axis: str) -> list[str]:
    parts = [f"<h2>Over {escape(axis)}</h2>"]
    ticks = [each.name.replace(f"{axis}=", "") for each in points]
    for measure in SWEPT:
        keys = [
            key
            for key in points[0].keys
            if key.measure == measure and key.patient_class == ALL and key.hour == ALL_DAY
        ]
        if keys:
            parts.append(curve_plot(points, ticks, keys, axis))
            header = [axis, *(key.place or "all" for key in keys)]
            rows = [
                [tick, *(_cell(each, key) for key in keys)] for tick, each in zip(ticks, points, strict=True)
            ]
            parts.append(table(header, rows))
    return parts


def _cell(replicated: Replicated, key: Key) -> str:
    return _shown(replicated.interval(key), key) if key in replicated.keys else ""


def _one(replicated: Replicated, *, headed: bool) -> list[str]:
    parts = [f"<h2>{escape(replicated.name)}</h2>"] if headed else []
    count = len(replicated.values)
    weeks = (replicated.built.scenario.run.length - replicated.warming.hours) / 168
    parts.append(
        f"<p>{escape(replicated.built.scenario.description)}</p><p>{count} replications of {weeks:.1f} weeks after a "
        f"warm-up of {replicated.warming.hours / 24:.2g} days. Numbers are means with 95 % intervals.</p>"
    )
    for measure, keys in groupby(sorted(replicated.keys), key=lambda key: key.measure):
        parts += _measure(replicated, measure, [key for key in keys if key.hour == ALL_DAY])
    parts += [
        "<h2>By hour of the day</h2>",
        daily_plot(replicated, "wait_mean"),
        daily_plot(replicated, "occupancy"),
    ]
    if len(replicated.warming.series):
        parts += [
            "<h2>Warm-up</h2><p>The shaded beginning is left out (MSER-5).</p>",
            warm_up_plot(replicated),
        ]
    return parts


def _measure(replicated: Replicated, measure: str, keys: Sequence[Key]) -> list[str]:
    """Places down, classes across."""
    classes = sorted({key.patient_class for key in keys})
    places = sorted({key.place for key in keys})
    header = ["", *(each or "all" for each in classes)]
    rows = [
        [place or "all", *(_cell(replicated, Key(measure, place, each)) for each in classes)]
        for place in places
    ]
    unit = MEASURES[measure].unit
    heading = MEASURES[measure].title + (f", {unit}" if unit else "")
    return [f"<h3>{escape(heading)}</h3>", table(header, rows)]


def _shown(found: Interval, key: Key) -> str:
    """With as many digits as are known; shares in percent."""
    if math.isnan(found.mean):
        return "&ndash;"
    factor, sign = (1.0, "") if MEASURES[key.measure].unit else (100.0, " %")
    value, half = amounts(abs(found.mean) * factor, found.half_width * factor)
    minus = "-" if found.mean < 0 else ""
    return f"{minus}{value} &plusmn; {half}{sign}"


def _made_of(replicated: Sequence[Replicated]) -> list[str]:
    """What is needed to make this page again."""
    parts = ["<h2>How this was made</h2>"]
    first = replicated[0]
    parts.append(
        f"<p>Seed {first.plan.seed}; {len(first.values)} replications each; warm-up {first.warming.hours:g} h; "
        f"{escape(versions())}.</p>"
    )
    parts += [scenario_shown(each.built) for each in replicated]
    return parts
