"""Races for the last one, against real service processes: `python -m benchmarks.safety.races --rounds 100`.

In every round 64 clients ask at the same moment for the one bed, ventilator, vial or nurse that is left, or for the bed
of one who then stays on; who got it gives it back, and the next round begins. Each prize is raced for on SQLite and on
PostgreSQL, there of one service process and of two. Every answer is judged; afterwards so are the database (rules,
audit chain) and the logs of the services (every line is a complaint) and of PostgreSQL (deadlocks).

The control races for the bed of two services that know nothing of each other, over a database without its guards: a
judge that finds nothing wrong with them is none.

Results are appended with machine, versions and revision, a line for each prize; what the file holds of this revision
counts.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.clocks import machine_clock
from benchmarks.record import append, recorded, revision
from benchmarks.safety.racing import CLIENTS, OVERSTAYED, PRIZES, Racers, race_hospital, unfair
from benchmarks.safety.serving import Engine, Stored, complaints, database_server, serving, store
from cli.service import Service

if TYPE_CHECKING:
    from tests.postgresql_server import Server

OUTPUT: Final = Path("benchmarks/results/races.jsonl")
RUNNING: Final[tuple[tuple[Engine, int], ...]] = (("sqlite", 1), ("postgresql", 1), ("postgresql", 2))
"""On which database, and of how many processes; an embedded database refuses a second."""
SOLITARY: Final = "benchmarks.safety.solitary_service"
SHOWN: Final = 5
"""How many faults a line tells."""


@dataclass(frozen=True)
class Case:
    """What is raced for, and of whom."""

    prize: str
    engine: Engine
    processes: int
    control: bool = False


@dataclass(frozen=True)
class Found:
    """Rounds that were run, how many of them were not fair, and everything that was wrong."""

    rounds: int
    unfair_rounds: int
    faults: Sequence[str]
    seconds: float


CASES: Final = tuple(Case(prize, *running) for running in RUNNING for prize in PRIZES)
CONTROL: Final = Case("bed", "postgresql", 2, control=True)


def run(case: Case, rounds: int, folder: Path, server: Server | None) -> Found:
    """So many rounds of one case on a hospital of its own."""
    stored = store(folder, race_hospital(case.prize, machine_clock().minute), server)
    began = time.perf_counter()
    with serving(stored, case.processes, module=SOLITARY if case.control else "cli") as services:
        if case.control:
            stored.drop_bed_guard()
        wrong = asyncio.run(_race(case, services, stored, rounds))
    seconds = time.perf_counter() - began
    told = [fault for each in wrong for fault in each]
    told += [*complaints(services, server), *stored.faults()]
    return Found(rounds, sum(map(bool, wrong)), told, round(seconds, 1))


async def _race(case: Case, services: Sequence[Service], stored: Stored, rounds: int) -> list[list[str]]:
    racers = Racers([service.url for service in services], stored.tokens["bed_manager"])
    try:
        return [await race_once(racers, case.prize) for _ in range(rounds)]
    finally:
        racers.close()


async def race_once(racers: Racers, prize: str) -> list[str]:
    """One round, everything given back at its end; what was wrong with it."""
    answers = await racers.race(prize)
    wrong = unfair(answers, len(racers.connections))
    if prize == OVERSTAYED and not wrong:
        wrong += await racers.outstay(answers)
    return wrong + await racers.give_back(answers)


# --- the campaign -------------------------------------------------------------------------------------------
def name(case: Case) -> str:
    """The services of a case: database and number of processes."""
    return f"{case.engine}-{case.processes}"


def line(case: Case, found: Found) -> dict[str, Any]:
    """A result as it is stored."""
    return {
        "campaign": "races, control" if case.control else "races",
        "prize": case.prize,
        "database": case.engine,
        "processes": case.processes,
        "clients": CLIENTS,
        "rounds": found.rounds,
        "unfair_rounds": found.unfair_rounds,
        "faults": len(found.faults),
        "first_faults": found.faults[:SHOWN],
        "seconds": found.seconds,
    }


def rounds_held(case: Case, lines: Iterable[dict[str, Any]], of_revision: str) -> int:
    """How many rounds of a case a file holds of a revision."""
    wanted = {key: value for key, value in line(case, Found(0, 0, (), 0)).items() if key in _NAMES}
    return sum(
        each["rounds"]
        for each in lines
        if wanted.items() <= each.items() and each["revision"].removesuffix("-dirty") == of_revision
    )


_NAMES: Final = ("campaign", "prize", "database", "processes", "clients")


def campaign(
    cases: Iterable[Case], rounds: int, output: Path, fresh: bool = False
) -> Iterator[dict[str, Any]]:
    """The cases as far as the file does not hold them; a control runs a tenth of the rounds."""
    held = [] if fresh else list(recorded(output))
    with database_server("postgresql") as server, tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            wanted = max(1, rounds // 10) if case.control else rounds
            wanted -= rounds_held(case, held, revision().removesuffix("-dirty"))
            if wanted > 0:
                place = Path(folder) / f"case-{number}"
                found = run(case, wanted, place, server if case.engine == "postgresql" else None)
                yield append(output, line(case, found))


def main() -> int:
    """Run the campaign; 1 if a race was not fair, or the control was found to be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", choices=sorted({name(case) for case in CASES}), help="these services")
    parser.add_argument("--fresh", action="store_true", help="whatever the file holds")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    asked = parser.parse_args()
    good = True
    cases = [case for case in (*CASES, CONTROL) if asked.only in (None, name(case))]
    for found in campaign(cases, asked.rounds, asked.output, asked.fresh):
        control = found["campaign"] != "races"
        good &= bool(found["faults"]) is control
        print(
            f"{found['campaign']}: {found['prize']} on {found['database']}, {found['processes']} processes: "
            f"{found['rounds']} rounds, {found['unfair_rounds']} unfair, {found['faults']} faults "
            f"in {found['seconds']} s {found['first_faults']}",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
