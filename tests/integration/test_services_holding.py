"""Holds at the desk: what the clock gives back, what it leaves, and what it would never do whatever was stored."""

from dataclasses import replace

import pytest

from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.movements import ReleaseIn, TransferIn
from api.schemas.requests import ChoiceIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services import holding
from api.services.changes import Changes
from api.services.choosing import Choose
from api.services.lasting import set_end
from api.services.leaving import leave
from api.services.movements import Withdraw
from api.services.ticking import Tick
from api.services.transfers import TransferStay, transfer_stay
from api.services.waiting import LAST, WaitingList
from models.commands import Command
from models.pending import Pending
from solver.hospital import Departure, RequestState, StayState
from tests.api_service import DAY, NOW, Place, Wall, at
from tests.integration.test_services_decider import asking


@pytest.fixture
def runtime(tmp_path):
    runtime = Runtime(Place(tmp_path).make().settings(), Outside(wall=Wall()), Metrics())
    runtime.warm_up()
    runtime.writer.close()
    yield runtime
    runtime.close()


def held(runtime, until):
    """The decider, at whose desk somebody holds a bed until a minute."""
    decider = runtime._decider
    (decision,) = decider.decide([asking(runtime)])
    (case,) = decider.desk.cases.values()
    decision.changes.set_case(replace(case, held_until=until))
    return decider


def in_state(state, changes):
    """Let whoever holds the bed be on the way, or there."""
    (case,) = changes.desk.cases.values()
    for stay in list(changes.stays_of(case)):
        changes.put(replace(stay, state=state))
    return holding.lapse(changes)


@pytest.mark.parametrize("state", [state for state in StayState if state.pinned])
def test_the_clock_leaves_the_bed_to_who_is_on_the_way_or_there_whatever_was_stored_of_a_hold(runtime, state):
    decider = held(runtime, NOW)
    assert decider.ask(lambda changes: in_state(state, changes), "clock") == []


@pytest.mark.parametrize(("until", "lapses"), [(NOW - 1, True), (NOW, True), (NOW + 1, False)])
def test_a_hold_lapses_at_its_minute_and_not_before(runtime, until, lapses):
    decider = held(runtime, until)
    (case,) = decider.desk.cases.values()
    assert decider.ask(holding.lapse, "clock") == ([case.allocation.id] if lapses else [])


def test_what_is_held_is_no_place_that_the_waiting_list_changes_for_an_earlier_one(runtime):
    decider = held(runtime, NOW + 60)
    (case,) = decider.desk.cases.values()
    late = replace(case.request, needed_by=NOW - 600, decided_at=NOW - 600, max_wait_minutes=0)
    given = replace(case.allocation, start=NOW + 300)

    def tried(changes, until):
        changes.set_case(replace(case, request=late, allocation=given, held_until=until))
        return [one.id for one in WaitingList(lambda: 0.0).passed(LAST, None, changes)]

    assert decider.ask(lambda changes: tried(changes, None), "clock") == [case.id]
    assert decider.ask(lambda changes: tried(changes, NOW + 60), "clock") == []


def test_a_lapsed_need_waits_with_its_clock_running(runtime):
    decider = held(runtime, NOW)

    def lapsed(changes):
        holding.lapse(changes)
        (case,) = changes.desk.cases.values()
        return case, WaitingList(lambda: 0.0).passed(LAST, None, changes)

    case, tried = decider.ask(lapsed, "clock")
    assert (case.state, case.allocation, case.held_until) == (RequestState.UNPLACED, None, None)
    assert case.need.decide_again == NOW + decider.desk.practice.hold_rest_minutes
    assert tried == []


