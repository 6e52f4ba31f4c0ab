"""``wardflow admissions`` for files of the competition IHTC-2024."""

from __future__ import annotations

from pathlib import Path

import typer

from solver.admissions.formats import read_plan, read_problem
from solver.admissions.referee import Recount, recount
from solver.engine.rule import Level


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
