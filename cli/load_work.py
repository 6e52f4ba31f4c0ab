"""Carrying out a load for the command line: the target, the run, what is found out afterwards, the files."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from cli.errors import Broken, Refused

if TYPE_CHECKING:
    from simulations.load.plan import Planned, Wanted
    from simulations.load.record import Record
    from simulations.load.result import Loaded
    from simulations.scenarios.build import Built
    from solver.hospital import Minute

TOKEN_VARIABLE = "WARDFLOW_LOAD_TOKEN"
ROLE = "bed_manager"
SPARE_DAYS = 3
READY_SECONDS = 600.0

Lines = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says of a target; no URL: a sandbox is made."""

    urls: tuple[str, ...]
    token_file: Path | None
    named: tuple[str, ...]
    database: str | None
    key_file: Path | None


@dataclass(frozen=True, slots=True)
class Target:
    """Who is loaded. ``recount``: what its database says of a journal, once the load is over; None where it cannot be
    opened."""

    urls: tuple[str, ...]
    token: str = field(repr=False)
    names: Mapping[str, str]
    minute: Minute
    recount: Callable[[Lines], list[str]] | None


@dataclass(frozen=True, slots=True)
class LoadWork:
    """One command: what is loaded with what, and where its files go."""

    scenario: Path
    given: Given
    output: Path | None
    goal_ms: float
    processes: int
    judge: bool

    def run(self, wanted: Wanted) -> None:
        """Load, find out, tell, write. Raises ``Refused`` for what makes no sense or is no sandbox, ``Broken`` if
        anything was broken or the run is void."""
        from simulations.load.plan import plan
        from simulations.scenarios.build import load, of_pathways

        self._check_options()
        built = of_pathways(load(self.scenario), self.scenario.name)
        self._compile()
        planned = plan(built, wanted, self.scenario.parent)
        with self._target(built, wanted, planned) as target, _folder(self.output) as folder:
            _tell(wanted, planned)
            record = self._send(target, wanted, planned, folder)
            loaded = self._found_out(target, wanted, planned, record, folder)
        self._end(built, loaded)

    def _check_options(self) -> None:
        if not self.given.urls and (self.given.named or self.given.database or self.given.token_file):
            raise Refused(
                "--as, --database and --token-file belong to a --target. Name it, or leave them out."
            )
        if self.output is not None and self.output.is_dir() and any(self.output.iterdir()):
            raise Refused(f"{self.output} is not empty, and nothing is overwritten. Name a new folder.")

    def _compile(self) -> None:
        import functools

        from cli.kernels import SIMULATION, compile_if_cold

        compile_if_cold(functools.partial(typer.echo, err=True), SIMULATION)

    # --- the target -----------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def _target(self, built: Built, wanted: Wanted, planned: Planned) -> Iterator[Target]:
        if self.given.urls:
            yield self._named_target(built)
            return
        with (
            tempfile.TemporaryDirectory(prefix="wardflow-load-") as folder,
            self._sandbox(built, wanted, planned, Path(folder) / "sandbox") as target,
        ):
            yield target

    def _named_target(self, built: Built) -> Target:
        from simulations.day_http import NotASandbox
        from simulations.load.names import matched
        from simulations.load.target import looked_at

        token, said, recount = self._token(), _pairs(self.given.named), self._recount_of_postgresql()
        try:
            offered, minute = looked_at(self.given.urls, token)
        except NotASandbox as error:
            raise Refused(str(error)) from None
        names = matched(built.scenario, offered, said)
        return Target(self.given.urls, token, names, minute, recount)

    def _token(self) -> str:
        if self.given.token_file is not None:
            return self.given.token_file.read_text(encoding="utf-8").strip()
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise Refused(f"A target needs a token: --token-file FILE, or {TOKEN_VARIABLE}.")
        return token

    def _recount_of_postgresql(self) -> Callable[[Lines], list[str]] | None:
        if self.given.database is None:
            return None
        from cli.opening import opened

        if not self.given.database.startswith("postgresql"):
            raise Refused("An embedded database is its service's alone: stop it, then `wardflow check`.")

        def recount(lines: Lines) -> list[str]:
            from cli.load_recount import recounted

            with opened(self.given.database, self.given.key_file) as database, database.reading() as found:
                return recounted(found, lines, self.judge)

        return recount

    @contextlib.contextmanager
    def _sandbox(self, built: Built, wanted: Wanted, planned: Planned, folder: Path) -> Iterator[Target]:
        """A hospital made of the scenario, once for each site, and the real service over it."""
        from api.clocks import machine_clock
        from cli.load_recount import recounted
        from cli.sandbox import make_sandbox
        from cli.service import start_service
        from models.database import open_database
        from models.keys import read_key_file
        from simulations.load.hospital import hospital_of
        from simulations.load.names import matched, offered_by

        now = machine_clock().minute
        days = int((planned.end - planned.begin) / 24) + SPARE_DAYS
        made = make_sandbox(folder, hospital_of(built.scenario, wanted.sites, now, days), now)
        with start_service(
            made.database, made.key_file, folder / "run", ready_seconds=READY_SECONDS
        ) as service:

            def recount(lines: Lines) -> list[str]:
                service.stop()
                keys = read_key_file(made.key_file).database
                with open_database(made.database, keys, readers=1) as database, database.reading() as found:
                    return recounted(found, lines, self.judge)

            names = matched(built.scenario, offered_by(built.scenario), {})
            yield Target((service.url,), made.tokens[ROLE], names, now, recount)

    # --- the run --------------------------------------------------------------------------------------------
    def _send(self, target: Target, wanted: Wanted, planned: Planned, folder: Path) -> Record:
        from simulations.load.clock import Calendar, Conductor
        from simulations.load.plan import sending_of
        from simulations.load.processes import GeneratorFailed, Job, send

        run = secrets.token_hex(8)
        sending = sending_of(planned, wanted, target.urls, target.token, self.goal_ms)
        calendar = Calendar(planned.pace, target.minute)
        conductor = Conductor(target.urls, target.token, calendar, planned.seconds, run)
        jobs = [
            Job(
                sending,
                planned.share(number, self.processes),
                target.names,
                calendar,
                folder / f"journal-{number}.jsonl",
                run,
                conductor=conductor if number == 0 else None,
            )
            for number in range(self.processes)
        ]
        try:
            return send(jobs)
        except GeneratorFailed as error:
            raise Refused(str(error)) from None

    def _found_out(
        self, target: Target, wanted: Wanted, planned: Planned, record: Record, folder: Path
    ) -> Loaded:
        from simulations.load.afterwards import asked_again
        from simulations.load.judge import faults
        from simulations.load.record import read_journals
        from simulations.load.result import Loaded

        lines = read_journals(sorted(folder.glob("journal-*.jsonl")))
        again, questions = asked_again(target.urls[0], target.token, lines, wanted.seed)
        found = [*record.faults, *faults(lines), *again]
        checked = {
            "answers as they came": sum(record.statuses.values()),
            "acknowledged writes": sum(bool(line["status"]) for line in lines),
            "questions afterwards": questions,
        }
        if target.recount is not None:
            typer.echo("Recounting from the database ...", err=True)
            found += target.recount(lines)
            checked["database recounted"] = 1
        return Loaded(wanted, planned, record, self.processes, self.goal_ms, found, checked)

    # --- telling --------------------------------------------------------------------------------------------
    def _end(self, built: Built, loaded: Loaded) -> None:
        from cli.load_table import print_load

        figures = {"name": built.scenario.name, "scenario": built.fingerprint, **loaded.figures()}
        print_load(figures)
        if self.output is not None:
            self._write(figures, loaded.wanted)
        if loaded.faults:
            raise Broken(f"{len(loaded.faults)} faults: something was lost, doubled or told otherwise.")
        if loaded.void:
            raise Broken("The run is void: its latencies say nothing about the service.")

    def _write(self, figures: Mapping[str, Any], wanted: Wanted) -> None:
        import orjson

        from simulations.reports.load_page import load_page

        assert self.output is not None
        pretty = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        (self.output / "load.json").write_bytes(orjson.dumps(figures, option=pretty))
        command = self.whole_command(wanted)
        title = f"Load: {figures['name']}, {figures['shape']}"
        (self.output / "report.html").write_text(load_page(title, command, figures), encoding="utf-8")
        typer.echo(f"Wrote {self.output}/report.html, load.json and the journal.")

    def whole_command(self, wanted: Wanted) -> str:
        """What makes this load again, for its report: without what opens anything, and without folders."""
        options = [
            *(("target", _without_user(url)) for url in self.given.urls),
            *(("as", pair) for pair in self.given.named),
            ("rate", wanted.rate),
            ("compression", wanted.compression),
            ("seconds", f"{wanted.seconds:g}"),
            ("sites", wanted.sites),
            ("processes", self.processes),
            ("shape", wanted.shape),
            ("step-seconds", f"{wanted.step_seconds:g}"),
            ("goal-ms", f"{self.goal_ms:g}"),
            ("seed", wanted.seed),
        ]
        given = [word for name, value in options if value is not None for word in (f"--{name}", str(value))]
        judged = [] if self.judge else ["--no-judge"]
        return shlex.join(["wardflow", "simulate", "load", self.scenario.name, *given, *judged])


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _pairs(named: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in named]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise Refused(f"--as {name}: expected RESOURCE=NAME, such as icu=critical_care.")
    return {name: value for name, _, value in pairs}


@contextlib.contextmanager
def _folder(output: Path | None) -> Iterator[Path]:
    """Where the journal lies: with the report, or nowhere for long."""
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        yield output
        return
    with tempfile.TemporaryDirectory(prefix="wardflow-load-journal-") as folder:
        yield Path(folder)


def _tell(wanted: Wanted, planned: Planned) -> None:
    typer.echo(
        f"Filling the hospital for {planned.fill:.0f} s, then {wanted.seconds:g} s at {planned.rate:,.1f} operations "
        f"a second, {planned.pace.compression:,.0f} times the speed of life.",
        err=True,
    )
