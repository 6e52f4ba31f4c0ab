"""Whether the service grows while it works: `python -m benchmarks.service.soak [--seconds 300]`.

Placements and releases in turns at half of the service's own peak, so that the hospital stays as it is while its
history grows. Every second memory (resident, of the service and its solver process), open files and threads are noted,
and connections where the database is a server. After the warm-up a straight line is laid through the memory, with a
95 % interval of its slope from the means of ten-second blocks: neighbouring seconds are not independent, and taken one
by one they would make the interval too narrow. Every answer is looked at, and the database afterwards.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import stats

from benchmarks.record import append
from benchmarks.service import workload
from benchmarks.service.start import memory_of
from benchmarks.service.systems import ENCRYPTED, KINDS, POSTGRESQL
from benchmarks.service.under_load import UNAVAILABLE, Loaded, accepted, check_stored, loaded, refuse_others
from simulations.day_http import milliseconds
from simulations.load.loops import Run

GROWTH_GOAL: Final = 0.02
"""An hour, of the memory after the warm-up."""
WARM_UP_SHARE: Final = 0.3
BLOCK_SECONDS: Final = 10.0
CONNECTIONS: Final = 256
WARMING_SECONDS: Final = 2.0
PEAK_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process holds at a moment, in seconds from the start; ``connections`` to a database server, if any."""

    second: float
    megabytes: float
    files: int
    threads: int
    connections: int = 0


@dataclass(frozen=True, slots=True)
class Growth:
    """Share of the memory gained in an hour: the straight line's slope, and the ends of its 95 % interval."""

    an_hour: float
    low: float
    high: float

    @property
    def leaks(self) -> bool:
        """Whether it surely grows by more than the goal: the whole interval lies above."""
        return self.low > GROWTH_GOAL

    @property
    def proven(self) -> bool:
        """Whether it surely grows by less than the goal: the whole interval lies below."""
        return self.high < GROWTH_GOAL


