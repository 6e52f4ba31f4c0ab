"""The judge of crashes: a sound reading passes, and each way of losing, doubling or half doing something is found."""

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.safety.judge import Kept, Reading, Start, faults, key_hash, repeated_otherwise
from benchmarks.safety.load import Answer, Told
from models.audit import GENESIS, Anchor

START = Start(Anchor(3, GENESIS), "acc-1")
PLACED = {"request_id": "r1", "revision": 1, "state": "placed"}
RELEASED = {"request_id": "r1", "revision": 2, "state": "released"}
ASKED = Told("key-one", "/requests", {}, None, Answer(201, PLACED))
GIVEN_BACK = Told("key-two", "/requests/r1:release", {}, None, Answer(200, RELEASED))
ONE, TWO = key_hash("acc-1", "key-one"), key_hash("acc-1", "key-two")
PLACING, RELEASING = Counter({("allocation.placed", "a1"): 1}), Counter({("request.released", "r1"): 1})

SOUND = Reading(
    kept={ONE: Kept(201, PLACED, 5, 100), TWO: Kept(200, RELEASED, 6, 200)},
    lines={100: PLACING, 200: RELEASING},
    events={100: PLACING, 200: RELEASING},
    revisions={100: frozenset({5}), 200: frozenset({6})},
    bookings={100: frozenset({"r1", "a1"}), 200: frozenset({"r1", "a1"})},
    sequence=(1, 2),
    states={("r1", 1): "placed", ("r1", 2): "released"},
    placed=frozenset({"a1"}),
    revision=6,
    breaches=(),
)
ALL = [ASKED, GIVEN_BACK]


def without(found, key):
    return {one: held for one, held in found.items() if one != key}


def test_a_sound_database_passes_whether_or_not_its_last_command_was_answered():
    assert faults(ALL, SOUND, START) == []
    assert faults([ASKED, replace(GIVEN_BACK, answer=None)], SOUND, START) == []


def test_what_was_not_acknowledged_may_be_missing_altogether():
    nothing = replace(
        SOUND,
        kept={ONE: SOUND.kept[ONE]},
        lines={100: PLACING},
        events={100: PLACING},
        revisions={100: frozenset({5})},
        bookings={100: frozenset({"r1", "a1"})},
        sequence=(1,),
        states={("r1", 1): "placed"},
        revision=5,
    )
    assert faults([ASKED, replace(GIVEN_BACK, answer=None)], nothing, START) == []
    assert faults([ASKED, replace(GIVEN_BACK, answer=Answer(503, {}))], nothing, START) == []
    assert faults(ALL, nothing, START) == [
        "lost: /requests/r1:release (key key-two) was answered 200, and nothing of it is there"
    ]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"kept": without(SOUND.kept, TWO)}, "lost: /requests/r1:release (key key-two) was answered 200"),
        ({"kept": {**SOUND.kept, TWO: Kept(200, PLACED, 6, 200)}}, "kept with another answer"),
        ({"states": {("r1", 1): "placed"}}, "never was in that state"),
        ({"kept": {**SOUND.kept, b"x": Kept(201, PLACED, 6, 200)}}, "a key is kept that nobody sent"),
        ({"states": {**SOUND.states, ("r2", 1): "placed"}}, "r2 stands, and no command asked for it"),
        ({"placed": frozenset({"a1", "a2"})}, "a2 was given by 0 events"),
        ({"events": {**SOUND.events, 200: RELEASING + PLACING}}, "a1 was given by 2 events"),
        ({"bookings": {**SOUND.bookings, 300: frozenset({"s9"})}}, "there is no audit line for s9"),
        ({"bookings": without(SOUND.bookings, 200)}, "at 200 no booking changed"),
        ({"lines": without(SOUND.lines, 200)}, "there is no audit line for a1 r1"),
        ({"events": without(SOUND.events, 200)}, "the outbox says otherwise"),
        ({"sequence": (1, 3)}, "the outbox has gaps"),
        ({"revisions": {**SOUND.revisions, 200: frozenset({7})}}, "not of revision 6"),
        ({"revision": 7}, "the hospital stands at 7"),
        ({"breaches": ("audit chain: Line 2 was altered.",)}, "Line 2 was altered"),
    ],
)
def test_the_judge_finds_what_cannot_be_so(broken, fault):
    found = faults(ALL, replace(SOUND, **broken), START)
    assert any(fault in sentence for sentence in found), found


def test_one_request_under_two_keys_is_found():
    twice = replace(SOUND, kept={**SOUND.kept, key_hash("acc-1", "key-three"): SOUND.kept[ONE]})
    found = faults([*ALL, replace(ASKED, key="key-three", answer=None)], twice, START)
    assert "doubled: r1 was asked for 2 times" in found


@pytest.mark.parametrize(
    ("again", "found"),
    [
        (Answer(201, PLACED, replayed=True), False),
        (Answer(201, PLACED, replayed=False), True),
        (Answer(201, {**PLACED, "request_id": "r2"}, replayed=True), True),
        (Answer(503, {}), True),
        (None, True),
    ],
)
def test_what_was_acknowledged_is_answered_alike_when_it_is_repeated(again, found):
    assert bool(list(repeated_otherwise([ASKED], [replace(ASKED, answer=again)]))) is found


def test_what_was_not_answered_may_be_done_or_refused_when_it_is_repeated():
    for answer in (Answer(201, PLACED), Answer(409, {})):
        before = [replace(ASKED, answer=None)]
        assert list(repeated_otherwise(before, [replace(ASKED, answer=answer)])) == []
