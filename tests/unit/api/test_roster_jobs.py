"""A draft of a roster as a job: it tells how far it is, keeps the best when it is stopped, and says what collides."""

import json

import pytest

from api.jobs.kinds import Observer
from api.jobs.rosters import RosterDraft
from api.schemas.answers.rosters import RosterPlanOut
from solver.rostering.formats_json import from_rows, to_json
from solver.rostering.problem import Contract, Limits
from solver.rostering.referee import recount
from tests.roster_cases import ward, week


def spec(problem, **changes):
    plain = {"problem": to_json(problem), "seconds": 20, "iterations": None, "workers": 1, "seed": 1}
    return json.loads(json.dumps({**plain, **changes}))


def shown(result):
    kept = {name: value for name, value in result.items() if name != "assignments"}
    return RosterPlanOut.model_validate({**kept, "rules": [], "collisions": kept["collisions"]})


def test_a_draft_tells_what_it_finds_and_comes_with_a_bound_and_every_broken_rule():
    told: list = []
    kind, asked = RosterDraft(), spec(ward())
    [piece] = kind.pieces(asked, [])
    observer = Observer(told.append, lambda: any(one["bound"] is not None for one in told))
    done = [kind.work(asked, piece, observer)]
    assert kind.pieces(asked, done) == []
    result = json.loads(json.dumps(kind.result(asked, done, False)))
    counted = recount(ward(), from_rows(result["assignments"]))
    assert result["verified"]
    assert (counted.broken, counted.cost) == (0, result["cost"])
    assert result["gap"] == (result["cost"] - result["bound"]) / result["cost"]
    assert sum(tally["cost"] for tally in result["rules"]) == result["cost"]
    assert told[-1]["cost"] == result["cost"]
    assert {"seconds", "cost", "bound", "gap"} == told[-1].keys()
    shown(result)


def test_a_draft_that_is_stopped_keeps_its_best_roster():
    told: list = []
    kind, asked = RosterDraft(), spec(ward())
    done = [kind.work(asked, {"search": 1}, Observer(told.append, lambda: len(told) > 0))]
    result = kind.result(asked, done, True)
    assert result["cost"] == recount(ward(), from_rows(result["assignments"])).cost
    nothing = kind.result(asked, [], True)
    assert (nothing["cost"], nothing["assignments"]) == (None, [])
    shown(nothing)


@pytest.mark.parametrize("least", [6, 7], ids=["possible", "impossible"])
def test_a_draft_that_nobody_can_work_names_what_collides(least):
    contract = Contract(
        "full", shifts=Limits(least, None), worked_run=Limits(most=3), off_run=Limits(least=4)
    )
    kind, asked = RosterDraft(), spec(week(contract, 14))
    result = kind.result(
        asked, [kind.work(asked, {"search": 1}, Observer(lambda _: None, lambda: False))], False
    )
    if least == 6:
        assert (result["status"], result["collisions"]) == ("optimal", [])
        return
    assert result["status"] == "infeasible"
    [collision] = result["collisions"]
    assert collision["staff_id"] == "e"
    assert collision["cheapest"]
    shown(result)
