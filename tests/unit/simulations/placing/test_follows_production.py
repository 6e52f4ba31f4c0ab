"""A rule of placing is edited in a copy of the sources, and the simulator follows: it has no rule of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
log = simulate(PlacedModel(generate("ward", 1, now), now, load=1.2), seed=3, minutes=2 * 1440, log=True).log
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
        "cost += prices[SCARCE_SINGLE]",
        "cost -= prices[SCARCE_SINGLE]",
    ),
    "a rule of turns": (
        "solver/placing/turns.py",
        "base = max(needed_by, now)",
        "base = max(needed_by, now) + 15",
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


@contextmanager
def edited(folder: Path, edit: str) -> Iterator[None]:
    """One rule differs from the original inside."""
    name, before, after = EDITS[edit]
    file = folder / name
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))
    try:
        yield
    finally:
        file.write_text(text)


@pytest.fixture(scope="module")
def decided(original: Path) -> str:
    return run(original, RUN, compiled=False)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_rule_of_placing_changes_what_the_simulator_decides(
    original: Path, decided: str, edit: str
) -> None:
    """Without compiling, so that what is edited is what runs."""
    with edited(original, edit):
        assert run(original, RUN, compiled=False) != decided


def test_an_edited_kernel_of_placing_lets_the_loop_be_compiled_anew(original: Path) -> None:
    """The cache of the compiled loop is keyed by all that is compiled into it."""
    known = run(original, FINGERPRINT, compiled=True)
    assert run(original, FINGERPRINT, compiled=True) == known
    with edited(original, "a comparison of a kernel"):
        assert run(original, FINGERPRINT, compiled=True) != known
