"""Carrying out ``wardflow equipment repair``: who is told of what on standard output, the plan in a file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from cli.errors import Refused
from cli.kernels import EQUIPMENT, compile_if_cold
from cli.outputs import refuse_unwritable
from solver.engine.result import Budget
from solver.equipment.formats import read_booking_plan, read_problem, write_booking_plan
from solver.equipment.problem import BookingPlan, BookingProblem
from solver.equipment.repair import Outage, Repair, repair

OUTAGE: Final = re.compile(r"(.+):(\d{1,9})-(\d{1,9})", re.ASCII)


def repaired(
    path: Path,
    plan: Path,
    outages: Sequence[str],
    now: int,
    changes: int,
    rounds: int,
    seconds: float,
    seed: int,
    output: Path | None,
) -> None:
    """Repair and tell; nothing is written unless the referee has found the plan clean."""
    refuse_unwritable(output)
    problem = read_problem(path)
    if not isinstance(problem, BookingProblem):
        raise Refused("Bookings of fixed times have no windows to move in. Name a JSON file.")
    compile_if_cold(functools.partial(typer.echo, err=True), EQUIPMENT)
    before = read_booking_plan(plan, problem)
    failed = [_outage(one) for one in outages]
    done = repair(problem, before, failed, now, changes, rounds, seed, Budget(seconds=seconds))
    if not done.verified:
        raise Refused("No plan was found in which so few bookings change. Allow more changes.")
    for line in _told(before, done):
        typer.echo(line)
    typer.echo(
        f"cost {done.cost}  moved {len(done.moved)}  lost {len(done.lost)}  changed {len(done.changed)}"
    )
    if output is not None:
        output.write_text(write_booking_plan(done.plan), encoding="utf-8")
        typer.echo(f"Wrote {output}.")


def _outage(text: str) -> Outage:
    found = OUTAGE.fullmatch(text)
    if found is None:
        raise Refused(f"An outage is DEVICE:FROM-UNTIL in minutes, as D0:600-900; got {text!r}.")
    return Outage(found.group(1), int(found.group(2)), int(found.group(3)))


def _told(before: BookingPlan, done: Repair) -> Iterator[str]:
    """One line per booking that is not as it was."""
    was = {one.request_id: one for one in before.served}
    after = {one.request_id: one for one in done.plan.served}
    for word, ids in (("moved", done.moved), ("lost", done.lost), ("changed", done.changed)):
        for id_ in ids:
            old, new = was[id_], after.get(id_)
            then = f"{new.unit_id} at {new.start}" if new else "none"
            yield f"{word:8} {id_}: {old.unit_id} at {old.start} -> {then}"
