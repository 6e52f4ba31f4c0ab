"""Everything a scenario needs, estimated from visits: who comes, where they go, how long they stay, what there is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulations.fitting.arrivals import Arrivals, arrivals
from simulations.fitting.visits import Fate, Visits, census_of
from simulations.statistics.censored import NORMAL_975, Estimate, estimates
from simulations.statistics.survival import (
    Bools,
    Float64,
    Lifetimes,
    Survival,
    kaplan_meier,
    shares_by_outcome,
)

FEWEST = 30
"""Ends from which on a class is told apart from the others."""
QUANTILES, FINE = 100, 500
ALL_CLASSES = -1


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a bed is needed. values: quantiles at equal steps where no named distribution fits, else empty.

    mean with its 95 % half width. ended, going_on: how many it was told from.
    """

    named: Estimate
    values: tuple[float, ...]
    mean: float
    half: float
    ended: int
    going_on: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ward:
    """By class, ALL_CLASSES for those not told apart: stays, and where to then (a ward or Fate.LEFT).

    beds: how many; known: whether patients were seen to wait or be refused, or somebody said so. most: in use at once.
    patience: mean wait after which somebody gives up; None: nobody did. room: how many may wait; None: any number.
    when_full, gives_up_to: the ward most of them went to, or Fate.LEFT. keeps_bed: until the next ward has one.
    """

    name: str
    stays: Mapping[int, Stay]
    routes: Mapping[int, Mapping[int, Share]]
    beds: int
    known: bool
    most: int
    patience: float | None
    room: int | None
    when_full: int
    gives_up_to: int
    keeps_bed: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """arrivals, doors (shares of the wards patients come in by): by class. wards: as in the visits."""

    classes: tuple[str, ...]
    arrivals: Mapping[int, Arrivals]
    doors: Mapping[int, Mapping[int, Share]]
    wards: tuple[Ward, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known beside the log. stays: "auto", "named" or "empirical". beds: by ward.

    silent_when_full: wards at which patients who find them full leave no row.
    """

    stays: str = "auto"
    beds: Mapping[str, int] | None = None
    silent_when_full: tuple[str, ...] = ()


def estimate(
    visits: Visits, length: float, start_of_week: int, keeps_bed: tuple[bool, ...], asked: Asked
) -> Fitted:
    """All of a scenario, from ``visits`` seen from hour 0 to ``length``."""
    wards = tuple(
        _ward(visits, number, length, keeps_bed[number], asked) for number in range(len(visits.wards))
    )
    came = visits.first & (visits.asked >= 0)
    hidden = {
        ward: _full(visits, ward, wards[ward].beds, length)
        for ward, name in enumerate(visits.wards)
        if name in asked.silent_when_full
    }
    found, doors = {}, {}
    for group in range(len(visits.classes)):
        own = visits.of(came & (visits.group == group))
        if len(own):
            entries = np.unique(own.ward)
            doors[group] = {int(ward): wilson(int((own.ward == ward).sum()), len(own)) for ward in entries}
            # One door that is shut at times hides who would have come; of several the others still show the class.
            shut = hidden.get(int(entries[0])) if len(entries) == 1 else None
            nothing = np.zeros(int(length * 60), dtype=bool)
            seen = (
                own if shut is None else own.of(~shut[np.minimum(own.asked * 60, len(shut) - 1).astype(int)])
            )
            found[group] = arrivals(seen.asked, length, start_of_week, nothing if shut is None else shut)
    return Fitted(visits.classes, found, doors, wards)


def _full(visits: Visits, ward: int, beds: int, length: float) -> Bools:
    """Minutes in which all beds of a ward were taken: bool (minutes,)."""
    own = visits.of((visits.ward == ward) & np.isfinite(visits.started))
    minutes = np.arange(int(length * 60)) / 60.0
    return census_of(own.started, own.freed, minutes + 1e-6) >= beds


def _ward(visits: Visits, number: int, length: float, keeps_bed: bool, asked: Asked) -> Ward:
    name = visits.wards[number]
    own = visits.of(visits.ward == number)
    lying = own.of(own.started_by(length))
    apart = _told_apart(lying)
    stays, routes = {}, {}
    for group in (*apart, ALL_CLASSES):
        chosen = lying.group == group if group != ALL_CLASSES else ~np.isin(lying.group, apart)
        if group == ALL_CLASSES and not chosen.any():
            if len(apart) == len(visits.classes):
                continue
            # Nobody of the other classes came here; a scenario wants it said all the same.
            chosen = np.ones(len(lying), dtype=bool)
        part = lying.of(chosen)
        lives = part.stays(length)
        stays[group] = stay_of(lives, asked.stays)
        routes[group] = _routes(lives, part.fate)
    beds, known, most = _beds(own, length)
    if asked.beds and name in asked.beds:
        beds, known = asked.beds[name], True
    refused, gave_up = own.fate == Fate.REFUSED, own.fate == Fate.GAVE_UP
    silent = name in asked.silent_when_full
    return Ward(
        name,
        stays,
        routes,
        beds,
        known or silent,
        most,
        _patience(own, length) if gave_up.any() else None,
        0 if silent else _room(own, refused),
        _mostly(own.goes_to[refused]),
        _mostly(own.goes_to[gave_up]),
        keeps_bed,
    )


def _told_apart(lying: Visits) -> tuple[int, ...]:
    """Classes of which enough stays ended, where more than one class comes."""
    ended = np.bincount(lying.group[lying.fate != Fate.OPEN], minlength=len(lying.classes))
    several = len(np.unique(lying.group)) > 1
    return tuple(int(group) for group in np.flatnonzero(ended >= FEWEST)) if several else ()


def stay_of(lives: Lifetimes, wanted: str = "auto") -> Stay:
    """Named where that fits the curve of Kaplan and Meier, else the curve itself; what has not ended counts."""
    if not len(lives) or not lives.exposure:
        lives = Lifetimes(np.zeros(1), np.ones(1), np.zeros(1, dtype=bool))
    ranked = estimates(lives)
    fitting = [each for each in ranked if each.fits]
    best = fitting[0] if fitting else ranked[0]
    going_on = len(lives) - lives.events
    if wanted == "named" or lives.events < FEWEST or (wanted == "auto" and fitting):
        return Stay(best, (), best.mean, best.mean_half, lives.events, going_on)
    survival = kaplan_meier(lives)
    values = _quantiles(survival, ranked[0])
    mean = float(((values[1:] + values[:-1]) / 2).mean())
    return Stay(best, tuple(values.tolist()), mean, NORMAL_975 * survival.mean()[1], lives.events, going_on)


def _quantiles(survival: Survival, tail: Estimate) -> Float64:
    """Ages at equal steps of the share that has ended, to draw between.

    Beyond the longest that ended the named distribution goes on. The last age is such that the mean of the longest
    hundredth is right: straight to the longest of all would make long stays too long.
    """
    fine = _ages(survival, tail, (np.arange(QUANTILES * FINE) + 0.5) / (QUANTILES * FINE))
    found = np.append(_ages(survival, tail, np.arange(QUANTILES) / QUANTILES), 0.0)
    found[0] = survival.times[0]
    found[-1] = max(2 * float(fine[-FINE:].mean()) - found[-2], found[-2])
    return found


def _ages(survival: Survival, tail: Estimate, levels: Float64) -> Float64:
    found = survival.quantile(levels)
    unseen = ~np.isfinite(found)
    if unseen.any():
        last, left = float(survival.times[-1]), float(survival.left[-1])
        grid = last + np.geomspace(1e-3, 50.0 * max(tail.mean, last), 4000)
        curve = left * tail.left(grid) / max(float(tail.left(np.array([last]))[0]), 1e-12)
        found[unseen] = np.interp(levels[unseen], 1.0 - curve, grid)
    return found


def _routes(lives: Lifetimes, fate: np.ndarray) -> dict[int, Share]:  # type: ignore[type-arg]
    ended = lives.events
    return {
        outcome: _around(share, ended)
        for outcome, share in shares_by_outcome(lives, fate).items()
        if outcome >= Fate.LEFT
    } or {int(Fate.LEFT): Share(1.0, 0.0, 1.0)}


def wilson(part: int, whole: int) -> Share:
    """A share with Wilson's 95 % interval."""
    return _around(part / whole if whole else 0.0, whole)


def _around(share: float, whole: int) -> Share:
    if not whole:
        return Share(share, 0.0, 1.0)
    square = NORMAL_975**2 / whole
    middle = (share + square / 2) / (1 + square)
    half = NORMAL_975 / (1 + square) * math.sqrt(share * (1 - share) / whole + square / (4 * whole))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))


