"""Placements a second beside a bare endpoint: `python -m benchmarks.service.throughput [--rounds 5] [--seconds 3]`.

One run holds everything that is compared: the bare endpoint, the service on plain SQLite, on encrypted SQLite and on
PostgreSQL, and the usual design (a session for each request) on plain SQLite and on PostgreSQL. Each is one process
with one worker, served by the same code with the same settings; all are up all the time, and in every round each is
asked by the same 32 clients in a closed loop, one after the other, so that a slow moment of the machine meets all of
them. What counts is the median of the rounds' ratios. A placement is the whole path: token, permission, strict body,
idempotency, placing at `district`, referee's check and explanation, guards, audit, outbox, a synced commit. How room
is made again: :mod:`benchmarks.service.workload`.

Every answer is looked at; afterwards the databases are: as many requests as were answered, as many allocations as were
placed, the last cycle's still in force, every invariant recounted. A figure whose answers are wrong is not written.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.record import append
from benchmarks.service import workload
from benchmarks.service.load_client import Exchange, Run, client_process
from benchmarks.service.naive import count_bookings
from benchmarks.service.systems import (
    ENCRYPTED,
    KINDS,
    PLAIN,
    POSTGRESQL,
    Wardflow,
    peer,
    postgresql_server,
    standing,
    sync_seconds,
    wardflow,
)
from cli.service import Service
from models.place import Place
from simulations.day_http import milliseconds
from simulations.hospital import generate
from solver.hospital import Hospital, Minute, to_minute

CLIENTS: Final = 32
GOALS: Final[Mapping[str, tuple[float, float]]] = {
    PLAIN: (0.33, 0.40),
    ENCRYPTED: (0.22, 0.28),
    POSTGRESQL: (0.25, 0.30),
}
"""Placements per hello: goal and stretch."""
P99_GOAL_MS: Final = 200.0
NAIVE: Final = {PLAIN: "naive, plain SQLite", POSTGRESQL: "naive, PostgreSQL"}
DIFFERENT_CYCLES: Final = 8


class WrongAnswers(Exception):
    """What a system answered, or stored, is not what was asked of it."""


@dataclass(slots=True)
class Tally:
    """What one system did: its pace in each round, latencies, and the count of every status it ever answered."""

    paces: list[float] = field(default_factory=list)
    release_paces: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    last: Sequence[Exchange] = ()

    def forget_figures(self) -> None:
        """What was done to get warm is counted, and not measured."""
        self.paces.clear()
        self.release_paces.clear()
        self.seconds.clear()

    def add(self, run: Run) -> None:
        """Take in the answers of a run."""
        self.statuses.update(exchange.status for exchange in run.exchanges)
        self.seconds += [exchange.seconds for exchange in run.exchanges]
        self.last = run.exchanges


# --- the stage ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that is up during a run."""

    hello: Service
    services: Sequence[Wardflow]
    naive: Mapping[str, tuple[Service, Place]]
    bodies: Sequence[Sequence[bytes]]
    client: ProcessPoolExecutor


@contextmanager
def stage(folder: Path, kinds: Sequence[str], hospital: Hospital, now: Minute) -> Iterator[Stage]:
    """Start everything; stopped at the end."""
    with ExitStack() as stack:
        server = stack.enter_context(postgresql_server()) if POSTGRESQL in kinds else None
        services = [
            stack.enter_context(wardflow(kind, hospital, now, folder / f"service-{n}", server))
            for n, kind in enumerate(kinds)
        ]
        naive: dict[str, tuple[Service, Place]] = {}
        for kind in kinds:
            if kind in NAIVE:
                place: Place = server.create() if kind == POSTGRESQL and server else folder / "naive.db"
                service = stack.enter_context(
                    peer("benchmarks.service.naive", folder / f"naive-{len(naive)}", place)
                )
                naive[kind] = (service, place)
        yield Stage(
            stack.enter_context(peer("benchmarks.service.hello", folder / "hello")),
            services,
            naive,
            workload.cycles(hospital, now, DIFFERENT_CYCLES),
            stack.enter_context(client_process()),
        )


# --- rounds -------------------------------------------------------------------------------------------------
def one_round(stage: Stage, tallies: dict[str, Tally], seconds: float, cycles: int) -> None:
    """Everything once, one after the other."""
    run = stage.client.submit(workload.say_hello, stage.hello.url, CLIENTS, seconds).result()
    _take(tallies["hello"], [run], workload.DONE)
    for system in stage.services:
        _place(stage, system, tallies[system.kind], cycles)
    for kind, (service, _) in stage.naive.items():
        tally = tallies[NAIVE[kind]]
        messages = workload.bookings(tally.statuses.total(), int(seconds * 250) + CLIENTS)
        run = stage.client.submit(workload.closed, service.url, messages, CLIENTS).result()
        _take(tally, [run], workload.PLACED)


def _place(stage: Stage, system: Wardflow, tally: Tally, cycles: int, keep_last: bool = False) -> None:
    contents = [stage.bodies[n % len(stage.bodies)] for n in range(cycles)]
    found = stage.client.submit(
        workload.play_cycles, system.service.url, system.token, contents, CLIENTS, keep_last
    ).result()
    _take(tally, [cycle.placed for cycle in found], workload.PLACED, workload.WAITS)
    released = [cycle.released for cycle in found if cycle.released is not None]
    gone = [exchange for run in released for exchange in run.exchanges]
    _refuse({exchange.status for exchange in gone} - {workload.DONE}, f"{system.kind}, releases", gone)
    if released:
        tally.release_paces.append(len(gone) / sum(run.seconds for run in released))


