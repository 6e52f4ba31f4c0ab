"""How large a step of the batch heuristic may be: `python -m benchmarks.placing.step_size`.

Instances that are in no other set (``OUTSIDE``: seeds of their own), so that what is chosen here says nothing of the
public set before that is measured. Each size gets as many steps, or as many seconds of processor time, as every other
(``--steps``, ``--seconds``); each plan is appended as it comes, and left out when the file holds it already. At the
end, for each size, by how much its plans lie above the cheapest found by any of them, and that beside ``MOST_OUT`` in
pairs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

from benchmarks.placing.instances import Instance
from benchmarks.record import append, recorded
from solver.engine.result import Budget, Unobserved
from solver.hospital import Request
from solver.placing.annealing import MOST_OUT, Annealed, anneal
from solver.placing.asks import Pricing, compile_request
from solver.placing.kernels_ruin import empty
from solver.placing.live import LiveHospital
from solver.placing.meeting import MEETINGS
from solver.placing.search import SPARE_COLUMNS, lent_slots, scratch_of, world_of

OUTPUT: Final = Path("benchmarks/results/step_size.jsonl")
SIZES: Final = (4, 8, 16, 24, 32)
OUTSIDE: Final = tuple(
    Instance(size, requests, load, seed)
    for size, requests, load, first in (
        ("ward", 20, 1.00, 1100),
        ("ward", 30, 1.05, 1110),
        ("district", 60, 0.95, 1200),
        ("district", 100, 1.05, 1210),
        ("district", 200, 1.00, 1220),
        ("city", 60, 1.00, 1300),
        ("city", 200, 0.95, 1310),
    )
    for seed in (first + 1, first + 2)
)
NORMAL_95: Final = 1.96


def annealed(
    live: LiveHospital,
    requests: Sequence[Request],
    budget: Budget,
    seed: int,
    most_out: int = MOST_OUT,
    workers: int = 1,
    meetings: int = MEETINGS,
) -> Annealed:
    """The heuristic's own work with steps of some size, or workers that meet so often; the hospital is left as it
    was."""
    arrays, pricing = live.arrays, Pricing.of(live.records.profile)
    compiled = [compile_request(request, arrays, pricing) for request in requests]
    starts = max((one.ask.latest - one.ask.base) // one.ask.step + 1 for one in compiled)
    arrays.widen(SPARE_COLUMNS)
    with lent_slots(arrays, len(requests)) as slots:
        world = world_of(arrays, pricing, scratch_of(arrays, starts), requests, compiled, slots)
        found = anneal(world, budget.start(), seed, Unobserved(), workers, most_out, meetings)
        empty(world)
    return found


def measured(instance: Instance, most_out: int, seed: int, budget: Budget) -> dict[str, Any]:
    """One plan, with what it took of the processor."""
    live, requests = instance.made()
    annealed(live, requests, Budget(iterations=1), seed, most_out)
    began = time.process_time()
    found = annealed(live, requests, budget, seed, most_out)
    return {
        "benchmark": "step_size",
        "instance": instance.name,
        "most_out": most_out,
        "seed": seed,
        "given": _given(budget),
        "cost": found.cost,
        "steps": found.steps,
        "processor_seconds": round(time.process_time() - began, 3),
    }


def _given(budget: Budget) -> str:
    return f"{budget.iterations} steps" if budget.iterations is not None else f"{budget.seconds} s"


def campaign(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every size on every instance with every seed: from the file where it has it, measured now where not."""
    budget = Budget(
        None if options.steps else options.seconds, options.steps or None, timer=time.process_time
    )
    done = {_key(line): line for line in recorded(options.output)}
    for instance in OUTSIDE:
        for seed in options.seeds:
            for most_out in options.sizes:
                key = instance.name, most_out, seed, _given(budget)
                yield done.get(key) or append(options.output, measured(instance, most_out, seed, budget))


def _key(line: Mapping[str, Any]) -> tuple[str, int, int, str]:
    return line["instance"], line["most_out"], line["seed"], line["given"]


def table(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """For each size the mean gap to the cheapest found for an instance, and its mean difference from ``MOST_OUT``'s
    with a 95 % interval over instances and seeds; costs are counted as they are priced, so gaps are shares."""
    lines = list(lines)
    best: dict[str, int] = {}
    for line in lines:
        best[line["instance"]] = min(line["cost"], best.get(line["instance"], line["cost"]))
    gaps = {
        (line["most_out"], line["instance"], line["seed"]): line["cost"] / best[line["instance"]] - 1
        for line in lines
    }
    for size in sorted({size for size, _, _ in gaps}):
        own = {rest: value for (one, *rest_), value in gaps.items() if one == size for rest in [tuple(rest_)]}
        less = [value - gaps[MOST_OUT, *rest] for rest, value in own.items() if (MOST_OUT, *rest) in gaps]
        seconds = mean(line["processor_seconds"] for line in lines if line["most_out"] == size)
        yield f"{size:4}: {mean(own.values()):8.3%} above the cheapest, {seconds:.2f} s; {_beside(less)}"


def _beside(less: Sequence[float]) -> str:
    if len(less) < 2:
        return "not compared"
    half = NORMAL_95 * stdev(less) / len(less) ** 0.5
    return f"less {MOST_OUT}: {mean(less):+.3%} ({mean(less) - half:+.3%} to {mean(less) + half:+.3%})"


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--steps", type=int, default=0, help="steps for each, instead of seconds")
    parser.add_argument("--seconds", type=float, default=0.5, help="processor time for each")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    for line in table(campaign(parser.parse_args())):
        print(line)


if __name__ == "__main__":
    main()
