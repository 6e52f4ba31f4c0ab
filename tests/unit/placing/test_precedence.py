"""In which order requests are decided."""

import pytest

from solver.hospital import Priority
from solver.placing.precedence import precedence
from tests.builders import DAY, NOW


def ranked(priority, waited, request_id="r"):
    return precedence(priority, NOW - waited, request_id, NOW)


def test_priority_comes_before_waiting_time():
    assert ranked(Priority.EMERGENCY, 0) < ranked(Priority.URGENT, DAY) < ranked(Priority.SOON, DAY)


def test_of_one_priority_who_has_waited_longer_comes_first_then_the_id_decides():
    assert ranked(Priority.URGENT, 10) < ranked(Priority.URGENT, 9)
    assert ranked(Priority.URGENT, 10, "a") < ranked(Priority.URGENT, 10, "b")


@pytest.mark.parametrize(
    ("priority", "waited", "as_if"),
    [
        (Priority.ROUTINE, 7 * DAY - 1, Priority.ROUTINE),
        (Priority.ROUTINE, 7 * DAY, Priority.SOON),
        (Priority.ROUTINE, 9 * DAY, Priority.URGENT),
        (Priority.SOON, 2 * DAY - 1, Priority.SOON),
        (Priority.SOON, 2 * DAY, Priority.URGENT),
        (Priority.URGENT, 100 * DAY, Priority.URGENT),
        (Priority.ROUTINE, 100 * DAY, Priority.URGENT),
    ],
)
def test_who_waits_long_rises_but_never_to_the_emergencies(priority, waited, as_if):
    assert ranked(priority, waited)[0] is as_if