def _take(tally: Tally, runs: Sequence[Run], good: int, also: int = 0) -> None:
    for run in runs:
        wrong = {exchange.status for exchange in run.exchanges} - {good, also}
        _refuse(wrong, "answers", run.exchanges)
        tally.add(run)
    done = sum(exchange.status == good for run in runs for exchange in run.exchanges)
    tally.paces.append(done / sum(run.seconds for run in runs))


def _refuse(statuses: set[int], what: str, exchanges: Sequence[Exchange]) -> None:
    if statuses:
        example = next(exchange for exchange in exchanges if exchange.status in statuses)
        raise WrongAnswers(f"{what}: status {sorted(statuses)}; one of them: {example.body[:300]!r}")


# --- checks -------------------------------------------------------------------------------------------------
def check(stage: Stage, tallies: Mapping[str, Tally], histories: bool) -> None:
    """Every service ends and its database is looked into."""
    for system in stage.services:
        system.service.stop()
        check_service(system, tallies[system.kind], histories)
    for kind, (service, place) in stage.naive.items():
        service.stop()
        check_naive(kind, place, tallies[NAIVE[kind]])


def check_service(system: Wardflow, tally: Tally, histories: bool) -> None:
    """Compare what was answered with what is stored; raises ``WrongAnswers``."""
    with system.opened() as connection:
        found = standing(connection, histories)
    waiting, here = found.requests.get("unplaced", 0), found.requests.get("placed", 0)
    stored = {
        "requests": (sum(found.requests.values()), tally.statuses.total()),
        "requests that were placed": (found.given, tally.statuses[workload.PLACED]),
        "requests of the last cycle": (here + waiting, len(tally.last)),
        "allocations in force": (found.in_force, here),
    }
    wrong = [f"{name}: {is_}, expected {should}" for name, (is_, should) in stored.items() if is_ != should]
    if wrong or found.wrong:
        raise WrongAnswers(f"{system.kind}: {'; '.join([*wrong, *found.wrong[:5]])}")


def check_naive(kind: str, place: Place, tally: Tally) -> None:
    """As many bookings as were answered."""
    count = count_bookings(place)
    if count != tally.statuses[workload.PLACED]:
        raise WrongAnswers(f"{NAIVE[kind]}: {count} stored, {tally.statuses[workload.PLACED]} answered")


# --- figures ------------------------------------------------------------------------------------------------
def figures(name: str, tally: Tally, hello: Tally) -> dict[str, Any]:
    """One system's line: its pace, its ratios to the bare endpoint round by round, latencies, counts."""
    ratios = [pace / bare for pace, bare in zip(tally.paces, hello.paces, strict=True)]
    middle, high = milliseconds(tally.seconds)
    return {
        "benchmark": "service throughput",
        "system": name,
        "size": workload.SIZE,
        "clients": CLIENTS,
        "ratio": round(median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "a_second": round(median(tally.paces), 1),
        "releases_a_second": round(median(tally.release_paces), 1) if tally.release_paces else None,
        "median_ms": round(middle, 1),
        "p99_ms": round(high, 1),
        "answers": {str(status): count for status, count in sorted(tally.statuses.items())},
    }


def show(found: Mapping[str, Any]) -> None:
    """One line a system, with its goals."""
    goal = GOALS.get(found["system"])
    told = f" (goal {goal[0]}, stretch {goal[1]}; p99 goal {P99_GOAL_MS:g})" if goal else ""
    releases = found["releases_a_second"]
    print(
        f"{found['system']:20} {found['a_second']:7.1f}/s  {found['ratio']:5.3f} of hello  "
        f"p50 {found['median_ms']:6.1f} ms  p99 {found['p99_ms']:6.1f} ms{told}"
        + (f"  releases {releases:.1f}/s" if releases else "")
        + f"  {found['answers']}",
        flush=True,
    )


def measure(
    kinds: Sequence[str], rounds: int, seconds: float, cycles: int, folder: Path, histories: bool = False
) -> list[dict[str, Any]]:
    """All rounds, checked; one line a system."""
    now = to_minute(datetime.now(UTC))
    hospital = generate(workload.SIZE, workload.SEED, now, occupancy=workload.OCCUPANCY)
    tallies = {name: Tally() for name in ("hello", *kinds, *(NAIVE[k] for k in kinds if k in NAIVE))}
    with stage(folder, kinds, hospital, now) as up:
        one_round(up, tallies, 1.0, 1)
        for tally in tallies.values():
            tally.forget_figures()
        for _ in range(rounds):
            one_round(up, tallies, seconds, cycles)
        lines = [figures(name, tally, tallies["hello"]) for name, tally in tallies.items()]
        sync = sync_seconds(folder)
        for system in up.services:
            _place(up, system, tallies[system.kind], 1, keep_last=True)
        check(up, tallies, histories)
    return [{**line, "sync_ms": round(1000 * sync, 2)} for line in lines]


def main() -> None:
    """Measure the systems asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--systems", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of the bare endpoint in each round")
    parser.add_argument("--cycles", type=int, default=4, help="of 192 placements in each round")
    parser.add_argument("--histories", action="store_true", help="judge every decision again afterwards")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/throughput.jsonl"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wardflow-throughput-") as folder:
        for line in measure(
            asked.systems, asked.rounds, asked.seconds, asked.cycles, Path(folder), asked.histories
        ):
            show(line)
            append(asked.output, line)


if __name__ == "__main__":
    main()
