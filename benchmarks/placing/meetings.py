"""How often two workers of one search should meet: `python -m benchmarks.placing.meetings`.

Instances that are in no other set (``OUTSIDE``), so what is chosen here says nothing of the public set. Each of two
workers takes as many steps as one alone, in step with the other: the plans repeat, whatever else the machine does.
0 meetings: searches that know nothing of each other, of which the better counts. Told in pairs beside one worker.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from statistics import mean, stdev
from typing import Final

from benchmarks.placing.instances import Instance
from benchmarks.placing.step_size import NORMAL_95, annealed
from solver.engine.result import Budget

OUTSIDE: Final = (
    Instance("district", 100, 0.85, 9205),
    Instance("district", 200, 0.95, 9206),
    Instance("district", 300, 1.05, 9207),
    Instance("district", 300, 0.90, 9210),
    Instance("district", 300, 1.05, 9211),
    Instance("district", 300, 1.00, 9212),
    Instance("city", 200, 1.00, 9306),
    Instance("city", 300, 1.05, 9308),
)


def beside_one(
    meetings: Sequence[int], seeds: Sequence[int], steps: int
) -> Iterator[tuple[str, int, list[float]]]:
    """Instance, seed, and by what share two workers' plans cost more than one's, by how often they meet."""
    budget = Budget(iterations=steps)
    for instance in OUTSIDE:
        live, requests = instance.made()
        for seed in seeds:
            one = annealed(live, requests, budget, seed).cost
            found = (annealed(live, requests, budget, seed, workers=2, meetings=times) for times in meetings)
            yield instance.name, seed, [two.cost / one - 1 for two in found]


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--meetings", nargs="+", type=int, default=[0, 4, 16])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=3000)
    asked = parser.parse_args()
    shares = []
    for name, seed, found in beside_one(asked.meetings, asked.seeds, asked.steps):
        shares.append(found)
        print(f"{name:34} seed {seed} " + "".join(f"{share:+10.3%}" for share in found), flush=True)
    for times, less in zip(asked.meetings, zip(*shares, strict=True), strict=True):
        half = NORMAL_95 * stdev(less) / len(less) ** 0.5
        print(f"{times:3} meetings: {mean(less):+.3%} ({mean(less) - half:+.3%} to {mean(less) + half:+.3%})")


if __name__ == "__main__":
    main()
