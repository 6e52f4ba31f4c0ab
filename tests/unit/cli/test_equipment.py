"""The command line of bookings: what is printed, written, and said by the exit status."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.equipment import app
from cli.errors import Refused
from solver.engine.errors import InvalidInstance

INSTANCE = {
    "horizon": 1000,
    "wards": ["A", "B"],
    "transport": [[0, 5], [5, 0]],
    "devices": [{"id": "D0", "type": "pump", "home": "A", "unavailable": []}],
    "requests": [
        {
            "id": f"R{n}",
            "types": ["pump"],
            "ward": "AB"[n],
            "earliest": 10,
            "latest_start": 90,
            "duration": 30,
        }
        for n in range(2)
    ],
}


@pytest.fixture
def bookings(tmp_path):
    path = tmp_path / "bookings.json"
    path.write_text(json.dumps(INSTANCE))
    return path


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_plan_is_solved_written_and_found_clean(bookings, tmp_path):
    plan = tmp_path / "plan.csv"
    done = run("solve", bookings, "--seconds", 60, "--workers", 2, "--output", plan)
    assert done.exit_code == 0, done.output
    assert "status optimal  cost 40  bound 40  gap 0.00 %" in done.output
    assert plan.read_text() == "request,device,start\nR0,D0,10\nR1,D0,45\n"
    checked = run("check", bookings, plan)
    assert checked.exit_code == 0
    assert "total                    hard        0 cost       40" in checked.output


def test_the_example_of_the_documentation_is_solved_to_the_end():
    done = run("solve", Path(__file__).parents[3] / "docs" / "example-bookings.json", "--seconds", 60)
    assert done.exit_code == 0, done.output
    assert "status optimal" in done.output
    assert "verified by the referee" in done.output


def test_a_file_that_cannot_be_written_is_told_before_the_search(bookings, tmp_path):
    done = run("solve", bookings, "--seconds", 60, "--output", tmp_path / "nowhere" / "plan.csv")
    assert isinstance(done.exception, Refused)
    assert "status" not in done.output


def test_a_broken_plan_ends_with_status_one_and_names_who_breaks_what(bookings, tmp_path):
    plan = tmp_path / "plan.csv"
    plan.write_text("request,device,start\nR0,D0,10\nR1,D0,44\n")
    done = run("check", bookings, plan)
    assert done.exit_code == 1
    assert "unit_free                hard        1          0  R1 on D0 at 44" in done.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("request,unit,start\n", "the header request,device,start"),
        ("request,device,start\nR9,D0,1\n", "a request of the instance"),
        ("request,device,start\nR0,D9,x\n", "2 problems"),
        ("request,device,start\nR0,D0\n", "line 2: got 'R0,D0'"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_with_every_fault(bookings, tmp_path, text, told):
    plan = tmp_path / "plan.csv"
    plan.write_text(text)
    done = run("check", bookings, plan)
    assert isinstance(done.exception, InvalidInstance)
    assert told in str(done.exception)


def test_fixed_bookings_go_the_same_way(tmp_path):
    path, plan = tmp_path / "jobs.dat.gz", tmp_path / "plan.csv"
    path.write_bytes(gzip.compress(b"Jobs = 2\n0 4\n4 9\nQualifications = 2\n1: 0\n2: 0 1\n"))
    done = run("solve", path, "--seconds", 60, "--output", plan)
    assert done.exit_code == 0, done.output
    assert plan.read_text() == "job,device\n0,1\n1,1\n"
    assert run("check", path, plan).exit_code == 0
    plan.write_text("job,device\n0,0\n")
    assert run("check", path, plan).exit_code == 1


def test_a_device_that_fails_leaves_a_plan_that_says_who_must_be_told(bookings, tmp_path):
    instance = {**INSTANCE, "devices": [*INSTANCE["devices"], {**INSTANCE["devices"][0], "id": "D1"}]}
    bookings.write_text(json.dumps(instance))
    plan, after = tmp_path / "plan.csv", tmp_path / "after.csv"
    plan.write_text("request,device,start\nR0,D0,10\nR1,D1,10\n")
    fast = ("--rounds", 1, "--seconds", 60)
    done = run("repair", bookings, plan, "--out", "D1:0-900", "--changes", 0, *fast, "--output", after)
    assert done.exit_code == 0, done.output
    assert "moved    R1: D1 at 10 -> D0 at 45\n" in done.output
    assert "cost 40  moved 1  lost 0  changed 0" in done.output
    assert after.read_text() == "request,device,start\nR0,D0,10\nR1,D0,45\n"
    lost = run("repair", bookings, plan, "--out", "D1:0-900", "--out", "D0:0-900", *fast)
    assert "lost     R0: D0 at 10 -> none" in lost.output
    assert isinstance(run("repair", bookings, plan, "--out", "D1").exception, Refused)


# --- fleets --------------------------------------------------------------------------------------------------
SCENARIO = """\
name: Pumps
run: {start: 2026-01-05, length: 60 d, warm_up: 4 d, replications: 6}
demand:
  classes:
    urgent: {pathway: stay, priority: 0, arrivals: {random: {per_day: 3}}}
    routine: {pathway: stay, priority: 1, arrivals: {random: {per_day: 3}}}
