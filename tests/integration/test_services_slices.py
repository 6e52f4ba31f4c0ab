"""Rounds of the waiting list in slices: none holds the writer for longer than it may, nobody loses anything by it, and
a crash between two of them loses nothing."""

import itertools

import pytest

from api.services.waiting import GO_ON, GoOn, WaitingList
from models.commands import Command
from solver.hospital import RequestState
from tests.api_service import HOUR, at
from tests.waiting_desk import looks

ONE_A_SLICE = {"retry_unplaced": 1}
MORE_THAN_THERE_IS = [{"drug_id": "heparin", "quantity": 500}]


@pytest.fixture(params=["sqlite", "postgresql"])
def open_either(request, open_desk):
    """As ``open_desk``, on both databases."""

    def make(**settings):
        server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
        return open_desk(address=None if server is None else server.create(), **settings)

    return make


def going_on():
    return Command(GO_ON, "clock", GoOn())


def finished(desk, most):
    """Slices until everybody was looked at."""
    for count in range(most + 1):
        if not desk.decider._waiting.unfinished:
            return count
        desk.carry_out(going_on())
    raise AssertionError(f"not everybody was looked at in {most} slices")


def test_a_slice_ends_when_its_time_is_used_up_and_the_next_begins_with_whom_it_left(open_desk):
    desk = open_desk(round_ms=3)
    desk.full()
    waits = [desk.asked(hours=72) for _ in range(6)]
    finished(desk, 10)
    clock = itertools.count()
    desk.decider._waiting._elapsed = lambda: next(clock) / 1000
    desk.wall.pass_minutes(1)
    slices = []
    while not slices or desk.decider._waiting.unfinished:
        with looks() as seen:
            desk.carry_out(going_on())
        slices.append(seen)
    assert list(itertools.chain(*slices)) == waits, "each once, in order of precedence"
    assert len(slices) > 2
    assert all(len(seen) <= 3 for seen in slices)


def test_somebody_is_looked_at_in_every_slice_however_short(open_desk):
    """The bound: with so many who wait, everybody was looked at after as many slices, whatever came free meanwhile."""
    desk = open_desk(**ONE_A_SLICE)
    desk.full()
    precede = [desk.asked("soon", drugs=MORE_THAN_THERE_IS) for _ in range(3)]
    waits = [desk.asked("routine", drugs=MORE_THAN_THERE_IS) for _ in range(3)]
    finished(desk, 10)
    desk.wall.pass_minutes(1)
    with looks() as seen:
        for _ in range(len(precede + waits)):
            desk.carry_out(going_on(), desk.releasing(desk.asked("soon", hours=1)))
    assert set(waits) <= set(seen)


def test_what_comes_free_between_two_slices_goes_to_who_precedes_and_not_to_who_is_next(open_either):
    """Who was looked at in an earlier slice, when nothing was free, precedes whoever is next when something is."""
    desk = open_either(**ONE_A_SLICE)
    first, _ = desk.full()
    waits = [desk.asked(priority) for priority in ("urgent", "soon", "routine")]
    finished(desk, 10)
    desk.wall.pass_minutes(1)
    with looks() as seen:
        desk.carry_out(going_on())
    assert seen == waits[:1]
    desk.carry_out(desk.releasing(first))
    assert [desk.case(each).state for each in waits] == [
        RequestState.PLACED,
        RequestState.UNPLACED,
        RequestState.UNPLACED,
    ]


def test_a_newcomer_between_two_slices_does_not_get_what_somebody_waits_for_and_was_not_looked_at(
    open_either,
):
    desk = open_either(**ONE_A_SLICE)
    first, _ = desk.full()
    fits_nowhere = desk.asked("urgent", drugs=MORE_THAN_THERE_IS)
    waits = desk.asked("soon")
    finished(desk, 10)
    desk.carry_out(desk.releasing(first))
    assert desk.case(fits_nowhere).state is RequestState.UNPLACED
    assert desk.case(waits).state is RequestState.UNPLACED, "nobody has looked at them"
    newcomer = desk.asked("routine")
    assert desk.case(newcomer).state is RequestState.UNPLACED
    assert desk.case(waits).state is RequestState.PLACED


