"""The systems that are measured beside each other: started as processes of their own, looked into afterwards."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, select

from api.founding import FirstAccount, Founding, found_hospital
from api.security.permissions import Grant, Role
from benchmarks.service.plain import unencrypted
from cli.service import Service, start_service
from models.clock import Instant
from models.database import open_database
from models.invariants import STANDING, recount
from models.keys import read_key_file
from models.place import Place
from models.tables.care import allocation, request
from simulations.hospital import ZONE
from solver.hospital import Hospital, Minute

if TYPE_CHECKING:
    from tests.postgresql_server import Server

PLAIN: Final = "plain SQLite"
ENCRYPTED: Final = "encrypted SQLite"
POSTGRESQL: Final = "PostgreSQL"
KINDS: Final = (PLAIN, ENCRYPTED, POSTGRESQL)
ROLE: Final = Role.BED_MANAGER.value
READY_SECONDS: Final = 900.0
"""Longest first start: a slow machine compiles kernels for minutes."""
SYNCS: Final = 200


@dataclass(frozen=True, slots=True)
class Wardflow:
    """The service over a hospital of its own, in one of the three kinds of database."""

    kind: str
    service: Service
    place: Place
    key_file: Path
    token: str

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        """Its database, to read; the service has ended if that is a file."""
        with unencrypted() if self.kind == PLAIN else contextlib.nullcontext():
            keys = read_key_file(self.key_file)
            with (
                open_database(self.place, keys.database, readers=1) as database,
                database.reading() as connection,
            ):
                yield connection


@contextmanager
def wardflow(
    kind: str,
    hospital: Hospital,
    now: Minute,
    folder: Path,
    server: Server | None,
    settings: Mapping[str, object] | None = None,
    module: str = "cli",
) -> Iterator[Wardflow]:
    """The service as `wardflow serve` (or another ``module``) runs it, over a new sandbox in ``folder`` or in a new
    database of ``server``."""
    place: Place = folder / "data" / "hospital.db"
    if kind == POSTGRESQL:
        assert server is not None, "PostgreSQL needs its server"
        place = server.create()
    key_file = folder / "keys" / "wardflow.keys"
    account = FirstAccount(ROLE, "nobody logs in with it", (Grant(Role.BED_MANAGER),), token=True)
    founding = Founding(kind, ZONE, True, (account, _administrator()), hospital)
    plain = kind == PLAIN
    with unencrypted() if plain else contextlib.nullcontext():
        tokens = found_hospital(place, key_file, founding, Instant.of_minute(now))
    service = start_service(
        place,
        key_file,
        folder / "run",
        ready_seconds=READY_SECONDS,
        settings=settings,
        module="benchmarks.service.plain" if plain else module,
    )
    with service:
        yield Wardflow(kind, service, place, key_file, tokens[ROLE])


def _administrator() -> FirstAccount:
    return FirstAccount("administrator", "nobody logs in with it", (Grant(Role.ADMINISTRATOR),))


@contextmanager
def peer(module: str, folder: Path, place: Place | None = None) -> Iterator[Service]:
    """Something else that serves: ``benchmarks.service.hello``, ``benchmarks.service.naive``."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = place if place is not None else folder / "none.db"
    with start_service(database, folder / "none.keys", folder, module=module) as service:
        yield service


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL of its own on the disk of temporary files, which syncs every commit."""
    # Here, because a wheel carries no tests; benchmarks run from the checkout.
    from tests.postgresql_server import running_server

    with running_server(on_disk=True, fsync="on", full_page_writes="on", autovacuum="on") as server:
        yield server


def sync_seconds(folder: Path, times: int = SYNCS) -> float:
    """Median time of one fsync of 4 KiB appended to a file in ``folder``."""
    path = folder / "sync"
    found = []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            found.append(time.perf_counter() - began)
    path.unlink()
    return median(found)


# --- looked into afterwards ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Standing:
    """What a database holds: requests by state, how many of all were ever given an allocation, how many allocations are
    in force, and what the recount finds wrong."""

    requests: Mapping[str, int]
    given: int
    in_force: int
    wrong: tuple[str, ...]


def standing(connection: Connection, histories: bool) -> Standing:
    """Counted from the tables; ``histories``: every decision is judged again too, which takes a while for many."""
    broken = (
        [str(violation) for violation in recount(connection)]
        if histories
        else [f"{fact}: {found}" for fact, count in STANDING.items() for found in count(connection)]
    )
    states = connection.execute(select(request.c.state, func.count()).group_by(request.c.state))
    given = connection.scalar(select(func.count(allocation.c.request_id.distinct())))
    in_force = connection.scalar(select(func.count()).where(allocation.c.state != "released"))
    counts = {str(state): int(count) for state, count in states}
    return Standing(counts, given or 0, in_force or 0, tuple(broken))
