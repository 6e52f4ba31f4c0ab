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
from benchmarks.service.under_load import WrongAnswers, refuse_others
from cli.service import Service
from models.place import Place
from simulations.day_http import milliseconds
from simulations.hospital import generate
from simulations.load.loops import Run, client_process
from solver.hospital import Hospital, Minute, to_minute

CLIENTS: Final = 32
BATCHES_AT_ONCE: Final = 4
GOALS: Final[Mapping[str, tuple[float, float]]] = {
    PLAIN: (0.33, 0.40),
    ENCRYPTED: (0.22, 0.28),
    POSTGRESQL: (0.25, 0.30),
}
"""Placements per hello: goal and stretch."""
BATCH_GOAL: Final = 2.0
P99_GOAL_MS: Final = 200.0
NAIVE: Final = {PLAIN: "naive, plain SQLite", POSTGRESQL: "naive, PostgreSQL"}
DIFFERENT_CYCLES: Final = 8
BOOKINGS_A_SECOND: Final = 250
"""Of the naive design, for the length of its turn."""


@dataclass(slots=True)
class Tally:
    """What one system did: its pace in each round, latencies of its answers, and how many requests it ever answered."""

    paces: list[float] = field(default_factory=list)
    release_paces: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    done: int = 0
    waiting: int = 0
    last: int = 0

    def forget_figures(self) -> None:
        """What was done to get warm is counted, and not measured."""
        self.paces.clear()
        self.release_paces.clear()
        self.seconds.clear()

    def add(self, runs: Sequence[Run], counts: Sequence[tuple[int, int]]) -> None:
        """Take in runs, with how many were done and how many wait in each."""
        self.seconds += [exchange.seconds for run in runs for exchange in run.exchanges]
        done = sum(good for good, _ in counts)
        self.done += done
        self.waiting += sum(waits for _, waits in counts)
        self.last = sum(counts[-1])
        self.paces.append(done / sum(run.seconds for run in runs))


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
def one_round(stage: Stage, tallies: Mapping[str, Tally], seconds: float, cycles: int) -> None:
    """Everything once, one after the other."""
    run = stage.client.submit(workload.say_hello, stage.hello.url, CLIENTS, seconds).result()
    tallies["hello"].add([run], [(_all(run, workload.DONE), 0)])
    for system in stage.services:
        place(stage, system, tallies[system.kind], cycles)
        place(stage, system, tallies[batches_of(system.kind)], cycles, batches=True)
    for kind, (service, _) in stage.naive.items():
        tally = tallies[NAIVE[kind]]
        messages = workload.bookings(tally.done, int(seconds * BOOKINGS_A_SECOND))
        run = stage.client.submit(workload.closed, service.url, messages, CLIENTS).result()
        tally.add([run], [(_all(run, workload.PLACED), 0)])


def place(
    stage: Stage, system: Wardflow, tally: Tally, cycles: int, batches: bool = False, keep_last: bool = False
) -> None:
    """Some cycles of placements; the releases are counted apart."""
    contents = [stage.bodies[n % len(stage.bodies)] for n in range(cycles)]
    asking = workload.Asking(BATCHES_AT_ONCE if batches else CLIENTS, batches)
    found = stage.client.submit(
        workload.play_cycles, system.service.url, system.token, contents, asking, keep_last
    ).result()
    runs = [cycle.placed for cycle in found]
    tally.add(runs, [_placed(run) for run in runs])
    released = [cycle.released for cycle in found if cycle.released is not None]
    if released:
        gone = sum(_all(run, workload.DONE) for run in released)
        tally.release_paces.append(gone / sum(run.seconds for run in released))


def _placed(run: Run) -> tuple[int, int]:
    """How many requests were placed and how many wait."""
    refuse_others(run.exchanges)
    states = Counter(case["state"] for exchange in run.exchanges for case in workload.cases_of(exchange))
    return states["placed"], states["unplaced"]


def _all(run: Run, status: int) -> int:
    """How many answers there are; all of them have the status."""
    for exchange in run.exchanges:
        if exchange.status != status:
            raise WrongAnswers(f"A {exchange.kind} was answered {exchange.status}: {exchange.body[:300]!r}")
    return len(run.exchanges)


