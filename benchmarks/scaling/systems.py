"""What is measured: for each system how a piece of its work is made, and what is known of what cannot be shared."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.cases import BatchCase, batch_case, day_of_requests, live_hospital
from benchmarks.scaling.workers import Operation, Pace, by_processes, by_threads
from benchmarks.simulator.hospital import Hospital, model
from simulations.engine.run import SLICE, Compiled, Run, simulate
from solver.engine.result import Budget

DAYS = 90
STEPS = 2000
BATCH = BatchCase(1, 0.95, count=60)


@dataclass(frozen=True, slots=True)
class System:
    """measure: on so many cores, for so many seconds. unit: of its throughput. serial: the share of a piece that is
    known to be done one after the other, or None. reasoning: what is expected of many cores, and why."""

    name: str
    unit: str
    measure: Callable[[int, float], Pace]
    serial: Callable[[], float] | None
    reasoning: str


def replications() -> Operation:
    """A quarter of a year of the hospital that other simulators are asked about too."""
    compiled = Compiled(model(Hospital(), 24.0))

    def one(number: int) -> float:
        simulate(compiled, seed=1, replication=number, horizon=24.0 * DAYS)
        return 1.0

    return one


def interpreter_share(pieces: int = 20) -> float:
    """The share of a replication that holds the interpreter's lock: all but the kernel."""
    compiled = Compiled(model(Hospital(), 24.0))
    inside = whole = 0.0
    for number in range(pieces + 1):
        began = time.thread_time()
        run = Run(compiled, seed=1, replication=number, horizon=24.0 * DAYS)
        ready = time.thread_time()
        while not run.go_on(SLICE):
            pass
        done = time.thread_time()
        run.outcome()
        if number:  # The first one loads kernels.
            inside += done - ready
            whole += time.thread_time() - began
    return 1.0 - inside / whole


def decisions() -> Operation:
    """One request after the other decided for a district hospital, each on the same state."""
    live = live_hospital("district")
    asked = day_of_requests(live, "district")

    def one(number: int) -> float:
        live.decide(asked[number % len(asked)], f"allocation-{number}")
        return 1.0

    return one


def searched(cores: int, seconds: float) -> Pace:
    """A batch of 60 searched by one thread a core, again and again; counted are steps of all."""
    live, requests = batch_case(BATCH)
    names = [f"allocation-{request.id}" for request in requests]

    def one(number: int) -> float:
        return float(live.search(requests, names, Budget(iterations=STEPS), number, workers=cores).steps)

    return by_threads(lambda: one, 1, seconds)


SYSTEMS = {
    each.name: each
    for each in (
        System(
            "simulator threads",
            "replications/s",
            partial(by_threads, replications),
            interpreter_share,
            "Replications share nothing but the interpreter, which each needs to begin and to sum up; that share is "
            "measured apart and bounds the speed-up however many cores there are. Beyond it use processes or workers.",
        ),
        System(
            "simulator processes",
            "replications/s",
            partial(by_processes, replications),
            None,
            "Nothing is shared: state of a replication fits the cache of its core. Expected to follow the cores until "
            "they share a core's units (hyper-threads) or memory bandwidth, neither of which this machine can show.",
        ),
        System(
            "solver decisions",
            "decisions/s",
            partial(by_processes, decisions),
            None,
            "Each process decides for a hospital of its own, as each hospital's service does; nothing is shared. Of "
            "one hospital decisions follow one another, for each changes what the next finds: see the service.",
        ),
        System(
            "solver search",
            "steps/s",
            searched,
            None,
            "Searches side by side share the interpreter only where one finds a better plan and where a batch begins "
            "and ends. Steps grow with the cores; the plan improves by less, as the best of n searches does.",
        ),
    )
}
"""Beside them the service, which needs processes around it: ``benchmarks.scaling.service``."""
