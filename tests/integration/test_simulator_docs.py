"""The example of docs/simulator.md runs, and shows what a reader would see."""

from __future__ import annotations

import re
import sys
from contextlib import chdir
from pathlib import Path

import pytest

from simulations.scenarios.variants import family

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "simulations" / "scenarios" / "example.yaml").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_python_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scenario.yaml").write_text(EXAMPLE, encoding="utf-8")
    code = blocks("python")[-1]
    with chdir(tmp_path):
        exec(compile(code, "docs/simulator.md", "exec"), {})  # noqa: S102
    shown = capsys.readouterr().out
    assert re.search(r"A small hospital\s+3\s+0\.\d+", shown), (shown, sys.version)


def test_the_variant_example_is_one_of_the_example_scenario(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(EXAMPLE, encoding="utf-8")
    variant = blocks("yaml")[0]
    (tmp_path / "variant.yaml").write_text(variant, encoding="utf-8")
    family(tmp_path / "variant.yaml")


def test_the_example_of_a_whole_hospital_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, code = blocks("yaml")[1], blocks("python")[0]
    (tmp_path / "district.yaml").write_text(scenario, encoding="utf-8")
    with chdir(tmp_path):
        exec(compile(code, "docs/simulator.md", "exec"), {})  # noqa: S102
    shown = capsys.readouterr().out
    assert {"emergency", "urgent", "soon", "routine"} <= set(shown.split()), shown
