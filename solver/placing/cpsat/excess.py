"""Soft rules of cover: what demand above supply costs.

Target at every minute, balance at every full hour, price p per share and minute above supply:

    increase(t) = max(0, level(t) - slack(t)) - max(0, -slack(t)),     level(t) = sum of loads that hold t

Where slack(t) <= -(most that can leave), the increase is the level itself: a price on each pulse. Where
slack(t) >= (most that can come), it is 0. Only in between there are variables, one per stretch: minutes that
see the same pulses and slack. Levels follow from one stretch to the next by what starts and ends between. A
ward with very many stretches takes them together in blocks, which understates their price a little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.engine.types import Bool, Int64
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.pulses import Pulses

MOST_STRETCHES = 400
"""Stretches of a ward with variables of their own. A district that is full has 270 a ward; half empty, with
1,000, the relaxation takes five times as long as without."""

BLOCKS = 24
"""Blocks of time into which the stretches of a ward with more are taken together."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Where a soft rule looks: minutes, slack at each, price of a share above it."""

    minutes: Int64
    slack: Int64
    price: int


def price_excess(
    model: LinearModel, pulses: Pulses, amounts: Int64, measures: list[Measure], minutes: int, exact: bool
) -> None:
    """Add the price of all measures to a model; ``amounts``: the load of each pulse; ``minutes``: the horizon."""
    reach = Reach.of(pulses, amounts, minutes)
    samples = [_priced(model, pulses, amounts, measure, reach) for measure in measures]
    _excess(model, pulses, amounts, np.concatenate(samples), reach, exact)


@dataclass(frozen=True, slots=True)
class Reach:
    """The most that can come and leave at each minute of the horizon."""

    come: Int64
    leave: Int64

    @classmethod
    def of(cls, pulses: Pulses, amounts: Int64, minutes: int) -> Reach:
        """Per bed, or per request if that is less, its largest load counts once."""
        coming, leaving = amounts > 0, amounts < 0
        by_bed = _most(pulses.bed, pulses, amounts, coming, minutes)
        by_request = _most(pulses.request, pulses, amounts, coming, minutes)
        return cls(np.minimum(by_bed, by_request), _most(pulses.request, pulses, -amounts, leaving, minutes))


def _most(key: Int64, pulses: Pulses, amounts: Int64, some: Bool, minutes: int) -> Int64:
    """Sum over keys of the largest amount present, per minute."""
    total = np.zeros(minutes, np.int64)
    for one in np.unique(key[some]):
        mine = some & (key == one)
        best = np.zeros(minutes, np.int64)
        for amount in np.unique(amounts[mine]):
            level = mine & (amounts == amount)
            steps = np.zeros(minutes + 1, np.int64)
            np.add.at(steps, pulses.first[level], 1)
            np.add.at(steps, pulses.until[level], -1)
            best[np.cumsum(steps)[:-1] > 0] = amount
        total += best
    return total


def _priced(model: LinearModel, pulses: Pulses, amounts: Int64, measure: Measure, reach: Reach) -> Int64:
    """Charge pulses where every share counts; return the minutes in between as (minute, slack, price) rows."""
    if measure.price == 0 or not len(measure.minutes):
        return np.zeros((0, 3), np.int64)
    come, leave = reach.come[measure.minutes], reach.leave[measure.minutes]
    full = measure.slack <= -leave
    counts = np.zeros(len(reach.come) + 1, np.int64)
    np.add.at(counts, measure.minutes[full] + 1, 1)
    before = np.cumsum(counts)
    model.add_cost(pulses.variable, measure.price * amounts * (before[pulses.until] - before[pulses.first]))
    open_ones = ~full & (measure.slack < come)
    price = np.full(open_ones.sum(), measure.price)
    return np.stack([measure.minutes[open_ones], measure.slack[open_ones], price], axis=1)


def _excess(
    model: LinearModel, pulses: Pulses, amounts: Int64, samples: Int64, reach: Reach, exact: bool
) -> None:
    """Excess at the minutes that are left, per stretch of minutes that see the same pulses and slack."""
    if not len(samples):
        return
    bounds = np.unique(np.concatenate([pulses.first, pulses.until]))
    stretch = np.searchsorted(bounds, samples[:, 0], side="right")
    stretches, at = np.unique(stretch, return_inverse=True)
    moments = np.zeros(len(stretches), np.int64)
    moments[at] = samples[:, 0]
    keys, group = np.unique(np.stack([at, samples[:, 1]], axis=1), axis=0, return_inverse=True)
    price = np.zeros(len(keys), np.int64)
    np.add.at(price, group.ravel(), samples[:, 2])
    found = Stretches(moments, keys[:, 0], keys[:, 1], price)
    model.constant -= int((price * np.maximum(0, -found.slack)).sum())
    if exact or len(keys) <= MOST_STRETCHES:
        _chain(model, pulses, amounts, found, reach)
    else:
        _blocks(model, pulses, amounts, found, reach)


