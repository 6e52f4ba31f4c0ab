"""A recall at a million moves: `python -m benchmarks.quality.recall [--moves 1000000]`.

A ledger of so many moves is built in an encrypted file: 6,000 lots, 5,000 people, a hundredth of all moves of one lot.
Then "which patients had this lot" is asked of that lot and of others, as `GET /drug-lots/{id}/patients` asks it.
`seconds` is CPU time of this process for one answer, the slowest of all asked. Status 1 if that is above one second.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert

from api.services.sight import EVERYTHING
from api.services.tracing import who_had_lot
from benchmarks.record import append
from models.clock import Instant
from models.database import create_database
from models.keys import generate_keys
from models.store import store_hospital
from models.tables.drugs import lot_move
from solver.hospital import Drug, Hospital, Lot, Person, Site, Ward

NOW: Final = 29_540_160
LOTS, PEOPLE, CHUNK = 6_000, 5_000, 50_000
LONGEST_SECONDS: Final = 1.0


def hospital(moves: int) -> Hospital:
    """Nothing but lots and people."""
    return Hospital(
        sites=(Site("S", "Site", "UTC"),),
        wards=(Ward("W", "S", "Ward"),),
        rooms=(),
        beds=(),
        drugs=tuple(Drug(f"D{n}", f"Drug {n}", f"substance {n}") for n in range(LOTS // 4)),
        lots=tuple(Lot(f"L{n}", f"D{n // 4}", moves, NOW + 500_000) for n in range(LOTS)),
        persons=tuple(Person(f"P{n}") for n in range(PEOPLE)),
    ).checked()


def moves(count: int) -> Iterator[dict[str, Any]]:
    """Issues of one unit each, in order of time; every hundredth of lot L0."""
    for n in range(count):
        number = 0 if n % 100 == 0 else 1 + n % (LOTS - 1)
        yield {
            "id": f"m{n}",
            "lot_id": f"L{number}",
            "minute": NOW + n // 100,
            "quantity": -1,
            "reason": "issue",
            "actor": "acc",
            "person_id": f"P{n * 7919 % PEOPLE}",
            "recorded_microsecond": (NOW + n // 100) * 60_000_000,
        }


def build(connection: Connection, count: int) -> None:
    """Write them all; the database keeps the balances as it always does."""
    chunk: list[dict[str, Any]] = []
    for move in moves(count):
        chunk.append(move)
        if len(chunk) == CHUNK:
            connection.execute(insert(lot_move), chunk)
            chunk = []
    if chunk:
        connection.execute(insert(lot_move), chunk)


def slowest(connection: Connection) -> dict[str, Any]:
    """CPU and wall seconds of the slowest answer, and how many people the recalled lot went to."""
    taken, found = [], 0
    for lot_id in ("L0", "L1", "L0", f"L{LOTS // 2}", "L0"):
        cpu, wall = time.process_time(), time.perf_counter()
        answer = who_had_lot(connection, lot_id, EVERYTHING)
        taken.append((time.process_time() - cpu, time.perf_counter() - wall))
        found = max(found, len(answer["items"]))
    return {
        "patients": found,
        "seconds": round(max(cpu for cpu, _ in taken), 4),
        "wall_seconds": round(max(wall for _, wall in taken), 4),
    }


def main() -> int:
    """Build, ask, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=1_000_000)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/pharmacy.jsonl"))
    asked = parser.parse_args()
    keys = generate_keys(secrets.token_bytes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hospital.db"
        with create_database(path, keys.database) as database:
            began = time.process_time()
            with database.writing() as connection:
                now = Instant.of_minute(NOW)
                store_hospital(connection, hospital(asked.moves), now, name="Recall", sandbox=True)
                build(connection, asked.moves)
            built = time.process_time() - began
            with database.reading() as connection:
                measured = slowest(connection)
    within = measured["seconds"] <= LONGEST_SECONDS
    line = {"benchmark": "recall", "moves": asked.moves, "built_seconds": round(built, 1), **measured}
    print(append(asked.output, {**line, "within": within}))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
