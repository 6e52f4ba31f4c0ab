"""What was measured as a table, a plot and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.record import circumstances
from benchmarks.scaling.run import AHEAD, Scaling
from simulations.reports.plots import COLOURS, MARKERS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes


IDLE = 0.3
"""Of the mean number of processes that ran or wanted to in the last minute: more, and figures are of others too."""


def lines(found: Sequence[Scaling], load: float) -> list[str]:
    """A table in text: a line for each number of cores, then what is expected and why.

    load: how many processes ran in the minute before.
    """
    told = [
        f"{'system':20} {'cores':>5} {'throughput':>12} {'':14} {'p99':>10} {'speed-up':>9} {'efficiency':>11}"
    ]
    for each in found:
        for point in each.points:
            told.append(
                f"{each.name:20} {point.cores:5} {point.throughput:12,.1f} {each.unit:14} {point.p99_ms:7.2f} ms "
                f"{point.speed_up:8.2f}x {point.efficiency:10.0%}"
            )
    for each in found:
        told += ["", *_expectation(each)]
    if load > IDLE:
        told += [
            "",
            f"Others were at work too (load {load:.1f} before it began): believe none of this, run it alone.",
        ]
    return told


def _expectation(each: Scaling) -> list[str]:
    cores = [point.cores for point in each.points]
    if len(cores) == 1:
        return [f"{each.name}: one number of cores tells nothing of others.", f"  {each.reasoning}"]
    expected = ", ".join(f"{speed:.1f}x on {count} cores" for count, speed in each.expected.items())
    law = f"{each.law.serial:.1%} one after the other"
    law += f", {each.law.crosstalk:.2%} for each pair of cores" if each.law.crosstalk else ""
    known = "" if each.serial is None else f" (of which {each.serial:.1%} are known and measured apart)"
    basis = f"From {cores} cores: {law}{known}."
    return [f"{each.name}: {expected} expected. {basis}", f"  {each.reasoning}"]


def as_json(found: Sequence[Scaling], load: float) -> str:
    """Everything, with machine and versions."""
    return (
        json.dumps(
            {**circumstances(), "load_before": round(load, 2), "systems": [asdict(each) for each in found]},
            indent=1,
        )
        + "\n"
    )


def plot(found: Sequence[Scaling]) -> str:
    """Speed-up over cores, both doubling: measured as marks, the fitted law as lines up to the most that is told of."""

    def draw(axes: Axes) -> None:
        cores = np.unique(np.geomspace(1, max(AHEAD), 60).round().astype(int))
        axes.plot(cores, cores, color="#999999", linewidth=0.8, linestyle=":", label="as many as cores")
        for number, each in enumerate(found):
            colour = COLOURS[number % len(COLOURS)]
            if len(each.points) > 1:
                expected = [each.law.speed_up(int(n)) for n in cores]
                axes.plot(cores, expected, color=colour, linewidth=0.8, linestyle="--")
            axes.plot(
                [point.cores for point in each.points],
                [point.speed_up for point in each.points],
                color=colour,
                marker=MARKERS[number % len(MARKERS)],
                linestyle="",
                markersize=5,
                label=each.name,
            )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        ticks = [2**power for power in range(7)]
        axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
        axes.set_yticks(ticks, labels=[str(tick) for tick in ticks])
        axes.set(xlabel="cores (dashed: expected)", ylabel="throughput over one core")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return svg(draw, height=3.6)


def write(found: Sequence[Scaling], load: float, folder: Path) -> list[Path]:
    """scaling.json, scaling.svg and scaling.txt in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "scaling.json": as_json(found, load),
        "scaling.svg": plot(found),
        "scaling.txt": "\n".join(lines(found, load)) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]
