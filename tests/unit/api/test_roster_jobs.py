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
    plain |= {"pins": [], "before": None, "change_price": 0, "max_changes": None}
    return json.loads(json.dumps({**plain, **changes}))


def shown(result):
    kept = {name: value for name, value in result.items() if name not in ("assignments", "change_price")}
    return RosterPlanOut.model_validate({**kept, "rules": [], "collisions": kept["collisions"]})


def test_a_draft_tells_what_it_finds_and_comes_with_a_bound_and_every_broken_rule():
    told: list = []
    kind, asked = RosterDraft(), spec(ward(), seconds=200)  # it ends with the first bound
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
    done = [kind.work(asked, {"change_price": 0}, Observer(told.append, lambda: len(told) > 0))]
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
        asked, [kind.work(asked, {"change_price": 0}, Observer(lambda _: None, lambda: False))], False
    )
    if least == 6:
        assert (result["status"], result["collisions"]) == ("optimal", [])
        return
    assert result["status"] == "infeasible"
    [collision] = result["collisions"]
    assert collision["staff_id"] == "e"
    assert collision["cheapest"]
    shown(result)


def test_pins_hold_and_days_that_were_published_change_no_more_often_than_asked():
    kind, problem = RosterDraft(), ward()
    quick = {"iterations": 60, "seconds": None}
    first = kind.work(spec(problem, **quick), {"change_price": 0}, Observer(lambda _: None, lambda: False))
    worked = [[employee, day, shift] for employee, day, shift, _ in first["assignments"]]
    ill, day, _ = next(one for one in worked if one[1] > 3)
    asked = spec(
        problem,
        **quick,
        pins=[[ill, day, None]],
        before={"worked": worked, "days": list(range(14))},
        max_changes=4,
        seed=2,
    )
    done: list = []
    while pieces := kind.pieces(asked, done):
        done += [kind.work(asked, piece, Observer(lambda _: None, lambda: False)) for piece in pieces]
    result = kind.result(asked, done, False)
    assert done[0]["changes"] > 4, "another roster is as good, unless changes cost something"
    assert result["changes"] <= 4
    assert result["pins_kept"]
    assert [ill, day] not in [one[:2] for one in result["assignments"]]
    counted = recount(problem, from_rows(result["assignments"]))
    assert (counted.broken, counted.cost) == (0, result["cost"]), (
        "the price of changes is no cost of the roster"
    )
    assert result["bound"] is None
    shown(result)
