"""The service on some of the cores: so many processes over one PostgreSQL, and the clients on the same cores.

All of it runs on them, database and clients too, for that is what a machine of so many cores would have to bear.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from api.clocks import machine_clock
from benchmarks.safety.serving import complaints, database_server, serving, store
from benchmarks.scaling.workers import all_cores, pin
from benchmarks.service.processes import (
    CLIENTS,
    OCCUPANCY,
    SEED,
    SIZE,
    WARMING_SECONDS,
    Load,
    Pace,
    asleep,
    bodies,
    run,
)
from cli.service import Service
from simulations.hospital import generate

NAME = "service"
UNIT = "placements/s"
REASONING = (
    "One writer per database decides and commits, so that no two decisions contradict each other: more processes take "
    "over reading tokens, checking bodies and writing answers, but not that. Expected of 16 and 64 cores is therefore "
    "what the law says of one hospital, and no more than one writer can commit; cores are filled by hospitals with "
    "databases of their own, by searches of batches and by job workers."
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Services up, all but the first few asleep; the clients in a process of their own."""

    services: Sequence[Service]
    load: Load
    clients: ProcessPoolExecutor
    database: int

    def measure(self, cores: int, seconds: float) -> Pace:
        """Everything on the first ``cores`` cores, with as many services."""
        chosen = all_cores()[:cores]
        self.clients.submit(_pin_self, chosen).result()
        pin([self.database, *(service.process.pid for service in self.services)], chosen)
        urls = [service.url for service in self.services[:cores]]
        with asleep(self.services[cores:]):
            self.clients.submit(run, replace(self.load, urls=urls, seconds=WARMING_SECONDS / 3)).result()
            return self.clients.submit(run, replace(self.load, urls=urls, seconds=seconds)).result()


def _pin_self(cores: Sequence[int]) -> None:
    pin([os.getpid()], cores)


@contextmanager
def staged(most: int) -> Iterator[Stage]:
    """So many services over one hospital; raises RuntimeError if what is stored afterwards is not sound.

    Needs the checkout: the PostgreSQL is the one that the tests start.
    """
    now = machine_clock().minute
    hospital = generate(SIZE, SEED, now, occupancy=OCCUPANCY)
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="wardflow-scaling-") as folder,
        database_server("postgresql", durable=True) as server,
        ProcessPoolExecutor(1, context) as clients,
    ):
        assert server is not None
        stored = store(Path(folder) / "hospital", hospital, server)
        with serving(stored, most) as services:
            urls = [service.url for service in services]
            load = Load(urls, stored.tokens["bed_manager"], bodies(hospital, now), CLIENTS, 1.0)
            yield Stage(services, load, clients, server.process.pid)
        wrong = [*complaints(services, server), *stored.faults()]
    if wrong:
        raise RuntimeError(f"What was measured is not sound: {wrong[:3]}")
