"""``wardflow bench``: measurements of this machine."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.verb import verb_app

app = verb_app()
QUICK_SECONDS = 0.3


@app.callback()
def bench() -> None:
    """Measure how fast wardflow is on this machine. Run it when nothing else does: the clock counts."""


@app.command()
def scaling(
    systems: Annotated[
        list[str] | None,
        typer.Option(
            help="simulator threads, simulator processes, solver decisions, solver search, service; else all."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.05, help="Of each system on each number of cores, in a round.")
    ] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, help="What counts are medians over them.")] = 5,
    cores: Annotated[
        list[int] | None, typer.Option(min=1, help="Numbers of cores; else 1, 2, 4 ... and all there are.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One short round without the service: to see that it works.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="For scaling.json, scaling.svg, scaling.txt."),
    ] = None,
) -> None:
    """Solver, simulator and service on 1, 2, 4 ... cores: throughput, p99, efficiency; what 16 and 64 would bring."""
    from benchmarks.scaling import report, run
    from cli.kernels import PLACING, SIMULATION, compile_if_cold

    tell = functools.partial(typer.echo, err=True)
    names = systems or list(run.NAMES[:-1] if quick else run.NAMES)
    for family in (SIMULATION, PLACING):
        compile_if_cold(tell, family)
    load = os.getloadavg()[0]
    found = run.measured(
        names,
        QUICK_SECONDS if quick else seconds,
        1 if quick else rounds,
        sorted(cores or run.counts()),
        tell,
    )
    for line in report.lines(found, load):
        typer.echo(line)
    if output is not None:
        typer.echo(f"Wrote {', '.join(str(path) for path in report.write(found, load, output))}.")
