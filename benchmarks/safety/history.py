"""What clients are told can have been so: `python -m benchmarks.safety.history --operations 20000`.

Sixteen clients ask for a few beds, give back, read and repeat at random, against real service processes: one on SQLite,
one and two on PostgreSQL. The judge (``benchmarks.safety.histories``) holds every answer against the order in which the
hospital went through its changes: bookings are disjoint, whoever was told to wait was told so while every bed was
taken, everybody reads what they were told to be stored, and a repeated command has the same answer. Database and logs
are judged as after the races.

The controls are services that must be found out: one that answers before it commits, one that forgets what it answered,
and two that know nothing of each other over a database without its guard.

Results are appended with machine, versions and revision, a line for each run; what the file holds of this revision is
not run again.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.clocks import machine_clock
from benchmarks.record import append, recorded, revision
from benchmarks.safety.histories import CLIENTS, History, faults, play
from benchmarks.safety.races import SHOWN, SOLITARY
from benchmarks.safety.racing import race_hospital
from benchmarks.safety.serving import Engine, complaints, database_server, serving, store

if TYPE_CHECKING:
    from tests.postgresql_server import Server

OUTPUT: Final = Path("benchmarks/results/history.jsonl")
BEDS: Final = 33
"""So many that about half of all requests are placed at once; with fewer nearly all wait, and move up."""
CONTROL_OPERATIONS: Final = 480


@dataclass(frozen=True)
class Case:
    """Who is asked. ``module``: which program serves; ``sign``: what the judge must say of it, nothing of the service
    itself."""

    name: str
    engine: Engine
    processes: int
    module: str = "cli"
    sign: str = ""

    @property
    def separate(self) -> bool:
        """Services that know nothing of each other: each client keeps to one, and the database has lost its guard."""
        return self.module == SOLITARY


SERVICES: Final = (
    Case("service", "sqlite", 1),
    Case("service", "postgresql", 1),
    Case("service", "postgresql", 2),
)
CONTROLS: Final = (
    Case("answers before its commit", "sqlite", 1, "benchmarks.safety.hasty_service", "read status 404"),
    Case("forgets its answers", "sqlite", 1, "benchmarks.safety.forgetful_service", "answered otherwise"),
    Case("gives twice", "postgresql", 2, SOLITARY, "was given to"),
)


@dataclass(frozen=True)
class Found:
    """What was played, what was wrong with it, and how long it took."""

    history: History
    faults: Sequence[str]
    seconds: float


def run(case: Case, operations: int, seed: int, folder: Path, server: Server | None) -> Found:
    """So many operations on a hospital of its own, judged."""
    whole = race_hospital("nothing", machine_clock().minute)
    stored = store(folder, replace(whole, beds=whole.beds[:BEDS]), server)
    began = time.perf_counter()
    with serving(stored, case.processes, module=case.module) as services:
        if case.separate:
            stored.drop_bed_guard()
        urls, token = [service.url for service in services], stored.tokens["bed_manager"]
        history = asyncio.run(play(urls, token, operations, seed, faithful=case.separate))
    seconds = time.perf_counter() - began
    wrong = [*faults(history, stored.events(), BEDS), *complaints(services, server), *stored.faults()]
    return Found(history, wrong, round(seconds, 1))


def right(case: Case, wrong: Sequence[str]) -> bool:
    """Whether the judge said what it has to: nothing of the service, the sign of a control."""
    return any(case.sign in fault for fault in wrong) if case.sign else not wrong


# --- the campaign -------------------------------------------------------------------------------------------
def line(case: Case, found: Found, seed: int) -> dict[str, Any]:
    """A result as it is stored."""
    told = [acted.answer["state"] for acted in found.history.told]
    return {
        **_name(case, found.history.operations, seed),
        "repeated": found.history.repeated,
        **{state: told.count(state) for state in ("placed", "unplaced", "released")},
        "faults": len(found.faults),
        "first_faults": found.faults[:SHOWN],
        "right": right(case, found.faults),
        "seconds": found.seconds,
    }


def _name(case: Case, operations: int, seed: int) -> dict[str, Any]:
    return {
        "campaign": "history, control" if case.sign else "history",
        "case": case.name,
        "database": case.engine,
        "processes": case.processes,
        "clients": CLIENTS,
        "beds": BEDS,
        "operations": operations,
        "seed": seed,
    }


def campaign(operations: int, seed: int, output: Path, fresh: bool) -> Iterator[Mapping[str, Any]]:
    """Every service and every control that the file does not hold."""
    here = revision().removesuffix("-dirty")
    held = [
        each for each in recorded(output) if not fresh and each["revision"].removesuffix("-dirty") == here
    ]
    with database_server("postgresql") as server, tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate((*SERVICES, *CONTROLS)):
            count = (CONTROL_OPERATIONS if case.sign else operations) // CLIENTS * CLIENTS
            if any(_name(case, count, seed).items() <= each.items() for each in held):
                continue
            place = Path(folder) / f"case-{number}"
            found = run(case, count, seed, place, server if case.engine == "postgresql" else None)
            yield append(output, line(case, found, seed))


def main() -> int:
    """Run the campaign; 1 if the judge did not say what it has to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="whatever the file holds")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    asked = parser.parse_args()
    good = True
    for found in campaign(asked.operations, asked.seed, asked.output, asked.fresh):
        good &= found["right"]
        print(
            f"{found['campaign']}: {found['case']} on {found['database']}, {found['processes']} processes: "
            f"{found['operations']} operations, {found['repeated']} repeated, {found['faults']} faults "
            f"in {found['seconds']} s {found['first_faults']}",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
