"""``wardflow demo``: a simulated day, sent to the real service over HTTP, recounted from its database."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.verb import verb_app

if TYPE_CHECKING:
    from rich.console import Console

    from cli.demo_play import Played
    from cli.demo_script import Script
    from simulations.day_outcome import Outcome

app = verb_app()

READY_SECONDS = 600.0
"""Longest wait for the service: a slow machine compiles for minutes the first time, and a demo can wait."""


@app.command()
def demo(
    instance: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Play an instance of the competition IHTC-2024 (JSON) instead."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which synthetic day.")] = 1,
    size: Annotated[str, typer.Option(help="Of the synthetic hospital: ward or district.")] = "district",
    hours: Annotated[int, typer.Option(min=1, max=24, help="Hours of requests.")] = 24,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Make the sandbox in this new folder and leave it there."),
    ] = None,
) -> None:
    """Play a day of a hospital against the real service, in a sandbox of its own, and count what came of it.

    Ends with status 0 if nothing is broken, 1 with what is, 2 if the input cannot be used.
    """
    from cli.demo_report import report
    from cli.demo_script import script_of

    began = time.monotonic()
    console = _console()
    script = script_of(instance, size, seed, hours)
    console.print(script.title, highlight=False)
    with _sandbox_folder(keep) as folder:
        played, beside = _play(script, folder, console)
        wrong = report(script, played, beside, console)
    console.print(f"{time.monotonic() - began:.0f} seconds in all.", highlight=False)
    if keep is not None:
        console.print(f"The sandbox is kept in {keep}.", highlight=False)
    raise typer.Exit(1 if wrong else 0)


def _console() -> Console:
    """Colours and frames on a terminal; elsewhere plain text of a fixed width."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=110, color_system=None, soft_wrap=True)


@contextlib.contextmanager
def _sandbox_folder(keep: Path | None) -> Iterator[Path]:
    """A folder that does not exist yet; removed in the end unless it is to be kept."""
    if keep is not None:
        yield keep
        return
    parent = Path(tempfile.mkdtemp(prefix="wardflow-demo-"))
    try:
        yield parent / "sandbox"
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def _play(script: Script, folder: Path, console: Console) -> tuple[Played, Outcome]:
    """The day over HTTP, and beside it, in a process of its own, the same day under first-fit."""
    from cli.demo_play import play_over_http
    from cli.demo_script import first_fit
    from cli.sandbox import make_sandbox
    from cli.service import start_service
    from simulations.day_plan import CENSUS_BEFORE

    began = time.monotonic()
    # The sandbox's clock runs while the service starts; the day must still lie ahead then.
    sandbox = make_sandbox(folder, script.day.hospital, script.day.start - CENSUS_BEFORE, "Demo")
    console.print("Starting the service (the first start on a machine compiles its kernels) ...")
    with (
        start_service(
            sandbox.database,
            sandbox.key_file,
            folder / "run",
            ready_seconds=READY_SECONDS,
            settings={"tick_seconds": 0},
        ) as service,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        console.print(f"Ready on {service.url} after {time.monotonic() - began:.1f} s.\n", highlight=False)
        beside: Future[Outcome] = pool.submit(first_fit, script.source)
        played = play_over_http(script, sandbox, service, console)
        return played, beside.result()
