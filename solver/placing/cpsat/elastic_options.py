"""Places a request may take if rules give way: each with the rules that stand against it and what they take together.

A place is listed once for every set of rules that it may be worth to waive for it: those that stand against it as
things are, and besides any that it breaks only because of somebody who might be moved, or for want of nurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from solver.engine.rule import Profile
from solver.engine.types import Bool, Int64
from solver.placing import rules
from solver.placing.cpsat import fit
from solver.placing.cpsat.options import Options, clash, joined, taken, unwelcome
from solver.placing.cpsat.scene import FIRST, Scene

PLACE_RULES: Final = (
    rules.BED_OPEN,
    rules.BED_STAFFED,
    rules.BED_KIND,
    rules.BED_FEATURES,
    rules.CARE_LEVEL,
    rules.ROOM_EXCLUDED,
    rules.WARD_AGE,
    rules.ROOM_SEX,
    rules.ISOLATION_ROOM,
)
PEOPLE_RULES: Final = (rules.ROOM_SEX, rules.ISOLATION_COHORT, rules.EXPOSURE_COHORT, rules.KEEP_APART)
COVER_RULES: Final = (rules.NURSING_FLOOR, rules.SKILL_ON_DUTY)
MOST_PLACES: Final = 60_000
"""Places of one version of the request; beyond, the dearest are left out, and the bound says so."""

OVERRIDABLE: Final = frozenset(rule.id for rule in (*PLACE_RULES, *PEOPLE_RULES, *COVER_RULES))


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a request asks: ``beds`` it may be given, bool (n_beds,); what each costs besides, int64
    (n_beds,); the price of a minute's wait and of each rule; rules overridden already; only what is cheaper than
    ``ceiling`` is listed. ``closed_beside``: whether its companion might lie in a closed bed."""

    beds: Bool
    surcharge: Int64
    minute: int
    prices: Mapping[str, int]
    waived: frozenset[str]
    ceiling: int
    closed_beside: bool = False


@dataclass(frozen=True, slots=True)
class Priced:
    """Places with their prices in ``options``, and per place the rules waived, as bits by their numbers."""

    options: Options
    waived: Int64
    left_out: int | None = None
    """What the places that are left out cost at least; None if none is."""

    def rules(self, at: int) -> frozenset[str]:
        """The rules waived for one place."""
        return frozenset(rule.id for rule in rules.HARD if int(self.waived[at]) >> rules.NUMBER[rule.id] & 1)

    @classmethod
    def joined(cls, parts: list[Priced]) -> Priced:
        """All parts as one."""
        left_out = [part.left_out for part in parts if part.left_out is not None]
        return cls(
            joined([part.options for part in parts]),
            np.concatenate([np.zeros(0, np.int64), *(part.waived for part in parts)]),
            min(left_out, default=None),
        )

    def chosen(self, some: Bool) -> Priced:
        """Some of them."""
        return replace(self, options=self.options.chosen(some), waived=self.waived[some])

    def dearer(self, price: int) -> Priced:
        """The same places, each for so much more."""
        left_out = None if self.left_out is None else self.left_out + price
        options = replace(self.options, price=self.options.price + price)
        return Priced(options, self.waived, left_out)

    def cheapest(self, count: int) -> Priced:
        """The cheapest of them, where there are more."""
        if self.options.size <= count:
            return self
        order = np.argsort(self.options.price, kind="stable")
        left_out = int(self.options.price[order[count]])
        found = Priced(self.options.chosen(order[:count]), self.waived[order[:count]])
        return replace(found, left_out=left_out if self.left_out is None else min(left_out, self.left_out))


def without(scene: Scene, rule_ids: Iterable[str]) -> Scene:
    """The scene with rules switched off."""
    profile = scene.records.profile
    other = Profile(profile.name, profile.version, profile.weights, profile.switched_off | set(rule_ids))
    return replace(scene, records=replace(scene.records, profile=other))


