"""Sixty people at once: `python -m benchmarks.placing.mass_casualty [--milliseconds 1000]`.

The two instances of 60 requests at `city`, decided jointly as the service's writer does it: the quick bound, search for
half of the time, the referee's count of every decision. Goal: all of it within a second, with the gap stated. Storing
is not in it. Run on a quiet machine; nothing is recorded unless asked for.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.placing.engines import warm
from benchmarks.placing.instances import Instance, chosen
from benchmarks.record import append
from solver.engine.result import Budget
from solver.placing.least import least_cost

INSTANCES = ("city-60-load95-seed303", "city-60-load105-seed304")
SEARCH_SHARE = 0.5


def decided(instance: Instance, milliseconds: int, seed: int) -> dict[str, object]:
    """One mass casualty: how long it took, what it cost, and by how much at most it could have cost less."""
    live, requests = instance.made()
    warm(live, requests)
    least_cost(live, requests)
    ids = [f"allocation-{request.id}" for request in requests]
    began = time.monotonic()
    bound = least_cost(live, requests)
    decisions = live.decide_batch(requests, ids, Budget(seconds=milliseconds / 1000 * SEARCH_SHARE), seed)
    took = time.monotonic() - began
    cost = sum(decision.cost for decision in decisions)
    assert bound is not None
    assert all(decision.verified for decision in decisions if decision.allocation is not None)
    return {
        "benchmark": "mass_casualty",
        "instance": instance.name,
        "milliseconds": milliseconds,
        "seed": seed,
        "took_ms": round(1000 * took),
        "cost": cost,
        "bound": bound,
        "gap": (cost - bound) / max(1, abs(cost)),
        "unplaced": sum(decision.allocation is None for decision in decisions),
    }


def main() -> None:
    """Decide both, three seeds each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--milliseconds", type=int, default=1000)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--output", type=Path, help="append the results to this file")
    options = parser.parse_args()
    for instance in chosen(INSTANCES):
        for seed in options.seeds:
            found = decided(instance, options.milliseconds, seed)
            print(
                f"{found['instance']:28} seed {seed} {found['took_ms']:>5} ms  cost {found['cost']:>13}  at most "
                f"{100 * float(str(found['gap'])):.2f} % above the least  not placed {found['unplaced']}",
                flush=True,
            )
            if options.output is not None:
                append(options.output, found)


if __name__ == "__main__":
    main()
