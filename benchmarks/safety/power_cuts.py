"""Cut the power of the embedded database: `python -m benchmarks.safety.power_cuts [KIND] --rounds N [--seed S]`.

The real service runs under load with a recorder around its SQLite, is stopped in good order, started and loaded once
more, and killed. Then the power is cut at random places of the recording: what the disk may hold there (``disk``:
whatever was not synced is kept, lost, torn or out of order) is put into a folder and opened as ever, and judged
(``judge``): nothing answered before the cut is lost, no booking is without its audit line, the outbox is in step, the
audit chain whole. One recording serves ``ON_ONE`` cuts. Kinds:

``full``    the service as it is
``normal``  a control: ``synchronous=NORMAL``, which must lose what was acknowledged
``apart``   a control: audit lines, answers and events in a transaction of their own, which must leave things half done
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from benchmarks.record import append
from benchmarks.safety.disk import EVERYTHING, Disk, Luck
from benchmarks.safety.judge import Start, faults, read
from benchmarks.safety.load import Told, wait_for
from benchmarks.safety.recording import Entry, entries
from benchmarks.safety.resuming import done_before
from benchmarks.safety.scene import shortened, staged
from models.database import open_database
from models.errors import DatabaseError
from models.keys import KeyRing, read_key_file

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "full": {},
    "normal": {"synchronous": "NORMAL"},
    "apart": {"books": "apart"},
}
"""What is told to the recorded service."""

ROUNDS: Final = 200
ON_ONE: Final = 50
COMMANDS: Final = 200
"""How many commands are over in each of a recording's two runs."""

NAME: Final = "hospital.db"
RESULTS: Final = Path("benchmarks/results/power_cuts.jsonl")


@dataclass(frozen=True, slots=True)
class Recording:
    """What the service asked of the disk and what it answered, over a database of which ``before`` was durable;
    ``after``: the files it left."""

    before: bytes
    after: Mapping[str, bytes]
    entries: list[Entry]
    told: list[Told]
    start: Start
    keys: KeyRing

    def complete(self) -> Recording:
        """Itself; raises ``RuntimeError`` unless all that was recorded, carried out, gives the files that are there."""
        disk = Disk({NAME: self.before})
        for number, entry in enumerate(self.entries):
            disk.follow(number, entry)
        if disk.after_cut(EVERYTHING) != self.after:
            raise RuntimeError(
                "What was recorded, carried out, does not give the files that are there: something was not recorded."
            )
        return self


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut: after how many of how many entries, how many commands had been acknowledged, what was found."""

    entry: int
    entries: int
    acknowledged: int
    faults: tuple[str, ...]

    def line(self) -> dict[str, object]:
        """For a file of results."""
        return {**asdict(self), **shortened(self.faults)}


def record(kind: str, seed: str, commands: int) -> Recording:
    """Run the service over a new hospital, twice."""
    with tempfile.TemporaryDirectory(prefix="wardflow-recording-") as folder:
        path = Path(folder) / "recording"
        with staged(None, "benchmarks.safety.recorded_service", recording=path, **KINDS[kind]) as scene:
            database = scene.hall.database
            assert isinstance(database, Path), "power is cut under a file"
            before = database.read_bytes()
            told = scene.load(f"{seed}/first", lambda over: wait_for(commands, over))
            scene.stop()
            told += scene.load(f"{seed}/second", lambda over: wait_for(commands, over))
            scene.kill()
            after = {name: database.with_name(name).read_bytes() for name in (NAME, f"{NAME}-wal")}
            keys = read_key_file(scene.hall.key_file).database
            return Recording(before, after, list(entries(path)), told, scene.start, keys).complete()


def cuts(recording: Recording, count: int, dice: random.Random) -> Iterator[Cut]:
    """Cut the power at so many places after the first answer, and judge what is left."""
    first = next(n for n, entry in enumerate(recording.entries) if entry.kind == "answer")
    places = sorted(dice.choices(range(first + 1, len(recording.entries) + 1), k=count))
    disk, answered, reached = Disk({NAME: recording.before}), set[str](), 0
    for place in places:
        for number in range(reached, place):
            entry = recording.entries[number]
            disk.follow(number, entry)
            if entry.kind == "answer":
                answered.add(entry.key)
        reached = place
        told = [one if one.key in answered else replace(one, answer=None) for one in recording.told]
        found = judged(disk.after_cut(Luck.drawn(dice)), told, recording)
        acknowledged = sum(one.acknowledged for one in told)
        yield Cut(place, len(recording.entries), acknowledged, tuple(found))


def judged(image: Mapping[str, bytes], told: list[Told], recording: Recording) -> list[str]:
    """What is found wrong with what a cut left, once the database code has recovered it."""
    with tempfile.TemporaryDirectory(prefix="wardflow-cut-") as folder:
        for name, content in image.items():
            (Path(folder) / name).write_bytes(content)
        try:
            with (
                open_database(Path(folder) / NAME, recording.keys, readers=1) as database,
                database.reading() as connection,
            ):
                return faults(told, read(connection, recording.start), recording.start)
        except (DatabaseError, DBAPIError) as error:
            return [f"lost: the database cannot be read any more ({type(error).__name__}: {error})"]


# --- telling --------------------------------------------------------------------------------------------------
def run(kind: str, seed: int, rounds: int, done: int, output: Path) -> list[Cut]:
    """The cuts that are still to be done, each appended to the file as it is judged."""
    made: list[Cut] = []
    while done + len(made) < rounds:
        name = f"{kind}/{seed}/{done + len(made)}"
        recording = record(kind, name, COMMANDS)
        for cut in cuts(recording, min(ON_ONE, rounds - done - len(made)), random.Random(name)):
            made.append(cut)
            number = done + len(made)
            append(
                output, {"benchmark": "power cuts", "kind": kind, "seed": seed, "round": number, **cut.line()}
            )
            print(
                f"{kind} {number}/{rounds}: after entry {cut.entry} of {cut.entries}, {cut.acknowledged} commands "
                f"acknowledged: {len(cut.faults)} faults {' '.join(cut.faults[:1])}",
                flush=True,
            )
    return made


def main() -> int:
    """Run one campaign. Status 1 if it found a fault, or, the control, if no cut showed one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", nargs="?", choices=KINDS, default="full")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="cuts in all, those of the file included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="count none that the file holds")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    done = 0 if asked.fresh else done_before("power cuts", asked.kind, asked.seed, asked.output)
    found = any(cut.faults for cut in run(asked.kind, asked.seed, asked.rounds, done, asked.output))
    return int(found is (asked.kind == "full"))


if __name__ == "__main__":
    sys.exit(main())
