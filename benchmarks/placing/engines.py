"""The engines compared, each by a name that says what it is given.

============================  =====================================================================================
one-by-one                    each request decided for itself, the most urgent first
batch-50ms, batch-5s ...      the batch heuristic for so long; ``batch-500ms-2cores`` on so many cores
batch-20000steps              the same for so many steps, the same plan each time; all with the quick bound of
                              ``solver.placing.least``, reckoned outside the clock
cpsat-60s                     the joint integer model on the first plan of the heuristic, two workers, with a bound
timefold-5s ...               the peer (``peer/timefold_peer.py``); not installed with wardflow
============================  =====================================================================================
"""

from __future__ import annotations

import multiprocessing
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.result import Budget
from solver.hospital import Allocation, Request
from solver.placing.cpsat import TooLarge, solve_jointly
from solver.placing.least import least_cost
from solver.placing.live import LiveHospital

Plan = Mapping[str, Allocation | None]
Timer = Callable[[], float]


class WorkerTime:
    """Processor time of each worker: a thread that is made later counts from what the first had used by then, and the
    first, told after the others, what the one of them had that was given most. So each of several workers is given as
    much as one alone, whoever else uses the machine."""

    def __init__(self) -> None:
        self._first, self._began = threading.get_ident(), time.thread_time()
        self._clock = time.pthread_getcpuclockid(self._first)
        self._own = threading.local()
        self._most = 0.0

    def __call__(self) -> float:
        """Seconds, never fewer than the same thread was told before."""
        if threading.get_ident() == self._first:
            return max(self._most, time.thread_time() - self._began)
        if not hasattr(self._own, "began"):
            used = time.clock_gettime(self._clock) - self._began
            self._own.began = time.thread_time() - used
        told: float = time.thread_time() - self._own.began
        self._most = max(self._most, told)
        return told


CLOCKS: Final[dict[str, Callable[[], Timer]]] = {
    "wall": lambda: time.monotonic,
    "cpu": lambda: time.process_time,
    "worker": WorkerTime,
}
"""What an engine's time is told by. Processor time is the fairer one on a machine that others use: of this process, of
each worker, of the peer the thread in which it solves. The joint model knows wall time only."""

CPSAT_WORKERS: Final = 2
PEER_ATTEMPTS: Final = 3
NAME: Final = re.compile(
    r"(one-by-one)|(batch|cpsat|timefold)-(\d+)(ms|s)(?:-(\d+)cores)?|(batch)-(\d+)steps(?:-(\d+)cores)?"
)


class Missing(Exception):
    """An engine that is not installed, or refuses an instance; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """``kind`` is one of one-by-one, batch, cpsat and timefold; either ``seconds`` or ``steps`` unless one-by-one."""

    kind: str
    seconds: float | None = None
    steps: int | None = None
    cores: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A plan, the seconds it took by the clock asked for, steps where they are counted, a bound where there is one."""

    plan: Plan
    seconds: float
    steps: int | None = None
    bound: int | None = None


def engine(name: str) -> Engine:
    """The engine of a name; InvalidInstance when it names none."""
    match = NAME.fullmatch(name)
    if match is None:
        where = "one-by-one, batch-500ms, batch-20000steps, batch-5s-2cores, cpsat-60s or timefold-5s, for example"
        raise InvalidInstance([Problem("--engines", name, where, "See benchmarks/placing/engines.py.")])
    single, timed, amount, unit, cores, stepped, steps, step_cores = match.groups()
    if single:
        return Engine("one-by-one")
    if stepped:
        return Engine("batch", steps=int(steps), cores=int(step_cores or 1))
    return Engine(timed, seconds=int(amount) / (1000 if unit == "ms" else 1), cores=int(cores or 1))


