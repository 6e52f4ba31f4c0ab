"""A hospital under load whose service is killed, again and again: started, loaded, read, repeated."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.safety.judge import Reading, Start, faults, read, repeated_otherwise, start_of
from benchmarks.safety.load import Hall, Meanwhile, Told, found_hall, repeat, under_load, worth_repeating
from cli.service import Service, start_service
from models.database import Database, open_database
from models.keys import read_key_file
from models.place import Place

CLIENTS: Final = 12
QUIET: Final = {"tick_seconds": 0, "solver_process": False}
"""Nothing but the clients changes the hospital; nobody asks for a batch that a process of its own would plan."""


SHOWN: Final = 3
"""How many faults of a round its line tells."""


@dataclass
class Scene:
    """One hospital and all that was ever told of it. ``module``: which program serves it, with which ``settings``."""

    folder: Path
    hall: Hall
    start: Start
    module: str
    settings: Mapping[str, object]
    told: list[Told] = field(default_factory=list)
    running: Service | None = None

    @property
    def service(self) -> Service:
        """The running service; started if there is none."""
        if self.running is None:
            hall = self.hall
            self.running = start_service(
                hall.database, hall.key_file, self.folder / "run", settings=self.settings, module=self.module
            )
        return self.running

    def kill(self) -> None:
        """SIGKILL to the service."""
        if self.running is not None:
            self.running.kill()
            self.running = None

    def stop(self) -> None:
        """End the service in good order."""
        if self.running is not None:
            self.running.stop()
            self.running = None

    def load(self, seed: str, meanwhile: Meanwhile) -> list[Told]:
        """What clients told, and were told, while something happened."""
        url = self.service.url
        return asyncio.run(under_load(url, self.hall.token, CLIENTS, seed, meanwhile))

    def repeated(self, told: list[Told]) -> list[Told]:
        """Every command once more under its key."""
        return asyncio.run(repeat(self.service.url, self.hall.token, told, CLIENTS))

    def read(self) -> Reading:
        """What the database holds; of an embedded one a copy is read, so that recovery is left to the service."""
        with opened(self.hall) as database, database.reading() as connection:
            return read(connection, self.start)


@dataclass(frozen=True, slots=True)
class Crash:
    """What one crash did. ``kept``: of the commands that were not answered, those that had been carried out;
    ``faults``: everything the judge found."""

    commands: int
    acknowledged: int
    unanswered: int
    kept: int
    seconds: float
    faults: tuple[str, ...]

    def line(self) -> dict[str, object]:
        """For a file of results: the first faults, and how many there were."""
        return {**asdict(self), **shortened(self.faults)}


def shortened(faults: Sequence[str]) -> dict[str, object]:
    """So much of what was found as a line of results can hold."""
    lost = sum(fault.startswith("lost: ") for fault in faults)
    return {"found": len(faults), "lost": lost, "faults": list(faults[:SHOWN])}


@contextlib.contextmanager
def staged(place: Place | None, module: str = "cli", **settings: object) -> Iterator[Scene]:
    """A new hospital, in a new file or at the address of an empty database; nothing runs yet."""
    with tempfile.TemporaryDirectory(prefix="wardflow-crashes-") as name:
        folder = Path(name)
        database = place if place is not None else folder / "data" / "hospital.db"
        hall = found_hall(database, folder / "keys" / "wardflow.keys", int(time.time()) // 60)
        with opened(hall) as found, found.reading() as connection:
            start = start_of(connection)
        scene = Scene(folder, hall, start, module, {**QUIET, **settings})
        try:
            yield scene
        finally:
            scene.kill()


@contextlib.contextmanager
def opened(hall: Hall) -> Iterator[Database]:
    """The database of a hospital that may be in use; of a file and its log, a copy."""
    keys = read_key_file(hall.key_file).database
    if not isinstance(hall.database, Path):
        with open_database(hall.database, keys, readers=1) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="wardflow-copy-") as folder:
        copy = Path(folder) / hall.database.name
        for suffix in ("", "-wal"):
            there = hall.database.with_name(hall.database.name + suffix)
            if there.exists():
                shutil.copyfile(there, copy.with_name(copy.name + suffix))
        with open_database(copy, keys, readers=1) as database:
            yield database


def judged(scene: Scene, told: list[Told], began: float) -> Crash:
    """Judge what a crash left, then repeat every command twice under its key, and judge again."""
    before = scene.read()
    found = faults([*scene.told, *told], before, scene.start)
    asked = worth_repeating(told)
    again, once_more = scene.repeated(asked), scene.repeated(asked)
    found += repeated_otherwise(asked, again)
    found += repeated_otherwise(again, once_more)
    silent = [one for one in asked if not one.acknowledged]
    kept = sum(before.holds(one, scene.start) for one in silent)
    repeated = {one.key: one for one in again}
    scene.told += [replace(one, answer=repeated.get(one.key, one).answer) for one in told]
    found += faults(scene.told, scene.read(), scene.start)
    acknowledged = sum(one.acknowledged for one in told)
    seconds = round(time.monotonic() - began, 1)
    return Crash(len(told), acknowledged, len(silent), kept, seconds, tuple(dict.fromkeys(found)))
