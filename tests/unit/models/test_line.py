"""Who goes first, and how many together: deadlines, and that nobody waits for ever."""

import math

import pytest

from models.commands import Command
from models.line import KEPT_FROM_SECONDS, PATIENCE_SECONDS, REMEMBERED_SECONDS, SLICE_SECONDS, Line, Pace
from models.pending import Pending
from models.writer import RecentPace
from solver.hospital import Priority


def waiting(name, due=None, weight=1, urgency=None):
    return Pending(Command(name, "acc", due=due, weight=weight, urgency=urgency), print)


def line(*pendings, at=100.0):
    made = Line()
    for pending in pendings:
        made.add(pending, at)
    return made


def names(pendings):
    return [pending.command.name for pending in pendings]


def test_without_deadlines_all_go_together_in_the_order_they_came():
    made = line(*(waiting(str(n)) for n in range(5)))
    assert names(made.take(512, 100.0, Pace(each=10.0))) == ["0", "1", "2", "3", "4"]
    assert len(made) == 0


def test_a_batch_holds_no_more_than_was_asked_for():
    made = line(*(waiting(str(n)) for n in range(5)))
    assert names(made.take(2, 100.0, Pace(each=0.0))) == ["0", "1"]
    assert names(made.take(2, 100.0, Pace(each=0.0))) == ["2", "3"]


def test_who_is_due_sooner_goes_first():
    made = line(waiting("later", 100.3), waiting("sooner", 100.1), waiting("patient"))
    assert names(made.take(512, 100.0, Pace(each=0.001))) == ["sooner", "later", "patient"]


def test_who_has_no_deadline_is_due_half_a_second_after_coming():
    made = line(waiting("patient"), waiting("just before", 100 + PATIENCE_SECONDS - 0.01))
    made.add(waiting("just after", 100 + PATIENCE_SECONDS + 0.01), 100.2)
    assert names(made.take(512, 100.2, Pace(each=0.001))) == ["just before", "patient", "just after"]


def test_a_batch_ends_where_one_more_would_make_a_deadline_pass():
    """Ten milliseconds each: of those due in 35 ms three are done in time together."""
    made = line(*(waiting(str(n), 100.035) for n in range(5)))
    assert names(made.take(512, 100.0, Pace(each=0.010))) == ["0", "1", "2"]
    made = line(*(waiting(str(n), 100.041) for n in range(5)))
    assert len(made.take(512, 100.0, Pace(each=0.010))) == 3 + 1


def test_while_hasty_callers_come_no_batch_takes_longer_than_they_could_wait():
    """The one who is due in 20 ms is gone; the next one may come the moment the batch of the others has begun."""
    made = line(waiting("hasty", 100.02))
    made.take(512, 100.0, Pace(each=0.005))
    for n in range(9):
        made.add(waiting(str(n)), 100.1)
    assert len(made.take(512, 100.1, Pace(each=0.0049))) == 4
    assert len(made.take(512, 100.1 + REMEMBERED_SECONDS, Pace(each=0.0049))) == 5


def test_what_weighs_much_does_not_go_along_with_who_is_in_a_hurry():
    made = line(waiting("urgent", 100.05), waiting("batch", weight=50))
    assert names(made.take(512, 100.0, Pace(each=0.002))) == ["urgent"]
    assert names(made.take(512, 100.0, Pace(each=0.002))) == ["batch"]


def test_those_whose_deadline_has_passed_go_together_for_one_commit_serves_all():
    pace = SLICE_SECONDS / 4
    made = line(*(waiting(str(n), 99.0) for n in range(9)), at=98.9)
    assert len(made.take(512, 100.0, Pace(each=pace))) == 4


def test_one_always_goes_whatever_it_takes():
    made = line(waiting("batch", 100.001, weight=500))
    assert names(made.take(512, 100.0, Pace(each=1.0))) == ["batch"]


def test_what_goes_along_already_counts():
    made = line(waiting("a", 100.025), waiting("b", 100.025))
    taken = [waiting("before")]
    assert names(made.take(512, 100.0, Pace(each=0.010), taken)) == ["a"]


