"""What a ward's rosters are made by: shift types that may cross midnight, contracts, legal rest, cover.

Days are counted since 1970-01-01; a roster begins on a Monday and has whole weeks. Limits of contracts count over one
roster. A shift belongs to the day on which it starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.rostering.cover import Prices
from solver.rostering.problem import DAYS_PER_WEEK, UNLIMITED, Contract, Limits, ShiftType


@dataclass(frozen=True, slots=True)
class WardShift:
    """``starts``: minute of the day; ``minutes`` long, past midnight if need be; ``breaks``: after how many minutes,
    and how many; ``night``: counted as one for fairness."""

    id: str
    starts: int
    minutes: int
    breaks: tuple[tuple[int, int], ...] = ()
    night: bool = False
    run: Limits = UNLIMITED


@dataclass(frozen=True, slots=True)
class FixedCover:
    """People wanted on a shift with a skill ("": any) on some days of the week (0: Monday); see ``problem.Cover``."""

    shift: str
    least: int
    wanted: int
    skill: str = ""
    weekdays: frozenset[int] = frozenset(range(DAYS_PER_WEEK))


@dataclass(frozen=True, slots=True)
class Terms:
    """All of it. ``rest_minutes``: between two shifts, at least. ``people``: contract by staff id. ``under``, ``over``:
    prices of a person fewer or more than wanted. ``confidence``: as many nurses are wanted as were enough on so large a
    share of the days that were seen; None: the census does not count."""

    weeks: int
    rest_minutes: int
    shifts: tuple[WardShift, ...]
    contracts: tuple[Contract, ...]
    people: Mapping[str, str]
    cover: tuple[FixedCover, ...] = ()
    confidence: float | None = None
    under: int = 100
    over: int = 1
    prices: Prices = field(default_factory=Prices)

    @property
    def days(self) -> int:
        """Of one roster."""
        return self.weeks * DAYS_PER_WEEK

    @property
    def nights(self) -> frozenset[str]:
        """Ids of the shifts that count as nights."""
        return frozenset(shift.id for shift in self.shifts if shift.night)

    def shift_types(self) -> tuple[ShiftType, ...]:
        """As the problem has them: a shift that would begin before the rest is over may not follow on the next day."""
        return tuple(
            ShiftType(
                shift.id,
                shift.minutes - sum(length for _, length in shift.breaks),
                frozenset(other.id for other in self.shifts if self._rest(shift, other) < self.rest_minutes),
                shift.run,
            )
            for shift in self.shifts
        )

    def _rest(self, shift: WardShift, other: WardShift) -> int:
        return MINUTES_PER_DAY + other.starts - shift.starts - shift.minutes


def read_terms(document: Mapping[str, Any]) -> Terms:
    """From the document as it is stored, which was checked when it was."""
    contracts = tuple(_contract(one) for one in document["contracts"])
    return Terms(
        document["weeks"],
        document["rest_minutes"],
        tuple(_shift(one) for one in document["shifts"]),
        contracts,
        {one["staff_id"]: one["contract_id"] for one in document["people"]},
        tuple(_cover(one) for one in document["cover"]),
        document["confidence"],
        document["under"],
        document["over"],
        Prices(**document["prices"]),
    )


def limits(document: Mapping[str, Any] | None) -> Limits:
    """Limits as they are stored; none where there are none."""
    return UNLIMITED if document is None else Limits(**document)


def _shift(one: Mapping[str, Any]) -> WardShift:
    breaks = tuple((pause["after_minutes"], pause["minutes"]) for pause in one["breaks"])
    return WardShift(one["id"], one["starts"], one["minutes"], breaks, one["night"], limits(one["run"]))


def _contract(one: Mapping[str, Any]) -> Contract:
    return Contract(
        one["id"],
        limits(one["minutes"]),
        limits(one["shifts"]),
        limits(one["worked_run"]),
        limits(one["off_run"]),
        limits(one["weekends"]),
        one["whole_weekends_price"],
        dict(one["most_of_shift"]),
    )


def _cover(one: Mapping[str, Any]) -> FixedCover:
    return FixedCover(one["shift_id"], one["least"], one["wanted"], one["skill"], frozenset(one["weekdays"]))
