"""Rosters as they are asked for: what a ward's are made by, drafts, changes."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.schemas.base import Identity, Strict
from solver.hospital.timegrid import MINUTES_PER_DAY

MOST_PEOPLE: Final = 500
MOST_WEEKS: Final = 13
EPOCH: Final = date(1970, 1, 1).toordinal()

_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def _day(text: object) -> object:
    if isinstance(text, str):
        try:
            found = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            found = None
        if found is not None and 1970 <= found.year <= 2160:
            return found.toordinal() - EPOCH
    raise PydanticCustomError("wardflow_date", "a date from 1970 on, as 2026-03-02")


def _clock(text: object) -> object:
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError("wardflow_clock", "a time of the day, as 06:45")
    return 60 * int(found[1]) + int(found[2])


Day = Annotated[
    int, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"}, mode="validation")
]
"""A date; days since 1970-01-01 inside."""
ClockTime = Annotated[
    int,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}, mode="validation"),
]
"""A time of the day where the ward is; minutes since midnight inside."""
Count = Annotated[int, Field(ge=0, le=100_000)]
Price = Annotated[int, Field(ge=0, le=100_000, description="In units of the roster's cost")]


class LimitsIn(Strict):
    """At least and at most (null: no limit); with a price per unit outside, or hard (null)."""

    least: Count | None = None
    most: Count | None = None
    price: Price | None = None


class BreakIn(Strict):
    """A break that does not count as work nor as cover."""

    after_minutes: Annotated[int, Field(ge=0, lt=MINUTES_PER_DAY)]
    minutes: Annotated[int, Field(ge=1, lt=MINUTES_PER_DAY)]


class ShiftTypeIn(Strict):
    """A kind of shift: when it starts by the clock on the wall, how long it lasts (past midnight, if need be), days in
    a row with it, and whether it counts as a night."""

    id: Identity
    starts: ClockTime
    minutes: Annotated[int, Field(ge=1, le=MINUTES_PER_DAY)]
    breaks: Annotated[tuple[BreakIn, ...], Field(max_length=6)] = ()
    night: bool = False
    run: LimitsIn | None = None


class RosterContractIn(Strict):
    """What binds those who have it, over one roster: minutes or number of shifts, days worked and off in a row,
    weekends, days of single kinds of shift."""

    id: Identity
    minutes: LimitsIn | None = None
    shifts: LimitsIn | None = None
    worked_run: LimitsIn | None = None
    off_run: LimitsIn | None = None
    weekends: LimitsIn | None = None
    whole_weekends_price: Price = 0
    most_of_shift: dict[Identity, Count] = Field(default_factory=dict, max_length=40)


class RosteredIn(Strict):
    """Who is rostered, by which contract."""

    staff_id: Identity
    contract_id: Identity


class CoverIn(Strict):
    """People wanted on a shift: never fewer than ``least``, with a skill ("": any), on some days of the week (0:
    Monday)."""

    shift_id: Identity
    least: Annotated[int, Field(ge=0, le=MOST_PEOPLE)] = 0
    wanted: Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
    skill: Annotated[str, Field(max_length=80)] = ""
    weekdays: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(min_length=1, max_length=7)] = (
        0,
        1,
        2,
        3,
        4,
        5,
        6,
    )


class FairnessIn(Strict):
    """Prices of asking the same people again: of each other shift that moves, of having stepped in, of each night or
    weekend more than others, of each wish refused before."""

    moved: Price = 20
    stepped_in: Price = 30
    night: Price = 5
    weekend: Price = 10
    refused: Price = 5


class RosterTermsIn(Strict):
    """What the rosters of a ward are made by. ``confidence``: nurses are wanted by the ratios of care, as many as were
    enough on so large a share of the days of the last eight weeks, or are for who is booked; null: by ``cover``
    alone."""

    ward_id: Identity
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 4
    rest_minutes: Annotated[int, Field(ge=0, le=2 * MINUTES_PER_DAY)] = 660
    shifts: Annotated[tuple[ShiftTypeIn, ...], Field(min_length=1, max_length=40)]
    contracts: Annotated[tuple[RosterContractIn, ...], Field(min_length=1, max_length=100)]
    people: Annotated[tuple[RosteredIn, ...], Field(min_length=1, max_length=MOST_PEOPLE)]
    cover: Annotated[tuple[CoverIn, ...], Field(max_length=400)] = ()
    confidence: Annotated[float, Field(gt=0, le=1)] | None = 0.75
    under: Price = 100
    over: Price = 1
    prices: FairnessIn = FairnessIn()


class RosterWishIn(Strict):
    """Somebody wishes to work (``on``) a shift (null: any) of a day, or not to; ``price`` when it is refused."""

    staff_id: Identity
    day: Day
    shift_id: Identity | None = None
    on: bool = False
    price: Price = 10


class PinIn(Strict):
    """Somebody works this shift on this day, or is off (null), whatever it costs others."""

    staff_id: Identity
    day: Day
    shift_id: Identity | None = None


class RosterIn(Strict):
    """A draft of the roster that begins on ``first_day``, a Monday. It is searched for ``seconds``, or until it is
    proven best, or, for a repeatable result, for so many ``iterations``. ``pins`` must hold. ``change_price``: of each
    day of somebody that differs from what was published; ``max_changes``: of such days at most, for which the price is
    raised as far as need be."""

    ward_id: Identity
    first_day: Day
    wishes: Annotated[tuple[RosterWishIn, ...], Field(max_length=5000)] = ()
    pins: Annotated[tuple[PinIn, ...], Field(max_length=5000)] = ()
    change_price: Price = 0
    max_changes: Annotated[int, Field(ge=0, le=100_000)] | None = None
    seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    iterations: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    workers: Annotated[int, Field(ge=1, le=16)] = 2
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1


class PublishIn(Strict):
    """``agreed``: who has agreed to other shifts than were published for them; ``accept_missing``: though the least
    cover lacks people."""

    agreed: Annotated[tuple[Identity, ...], Field(max_length=MOST_PEOPLE)] = ()
    accept_missing: bool = False


class GapIn(Strict):
    """Who does not come, on which day."""

    staff_id: Identity
    day: Day


class SwapIn(Strict):
    """The shift of somebody, named by the day on which it starts."""

    staff_id: Identity
    day: Day


class RosterChangeIn(Strict):
    """Ask people for other shifts: somebody (``by``) to step in for who does not come (``gap``), as :cover offers it,
    or two to exchange theirs (``swap``)."""

    gap: GapIn | None = None
    by: Identity | None = None
    swap: Annotated[tuple[SwapIn, ...], Field(min_length=2, max_length=2)] | None = None


class RosterAnswerIn(Strict):
    """What somebody said who was asked."""

    staff_id: Identity
    agreed: bool
