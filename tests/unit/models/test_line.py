"""Who goes first, and how many together: deadlines, and that nobody waits for ever."""

import math

from models.commands import Command
from models.line import PATIENCE_SECONDS, REMEMBERED_SECONDS, SLICE_SECONDS, Line
from models.pending import Pending


def waiting(name, due=None, weight=1):
    return Pending(Command(name, "acc", due=due, weight=weight), print)


def line(*pendings, at=100.0):
    made = Line()
    for pending in pendings:
        made.add(pending, at)
    return made


def names(pendings):
    return [pending.command.name for pending in pendings]


def test_without_deadlines_all_go_together_in_the_order_they_came():
    made = line(*(waiting(str(n)) for n in range(5)))
    assert names(made.take(512, 100.0, 10.0)) == ["0", "1", "2", "3", "4"]
    assert len(made) == 0


def test_a_batch_holds_no_more_than_was_asked_for():
    made = line(*(waiting(str(n)) for n in range(5)))
    assert names(made.take(2, 100.0, 0.0)) == ["0", "1"]
    assert names(made.take(2, 100.0, 0.0)) == ["2", "3"]


def test_who_is_due_sooner_goes_first():
    made = line(waiting("later", 100.3), waiting("sooner", 100.1), waiting("patient"))
    assert names(made.take(512, 100.0, 0.001)) == ["sooner", "later", "patient"]


def test_who_has_no_deadline_is_due_half_a_second_after_coming():
    made = line(waiting("patient"), waiting("just before", 100 + PATIENCE_SECONDS - 0.01))
    made.add(waiting("just after", 100 + PATIENCE_SECONDS + 0.01), 100.2)
    assert names(made.take(512, 100.2, 0.001)) == ["just before", "patient", "just after"]


def test_a_batch_ends_where_one_more_would_make_a_deadline_pass():
    """Ten milliseconds each: of those due in 35 ms three are done in time together."""
    made = line(*(waiting(str(n), 100.035) for n in range(5)))
    assert names(made.take(512, 100.0, 0.010)) == ["0", "1", "2"]
    made = line(*(waiting(str(n), 100.041) for n in range(5)))
    assert len(made.take(512, 100.0, 0.010)) == 3 + 1


def test_while_hasty_callers_come_no_batch_takes_longer_than_they_could_wait():
    """The one who is due in 20 ms is gone; the next one may come the moment the batch of the others has begun."""
    made = line(waiting("hasty", 100.02))
    made.take(512, 100.0, 0.005)
    for n in range(9):
        made.add(waiting(str(n)), 100.1)
    assert len(made.take(512, 100.1, 0.0049)) == 4
    assert len(made.take(512, 100.1 + REMEMBERED_SECONDS, 0.0049)) == 5


def test_what_weighs_much_does_not_go_along_with_who_is_in_a_hurry():
    made = line(waiting("urgent", 100.05), waiting("batch", weight=50))
    assert names(made.take(512, 100.0, 0.002)) == ["urgent"]
    assert names(made.take(512, 100.0, 0.002)) == ["batch"]


def test_those_whose_deadline_has_passed_go_together_for_one_commit_serves_all():
    pace = SLICE_SECONDS / 4
    made = line(*(waiting(str(n), 99.0) for n in range(9)))
    assert len(made.take(512, 100.0, pace)) == 4


def test_one_always_goes_whatever_it_takes():
    made = line(waiting("batch", 100.001, weight=500))
    assert names(made.take(512, 100.0, 1.0)) == ["batch"]


def test_what_goes_along_already_counts():
    made = line(waiting("a", 100.025), waiting("b", 100.025))
    taken = [waiting("before")]
    assert names(made.take(512, 100.0, 0.010, taken)) == ["a"]


def test_what_was_put_back_comes_before_all_in_its_order():
    made = line(waiting("hasty", 99.0))
    made.put_back([waiting("first"), waiting("second")])
    assert names(made.take(512, 100.0, 0.0)) == ["first", "second", "hasty"]


def test_the_soonest_deadline_is_one_that_a_caller_gave():
    assert line(waiting("patient")).soonest() == math.inf
    assert line(waiting("patient"), waiting("b", 101.0), waiting("a", 100.5)).soonest() == 100.5