pathways: {stay: {steps: {use: {needs: {pump: 1}, takes: {exponential: 8 h}, patience: 6 h}}}}
resources: {pump: {units: 2}, hoist: {units: 4}}
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "pumps.yaml"
    path.write_text(SCENARIO)
    return path


def test_bookings_are_planned_for_each_fleet(bookings):
    done = run("fleet", bookings, "--type", "pump", "--around", 1, "--seconds", 60)
    assert done.exit_code == 0, done.output
    assert [line.split() for line in done.output.splitlines()] == [
        ["devices", "unserved", "wait", "cost", "bound"],
        ["0", "2", "0", "600", "600"],
        ["1", "0", "35", "40", "40"],
        ["2", "0", "0", "5", "5"],
    ]


def test_a_scenario_is_simulated_with_each_fleet_and_the_answer_is_a_sentence(scenario, tmp_path):
    done = run("fleet", scenario, "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert any(line.startswith("pump: 2 units, ") for line in lines)
    numbers = r"\(95 % [0-9.]+ to [0-9.]+\)"
    for wanted in (
        rf"one pump more: [0-9.]+ fewer refusals a week {numbers}",
        rf"one pump fewer: [0-9.]+ more refusals of urgent \(priority 0\) a week {numbers}",
    ):
        assert any(re.fullmatch(wanted, line) for line in lines), done.output
    assert "6 replications each with the same requests, 12 comparisons corrected for" in lines
    assert "hoist" not in done.output
    told = json.loads((tmp_path / "out" / "fleet.json").read_text())
    assert [(row["units"], row["patient_class"]) for row in told["fleets"]] == [
        (units, name) for units in (1, 2, 3) for name in ("", "urgent", "routine")
    ]
    assert set(told["answers"]) <= set(lines)
    report = (tmp_path / "out" / "report.html").read_text()
    assert "wardflow equipment fleet pumps.yaml --seed 1" in report
    assert "one pump more: " in report


def test_a_fleet_that_nobody_would_miss_is_told_so_and_the_same_seed_says_the_same(scenario):
    scenario.write_text(SCENARIO.replace("pump: {units: 2}", "pump: {units: 90}"))
    done = run("fleet", scenario, "--type", "pump", "--type", "hoist", "--replications", 2)
    assert "one pump fewer: no wait and no refusal is other than it was" in done.output
    assert "one pump more: no wait and no refusal is other than it was" in done.output
    assert "one hoist more: nobody asks for it" in done.output
    again = run("fleet", scenario, "--type", "pump", "--type", "hoist", "--replications", 2, "--workers", 2)
    assert again.output == done.output


def test_every_fault_of_a_question_about_fleets_is_told_at_once(scenario, bookings, tmp_path):
    done = run("fleet", scenario, "--type", "lamp", "--type", "pump", "--change", -3, "--change", 0)
    assert isinstance(done.exception, InvalidInstance)
    assert {(each.where, each.value) for each in done.exception.problems} == {
        ("type", "lamp"),
        ("change", -3),
        ("change", 0),
    }
    both = run("fleet", bookings, "--type", "lamp", "--around", 0, "--change", 1)
    assert [(each.where, each.value) for each in both.exception.problems] == [("around", 0)] * 2
    assert isinstance(run("fleet", scenario, "--seconds", 5).exception, Refused)
    strange = run("fleet", bookings, "--type", "pump", "--replications", 5, "--output", tmp_path / "out")
    assert str(strange.exception).startswith("--replications, --output: ")
    assert isinstance(run("fleet", bookings).exception, Refused)
    assert run("fleet", tmp_path / "none.yaml").exit_code == 2
    (tmp_path / "broken.yaml").write_text(SCENARIO.replace("per_day: 3", "per_day: -3"))
    assert isinstance(run("fleet", tmp_path / "broken.yaml").exception, InvalidInstance)


def test_the_answer_in_the_documentation_is_what_the_command_says():
    docs = Path(__file__).parents[3] / "docs"
    told = (
        (docs / "equipment.md")
        .read_text()
        .partition("docs/example-fleet.yaml` says, among others:\n\n```\n")[2]
    )
    lines = told.partition("\n```")[0].splitlines()
    assert len(lines) == 5
    done = run("fleet", docs / "example-fleet.yaml")
    assert done.exit_code == 0, done.output
    assert set(lines) <= set(done.output.splitlines())
