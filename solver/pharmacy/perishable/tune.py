"""Policies tuned by simulation under common random numbers: each family from the best of a simpler one.

A pattern search (Hooke and Jeeves 1961, Journal of the ACM 8:212-229): one parameter at a time, steps halved when none
helps. The families contain each other, so that a richer one is never worse on the days it was tuned on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf

from solver.pharmacy.perishable.policies import Kind, Policy
from solver.pharmacy.perishable.simulate import Trial

Vary = Callable[[Policy, float], Iterator[Policy]]


@dataclass(frozen=True, slots=True)
class Tuned:
    """A policy, its cost on the days it was tuned on, and how many policies were tried for it."""

    policy: Policy
    cost: float
    tried: int


class Tuner:
    """Searches policies of one item on one trial; remembers what it tried."""

    def __init__(self, trial: Trial, most: int, step: float = 1.0, finest: float = 0.5) -> None:
        """``most``: largest order. ``step``: of levels to begin with, in units; ``finest``: the last."""
        self._trial = trial
        self._most = most
        self._step = step
        self._finest = finest
        self._known: dict[Policy, float] = {}

    def base_stock(self, around: float) -> Tuned:
        """The best level, from ``around`` up and down."""
        return self._climb(Policy(around, self._most), self._levels)

    def min_max(self, start: Policy) -> Tuned:
        """The best pair of a level and a position below which it is ordered up to."""
        steps = (0.25, 0.5, 0.75, 0.9, 1.0)
        starts = [replace(start, below=start.level * share, kind=Kind.MIN_MAX) for share in steps]
        return self._climb(min(starts, key=self._cost), self._levels, self._triggers)

    def waste_aware(self, start: Policy, ahead: int) -> Tuned:
        """The best level when waste is estimated ``ahead`` days."""
        return self._climb(replace(start, ahead=ahead, kind=Kind.WASTE_AWARE), self._levels)

    def capped(self, start: Policy) -> Tuned:
        """The best level and largest order."""
        caps = {max(1, round(self._trial.mean * share)) for share in (0.6, 0.75, 0.9, 1, 1.25, 1.5, 2)}
        starts = [
            start,
            *(replace(start, most=min(cap, self._most), kind=Kind.CAPPED) for cap in sorted(caps)),
        ]
        climbed = [self._climb(each, self._levels, self._caps) for each in starts]
        return min(climbed, key=lambda tuned: tuned.cost)

    def age_aware(self, start: Policy, classes: int) -> Tuned:
        """The best level, largest order and share of each of ``classes`` classes that counts."""
        spare = start.spare or (0.0,) * classes
        begin = replace(start, spare=spare, kind=Kind.AGE_AWARE)
        return self._climb(begin, self._levels, self._caps, self._shares)

    def _cost(self, policy: Policy) -> float:
        cost = self._known.get(policy)
        if cost is None:
            cost = self._known[policy] = self._trial.cost(policy)
        return cost

    def _climb(self, start: Policy, *vary: Vary) -> Tuned:
        best, cost = start, self._cost(start)
        step = self._step * 4
        while step >= self._finest:
            found = min((each for way in vary for each in way(best, step)), key=self._cost)
            if self._cost(found) < cost - 1e-9:
                best, cost = found, self._cost(found)
            else:
                step /= 2
        return Tuned(best, cost, len(self._known))

    def _levels(self, policy: Policy, step: float) -> Iterator[Policy]:
        for change in (step, -step):
            moved = max(0.0, policy.level + change)
            below = policy.below if policy.below == inf else max(0.0, policy.below + change)
            yield replace(policy, level=moved, below=min(below, moved) if below < inf else inf)

    def _triggers(self, policy: Policy, step: float) -> Iterator[Policy]:
        for change in (step, -step):
            yield replace(policy, below=min(policy.level, max(0.0, policy.below + change)))

    def _caps(self, policy: Policy, step: float) -> Iterator[Policy]:
        whole = max(1, round(step))
        for change in (whole, -whole):
            most = min(self._most, max(1, policy.most + change))
            kind = Kind.CAPPED if policy.kind is Kind.BASE_STOCK else policy.kind
            yield replace(policy, most=most, kind=kind)
            # A smaller order needs a higher level to come to the same, and the other way round.
            yield replace(policy, most=most, level=max(0.0, policy.level - change), kind=kind)

    def _shares(self, policy: Policy, step: float) -> Iterator[Policy]:
        # Shares are fractions of a unit, levels whole units: one tenth of the step, at most a half.
        part = min(0.5, step / 8)
        for place, share in enumerate(policy.spare):
            for change in (part, -part):
                moved = list(policy.spare)
                moved[place] = min(1.0, max(0.0, share + change))
                for level in (
                    policy.level,
                    max(0.0, policy.level - change),
                    max(0.0, policy.level - 4 * change),
                ):
                    yield replace(policy, spare=tuple(moved), level=level)


def best_policy(tuner: Tuner, around: float, classes: int, ahead: int) -> Tuned:
    """The best of all families, the simpler of equals. ``classes``: 0 leaves age-aware policies out."""
    base = tuner.base_stock(around)
    found = [base, tuner.min_max(base.policy)]
    if ahead > 0:
        found.append(tuner.waste_aware(base.policy, ahead))
    found.append(tuner.capped(base.policy))
    if classes > 0:
        # The pattern search is local: one start more costs a tenth of a second and saved up to 0.5 % of the cost.
        found += [tuner.age_aware(start.policy, classes) for start in (found[-1], base)]
    return min(found, key=lambda tuned: tuned.cost)
