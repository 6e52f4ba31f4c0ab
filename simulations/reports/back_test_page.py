"""The report of a back-test: what does not fit first, then everything else, then what it was made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from simulations.fitting.back_test import BackTest, Curve, Misfit
from simulations.reports.parts import document, scenario_shown, table, versions
from simulations.reports.plots import COLOURS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADER = ("", "recorded", "simulated", "95 % of simulations", "misfit")


def back_test_page(found: BackTest, command: str) -> str:
    """One page that holds all."""
    title = f"{found.built.scenario.name}: recorded and simulated"
    parts = [f"<h1>{escape(title)}</h1>", f"<p><code>{escape(command)}</code></p>", *_head(found)]
    parts += ["<h2>Misfit first</h2>", _meaning(found)]
    parts += [_rows(found.misfits), "<h2>Beds in use, day by day</h2>"]
    parts.append(
        "<p>The line is the record; the band holds 95 % of the simulations, the dashes are their mean.</p>"
    )
    parts += [f"<h3>{escape(curve.ward)}</h3>{_curve(curve)}" for curve in found.curves]
    parts += ["<h2>How this was made</h2>", _made(found), scenario_shown(found.built)]
    return document(title, parts)


def _head(found: BackTest) -> list[str]:
    style = ' class="warning"' if len(found.outside) > 0.05 * len(found.misfits) else ""
    lines = [f"<p{style}>{escape(found.verdict)}</p>"]
    if found.left_out:
        lines.append(
            f'<p class="warning">{found.left_out} who were there at the beginning had no place in the scenario, or '
            "were between two wards, and are missing in the simulation.</p>"
        )
    return lines


def _meaning(found: BackTest) -> str:
    widened = (
        ""
        if found.widened == 1
        else f" As the time that was fitted is not endless either, bands are {found.widened:.2f} times as wide."
    )
    return (
        "<p>The misfit is how far the record lies from the mean of the simulations, in standard deviations of single "
        f"simulations; what is outside of the band of 95 % is marked.{widened}</p>"
    )


def _rows(misfits: Iterable[Misfit]) -> str:
    return table(
        HEADER,
        (
            (
                each.title,
                f"{shown(each.recorded, each)} {each.unit}",
                shown(each.mean, each),
                f"{shown(each.low, each)} to {shown(each.high, each)}",
                _size(each),
            )
            for each in misfits
        ),
    )


def _size(each: Misfit) -> str:
    text = size_shown(each)
    return f"<strong>{text} !</strong>" if each.outside else text


def size_shown(each: Misfit) -> str:
    """In standard deviations, with its sign."""
    return f"{each.size:+.1f}" if math.isfinite(each.size) else "never simulated"


def shown(value: float, each: Misfit) -> str:
    """With three digits; shares in percent."""
    scaled = value * 100 if each.unit == "%" else value
    digits = 0 if scaled == 0 else max(0, 2 - math.floor(math.log10(abs(scaled))))
    return f"{scaled:.{min(digits, 3)}f}"


def _curve(curve: Curve) -> str:
    def draw(axes: Axes) -> None:
        days = np.arange(len(curve.recorded)) + 0.5
        low, mean, high = curve.simulated
        axes.fill_between(days, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
        axes.plot(days, mean, color=COLOURS[0], linewidth=1, linestyle="--", label="simulated")
        axes.plot(days, curve.recorded, color=COLOURS[1], linewidth=1.2, label="recorded")
        axes.set(xlabel="day", ylabel="beds in use", ylim=(0, None))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return svg(draw, height=2.2)


def _made(found: BackTest) -> str:
    run = found.built.scenario.run
    return (
        f"<p>From {run.start:%Y-%m-%d %H:%M}, {run.length / 24:g} days, beginning with who was there; "
        f"{found.replications} replications, seed {found.seed}; {escape(versions())}.</p>"
    )
