"""Start to ready, and memory, of the real service: `python -m benchmarks.service.start [--sizes city region]`.

For each size a synthetic hospital is stored in a sandbox of its own and `wardflow serve` is started on it as a process,
once unmeasured (kernels are compiled and cached), then as often as asked. Ready is when `/readyz` says so. Memory is
resident memory of the process and its children, from `/proc`, pages that several share counted once: when ready, and
after one login (whose password hash takes 64 MiB) and 300 requests; the peak is the sum of what the system noted as the
highest of each, shared pages counted for each. Linux only.

Results are appended with machine, versions and revision; ratios to the goals are printed. The clock of the machine
counts: run it when nothing else does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from benchmarks.cases import SIZES
from benchmarks.record import append
from cli.sandbox import Sandbox, make_sandbox
from cli.service import Service, start_service
from simulations.day_http import body_of, enter
from simulations.demand import Arrival, requests
from simulations.hospital import ZONE, generate
from solver.hospital import Hospital, to_minute
from solver.hospital.timegrid import MINUTES_PER_DAY

SEED: Final = 1
START_GOAL_SECONDS: Final = 5.0
MEMORY_GOAL_MB: Final = 600.0
"""Set for ``city``; shown beside the other sizes too."""
ROLE: Final = "bed_manager"
MOST_DRAWS: Final = 100
WARMING_SECONDS: Final = 900.0
"""Longest first start: a slow machine compiles for minutes."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes (10^6 bytes) of a process and its children; pages they share count once in ``resident_mb``, for each
    in ``peak_mb``. ``own_mb``: of the process alone."""

    own_mb: float
    resident_mb: float
    peak_mb: float


def memory_of(pid: int, proc: Path = Path("/proc")) -> Memory:
    """What a process and all its descendants hold now, and the sum of what each held at most."""
    tree = list(_tree(pid, proc))
    shares = [_fields(proc / str(one) / "smaps_rollup").get("Pss", 0) for one in tree]
    peaks = [_fields(proc / str(one) / "status").get("VmHWM", 0) for one in tree]
    return Memory(*(kilobytes * 1024 / 1e6 for kilobytes in (shares[0], sum(shares), sum(peaks))))


def _tree(pid: int, proc: Path) -> Iterator[int]:
    yield pid
    for children in sorted((proc / str(pid) / "task").glob("*/children")):
        for child in children.read_text().split():
            yield from _tree(int(child), proc)


def _fields(path: Path) -> dict[str, int]:
    """The fields in kB; nothing of a process that has just ended."""
    try:
        lines = path.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    pairs = (line.split(":", 1) for line in lines if line.endswith("kB"))
    return {name: int(value.split()[0]) for name, value in pairs}


# --- measuring ----------------------------------------------------------------------------------------------
def measure(size: str, starts: int, count: int, folder: Path) -> dict[str, object]:
    """The figures of one size, in a new folder."""
    now = to_minute(datetime.now(UTC))
    hospital = generate(size, SEED, now)
    sandbox = make_sandbox(folder / "sandbox", hospital, now, size)
    _started(sandbox, WARMING_SECONDS)[1].stop()
    seconds = []
    for number in range(starts):
        took, service = _started(sandbox)
        seconds.append(took)
        with service:
            if number == starts - 1:
                ready = memory_of(service.process.pid)
                placed = _ask(service, sandbox, _arrivals(hospital, now, count))
                after = memory_of(service.process.pid)
    return {
        "benchmark": "service start",
        "size": size,
        "places": len(hospital.beds),
        "start_seconds": [round(took, 3) for took in seconds],
        "start_median_seconds": round(median(seconds), 3),
        "when_ready": asdict(ready),
        "requests": count,
        "placed": placed,
        "after_requests": asdict(after),
    }


def _started(sandbox: Sandbox, ready_seconds: float = 60.0) -> tuple[float, Service]:
    """A service, and the seconds from starting its process to ready."""
    began = time.perf_counter()
    service = start_service(
        sandbox.database,
        sandbox.key_file,
        sandbox.folder / "run",
        ready_seconds=ready_seconds,
        settings={"tick_seconds": 0},
    )
    return time.perf_counter() - began, service


def _arrivals(hospital: Hospital, now: int, count: int) -> list[Arrival]:
    """So many requests of the hospital's own demand of the coming day, drawn anew until they suffice."""
    found: list[Arrival] = []
    for replication in range(MOST_DRAWS):
        found += requests(hospital, SEED, now, MINUTES_PER_DAY, replication=replication)
        if len(found) >= count:
            return found[:count]
    raise ValueError(f"--requests {count}: {MOST_DRAWS} days of demand have {len(found)}")


def _ask(service: Service, sandbox: Sandbox, arrivals: list[Arrival]) -> int:
    """One login, then every request; returns how many were placed. Raises for an answer that is none."""
    placed = 0
    with closing(enter(service.url, sandbox.tokens[ROLE])) as client:
        login = {"login": sandbox.administrator, "password": sandbox.password}
        _sent(client, "/sessions", login, "login")
        for number, arrival in enumerate(arrivals):
            body = body_of(arrival.person, arrival.request, ZONE)
            placed += (
                _sent(client, "/requests", body, f"benchmark-request-{number:05}") == httpx.codes.CREATED
            )
    return placed


def _sent(client: httpx.Client, path: str, body: Mapping[str, Any], key: str) -> int:
    answer = client.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key})
    answer.raise_for_status()
    return answer.status_code


# --- telling ------------------------------------------------------------------------------------------------
def show(found: Mapping[str, Any]) -> None:
    """One line a size, with the ratios to the goals: below 1 is reached."""
    ready, after = found["when_ready"], found["after_requests"]
    start = found["start_median_seconds"]
    print(
        f"{found['size']:9} {found['places']:>5} places  ready after {start:5.2f} s "
        f"({start / START_GOAL_SECONDS:4.2f} of {START_GOAL_SECONDS:g} s)  "
        f"memory {ready['resident_mb']:4.0f} MB when ready, {after['resident_mb']:4.0f} MB after "
        f"{found['requests']} requests ({found['placed']} placed): {after['resident_mb'] / MEMORY_GOAL_MB:4.2f} of "
        f"{MEMORY_GOAL_MB:g} MB; the service alone {after['own_mb']:4.0f} MB; sum of peaks {after['peak_mb']:4.0f} MB",
        flush=True,
    )


def main() -> None:
    """Measure the sizes asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["district", "city", "region"])
    parser.add_argument("--starts", type=int, default=5, help="measured starts; the median counts")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/start.jsonl"))
    asked = parser.parse_args()
    if not sys.platform.startswith("linux"):
        parser.error("memory is read from /proc, which only Linux has")
    if asked.starts < 1:
        parser.error("--starts: one or more")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="wardflow-start-") as folder:
            found = measure(size, asked.starts, asked.requests, Path(folder))
        show(found)
        append(asked.output, found)


if __name__ == "__main__":
    main()
