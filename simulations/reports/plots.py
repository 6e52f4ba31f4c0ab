"""Plots as SVG texts that repeat byte for byte: fixed ids, no dates, letters as letters."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulations.experiments.catalogue import ALL, ALL_DAY, MEASURES, Key
from simulations.experiments.comparing import Compared
from simulations.experiments.replications import Replicated
from simulations.experiments.warming import INTERVAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE: dict[str, Any] = {
    "svg.hashsalt": "wardflow",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    # Names are names, dollars and all.
    "text.parse_math": False,
}
MOST_LINES = 8
"""More lines than this in one plot nobody tells apart."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999")
"""Okabe and Ito's, which colour-blind people tell apart; on paper the markers do."""
MARKERS = "os^Dv<>p"


def svg(draw: Callable[[Axes], None], width: float = 7.2, height: float = 3.0) -> str:
    """What ``draw`` draws on a pair of axes; inches."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return _inside(stream.getvalue())


def _inside(text: str) -> str:
    """The element alone, as it stands in a page."""
    return re.sub(r"^.*?(?=<svg)", "", text, count=1, flags=re.DOTALL)


def warm_up_plot(replicated: Replicated) -> str:
    """Patients in the hospital from the start on, and where counting begins."""

    def draw(axes: Axes) -> None:
        series = replicated.warming.series
        days = (np.arange(len(series)) + 0.5) * INTERVAL / 24
        axes.plot(days, series, color=COLOURS[0], linewidth=1)
        axes.axvspan(0, replicated.warming.hours / 24, color="#999999", alpha=0.25, linewidth=0)
        axes.set(xlabel="day", ylabel="patients in the hospital", ylim=(0, None))

    return svg(draw, height=2.4)


def daily_plot(replicated: Replicated, measure: str) -> str:
    """A measure by hour of the day, everywhere it was observed, with 95 % bands."""
    places = sorted({key.place for key in replicated.keys if key.measure == measure and key.hour != ALL_DAY})

    def draw(axes: Axes) -> None:
        for number, place in enumerate(places[:MOST_LINES]):
            found = [replicated.interval(Key(measure, place, ALL, hour)) for hour in range(24)]
            means = np.array([each.mean for each in found])
            half = np.array([each.half_width if np.isfinite(each.half_width) else 0.0 for each in found])
            style: dict[str, Any] = {"color": COLOURS[number], "marker": MARKERS[number], "markersize": 3}
            axes.plot(range(24), means, label=place or "all", linewidth=1, **style)
            axes.fill_between(
                range(24), means - half, means + half, color=COLOURS[number], alpha=0.15, linewidth=0
            )
        axes.set(xlabel="hour of the day", ylabel=_label(measure), xticks=range(0, 24, 3), ylim=(0, None))
        if places:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return svg(draw)


def curve_plot(points: Sequence[Replicated], ticks: Sequence[str], keys: Sequence[Key], title: str) -> str:
    """One measure against the points of a sweep, one line per place, with 95 % bars."""

    def draw(axes: Axes) -> None:
        for number, key in enumerate(keys[:MOST_LINES]):
            known = [(x, each.interval(key)) for x, each in enumerate(points) if key in each.keys]
            half = [found.half_width if np.isfinite(found.half_width) else 0.0 for _, found in known]
            axes.errorbar(
                [x for x, _ in known],
                [found.mean for _, found in known],
                yerr=half,
                label=key.place or "all",
                color=COLOURS[number],
                marker=MARKERS[number],
                markersize=4,
                capsize=3,
                linewidth=1,
            )
        axes.set(ylabel=_label(keys[0].measure), xlabel=title, xticks=range(len(ticks)), ylim=(0, None))
        axes.set_xticklabels(ticks)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return svg(draw)


def difference_plot(compared: Sequence[Compared], unit: str) -> str:
    """Changes against the first scenario with intervals that hold at once; measures of one unit."""

    def draw(axes: Axes) -> None:
        rows = range(len(compared))[::-1]
        for row, each in zip(rows, compared, strict=True):
            at_once = each.difference.simultaneous
            colour = COLOURS[1] if each.difference.decided else "#777777"
            half = at_once.half_width if np.isfinite(at_once.half_width) else 0.0
            axes.errorbar(at_once.mean, row, xerr=half, marker="o", color=colour, capsize=3, markersize=4)
        axes.axvline(0.0, color="black", linewidth=0.8)
        axes.set_yticks(list(rows))
        axes.set_yticklabels([_described(each) for each in compared])
        axes.set(xlabel=f"change, {unit or 'share'}")

    return svg(draw, height=0.8 + 0.28 * len(compared))


def _described(compared: Compared) -> str:
    parts = [
        MEASURES[compared.key.measure].title,
        compared.key.place,
        compared.key.patient_class,
        compared.name,
    ]
    return ", ".join(part for part in parts if part)


def _label(measure: str) -> str:
    found = MEASURES[measure]
    return f"{found.title}, {found.unit}" if found.unit else found.title
