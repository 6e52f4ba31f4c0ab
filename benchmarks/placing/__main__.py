"""Engines on the public set: `python -m benchmarks.placing --engines one-by-one batch-500ms --instances short`.

Every plan is counted by the referee; each result is appended as it comes and left out when the file already holds it
(same engine, instance, seed, clock and revision). `--keep` enters what is better into `best_known.csv`. At the end a
table: per cent above the best known, and how far that may lie above the least possible.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from benchmarks.placing import best_known
from benchmarks.placing.engines import CLOCKS, Engine, Missing, engine, run, warm
from benchmarks.placing.instances import INSTANCES, Instance, chosen
from benchmarks.placing.judge import score
from benchmarks.placing.report import paired, table
from benchmarks.record import append, recorded, revision
from solver.engine.errors import InvalidInstance
from solver.hospital import Request
from solver.placing.live import LiveHospital

OUTPUT: Final = Path("benchmarks/results/placing.jsonl")
DEFAULT_ENGINES: Final = ("one-by-one", "batch-50ms", "batch-500ms", "batch-5s", "cpsat-60s", "timefold-5s")
Key = tuple[str, str, int, str, str]


def measured(instance: Instance, name: str, seed: int, clock: str) -> dict[str, Any]:
    """One engine on one instance, recounted; kernels are compiled outside the clock."""
    live, requests = _ready(instance)
    found = run(engine(name), live, requests, seed, clock)
    counted = score(live, requests, found.plan)
    return {
        "benchmark": "placing",
        "instance": instance.name,
        "engine": name,
        "seed": seed,
        "clock": clock,
        "cost": counted.cost,
        "unplaced": counted.unplaced,
        "broken": counted.broken,
        "seconds": round(found.seconds, 4),
        "steps": found.steps,
        "bound": found.bound,
        "command": command(instance.name, name, seed, clock),
    }


@lru_cache(maxsize=1)
def _ready(instance: Instance) -> tuple[LiveHospital, list[Request]]:
    """An instance made and its kernels warm: engines leave it as it was, so that the next one may have it."""
    live, requests = instance.made()
    warm(live, requests)
    return live, requests


def command(instance: str, name: str, seed: int, clock: str) -> str:
    """What repeats one result."""
    return (
        f"python -m benchmarks.placing --instances {instance} --engines {name} --seeds {seed} --clock {clock}"
    )


def _key(line: dict[str, Any]) -> Key:
    clean = str(line["revision"]).removesuffix("-dirty")
    return line["instance"], line["engine"], line["seed"], line["clock"], clean


def _wanted(
    options: argparse.Namespace, instances: Sequence[Instance]
) -> Iterator[tuple[Instance, str, int]]:
    for instance in instances:
        for name in options.engines:
            # Without chance one seed says all.
            for seed in options.seeds[:1] if name == "one-by-one" else options.seeds:
                yield instance, name, seed


def campaign(options: argparse.Namespace, instances: Sequence[Instance]) -> list[dict[str, Any]]:
    """What the options ask for: results of the file where it has them, measured now where not."""
    now = revision().removesuffix("-dirty")
    done = {_key(line): line for line in recorded(options.output)}
    results = []
    for instance, name, seed in _wanted(options, instances):
        line = done.get((instance.name, name, seed, options.clock, now))
        if line is None:
            try:
                line = append(options.output, measured(instance, name, seed, options.clock))
            except Missing as missing:
                print(f"{name} is left out: {missing}", file=sys.stderr, flush=True)
                continue
            print(
                f"{instance.name:34} {name:16} seed {seed} cost {line['cost']:>13} not placed {line['unplaced']:>3} "
                f"broken {line['broken']:>3} {line['seconds']:7.2f} s",
                flush=True,
            )
        results.append(line)
        if options.keep:
            keep(line)
    return results


def keep(line: dict[str, Any]) -> None:
    """Enter a result into the table of the best known if it is better."""
    known = best_known.read()
    after = best_known.improved(known.get(line["instance"]), line)
    if after != known.get(line["instance"]):
        known[line["instance"]] = after
        best_known.write(known[i.name] for i in INSTANCES if i.name in known)


def main() -> None:
    """Measure, keep and show what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=DEFAULT_ENGINES, metavar="ENGINE")
    parser.add_argument("--instances", nargs="+", default=["short"], metavar="INSTANCE")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    parser.add_argument("--keep", action="store_true", help="enter what is better into best_known.csv")
    parser.add_argument("--list", action="store_true", help="name the instances and end")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    if options.list:
        for instance in INSTANCES:
            print(instance.name, "(short set)" if instance.short else "")
        return
    try:
        instances = chosen(options.instances)
        assert all(isinstance(engine(name), Engine) for name in options.engines)
    except InvalidInstance as error:
        parser.error(str(error))
    results = campaign(options, instances)
    for line in table([i.name for i in instances], options.engines, results, best_known.read()):
        print(line)
    for line in paired(options.engines, results, best_known.read()):
        print(line)


if __name__ == "__main__":
    main()
