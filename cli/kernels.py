"""Kernels are compiled once on a machine, in a process that ends.

Compiling all of them takes about a minute and leaves 400 MB behind that the process never gives back (measured
at `district`: 604 MB after compiling, 194 MB after reading the same kernels from their cache). A service that
runs for months should not carry that, so the first start after an installation or an edit has them compiled by
a child, and reads them from the cache like every start after it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

COMPILE = "from cli.kernels import compile_{0}; compile_{0}()"


@dataclass(frozen=True, slots=True)
class Family:
    """Kernels that are compiled together: how that is called, how long it takes, and where their sources lie."""

    name: str
    takes: str
    packages: tuple[str, ...]


PLACING = Family(
    "placing",
    "about a minute",
    ("solver.engine", "solver.equipment", "solver.hospital", "solver.pharmacy", "solver.placing"),
)
ROSTERING = Family("rostering", "half a minute", ("solver.engine", "solver.rostering"))
ADMISSIONS = Family("admissions", "some ten seconds", ("solver.engine", "solver.admissions"))
EQUIPMENT = Family("equipment", "some ten seconds", ("solver.engine", "solver.equipment"))
SIMULATION = Family("simulation", "some ten seconds", ("solver.engine", "simulations.engine"))
PLACED = Family(
    "placed_simulation",
    "about a minute",
    ("simulations.placing", "solver.engine", "solver.equipment", "solver.pharmacy", "solver.placing"),
)
PHARMACY = Family("pharmacy", "some ten seconds", ("solver.engine", "solver.pharmacy"))
SIDE_BY_SIDE = ((PLACING, PLACED), (SIMULATION, ROSTERING, EQUIPMENT, PHARMACY, ADMISSIONS))
"""Families compiled one after the other, beside the other row; the placed simulation needs placing's kernels."""


def compile_if_cold(tell: Callable[[str], None], family: Family = PLACING) -> None:
    """Fill the kernels' cache unless a stamp says that it was filled from these very sources on this machine.

    The stamp is a hint: where it is wrong, or the child fails, whoever needs the kernels compiles for itself.
    """
    stamp = _stamp(family, os.environ)
    if stamp.exists():
        return
    tell(f"Kernels of {family.name} are compiled for this machine; that takes {family.takes}, once.")
    command = [sys.executable, "-P", "-c", COMPILE.format(family.name)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        _leave(stamp, family)


def compile_placing() -> None:
    """Decide once in every way there is, on a small synthetic hospital."""
    from api.services.warming import warm_up
    from simulations.hospital import generate
    from solver.engine.rule import Profile
    from solver.placing.live import LiveHospital
    from solver.placing.problem import PlacingOptions

    now = 29_540_160
    warm_up(LiveHospital.of(generate("ward", 1, now), now, Profile(), PlacingOptions()))


def compile_simulation() -> None:
    """The kernels of the event engine, which a service does not need at its start."""
    from simulations.engine.warming import warm_up

    warm_up()


def compile_rostering() -> None:
    """The kernels that make rosters."""
    from solver.rostering.warming import warm_up

    warm_up()


def compile_admissions() -> None:
    """The kernels that plan admissions."""
    from solver.admissions.warming import warm_up

    warm_up()


def compile_placed_simulation() -> None:
    """The kernels of a hospital that is simulated with the placing of production in it."""
    from simulations.placing.warming import warm_up

    warm_up()


def compile_pharmacy() -> None:
    """Kernels of perishable stock: exact recursions, policies and simulated days."""
    from solver.pharmacy.perishable.warming import warm_up

    warm_up()


def compile_equipment() -> None:
    """The kernels that plan bookings, which a service does not need at its start."""
    from solver.equipment.warming import warm_up

    warm_up()


def _stamp(family: Family, environment: Mapping[str, str]) -> Path:
    """Named after everything that decides whether a cached kernel is still good."""
    digest = hashlib.sha256()
    for part in (platform.node(), platform.machine(), sys.version, version("numba"), version("numpy")):
        digest.update(part.encode())
    folders = [Path(import_module(package).__path__[0]) for package in family.packages]
    for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
        found = file.stat()
        digest.update(f"{file} {found.st_size} {found.st_mtime_ns}".encode())
    return _folder(folders[0], environment) / f"kernels-{family.name}-{digest.hexdigest()[:32]}.stamp"


def _folder(package: Path, environment: Mapping[str, str]) -> Path:
    """With the cache itself, so that who empties the one empties the other."""
    if environment.get("NUMBA_CACHE_DIR"):
        return Path(environment["NUMBA_CACHE_DIR"])
    if os.access(package, os.W_OK):
        return package / "__pycache__"
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "wardflow"


def _leave(stamp: Path, family: Family) -> None:
    """Put the stamp there, and take away those of sources that are no more."""
    try:
        stamp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for former in stamp.parent.glob(f"kernels-{family.name}-*.stamp"):
            former.unlink(missing_ok=True)
        stamp.touch()
    except OSError:
        # Nowhere to remember it: the next start looks again, which takes two seconds.
        return


def compile_all_if_cold(tell: Callable[[str], None]) -> None:
    """Fill the cache of every family, two side by side: each child keeps one processor busy."""
    with ThreadPoolExecutor(len(SIDE_BY_SIDE)) as pool:
        list(pool.map(partial(_compile_row, tell), SIDE_BY_SIDE))


def _compile_row(tell: Callable[[str], None], families: Sequence[Family]) -> None:
    for family in families:
        compile_if_cold(tell, family)


if __name__ == "__main__":
    compile_all_if_cold(print)
