"""Latency at half of the service's own peak: `python -m benchmarks.service.half_peak [--seconds 10]`.

For each kind of database: how many commands a second 32 clients get in a closed loop (placements and releases in
turns), then half as many a second by a Poisson process. Latencies count from the moment a command was due. The goal
goes by the disk: five syncs, measured in the same run in the same folder, and 20 ms. Every answer is looked at, and
the database afterwards.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.record import append
from benchmarks.service import workload
from benchmarks.service.systems import KINDS, sync_seconds
from benchmarks.service.under_load import UNAVAILABLE, accepted, check_stored, loaded, refuse_others
from simulations.day_http import milliseconds

CONNECTIONS: Final = 256
GOAL_SYNCS: Final = 5
GOAL_MS: Final = 20.0
WARMING_SECONDS: Final = 2.0


def measure(kind: str, seconds: float, folder: Path) -> dict[str, Any]:
    """One kind of database, checked."""
    with loaded(kind, folder / "service") as load:
        runs = [load.peak(WARMING_SECONDS), load.peak(seconds)]
        peak = len(runs[-1].exchanges) / runs[-1].seconds
        before = sync_seconds(folder)
        runs.append(load.open(peak / 2, seconds, CONNECTIONS))
        sync = (before + sync_seconds(folder)) / 2
        for run in runs:
            refuse_others(run.exchanges, UNAVAILABLE)
        check_stored(load.system, runs)
    half = runs[-1]
    goal = 1000 * GOAL_SYNCS * sync + GOAL_MS
    good = accepted(half.exchanges)
    middle, high = milliseconds(exchange.seconds for exchange in good)
    _, placing = milliseconds(exchange.seconds for exchange in accepted(half.of(workload.PLACE)))
    return {
        "benchmark": "latency at half peak",
        "system": kind,
        "size": workload.SIZE,
        "peak_a_second": round(peak, 1),
        "asked_a_second": round(len(half.exchanges) / half.seconds, 1),
        "commands": len(good),
        "refused": len(half.exchanges) - len(good),
        "median_ms": round(middle, 1),
        "p99_ms": round(high, 1),
        "p99_placements_ms": round(placing, 1),
        "sync_ms": round(1000 * sync, 2),
        "goal_ms": round(goal, 1),
        "share_of_goal": round(high / goal, 2),
        "client_busy": round(half.busy_seconds / half.seconds, 2),
    }


def show(found: Mapping[str, Any]) -> None:
    """One line a kind."""
    print(
        f"{found['system']:18} peak {found['peak_a_second']:6.1f}/s; at {found['asked_a_second']:6.1f}/s "
        f"p50 {found['median_ms']:6.1f} ms, p99 {found['p99_ms']:6.1f} ms = {found['share_of_goal']:4.2f} of "
        f"{found['goal_ms']:.0f} ms (5 syncs of {found['sync_ms']:.1f} ms + 20 ms); "
        f"{found['refused']} refused",
        flush=True,
    )


def main() -> None:
    """Measure the kinds asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--systems", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seconds", type=float, default=10.0, help="of the peak, and of half of it")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/half_peak.jsonl"))
    asked = parser.parse_args()
    for kind in asked.systems:
        with tempfile.TemporaryDirectory(prefix="wardflow-half-peak-") as folder:
            found = measure(kind, asked.seconds, Path(folder))
        show(found)
        append(asked.output, found)


if __name__ == "__main__":
    main()
