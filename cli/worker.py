"""``wardflow worker``: does the long work, until it is told to stop; as many as you like, on as many machines."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

if TYPE_CHECKING:
    from api.jobs.kinds import Kinds
    from api.settings import Settings

app = verb_app()


@app.command()
def worker(
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Pieces done at once. [default: one for each core]")
    ] = None,
) -> None:
    """Do the jobs that the service is asked for (experiments, plans, rosters) until SIGTERM or Ctrl-C.

    What a worker leaves undone, however it ends, another takes over, or this one when it is started again.
    """
    from api.jobs.catalogue import all_kinds
    from cli.kernels import SIMULATION, compile_if_cold
    from cli.places import settings

    chosen = settings(database=database, key_file=key_file, worker_processes=processes)
    compile_if_cold(typer.echo, SIMULATION)
    work(chosen, all_kinds())


def work(settings: Settings, kinds: Kinds) -> None:
    """Work until told to stop."""
    from api.jobs.board import Board
    from api.jobs.worker import Pace, Worker
    from models.keys import read_key_file
    from models.place import shown

    keys = read_key_file(settings.key_file).database
    count = settings.worker_processes or os.cpu_count() or 1
    pace = Pace(
        count,
        settings.worker_memory_mb * 1_048_576,
        settings.job_poll_seconds,
        settings.worker_stop_seconds,
        settings.worker_lost_seconds,
    )
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    board = Board(settings.database, keys)
    with Worker(f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}", board, kinds, pace):
        typer.echo(f"wardflow works for {shown(settings.database)}: {count} pieces at once")
        told_to_stop.wait()
    sys.stdout.flush()
    # Threads that lead jobs wait for pieces that others will do: whoever waited for these threads would never end.
    os._exit(0)
