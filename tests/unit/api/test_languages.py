"""The language of the reader: what Accept-Language asks for, and what is spoken here."""

import pytest

from api.languages import language_of


@pytest.mark.parametrize(
    ("accept", "spoken"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("ZH-Hant-TW", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.8, zh;q=0.9", "zh"),
        ("en, zh", "en"),  # of equal wishes the first
        ("zh, en", "zh"),
        ("fr, de;q=0.9", "en"),  # none is spoken here
        ("fr, zh;q=0.1", "zh"),
        ("zh;q=0", "en"),  # not at all
        ("zh;q=0, en;q=0", "en"),  # rather English than nothing
        ("*", "en"),
        ("en;q=0, *", "zh"),  # whatever is left
        ("en;q=0.2, *;q=0.5", "zh"),
        ("zh; q=1.0", "zh"),
        ("zh;q=2, en;q=0.5", "en"),  # no such quality
        ("zh;q=nan, en;q=0.5", "en"),
        ("zh;q=, en;q=0.1", "en"),
        (";;;,,,=", "en"),
        ("fr," * 100 + "zh", "en"),  # nobody has a hundred wishes
    ],
)
def test_the_wish_that_can_be_met_best_is_met(accept, spoken):
    assert language_of(accept).value == spoken
