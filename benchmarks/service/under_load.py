"""The service alone on the machine with a client's process, for the benchmarks of what it does under load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.service import workload
from benchmarks.service.systems import (
    POSTGRESQL,
    Wardflow,
    postgresql_server,
    standing,
    wardflow,
)
from simulations.hospital import generate
from simulations.load.connection import LOST
from simulations.load.loops import Exchange, Run, client_process
from solver.hospital import to_minute

if TYPE_CHECKING:
    from tests.postgresql_server import Server

CLIENTS: Final = 32
ACCEPTED: Final = (workload.PLACED, workload.WAITS, workload.DONE)
UNAVAILABLE: Final = 503


class WrongAnswers(Exception):
    """What a system answered, or stored, is not what was asked of it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A service and the client that loads it."""

    system: Wardflow
    bodies: Sequence[bytes]
    client: ProcessPoolExecutor
    server: Server | None

    def peak(self, seconds: float, clients: int = CLIENTS) -> Run:
        """Placements and releases in turns, as fast as clients in a closed loop can have them."""
        return self.client.submit(
            workload.steady_closed, self.system.service.url, self.system.token, self.bodies, clients, seconds
        ).result()

    def open(self, rate: float, seconds: float, clients: int) -> Run:
        """Placements and releases in turns, so many a second whatever comes back."""
        return self.begin_open(rate, seconds, clients).result()

    def begin_open(self, rate: float, seconds: float, clients: int) -> Future[Run]:
        """The same, not waited for."""
        url, token = self.system.service.url, self.system.token
        return self.client.submit(workload.steady_open, url, token, self.bodies, clients, rate, seconds)


@contextmanager
def loaded(
    kind: str, folder: Path, settings: Mapping[str, object] | None = None, module: str = "cli"
) -> Iterator[Loaded]:
    """The service at `district`, warm; stopped at the end. ``module``: what runs it."""
    now = to_minute(datetime.now(UTC))
    hospital = generate(workload.SIZE, workload.SEED, now, occupancy=workload.OCCUPANCY)
    with ExitStack() as stack:
        server = stack.enter_context(postgresql_server()) if kind == POSTGRESQL else None
        system = stack.enter_context(wardflow(kind, hospital, now, folder, server, settings, module))
        (bodies,) = workload.cycles(hospital, now, 1)
        yield Loaded(system, bodies, stack.enter_context(client_process()), server)


def accepted(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Those that were carried out."""
    return [exchange for exchange in exchanges if exchange.status in ACCEPTED]


def refuse_others(exchanges: Sequence[Exchange], *also: int) -> None:
    """Raise ``WrongAnswers`` for an answer that is neither acceptance nor one of ``also``."""
    for exchange in exchanges:
        if exchange.status not in (*ACCEPTED, *also):
            what = "no answer" if exchange.status == LOST else f"{exchange.status}: {exchange.body[:300]!r}"
            raise WrongAnswers(f"A {exchange.kind} was answered with {what}")


def check_stored(system: Wardflow, runs: Sequence[Run]) -> None:
    """Stop the service and compare its database with what it answered; raises ``WrongAnswers``.

    Every request that was answered is stored, none that was refused is, and the invariants hold.
    """
    system.service.stop()
    with system.opened() as connection:
        found = standing(connection, histories=False)
    good = [exchange for run in runs for exchange in accepted(run.of(workload.PLACE))]
    unanswered = sum(run.unanswered for run in runs)
    stored = sum(found.requests.values())
    if not len(good) <= stored <= len(good) + unanswered:
        raise WrongAnswers(f"{len(good)} requests were answered, {stored} are stored")
    if found.wrong:
        raise WrongAnswers("; ".join(found.wrong[:5]))
