"""Reading, solving and writing rosters for the command line."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

import typer

from cli.errors import Broken, Refused
from cli.started import seconds_since_start
from solver.engine.result import Budget, Result, Status, TracePoint
from solver.engine.rule import Level
from solver.rostering import formats_curtois, formats_inrc2
from solver.rostering.changes import Change
from solver.rostering.cover import Ranking, rules_broken
from solver.rostering.problem import Roster, RosterProblem
from solver.rostering.referee import Recount, recount

WRITING_SECONDS = 0.5
"""Kept back for recounting and writing."""


@dataclass(frozen=True, slots=True)
class Source:
    """A problem and the family of files that it came from; ``instance`` is None for Curtois and Qu."""

    problem: RosterProblem
    instance: str | None

    @staticmethod
    def of(path: Path, instance: str | None) -> Source:
        """Read a problem. Raises InvalidInstance, or Refused when file and option do not go together."""
        try:
            if path.is_dir():
                if instance is None:
                    raise Refused(f"{path} is a folder of data sets. Name one: --instance n030w4_1_6-2-9-1")
                return Source(formats_inrc2.read(path, instance), instance)
            if instance is not None:
                raise Refused(f"{path} is one problem. --instance goes with a folder of INRC-II data sets.")
            return Source(formats_curtois.read(path), None)
        except OSError as error:
            raise Refused(f"{error.filename}: {error.strerror}.") from error

    def roster(self, path: Path) -> Roster:
        """Read a roster of this family."""
        try:
            if self.instance is not None:
                return formats_inrc2.read_roster(path, self.instance)
            return formats_curtois.read_roster(path)
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{path} cannot be read: {type(error).__name__}.") from error

    def write(self, roster: Roster, path: Path) -> None:
        """Write a roster of this family."""
        if self.instance is not None:
            formats_inrc2.write_roster(roster, path, self.instance)
            return
        with path.open("w", encoding="utf-8", newline="") as file:
            formats_curtois.write_roster(roster, file.write)


class _Telling:
    """Prints each better roster."""

    def incumbent(self, point: TracePoint) -> None:
        typer.echo(f"{point.seconds:8.1f} s  cost {point.cost}")

    def bound(self, point: TracePoint) -> None:
        typer.echo(f"{point.seconds:8.1f} s  bound {point.bound}")

    def stop_requested(self) -> bool:
        return False


def _check_output(output: Path, weeks: bool) -> None:
    """Refuse what could not be written, before hours are spent."""
    folder = output if weeks and output.exists() else output.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or (not weeks and output.is_dir()):
        raise Refused(
            f"{output} cannot be written. Name a file in a folder that is there and may be written to."
        )


def solve_and_write(source: Source, output: Path, seconds: float, workers: int, seed: int) -> None:
    """Search for what is left of ``seconds`` since the process began, print, write."""
    from cli.kernels import ROSTERING, compile_if_cold
    from solver.rostering.solve import solve

    _check_output(output, source.instance is not None)
    compile_if_cold(functools.partial(typer.echo, err=True), ROSTERING)
    budget = Budget(seconds=max(0.1, seconds - seconds_since_start() - WRITING_SECONDS))
    result = solve(source.problem, budget, seed, _Telling(), workers)
    if result.status is Status.OUT_OF_TIME:
        raise Broken(
            "No roster was found, and none was proven impossible. Give it more time, or loosen limits of shifts."
        )
    if result.plan is None:
        raise Broken(_nobody(source.problem))
    source.write(result.plan, output)
    counted = recount(source.problem, result.plan)
    print_recount(counted)
    _print_end(result, output)
    raise typer.Exit(1 if counted.broken else 0)


def _nobody(problem: RosterProblem) -> str:
    from solver.rostering.collisions import collisions

    found = [collision.sentence() for collision in collisions(problem)]
    return "\n".join(["No roster can be built.", *found])


def print_recount(counted: Recount) -> None:
    """Every rule with its count and cost, then the total."""
    for tally in counted.tallies:
        cost = "hard" if tally.rule.level is not Level.SOFT else str(tally.cost)
        typer.echo(f"{tally.count:>8} {cost:>9}  {tally.rule.id}")
    typer.echo(f"total: cost {counted.cost}, hard rules broken {counted.broken}")


def _print_end(result: Result[Roster], output: Path) -> None:
    gap = "" if result.gap is None else f", gap {100 * result.gap:.2f} %"
    bound = "no bound" if result.bound is None else f"bound {result.bound}{gap}"
    typer.echo(f"{result.status.value}: cost {result.cost}, {bound}; {result.method}; written to {output}")


def print_ranking(ranking: Ranking) -> None:
    """Who could step in, with price and moves, then who may not and why."""
    typer.echo(
        f"day {ranking.day}, {ranking.shift} {ranking.skill}".rstrip() + f": open, {ranking.open_cost}"
    )
    for candidate in ranking.candidates:
        moves = "".join(f"; {_move(change)}" for change in candidate.changes[1:])
        typer.echo(f"{candidate.price:>9}  {candidate.employee}: cost {candidate.cost}{moves}")
    for barred in ranking.barred:
        broken = ", ".join(rule.id for rule in rules_broken(barred))
        typer.echo(f"   may not  {barred.employee}: {broken}")


def _move(change: Change) -> str:
    return f"{change.employee} on day {change.day} {change.shift or 'off'}"
