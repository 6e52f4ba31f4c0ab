"""Scenarios beside the first of them, with one verdict per measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulations.experiments.catalogue import ALL, ALL_DAY, MEASURES, Key, words
from simulations.experiments.replications import Replicated
from simulations.scenarios.build import Built
from simulations.scenarios.transfers import uncounted
from simulations.statistics.intervals import LEVEL
from simulations.statistics.paired import Difference, differences
from simulations.statistics.verdicts import verdict

MOST_LEFT_OUT = 0.05
"""Of those who came after the warm-up: if more are cut off by the end of the run, means of the others mislead."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one scenario changes against the first in one measure, and the line that says so."""

    base: str
    name: str
    key: Key
    difference: Difference
    line: str


Keys = Callable[[Replicated], Sequence[Key]]
"""What is asked about a scenario other than the first."""


def compare(
    replicated: Sequence[Replicated], level: float = LEVEL, asked: Keys | None = None
) -> list[Compared]:
    """Every headline measure (or what is ``asked``) that both scenarios have, of every scenario against the first; see
    ``not_compared``.

    All of them are corrected for together (Holm), for all are read together.
    """
    base, *others = replicated
    pairs = [
        (other, key)
        for other in others
        for key in _common(base, other, asked)
        if not _withheld(base, other, key)
    ]
    found = differences([(base.of(key), other.of(key)) for other, key in pairs], level)
    return [
        Compared(
            base.name, other.name, key, difference, verdict(other.name, base.name, words(key), difference)
        )
        for (other, key), difference in zip(pairs, found, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A headline measure that would mislead, and the line that says why."""

    base: str
    name: str
    key: Key
    line: str


def withheld(replicated: Sequence[Replicated], asked: Keys | None = None) -> list[Withheld]:
    """Every headline measure (or what is ``asked``) that would mislead, of every scenario against the first."""
    base, *others = replicated
    return [
        Withheld(
            base.name,
            other.name,
            key,
            f"{other.name} and {base.name}: {words(key).what} not compared, {reason}",
        )
        for other in others
        for key in _common(base, other, asked)
        if (reason := _withheld(base, other, key))
    ]


def not_compared(replicated: Sequence[Replicated]) -> list[str]:
    """A line for every headline measure that would mislead, with the reason."""
    return [each.line for each in withheld(replicated)]


def _common(base: Replicated, other: Replicated, asked: Keys | None) -> list[Key]:
    """What both have, unless it is 0 in every replication of both: that nothing happened needs no verdict."""
    wanted = headlines(base) if asked is None else [key for key in asked(other) if _is_told(base, key)]
    keys = [key for key in wanted if key in other.keys]
    return [key for key in keys if np.nan_to_num(base.of(key)).any() or np.nan_to_num(other.of(key)).any()]


def _withheld(base: Replicated, other: Replicated, key: Key) -> str:
    """Why a measure of ``base`` and ``other`` would mislead; empty if it does not.

    A mean over those who were through leaves out whom the run's end cut off. Where more beds let some start who
    never would have, it grows although everyone is better off.
    """
    if key == Key("transfers") and _uncounted(base) != _uncounted(other):
        return "as steps with room_for or turn_away count none and are others in the one than in the other"
    left_out = MEASURES[key.measure].cut_off
    if not left_out:
        return ""
    shares = [_mean_of(each, key._replace(measure=left_out)) for each in (base, other)]
    if max(shares) <= MOST_LEFT_OUT:
        return ""
    doing = "left" if left_out == "unfinished_share" else "started"
    shown = f"{shares[1]:.0%} and {shares[0]:.0%}".replace("%", " %")
    return f"as {shown} of them had not {doing} at the end of the run: make run.length longer"


def _uncounted(replicated: Replicated) -> object:
    """Steps whose transfers are not counted; where a policy places, all are."""
    return uncounted(replicated.built.scenario) if isinstance(replicated.built, Built) else None


def _mean_of(replicated: Replicated, key: Key) -> float:
    """Of everyone, where patients change their class on the way and a class alone cannot be told; of everywhere, where
    who was cut off belongs to no place yet."""
    near = (key, key._replace(patient_class=ALL), key._replace(patient_class=ALL, place=ALL))
    told = next(each for each in near if each in replicated.keys)
    found = replicated.interval(told)
    return 0.0 if math.isnan(found.mean) else found.mean


def headlines(replicated: Replicated) -> list[Key]:
    """What is compared: whole-day headline measures, observed at least twice and not always nothing."""
    return [
        key
        for key in replicated.keys
        if key.hour == ALL_DAY and MEASURES[key.measure].headline and _is_told(replicated, key)
    ]


def _is_told(replicated: Replicated, key: Key) -> bool:
    """Not what was hardly observed, nor a class that is all there is: said twice it would be corrected for twice."""
    observed = replicated.of(key)
    everyone = key._replace(patient_class=ALL)
    twice = key != everyone and np.array_equal(observed, replicated.of(everyone), equal_nan=True)
    return bool(np.count_nonzero(~np.isnan(observed)) >= 2) and not twice
