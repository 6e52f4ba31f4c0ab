"""Placing in the loop, compiled, beside the service's Python entry: `python -m benchmarks.simulator.policy`.

Both play the same patients in the same hospital, and their logs of decisions must be equal, or nothing is told. Rounds
of a compiled and a served stretch alternate, so that whatever else the machine does meets both alike. Then one
replication of a year is played. CPU seconds of this process; kernels are warmed outside the clock. Goal: a ratio of
3 or more, and a year of `district` within 10 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.record import append, circumstances
from benchmarks.simulator.by_service import log_of
from simulations.experiments.catalogue import Key
from simulations.hospital import generate
from simulations.placing.compiled import Compiled
from simulations.placing.measures import numbers
from simulations.placing.model import PlacedModel
from simulations.placing.run import simulate
from simulations.placing.warming import NOW, warm_up
from solver.hospital.timegrid import MINUTES_PER_DAY

RESULTS = Path(__file__).parents[1] / "results" / "simulator_policy.jsonl"
LOAD = 0.85
RATIO, YEAR_SECONDS = 3.0, 10.0


def stretches(compiled: Compiled, rounds: int, minutes: int) -> tuple[list[float], list[float], int]:
    """CPU seconds of each round, compiled and served, and the decisions that both logged."""
    fast, slow, decisions = [], [], 0
    for replication in range(rounds):
        begun = time.process_time()
        log = simulate(compiled, seed=1, replication=replication, minutes=minutes, log=True).log
        between = time.process_time()
        served = log_of(compiled, seed=1, replication=replication, minutes=minutes)
        slow.append(time.process_time() - between)
        fast.append(between - begun)
        if not np.array_equal(log, served):
            raise SystemExit(f"Replication {replication}: the logs of decisions differ.")
        decisions += len(log)
    return fast, slow, decisions


def main() -> int:
    """Measure, tell, and remember."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="district")
    parser.add_argument("--load", type=float, default=LOAD)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--days", type=int, default=3, help="of a stretch")
    parser.add_argument("--year", type=int, default=365, help="days of the long run")
    options = parser.parse_args()
    model = PlacedModel(generate(options.size, 1, NOW), NOW, load=options.load)
    warm_up()
    begun = time.process_time()
    compiled = Compiled(model)
    made = time.process_time() - begun
    fast, slow, decisions = stretches(compiled, options.rounds, options.days * MINUTES_PER_DAY)
    begun = time.process_time()
    outcome = simulate(compiled, seed=1, minutes=options.year * MINUTES_PER_DAY)
    found = numbers(outcome, 0.0)
    year = time.process_time() - begun + made
    result = {
        **circumstances(),
        "case": f"{options.size}, load {options.load:g}",
        "rounds": options.rounds,
        "days": options.days,
        "decisions_compared": decisions,
        "compiled_cpu_s": round(sum(fast), 3),
        "served_cpu_s": round(sum(slow), 3),
        "ratio": round(sum(slow) / sum(fast), 1),
        "lowest_ratio": round(min(s / f for s, f in zip(slow, fast, strict=True)), 1),
        "long_run_days": options.year,
        "long_run_cpu_s": round(year, 2),
        "long_run_decisions": outcome.decisions,
        "long_run_requests": outcome.asked.size - outcome.lying,
        "occupancy": round(found[Key("occupancy")], 3),
    }
    append(RESULTS, result)
    for name, value in result.items():
        print(f"{name}: {value}")
    slowest = min(served / own for served, own in zip(slow, fast, strict=True))
    return 0 if slowest >= RATIO and year <= YEAR_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
