"""A hospital behind one or several real service processes, for campaigns: made, started, stopped, looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import URL

from api.clocks import machine_clock
from api.founding import FirstAccount, Founding, found_hospital
from api.security.permissions import Grant, Role
from cli.service import Service, start_service
from models import audit, outbox
from models.clock import Instant
from models.database import open_at_any_step
from models.invariants import recount
from models.keys import read_key_file
from models.outbox import StoredEvent
from models.place import Place
from models.postgresql.engine import plain_engine
from solver.hospital import Hospital

if TYPE_CHECKING:
    from tests.postgresql_server import Server

Engine = Literal["sqlite", "postgresql"]
QUIET: Final = {"tick_seconds": 0, "solver_process": False}
"""Nothing but the clients changes the hospital."""
GREETINGS: Final = ("wardflow serves http://", "Kernels are compiled")
"""All that a service says of itself when nothing is wrong."""
DEADLOCK: Final = "deadlock detected"
NOBODYS_PASSWORD: Final = "nobody logs in: there are tokens"


@dataclass(frozen=True)
class Stored:
    """A hospital in a database, with a token of every role."""

    place: Place
    key_file: Path
    tokens: Mapping[str, str]
    folder: Path

    def events(self) -> list[StoredEvent]:
        """Everything its outbox tells; on the embedded database no service may have it open."""
        with self._opened() as connection:
            return outbox.read(connection, after=0, limit=outbox.last_sequence(connection))

    def faults(self) -> list[str]:
        """Rules the recount finds broken and breaks of the audit chain; empty for a sound hospital."""
        with self._opened() as connection:
            broken = [f"{found.rule}: {found}" for found in recount(connection)]
            return [*broken, *audit.verify_chain(connection).breaks]

    def drop_bed_guard(self) -> None:
        """For a control: the database no longer refuses two stays in a bed. While services run, which do not start
        without their guards; on PostgreSQL, where others may meanwhile."""
        assert isinstance(self.place, URL), "an embedded database is its service's alone"
        with plain_engine(self.place).connect() as connection:
            connection.exec_driver_sql("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        keys = read_key_file(self.key_file).database
        with open_at_any_step(self.place, keys, readers=1) as opened, opened.reading() as connection:
            yield connection


def store(folder: Path, hospital: Hospital, server: Server | None) -> Stored:
    """Found a sandbox in a new folder: in a new database of ``server``, or in a file."""
    folder.mkdir(mode=0o700, parents=True)
    place: Place = folder / "data" / "hospital.db" if server is None else server.create()
    # One password for all: hashing it is what founding takes longest for.
    first = tuple(FirstAccount(role.value, NOBODYS_PASSWORD, (Grant(role),), token=True) for role in Role)
    key_file = folder / "keys" / "wardflow.keys"
    founding = Founding("Campaign", "UTC", True, first, hospital)
    moment = Instant.of_minute(machine_clock().minute)
    return Stored(place, key_file, found_hospital(place, key_file, founding, moment), folder)


@contextlib.contextmanager
def serving(stored: Stored, count: int, *, module: str = "cli") -> Iterator[list[Service]]:
    """So many service processes over one stored hospital, whose clock stands for no ticks; stopped at the end.
    ``module``: what else understands ``serve``."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_started(stored, n, module)) for n in range(count)]


def _started(stored: Stored, number: int, module: str) -> Service:
    folder = stored.folder / f"service-{number}"
    return start_service(stored.place, stored.key_file, folder, settings=QUIET, module=module)


@contextlib.contextmanager
def database_server(engine: Engine, *, durable: bool = False) -> Iterator[Server | None]:
    """A PostgreSQL of its own that logs every error; None for the embedded database, which needs none.

    ``durable``: on a disk and synced, for measurements; otherwise it need not survive the machine.
    """
    if engine == "sqlite":
        yield None
        return
    # Here, because a wheel carries no tests; campaigns run from the checkout.
    from tests.postgresql_server import running_server

    synced = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on"} if durable else {}
    with running_server(on_disk=durable, log_min_messages="error", **synced) as server:
        yield server


def complaints(services: Sequence[Service], server: Server | None) -> list[str]:
    """Every line that services logged beside their greeting, and every deadlock that PostgreSQL did."""
    lines = [line for service in services for line in service.log.read_text().splitlines()]
    found = [line for line in lines if not line.startswith(GREETINGS)]
    if server is not None:
        told = (server.folder / "log").read_text(errors="replace").splitlines()
        found += [line for line in told if DEADLOCK in line]
    return found
