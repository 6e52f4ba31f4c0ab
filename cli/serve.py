"""``wardflow serve``: the service, one process, until it is told to stop."""

from __future__ import annotations

import datetime
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import Refused
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from api.admission import Gate
    from api.settings import Settings

app = verb_app()

GRACE_SECONDS = 5
"""How long requests under way may take when the service is told to stop."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 takes a free one. [default: 8080]")
    ] = None,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
    port_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the port that was taken to this file.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve a synthetic hospital in a new folder of its own.")
    ] = False,
    size: Annotated[str, typer.Option(help="With --demo: ward, district, city or region.")] = "district",
    seed: Annotated[int, typer.Option(min=0, help="With --demo: which synthetic hospital.")] = 1,
) -> None:
    """Start the service and run until SIGTERM or Ctrl-C; what is under way is finished first."""
    from cli.kernels import compile_if_cold
    from cli.places import settings

    if demo and (database or key_file):
        raise Refused("--demo makes a hospital of its own; leave out --database and --key-file.")
    if demo:
        made, key_file = _make_demo(size, seed)
        database = str(made)
    chosen = settings(host=host, port=port, database=database, key_file=key_file)
    if not demo:
        refuse_unless_founded(chosen)
    compile_if_cold(typer.echo)
    _run(chosen, port_file)


def refuse_unless_founded(settings: Settings) -> None:
    """Raise unless key file, database and an administrator are there; every message names the remedy."""
    from api.security.permissions import Role
    from models.database import open_database
    from models.keys import read_key_file
    from models.place import shown
    from models.repositories.accounts import list_accounts

    keys = read_key_file(settings.key_file)
    with open_database(settings.database, keys.database, readers=1) as opened, opened.reading() as connection:
        able = [account for account in list_accounts(connection) if not account.disabled]
    if not any(grant.role == Role.ADMINISTRATOR for account in able for grant in account.grants):
        raise Refused(
            f"{shown(settings.database)} has no administrator who can log in. "
            "`wardflow user add LOGIN --role administrator` makes one."
        )


def _run(settings: Settings, port_file: Path | None) -> None:
    from api.app import create_app
    from api.memory import rest, settle
    from api.runtime import Outside

    def greet(address: str) -> None:
        typer.echo(f"wardflow serves {address}")

    app = create_app(settings, Outside(settled=settle, rests=rest))
    serve_app(app, settings.host, settings.port, port_file, greet, app.state.gate)


def serve_app(
    app: ASGIApp,
    host: str,
    port: int,
    port_file: Path | None,
    greet: Callable[[str], None],
    gate: Gate | None = None,
) -> None:
    """Serve an application with one process until SIGTERM or Ctrl-C. ``greet`` is told its address; ``gate``: what is
    asked at the door whether a command may come in."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from api.doorkeeper import doorkeeper

    config = uvicorn.Config(
        app,
        http=H11Protocol if gate is None else doorkeeper(gate),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with _listening(host, port) as listener:
        taken = listener.getsockname()[1]
        server = uvicorn.Server(config)
        _stop_quietly(server)
        if port_file is not None:
            _write_whole(port_file, f"{taken}\n")
        greet(f"http://[{host}]:{taken}" if ":" in host else f"http://{host}:{taken}")
        server.run(sockets=[listener])
    if not server.started:
        raise Refused("The service did not start; the lines above say why.")


def _stop_quietly(server: uvicorn.Server) -> None:
    """Being told to stop is no failure: status 0.

    While it serves, uvicorn's own handlers stop it; afterwards uvicorn raises the signal again, for these.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family)
        # Named as TCP: only then asyncio switches Nagle's algorithm off for its connections. Left on, each answer
        # waits for the client's delayed acknowledgement: 44 ms for /healthz, where 3 do.
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())
    except (OSError, OverflowError) as error:
        raise Refused(f"Cannot listen on {host} port {port}: {error}. Choose another --port.") from None


def _write_whole(path: Path, text: str) -> None:
    """Write a file that is never seen half written."""
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(text)
        beside.replace(path)
    except OSError as error:
        raise Refused(f"Cannot write {path}: {error.strerror}.") from None


def _make_demo(size: str, seed: int) -> tuple[Path, Path]:
    import os

    from api.clocks import machine_clock
    from cli.places import default_database
    from cli.sandbox import make_sandbox
    from simulations.hospital import generate

    now = machine_clock().minute
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    folder = default_database(os.environ).parent / "sandboxes" / f"{size}-{seed}-{stamp}-{os.getpid()}"
    made = make_sandbox(folder, generate(size, seed, now), now, f"Synthetic {size} hospital")
    password_file = folder / "keys" / "password"
    password_file.touch(0o600)
    password_file.write_text(f"{made.password}\n")
    typer.echo(f"A synthetic hospital ({size}, seed {seed}), a sandbox, was made in {folder}")
    typer.echo("Log in as any role (bed_manager, nurse, administrator, ...) with the password in")
    typer.echo(f"  {password_file}")
    return made.database, made.key_file