def run(
    engine: Engine, live: LiveHospital, requests: Sequence[Request], seed: int, clock: str = "wall"
) -> Found:
    """The engine's plan for a batch; the hospital is left as it was."""
    timer = CLOCKS[clock]()
    if engine.kind == "one-by-one":
        return _one_by_one(live, requests, timer)
    if engine.kind == "batch":
        return _batch(engine, live, requests, seed, timer)
    if engine.kind == "cpsat":
        return _joint(engine, live, requests, seed)
    return _peer(engine, live, requests, seed, clock)


def warm(live: LiveHospital, requests: Sequence[Request]) -> None:
    """Compile every kernel the engines use, or load it, so that no clock counts it."""
    live.decide(requests[0], "warm")
    live.search(requests, _ids(requests), Budget(iterations=1), 1)


def _one_by_one(live: LiveHospital, requests: Sequence[Request], timer: Timer) -> Found:
    began, plan = timer(), {}
    with live.trial():
        for request in sorted(requests, key=lambda request: request.priority):
            decision = live.decide(request, f"allocation-{request.id}")
            live.apply(decision)
            plan[request.id] = decision.allocation
    return Found(plan, timer() - began)


def _ids(requests: Sequence[Request]) -> list[str]:
    return [f"allocation-{request.id}" for request in requests]


def _batch(engine: Engine, live: LiveHospital, requests: Sequence[Request], seed: int, timer: Timer) -> Found:
    began = timer()
    budget = Budget(engine.seconds, engine.steps, timer)
    found = live.search(requests, _ids(requests), budget, seed, workers=engine.cores)
    plan = {request.id: given for request, given in zip(requests, found.allocations, strict=True)}
    took = timer() - began
    return Found(plan, took, found.steps, least_cost(live, requests))


def _joint(engine: Engine, live: LiveHospital, requests: Sequence[Request], seed: int) -> Found:
    assert engine.seconds is not None
    began = time.monotonic()
    first = Budget(seconds=min(10.0, engine.seconds / 6))
    found = live.search(requests, _ids(requests), first, seed, workers=CPSAT_WORKERS)
    plan = {request.id: given for request, given in zip(requests, found.allocations, strict=True)}
    left = max(0.1, engine.seconds - (time.monotonic() - began))
    try:
        joint = solve_jointly(
            live.records, requests, seconds=left, workers=CPSAT_WORKERS, seed=seed, hint=plan
        )
    except TooLarge as refused:
        raise Missing(str(refused)) from None
    took = time.monotonic() - began
    quick = least_cost(live, requests)
    return Found(joint.allocations, took, bound=joint.bound if quick is None else max(quick, joint.bound))


def _peer(engine: Engine, live: LiveHospital, requests: Sequence[Request], seed: int, clock: str) -> Found:
    """The peer's plan, made in a process of its own: its bridge to Java may bring down whatever it runs in."""
    if find_spec("timefold") is None:
        raise Missing(
            "timefold is not installed. The peer is no part of wardflow; for this benchmark alone run "
            "`.venv/bin/pip install 'timefold==1.24.0b0'` and have a Java 17 or newer on the path."
        )
    for _ in range(PEER_ATTEMPTS):
        found = _asked_apart(engine, live, requests, seed, clock)
        if found is not None:
            return found
    raise Missing(f"the peer's process died {PEER_ATTEMPTS} times; say the same command again")


def _asked_apart(
    engine: Engine, live: LiveHospital, requests: Sequence[Request], seed: int, clock: str
) -> Found | None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer_as_peer, args=(theirs, engine, live, requests, seed, clock))
    process.start()
    theirs.close()
    try:
        plan, seconds = ours.recv()
    except EOFError:
        return None
    finally:
        process.join()
    return Found(plan, seconds)


def _answer_as_peer(
    answer: Any, engine: Engine, live: LiveHospital, requests: Sequence[Request], seed: int, clock: str
) -> None:
    from benchmarks.placing.peer.timefold_peer import place_with_timefold

    assert engine.seconds is not None
    answer.send(place_with_timefold(live, requests, engine.seconds, seed, clock))