def test_a_newcomer_who_takes_nothing_that_came_free_waits_for_nobody(open_desk):
    desk = open_desk(**ONE_A_SLICE)
    desk.full()
    waits = [desk.asked("urgent", hours=72) for _ in range(3)]
    finished(desk, 10)
    desk.wall.pass_minutes(1)
    with looks() as seen:
        (told,) = desk.carry_out(desk.placing("routine", hours=1, needed_by=at(80 * HOUR)))
    assert told["state"] == "placed"
    assert len(seen) == 1, "the slice that every batch ends with"
    assert set(seen) <= set(waits)


def test_a_crash_between_two_slices_loses_nothing(open_either):
    desk = open_either(**ONE_A_SLICE)
    first, _ = desk.full()
    waits = [desk.asked("urgent", drugs=MORE_THAN_THERE_IS), desk.asked("soon")]
    finished(desk, 10)
    desk.carry_out(desk.releasing(first))
    assert desk.case(waits[1]).state is RequestState.UNPLACED, "the round is not over"
    desk.decider.reset()
    newcomer = desk.asked("routine")
    assert desk.case(newcomer).state is RequestState.UNPLACED
    assert desk.case(waits[1]).state is RequestState.PLACED


def test_a_slice_that_gives_nobody_anything_is_not_stored(open_either):
    desk = open_either(**ONE_A_SLICE)
    desk.full()
    for _ in range(3):
        desk.asked()
    finished(desk, 10)
    desk.wall.pass_minutes(1)
    before = desk.decider.revision
    with looks() as seen:
        desk.carry_out(going_on())
        finished(desk, 10)
    assert len(seen) == 3
    assert desk.decider.revision == before


def test_the_service_goes_on_by_itself_until_everybody_was_looked_at(open_desk):
    desk = open_desk(**ONE_A_SLICE)
    desk.full()
    for _ in range(3):
        desk.asked()
    finished(desk, 10)
    asked = []
    desk.decider.unfinished = lambda: asked.append(going_on()) is None
    desk.decider._goes_on = False
    desk.wall.pass_minutes(1)
    desk.carry_out(desk.releasing(desk.asked()))
    slices = 0
    while asked:
        assert len(asked) == 1, "one at a time"
        desk.carry_out(asked.pop())
        slices += 1
    assert slices >= 2
    assert not desk.decider._waiting.unfinished
    assert WaitingList(lambda: 0.0).unfinished, "one made anew looks at everybody"


def test_a_slice_that_was_not_taken_by_the_writer_is_asked_for_with_the_next_batch(open_desk):
    """It was asked for once, and never again: a full queue left whoever waits to the next command."""
    desk = open_desk(**ONE_A_SLICE)
    desk.full()
    for _ in range(3):
        desk.asked()
    taken = iter([False, True])
    desk.decider.unfinished = lambda: next(taken)
    desk.wall.pass_minutes(1)
    desk.carry_out(going_on())
    desk.carry_out(desk.releasing(desk.asked()))
    assert list(taken) == []


def test_whoever_has_to_wait_because_somebody_precedes_is_looked_at_before_a_newcomer_too(open_desk):
    """An urgent request takes the bed that came free and with it the later booking of another, who waits from then on
    and precedes the newcomer: deciding the newcomer again and again, with the other passed each time, never ended."""
    desk = open_desk(**ONE_A_SLICE)
    desk.asked()
    leaves = desk.asked(hours=4)
    booked = desk.asked("routine", hours=1, needed_by=at(5 * HOUR), max_wait_minutes=HOUR)
    fits_nowhere = desk.asked("emergency", drugs=MORE_THAN_THERE_IS)
    urgent = desk.asked("urgent", hours=10, max_wait_minutes=HOUR)
    finished(desk, 10)
    desk.carry_out(desk.releasing(leaves))
    assert desk.case(fits_nowhere).state is desk.case(urgent).state is RequestState.UNPLACED
    assert desk.case(booked).state is RequestState.PLACED
    newcomer = desk.asked("routine", hours=1, max_wait_minutes=40 * HOUR)
    assert [desk.case(each).state for each in (urgent, booked, newcomer)] == [
        RequestState.PLACED,
        RequestState.UNPLACED,
        RequestState.PLACED,
    ]
