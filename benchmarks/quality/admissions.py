"""Admissions on the competition's instances: ``python -m benchmarks.quality.admissions FOLDER``.

FOLDER holds ``*.json`` of IHTC-2024 and ``best_known.csv``; for test instances the cost of the plan in its
``solutions`` is the one to compare with. One line per (instance, seed, seconds, workers, clock, revision) goes to the
results file; what it holds is not measured again, so a campaign resumes. ``--clock cpu`` counts processor seconds per
worker, for machines that are shared. What is known of an instance is written beside what was found, and never given to
the solver. ``--table`` only prints what the file holds for the options and the revision.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.record import append, recorded, revision
from solver.admissions.arrays import compiled
from solver.admissions.door import checked
from solver.admissions.formats import read_plan, read_problem
from solver.admissions.layout import KINDS
from solver.admissions.problem import AdmissionProblem
from solver.admissions.referee import recount
from solver.admissions.search import search
from solver.admissions.warming import warm_up
from solver.engine.result import Budget, Unobserved

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.monotonic, "cpu": time.process_time}
KEY = ("case", "seed", "seconds", "workers", "clock", "revision")


def known(folder: Path) -> dict[str, int]:
    """Best cost known, by instance."""
    best = {}
    with (folder / "best_known.csv").open(newline="", encoding="utf-8") as file:
        best = {row["instance"]: int(row["best_known"]) for row in csv.DictReader(file)}
    for plan in sorted((folder / "solutions").glob("sol_test*.json")):
        name = plan.stem.removeprefix("sol_")
        problem = read_problem(folder / f"{name}.json")
        best[name] = recount(problem, read_plan(plan, problem)).cost
    return best


def measured(
    name: str, best_known: int, problem: AdmissionProblem, seed: int, options: Any
) -> dict[str, object]:
    """One search, its plan counted by the referee, and what became of the moves of each kind."""
    timer = CLOCKS[options.clock]
    share = options.workers if options.clock == "cpu" else 1
    began, processor = timer(), time.process_time()
    arrays = compiled(checked(problem))
    budget = Budget(options.seconds * share, timer=timer)
    found = search(arrays, budget.start(), seed, Unobserved(), options.workers)
    spent = time.process_time() - processor
    plan = found.plan
    counted = recount(problem, arrays.plan(plan.day, plan.room, plan.theatre, plan.nurse))
    return {
        "benchmark": "admissions",
        "case": name,
        "seed": seed,
        "seconds": options.seconds,
        "workers": options.workers,
        "clock": options.clock,
        "cost": counted.cost,
        "broken": counted.broken,
        "best_known": best_known,
        "above_best_known": (counted.cost - best_known) / best_known,
        "parts": {tally.rule.id: tally.cost for tally in counted.tallies if tally.cost},
        "took": (timer() - began) / share,
        "processor_seconds": spent,
        "moves": {kind: list(map(int, row)) for kind, row in zip(KINDS, found.counts, strict=True)},
        "trace": [[round(point.seconds / share, 2), point.cost] for point in found.trace[-20:]],
    }


def table(lines: Iterable[dict[str, Any]]) -> str:
    """The gap of each instance (mean over seeds), their mean and median, and moves per processor second by kind."""
    by_case: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    moves: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    seconds = 0.0
    for line in lines:
        by_case[line["case"]].append(line)
        seconds += line["processor_seconds"]
        for kind, (tried, taken) in line["moves"].items():
            moves[kind][0] += tried
            moves[kind][1] += taken
    rows, gaps = ["| instance | best known | mean cost | gap | broken |", "|---|---:|---:|---:|---:|"], []
    for case, found in sorted(by_case.items()):
        gaps.append(mean(line["above_best_known"] for line in found))
        cost, broken = mean(line["cost"] for line in found), sum(line["broken"] > 0 for line in found)
        rows.append(f"| {case} | {found[0]['best_known']} | {cost:.0f} | {gaps[-1]:+.1%} | {broken} |")
    if gaps:
        rows.append(f"| mean | | | {mean(gaps):+.2%} | |\n| median | | | {median(gaps):+.2%} | |")
    rows += ["", "| move | tried per processor second | taken |", "|---|---:|---:|"]
    rows += [
        f"| {kind} | {tried / max(seconds, 1e-9):.0f} | {taken / max(tried, 1):.2%} |"
        for kind, (tried, taken) in moves.items()
    ]
    return "\n".join(rows)


def main() -> None:
    """Measure every case that the file does not hold yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", nargs="+", help="instances by name, as i07 or test03; else all")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/admissions.jsonl"))
    parser.add_argument("--table", action="store_true", help="measure nothing")
    options = parser.parse_args()
    best = known(options.folder)
    wanted = {
        (name, seed, options.seconds, options.workers, options.clock, revision())
        for name in options.cases or best
        for seed in options.seeds
    }
    if not options.table:
        warm_up()
        done = {tuple(line.get(name) for name in KEY) for line in recorded(options.output)}
        for key in sorted(wanted - done):
            name, seed = str(key[0]), int(key[1])
            problem = read_problem(options.folder / f"{name}.json")
            line = append(options.output, measured(name, best[name], problem, seed, options))
            gap, broken = line["above_best_known"], line["broken"]
            print(f"{name}  seed {seed}  cost {line['cost']}  {gap:+.1%}  broken {broken}", flush=True)
    held = [line for line in recorded(options.output) if tuple(line.get(name) for name in KEY) in wanted]
    print(table(held))


if __name__ == "__main__":
    main()
