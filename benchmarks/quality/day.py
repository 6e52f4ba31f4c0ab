"""Best placing beside first-fit on the demo's day, paired over seeds, in this process's children.

    python -m benchmarks.quality.day --seeds 20 [--size district] [--output FILE]

Writes one JSON line per day as it is done and one of the comparison in the end, to standard output and, appended,
to the file. Ends with status 1 if the goal is missed: less priority-weighted waiting with 95 % confidence, and no
rule broken by a decision of either policy.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from simulations.day import Both, Draw, both
from simulations.day_outcome import Outcome, paired
from simulations.day_plan import morning_of

ON = date(2026, 3, 2)
"""A Monday: the day is the same whenever it is measured."""

FIGURES = (
    "weighted_minutes", "placed", "waiting", "escalated", "floor_minutes", "outliers", "transfers",
    "refused_arrivals",
)  # fmt: skip


def day_of(size: str, seed: int) -> dict[str, Any]:
    """One seed's day under both policies, as it is written."""
    done: Both = both(Draw(size, seed), morning_of(ON))
    return {
        "size": size,
        "seed": seed,
        "requests": done.best.requests,
        "best": _figures(done.best, done.standing_best),
        "first_fit": _figures(done.first_fit, done.standing_first_fit),
    }


def _figures(outcome: Outcome, standing: Mapping[str, int]) -> dict[str, Any]:
    waits = {p.name.lower(): round(w.mean, 1) for p, w in outcome.waits.items()}
    found = {name: getattr(outcome, name) for name in FIGURES}
    return {
        **found,
        "mean_wait": waits,
        "broken_by_decisions": sum(outcome.broken.values()),
        "broken_at_the_end": dict(standing),
    }


def days(size: str, seeds: int, workers: int) -> Iterator[dict[str, Any]]:
    """Every day, in the order of the seeds, as they are done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(day_of, size), range(1, seeds + 1))


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Paired differences, best minus first-fit, of every figure, and whether the goal is met."""
    compared = {
        name: asdict(paired([d["best"][name] for d in found], [d["first_fit"][name] for d in found]))
        for name in (*FIGURES, "broken_by_decisions")
    }
    met = compared["weighted_minutes"]["high"] < 0
    sound = all(d[policy]["broken_by_decisions"] == 0 for d in found for policy in ("best", "first_fit"))
    return {"days": len(found), "best_minus_first_fit": compared, "goal_met": met and sound}


def main() -> int:
    """Measure; returns the status to end with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="days: seeds 1 to this, 2 or more")
    parser.add_argument("--size", default="district")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, help="file the lines are appended to")
    asked = parser.parse_args()
    if asked.seeds < 2:
        parser.error("--seeds: a comparison needs two days or more")
    found = []
    for day in days(asked.size, asked.seeds, asked.workers):
        found.append(day)
        _write(day, asked.output)
    told = summary(found)
    _write(told, asked.output)
    return 0 if told["goal_met"] else 1


def _write(line: Mapping[str, Any], output: Path | None) -> None:
    text = json.dumps(line)
    print(text, flush=True)
    if output is not None:
        with output.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
