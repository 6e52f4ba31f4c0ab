"""Holds at the desk: what the clock gives back, what it leaves, and what it would never do whatever was stored."""

from dataclasses import replace

import pytest

from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.movements import TransferIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services import holding
from api.services.leaving import leave
from api.services.transfers import TransferStay, transfer_stay
from api.services.waiting import Round
from solver.hospital import RequestState, StayState
from tests.api_service import NOW, Place, Wall
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
        return Round(changes, ())._ids

    assert decider.ask(lambda changes: tried(changes, None), "clock") == [case.id]
    assert decider.ask(lambda changes: tried(changes, NOW + 60), "clock") == []


def test_a_lapsed_need_waits_with_its_clock_running(runtime):
    decider = held(runtime, NOW)

    def lapsed(changes):
        holding.lapse(changes)
        (case,) = changes.desk.cases.values()
        return case, Round(changes, ())._ids

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
