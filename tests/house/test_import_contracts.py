"""Imports point downwards only. The layers stand in pyproject.toml; what they cannot say is said here."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
SHARED = {"engine", "hospital"}
# Placing decides over units and lots with the rules of their own rooms, so that each rule has one home.
LENT_TO_PLACING = {"equipment", "pharmacy"}
LENT_FILES = ("problem", "rules", "kernels")


def breaches(edges: Iterable[tuple[str, str]]) -> list[str]:
    """Those imports inside ``solver`` that a room may not make, as "importer -> imported"."""
    return [
        f"{importer} -> {imported}" for importer, imported in edges if not _is_allowed(importer, imported)
    ]


def _is_allowed(importer: str, imported: str) -> bool:
    parts = (*imported.split("."), "", "")
    here, there, file = _room(importer), parts[1], parts[2]
    if not here or not there or here == there:
        return True
    if here == "engine":
        return False
    if here == "hospital":
        return imported == "solver.engine.errors"
    if here == "placing" and there in LENT_TO_PLACING:
        return file.startswith(LENT_FILES)
    return there in SHARED


def _room(module: str) -> str:
    return (*module.split("."), "")[1]


def test_the_layers_of_the_house_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_room_of_the_solver_enters_another() -> None:
    graph = grimp.build_graph("solver", cache_dir=None)
    modules = sorted(graph.modules)
    assert "solver.engine.errors" in modules
    edges = [
        (module, imported)
        for module in modules
        for imported in sorted(graph.find_modules_directly_imported_by(module))
    ]
    assert breaches(edges) == []


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("solver.placing.search", "solver.equipment.rules", True),
        ("solver.placing.search", "solver.pharmacy.kernels_lots", True),
        ("solver.placing.search", "solver.equipment.solve", False),
        ("solver.placing.search", "solver.equipment", False),
        ("solver.placing.search", "solver.rostering.problem", False),
        ("solver.equipment.rules", "solver.placing.rules", False),
        ("solver.equipment.rules", "solver.pharmacy.rules", False),
        ("solver.rostering.solve", "solver.engine.cpsat", True),
        ("solver.rostering.solve", "solver.hospital.staff", True),
        ("solver.rostering.solve", "solver.rostering.rules", True),
        ("solver.hospital.bed", "solver.engine.errors", True),
        ("solver.hospital.bed", "solver.engine.jit", False),
        ("solver.hospital.bed", "solver.placing.rules", False),
        ("solver.engine.cpsat", "solver.engine.result", True),
        ("solver.engine.cpsat", "solver.hospital.bed", False),
    ],
)
def test_the_check_tells_a_breach_from_a_loan(importer: str, imported: str, allowed: bool) -> None:
    expected = [] if allowed else [f"{importer} -> {imported}"]
    assert breaches([(importer, imported)]) == expected
