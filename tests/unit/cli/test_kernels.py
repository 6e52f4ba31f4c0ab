"""When kernels are compiled in a process that ends, and when not again."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cli import kernels


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been run; compiling itself takes a minute."""
    run: list[list[str]] = []

    def remember(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        run.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("cli.kernels.subprocess.run", remember)
    return run


def test_kernels_are_compiled_once_for_the_same_sources(children: list[list[str]]) -> None:
    said: list[str] = []
    kernels.compile_if_cold(said.append)
    kernels.compile_if_cold(said.append)
    assert len(children) == len(said) == 1
    assert children[0][-1] == kernels.COMPILE.format("placing")
    kernels.compile_if_cold(said.append, kernels.SIMULATION)
    assert children[1][-1] == kernels.COMPILE.format("simulation")


def test_who_empties_the_cache_has_them_compiled_again(children: list[list[str]], tmp_path: Path) -> None:
    kernels.compile_if_cold(lambda _: None)
    for file in (tmp_path / "cache").iterdir():
        file.unlink()
    kernels.compile_if_cold(lambda _: None)
    assert len(children) == 2


@pytest.mark.parametrize("package", kernels.PLACING.packages)
def test_an_edit_has_them_compiled_again(
    package: str, children: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels.compile_if_cold(lambda _: None)
    copy = Path(os.environ["NUMBA_CACHE_DIR"]).parent / package
    copy.mkdir()
    (copy / "kernels.py").write_text("ONE = 1\n")
    monkeypatch.setattr(import_module(package), "__path__", [str(copy)])
    kernels.compile_if_cold(lambda _: None)
    (copy / "kernels.py").write_text("ONE = 11\n")
    kernels.compile_if_cold(lambda _: None)
    assert len(children) == 3


def test_a_failed_compilation_is_not_taken_for_done(
    children: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr("cli.kernels.subprocess.run", lambda *_, **__: children.append([]) or failed)
    kernels.compile_if_cold(lambda _: None)
    kernels.compile_if_cold(lambda _: None)
    assert len(children) == 2


LARGER_HOSPITAL = """
from numba.core import event
from api.services.warming import warm_up
from simulations.hospital import generate
from solver.engine.rule import Profile
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions

class Compilations(event.Listener):
    def on_start(self, event): print(event.data["dispatcher"].__name__)
    def on_end(self, event): pass

event.register("numba:compile", Compilations())
warm_up(LiveHospital.of(generate("district", 2, 29_600_000), 29_600_000, Profile(), PlacingOptions()))
"""


@pytest.mark.slow
def test_what_the_child_compiles_is_all_that_a_larger_hospital_needs() -> None:
    script = kernels.COMPILE.format("placing") + LARGER_HOSPITAL
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
