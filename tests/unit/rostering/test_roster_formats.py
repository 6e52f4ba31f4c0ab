"""Files of rosters: read with every fault named, written as they are read."""

import pytest

from solver.engine.errors import InvalidInstance
from solver.rostering import formats_curtois, formats_inrc2
from solver.rostering.problem import Assignment, Limits, Roster
from tests.roster_cases import SMALL, public


def read(tmp_path, text):
    path = tmp_path / "small.txt"
    path.write_text(text)
    return formats_curtois.read(path)


def test_a_problem_is_read_as_it_is_written(tmp_path):
    problem = read(tmp_path, SMALL)
    assert (problem.days, len(problem.employees), len(problem.cover), len(problem.wishes)) == (14, 3, 4, 2)
    first = problem.employees[0]
    assert first.days_off == {3, 4}
    assert first.contract.minutes == Limits(2400, 4800)
    assert first.contract.most_of_shift == {"D": 14, "N": 2}
    assert problem.shifts[1].never_before == {"D"}


FAULTS = [
    ("14\n", "13\n", ["horizon"]),
    ("A,0,D,2", "A,0,X,2", ["wish 1, shift"]),
    ("0,N,1,100,1", "0,N,9,100,1", ["cover of day 0, shift 'N'"]),
    ("A,3,4", "Z,3,4", ["small.txt"]),
    ("N,600,D", "N,long,D", ["small.txt, line 7"]),
    ("B,D=14|N=14,4800,2400,5,2,2,1", "B,D=14|N=14,2400,4800,5,2,2,1", ["contract 'B', minutes"]),
    ("B,D=14|N=14,4800,2400,5", "B,D=14|N=14,99999,99999,5", ["contract 'B', minutes"]),
    (
        "SECTION_COVER\n",
        "",
        ["small.txt, line 23", "small.txt, line 26", "small.txt"],
    ),
    ("0,D,1,100,1", "0,D,1,99999999999999999999,1", ["small.txt, line 24"]),
    ("0,D,1,100,1", "0,D,1,9999999999,1", ["cover of day 0, shift 'D'"]),
    ("1,D,2,100,1", "0,D,2,100,1", ["cover of day 0, shift 'D'"]),
]


@pytest.mark.parametrize(("right", "wrong", "places"), FAULTS, ids=lambda value: str(value)[:24])
def test_a_fault_is_named_with_its_place(tmp_path, right, wrong, places):
    with pytest.raises(InvalidInstance) as refused:
        read(tmp_path, SMALL.replace(right, wrong, 1))
    found = [problem.where for problem in refused.value.problems]
    assert [place for place in places if place in found] == places


def test_all_faults_are_named_at_once(tmp_path):
    text = SMALL.replace("A,0,D,2", "A,0,X,2").replace("B,8,N,3", "Q,99,N,3").replace("14\n", "15\n", 1)
    with pytest.raises(InvalidInstance) as refused:
        read(tmp_path, text)
    assert len(refused.value.problems) == 4


def test_a_roster_is_read_as_it_was_written(tmp_path):
    roster = Roster((Assignment("A", 0, "D"), Assignment("B", 13, "N")))
    path = tmp_path / "roster.csv"
    with path.open("w") as file:
        formats_curtois.write_roster(roster, file.write)
    assert formats_curtois.read_roster(path) == roster
    path.write_text("employee_id,day_index,shift_id\nA,first,D\nB,1\n")
    with pytest.raises(InvalidInstance) as refused:
        formats_curtois.read_roster(path)
    assert [problem.where for problem in refused.value.problems] == [
        "roster.csv, line 2",
        "roster.csv, line 3",
    ]


def test_weeks_of_a_competition_roster_are_files_of_their_official_names(tmp_path):
    instance = "n005w4_0_1-2-3-3"
    example = public("inrc2", "n005w4", "example_H0_weeks_1-2-3-3")
    roster = formats_inrc2.read_roster(example, instance)
    formats_inrc2.write_roster(roster, tmp_path, instance)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "Sol-n005w4-1-0.txt",
        "Sol-n005w4-2-1.txt",
        "Sol-n005w4-3-2.txt",
        "Sol-n005w4-3-3.txt",
    ]
    assert formats_inrc2.read_roster(tmp_path, instance) == roster


def test_a_competition_file_that_is_not_whole_is_refused(tmp_path):
    instance = "n005w4_0_1-2-3-3"
    example = public("inrc2", "n005w4", "example_H0_weeks_1-2-3-3")
    formats_inrc2.write_roster(formats_inrc2.read_roster(example, instance), tmp_path, instance)
    cut = tmp_path / "Sol-n005w4-2-1.txt"
    cut.write_text("\n".join(cut.read_text().splitlines()[:-2]))
    with pytest.raises(InvalidInstance, match="The file is not whole"):
        formats_inrc2.read_roster(tmp_path, instance)


@pytest.mark.parametrize("lines", [3, 8, 12, 20])
def test_a_scenario_that_is_cut_off_is_refused_with_its_line(tmp_path, lines):
    source = public("inrc2", "n005w4")
    for path in source.glob("*.txt"):
        (tmp_path / path.name).write_text(path.read_text())
    cut = tmp_path / "Sc-n005w4.txt"
    cut.write_text("\n".join(cut.read_text().splitlines()[:lines]))
    with pytest.raises(InvalidInstance, match=r"Sc-n005w4\.txt, line"):
        formats_inrc2.read(tmp_path, "n005w4_0_1-2-3-3")


def test_a_number_of_lines_that_nothing_could_hold_is_refused(tmp_path):
    source = public("inrc2", "n005w4")
    for path in source.glob("*.txt"):
        (tmp_path / path.name).write_text(path.read_text().replace("SKILLS = 2", "SKILLS = 99999999999"))
    with pytest.raises(InvalidInstance, match="and so many lines"):
        formats_inrc2.read(tmp_path, "n005w4_0_1-2-3-3")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    source = public("inrc2", "n005w4")
    for path in source.glob("*.txt"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "WD-n005w4-1.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(InvalidInstance, match="bytes that are no text"):
        formats_inrc2.read(tmp_path, "n005w4_0_1-2-3-3")


def test_a_name_that_is_none_is_refused(tmp_path):
    with pytest.raises(InvalidInstance, match="n030w4_1_6-2-9-1"):
        formats_inrc2.read(tmp_path, "n030w4")
