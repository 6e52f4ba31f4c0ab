"""What rows of a log may say, by the words that logs use for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum


class Kind(IntEnum):
    """What happened. What one patient does in one minute is taken in the order of the log."""

    ARRIVED = 0
    """At the hospital, on no ward yet."""
    REQUESTED = 1
    STARTED = 2
    """A bed of the ward was taken, and the one before given up."""
    FINISHED = 3
    """The bed is free, the patient not yet gone."""
    REFUSED = 4
    GAVE_UP = 5
    LEFT = 6
    NOTHING = 7
    """A row that changes nothing."""


WORDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ARRIVED: ("arrived", "arrival", "entered", "registered", "triaged", "a04"),
    Kind.REQUESTED: ("requested", "request", "bed requested", "joined", "referred", "waiting", "a05", "a14", "a15"),
    Kind.STARTED: (
        "started", "admitted", "admission", "admit", "transferred", "transfer", "transfer in", "moved", "in", "a01",
        "a02",
    ),
    Kind.FINISHED: ("finished", "bed freed", "transfer out", "out"),
    Kind.REFUSED: ("refused", "rejected", "turned away", "diverted", "balked", "no bed"),
    Kind.GAVE_UP: ("gave up", "reneged", "left without being seen", "lwbs", "withdrawn", "cancelled", "canceled"),
    Kind.LEFT: ("left", "discharged", "discharge", "departed", "died", "death", "transferred elsewhere", "a03"),
    Kind.NOTHING: ("interrupted", "resumed", "a08"),
}  # fmt: skip
"""HL7's trigger events among them: A01 admit, A02 transfer, A03 discharge, A14 and A15 pending."""
_BY_WORD = {word: kind for kind, words in WORDS.items() for word in words}
EXPECTED = "one of: requested, admitted, transferred, finished, refused, gave up, discharged"


def kind_of(text: str) -> Kind | None:
    """What a word of a log means, however it is written; None if nobody can say."""
    plain = re.sub(r"[\s_-]+", " ", text.strip().lower())
    return _BY_WORD.get(re.sub(r"^adt[ ^]", "", plain))
