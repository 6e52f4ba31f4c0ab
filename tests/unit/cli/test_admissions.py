"""``wardflow admissions``: a file in, a plan out, recounted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.errors import Refused
from cli.main import app
from cli.started import seconds_since_start
from solver.admissions.formats import problem_to_document
from solver.admissions.warming import SMALLEST
from solver.engine.errors import InvalidInstance


def said(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["admissions", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    path = tmp_path / "smallest.json"
    path.write_text(json.dumps(problem_to_document(SMALLEST)), encoding="utf-8")
    return path


def test_a_plan_is_written_with_its_bound_and_found_whole_by_the_recount(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.kernels.compile_if_cold", lambda tell, family: None)
    output, seconds = tmp_path / "plan.json", 1 + seconds_since_start()
    shown = said("solve", instance, "--output", output, "--seconds", seconds, "--workers", 1)
    assert "bound 4" in shown
    assert "cost 4  gap 0.0%  continuity_of_care 3  open_theatre 1" in shown
    assert "optimal: cost 4, bound 4, gap 0.0%" in shown
    total = next(line for line in shown.splitlines() if line.startswith("total"))
    assert total == "total: cost 4, hard rules broken 0"
    assert total in said("check", instance, output)


def test_a_plan_without_the_mandatory_patient_is_told_as_broken(instance: Path, tmp_path: Path) -> None:
    nobody = tmp_path / "nobody.json"
    nobody.write_text('{"patients": [], "nurses": []}', encoding="utf-8")
    assert "hard rules broken 1" in said("check", instance, nobody, code=1)


def test_a_file_cut_short_or_of_no_known_family_is_refused(instance: Path, tmp_path: Path) -> None:
    instance.write_text(instance.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(InvalidInstance):
        said("solve", instance, "--output", tmp_path / "plan.json", "--seconds", 1)
    instance.write_text("nurses,rooms", encoding="utf-8")
    with pytest.raises(Refused, match="no known family"):
        said("check", instance, instance)


def test_a_clock_there_is_not_is_refused(instance: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="wall or cpu"):
        said("solve", instance, "--output", tmp_path / "plan.json", "--clock", "sundial")