def test_who_leaves_gives_back_what_was_held_for_them_elsewhere_too(runtime):
    """The database holds nothing for a request that is over: it refused the departure, for as long as the hold."""
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.ALLOCATION_TRANSFER, runtime.site_of_ward)
    body = TransferIn(reason="a quieter room")

    def left(changes):
        transfer_stay(TransferStay("st-1", body, access), changes)
        (case,) = changes.desk.cases.values()
        changes.set_case(replace(case, held_until=NOW + 30))
        leave(changes.records.stays["st-1"], NOW, "died", changes)
        return changes.cases_after[case.id]

    case = runtime._decider.ask(left, "clock")
    assert (case.state, case.allocation, case.held_until) == (RequestState.RELEASED, None, None)


def on_another_bed(runtime, **transfer):
    """The decider, after the patient of st-1 (bed B1, for another day) was transferred to another room."""
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.ALLOCATION_TRANSFER, runtime.site_of_ward)
    body = TransferIn.model_validate({"reason": "a quieter room", "needed_by": at(120), **transfer})
    moving = TransferStay("st-1", body, access)
    decider, told = runtime._decider, []
    runtime.writer._runner.carry_out([Pending(Command("stay.transfer", "acc-bed", moving), told.append)])
    assert decider.desk.live.records.stays["st-1"].end == NOW + 120, "it ends when the transfer starts"
    return decider, decider.desk.cases[told[0].answer.body["request_id"]], access


def given_up(how, decider, case, access):
    """The stay in B1 and all that is booked there, after a transfer came to nothing."""
    if how == "lapses":
        decider.desk.set_case(replace(case, held_until=NOW))
        command = Command("clock.tick", "clock", Tick())
    elif how == "is released":
        command = Command("request.release", "acc-bed", Withdraw(case.id, ReleaseIn(), access))
    else:
        later = {"bed_id": case.allocation.bed_id, "start": at(240)}
        body = ChoiceIn.model_validate(later, strict=False)
        command = Command("request.choose", "acc-bed", Choose(case.id, body, access))
    (decision,) = decider.decide([command])
    assert not isinstance(decision, Exception), decision
    records = decider.desk.live.records
    return records.stays["st-1"], list(records.bed_stays("B1"))


@pytest.mark.parametrize(("how", "end"), [("lapses", DAY), ("is released", DAY), ("starts later", 240)])
def test_the_stay_a_transfer_made_end_sooner_gets_its_end_back_when_the_transfer(runtime, how, end):
    """The bed was promised to others from the hour a transfer was to begin that never did."""
    decider, case, access = on_another_bed(runtime, max_wait_minutes=480)
    lies, _ = given_up(how, decider, case, access)
    assert (lies.bed_id, lies.end) == ("B1", NOW + end)


def test_what_was_booked_into_the_bed_a_transfer_would_have_freed_is_repaired_when_the_transfer_is_released(
    runtime,
):
    decider, case, access = on_another_bed(runtime)
    (booked,) = decider.decide([asking(runtime, needed_by=at(240), duration_minutes=60)])
    at_b1 = ChoiceIn.model_validate({"bed_id": "B1", "start": at(240)}, strict=False)
    choice = Choose(booked.answer.body["request_id"], at_b1, access)
    (chosen,) = decider.decide([Command("request.choose", "acc-bed", choice)])
    assert chosen.answer.body["allocation"]["bed_id"] == "B1"
    lies, there = given_up("is released", decider, case, access)
    assert (lies.end, [stay.id for stay in there]) == (NOW + DAY, ["st-1"])


def test_a_discharge_ordered_meanwhile_is_not_undone_with_the_transfer(runtime):
    decider, case, access = on_another_bed(runtime)

    by_hand = Changes(decider.desk, NOW, "acc-bed")
    set_end(by_hand.records.stays["st-1"], NOW + 180, Departure.CONFIRMED, by_hand)
    lies, _ = given_up("is released", decider, case, access)
    assert lies.end == NOW + 180


def test_the_end_a_stay_had_before_a_transfer_outlives_a_restart(runtime):
    decider, case, _ = on_another_bed(runtime)
    decider.reset()
    assert decider.desk.cases[case.id].left_until == NOW + DAY
