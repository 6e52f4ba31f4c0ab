"""Median and 99th percentile of one decision: `python -m benchmarks.latency [--sizes city region]`.

Every request of a synthetic day is decided once on the hospital as it stands, kernels warm; the median and the 99th
percentile are over requests, so they show the hard ones too. So is the check of a change made by hand: every request
put into a bed drawn at random, whoever lies there, with the units and lots it needs. Prints a table and appends to a
JSON-lines file.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.cases import SIZES, day_of_requests, live_hospital
from benchmarks.record import append
from solver.hospital import Allocation, Request
from solver.placing.checking import Checked, checked, supplies
from solver.placing.live import LiveHospital
from solver.placing.referee import Decided

ROUNDS = 3
FIGURES = (
    "kernel_median_us",
    "kernel_p99_us",
    "recounted_median_us",
    "recounted_p99_us",
    "check_median_us",
    "check_p99_us",
)


def timed(decide: Callable[[Request], object], requests: Sequence[Request]) -> tuple[float, float]:
    """Median and 99th percentile in microseconds over requests, each at its best of three rounds."""
    best = np.full(len(requests), np.inf)
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for number, request in enumerate(requests):
                began = time.perf_counter()
                decide(request)
                best[number] = min(best[number], time.perf_counter() - began)
    finally:
        gc.enable()
    return float(np.median(best) * 1e6), float(np.quantile(best, 0.99) * 1e6)


def check_by_hand(live: LiveHospital, request: Request, bed_id: str) -> Checked:
    """What is asked when somebody drags a request into a bed: the supplies found for it, then the referee's word."""
    start = max(request.needed_by, live.now)
    units, lots = supplies(live, request, bed_id, start)
    end = start + request.duration_minutes
    allocation = Allocation("a", request.id, request.person_id, bed_id, start, end, units, lots)
    return checked(Decided(request, allocation), live.records)


def measure(size: str) -> dict[str, object]:
    """The figures of one size; every decision is recounted by the referee before it is timed."""
    live = live_hospital(size)
    requests = day_of_requests(live, size)[:1000]
    decisions = [live.decide(request, "a") for request in requests]
    assert all(decision.verified for decision in decisions), "a decision the referee refuses is not timed"
    placed = sum(decision.allocation is not None for decision in decisions)
    kernel = timed(lambda request: live.find(request, "a"), requests)
    whole = timed(lambda request: live.decide(request, "a"), requests)
    beds = np.random.default_rng(1).choice(live.arrays.bed_ids, len(requests)).tolist()
    bed_of = {request.id: bed_id for request, bed_id in zip(requests, beds, strict=True)}
    by_hand = timed(lambda request: check_by_hand(live, request, bed_of[request.id]), requests)
    return {
        "benchmark": "latency",
        "size": size,
        "requests": len(requests),
        "placed": placed,
        **dict(zip(FIGURES, (*kernel, *whole, *by_hand), strict=True)),
    }


def main() -> None:
    """Measure the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/latency.jsonl"))
    options = parser.parse_args()
    print(
        f"{'size':10} {'requests':>8} {'placed':>6} {'kernel p50':>11} {'p99':>8} {'recounted p50':>14} {'p99':>8} "
        f"{'check p50':>10} {'p99':>8}  us"
    )
    for size in options.sizes:
        found = measure(size)
        k50, k99, w50, w99, c50, c99 = (float(str(found[name])) for name in FIGURES)
        print(
            f"{size:10} {found['requests']:>8} {found['placed']:>6} {k50:11.0f} {k99:8.0f} {w50:14.0f} {w99:8.0f} "
            f"{c50:10.0f} {c99:8.0f}"
        )
        append(options.output, found)


if __name__ == "__main__":
    main()
