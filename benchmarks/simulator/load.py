"""The load generator beside a null server: `python -m benchmarks.simulator.load [--rate 2500] [--seconds 20]`.

The patients of the example's hospital, of as many sites as the rate takes, are sent by one process to a server that
remembers nothing and answers at once with bodies as long as the service's. Counted are the questions for each second of
the *generator's* processor time, whatever else the machine does, and by how much it was late, which is worth something
on a quiet machine only. Goals: 3,000 questions for each second of a core, and 99 % no more than 5 ms late.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from benchmarks.record import append
from simulations.load.clock import Calendar
from simulations.load.names import matched, offered_by
from simulations.load.plan import Planned, Wanted, plan, sending_of
from simulations.load.processes import Job, send
from simulations.load.record import Record
from simulations.load.result import percentiles
from simulations.scenarios.build import Built, load, of_pathways

GOAL_A_SECOND: Final = 3_000
GOAL_LATE_MS: Final = 5.0
DAYS: Final = 20.0
"""Of the hospital, in which the questions come: sites follow from them."""
OPERATIONS_A_DAY: Final = 90.0
"""Of one site of the example, about."""
READY_SECONDS: Final = 30.0


def measure(rate: float, seconds: float, processes: int, output: Path) -> dict[str, Any]:
    """One run."""
    with as_file(files("simulations.scenarios").joinpath("example.yaml")) as path:
        built = of_pathways(load(path), path.name)
        sites = max(1, round(rate * seconds / (DAYS * OPERATIONS_A_DAY)))
        wanted = Wanted(seconds, sites, rate=rate)
        planned = plan(built, wanted, path.parent)
    record = _sent(built, wanted, planned, processes)
    asked = sum(record.statuses.values())
    line = {
        "benchmark": "load generator",
        "sites": sites,
        "asked_a_second": round(planned.rate, 1),
        "seconds": seconds,
        "processes": processes,
        "questions": asked,
        "a_cpu_second": round(asked / record.cpu_seconds, 1),
        "goal_a_cpu_second": GOAL_A_SECOND,
        "busy": round(record.cpu_seconds / (planned.seconds * processes), 3),
        "lateness_ms": percentiles(record.late),
        "goal_lateness_ms": GOAL_LATE_MS,
        "latency_ms": percentiles(record.everything),
        "faults": record.counts["faults"],
    }
    return append(output, line)


def _sent(built: Built, wanted: Wanted, planned: Planned, processes: int) -> Record:
    names = matched(built.scenario, offered_by(built.scenario), {})
    with tempfile.TemporaryDirectory(prefix="wardflow-null-") as folder, null_server(Path(folder)) as url:
        # A null server knows no keys, so nothing is sent twice.
        sending = sending_of(planned, wanted, (url,), "wfs_null", 200.0, resends=0.0)
        run = secrets.token_hex(8)
        calendar = Calendar(planned.pace, 0)
        jobs = [
            Job(
                sending,
                planned.share(number, processes),
                names,
                calendar,
                Path(folder) / f"journal-{number}",
                run,
                glances=0.0,
            )
            for number in range(processes)
        ]
        return send(jobs)


@contextlib.contextmanager
def null_server(folder: Path) -> Iterator[str]:
    """A null server in a process of its own; its URL."""
    port_file = folder / "port"
    command = [sys.executable, "-m", "benchmarks.simulator.null_server", "--port-file", str(port_file)]
    process = subprocess.Popen(command)
    try:
        until = time.monotonic() + READY_SECONDS
        while not (port_file.exists() and port_file.read_text()):
            if time.monotonic() > until or process.poll() is not None:
                raise TimeoutError("the null server did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Measure once, and say it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=2_500.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/load_generator.jsonl"))
    asked = parser.parse_args()
    found = measure(asked.rate, asked.seconds, asked.processes, asked.output)
    late = found["lateness_ms"]
    print(
        f"{found['questions']:,} questions, {found['a_cpu_second']:,.0f} for each second of the generator's processor "
        f"time (goal {GOAL_A_SECOND:,}), {found['busy']:.0%} busy at {found['asked_a_second']:,.0f} a second; late by "
        f"{late['p50']:.2f} ms (50 %), {late['p99']:.2f} ms (99 %, goal {GOAL_LATE_MS:g}); {found['faults']} faults"
    )


if __name__ == "__main__":
    main()
