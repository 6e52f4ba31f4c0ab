"""Prices of scarce capacity that follow the forecast: bid prices as weights of the rules that keep it.

The price of giving a class away (``scarce.RULE_OF``) is what one unit of it is expected to spare those who need it, by
``bid_price``, in place of the profile's fixed one. It is *capped*: at ``CAP_TIMES`` the profile's own price, and all of
them together below what a profile may price scarcity at all (``problem.checked_profile``), so that whoever is urgent
never waits for it. A rule that the profile switched off has no price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from solver.engine.rule import Profile, Rule
from solver.hospital import Minute, Priority
from solver.placing import rules
from solver.placing.bid_price import worth
from solver.placing.forecast import Demand, Forecast
from solver.placing.problem import PlacingOptions, scarcity_headroom
from solver.placing.scarce import RULE_OF, Capacity, Supply

HORIZON_HOURS: Final = 6
"""How far ahead a unit that is given away is missed (tuned on simulated weeks; see docs/decisions/0017)."""

CAP_TIMES: Final = 4
"""A price is at most so many times the profile's own (assumed)."""

TOLD_MINUTES: Final = 6 * 60
"""The stretch ahead for which people are told how many will come."""


@dataclass(frozen=True, slots=True)
class ClassPrice:
    """What is known of one class: ``units`` in use and how many are ``free``; how many who need it wait; how many are
    ``expected`` to ask within ``TOLD_MINUTES``, in hundredths; ``bid``: what one is worth, before any cap."""

    capacity: Capacity
    units: int
    free: int
    waiting: int
    expected_hundredths: int
    bid: int


@dataclass(frozen=True, slots=True)
class ScarcityPrices:
    """Prices computed at ``minute``: ``version`` of the stored ones, 0 for those that are not stored; ``weights`` by
    the id of a scarce rule. No weights: the profile's own hold."""

    version: int
    minute: Minute
    weights: Mapping[str, int]
    classes: tuple[ClassPrice, ...] = ()

    def of_rule(self, rule_id: str) -> tuple[ClassPrice, ...]:
        """The classes a rule prices, dearest first."""
        found = [each for each in self.classes if RULE_OF[each.capacity].id == rule_id]
        return tuple(sorted(found, key=lambda each: (-each.bid, each.capacity)))


@dataclass(frozen=True, slots=True)
class PricedProfile(Profile):
    """A profile under prices of scarcity: its ``weights`` hold them; ``plain``: the profile as people set it."""

    plain: Profile = field(default_factory=Profile)
    prices: ScarcityPrices = field(default_factory=lambda: ScarcityPrices(0, 0, {}))


def priced(
    profile: Profile, prices: ScarcityPrices | None, options: PlacingOptions, *, cap_times: int = CAP_TIMES
) -> Profile:
    """A profile under prices (None, or none of them: as it is). One that is under others already changes them.

    Prices that were computed under another profile are capped by this one.
    """
    plain = plain_of(profile)
    if prices is None or not prices.weights:
        return plain
    own = {rule.id: plain.weight(rule) for rule in dict.fromkeys(RULE_OF.values())}
    weights = {**plain.weights, **capped({**own, **prices.weights}, plain, options, cap_times)}
    return PricedProfile(plain.name, plain.version, weights, plain.switched_off, plain, prices)


def plain_of(profile: Profile) -> Profile:
    """The profile as people set it."""
    return profile.plain if isinstance(profile, PricedProfile) else profile


def prices_of(profile: Profile) -> ScarcityPrices | None:
    """The prices a profile is under."""
    return profile.prices if isinstance(profile, PricedProfile) else None


def version_of_prices(profile: Profile) -> int | None:
    """The version of the prices a profile is under; None: its own hold."""
    prices = prices_of(profile)
    return None if prices is None else prices.version


def price(
    forecast: Forecast,
    supply: Mapping[Capacity, Supply],
    waiting: Mapping[Capacity, int],
    profile: Profile,
    options: PlacingOptions,
    now: Minute,
    *,
    horizon_hours: int = HORIZON_HOURS,
    cap_times: int = CAP_TIMES,
) -> ScarcityPrices:
    """Prices for the hospital as it stands: what there is of each class, how many wait for it."""
    plain = plain_of(profile)
    classes = tuple(
        _class_price(
            forecast, capacity, supply[capacity], waiting.get(capacity, 0), plain, now, horizon_hours
        )
        for capacity in Capacity
        if supply[capacity].beds
    )
    bids = {rule.id: _bid(rule, classes) for rule in dict.fromkeys(RULE_OF.values())}
    return ScarcityPrices(0, now, capped(bids, plain, options, cap_times), classes)


def capped(
    bids: Mapping[str, int], profile: Profile, options: PlacingOptions, cap_times: int = CAP_TIMES
) -> dict[str, int]:
    """Weights of every scarce rule: the bids (0 without one), each at most ``cap_times`` the profile's own, and all of
    them scaled down together where they would leave no headroom to the delay of whoever is urgent."""
    caps = caps_of(profile, cap_times)
    weights = {rule_id: min(bids.get(rule_id, 0), cap) for rule_id, cap in caps.items()}
    room, most = scarcity_headroom(replace_weights(profile, weights), options)
    if most > room:
        weights = {rule_id: weight * room // most for rule_id, weight in weights.items()}
    return weights


def caps_of(profile: Profile, cap_times: int = CAP_TIMES) -> dict[str, int]:
    """The most each scarce rule may be priced at, by its id."""
    return {rule.id: cap_times * profile.weight(rule) for rule in dict.fromkeys(RULE_OF.values())}


def replace_weights(profile: Profile, weights: Mapping[str, int]) -> Profile:
    """The profile with other prices of some rules."""
    return replace(profile, weights={**profile.weights, **weights})


def minute_cost(demand: Demand, profile: Profile) -> float:
    """What a minute of waiting costs of those who need a class, by how urgent they are."""
    return sum(
        share * profile.weight(rules.DELAY[Priority(priority)]) for priority, share in demand.shares.items()
    )


def _class_price(
    forecast: Forecast,
    capacity: Capacity,
    supply: Supply,
    waiting: int,
    profile: Profile,
    now: Minute,
    hours: int,
) -> ClassPrice:
    demand = forecast.demand[capacity]
    hourly = forecast.hourly(capacity, now, hours)
    found = worth(supply.beds, hourly, demand.stay_minutes, minute_cost(demand, profile))
    expected = round(100 * forecast.expected(capacity, now, TOLD_MINUTES))
    bid = int(found.of(supply.free, waiting))
    return ClassPrice(capacity, supply.beds, supply.free, waiting, expected, bid)


def _bid(rule: Rule, classes: tuple[ClassPrice, ...]) -> int:
    """The bid of a rule's only class; of several the mean over the units that give them, as one weight serves all."""
    own = [each for each in classes if RULE_OF[each.capacity] is rule]
    units = sum(each.units for each in own)
    return sum(each.bid * each.units for each in own) // units if units else 0
