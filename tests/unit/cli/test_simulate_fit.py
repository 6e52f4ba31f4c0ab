"""``wardflow simulate fit``: from a log to a scenario that runs, and a report that says what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.errors import Refused
from cli.main import app
from solver.engine.errors import InvalidInstance
from tests.recorded_logs import HOSPITAL, SECRET, as_transfers, built, log_of, written

FEW = ("--frees-bed", "triage", "--replications", 40)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    truth = built(folder, HOSPITAL, ("run.length", "30 d"))
    return written(as_transfers(log_of(truth, 2)), folder / "log.csv")


def said(*words: object) -> str:
    result = CliRunner().invoke(app, ["simulate", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_log_becomes_a_scenario_that_runs_and_a_report(log: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    shown = said("fit", log, "--output", scenario, *FEW)
    assert "95 % band of the simulation" in shown
    assert shown.index("misfit first") < shown.index("Beds in use, icu")
    page = (tmp_path / "s-back-test.html").read_text()
    assert "Misfit first" in page
    assert "Mean wait" in said("run", scenario, "--replications", 2)
    name = SECRET.split("-")[-1]
    assert not any(name in text for text in (shown, page, scenario.read_text()))


def test_a_scenario_that_was_changed_is_held_beside_the_log_again(log: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    said("fit", log, "--output", scenario, "--beds", "triage=9", *FEW)
    assert "triage: {beds: 9}" in scenario.read_text()
    shown = said("back-test", scenario, log, "--report", tmp_path / "again.html", *FEW)
    [first] = [line for line in shown.splitlines() if "The largest" in line]
    assert "triage" in first
    assert (tmp_path / "again.html").exists()


def test_nothing_is_overwritten_and_nothing_half_written(log: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    scenario.write_text("mine")
    with pytest.raises(Refused, match="nothing is overwritten"):
        said("fit", log, "--output", scenario)
    bad = tmp_path / "bad.csv"
    bad.write_text("patient,time,event,ward\nX,2026-01-05,flown,icu\n")
    with pytest.raises(InvalidInstance, match=r"bad\.csv:2, event"):
        said("fit", bad, "--output", tmp_path / "new.yaml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "s.yaml"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--gap", "soon"),
        ("--column", "patient"),
        ("--beds", "icu=none"),
        ("--stays", "short"),
        ("--from", "monday"),
        ("--until", "2026-01-20T00:00+01:00"),
        ("--from", "2026-01-20 00:30"),
        ("--from", "2027-01-20"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_a_remedy(
    log: Path, tmp_path: Path, option: str, value: str
) -> None:
    with pytest.raises(InvalidInstance, match=option):
        said("fit", log, "--output", tmp_path / "s.yaml", option, value)
