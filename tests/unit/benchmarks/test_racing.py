"""The judge of races, shown fair and unfair ones; and how a campaign goes on where it was."""

import pytest

from benchmarks.safety.client import Told
from benchmarks.safety.races import CASES, CONTROL, Found, line, rounds_held
from benchmarks.safety.racing import unfair

WINNER = Told(201, {"request_id": "r1", "state": "placed"})
NEED = {"decided_again": "2026-03-02T00:01:00+00:00"}
LOSER = Told(202, {"request_id": "r2", "state": "unplaced", "need": NEED, "reasons": ["no bed"]})


def with_answer(answer, **changes):
    return Told(answer.status, {**answer.body, **changes})


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([WINNER, LOSER, LOSER], ""),
        ([WINNER, WINNER, LOSER], "{201: 2, 202: 1}"),
        ([LOSER, LOSER, LOSER], "{202: 3}"),
        ([WINNER, LOSER], "{201: 1, 202: 1}"),
        ([WINNER, LOSER, Told(503, {})], "503: 1"),
        ([with_answer(WINNER, state="unplaced"), LOSER, LOSER], "201 says unplaced"),
        ([WINNER, LOSER, with_answer(LOSER, reasons=[])], "r2 waits and is not told why"),
        ([WINNER, LOSER, with_answer(LOSER, need={"decided_again": None})], "or until when"),
        ([WINNER, LOSER, with_answer(LOSER, state="placed")], "r2 waits"),
    ],
)
def test_a_race_is_fair_with_one_winner_and_losers_who_know_why(answers, fault):
    found = unfair(answers, clients=3)
    assert any(fault in sentence for sentence in found) if fault else found == []


def test_a_campaign_goes_on_after_the_rounds_of_its_revision():
    lines = [
        {**line(case, Found(rounds, 0, (), 1.0)), "revision": revision}
        for case, rounds, revision in (
            (CASES[0], 30, "abc"),
            (CASES[0], 20, "abc-dirty"),
            (CASES[0], 7, "older"),
            (CASES[1], 5, "abc"),
        )
    ]
    assert [rounds_held(case, lines, "abc") for case in (*CASES[:3], CONTROL)] == [50, 5, 0, 0]
