"""Scenarios beside the first of them, with one verdict per measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulations.experiments.catalogue import ALL_DAY, MEASURES, Key, words
from simulations.experiments.replications import Replicated
from simulations.statistics.intervals import LEVEL
from simulations.statistics.paired import Difference, differences
from simulations.statistics.verdicts import verdict


@dataclass(frozen=True, slots=True)
class Compared:
    """What one scenario changes against the first in one measure, and the line that says so."""

    base: str
    name: str
    key: Key
    difference: Difference
    line: str


def compare(replicated: Sequence[Replicated], level: float = LEVEL) -> list[Compared]:
    """Every headline measure that both scenarios have, of every scenario against the first.

    All of them are corrected for together (Holm), for all are read together.
    """
    base, *others = replicated
    pairs = [(other, key) for other in others for key in headlines(base) if key in other.keys]
    found = differences([(base.of(key), other.of(key)) for other, key in pairs], level)
    return [
        Compared(
            base.name, other.name, key, difference, verdict(other.name, base.name, words(key), difference)
        )
        for (other, key), difference in zip(pairs, found, strict=True)
    ]


def headlines(replicated: Replicated) -> list[Key]:
    """What is compared: whole-day headline measures, observed at least twice and not always nothing."""
    return [
        key
        for key in replicated.keys
        if key.hour == ALL_DAY and MEASURES[key.measure].headline and _is_told(replicated, key)
    ]


def _is_told(replicated: Replicated, key: Key) -> bool:
    """By class only what the class itself meets; demand is not an outcome."""
    observed = replicated.of(key)
    return bool(np.count_nonzero(~np.isnan(observed)) >= 2)
