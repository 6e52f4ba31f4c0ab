"""The campaign of stays: a line a run, and none twice."""

from __future__ import annotations

import json

import pytest

from benchmarks.quality import stays
from tests.stay_cases import PAS_TEXT, lying, patient, ward


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pas").mkdir()
    (tmp_path / "pas" / "two_rooms.txt").write_text(PAS_TEXT)
    published = {"instances": {"two_rooms": {"lp_bound": 10.0}}}
    (tmp_path / "pas" / "results.json").write_text(json.dumps(published))
    return tmp_path


def test_a_run_is_appended_compared_and_not_made_again(folder, tmp_path, capsys):
    output = tmp_path / "stays.jsonl"
    words = [
        str(folder),
        "pas",
        "--seconds",
        "0.2",
        "--clock",
        "cpu",
        "--workers",
        "1",
        "--output",
        str(output),
    ]
    stays.main(words)
    stays.main(words)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(line["case"], line["seed"], line["broken"]) for line in lines] == [("two_rooms", 1, 0)]
    assert lines[0]["above_lp_bound"] == pytest.approx((lines[0]["cost"] - 100) / 100)
    stays.main([*words, "--seeds", "1", "2"])
    assert len(output.read_text().splitlines()) == 2
    capsys.readouterr()
    stays.main([*words, "--table"])
    assert f"mean above_lp_bound {lines[0]['above_lp_bound']:.4f}" in capsys.readouterr().out


def test_days_alone_are_those_of_private_patients_before_the_end_of_the_year():
    problem = ward(patient("private", 3, private=True), patient("other", 2))
    plan = lying(
        *(("private", day, "double") for day in range(3)), ("other", 0, "double"), ("other", 1, "single")
    )
    assert stays.days_alone(problem, plan, problem.days) == 2
    assert stays.days_alone(problem, plan, 2) == 1