# --- checks -------------------------------------------------------------------------------------------------
def check(stage: Stage, tallies: Mapping[str, Tally], histories: bool) -> None:
    """A last cycle that stays; then every service ends and its database is looked into. Raises ``WrongAnswers``."""
    for system in stage.services:
        place(stage, system, tallies[system.kind], 1, keep_last=True)
        system.service.stop()
        check_service(system, tallies[system.kind], tallies[batches_of(system.kind)], histories)
    for kind, (service, at) in stage.naive.items():
        service.stop()
        check_naive(at, tallies[NAIVE[kind]])


def check_service(system: Wardflow, single: Tally, batched: Tally, histories: bool) -> None:
    """Compare what was answered with what is stored; raises ``WrongAnswers``.

    What waits may have moved up before it was taken back, so the number that was ever given a place has two bounds.
    """
    with system.opened() as connection:
        found = standing(connection, histories)
    done, waiting = single.done + batched.done, single.waiting + batched.waiting
    here, unplaced = found.requests.get("placed", 0), found.requests.get("unplaced", 0)
    facts = {
        f"{sum(found.requests.values())} requests are stored": sum(found.requests.values()) == done + waiting,
        f"{found.given} requests were given a place": done <= found.given <= done + waiting,
        f"{here + unplaced} requests are open": here + unplaced == single.last,
        f"{found.in_force} allocations are in force, {here} requests placed": found.in_force == here,
    }
    wrong = [*(fact for fact, holds in facts.items() if not holds), *found.wrong[:5]]
    if wrong:
        raise WrongAnswers(
            f"{system.kind}: {done} placed, {waiting} waiting were answered; {'; '.join(wrong)}"
        )


def check_naive(at: Place, tally: Tally) -> None:
    """As many bookings as were answered; raises ``WrongAnswers``."""
    if (count := count_bookings(at)) != tally.done:
        raise WrongAnswers(f"Of the naive design {count} bookings are stored, {tally.done} were answered")


# --- figures ------------------------------------------------------------------------------------------------
def batches_of(kind: str) -> str:
    """The line of a service that is asked in batches."""
    return f"{kind}, batches of {workload.BATCHED}"


def goals_of(name: str) -> tuple[float, ...]:
    """Placements per hello that are wanted; nothing for what is there to compare with."""
    if name.endswith(f"batches of {workload.BATCHED}"):
        return (BATCH_GOAL,)
    return GOALS.get(name, ())


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
        "goals": goals_of(name),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "a_second": round(median(tally.paces), 1),
        "releases_a_second": round(median(tally.release_paces), 1) if tally.release_paces else None,
        "median_ms": round(middle, 1),
        "p99_ms": round(high, 1),
        "done": tally.done,
        "waiting": tally.waiting,
    }


def show(found: Mapping[str, Any]) -> None:
    """One line a system, with its goals."""
    goals = "".join(f" (goal {goal})" for goal in found["goals"])
    releases = found["releases_a_second"]
    print(
        f"{found['system']:32} {found['a_second']:7.1f}/s  {found['ratio']:5.3f} of hello{goals}  "
        f"p50 {found['median_ms']:6.1f} ms  p99 {found['p99_ms']:6.1f} ms (goal {P99_GOAL_MS:g})"
        + (f"  releases {releases:.1f}/s" if releases else "")
        + f"  {found['done']} done, {found['waiting']} waiting",
        flush=True,
    )


def measure(
    kinds: Sequence[str], rounds: int, seconds: float, cycles: int, folder: Path, histories: bool = False
) -> list[dict[str, Any]]:
    """All rounds, checked; one line a system."""
    now = to_minute(datetime.now(UTC))
    hospital = generate(workload.SIZE, workload.SEED, now, occupancy=workload.OCCUPANCY)
    names = ["hello", *kinds, *map(batches_of, kinds), *(NAIVE[kind] for kind in kinds if kind in NAIVE)]
    tallies = {name: Tally() for name in names}
    with stage(folder, kinds, hospital, now) as up:
        one_round(up, tallies, 1.0, 1)
        for tally in tallies.values():
            tally.forget_figures()
        for _ in range(rounds):
            one_round(up, tallies, seconds, cycles)
        lines = [figures(name, tally, tallies["hello"]) for name, tally in tallies.items()]
        sync = sync_seconds(folder)
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
    parser.add_argument("--cycles", type=int, default=4, help="of 200 placements in each round")
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
