"""``wardflow simulate``: from a commented example to a report, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.main import app
from solver.engine.errors import InvalidInstance

SMALL = """\
name: Small
run: {start: 2026-01-05, length: 40 d, warm_up: 5 d, replications: 5}
demand: {classes: {ill: {pathway: stay, arrivals: {random: {per_day: 4}}}}}
pathways: {stay: {steps: {ward: {bed: ward, takes: {exponential: 8 h}}}}}
resources: {ward: {beds: 2}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def said(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["simulate", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_example_runs_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    assert "Wrote" in said("init", path)
    shown = said("run", path, "--replications", 2, "--output", tmp_path / "out", "--event-log")
    for part in ("Mean wait", "Occupancy", "Transfers", "Overtime", "out of stock", "emergency/icu"):
        assert part in shown
    events = pd.read_parquet(tmp_path / "out" / "events.parquet")
    assert set(events["event"]) >= {"entered", "started", "finished", "left"}
    assert "ventilator: in order" not in set(events["step"])


def test_the_same_command_gives_the_same_bytes_whatever_the_workers(scenario: Path, tmp_path: Path) -> None:
    said("run", scenario, "--output", tmp_path / "one", "--event-log")
    said("run", scenario, "--output", tmp_path / "two", "--event-log", "--workers", 2)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two")
    assert set(one) == {
        "report.html",
        *(f"{name}.{kind}" for name in ("replications", "summary", "events") for kind in ("csv", "parquet")),
    }


def test_a_comparison_says_what_is_different(scenario: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("extends: small.yaml\nname: More beds\noverride: {resources.ward.beds: +2}\n")
    shown = said("compare", scenario, more, "--output", tmp_path / "out")
    assert "More beds shortens waits for stay/ward by " in shown
    table = pd.read_csv(tmp_path / "out" / "comparison.csv")
    assert table.loc[table["measure"] == "wait_mean", "decided"].all()


def test_a_sweep_shows_a_curve(scenario: Path, tmp_path: Path) -> None:
    shown = said("sweep", scenario, "--vary", "resources.ward.beds=+0,+1", "--output", tmp_path / "out")
    assert "over resources.ward.beds" in shown
    assert "resources.ward.beds=+1 shortens waits" in shown
    assert "<svg" in (tmp_path / "out" / "report.html").read_text()


def test_nothing_is_overwritten(scenario: Path, tmp_path: Path) -> None:
    from cli.errors import Refused

    for words in (["init", scenario], ["run", scenario, "--output", tmp_path]):
        with pytest.raises(Refused, match="Name a"):
            said(*words)
    assert scenario.read_text() == SMALL


def test_a_faulty_scenario_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(SMALL.replace("beds: 2", "beds: -2"))
    with pytest.raises(InvalidInstance, match=r"bad\.yaml:5, resources\.ward\.beds: got -2"):
        said("run", path, "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()


PLACED = """\
name: Placed
run: {start: 2026-01-05 07:00, length: 4 d, warm_up: 1 d, replications: 2}
hospital: {size: ward}
demand: {load: 1.1}
"""


def test_a_hospital_with_placing_in_it_is_run_compared_and_swept(tmp_path: Path) -> None:
    path, other = tmp_path / "placed.yaml", tmp_path / "other.yaml"
    path.write_text(PLACED)
    other.write_text("extends: placed.yaml\nname: Simple\noverride: {policies: {placing: first fit}}\n")
    shown = said("run", path, "--output", tmp_path / "one", "--event-log")
    assert all(part in shown for part in ("Mean wait", "Occupancy", "Share refused", "emergency", "GEN1"))
    events = pd.read_parquet(tmp_path / "one" / "events.parquet")
    assert set(events["event"]) == {"booked", "waits"}
    assert events["bed"].str.startswith("GEN1").any()
    said("run", path, "--output", tmp_path / "two", "--event-log", "--workers", 2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert "2 scenarios, 2 replications each with the same patients" in said("compare", path, other)
    assert "Occupancy" in said("sweep", path, "--vary", "hospital.seed=1,2")


def test_a_surge_that_adds_nobody_is_warned_of_on_the_screen_and_in_the_report(
    scenario: Path, tmp_path: Path
) -> None:
    demand = "demand: {surges: {flu: {classes: ill, from: 50 d, until: 60 d, factor: 2}}, classes:"
    scenario.write_text(SMALL.replace("demand: {classes:", demand))
    told = "small.yaml:3, demand.surges.flu"
    assert f"Warning: {told}" in said("run", scenario, "--output", tmp_path / "out")
    assert told in (tmp_path / "out" / "report.html").read_text()
