"""Carrying out ``wardflow equipment fleet``: bookings are planned for each fleet, a scenario is simulated with it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from cli.errors import Refused
from cli.kernels import EQUIPMENT, compile_if_cold
from solver.engine.errors import refuse_if_any
from solver.engine.result import Budget

SCENARIOS: Final = (".yaml", ".yml")
PLANNED_AROUND: Final = 2
PLAN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked on the command line; None: not said. ``seconds`` is of plans, what follows it of simulations."""

    type_ids: tuple[str, ...]
    changes: tuple[int, ...]
    around: int | None
    workers: int
    seed: int
    seconds: float | None = None
    replications: int | None = None
    precision: float | None = None
    budget: int | None = None
    output: Path | None = None


def asked(path: Path, asking: Asking) -> None:
    """Print what other fleets do; raises InvalidInstance with all faults of the question."""
    if path.suffix.lower() in SCENARIOS:
        _simulated(path, asking)
    else:
        _planned(path, asking)


def _planned(path: Path, asking: Asking) -> None:
    """One line per size of the fleet: the same bookings, planned for it."""
    from solver.equipment.fleet_changes import all_changes, faults
    from solver.equipment.fleet_questions import ask_fleet
    from solver.equipment.formats import read_problem
    from solver.equipment.problem import BookingProblem

    _refuse_strange(asking, "bookings", ("replications", "precision", "budget", "output"))
    refuse_if_any(faults(asking.changes, asking.around))
    problem = read_problem(path)
    if not isinstance(problem, BookingProblem):
        raise Refused(
            "Fixed bookings have no types; `equipment solve` tells the fewest devices. Name a JSON file."
        )
    if len(asking.type_ids) != 1:
        raise Refused("Bookings are planned for fleets of one type. Name one with --type.")
    compile_if_cold(functools.partial(typer.echo, err=True), EQUIPMENT)
    typer.echo(f"{'devices':>8} {'unserved':>9} {'wait':>9} {'cost':>10} {'bound':>10}")
    changes = all_changes(asking.changes, asking.around, PLANNED_AROUND)
    budget = Budget(seconds=asking.seconds or PLAN_SECONDS)
    for one in ask_fleet(problem, asking.type_ids[0], changes, budget, asking.seed, asking.workers):
        row = f"{one.units:>8} {one.unserved:>9} {one.weighted_wait:>9} {one.cost:>10} {one.bound:>10}"
        typer.echo(row)


def _simulated(path: Path, asking: Asking) -> None:
    """Tables and the answers in words: the same requests, simulated with every fleet."""
    from cli.simulate_work import Work
    from simulations.experiments.fleet import Question, fleets
    from simulations.experiments.replications import Plan
    from simulations.scenarios.build import load

    _refuse_strange(asking, "a scenario", ("seconds",))
    question = Question(asking.type_ids, asking.changes, asking.around)
    base = load(path)
    found = fleets(base, question, lambda settings: load(path, settings))
    plan = Plan(
        asking.seed,
        asking.replications,
        asking.precision,
        asking.budget,
        asking.workers,
        equipment=tuple(dict.fromkeys(each.type_id for each in found)),
    )
    Work(_command(path, asking), plan, asking.output).fleets(base, found)


def _refuse_strange(asking: Asking, what: str, options: Sequence[str]) -> None:
    """Raise ``Refused`` for options that are of the other kind of file."""
    strange = [f"--{name}" for name in options if getattr(asking, name) is not None]
    if strange:
        raise Refused(f"{', '.join(strange)}: means nothing for {what}. Leave it out.")


def _command(path: Path, asking: Asking) -> str:
    """As it was given, without what ``Work`` adds."""
    words = [f"--type {name}" for name in asking.type_ids]
    words += [f"--change {change}" for change in asking.changes]
    words += [] if asking.around is None else [f"--around {asking.around}"]
    return " ".join(["equipment fleet", path.name, *words])
