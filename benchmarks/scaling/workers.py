"""The same work done again and again by threads of this process or by processes, on some of the cores."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

Operation = Callable[[int], float]
"""Does piece number n, and says how much of whatever is counted that was."""
STARTED_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Pace:
    """amount: in all workers together, in ``seconds``. latencies: seconds of each piece, in no order."""

    amount: float
    seconds: float
    latencies: tuple[float, ...]

    @property
    def throughput(self) -> float:
        return self.amount / self.seconds

    @property
    def p99_ms(self) -> float:
        return float(np.quantile(self.latencies, 0.99)) * 1000


def all_cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextlib.contextmanager
def pinned(count: int) -> Iterator[None]:
    """On the first ``count`` cores meanwhile, with all that is started here; elsewhere than on Linux on any."""
    cores = all_cores()
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    pin([os.getpid()], cores[:count])
    try:
        yield
    finally:
        pin([os.getpid()], cores)


def pin(processes: Sequence[int], cores: Sequence[int]) -> None:
    """Keep processes, with their threads and children, on ``cores``."""
    for process in processes:
        for task in _tasks(process):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(task, cores)
        pin(_children(process), cores)


def _tasks(process: int) -> list[int]:
    try:
        return [int(each.name) for each in Path(f"/proc/{process}/task").iterdir()]
    except OSError:
        return []


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in _tasks(process):
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{process}/task/{task}/children").read_text(encoding="ascii")
            found += [int(each) for each in children.split()]
    return found


def by_threads(prepare: Callable[[], Operation], count: int, seconds: float) -> Pace:
    """``count`` threads of this process, which share what ``prepare`` made."""
    operation = prepare()
    operation(0)
    with ThreadPoolExecutor(count) as pool:
        began = time.perf_counter()
        runs = list(pool.map(lambda worker: _repeat(operation, worker, began + seconds), range(count)))
        return _together(runs, time.perf_counter() - began)


def by_processes(prepare: Callable[[], Operation], count: int, seconds: float) -> Pace:
    """``count`` processes, each with what it made itself; none begins before all are warm."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(count + 1)
    pipes = [context.Pipe(duplex=False) for _ in range(count)]
    arguments = (prepare.__module__, prepare.__name__, seconds, gate)
    children = [
        context.Process(target=_work, args=(*arguments, worker, answer))
        for worker, (_, answer) in enumerate(pipes)
    ]
    for child in children:
        child.start()
    gate.wait(STARTED_WITHIN)
    began = time.perf_counter()
    runs = [ours.recv() for ours, _ in pipes]
    took = time.perf_counter() - began
    for child in children:
        child.join()
    return _together(runs, took)


Run = tuple[float, list[float], float]


def _work(module: str, name: str, seconds: float, gate: Any, worker: int, answer: Any) -> None:
    operation: Operation = getattr(import_module(module), name)()
    operation(0)
    gate.wait(STARTED_WITHIN)
    answer.send(_repeat(operation, worker, time.perf_counter() + seconds))


def _repeat(operation: Operation, worker: int, until: float) -> Run:
    """Pieces until the time is over; the last one is finished and counted with the time it took beyond."""
    amount, began = 0.0, time.perf_counter()
    latencies: list[float] = []
    number = worker * 1_000_000
    while (now := time.perf_counter()) < until or not latencies:
        number += 1
        amount += operation(number)
        latencies.append(time.perf_counter() - now)
    return amount, latencies, time.perf_counter() - began


def _together(runs: Sequence[Run], took: float) -> Pace:
    """Paces add up: workers that end a little sooner are not held to the time of the last."""
    pace = sum(amount / own for amount, _, own in runs)
    return Pace(pace * took, took, tuple(each for _, latencies, _ in runs for each in latencies))
