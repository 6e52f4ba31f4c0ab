"""Bookings of equipment on public and generated instances: ``python -m benchmarks.quality.equipment FOLDER``.

FOLDER holds ``booking/*.json`` and ``smptsp/*.dat.gz`` with ``bounds.json``; any of them may be missing. One line per
(instance, seed, seconds, workers, revision) goes to the results file; what it holds is not measured again, so a
campaign resumes. ``--clock cpu`` counts processor seconds per worker, for machines that are shared. What is known of an
instance is written beside what was found, and never given to the solver.

``--only insert`` times putting one booking into a plan of 5,000 on 1,000 units; ``--only generated`` solves three plans
of 20,000.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.quality.equipment_cases import generated
from benchmarks.record import append, recorded, revision
from solver.engine.result import Budget
from solver.equipment.formats import read_problem
from solver.equipment.kernels_booking import best_insertion
from solver.equipment.problem import BookingProblem, FleetProblem
from solver.equipment.search import Search
from solver.equipment.solve import solve
from solver.equipment.warming import warm_up

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.monotonic, "cpu": time.process_time}
DRAWS = (1, 2, 3)
"""Seeds of generated plans; nothing was chosen by the second and the third."""

KEY = ("case", "seed", "seconds", "workers", "clock", "revision")


def cases(folder: Path, only: str) -> Iterator[tuple[str, BookingProblem | FleetProblem, dict[str, object]]]:
    """Each instance with what is known of it."""
    if only in ("all", "booking"):
        for path in sorted((folder / "booking").glob("*.json")):
            raw = json.loads(path.read_text(encoding="utf-8"))
            known = {name: raw[name] for name in ("optimum", "best_found", "lower_bound") if name in raw}
            yield path.stem, read_problem(path), known
    if only in ("all", "smptsp"):
        bounds = json.loads((folder / "smptsp" / "bounds.json").read_text(encoding="utf-8"))["instances"]
        for path in sorted((folder / "smptsp").glob("*.dat.gz")):
            name = path.name.removesuffix(".dat.gz")
            known = {one: bounds[name][one] for one in ("jobs", "published_lb", "published_ub")}
            yield name, read_problem(path), known
    if only in ("all", "generated"):
        for seed in DRAWS:
            problem = generated(20_000, 240, 30, seed)
            yield problem.name, problem, {}


def measured(
    name: str,
    problem: BookingProblem | FleetProblem,
    known: dict[str, object],
    options: argparse.Namespace,
    seed: int,
) -> dict[str, object]:
    """One solve."""
    timer = CLOCKS[options.clock]
    share = options.workers if options.clock == "cpu" else 1
    began = timer()
    result = solve(problem, Budget(options.seconds * share, timer=timer), seed, workers=options.workers)
    better = [point for point in result.trace if point.cost == result.cost]
    return {
        "benchmark": "equipment",
        "case": name,
        "seed": seed,
        "seconds": options.seconds,
        "workers": options.workers,
        "clock": options.clock,
        "status": result.status.value,
        "cost": result.cost,
        "bound": result.bound,
        "gap": result.gap,
        "verified": result.verified,
        "took": (timer() - began) / share,
        "cost_after": better[0].seconds / share if better else None,
        **known,
    }


def insertion(seed: int) -> dict[str, object]:
    """Processor time of one insertion into a plan of 5,000 served bookings on 1,000 units of one type."""
    problem = generated(5_000, 1_000, 3, seed, types=1)
    search = Search(problem, seed, 1)
    search.construct()
    [run] = search._runs
    took = []
    for booking in range(0, 5_000, 10):
        began = time.process_time()
        best_insertion(search.arrays, run.plan, booking, search.slack, 0.0, run.state, run.place)
        took.append(time.process_time() - began)
    return {
        "benchmark": "equipment",
        "case": "insert-5000-1000",
        "seed": seed,
        "served": int((run.plan.unit >= 0).sum()),
        "median_ms": 1e3 * float(np.median(took)),
        "p99_ms": 1e3 * float(np.quantile(took, 0.99)),
    }


def show(line: dict[str, object]) -> None:
    """What was found beside what is known."""
    print(
        "  ".join(f"{name} {value}" for name, value in line.items() if name not in ("benchmark", "gap")),
        flush=True,
    )


def main() -> None:
    """Measure every case that the file does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=("all", "booking", "smptsp", "generated", "insert"), default="all")
    parser.add_argument("--case", help="one instance by name")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/equipment.jsonl"))
    options = parser.parse_args()
    warm_up()
    if options.only == "insert":
        for seed in options.seeds:
            show(append(options.output, insertion(seed)))
        return
    done = {tuple(line.get(name) for name in KEY) for line in recorded(options.output)}
    for name, problem, known in cases(options.folder, options.only):
        for seed in options.seeds:
            key = (name, seed, options.seconds, options.workers, options.clock, revision())
            if key not in done and options.case in (None, name):
                line = measured(name, problem, known, options, seed)
                show(line)
                append(options.output, line)


if __name__ == "__main__":
    main()
