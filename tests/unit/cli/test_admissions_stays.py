"""The command line of stays: what is printed, written, and said by the exit status."""

from __future__ import annotations

import gzip

import pytest
from typer.testing import CliRunner

from cli.admissions import app
from cli.errors import Refused
from solver.engine.errors import InvalidInstance
from tests.stay_cases import PAS_TEXT, XML_TEXT, YEAR_TEXT


@pytest.fixture
def pas(tmp_path):
    path = tmp_path / "two_rooms.txt"
    path.write_text(PAS_TEXT)
    return path


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_plan_is_solved_written_and_recounted_with_one_decimal(pas, tmp_path):
    plan = tmp_path / "plan.csv"
    done = run("solve", pas, "--seconds", 1, "--clock", "cpu", "--workers", 1, "--output", plan)
    assert done.exit_code == 0, done.output
    assert "gap" in done.output
    assert plan.read_text().startswith("patient_id,night,room\n1,0,1\n1,1,1\n")
    checked = run("check", pas, plan)
    assert checked.exit_code == 0
    total = checked.output.splitlines()[-1]
    assert total.startswith("total: cost ")
    assert total.endswith(", hard rules broken 0")
    assert total in done.output.splitlines()
    assert total.split(",")[0].split(".")[1].isdecimal()


def test_who_is_left_out_is_listed_and_the_status_is_1(pas, tmp_path):
    plan = tmp_path / "plan.csv"
    plan.write_text("patient_id,night,room\n1,0,1\n1,1,1\n")
    checked = run("check", pas, plan)
    assert checked.exit_code == 1
    assert "left out: patient 2\n" in checked.output
    assert "       1      hard  placed\n" in checked.output


def test_a_packed_year_is_told_from_the_competition_by_what_it_holds(tmp_path):
    year, plan = tmp_path / "year.json.gz", tmp_path / "plan.csv"
    year.write_bytes(gzip.compress(YEAR_TEXT.encode()))
    done = run("solve", year, "--seconds", 1, "--clock", "cpu", "--workers", 1, "--output", plan)
    assert done.exit_code == 0, done.output
    assert plan.read_text() == "patient,day,room\np,2,0\np,3,0\n"


def test_a_file_of_no_family_and_a_cut_one_are_refused(tmp_path, pas):
    strange = tmp_path / "strange.txt"
    strange.write_text("hello")
    refused = run("check", strange, strange)
    assert isinstance(refused.exception, Refused)
    pas.write_text(PAS_TEXT.split("BEDS:")[0])
    refused = run("check", pas, strange)
    assert isinstance(refused.exception, InvalidInstance)
    assert "PATIENTS" in str(refused.exception)


def test_days_are_replayed_line_by_line_and_a_seed_repeats(tmp_path):
    instance, plans = tmp_path / "two_days.xml", [tmp_path / "one.csv", tmp_path / "other.csv"]
    instance.write_text(XML_TEXT)
    done = [run("replay", instance, "--moves", 2000, "--output", plan) for plan in plans]
    assert done[0].output.splitlines()[0] == "day 0: 2 in, 0 wait"
    assert "total: cost " in done[0].output
    assert plans[0].read_text() == plans[1].read_text()
    checked = run("check", instance, plans[0])
    assert checked.output.splitlines()[-1] == done[0].output.splitlines()[-1]
    assert checked.exit_code == done[0].exit_code


def test_files_of_the_competition_are_not_replayed(tmp_path):
    instance = tmp_path / "i.json"
    instance.write_text("{}")
    refused = run("replay", instance)
    assert isinstance(refused.exception, Refused)
    assert "registered" in str(refused.exception)
