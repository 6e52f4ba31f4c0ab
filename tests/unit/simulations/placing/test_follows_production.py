"""A rule of placing is edited in a copy of the sources, and the simulator follows: it has no rule of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PACKAGES = ("solver", "simulations")
RUN = """
import hashlib
from simulations.hospital import generate
from simulations.placing.model import PlacedModel
from simulations.placing.run import simulate

now = 29_540_160
log = simulate(PlacedModel(generate("ward", 1, now), now, load=1.2), seed=1, minutes=4 * 1440, log=True).log
print(len(log), hashlib.sha256(log.tobytes()).hexdigest()[:16])
"""
FINGERPRINT = """
from simulations.placing.kernels import advance
from solver.engine.kernel_cache import fingerprint

print(fingerprint(advance))
"""
EDITS = {
    "a comparison of a kernel": (
        "solver/placing/kernels_beds.py",
        "if ask.care_level > places.care_level[bed]:",
        "if ask.care_level >= places.care_level[bed] and places.single[places.room[bed]]:",
    ),
    "a price of a kernel": (
        "solver/placing/kernels_beds.py",
        "cost += prices[SPECIALITY]",
        "cost -= prices[SCARCE_SINGLE] + bed",
    ),
    "a rule of turns": (
        "solver/placing/turns.py",
        "AHEAD_MINUTES: Final = MINUTES_PER_DAY",
        "AHEAD_MINUTES: Final = 4 * MINUTES_PER_DAY",
    ),
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(folder: Path, code: str, *, compiled: bool) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["NUMBA_DISABLE_JIT"] = "0" if compiled else "1"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def unedited(original: Path) -> tuple[str, str]:
    return run(original, RUN, compiled=False), run(original, FINGERPRINT, compiled=True)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_rule_of_placing_changes_what_the_simulator_decides(
    original: Path, unedited: tuple[str, str], edit: str
) -> None:
    """Run without compiling, so that what is edited is what runs; and the compiled loop would be compiled anew."""
    name, before, after = EDITS[edit]
    file = original / name
    text = file.read_text()
    assert text.count(before) == 1
    decided, known = unedited
    file.write_text(text.replace(before, after))
    try:
        assert run(original, RUN, compiled=False) != decided
        assert run(original, FINGERPRINT, compiled=True) != known
    finally:
        file.write_text(text)