def growth(samples: Sequence[Sample]) -> Growth:
    """The growth of memory over samples of at least three blocks. Raises ``ValueError`` for fewer."""
    seconds = np.array([sample.second for sample in samples])
    megabytes = np.array([sample.megabytes for sample in samples])
    block = ((seconds - seconds[0]) // BLOCK_SECONDS).astype(int)
    count = int(block[-1]) if len(block) else 0
    if count < 3:
        raise ValueError(
            f"{len(samples)} samples fill {count} blocks of {BLOCK_SECONDS:g} s; expected 3 or more"
        )
    # The last block may be half full.
    times = np.array([seconds[block == b].mean() for b in range(count)])
    means = np.array([megabytes[block == b].mean() for b in range(count)])
    line = stats.linregress(times, means)
    margin = stats.t.ppf(0.975, count - 2) * line.stderr
    scale = 3600.0 / means[0]
    return Growth(*(float(slope * scale) for slope in (line.slope, line.slope - margin, line.slope + margin)))


def more_than_before(samples: Sequence[Sample], of: Callable[[Sample], int]) -> int:
    """By how much the most of the last third exceeds the most of the first two; 0 or less without a leak."""
    cut = len(samples) * 2 // 3
    return max(map(of, samples[cut:])) - max(map(of, samples[:cut]))


# --- watching -----------------------------------------------------------------------------------------------
class Watcher:
    """Takes samples of a process, one a second."""

    def __init__(self, pid: int, count_connections: Callable[[], int]) -> None:
        self._pid = pid
        self._count_connections = count_connections

    def while_running(self, run: Future[Run]) -> list[Sample]:
        """Until the load is over."""
        began = time.monotonic()
        found: list[Sample] = []
        while not run.done():
            found.append(self.sample(time.monotonic() - began))
            time.sleep(1.0)
        return found

    def sample(self, second: float) -> Sample:
        """What the process holds now."""
        process = Path("/proc") / str(self._pid)
        return Sample(
            second,
            memory_of(self._pid).resident_mb,
            sum(1 for _ in (process / "fd").iterdir()),
            sum(1 for _ in (process / "task").iterdir()),
            self._count_connections(),
        )


def counter_of_connections(load: Loaded) -> Callable[[], int]:
    """Counts the connections to the service's database; none where that is a file."""
    server, place = load.server, load.system.place
    if server is None or isinstance(place, Path):
        return lambda: 0
    name = place.database

    def count() -> int:
        with server.connect() as connection:
            found = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
            return int(found.fetchall()[0][0])

    return count


# --- measuring ----------------------------------------------------------------------------------------------
def measure(kind: str, seconds: float, folder: Path) -> dict[str, Any]:
    """One kind of database, checked."""
    with loaded(kind, folder / "service") as load:
        runs = [load.peak(WARMING_SECONDS), load.peak(PEAK_SECONDS)]
        peak = len(runs[-1].exchanges) / runs[-1].seconds
        watcher = Watcher(load.system.service.process.pid, counter_of_connections(load))
        under_way = load.begin_open(peak / 2, seconds, CONNECTIONS)
        samples = watcher.while_running(under_way)
        runs.append(under_way.result())
        for run in runs:
            refuse_others(run.exchanges, UNAVAILABLE)
        check_stored(load.system, runs)
    return figures(kind, [s for s in samples if s.second >= WARM_UP_SHARE * seconds], runs[-1])


def figures(kind: str, samples: Sequence[Sample], run: Run) -> dict[str, Any]:
    """One line."""
    grown = growth(samples)
    good = accepted(run.exchanges)
    middle, high = milliseconds(exchange.seconds for exchange in good)
    return {
        "benchmark": "soak",
        "system": kind,
        "size": workload.SIZE,
        "seconds": round(run.seconds, 1),
        "commands": len(good),
        "refused": len(run.exchanges) - len(good),
        "a_second": round(len(good) / run.seconds, 1),
        "median_ms": round(middle, 1),
        "p99_ms": round(high, 1),
        "megabytes": [round(samples[0].megabytes, 1), round(samples[-1].megabytes, 1)],
        "growth_an_hour": round(grown.an_hour, 4),
        "growth_interval": [round(grown.low, 4), round(grown.high, 4)],
        "files": max(sample.files for sample in samples),
        "more_files": more_than_before(samples, lambda sample: sample.files),
        "more_threads": more_than_before(samples, lambda sample: sample.threads),
        "more_connections": more_than_before(samples, lambda sample: sample.connections),
        "leaks": grown.leaks,
        "proven": grown.proven,
    }


def show(found: Mapping[str, Any]) -> None:
    """One line a kind, with its goals."""
    low, high = found["growth_interval"]
    print(
        f"{found['system']:18} {found['commands']} commands in {found['seconds']:.0f} s, p99 {found['p99_ms']:.0f} ms; "
        f"memory {found['megabytes'][0]:.0f} to {found['megabytes'][1]:.0f} MB, {100 * found['growth_an_hour']:+.1f} % "
        f"an hour ({100 * low:+.1f} to {100 * high:+.1f}; goal below {100 * GROWTH_GOAL:g} %); at most "
        f"{found['files']} files, {found['more_files']:+d} at the end; threads {found['more_threads']:+d}, connections "
        f"{found['more_connections']:+d} (goal: none more)",
        flush=True,
    )


def main() -> None:
    """Measure the kinds asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--systems", nargs="+", choices=KINDS, default=[ENCRYPTED, POSTGRESQL])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/soak.jsonl"))
    asked = parser.parse_args()
    for kind in asked.systems:
        with tempfile.TemporaryDirectory(prefix="wardflow-soak-") as folder:
            found = measure(kind, asked.seconds, Path(folder))
        show(found)
        append(asked.output, found)


if __name__ == "__main__":
    main()
