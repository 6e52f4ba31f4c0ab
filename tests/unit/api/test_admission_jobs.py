"""A plan of admissions as a job: it keeps the best when stopped, gives way where not all can be in, is recounted."""

import json

import pytest

from api.jobs.admissions import AdmissionPlanning, counted_again
from api.jobs.kinds import Observer
from api.schemas.answers.admissions import AdmissionFoundOut
from solver.admissions.formats import problem_to_document
from solver.admissions.live import LiveRoom, Lying, Terms, Waiting, admission_minutes, live_problem
from solver.admissions.problem import Weights
from solver.hospital import Sex, SexPolicy

MONDAY, DAYS, DAY = 20_521, 3, 1440
TERMS = Terms(600, {}, {}, (18, 65), Weights(5, 0, 0, 0, 30, 5, 10, 350))
TIMES = admission_minutes(TERMS, MONDAY, DAYS, "UTC")
BAY = LiveRoom("bay", SexPolicy.FIRST, ("b1", "b2"))
UNWATCHED = Observer(lambda _: None, lambda: False)


def spec(waiting, must=False, **changes):
    """The spec of women who wait for one bay, in which somebody lies until the second day."""
    women = [
        Waiting(f"q{n}", Sex.FEMALE, 40, TIMES[0], TIMES[-2], DAY, frozenset(BAY.beds), must)
        for n in range(waiting)
    ]
    there = (
        Lying("b1", Sex.FEMALE, 40, TIMES[0] - DAY, TIMES[1]),
        Lying("b2", Sex.FEMALE, 40, TIMES[1], TIMES[2]),
    )
    found = live_problem(TERMS, MONDAY, DAYS, "UTC", (BAY,), there, women)
    told = {
        "problem": problem_to_document(found.problem),
        "requests": {patient: {} for patient in found.requests},
        "seconds": 20,
        "iterations": 20_000,
        "workers": 1,
        "seed": 1,
        "pins": [],
        "before": None,
        "change_price": 0,
        "max_changes": None,
    }
    return json.loads(json.dumps({**told, **changes}))


def run(asked):
    kind, done = AdmissionPlanning(), []
    while pieces := kind.pieces(asked, done):
        done += [json.loads(json.dumps(kind.work(asked, piece, UNWATCHED))) for piece in pieces]
    result = kind.result(asked, done, False)
    kept = {name: result[name] for name in AdmissionFoundOut.model_fields}
    AdmissionFoundOut.model_validate({**kept, "rules": []})
    return result, done


@pytest.mark.parametrize("waiting", [3, 4, 5], ids=str)
def test_a_plan_comes_with_a_bound_and_the_referee_agrees(waiting):
    asked = spec(waiting)
    result, done = run(asked)
    counted, whole = counted_again(asked, result)
    assert len(done) == 1
    assert (result["verified"], whole, counted.cost) == (True, True, result["cost"])
    assert len(result["admissions"]) == min(4, waiting), "four of the bay's six days are free"
    assert result["bound"] <= result["cost"]


def test_where_not_everybody_who_must_can_be_admitted_nobody_has_to():
    asked = spec(5, must=True)
    result, done = run(asked)
    assert [one["relaxed"] for one in done] == [False, True]
    assert (result["relaxed"], result["verified"], result["bound"]) == (True, True, None)
    assert len(result["admissions"]) == 4
    missing = {one["rule"]: one["count"] for one in result["rules"]}
    assert missing["mandatory_unscheduled"] == 1
    counted, whole = counted_again(asked, result)
    assert (whole, counted.cost) == (True, result["cost"])
    assert not run(spec(4, must=True))[0]["relaxed"]


def test_prices_of_changes_rise_until_few_enough_are_left_and_are_no_cost_of_the_plan():
    plain, _ = run(spec(3))
    before = {patient: [2, "r0", "t0"] for patient, *_ in plain["admissions"][:2]}
    before |= {patient: None for patient, *_ in plain["admissions"][2:]}
    asked = spec(3, before=before, max_changes=0)
    result, done = run(asked)
    assert done[0]["changes"] > 0
    assert (result["changes"], done[-1]["change_price"] > 0) == (0, True)
    assert (result["bound"], result["gap"]) == (None, None)
    assert counted_again(asked, result)[0].cost == result["cost"]
    assert [row[1] for row in result["admissions"]] == [2, 2]


def test_a_pin_holds_though_another_day_is_cheaper():
    result, _ = run(spec(2, pins=[["p0", 2, "r0", None]]))
    assert result["pins_kept"]
    assert result["admissions"][0] == ["p0", 2, "r0", "t0"]


def test_a_plan_that_is_stopped_keeps_its_best_and_one_that_never_began_has_none():
    told: list = []
    kind, asked = AdmissionPlanning(), spec(4, iterations=None)
    observer = Observer(told.append, lambda: any(one["cost"] is not None for one in told))
    found = kind.work(asked, {"change_price": 0, "relaxed": False}, observer)
    result = kind.result(asked, [found], True)
    assert result["cost"] == counted_again(asked, result)[0].cost
    assert {"seconds", "cost", "bound", "gap", "parts"} == told[-1].keys()
    assert sum(told[-1]["parts"].values()) == told[-1]["cost"]
    nothing = kind.result(asked, [], True)
    assert (nothing["cost"], nothing["admissions"]) == (None, [])