@dataclass(frozen=True, slots=True)
class Stretches:
    """``moments``: a minute for each set of pulses, in order. Per stretch: its place in ``moments``, its slack,
    and the price of a share above it (the prices of its minutes added up)."""

    moments: Int64
    at: Int64
    slack: Int64
    price: Int64


def _chain(model: LinearModel, pulses: Pulses, amounts: Int64, stretches: Stretches, reach: Reach) -> None:
    """A variable for each level and for each stretch's excess: exact."""
    level = _levels(model, pulses, amounts, stretches.moments, reach)
    count = len(stretches.at)
    most = np.maximum(0, reach.come[stretches.moments][stretches.at] - stretches.slack)
    excess = model.variables(count, most, stretches.price)
    rows = np.arange(count)
    parts = [Terms.of(rows, level[stretches.at], 1), Terms.of(rows, excess, -1)]
    model.rows(count, Terms.joined(parts), -INFINITE, stretches.slack)
    model.derive(excess, parts[0], -stretches.slack)


def _blocks(model: LinearModel, pulses: Pulses, amounts: Int64, stretches: Stretches, reach: Reach) -> None:
    """One excess for all stretches of a block of time: the positive part of a sum is at most the sum of the
    positive parts, so costs are never overstated and a bound stays a bound."""
    block = stretches.at * BLOCKS // len(stretches.moments)
    for one in np.unique(block):
        mine = block == one
        at, price = stretches.at[mine], stretches.price[mine]
        total = np.concatenate(
            [[0], np.cumsum(np.bincount(at, price, len(stretches.moments)).astype(np.int64))]
        )
        begin = np.searchsorted(stretches.moments, pulses.first)
        stop = np.searchsorted(stretches.moments, pulses.until)
        weight = amounts * (total[stop] - total[begin])
        useful = np.flatnonzero(weight)
        slack = int((price * stretches.slack[mine]).sum())
        most = int((price * reach.come[stretches.moments][at]).sum()) - slack
        if most > 0 and len(useful):
            excess = model.variables(1, most, 1)
            terms = Terms.of(0, pulses.variable[useful], weight[useful])
            model.rows(1, Terms.joined([terms, Terms.of(0, excess, -1)]), -INFINITE, slack)
            model.derive(excess, terms, -slack)


def _levels(model: LinearModel, pulses: Pulses, amounts: Int64, moments: Int64, reach: Reach) -> Int64:
    """Variables for the level at each of some minutes, each from the one before."""
    count = len(moments)
    level = model.variables(count, reach.come[moments], 0, -reach.leave[moments])
    begin = np.searchsorted(moments, pulses.first)
    stop = np.searchsorted(moments, pulses.until)
    useful = (begin < stop) & (amounts != 0)
    ends = useful & (stop < count)
    rows = np.arange(count)
    changes = [
        Terms.of(begin[useful], pulses.variable[useful], amounts[useful]),
        Terms.of(stop[ends], pulses.variable[ends], -amounts[ends]),
    ]
    links = [Terms.of(rows, level, -1), Terms.of(rows[1:], level[:-1], 1), *changes]
    model.rows(count, Terms.joined(links), 0, 0)
    _derive_levels(model, level, changes, count)
    return level


def _derive_levels(model: LinearModel, level: Int64, changes: list[Terms], count: int) -> None:
    """Each level is the one before plus the change: said level by level, in order."""
    change = Terms.joined(changes)
    order = np.argsort(change.row, kind="stable")
    row, column, amount = change.row[order], change.column[order], change.coefficient[order]
    first = np.searchsorted(row, np.arange(count + 1))
    for number in range(count):
        some = slice(first[number], first[number + 1])
        parts = [Terms.of(0, column[some], amount[some])]
        if number:
            parts.append(Terms.of(0, level[number - 1 : number], 1))
        model.derive(level[number : number + 1], Terms.joined(parts))
