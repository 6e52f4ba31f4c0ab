"""Policies for a pharmacy of 1,500 items, beside a rule of thumb: `python -m benchmarks.quality.reorder [--workers 2]`.

Items are made by chance: demand of 0.1 to some 200 units a day, lives of 3 days to 2 years, packs, weekly reviews, a
year of history of which some days ran out. Costs are what each policy comes to on days that none was tuned on.
`cpu_seconds` is of all processes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import numpy as np

from benchmarks.record import append
from solver.pharmacy.perishable.item import Costs
from solver.pharmacy.perishable.warming import warm_up
from solver.pharmacy.reorder.plan import plan
from solver.pharmacy.reorder.problem import History, ReorderProblem, StockItem, StockLot
from solver.pharmacy.reorder.tuning import choose

HISTORY_DAYS = 365


def made(number: int, seed: int) -> StockItem:
    """One item by chance."""
    rng = np.random.default_rng((seed, number))
    mean, size = float(np.exp(rng.normal(1, 1.5))), rng.uniform(1, 20)
    wanted = rng.negative_binomial(size, size / (size + mean), HISTORY_DAYS)
    there = rng.poisson(4 * mean + 1, HISTORY_DAYS)
    life = int(rng.choice([3, 5, 14, 60, 180, 365, 720]))
    return StockItem(
        f"I{number}",
        Costs(fixed=float(rng.choice([0, 5])), shortage=20, wastage=8, holding=0.02),
        life,
        int(rng.integers(1, 8)),
        History(
            tuple(np.minimum(wanted, there).tolist()), frozenset(np.flatnonzero(wanted >= there).tolist())
        ),
        (StockLot("L", int(3 * mean), min(life, 10)),),
        review=int(rng.choice([1, 7])),
        pack=int(rng.choice([1, 1, 10])),
    )


def _cpu() -> float:
    used = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> int:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/pharmacy.jsonl"))
    asked = parser.parse_args()
    problem = ReorderProblem(tuple(made(number, asked.seed) for number in range(asked.items)))
    warm_up()
    cpu, wall = _cpu(), time.perf_counter()
    found = plan(problem, seed=asked.seed, workers=asked.workers)
    cpu, wall = _cpu() - cpu, time.perf_counter() - wall
    thumb = [choose(item, asked.seed, tune=False).expected for item in problem.items]
    tuned = [line.choice.expected for line in found.lines]
    line = append(
        asked.output,
        {
            "benchmark": "reorder policies",
            "items": asked.items,
            "workers": asked.workers,
            "seed": asked.seed,
            "cpu_seconds": round(cpu, 1),
            "wall_seconds": round(wall, 1),
            "daily_cost": round(sum(each.daily_cost for each in tuned), 1),
            "daily_cost_of_thumb": round(sum(each.daily_cost for each in thumb), 1),
            "wasted": round(sum(each.wasted for each in tuned), 1),
            "wasted_of_thumb": round(sum(each.wasted for each in thumb), 1),
            "lost": round(sum(each.lost for each in tuned), 1),
            "lost_of_thumb": round(sum(each.lost for each in thumb), 1),
            "dearer_than_thumb": sum(
                one.daily_cost > 1.01 * other.daily_cost for one, other in zip(tuned, thumb, strict=True)
            ),
        },
    )
    print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