def elastic_places(scene: Scene, number: int, terms: Terms) -> Priced:
    """Every place cheaper than the ceiling."""
    possible = _places(without(scene, OVERRIDABLE), number) & ~taken(scene, number) & terms.beds[:, None]
    broken = {rule_id: found for rule_id, found in _broken(scene, number, terms) if found.any()}
    starts = scene.starts[number]
    price = terms.surcharge[:, None] + (starts - starts[0]) * terms.minute
    bits = np.zeros(possible.shape, np.int64)
    for rule_id, found in broken.items():
        price = price + found * terms.prices[rule_id]
        bits |= found.astype(np.int64) << rules.NUMBER[rule_id]
    parts: list[Priced] = []
    for more in _further(scene, number, terms):
        besides = sum(terms.prices[rule_id] for rule_id in more)
        if sum(part.options.size for part in parts) > MOST_PLACES:
            return replace(Priced.joined(parts), left_out=besides).cheapest(MOST_PLACES)
        total = price + besides
        places = possible & (total < terms.ceiling)
        for rule_id in more & broken.keys():
            places &= ~broken[rule_id]  # paid for already
        parts.append(_listed(scene, number, places, total, bits | bits_of(more)))
    return Priced.joined(parts).cheapest(MOST_PLACES)


def bits_of(rule_ids: Iterable[str]) -> int:
    """Rules as one number."""
    return sum(1 << rules.NUMBER[rule_id] for rule_id in rule_ids)


def _places(scene: Scene, number: int) -> Bool:
    """Where nothing of the place itself stands against the request (n_beds, n_starts)."""
    open_then: Bool = fit.is_open(scene, number)
    return open_then & fit.suits(scene, number)[:, None] & fit.suits_age(scene, number)


def _broken(scene: Scene, number: int, terms: Terms) -> Iterator[tuple[str, Bool]]:
    """Each rule with the places it stands against, who may be moved left out."""
    for rule in dict.fromkeys((*PLACE_RULES, *PEOPLE_RULES)):
        if rule.id in terms.waived or not scene.active(rule):
            continue
        alone = without(scene, OVERRIDABLE - {rule.id})
        found = ~_places(alone, number)
        if rule in PEOPLE_RULES:
            found |= unwelcome(alone, number)
        # Nothing to do with the rule: weight, and a bed that is not clean yet.
        yield rule.id, found & _places(without(scene, OVERRIDABLE), number)


def _further(scene: Scene, number: int, terms: Terms) -> Iterator[frozenset[str]]:
    """Sets of rules that may be waived besides those that stand against a place as it is, cheapest first."""
    candidates = [
        rule.id for rule in PEOPLE_RULES if rule.id not in terms.waived and _meets(scene, number, rule.id)
    ]
    skills = bool(scene.requests[number].care.skills)
    candidates += [
        rule.id
        for rule in COVER_RULES
        if rule.id not in terms.waived and scene.active(rule) and (skills or rule is rules.NURSING_FLOOR)
    ]
    candidates += [rules.BED_OPEN.id] * terms.closed_beside
    sets = [more for count in range(len(candidates) + 1) for more in combinations(candidates, count)]
    priced = sorted((sum(terms.prices[rule_id] for rule_id in more), more) for more in sets)
    yield from (frozenset(more) for price, more in priced if price < terms.ceiling)


def _meets(scene: Scene, number: int, rule_id: str) -> bool:
    """Whether a rule stands between the request and somebody who might be moved or displaced."""
    alone = without(scene, OVERRIDABLE - {rule_id})
    stays = scene.stays
    first = scene.rooms.policy[scene.beds.room[stays.bed]] == FIRST
    against = stays.main & (stays.mover >= 0) & clash(alone, scene.people.at(number), stays.people, first)
    others = np.arange(len(scene.requests)) != number
    booked = others & clash(alone, scene.people.at(number), scene.people, np.array(True))
    return bool(against.any() or booked.any())


def _listed(scene: Scene, number: int, places: Bool, price: Int64, waived: Int64) -> Priced:
    bed, index = np.nonzero(places)
    start = scene.starts[number][index]
    end = start + scene.requests[number].duration_minutes
    options = Options(np.full(len(bed), number), bed, index, start, end, price[bed, index])
    return Priced(options, waived[bed, index])
