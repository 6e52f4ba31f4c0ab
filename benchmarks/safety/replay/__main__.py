"""Play seeds: `python -m benchmarks.safety.replay --rounds 20 [--seed 1] [--operations 50000] [--storage memory]`.

Without ``--rounds`` the one seed is played and nothing is recorded: that is how a failure is repeated. A campaign
appends a line per seed to `benchmarks/results/replay.jsonl` and passes over those it holds of this revision.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.record import append, recorded, revision
from benchmarks.safety.replay.run import Report, play
from benchmarks.safety.replay.world import Failure

RESULTS = Path(__file__).parents[2] / "results" / "replay.jsonl"
OPERATIONS = 50_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 if a seed broke a promise."""
    asked = _parser().parse_args(arguments)
    if asked.rounds is None:
        return _one(asked)
    seeds = range(asked.seed, asked.seed + asked.rounds)
    done = set() if asked.fresh else set(_done(asked.operations, asked.storage))
    left = [seed for seed in seeds if seed not in done]
    print(f"{len(seeds) - len(left)} of {len(seeds)} seeds are recorded already.")
    failures = 0
    with ProcessPoolExecutor(asked.workers) as workers:
        played = functools.partial(_played, operations=asked.operations, storage=asked.storage)
        for line in workers.map(played, left):
            failures += line["failure"] is not None
            append(RESULTS, line)
            print(
                line["failure"] or f"seed {line['seed']}: {line['operations']} operations, nothing found",
                flush=True,
            )
    return int(failures > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.safety.replay", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed, or the only one")
    parser.add_argument("--rounds", type=int, help="how many seeds, one after the other")
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="of one seed")
    parser.add_argument("--storage", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes, a seed each")
    parser.add_argument("--fresh", action="store_true", help="play seeds again that are recorded")
    return parser


def _one(asked: argparse.Namespace) -> int:
    try:
        report = play(asked.seed, asked.operations, asked.storage)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    for name, value in asdict(report).items():
        print(f"{name}: {value}")
    return 0


def _played(seed: int, *, operations: int, storage: str) -> dict[str, Any]:
    began = time.process_time()
    report, failure = None, None
    try:
        report = play(seed, operations, storage)
    except Failure as broken:
        failure = str(broken)
    told = asdict(report or Report(seed, 0, 0, 0, 0, {}, ""))
    seconds = round(time.process_time() - began, 1)
    return {**told, "asked": operations, "storage": storage, "failure": failure, "core_seconds": seconds}


def _done(operations: int, storage: str) -> Iterator[int]:
    now = revision()
    for line in recorded(RESULTS):
        same = (line["revision"], line["asked"], line["storage"]) == (now, operations, storage)
        if same and line["failure"] is None:
            yield line["seed"]


if __name__ == "__main__":
    sys.exit(main())
