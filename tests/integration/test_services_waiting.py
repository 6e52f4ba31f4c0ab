"""The waiting list inside the decider: what comes free goes to whoever precedes, and nobody waits for ever."""

import pytest

from api.errors import WrongState
from api.schemas.movements import ArrivalIn, ProposalIn, StepIn
from api.security.permissions import Permission
from api.services import waiting
from api.services.cases import Proposal
from api.services.proposals import Answered, answer_proposal
from solver.hospital import RequestState
from solver.placing import ahead, phrases
from solver.placing.telling import as_json
from tests.api_service import DAY, HOUR, at
from tests.waiting_desk import looks


def test_what_comes_free_goes_to_who_waits_and_not_to_the_newcomer_of_the_same_batch(open_desk):
    desk = open_desk()
    first, _ = desk.full()
    waits = desk.asked()
    newcomer, _ = desk.carry_out(desk.placing(), desk.releasing(first))
    assert desk.case(waits).state is RequestState.PLACED
    assert newcomer["state"] == "unplaced"


def test_what_a_person_leaves_by_choosing_another_place_goes_to_who_waits_and_not_to_a_newcomer(open_desk):
    desk = open_desk()
    first, _ = desk.full()
    waits = desk.asked(hours=2)
    newcomer, _ = desk.carry_out(desk.placing(hours=2), desk.choosing(first, start=at(4 * HOUR)))
    assert desk.case(waits).state is RequestState.PLACED
    assert newcomer["state"] == "unplaced"


def test_an_emergency_of_the_same_batch_precedes_a_routine_patient_who_waits(open_desk):
    desk = open_desk()
    first, _ = desk.full()
    waits = desk.asked("routine")
    emergency, _ = desk.carry_out(desk.placing("emergency"), desk.releasing(first))
    assert emergency["state"] == "placed"
    assert desk.case(waits).state is RequestState.UNPLACED


@pytest.mark.parametrize(("name", "body"), [("step", StepIn(step="handed_over")), ("arrive", ArrivalIn())])
def test_no_release_of_the_same_batch_overtakes_the_patient_who_set_out_or_came_before(open_desk, name, body):
    desk = open_desk()
    comes = desk.asked()
    moved, refused = desk.carry_out(desk.moving(name, comes, body), desk.releasing(comes))
    assert isinstance(refused, WrongState)
    assert moved["allocation"]["bed_id"] == desk.case(comes).allocation.bed_id


def test_one_round_serves_everything_that_came_free_in_a_batch(open_desk):
    desk = open_desk()
    beds = desk.full()
    waits = [desk.asked() for _ in range(3)]
    with looks() as seen:
        desk.carry_out(*(desk.releasing(request_id) for request_id in beds))
    states = [desk.case(request_id).state.value for request_id in waits]
    assert states == ["placed", "placed", "unplaced"]
    assert seen == waits, "in order of precedence, each once"


def test_a_list_longer_than_a_round_is_gone_over_in_turns(open_desk):
    desk = open_desk(retry_unplaced=2)
    desk.full()
    waits = [desk.asked() for _ in range(5)]
    with looks() as seen:
        for _ in range(6):
            desk.carry_out(desk.releasing(desk.asked()))
            desk.wall.pass_minutes(1)
    assert set(waits) <= set(seen)


def test_a_round_that_fails_takes_no_command_with_it(open_desk, monkeypatch):
    desk = open_desk()
    first, _ = desk.full()
    waits = desk.asked()

    def broken(*_):
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(waiting, "in_turn", broken)
        (body,) = desk.carry_out(desk.releasing(first))
        (ticked,) = desk.carry_out(desk.ticking())
    assert body["state"] == "released"
    assert desk.case(waits).state is RequestState.UNPLACED
    assert ticked["placed_from_waiting"] == [], "beds are cleaned and holds lapse all the same"


def test_who_makes_a_round_fail_is_set_aside_for_an_hour_and_the_others_have_their_turn(
    open_desk, monkeypatch
):
    desk = open_desk()
    first, _ = desk.full()
    breaks, waits = desk.asked("emergency"), desk.asked()
    in_turn = waiting.in_turn

    def broken(live, request, *others):
        if request.id == breaks:
            raise RuntimeError("a defect")
        return in_turn(live, request, *others)

    monkeypatch.setattr(waiting, "in_turn", broken)
    desk.carry_out(desk.releasing(first))
    assert desk.case(waits).state is RequestState.UNPLACED
    desk.carry_out(desk.releasing(desk.asked("routine")))
    assert desk.case(waits).state is RequestState.PLACED
    assert list(desk.decider.desk.set_aside) == [breaks]
    desk.wall.pass_minutes(61)
    monkeypatch.setattr(waiting, "in_turn", in_turn)
    desk.carry_out(desk.releasing(waits))
    assert desk.case(breaks).state is RequestState.PLACED


@pytest.mark.parametrize("accepted", [True, False])
def test_what_a_confirmed_proposal_frees_is_offered_at_once_to_who_waits(open_desk, accepted):
    desk = open_desk()
    proposal = Proposal(
        "prp-1", "review_drug", "st-1/L1", as_json(phrases.NURSE_ABSENT.of()), {"lot_id": "L1"}
    )
    desk.decider.desk.proposals[proposal.id] = proposal
    body = Answered(proposal.id, accepted, ProposalIn(), desk._access(Permission.PROPOSAL_ANSWER))

    def freed(changes):
        answer_proposal(body, changes)
        return changes.came_free

    assert desk.decider.ask(freed, "acc-bed") is accepted


def test_a_round_whose_command_was_not_stored_is_held_again(open_desk):
    desk = open_desk()
    first, _ = desk.full()
    waits = desk.asked()
    release = desk.releasing(first)
    (decision,) = desk.decider.decide([release])
    assert desk.case(waits).state is RequestState.PLACED
    desk.decider.refused(release, decision)
    assert desk.case(waits).state is RequestState.UNPLACED
    desk.carry_out(desk.releasing(first))
    assert desk.case(waits).state is RequestState.PLACED


def test_who_has_a_late_place_gets_an_earlier_one_when_it_comes_free(open_desk):
    desk = open_desk()
    first = desk.asked(hours=12)
    desk.asked(hours=72)
    late = desk.asked(hours=24, max_wait_minutes=60)
    assert desk.case(late).state is RequestState.UNPLACED
    desk.wall.pass_minutes(61)
    desk.carry_out(desk.releasing(desk.asked(hours=72, max_wait_minutes=0)))
    placed = desk.case(late).allocation
    assert placed.start >= desk.case(first).allocation.end
    desk.carry_out(desk.releasing(first))
    assert desk.case(late).allocation.start == desk.decider.desk.live.now


def waited(desk, minutes):
    """Minutes until a request for a day got a place while short ones of its priority come all the time and book up to
    four hours ahead; None if it did not."""
    for _ in range(6):
        desk.asked("soon", hours=2)
    long = desk.asked("soon", hours=24, max_wait_minutes=240)
    for minute in range(0, minutes, 30):
        if desk.case(long).state is RequestState.PLACED:
            return minute
        desk.wall.pass_minutes(30)
        desk.asked("soon", hours=2)
        desk.asked("soon", hours=1)
    return None


def test_nobody_starves_behind_short_stays_that_come_after_them(open_desk):
    assert waited(open_desk(), DAY) <= 240 + 30


def test_without_a_place_ahead_they_would(open_desk, monkeypatch):
    monkeypatch.setattr(ahead, "ahead", lambda *_: None)
    assert waited(open_desk(), DAY) is None
