"""What placing decides on and what it answers: options, the instance people read, decisions.

The instance is a checked :class:`~solver.hospital.Hospital` at one minute, the open requests, a rule profile and
options. Its compiled form (arrays the kernels read) is in ``arrays.py``; its plain form, which the referee reads, in
``records.py``; both are patched as the hospital changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.rule import Profile
from solver.engine.types import Int64
from solver.hospital import Allocation, Feature, Hospital, Minute, Request
from solver.hospital.door import Door
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import rules

SPECIAL_FEATURES = frozenset({Feature.BARIATRIC, Feature.DIALYSIS_POINT, Feature.HOIST, Feature.MONITOR})
"""Bed features that are scarce: a bed that has them is kept for those who need them."""

PRESSURE_FEATURES = frozenset({Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE})
"""Features that make a room an isolation room."""

SHORT_STAY_MINUTES = 720
"""Longest stay on a chair, trolley or lounge seat (assumed: half a day)."""

COT_AGE_YEARS = 3
INCUBATOR_AGE_YEARS = 1


@dataclass(frozen=True, slots=True)
class PlacingOptions:
    """How placing looks at time.

    A stay may start at ``needed_by + k * start_step_minutes``, up to the request's ``max_wait_minutes``, never
    before now. Cover and ward pools are checked in ``[now, now + cover_horizon_minutes)``.
    """

    start_step_minutes: int = 15
    cover_horizon_minutes: int = 2 * MINUTES_PER_DAY
    forecast_minutes: int = 3 * MINUTES_PER_DAY
    """How far ahead a request that does not fit is told from when it would."""

    def __post_init__(self) -> None:
        door = Door("PlacingOptions", "")
        door.whole(self.start_step_minutes, "start_step_minutes", 1, 240)
        door.whole(self.cover_horizon_minutes, "cover_horizon_minutes", 60, 14 * MINUTES_PER_DAY)
        door.whole(self.forecast_minutes, "forecast_minutes", 60, 30 * MINUTES_PER_DAY)
        door.close()


def checked_profile(profile: Profile, options: PlacingOptions) -> Profile:
    """The profile, if it keeps the promise that scarcity and forecasts never delay an urgent need.

    Their prices together, at their largest, stay below one step of an urgent patient's delay, so that a bed that is
    free now always wins for whoever is urgent. Raises InvalidInstance otherwise.
    """
    profile.checked(rules.CATALOGUE)
    headroom, most = scarcity_headroom(profile, options)
    if most > headroom:
        raise InvalidInstance(
            [
                Problem(
                    f"profile {profile.name!r}, weights",
                    most + profile.weight(rules.PREDICTED_DEPARTURE),
                    f"scarcity and forecast prices that sum to less than {_urgent_step(profile, options)}",
                    "Lower scarce_* and predicted_departure, or raise delay_urgent and delay_emergency.",
                )
            ]
        )
    return profile


def scarcity_headroom(profile: Profile, options: PlacingOptions) -> tuple[int, int]:
    """The most that scarcity may cost one patient under a profile, and what it costs at most."""
    most = (
        3 * profile.weight(rules.SCARCE_CARE_LEVEL)
        + profile.weight(rules.SCARCE_ISOLATION)
        + len(SPECIAL_FEATURES) * profile.weight(rules.SCARCE_FEATURE)
        + profile.weight(rules.SCARCE_SINGLE)
    )
    headroom = _urgent_step(profile, options) - profile.weight(rules.PREDICTED_DEPARTURE) - 1
    return headroom, most


def _urgent_step(profile: Profile, options: PlacingOptions) -> int:
    """What it costs to let somebody urgent wait one step."""
    urgent = min(profile.weight(rules.DELAY[priority]) for priority in list(rules.DELAY)[:2])
    return urgent * options.start_step_minutes


def checked_priorities(profile: Profile) -> Profile:
    """The profile, if it keeps the order of the priorities: whoever is more urgent is never cheaper to keep waiting or
    to leave without a place, and leaving somebody without a place is never cheaper than a day of waiting.

    Raises InvalidInstance otherwise.
    """
    problems = [*_out_of_order(profile), *_cheaper_left(profile)]
    if problems:
        raise InvalidInstance(problems)
    return profile


def _out_of_order(profile: Profile) -> Iterable[Problem]:
    for prices in (rules.DELAY, rules.UNPLACED):
        for urgent, less in itertools.pairwise(prices.values()):
            if profile.weight(urgent) < profile.weight(less):
                expected = f"a price of {urgent.id} not below that of {less.id}"
                where = f"profile {profile.name!r}, weights"
                yield Problem(where, profile.weight(urgent), expected, "Keep the order of the priorities.")


def _cheaper_left(profile: Profile) -> Iterable[Problem]:
    for priority, left in rules.UNPLACED.items():
        day = MINUTES_PER_DAY * profile.weight(rules.DELAY[priority])
        if profile.weight(left) < max(1, day):
            expected = f"a price of {left.id} of at least {max(1, day)}, a day of {rules.DELAY[priority].id}"
            where = f"profile {profile.name!r}, weights"
            yield Problem(where, profile.weight(left), expected, "Raise it, or lower the price of the delay.")


@dataclass(frozen=True, slots=True)
class PlacingProblem:
    """One hospital at one minute and the requests to place; what benchmarks, tests and jobs hand to ``solve``."""

    hospital: Hospital
    now: Minute
    requests: tuple[Request, ...]
    profile: Profile = field(default_factory=Profile)
    options: PlacingOptions = field(default_factory=PlacingOptions)


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Where and when alone a place is looked for; None: as the request allows.

    ``beds``: indices of beds, int64 (n,). ``earliest``, ``latest``: bounds of the start; starts are then looked at
    from ``earliest`` on, step by step.
    """

    beds: Int64 | None = None
    earliest: Minute | None = None
    latest: Minute | None = None


class Method(StrEnum):
    """How a decision was found."""

    KERNEL = "kernel"
    BATCH = "batch"
    CPSAT = "cpsat"
    FIRST_FIT = "first_fit"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that stands against a request: in how many of the beds looked at, and how many fail by it alone."""

    rule_id: str
    beds: int
    alone: int


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A bed that fails by few rules: which, and what waiving them would take."""

    bed_id: str
    rule_ids: tuple[str, ...]
    overridable: bool


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a request found no place: rules that stand against it, near misses, and from when it fits (None: not
    within the forecast)."""

    standing: tuple[Standing, ...]
    near_misses: tuple[NearMiss, ...]
    fits_from: Minute | None


@dataclass(frozen=True, slots=True)
class Price:
    """What one rule adds to the cost of a decision: ``amount`` units at the rule's weight."""

    rule_id: str
    amount: int
    cost: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request: an allocation with its prices, or None with the reasons.

    ``waived``: rules a named person overrode for this request. ``verified``: the referee found no hard rule broken
    apart from those, and the same cost.
    """

    request: Request
    allocation: Allocation | None
    cost: int
    prices: tuple[Price, ...] = ()
    why_not: WhyNot | None = None
    method: Method = Method.KERNEL
    waived: frozenset[str] = frozenset()
    verified: bool = False
