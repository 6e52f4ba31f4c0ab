"""Batches of 200 at `district` beside a proven bound: `python -m benchmarks.quality.batch [--resume]`.

For each of the twelve named batches: one by one in order of arrival and of priority, first-fit, search for 10 s, and
the joint integer model for 60 s from there, which gives the plan of batch mode (what a batch with time gets from the
service) and the bound. Every plan is recounted by the referee. Results are appended as they come; `--resume` leaves out
what the file already holds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import BATCHES, BatchCase, batch_case
from benchmarks.record import append, recorded
from solver.engine.result import Budget
from solver.hospital import Request
from solver.placing.cpsat import solve_jointly
from solver.placing.live import LiveHospital


def one_by_one(live: LiveHospital, requests: Sequence[Request], first_fit: bool = False) -> int:
    """Total cost of deciding each request for itself, in the order given, as the referee counts it."""
    total = 0
    with live.trial():
        for number, request in enumerate(requests):
            decision = live.decide(request, f"one-{number}", first_fit=first_fit)
            assert decision.verified
            total += decision.cost
            live.apply(decision)
    return total


def measure(case: BatchCase, search_seconds: float, bound_seconds: float, seed: int) -> dict[str, object]:
    """Every way of deciding one named batch."""
    live, requests = batch_case(case)
    ids = [f"a-{number}" for number in range(len(requests))]
    began = time.perf_counter()
    decisions = live.decide_batch(requests, ids, Budget(seconds=search_seconds), seed)
    took = time.perf_counter() - began
    assert all(decision.verified for decision in decisions)
    cost = sum(decision.cost for decision in decisions)
    hint = {decision.request.id: decision.allocation for decision in decisions}
    joint = solve_jointly(live.records, requests, seconds=bound_seconds, workers=2, seed=seed, hint=hint)
    return {
        "benchmark": "batch",
        "case": case.name,
        "seed": seed,
        "unplaced": sum(decision.allocation is None for decision in decisions),
        "batch_cost": cost,
        "batch_seconds": took,
        "one_by_one": one_by_one(live, requests),
        "one_by_one_by_priority": one_by_one(live, sorted(requests, key=lambda r: r.priority)),
        "first_fit": one_by_one(live, requests, first_fit=True),
        "best_cost": joint.cost,
        "bound": joint.bound,
        "bound_from": joint.bound_from,
    }


def show(found: dict[str, object]) -> None:
    """One line a batch: each cost as per cent over the bound."""
    bound = float(str(found["bound"]))
    over = {
        name: 100 * (float(str(found[name])) / bound - 1)
        for name in (
            "batch_cost",
            "best_cost",
            "one_by_one_by_priority",
            "one_by_one",
            "first_fit",
        )
    }
    print(
        f"{found['case']:32} unplaced {found['unplaced']:>3}  over the bound: search {over['batch_cost']:6.2f} %  "
        f"plan {over['best_cost']:6.2f} %  "
        f"one by one by priority {over['one_by_one_by_priority']:7.1f} %  by arrival {over['one_by_one']:7.1f} %  "
        f"first-fit {over['first_fit']:7.1f} %",
        flush=True,
    )


def main() -> None:
    """Measure every named batch that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search-seconds", type=float, default=10.0)
    parser.add_argument("--bound-seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/batch.jsonl"))
    options = parser.parse_args()
    done = {line["case"] for line in recorded(options.output)} if options.resume else set()
    for case in BATCHES:
        if case.name not in done:
            found = measure(case, options.search_seconds, options.bound_seconds, options.seed)
            show(found)
            append(options.output, found)


if __name__ == "__main__":
    main()
