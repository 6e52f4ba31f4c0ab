"""A batch rehearsed, planned and carried out, step by step and without processes: what is planned is what is done."""

from dataclasses import replace

import pytest

from api.errors import UnknownReference
from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.requests import BatchIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.batches import PlaceBatch
from api.services.changes import Changes
from api.solving.child import solved
from api.solving.messages import Task
from models.commands import Command
from models.repositories.scarcity import StoredScarcity
from solver.placing import rules
from solver.placing.scarcity import ScarcityPrices
from tests.api_service import NOW, Place, Wall, bundle

WORDS = ("routine", "emergency", "soon", "urgent")


@pytest.fixture
def runtime(tmp_path, address):
    place = Place(tmp_path, address=address).make()
    runtime = Runtime(place.settings(), Outside(wall=Wall()), Metrics())
    runtime.warm_up()
    runtime.writer.close()
    yield runtime
    runtime.close()


@pytest.fixture
def decider(runtime):
    return runtime._decider


def asking(runtime, *people, planned=None):
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.REQUEST_BATCH, runtime.site_of_ward)
    body = BatchIn.model_validate({"requests": people}, strict=False)
    return Command("request.batch", "acc-bed", PlaceBatch(body, access, planned=planned))


def crowd(count):
    pump = [{"type_id": "pump"}]
    return [bundle(priority=WORDS[n % 4], equipment=pump if n < 2 else []) for n in range(count)]


def rivals():
    """Five who all want one of two pumps: the bound does not see that, so that no plan is proven to be the best."""
    return [bundle(priority=word, equipment=[{"type_id": "pump"}]) for word in (*WORDS, "soon")]


def planned(decider, command):
    return solved(Task(decider.rehearse(command), seconds=1.0, workers=1, seed=1))


def answered(decider, command):
    (decision,) = decider.decide([command])
    return decision.answer.body


def test_a_rehearsal_leaves_no_trace(runtime, decider):
    records = decider.desk.live.records
    before = records.hospital()
    problem = decider.rehearse(asking(runtime, *crowd(3)))
    assert len(problem.requests) == 3
    assert len(problem.hospital.persons) == len(before.persons) + 3
    assert records.hospital() == before
    assert decider.desk.cases == {}


def test_a_rehearsal_that_is_refused_leaves_no_trace_either(runtime, decider):
    before = decider.desk.live.records.hospital()
    with pytest.raises(UnknownReference):
        decider.rehearse(asking(runtime, *crowd(2), bundle(drugs=[{"drug_id": "none", "quantity": 1}])))
    assert decider.desk.live.records.hospital() == before


@pytest.mark.parametrize("count", [1, 4, 8])
def test_a_plan_that_nothing_disturbed_is_carried_out_at_its_very_cost(runtime, decider, count):
    people = crowd(count)
    plan = planned(decider, asking(runtime, *people))
    body = answered(decider, asking(runtime, *people, planned=plan))
    given = [r["allocation"]["bed_id"] if "allocation" in r else None for r in body["results"]]
    assert given == [allocation and allocation.bed_id for allocation in plan.given]
    assert body["cost"] == plan.cost
    assert body["bound"] == plan.bound
    assert body["degraded"] is False


def test_a_plan_of_a_bed_that_was_taken_is_decided_again_and_bounds_nothing(runtime, decider):
    people = crowd(4)
    plan = planned(decider, asking(runtime, *people))
    answered(decider, asking(runtime, bundle(), bundle()))
    body = answered(decider, asking(runtime, *people, planned=plan))
    beds = [r["allocation"]["bed_id"] for r in body["results"] if "allocation" in r]
    assert body["placed"] == len(set(beds)) == 3
    assert [r["priority"] for r in body["results"] if "need" in r] == ["routine"]
    assert body["bound"] is None


def test_who_had_no_place_in_the_plan_gets_the_bed_that_came_free_meanwhile(runtime, decider):
    """Nothing of the plan is stale, so nothing is searched anew; the one who waits is looked at all the same."""
    from api.services.leaving import leave

    people = crowd(6)
    plan = planned(decider, asking(runtime, *people))
    assert [allocation is None for allocation in plan.given].count(True) == 1
    wall = Changes(decider.desk, NOW, "acc-bed")
    leave(decider.desk.live.records.stays["st-1"], NOW, "left", wall)
    body = answered(decider, asking(runtime, *[p | {"max_wait_minutes": 240} for p in people], planned=plan))
    assert body["placed"] == 6
    assert body["bound"] is None  # cheaper than what was proven for the hospital as it was


def test_a_plan_that_was_made_under_other_prices_bounds_nothing(runtime, decider):
    """Its bound was told beside costs at prices that had come into force since: above or far below them."""
    people = crowd(4)
    plan = planned(decider, asking(runtime, *people))
    changes = Changes(decider.desk, NOW, "acc-bed")
    profile = decider.desk.live.records.profile
    prices = ScarcityPrices(3, NOW, {"scarce_isolation": profile.weight(rules.SCARCE_ISOLATION) + 1})
    changes.use_scarcity(StoredScarcity(3, switched_on=True, computed=NOW, prices=prices))
    again = planned(decider, asking(runtime, *people))
    under = decider.desk.live.records.profile
    assert (plan.bound_under(under), again.bound_under(profile)) == (None, None)
    assert again.bound_under(under) == again.bound is not None
    assert changes.undo()
    changes.use_profile(replace(profile, version=2), "the same prices again")
    body = answered(decider, asking(runtime, *people, planned=plan))
    assert (body["placed"], body["bound"]) == (4, None)


def test_a_plan_for_another_number_of_requests_is_no_plan_for_these(runtime, decider):
    plan = planned(decider, asking(runtime, *crowd(2)))
    before = decider.desk.live.records.hospital()
    (refused,) = decider.decide([asking(runtime, *crowd(3), planned=plan)])
    assert isinstance(refused, ValueError)
    assert decider.desk.live.records.hospital() == before


def test_a_search_ends_when_somebody_who_waits_behind_it_is_due_and_keeps_the_plan_it_has(runtime, decider):
    questions = []
    decider.pressed = lambda: not questions.append("is somebody due?")
    body = answered(decider, asking(runtime, *rivals()))
    assert set(questions) == {"is somebody due?"}
    assert len(questions) <= 2
    assert (len(body["results"]), body["gap"] > 0) == (5, True)


def test_a_search_behind_which_nobody_is_due_takes_its_steps(runtime, decider):
    questions = []
    decider.pressed = lambda: bool(questions.append("is somebody due?"))
    answered(decider, asking(runtime, *rivals()))
    assert len(questions) > 2


def test_a_plan_that_is_proven_to_cost_the_least_is_searched_no_further(runtime, decider):
    questions = []
    decider.pressed = lambda: bool(questions.append("is somebody due?"))
    body = answered(decider, asking(runtime, *crowd(3)))
    assert (body["gap"], questions) == (0, [])
