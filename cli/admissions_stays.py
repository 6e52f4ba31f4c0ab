"""``wardflow admissions`` for stays: PAS text, OR-PAS XML, the JSON of a ward's year (PRA)."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.admissions_kinds import head_of
from cli.errors import Broken
from cli.started import seconds_since_start
from solver.admissions.stays import formats_pas, formats_xml, formats_year, plans
from solver.admissions.stays.problem import StayPlan, StayProblem
from solver.admissions.stays.referee import Recount, recount
from solver.engine.result import Budget, Result, TracePoint
from solver.engine.rule import Level

if TYPE_CHECKING:
    from cli.admissions_kinds import Asked, AskedReplay
    from solver.admissions.stays.replay import Morning

WRITING_SECONDS = 0.5
"""Kept back for recounting and writing."""


def read(instance: Path) -> StayProblem:
    """The problem in a file of any of the three formats. Raises InvalidInstance with every fault."""
    head = head_of(instance).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<"):
        return formats_xml.read(instance)
    return formats_year.read(instance) if head.startswith(b"{") else formats_pas.read(instance)


def read_plan(path: Path, problem: StayProblem) -> StayPlan:
    """A plan: CSV, or the XML of published solutions."""
    if head_of(path).lstrip().startswith(b"<"):
        return formats_xml.read_plan(path, problem)
    return plans.read(path)


def check(instance: Path, plan: Path) -> None:
    """Recount a plan; status 1 when a hard rule is broken, as when somebody is left out."""
    problem = read(instance)
    counted = recount(problem, read_plan(plan, problem))
    print_recount(problem, counted)
    raise typer.Exit(1 if counted.broken else 0)


def print_recount(problem: StayProblem, counted: Recount) -> None:
    """Every rule that occurs, with its count and cost; who is left out; the total."""
    for tally in counted.tallies:
        hard = tally.rule.level is not Level.SOFT
        if hard or tally.count:
            cost = "hard" if hard else shown(problem, tally.cost)
            typer.echo(f"{tally.count:>8} {cost:>9}  {tally.rule.id}")
    for patient in counted.left_out:
        typer.echo(f"left out: patient {patient}")
    typer.echo(f"total: cost {shown(problem, counted.cost)}, hard rules broken {counted.broken}")


def shown(problem: StayProblem, cost: int) -> str:
    """A cost with the decimals of its family."""
    return f"{cost / 10**problem.decimals:.{problem.decimals}f}"


def budget_of(asked: Asked) -> Budget:
    """What the asked seconds leave for solving."""
    if asked.clock == "cpu":
        return Budget(seconds=asked.seconds * asked.workers, timer=time.process_time)
    return Budget(seconds=max(0.1, asked.seconds - seconds_since_start() - WRITING_SECONDS))


def solve_and_write(asked: Asked) -> None:
    """Search for what is left of the seconds, print, write; status 1 when a hard rule stays broken."""
    from cli.kernels import ADMISSIONS, compile_if_cold
    from solver.admissions.stays.solve import solve

    problem = read(asked.instance)
    compile_if_cold(functools.partial(typer.echo, err=True), ADMISSIONS)
    result = solve(problem, budget_of(asked), asked.seed, _Telling(problem), asked.workers)
    if result.plan is None:
        raise Broken("No plan was found. Give it more time.")
    write(problem, result.plan, asked.output)
    counted = recount(problem, result.plan)
    print_recount(problem, counted)
    typer.echo(f"{_summary(problem, result)}; {result.method}; written to {asked.output}")
    raise typer.Exit(1 if counted.broken else 0)


def replay(asked: AskedReplay) -> None:
    """Play the days, print a line for each, then the recount; status 1 when a hard rule is broken."""
    from cli.kernels import ADMISSIONS, compile_if_cold
    from solver.admissions.stays.replay import replay as play

    problem = read(asked.instance)
    compile_if_cold(functools.partial(typer.echo, err=True), ADMISSIONS)
    if asked.moves is not None:
        a_day = Budget(iterations=asked.moves)
    else:
        timer = time.process_time if asked.clock == "cpu" else time.monotonic
        a_day = Budget(seconds=asked.seconds, timer=timer)
    plan = play(problem, a_day, asked.seed, _print_morning)
    if asked.output is not None:
        write(problem, plan, asked.output)
    counted = recount(problem, plan)
    print_recount(problem, counted)
    raise typer.Exit(1 if counted.broken else 0)


def _print_morning(morning: Morning) -> None:
    typer.echo(f"day {morning.day}: {len(morning.rooms)} in, {morning.waiting} wait")


def write(problem: StayProblem, plan: StayPlan, output: Path) -> None:
    """As CSV, with the header of the family."""
    plans.write(plan, output, plans.NIGHTS if problem.decimals else plans.DAYS)


def _summary(problem: StayProblem, result: Result[StayPlan]) -> str:
    cost = shown(problem, result.cost or 0)
    if result.bound is None or result.gap is None:
        return f"{result.status.value}: cost {cost}, no bound"
    bound = shown(problem, result.bound)
    return f"{result.status.value}: cost {cost}, bound {bound}, gap {100 * result.gap:.2f} %"


class _Telling:
    """Prints each better plan and bound."""

    def __init__(self, problem: StayProblem) -> None:
        self.problem = problem

    def incumbent(self, point: TracePoint) -> None:
        typer.echo(f"{point.seconds:8.1f} s  cost {shown(self.problem, point.cost or 0)}")

    def bound(self, point: TracePoint) -> None:
        typer.echo(f"{point.seconds:8.1f} s  bound {shown(self.problem, point.bound or 0)}")

    def stop_requested(self) -> bool:
        return False
