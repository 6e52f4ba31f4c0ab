"""Placements a second of one service process on PostgreSQL beside two: `python -m benchmarks.service.processes`.

One district hospital in a PostgreSQL that syncs every commit to its disk, and two service processes. The same 32
clients, in a process of their own, ask for places and give each back: of one service while the other sleeps, then of
both, in turns and in changing order, so that both meet the same machine. Releases are half of the commands; placements
are counted. What counts is the ratio of each pair; afterwards database and logs are judged. Results are appended with
machine, versions and revision. The clock of the machine counts: run it when nothing else does.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import secrets
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
import orjson

from api.clocks import machine_clock
from benchmarks.record import append
from benchmarks.safety.client import Connection
from benchmarks.safety.serving import complaints, database_server, serving, store
from cli.service import Service
from simulations.day_http import body_of
from simulations.demand import Arrival, requests
from simulations.hospital import ZONE, generate
from solver.hospital import Hospital, Minute
from solver.hospital.timegrid import MINUTES_PER_DAY

SIZE: Final = "district"
SEED: Final = 1
WARMING_SECONDS: Final = 3.0
SETTLING_SECONDS: Final = 1.0
CLIENTS: Final = 32
OCCUPANCY: Final = 0.6
"""Room for every client's patient at any time."""


@dataclass(frozen=True)
class Load:
    """What clients do for a while: of which services, with which bodies of requests."""

    urls: Sequence[str]
    token: str
    bodies: Sequence[bytes]
    clients: int
    seconds: float


@dataclass(frozen=True)
class Pace:
    """What came of it; ``p99_ms``: of placements, milliseconds."""

    placed_a_second: float
    p99_ms: float
    placed: int
    unplaced: int


def run(load: Load) -> Pace:
    """Let the clients run in this process."""
    return asyncio.run(_run(load))


async def _run(load: Load) -> Pace:
    connections = [Connection(load.urls[n % len(load.urls)], load.token) for n in range(load.clients)]
    for connection in connections:
        await connection.open()
    turns = itertools.cycle(load.bodies)
    latencies: list[tuple[float, bool]] = []
    began = time.perf_counter()
    until = began + load.seconds
    await asyncio.gather(*(_client(each, turns, until, latencies) for each in connections))
    took = time.perf_counter() - began
    placed = sum(given for _, given in latencies)
    ordered = sorted(seconds for seconds, _ in latencies)
    p99 = ordered[int(0.99 * (len(ordered) - 1))] * 1000
    return Pace(placed / took, p99, placed, len(latencies) - placed)


async def _client(
    connection: Connection, turns: Iterator[bytes], until: float, latencies: list[tuple[float, bool]]
) -> None:
    while (began := time.perf_counter()) < until:
        told = await connection.post("/requests", next(turns), secrets.token_hex(16))
        if told.status not in (201, 202):
            raise RuntimeError(f"A request was answered with {told.status}: {told.body}")
        latencies.append((time.perf_counter() - began, told.status == httpx.codes.CREATED))
        gone = await connection.post(
            f"/requests/{told.body['request_id']}:release", b"{}", secrets.token_hex(16)
        )
        if gone.status != httpx.codes.OK:
            raise RuntimeError(f"A release was answered with {gone.status}: {gone.body}")
    connection.close()


def bodies(hospital: Hospital, now: Minute) -> list[bytes]:
    """A week of the hospital's own demand as bodies of requests, each for a person new to the service, as if made
    now."""
    return [_body(arrival) for arrival in requests(hospital, SEED, now, 7 * MINUTES_PER_DAY)]


def _body(arrival: Arrival) -> bytes:
    told = body_of(arrival.person, arrival.request, ZONE)
    person = {name: value for name, value in told["person"].items() if name not in ("id", "keep_apart")}
    plain = {name: value for name, value in told.items() if name not in ("decided_at", "needed_by")}
    return orjson.dumps({**plain, "person": person})


def measure(repetitions: int, seconds: float, folder: Path) -> dict[str, Any]:
    """So many pairs on one hospital, in the order one, two and the next in the order two, one."""
    now = machine_clock().minute
    hospital = generate(SIZE, SEED, now, occupancy=OCCUPANCY)
    context = multiprocessing.get_context("spawn")
    with database_server("postgresql", durable=True) as server, ProcessPoolExecutor(1, context) as pool:
        stored = store(folder / "hospital", hospital, server)
        with serving(stored, 2) as services:
            urls = [service.url for service in services]
            load = Load(urls, stored.tokens["bed_manager"], bodies(hospital, now), CLIENTS, seconds)
            pool.submit(run, replace(load, seconds=WARMING_SECONDS)).result()
            pairs = []
            for order in itertools.islice(itertools.cycle(((1, 2), (2, 1))), repetitions):
                pair = {}
                for count in order:
                    with asleep(services[count:]):
                        pair[count] = pool.submit(run, replace(load, urls=urls[:count])).result()
                pairs.append(pair)
        wrong = [*complaints(services, server), *stored.faults()]
    return result(pairs, seconds, wrong)


@contextmanager
def asleep(services: Sequence[Service]) -> Iterator[None]:
    """They do nothing meanwhile, not even follow; awake again they are given a moment to."""
    for service in services:
        service.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for service in services:
            service.process.send_signal(signal.SIGCONT)
        time.sleep(SETTLING_SECONDS)


def result(pairs: Sequence[Mapping[int, Pace]], seconds: float, wrong: Sequence[str]) -> dict[str, Any]:
    """Figures of all pairs; what counts is ``ratio_median``, above 1 if two are faster than one."""
    ratios = [pair[2].placed_a_second / pair[1].placed_a_second for pair in pairs]
    return {
        "benchmark": "two service processes on PostgreSQL beside one",
        "size": SIZE,
        "clients": CLIENTS,
        "seconds": seconds,
        "ratios": [round(ratio, 3) for ratio in ratios],
        "ratio_median": round(median(ratios), 3),
        "one": [asdict(pair[1]) for pair in pairs],
        "two": [asdict(pair[2]) for pair in pairs],
        "faults": list(wrong),
    }


def main() -> None:
    """Measure, show, append."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=10, help="pairs of one process and two")
    parser.add_argument("--seconds", type=float, default=10, help="how long each is loaded")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/processes.jsonl"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wardflow-processes-") as folder:
        found = measure(asked.repetitions, asked.seconds, Path(folder))
    append(asked.output, found)
    for one, two, ratio in zip(found["one"], found["two"], found["ratios"], strict=True):
        print(
            f"placed a second: {one['placed_a_second']:6.1f} by one, {two['placed_a_second']:6.1f} by two: {ratio:.2f}"
        )
    print(f"median of the ratios {found['ratio_median']:.2f}; faults: {found['faults']}")


if __name__ == "__main__":
    main()
