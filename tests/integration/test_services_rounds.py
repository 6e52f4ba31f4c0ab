"""Rounds of the waiting list: whose act they are, and what is left of one that was only asked about."""

import pytest

from api.errors import HeldTooOften
from api.services.waiting import WAITING_LIST, WaitingList
from api.solving.messages import Plan
from models.clock import CLOCK_ACTOR
from solver.hospital import Allocation, RequestState
from solver.placing.problem import Method
from tests.api_service import DAY, NOW, bundle


def test_what_a_release_gives_to_who_waits_is_audited_as_the_waiting_lists_act_and_not_as_the_releasers(
    open_desk,
):
    """Whoever gave a bed back was in the audit trail as who placed a patient they had never heard of."""
    desk = open_desk()
    first, _ = desk.full()
    waits = desk.asked()
    desk.carry_out(desk.releasing(first))
    actor, given, detail = desk.audited("allocation.placed")[-1]
    assert (actor, given) == (WAITING_LIST, desk.case(waits).allocation.id)
    assert (detail["request_id"], detail["requested_by"]) == (waits, "acc-bed")
    assert f"request.released {first}" in detail["triggered_by"]
    assert detail["hospital_revision"] == desk.decider.revision
    assert [actor for actor, _, _ in desk.audited("request.released")] == ["acc-bed"]


def test_what_time_alone_brings_to_who_waits_is_the_waiting_lists_act_and_the_tick_the_clocks(open_desk):
    desk = open_desk()
    first = desk.asked(hours=12)
    desk.asked(hours=72)
    late = desk.asked(hours=24, max_wait_minutes=60)
    desk.wall.pass_minutes(61)
    desk.carry_out(desk.ticking())
    assert desk.case(late).allocation.start >= desk.case(first).allocation.end
    actor, _, detail = desk.audited("allocation.placed")[-1]
    assert (actor, detail["triggered_by"]) == (WAITING_LIST, ["clock.moved hospital"])
    assert [line[0] for line in desk.audited("clock.tick")] == [CLOCK_ACTOR]


def test_who_is_placed_by_the_command_itself_is_placed_by_who_sent_it(open_desk):
    desk = open_desk()
    desk.asked()
    assert [(actor, "triggered_by" in detail) for actor, _, detail in desk.audited("allocation.placed")] == [
        ("acc-bed", False)
    ]


def test_a_round_that_is_only_asked_about_leaves_nothing(open_desk):
    """It left its minute of being decided again at the needs that stayed as they were, past what is undone."""
    desk = open_desk()
    desk.full()
    waits = desk.asked()
    before = desk.case(waits)
    desk.decider.desk.set_aside["req-gone"] = 0
    desk.decider.desk.live.move_clock(desk.decider.desk.live.now + 5)
    again = WaitingList(lambda: 0.0)
    desk.decider.ask(lambda changes: again.go_over(changes, explain=True), "clock")
    assert desk.case(waits) is before
    assert before.state is RequestState.UNPLACED
    assert "req-gone" in desk.decider.desk.set_aside


@pytest.mark.parametrize("planned", [False, True])
def test_the_routine_part_of_a_mixed_batch_does_not_pass_who_waits_and_precedes_it(open_desk, planned):
    """An emergency in a batch took its routine fellow past somebody who had waited longer and more urgently: the batch
    was decided as a whole where its emergency stood."""
    desk = open_desk()
    beds = desk.full()
    waits = desk.asked("soon")
    people = [bundle(priority="routine", duration_minutes=DAY), bundle(priority="emergency")]
    plan = None
    if planned:
        given = [Allocation("a", "r", "p", bed, NOW, NOW + DAY) for bed in ("C1", "C2")]
        plan = Plan(given=tuple(given), methods=(Method.BATCH,) * 2, cost=0, bound=0)
    body, *_ = desk.carry_out(desk.placing_batch(*people, planned=plan), *map(desk.releasing, beds))
    routine, emergency = body["results"]
    assert emergency["state"] == "placed"
    assert desk.case(waits).state is RequestState.PLACED
    assert routine["state"] == "unplaced"


def test_a_mixed_batch_that_nobody_comes_between_is_decided_as_a_whole(open_desk):
    desk = open_desk()
    desk.full()
    waits = desk.asked("routine")
    body, *_ = desk.carry_out(desk.placing_batch(bundle(priority="soon"), bundle(priority="emergency")))
    assert [one["state"] for one in body["results"]] == ["unplaced", "unplaced"]
    assert body["bound"] is not None, "one joint decision has a bound"
    assert desk.case(waits).state is RequestState.UNPLACED


def test_routine_newcomers_of_one_commit_do_not_pass_who_waits_and_precedes_them(open_desk):
    desk = open_desk()
    beds = desk.full()
    waits = desk.asked("soon")
    newcomers = desk.placing("routine"), desk.placing("emergency")
    routine, emergency, *_ = desk.carry_out(*newcomers, *map(desk.releasing, beds))
    assert (emergency["state"], desk.case(waits).state) == ("placed", RequestState.PLACED)
    assert routine["state"] == "unplaced"


def test_holding_a_bed_for_who_waits_does_not_pass_who_waits_and_precedes_them(open_desk):
    desk = open_desk()
    first, _ = desk.full()
    late, waits = desk.asked("routine"), desk.asked("soon")
    held, _ = desk.carry_out(desk.holding(request_id=late), desk.releasing(first))
    assert desk.case(waits).state is RequestState.PLACED
    assert held["state"] == "unplaced"


def test_waiving_a_rule_for_who_waits_does_not_pass_who_waits_and_precedes_them(open_desk):
    """Where a rule was waived and no bed named, the request was decided before everybody who waited more urgently."""
    desk = open_desk()
    first, _ = desk.full()
    late, waits = desk.asked("routine"), desk.asked("soon")
    overruled, _ = desk.carry_out(desk.overruling(late, "nursing_floor"), desk.releasing(first))
    assert desk.case(waits).state is RequestState.PLACED
    assert overruled["state"] == "unplaced"


def held_again(desk, request_id, bed_id):
    """What holding a bed for a request once more is answered."""
    (told,) = desk.carry_out(desk.holding(request_id=request_id, place={"bed_id": bed_id}, minutes=10))
    return told


def test_nobody_holds_the_same_bed_for_the_same_request_without_end(open_desk):
    """Whoever held a bed again before each end had it for good, without a ward having accepted anybody."""
    desk = open_desk(holds_per_resource=2)
    (first,) = desk.carry_out(desk.holding(request=bundle(), minutes=10))
    request_id, bed_id = first["request_id"], first["allocation"]["bed_id"]
    other = {"C1": "C2", "C2": "C1"}[bed_id]
    desk.wall.pass_minutes(10)
    desk.carry_out(desk.ticking())
    assert desk.case(request_id).state is RequestState.UNPLACED, "a hold that lapsed counts as well"
    assert held_again(desk, request_id, bed_id)["state"] == "placed"
    before = desk.case(request_id)
    refused = held_again(desk, request_id, bed_id)
    assert isinstance(refused, HeldTooOften)
    assert bed_id in str(refused)
    assert "POST /requests/{id}:choose" in refused.remedy
    assert desk.case(request_id) == before, "what is held stays held until its end"
    assert held_again(desk, request_id, other)["allocation"]["bed_id"] == other
    desk.decider.reset()
    assert isinstance(held_again(desk, request_id, bed_id), HeldTooOften), "a restart forgets nothing"
