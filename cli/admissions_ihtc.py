"""``wardflow admissions`` for files of the competition IHTC-2024."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.errors import Broken, Refused
from cli.started import seconds_since_start
from solver.admissions.formats import plan_to_json, read_plan, read_problem
from solver.admissions.referee import Recount, recount
from solver.engine.result import Budget, TracePoint
from solver.engine.rule import Level

if TYPE_CHECKING:
    from cli.admissions_kinds import Asked, AskedReplay

WRITING_SECONDS = 0.5
"""Kept back for recounting and writing."""


def replay(asked: AskedReplay) -> None:
    """Raises ``Refused``: files of the competition do not say when patients registered."""
    raise Refused(
        f"{asked.instance} does not say when patients were registered: its days cannot be replayed."
    )


def check(instance: Path, plan: Path) -> None:
    """Recount a plan; status 1 when a hard rule is broken."""
    problem = read_problem(instance)
    counted = recount(problem, read_plan(plan, problem))
    print_recount(counted)
    raise typer.Exit(1 if counted.broken else 0)


def print_recount(counted: Recount) -> None:
    """Every rule with its count and cost, then the total."""
    for tally in counted.tallies:
        cost = "hard" if tally.rule.level is not Level.SOFT else str(tally.cost)
        typer.echo(f"{tally.count:>8} {cost:>9}  {tally.rule.id}")
    typer.echo(f"total: cost {counted.cost}, hard rules broken {counted.broken}")


def solve_and_write(asked: Asked) -> None:
    """Search for what is left of the seconds, print, write; status 1 when a hard rule stays broken."""
    from cli.kernels import ADMISSIONS, compile_if_cold
    from solver.admissions.solve import solve

    problem = read_problem(asked.instance)
    compile_if_cold(functools.partial(typer.echo, err=True), ADMISSIONS)
    if asked.clock == "cpu":
        budget = Budget(seconds=asked.seconds * asked.workers, timer=time.process_time)
    else:
        budget = Budget(seconds=max(0.1, asked.seconds - seconds_since_start() - WRITING_SECONDS))
    result = solve(problem, budget, asked.seed, _Telling(), asked.workers)
    if result.plan is None:
        raise Broken("No plan was found. Give it more time.")
    asked.output.write_text(plan_to_json(result.plan, problem), encoding="utf-8")
    counted = recount(problem, result.plan)
    print_recount(counted)
    bound = "no bound" if result.bound is None else f"bound {result.bound}, gap {result.gap:.1%}"
    typer.echo(
        f"{result.status.value}: cost {result.cost}, {bound}; {result.method}; written to {asked.output}"
    )
    raise typer.Exit(1 if counted.broken else 0)


class _Telling:
    """Prints each better plan, how far above the bound it may be, and what its cost is made of, the dearest first."""

    def __init__(self) -> None:
        self.least: int | None = None

    def incumbent(self, point: TracePoint) -> None:
        gap = "" if self.least is None or not point.cost else f"  gap {1 - self.least / point.cost:.1%}"
        dearest_first = sorted((point.parts or {}).items(), key=lambda part: -part[1])
        made_of = "".join(f"  {rule} {cost}" for rule, cost in dearest_first)
        typer.echo(f"{point.seconds:8.1f} s  cost {point.cost}{gap}{made_of}")

    def bound(self, point: TracePoint) -> None:
        self.least = point.bound
        typer.echo(f"{point.seconds:8.1f} s  bound {point.bound}")

    def stop_requested(self) -> bool:
        return False
