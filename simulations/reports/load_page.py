"""The report of a load: one page, no script, nothing from elsewhere."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from simulations.reports.parts import document
from simulations.reports.plots import COLOURS, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS: Final = {
    "count": "answers",
    "p50": "50 %",
    "p90": "90 %",
    "p99": "99 %",
    "p999": "99.9 %",
    "max": "most",
}


def load_page(title: str, command: str, figures: Mapping[str, Any]) -> str:
    """A page of ``figures`` as ``simulations.load.result`` gives them."""
    parts = [f"<h1>{escape(title)}</h1>", f"<p><code>{escape(command)}</code></p>"]
    parts += [f'<p class="warning"><strong>Void.</strong> {escape(each)}</p>' for each in figures["void"]]
    parts += [f'<p class="warning">{escape(each)}</p>' for each in figures["warnings"]]
    parts += _faults(figures)
    parts += _latencies(figures)
    if "steps" in figures:
        parts += _steps(figures)
    parts += _counts(figures)
    parts += _made_of(figures)
    return document(title, parts)


def _faults(figures: Mapping[str, Any]) -> list[str]:
    looked = ", ".join(f"{count:,} {what}" for what, count in figures["checked"].items())
    if not figures["faults"]:
        return [f"<h2>Nothing was broken</h2><p>Looked at: {escape(looked)}.</p>"]
    shown = "".join(f"<li>{escape(each)}</li>" for each in figures["first_faults"])
    return [
        f'<h2>{figures["faults"]:,} faults</h2><p class="warning">Looked at: {escape(looked)}.</p><ul>{shown}</ul>'
    ]


def _latencies(figures: Mapping[str, Any]) -> list[str]:
    rows = [("all", figures["latency_ms"]), *figures["latency_ms_by_kind"].items()]
    rows += [("slip", figures["slip_ms"]), ("lateness of the generator", figures["lateness_ms"])]
    return [
        "<h2>Latency, milliseconds</h2>",
        f"<p>{figures['asked_a_second']:,} operations a second were asked for over {figures['seconds']:g} s, "
        f"{figures['answered_a_second']:,} answered. Each counts from its intended time. Slip: how long an operation "
        "waited for the one before it of the same patient. The goal for 99 % is "
        f"{figures['goal_ms']:g} ms.</p>",
        _table(["", *COLUMNS.values()], [[name, *_cells(each)] for name, each in rows]),
        _plot(figures),
    ]


def _plot(figures: Mapping[str, Any]) -> str:
    slices: Sequence[Mapping[str, float]] = figures["latency_ms_by_slice"]
    width = figures["seconds"] / len(slices)

    def draw(axes: Axes) -> None:
        seconds = [(number + 0.5) * width for number in range(len(slices))]
        for colour, name in zip(COLOURS, ("p50", "p99", "max"), strict=False):
            axes.plot(seconds, [each[name] for each in slices], color=colour, label=COLUMNS[name], marker="o")
        axes.axhline(figures["goal_ms"], color="black", linewidth=0.8, linestyle="--")
        axes.set(xlabel="seconds", ylabel="latency, ms", yscale="log")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return svg(draw)


def _steps(figures: Mapping[str, Any]) -> list[str]:
    knee = figures["knee_a_second"]
    found = "the first step missed it" if knee is None else f"{knee:,.1f} operations a second"
    beyond = "" if figures["knee_found"] else " No step missed it: the service bears more."
    rows = [[f"{step['rate']:,.1f}", *_cells(step)] for step in figures["steps"]]
    return [
        "<h2>The knee</h2>",
        f"<p>The last step within the goal: {found}.{beyond}</p>",
        _table(["asked a second", *COLUMNS.values()], rows),
    ]


def _counts(figures: Mapping[str, Any]) -> list[str]:
    statuses = [
        [str(name) if name != "0" else "no answer", f"{n:,}"] for name, n in figures["statuses"].items()
    ]
    counts = [[name, f"{n:,}"] for name, n in figures["counts"].items()]
    return [
        "<h2>Answers</h2>",
        _table(["status", "answers"], [*statuses, ["all", f"{figures['answered']:,}"]]),
        _table(["", "times"], counts),
    ]


def _made_of(figures: Mapping[str, Any]) -> list[str]:
    names = ("shape", "seed", "sites", "processes", "patients", "compression", "fill_seconds")
    told = "; ".join(f"{name.replace('_', ' ')} {figures[name]}" for name in names)
    cpu = figures["generator_cpu_seconds"]
    return [
        "<h2>How this was made</h2>",
        f"<p>{escape(told)}. The generator took {cpu:g} s of processor time. wardflow {version('wardflow')}, "
        f"Python {platform.python_version()}, hdrhistogram {version('hdrhistogram')}. "
        f"Scenario content {escape(str(figures.get('scenario', '')))}.</p>",
    ]


def _cells(each: Mapping[str, float]) -> list[str]:
    return [f"{each['count']:,.0f}", *(f"{each[name]:,.1f}" for name in COLUMNS if name != "count")]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
