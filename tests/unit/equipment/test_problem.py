"""What is refused at the door, with every fault named."""

from __future__ import annotations

import json

import pytest

from solver.engine.errors import InvalidInstance
from solver.equipment.formats import booking_from_json, fleet_from_text
from solver.equipment.problem import FleetProblem

GOOD = {
    "name": "two pumps",
    "horizon": 1440,
    "wards": ["A", "B"],
    "transport": [[0, 5], [5, 0]],
    "devices": [{"id": "D0", "type": "pump", "home": "A", "unavailable": [[100, 200]]}],
    "requests": [
        {
            "id": "R0",
            "types": ["pump"],
            "ward": "B",
            "earliest": 10,
            "latest_start": 50,
            "duration": 30,
            "clean": 5,
            "priority": 2,
        }
    ],
}


def read(**changes):
    return booking_from_json(json.dumps({**GOOD, **changes}), "file.json")


def request(**changes):
    return [{**GOOD["requests"][0], **changes}]


def device(**changes):
    return [{**GOOD["devices"][0], **changes}]


def faults(**changes):
    with pytest.raises(InvalidInstance) as caught:
        read(**changes)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_instance_is_read_with_its_usual_weights():
    problem = read()
    assert (problem.weights.unserved, problem.weights.wait, problem.weights.transport) == (300, 1, 1)
    assert problem.requests[0].span == 35
    assert problem.units[0].unavailable == ((100, 200),)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"requests": request(duration=1435)}, "A booking longer than its window fits nowhere"),
        ({"requests": request(types=["scanner"])}, "request 'R0', types: got 'scanner'"),
        ({"requests": request(types=[])}, "expected at least one type"),
        ({"requests": request(earliest=60)}, "expected earliest <= latest_start"),
        ({"requests": request(duration=0)}, "request 'R0', duration: got 0"),
        ({"requests": request(priority=True)}, "priority: got True, expected a whole number"),
        ({"requests": request(ward="C")}, "request 'R0', ward: got 'C'"),
        ({"requests": request(clean=1.5)}, "clean: got 1.5, expected a whole number"),
        ({"requests": request() * 2}, "each request once"),
        ({"devices": device(home="C")}, "device 'D0', home: got 'C'"),
        ({"devices": device(unavailable=[[200, 100]])}, "[from, until] with from < until"),
        ({"devices": device(unavailable=[[5, 9], [7, 12]])}, "apart from each other"),
        ({"devices": device(unavailable=[[5, 9, 12]])}, "[from, until] with from < until"),
        ({"transport": [[0, 5]]}, "2 rows of 2 numbers"),
        ({"transport": [[0, -1], [5, 0]]}, "transport from 'A': got -1"),
        ({"weights": {"wait": -1}}, "weights, wait: got -1"),
        ({"wards": ["A", 7]}, "wards[1]: got 7"),
    ],
)
def test_each_fault_is_named_with_what_was_expected(changes, told):
    found = faults(**changes)
    assert any(told in fault for fault in found), found


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"devices": device(unavailble=[[0, 900]])},
            "devices[0] ('D0'): got 'unavailble', expected one of id",
        ),
        ({"requests": request(cleaning=30)}, "requests[0] ('R0'): got 'cleaning', expected one of id"),
        ({"weights": {"unserve": 9}}, "weights: got 'unserve', expected one of unserved"),
    ],
)
def test_a_misspelt_word_takes_no_rule_away(changes, told):
    [fault] = faults(**changes)
    assert told in fault


def test_keys_of_the_whole_instance_that_nobody_knows_are_passed_over():
    assert read(optimum=3, origin="by hand") == read()


def test_every_fault_is_named_at_once_whether_of_shape_or_of_sense():
    found = faults(
        requests=[*request(duration="long"), *request(id="R1", earliest=99)],
        devices=[*device(), *device(id="D1", unavailable=[[9, 3]])],
        horizon=None,
    )
    assert len(found) == 4
    assert [word for word in ("duration", "window", "unavailable", "horizon") if word in "".join(found)] == [
        "duration",
        "window",
        "unavailable",
        "horizon",
    ]


@pytest.mark.parametrize("text", ["", "[", "[1]", "7", "{" * 100_000])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(InvalidInstance):
        booking_from_json(text)


def test_smptsp_text_is_read_with_comments_and_ragged_blanks():
    problem = fleet_from_text(
        "# made\nType = 1\nJobs = 2\n 0  4\n4 9\nQualifications = 2\n  1:   0\n2: 1 0\n", "x.dat"
    )
    assert problem.intervals == ((0, 4), (4, 9))
    assert problem.serves == ((0,), (1, 0))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Jobs = 9\n0 4\n", "at most the 1 lines that follow"),
        ("Jobs = 1\n0 x\nQualifications = 1\n1: 0\n", "line 2: got '0 x'"),
        ("Jobs = 1\n0 4\nQualifications = 1\n2: 0\n", "line 4: got '2: 0'"),
        ("Jobs = 1\n0 4\nQualifications = 1\n1: 0\n7 7\n", "line 5: got '7 7', expected the end"),
        ("Jobs = 1\n4 4\nQualifications = 1\n1: 0\n", "job 0: got (4, 4)"),
        ("Jobs = 1\n0 4\nQualifications = 1\n1: 3\n", "device 0, jobs: got 3"),
        ("Jobs = 2\n0 4\n0 4\nQualifications = 1\n1: 0\n", "job 1: got None, expected a device"),
        ("Jobs = 1\n0 4\n", "expected Qualifications = count"),
        (f"Jobs = 1\n0 {'9' * 5000}\nQualifications = 1\n1: 0\n", "2 whole numbers from 0"),
        (f"Jobs = {'9' * 5000}\n", "expected Jobs = count"),
        (f"Jobs = 1\n0 4\nQualifications = 1\n{'9' * 5000}: 0\n", "as many jobs as counted"),
    ],
)
def test_a_bad_line_of_smptsp_text_is_named(text, told):
    with pytest.raises(InvalidInstance) as caught:
        fleet_from_text(text, "x.dat")
    assert told in str(caught.value)


def test_a_device_lists_each_job_once():
    with pytest.raises(InvalidInstance, match="each job once"):
        FleetProblem(((0, 1),), ((0, 0),))
