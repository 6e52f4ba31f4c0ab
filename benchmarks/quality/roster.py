"""Rosters on the public families: ``python -m benchmarks.quality.roster FOLDER``.

FOLDER holds ``shift_scheduling/Instance*.txt`` with ``best_known.csv``, and ``inrc2`` with ``instances.csv``. One line
per (instance, seed, seconds, workers, clock, revision) goes to the results file; what it holds is not measured again,
so a campaign resumes. ``--clock cpu`` counts processor seconds per worker, for machines that are shared. What is known
of an instance is written beside what was found, and never given to the solver.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.record import append, recorded, revision
from solver.engine.result import Budget
from solver.rostering import formats_curtois, formats_inrc2
from solver.rostering.problem import RosterProblem
from solver.rostering.solve import solve
from solver.rostering.warming import warm_up

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.monotonic, "cpu": time.process_time}
KEY = ("case", "seed", "seconds", "workers", "clock", "revision")


def cases(folder: Path) -> Iterator[tuple[str, int, Callable[[], RosterProblem]]]:
    """Name, best cost known, and how to read it."""
    shifts, inrc2 = folder / "shift_scheduling", folder / "inrc2"
    for row in _rows(shifts / "best_known.csv"):
        path = shifts / f"Instance{row['instance']}.txt"
        yield row["instance"], int(row["best_known"]), lambda path=path: formats_curtois.read(path)  # type: ignore[misc]
    for row in _rows(inrc2 / "instances.csv"):
        name = row["instance"]
        yield name, int(row["best_cost_seen"]), lambda name=name: formats_inrc2.read(inrc2, name)  # type: ignore[misc]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measured(
    name: str, best_known: int, problem: RosterProblem, seed: int, options: Any
) -> dict[str, object]:
    """One solve, counted by the referee."""
    timer = CLOCKS[options.clock]
    share = options.workers if options.clock == "cpu" else 1
    began = timer()
    result = solve(problem, Budget(options.seconds * share, timer=timer), seed, workers=options.workers)
    cost = result.cost
    return {
        "benchmark": "roster",
        "case": name,
        "seed": seed,
        "seconds": options.seconds,
        "workers": options.workers,
        "clock": options.clock,
        "cost": cost,
        "best_known": best_known,
        "above_best_known": None if cost is None else (cost - best_known) / best_known,
        "verified": result.verified,
        "took": (timer() - began) / share,
        "trace": [[round(point.seconds / share, 2), point.cost] for point in result.trace[-20:]],
    }


def main() -> None:
    """Measure every case that the file does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", nargs="+", help="instances by name, as 8 or n030w4_1_6-2-9-1; else all")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/roster.jsonl"))
    options = parser.parse_args()
    warm_up()
    done = {tuple(line.get(name) for name in KEY) for line in recorded(options.output)}
    for name, best_known, read in cases(options.folder):
        for seed in options.seeds:
            key = (name, seed, options.seconds, options.workers, options.clock, revision())
            if key in done or (options.cases is not None and name not in options.cases):
                continue
            line = append(options.output, measured(name, best_known, read(), seed, options))
            above = line["above_best_known"]
            shown = "none" if above is None else f"{100 * above:.1f} % above {best_known}"
            print(
                f"{name}  seed {seed}  cost {line['cost']}  {shown}  verified {line['verified']}", flush=True
            )


if __name__ == "__main__":
    main()
