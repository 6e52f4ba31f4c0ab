"""``wardflow roster``: a file in, a roster out, recounted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.errors import Broken, Refused
from cli.main import app
from cli.started import seconds_since_start
from solver.engine.errors import InvalidInstance
from tests.roster_cases import SMALL


def said(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["roster", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_text(SMALL)
    return path


def test_a_roster_that_was_solved_is_found_whole_by_the_recount(problem: Path, tmp_path: Path) -> None:
    output = tmp_path / "roster.csv"
    shown = said("solve", problem, "--output", output, "--seconds", 1, "--workers", 1)
    assert re.search(r"^(optimal|feasible): cost \d+", shown, re.MULTILINE)
    total = next(line for line in shown.splitlines() if line.startswith("total"))
    assert total in said("check", problem, output)
    assert "hard rules broken 0" in total


def test_who_could_step_in_is_told_with_price_and_who_may_not_with_the_rule(
    problem: Path, tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    rows = ["A,0,D", "A,1,D", "B,1,N", "B,2,N", "C,6,D", "C,7,D"]
    roster.write_text("employee_id,day_index,shift_id\n" + "".join(f"{row}\n" for row in rows))
    shown = said("cover", problem, roster, "--employee", "B", "--day", 1)
    assert re.search(r"^ +-?\d+  A: cost -?\d+", shown, re.MULTILINE), shown
    assert re.search(r"may not  C: .*most_of_shift", shown), shown
    with pytest.raises(InvalidInstance):
        said("cover", problem, roster, "--employee", "B", "--day", 3)
    nobody = tmp_path / "nobody.txt"
    nobody.write_text(SMALL.replace("D=14|N=2", "D=14|N=0"))
    said("cover", nobody, roster, "--employee", "B", "--day", 1, code=1)


def test_a_broken_rule_ends_with_status_1(problem: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("employee_id,day_index,shift_id\nA,3,D\n")
    assert "hard rules broken" in said("check", problem, bad, code=1)


def test_a_file_that_is_no_problem_is_refused(problem: Path, tmp_path: Path) -> None:
    problem.write_text("nothing")
    with pytest.raises(InvalidInstance):
        said("solve", problem, "--output", tmp_path / "x.csv")
    with pytest.raises(Refused, match="--instance"):
        said("solve", tmp_path, "--output", tmp_path / "x")


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_solved(
    problem: Path, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        said("solve", problem, "--output", tmp_path / "nowhere" / "x.csv", "--seconds", 60)


def test_a_roster_no_one_can_build_is_answered_with_what_collides(problem: Path, tmp_path: Path) -> None:
    problem.write_text(SMALL.replace("A,3,4", "A,0,1,2,3,4,5,6,7,8,9,10,11,12,13"))
    with pytest.raises(Broken, match="Employee A: the contract's rules collide"):
        said("solve", problem, "--output", tmp_path / "x.csv", "--seconds", 1)


def test_the_time_a_process_has_been_running_goes_on() -> None:
    first = seconds_since_start()
    assert 0 < first <= seconds_since_start() < 1e6
