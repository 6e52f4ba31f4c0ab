"""Stays on the public families: ``python -m benchmarks.quality.stays FOLDER pas|dpas|pra``.

FOLDER holds ``pas``, ``dpas`` and ``pra``, each with its instances and ``results.json``. PAS is solved, with
``--seconds`` for an instance; the others are replayed day by day, with ``--seconds`` a day. One line per (case, seed,
seconds, workers, clock, revision) goes to the results file; what it holds is not measured again, so a campaign resumes.
``--clock cpu`` counts processor seconds per worker, for machines that are shared. What is known of an instance is
written beside what was found, and never given to the solver. ``--table`` prints what the file holds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.record import append, recorded, revision
from solver.admissions.stays import formats_pas, formats_xml, formats_year, rules
from solver.admissions.stays.problem import StayPlan, StayProblem
from solver.admissions.stays.referee import recount
from solver.admissions.stays.replay import replay
from solver.admissions.stays.solve import solve
from solver.admissions.stays.warming import warm_up
from solver.engine.result import Budget

CLOCKS: Final[Mapping[str, Callable[[], float]]] = {"wall": time.monotonic, "cpu": time.process_time}
KEY: Final = ("case", "seed", "seconds", "workers", "clock", "revision")
READERS: Final[Mapping[str, Callable[[Path], StayProblem]]] = {
    "pas": formats_pas.read,
    "dpas": formats_xml.read,
    "pra": formats_year.read,
}
YEAR: Final = 365
"""Days for which PRA is published; who is in at the end stays longer, and is planned to the last day all the same."""
SUFFIXES: Final = {"pas": ".txt", "dpas": ".xml.gz", "pra": ".json.gz"}


def cases(folder: Path, family: str) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Name, file, and what is published of each instance that is there."""
    published = json.loads((folder / family / "results.json").read_text(encoding="utf-8"))["instances"]
    for path in sorted((folder / family).glob(f"*{SUFFIXES[family]}")):
        name = path.name.removesuffix(SUFFIXES[family])
        yield name, path, published.get(name, {})


def measured(
    family: str, problem: StayProblem, known: Mapping[str, Any], options: Any, seed: int
) -> dict[str, Any]:
    """One solve or replay, counted by the referee."""
    timer = CLOCKS[options.clock]
    began = timer()
    if family == "pas":
        share = options.workers if options.clock == "cpu" else 1
        budget = Budget(options.seconds * share, timer=timer)
        result = solve(problem, budget, seed, workers=options.workers)
        found = {
            "cost": result.cost,
            "bound": result.bound,
            "trace": [[p.seconds, p.cost] for p in result.trace[-20:]],
        }
        plan = result.plan
    else:
        plan, found = replay(problem, Budget(options.seconds, timer=timer), seed), {}
    if plan is None:
        return found
    return {**found, **outcome(family, problem, plan, known), "took": timer() - began}


def outcome(family: str, problem: StayProblem, plan: StayPlan, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the referee says, and how that compares with what is published: below 1, or 0 for gaps, is better."""
    counted = recount(problem, plan)
    told: dict[str, Any] = {"cost": counted.cost, "broken": counted.broken, "left_out": len(counted.left_out)}
    if family == "pas" and known.get("lp_bound"):
        proven = known["lp_bound"] * 10**problem.decimals
        told["above_lp_bound"] = (counted.cost - proven) / proven
    if family == "dpas" and known.get("best_dynamic"):
        told["to_best_dynamic"] = counted.cost / known["best_dynamic"]
    if family == "pra":
        told["private_days"] = days_alone(problem, plan, problem.days)
        told["private_days_of_the_year"] = days_alone(problem, plan, YEAR)
        told["transfers"] = counted.of(rules.TRANSFER).count
        told["published"] = [known.get("published_private_room_days"), known.get("published_transfers")]
    return told


def days_alone(problem: StayProblem, plan: StayPlan, days: int) -> int:
    """Days before ``days`` on which a private patient is the only one in the room."""
    private = {patient.id for patient in problem.patients if patient.private}
    people = Counter((night.day, night.room) for night in plan.nights)
    return sum(
        night.patient in private and people[night.day, night.room] == 1
        for night in plan.nights
        if night.day < days
    )


def table(lines: Iterable[Mapping[str, Any]]) -> str:
    """A line of Markdown for each result, then the means of what is compared."""
    rows = ["| case | seed | seconds | clock | cost | broken | compared |", "|---|---|---|---|---|---|---|"]
    compared: dict[str, list[float]] = {}
    for line in lines:
        shown = ""
        for name in ("above_lp_bound", "to_best_dynamic"):
            if name in line:
                compared.setdefault(name, []).append(line[name])
                shown = f"{line[name]:.4f}"
        if "published" in line:
            shown = (
                f"{line['private_days_of_the_year']} days, {line['transfers']} transfers; "
                f"published {line['published']}"
            )
        cells = (
            line["case"],
            line["seed"],
            line["seconds"],
            line["clock"],
            line["cost"],
            line["broken"],
            shown,
        )
        rows.append(f"| {' | '.join(map(str, cells))} |")
    means = [f"mean {name} {statistics.mean(values):.4f}" for name, values in compared.items()]
    return "\n".join([*rows, *means])


def options_of(words: list[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("family", choices=tuple(READERS))
    parser.add_argument("--cases", nargs="+", help="instances by name, as testdata01; else all")
    parser.add_argument("--seconds", type=float, default=10.0, help="an instance for pas, else a day")
    parser.add_argument("--workers", type=int, default=2, help="of pas")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/stays.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print what the file holds of the family")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> None:
    """Measure every case that the file does not hold yet."""
    options = options_of(words)
    if options.table:
        print(table(line for line in recorded(options.output) if line["family"] == options.family))
        return
    warm_up()
    done = {tuple(line.get(name) for name in KEY) for line in recorded(options.output)}
    for name, path, known in cases(options.folder, options.family):
        for seed in options.seeds:
            key = {option: getattr(options, option) for option in ("seconds", "workers", "clock")}
            if (name, seed, *key.values(), revision()) in done or name not in (options.cases or [name]):
                continue
            found = measured(options.family, READERS[options.family](path), known, options, seed)
            told = {
                "benchmark": "stays",
                "family": options.family,
                "case": name,
                "seed": seed,
                **key,
                **found,
            }
            line = append(options.output, told)
            print(table([line]).splitlines()[2], flush=True)


if __name__ == "__main__":
    main()
