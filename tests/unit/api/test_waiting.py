"""What is understood of ``Prefer``."""

import pytest

from api.routers.waiting import seconds_of


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("wait=20", 20),
        ("respond-async, Wait = 7", 7),
        ('wait="5"; strict', 5),
        ("wait=99999", 60),
        ("wait=-1", 0),
        ("await=3", 0),
        ("wait=" + "9" * 5000, 0),
    ],
)
def test_a_wish_to_wait_is_understood_or_left_alone(prefer, seconds):
    assert seconds_of(prefer) == seconds