def test_what_was_put_back_comes_before_all_in_its_order():
    made = line(waiting("hasty", 99.0))
    made.put_back([waiting("first"), waiting("second")])
    assert names(made.take(512, 100.0, Pace(each=0.0))) == ["first", "second", "hasty"]


def test_the_soonest_deadline_is_one_that_a_caller_gave():
    assert line(waiting("patient")).soonest() == math.inf
    assert line(waiting("patient"), waiting("b", 101.0), waiting("a", 100.5)).soonest() == 100.5


def test_a_deadline_that_nobody_could_keep_buys_no_place_before_who_came_earlier():
    """With ``deadline_ms`` of 1 anybody was always next."""
    made = line(waiting("before", 100.3), waiting("no deadline"))
    made.add(waiting("one millisecond", 100.002), 100.001)
    made.add(waiting("twenty milliseconds", 100.022), 100.002)
    told = names(made.take(512, 100.1, Pace(each=0.0)))
    assert told == ["twenty milliseconds", "before", "no deadline", "one millisecond"]


def test_deadlines_that_nobody_could_keep_make_no_batch_shorter():
    made = line(*(waiting(str(n), 100.001) for n in range(9)))
    assert len(made.take(512, 100.0, Pace(each=SLICE_SECONDS))) == 9
    assert made.soonest() == math.inf


@pytest.mark.parametrize("urgency", [Priority.EMERGENCY, Priority.URGENT])
@pytest.mark.parametrize("deadline", [0.001, KEPT_FROM_SECONDS, 0.02])
def test_no_deadline_passes_an_emergency_or_somebody_urgent_who_came_before(urgency, deadline):
    made = line(waiting("came before", urgency=urgency))
    made.add(waiting("in a hurry", 100.0001 + deadline, urgency=Priority.ROUTINE), 100.0001)
    assert names(made.take(512, 100.1, Pace(each=0.0))) == ["came before", "in a hurry"]


def test_an_emergency_goes_before_everybody_who_is_not_due():
    made = line(waiting("routine", urgency=Priority.ROUTINE), waiting("hasty", 100.05))
    made.add(waiting("emergency", urgency=Priority.EMERGENCY), 100.01)
    assert names(made.take(512, 100.02, Pace(each=0.0))) == ["emergency", "hasty", "routine"]


def test_nobody_is_passed_for_longer_than_half_a_second():
    made = line(waiting("patient", urgency=Priority.ROUTINE))
    for n in range(100):
        made.add(waiting(str(n), 100 + n * 0.01 + 0.02), 100 + n * 0.01)
    told = names(made.take(512, 101.0, Pace(each=0.0)))
    passed_by = told[: told.index("patient")]
    assert 0 < len(passed_by) == int(passed_by[-1]) + 1 <= PATIENCE_SECONDS / 0.01


def test_a_commit_that_takes_long_makes_no_batch_small_whose_deadlines_have_passed():
    """Two milliseconds each and 50 for the commit: two at a time, twenty would be answered after half a second."""
    made = line(*(waiting(str(n), 100.02) for n in range(40)))
    assert len(made.take(512, 100.1, Pace(fixed=0.050, each=0.002))) == 25


def test_the_commit_counts_for_those_who_can_be_in_time():
    made = line(*(waiting(str(n), 100.125) for n in range(40)))
    assert len(made.take(512, 100.0, Pace(fixed=0.050, each=0.010))) == 7


def test_what_a_commit_takes_is_told_from_what_a_command_takes():
    recent = RecentPace()
    assert recent.pace == Pace()
    recent.took(1, 0.052)
    assert recent.pace == Pace(0.0, 0.052)
    for weight in (2, 10, 1, 25):
        recent.took(weight, 0.050 + 0.002 * weight)
    assert recent.pace.fixed == pytest.approx(0.050)
    assert recent.pace.each == pytest.approx(0.002)


def test_a_pace_is_never_below_nothing_and_what_is_long_past_counts_little():
    recent = RecentPace()
    for weight, seconds in ((1, 0.5), (10, 0.1), (20, 0.1)):
        recent.took(weight, seconds)
    assert recent.pace.each >= 0
    assert recent.pace.fixed >= 0
    for _ in range(10):
        recent.took(10, 1.5)
        recent.took(20, 2.5)
    assert recent.pace.each == pytest.approx(0.1, rel=0.1)
