"""What a run with placing is made of: a hospital at a minute, who will ask for beds, the policy that places them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from solver.engine.rule import Profile
from solver.hospital import Hospital, Minute, Priority
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.problem import PlacingOptions

CLASSES: Final = tuple(priority.name.lower() for priority in Priority)
"""Patients are told apart by priority."""


class Policy(StrEnum):
    """Who places. All keep the hard rules; only the first looks at prices."""

    PRODUCTION = "production"
    FIRST_FIT = "first fit"
    GUARD_BEDS = "guard beds"
    NEAREST_WARD = "nearest ward"


@dataclass(frozen=True, slots=True)
class Surge:
    """Requests of some wards' patients (all, if none is named) times ``factor`` during ``[start, end)``."""

    name: str
    wards: tuple[str, ...]
    start: Minute
    end: Minute
    factor: float


@dataclass(frozen=True, slots=True)
class PlacedModel:
    """A hospital under simulation; ``replace`` makes variants.

    hospital: as it stands at ``start``; who lies in it is the starting state. load: bed-minutes asked for over
    bed-minutes that its beds can give; per_day: requests of an average day by ward, where they are known.
    extra_beds, closed_beds: by ward, extra_units, withdrawn_units: by type of equipment, laid over the hospital without
    changing who asks. kept_free: by ward, beds that ``GUARD_BEDS`` leaves to emergency and urgent patients.
    gives_up_after: minutes after the end of their own wait at which who still has no bed is sent elsewhere.
    retry_minutes: who waits has a turn at least so often, and before the next newcomer once somebody has left.
    overdue_minutes: by how much an expected end that has passed moves forward. warm_up: hours.
    """

    hospital: Hospital
    start: Minute
    policy: Policy = Policy.PRODUCTION
    profile: Profile = field(default_factory=Profile)
    options: PlacingOptions = field(default_factory=PlacingOptions)
    load: float = 0.85
    per_day: Mapping[str, float] = field(default_factory=dict)
    surges: tuple[Surge, ...] = ()
    extra_beds: Mapping[str, int] = field(default_factory=dict)
    closed_beds: Mapping[str, int] = field(default_factory=dict)
    extra_units: Mapping[str, int] = field(default_factory=dict)
    withdrawn_units: Mapping[str, int] = field(default_factory=dict)
    kept_free: Mapping[str, int] = field(default_factory=dict)
    gives_up_after: Minute = MINUTES_PER_DAY
    retry_minutes: Minute = 60
    overdue_minutes: Minute = 60
    warm_up: float = 0.0
