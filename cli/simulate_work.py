"""Carrying out an experiment for the command line: progress, tables on the screen, files."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from cli.simulate_table import print_run, print_sweep, print_verdicts
from simulations.experiments.comparing import Compared, Withheld, compare
from simulations.experiments.fleet import Fleet
from simulations.experiments.replications import Plan, Replicated, Watch, experiment
from simulations.scenarios.build import Scene


@dataclass(frozen=True, slots=True)
class Work:
    """One command: what it was, how it is to be made, where its files go."""

    command: str
    plan: Plan
    output: Path | None
    event_log: bool = False

    def single(self, built: Scene) -> None:
        """Run one scenario."""
        self._check_output()
        _warn([built])
        [replicated] = self._replicated([built])
        print_run(replicated, screen())
        self._write([replicated], [])

    def compared(self, builts: Sequence[Scene], axis: str | None = None) -> None:
        """Run several, paired; with ``axis`` they are points of a sweep."""
        self._check_output()
        _warn(builts)
        replicated = self._replicated(builts)
        found = compare(replicated) if len(replicated) > 1 else []
        console = screen()
        if axis is not None:
            print_sweep(replicated, axis, console)
        print_verdicts(replicated, found, console)
        self._write(replicated, found, axis)

    def fleets(self, base: Scene, asked: Sequence[Fleet]) -> None:
        """Run the fleet as it is and those that are asked about, and say what each changes."""
        from cli.equipment_table import print_fleets
        from simulations.experiments.fleet import answers
        from simulations.reports.fleet import fleet_document, write_fleet_json

        self._check_output()
        _warn([base])
        replicated = self._replicated([base, *(each.scene for each in asked)])
        found = answers(replicated, asked)
        print_fleets(replicated, asked, found, screen())
        self._write(replicated, found.compared, silent=found.withheld, fleets=asked)
        if self.output is not None:
            write_fleet_json(fleet_document(replicated, asked, found), self.output / "fleet.json")

    def _check_output(self) -> None:
        from cli.errors import Refused

        if self.event_log and self.output is None:
            raise Refused("An event log is a file. Say --output DIR.")
        if self.output is not None and self.output.is_dir() and any(self.output.iterdir()):
            raise Refused(f"{self.output} is not empty, and nothing is overwritten. Name a new folder.")

    def _replicated(self, builts: Sequence[Scene]) -> list[Replicated]:
        from cli.kernels import PLACED, SIMULATION, compile_if_cold
        from simulations.scenarios.build_placed import Placed

        # Beside what is printed, whose bytes are the same every time.
        for family in {PLACED if isinstance(each, Placed) else SIMULATION for each in builts}:
            compile_if_cold(functools.partial(typer.echo, err=True), family)
        with progress_bar() as watch:
            return experiment(builts, self.plan, watch)

    def _write(
        self,
        replicated: Sequence[Replicated],
        compared: Sequence[Compared],
        axis: str | None = None,
        silent: Sequence[Withheld] | None = None,
        fleets: Sequence[Fleet] = (),
    ) -> None:
        if self.output is None:
            return
        from simulations.reports import tables
        from simulations.reports.fleet import fleet_table
        from simulations.reports.page import page

        self.output.mkdir(parents=True, exist_ok=True)
        frames = tables.tables_of(replicated, compared, silent)
        if fleets:
            frames["fleets"] = fleet_table(replicated, fleets)
        if self.event_log:
            frames["events"] = _events(replicated[0])
        for name, frame in frames.items():
            tables.write_csv(frame, self.output / f"{name}.csv")
            tables.write_parquet(frame, self.output / f"{name}.parquet")
        text = page(replicated, compared, self._whole_command(), axis, silent)
        (self.output / "report.html").write_text(text, encoding="utf-8")
        typer.echo(f"Wrote {self.output}/report.html and {len(frames)} tables as CSV and Parquet.")

    def _whole_command(self) -> str:
        """Without what changes no byte: workers and the folder."""
        options = [
            ("seed", self.plan.seed),
            ("replications", self.plan.replications),
            ("precision", self.plan.precision),
            ("budget", self.plan.budget),
        ]
        given = [f"--{name} {value}" for name, value in options if value is not None]
        return " ".join(["wardflow", self.command, *given])


def _warn(builts: Sequence[Scene]) -> None:
    """On standard error, and once where several scenarios share a line."""
    for line in dict.fromkeys(str(warning) for built in builts for warning in built.warnings):
        typer.echo(f"Warning: {line}", err=True)


def _events(replicated: Replicated) -> object:
    from simulations.engine.run import simulate
    from simulations.experiments.memory import refuse_too_large
    from simulations.experiments.placing import simulated
    from simulations.reports.tables import event_log, placed_log
    from simulations.scenarios.build_placed import Placed

    built = replicated.built
    if isinstance(built, Placed):
        return placed_log(simulated(built, replicated.plan.seed), built)
    refuse_too_large([built], 1, log=True)
    outcome = simulate(built.model, seed=replicated.plan.seed, horizon=built.scenario.run.length, log=True)
    return event_log(outcome, built)


def screen() -> Console:
    """Colours and frames on a terminal; elsewhere plain text of a fixed width."""
    console = Console()
    return console if console.is_terminal else Console(width=110, color_system=None, soft_wrap=True)


@contextlib.contextmanager
def progress_bar() -> Iterator[Watch]:
    """A bar on a terminal's standard error; nothing where nobody could see it move."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda done, planned: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("replications"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("replications", total=None)
        yield lambda done, planned: progress.update(task, completed=done, total=planned)
