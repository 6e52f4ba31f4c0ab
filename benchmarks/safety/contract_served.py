"""A hospital behind the real service on a socket, from one seed: clock and random bytes are given."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from api import openapi
from api.app import create_app
from api.founding import FirstAccount, Founding, found_hospital
from api.runtime import Outside
from api.security.permissions import Grant, Role
from api.settings import Settings
from benchmarks.safety.contract_pool import Pool
from models.clock import Instant
from models.invariants import recount
from models.place import Place
from models.repositories.accounts import account_by_login
from simulations.hospital import generate

NOW: Final = 29_540_160
"""2026-03-02T00:00Z."""

PASSWORD: Final = "a password for made-up people"
EVERY_ROLE: Final = "every role"
SPARE: Final = "spare"
SETTINGS: Final[Mapping[str, Any]] = {
    "tick_seconds": 0,
    "step_seconds": 0,
    "webhook_delivery": False,
    "job_poll_seconds": 3600,
    "solver_process": False,
    "event_stream_seconds": 0.05,
    "event_poll_seconds": 0.02,
    "readers": 2,
    # Rounds of the waiting list are whole: no slice comes by itself between two calls.
    "round_ms": 10_000,
    "retry_unplaced": 5_000,
}


@dataclass(frozen=True, slots=True)
class Served:
    """A running service: its address, its document, the tokens given out at its founding, what runs inside."""

    url: str
    document: Mapping[str, Any]
    tokens: Mapping[str, str]
    runtime: Any

    def violations(self) -> list[Any]:
        """What the recount finds in the database."""
        with self.runtime.database.reading() as connection:
            return recount(connection)


@contextlib.contextmanager
def served(
    folder: Path,
    founding: Founding,
    seed: int,
    place: Place | None = None,
    change: Callable[[FastAPI], None] = lambda _: None,
) -> Iterator[Served]:
    """Found a hospital in a folder (or an empty PostgreSQL database) and serve it until the end; ``change``: what is
    broken on purpose."""
    draw, now = random.Random(seed), Instant.of_minute(NOW)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, keys = place or folder / "data" / "hospital.db", folder / "keys" / "wardflow.keys"
    tokens = found_hospital(database, keys, founding, now, lambda: now, draw.randbytes)
    app = create_app(
        Settings(database=database, key_file=keys, **SETTINGS),
        Outside(wall=lambda: now, random_bytes=draw.randbytes),
    )
    change(app)
    with listening(app, lambda: app.state.runtime.ready) as url:
        yield Served(url, openapi.document(app), tokens, app.state.runtime)


def contract_founding(seed: int) -> Founding:
    """A ward of thirty places, an account of every role, one of all roles, and one that calls may change."""
    every = FirstAccount(EVERY_ROLE, PASSWORD, tuple(Grant(role) for role in Role), token=True)
    roles = (FirstAccount(role.value, PASSWORD, (Grant(role),), token=True) for role in Role)
    accounts = (*roles, every, FirstAccount(SPARE, PASSWORD, ()))
    return Founding("Contract", "UTC", True, accounts, generate("ward", seed, NOW))


def pool_of(founding: Founding, service: Served) -> Pool:
    """What of the hospital calls can name."""
    with service.runtime.database.reading() as connection:
        spare = account_by_login(connection, SPARE)
    assert spare is not None, "founded with it"
    return Pool(founding.hospital, NOW, spare.id)


@contextlib.contextmanager
def contract_served(folder: Path, seed: int, place: Place | None = None) -> Iterator[tuple[Served, Pool]]:
    """The hospital of ``contract_founding`` behind the service, and what calls can name of it."""
    founding = contract_founding(seed)
    with served(folder, founding, seed, place) as service:
        yield service, pool_of(founding, service)


@contextlib.contextmanager
def listening(app: Any, ready: Callable[[], bool], seconds: float = 300) -> Iterator[str]:
    """The application on a free port of this machine, in a thread of its own, once it is ready."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="contract-service", daemon=True)
    thread.start()
    try:
        until = time.monotonic() + seconds
        while not (server.started and ready()):
            if not thread.is_alive() or time.monotonic() > until:
                raise RuntimeError("The service does not start.")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