def _beds(own: Visits, length: float) -> tuple[int, bool, int]:
    """Beds of a ward, whether somebody was seen to find none, and how many were in use at most.

    While somebody waits all beds are in use, mostly: the number that was in use half of that time is taken. Else it is
    where somebody was refused; else the most that were ever in use.
    """
    lying = own.of(np.isfinite(own.started))
    inside = lying.started[lying.started >= 0]
    most = int(census_of(lying.started, lying.freed, np.append(inside, 0.0)).max(initial=0))
    until = np.minimum(np.minimum(own.started, own.gone), length)
    waiting = (until > np.maximum(own.asked, 0.0) + 1 / 120) & (own.asked < length)
    refused = own.gone[(own.fate == Fate.REFUSED) & (own.gone < length)]
    moments = _moments(np.maximum(own.asked[waiting], 0.0), until[waiting])
    moments = moments if len(moments) else refused
    if not len(moments):
        return max(most, 1), False, most
    return max(int(np.median(census_of(lying.started, lying.freed, moments))), 1), True, most


def _moments(begun: Float64, ended: Float64) -> Float64:
    """Moments spread evenly over all intervals, so that each counts by its length."""
    total = float((ended - begun).sum())
    if not total:
        return np.empty(0)
    ends = np.cumsum(ended - begun)
    at = (np.arange(2001) + 0.5) / 2001 * total
    which = np.searchsorted(ends, at)
    found: Float64 = ended[which] - (ends[which] - at)
    return found


def _patience(own: Visits, length: float) -> float:
    """The mean of exponential patience: all waiting, whether in vain or not, by the number who gave up."""
    waits = own.of((own.asked >= 0) & (own.fate != Fate.REFUSED)).waits(length)
    return max(waits.exposure, 1 / 60) / waits.events if waits.events else math.inf


def _room(own: Visits, refused: Bools) -> int | None:
    """How many may wait: as many as waited when somebody was refused, half of the times."""
    if not refused.any():
        return None
    at = own.gone[refused]
    others = own.of(~refused)
    return int(np.median(census_of(others.asked, np.minimum(others.started, others.gone), at - 1e-9)))


def _mostly(goes_to: np.ndarray) -> int:  # type: ignore[type-arg]
    if not len(goes_to):
        return int(Fate.LEFT)
    values, counts = np.unique(goes_to, return_counts=True)
    return int(values[np.argmax(counts)])
