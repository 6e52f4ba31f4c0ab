"""Carrying out ``wardflow equipment``: progress on standard error, the outcome on standard output, the plan in
a file."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import typer

from cli.errors import Refused
from cli.kernels import EQUIPMENT, compile_if_cold
from cli.outputs import refuse_unwritable
from solver.engine.result import Budget, Result, Status, TracePoint
from solver.engine.rule import Level
from solver.equipment.formats import (
    read_booking_plan,
    read_fleet_plan,
    read_problem,
    write_booking_plan,
    write_fleet_plan,
)
from solver.equipment.problem import BookingPlan, BookingProblem, FleetPlan, FleetProblem
from solver.equipment.referee import Count, Score, recount_bookings, recount_fleet

BEFORE = 1.0
"""Seconds of the whole command that pass before and after the solve: Python, libraries, kernels, the file."""

CULPRITS = 5
"""Of a broken rule, so many are named."""


class Progress:
    """Tells of better plans and bounds, at most once in half a second."""

    def __init__(self, tell: Callable[[str], None], timer: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._timer, self._told = tell, timer, float("-inf")

    def incumbent(self, point: TracePoint) -> None:
        if self._timer() - self._told >= 0.5:
            self._told = self._timer()
            self._tell(f"{point.seconds:8.1f} s  {_standing(point.cost, point.bound)}")

    def bound(self, point: TracePoint) -> None:
        self.incumbent(point)

    def stop_requested(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Search:
    """How a plan is looked for; ``seconds`` are those of the whole command, ``began`` is when it did."""

    seconds: float
    workers: int
    seed: int
    began: float = field(default_factory=time.monotonic)

    def left(self) -> Budget:
        """What is left for the search itself."""
        return Budget(seconds=max(0.1, self.seconds - BEFORE - (time.monotonic() - self.began)))


def solved(path: Path, search: Search, output: Path | None) -> None:
    """Read, solve, write; nothing is written unless the referee has found the plan clean."""
    refuse_unwritable(output)
    _write(_searched(read_problem(path), search), output)


def solved_live(
    path: Path, database: str | None, key_file: Path | None, search: Search, output: Path | None
) -> None:
    """The same between the bookings of the stored hospital; the plan's document is written beside the plan."""
    from cli.equipment_live import bookings_beside, snapshot, write_beside

    for one in (output, output and bookings_beside(output)):
        refuse_unwritable(one)
    found = snapshot(path, database, key_file)
    typer.echo(found.told())
    result = _searched(found.problem, search)
    if output is not None:
        typer.echo(write_beside(output, found.problem))
    _write(result, output)


def _searched(
    problem: BookingProblem | FleetProblem, search: Search
) -> Result[BookingPlan] | Result[FleetPlan]:
    """A plan that the referee has found clean; raises ``Refused`` where there is none."""
    from solver.equipment.solve import solve

    tell = functools.partial(typer.echo, err=True)
    compile_if_cold(tell, EQUIPMENT)
    result = solve(problem, search.left(), search.seed, Progress(tell), search.workers)
    typer.echo(f"status {result.status.value}  {_standing(result.cost, result.bound)}")
    if result.status is Status.INFEASIBLE:
        raise Refused(f"The bookings need at least {result.bound} devices, more than there are. Add devices.")
    if result.plan is None:
        raise Refused("No plan that serves every booking was found. Give it more time, or add devices.")
    if not result.verified:
        raise Refused(
            "The plan found is not what the referee counts, and was not written. Please report this."
        )
    typer.echo(f"verified by the referee; found by {result.method}")
    return result


def _write(result: Result[BookingPlan] | Result[FleetPlan], output: Path | None) -> None:
    if output is None:
        return
    plan = result.plan
    if isinstance(plan, BookingPlan):
        text = write_booking_plan(plan)
    else:
        assert isinstance(plan, FleetPlan)
        text = write_fleet_plan(plan)
    output.write_text(text, encoding="utf-8")
    typer.echo(f"Wrote {output}.")


def checked(path: Path, plan: Path) -> bool:
    """Print every rule's count and cost, and the total; whether a hard rule is broken."""
    problem = read_problem(path)
    if isinstance(problem, BookingProblem):
        score = recount_bookings(problem, read_booking_plan(plan, problem))
    else:
        score = recount_fleet(problem, read_fleet_plan(plan, problem))
    for count in score.counts:
        typer.echo(_counted(count))
    typer.echo(_total(score))
    return score.broken > 0


def _counted(one: Count) -> str:
    hard = one.rule.level is not Level.SOFT
    row = f"{one.rule.id:24} {'hard' if hard else 'soft'} {one.count:>8} {one.cost:>10}"
    named = "; ".join(one.culprits[:CULPRITS])
    return f"{row}  {named}" if named else row


def _total(score: Score) -> str:
    return f"{'total':24} hard {score.broken:>8} cost {score.cost:>8}"


def _standing(cost: int | None, bound: int | None) -> str:
    """Cost, bound and gap, as far as they are known."""
    told = f"cost {'-' if cost is None else cost}  bound {'-' if bound is None else bound}"
    if cost is None or bound is None:
        return told
    return f"{told}  gap {100 * (cost - bound) / max(1, abs(cost)):.2f} %"
