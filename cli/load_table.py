"""What a load showed, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

SHOWN = 20


def print_load(figures: Mapping[str, Any]) -> None:
    """Latencies first, then what was counted, then what is wrong."""
    typer.echo(
        f"{figures['asked_a_second']:,.1f} operations a second asked for over {figures['seconds']:g} s, "
        f"{figures['answered_a_second']:,.1f} answered; milliseconds from the intended time:"
    )
    typer.echo(f"{'':26}{'answers':>9}{'50 %':>10}{'90 %':>10}{'99 %':>10}{'99.9 %':>10}{'most':>10}")
    for name, each in figures["latency_ms_by_kind"].items():
        _line(name, each)
    _line("all", figures["latency_ms"])
    _line("slip", figures["slip_ms"])
    _line("lateness of the generator", figures["lateness_ms"])
    if "steps" in figures:
        _steps(figures)
    typer.echo(_counted("answers", figures["statuses"]))
    typer.echo(_counted("counts", figures["counts"]))
    typer.echo(_counted("looked at", figures["checked"]))
    for warning in figures["warnings"]:
        typer.echo(f"Note: {warning}")
    for reason in figures["void"]:
        typer.echo(f"Void: {reason}")
    for fault in figures["first_faults"][:SHOWN]:
        typer.echo(f"Fault: {fault}")
    typer.echo(f"faults: {figures['faults']}")


def _line(name: str, each: Mapping[str, float]) -> None:
    cells = "".join(f"{each[column]:>10,.1f}" for column in ("p50", "p90", "p99", "p999", "max"))
    typer.echo(f"{name:26}{each['count']:>9,.0f}{cells}")


def _steps(figures: Mapping[str, Any]) -> None:
    for step in figures["steps"]:
        if step["count"]:
            _line(f"step of {step['rate']:,.1f}/s", step)
    knee = figures["knee_a_second"]
    found = "the first step missed the goal" if knee is None else f"{knee:,.1f} operations a second"
    typer.echo(f"knee: {'' if figures['knee_found'] else 'not found, more than '}{found}")


def _counted(what: str, counts: Mapping[str, int]) -> str:
    return f"{what}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items())
