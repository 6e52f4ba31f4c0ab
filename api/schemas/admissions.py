"""Plans of admissions as they are asked for: what they are made by, drafts, applying them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.base import MAX_LIST, Identity, Strict, Word
from api.schemas.rosters import ClockTime, Day, Price
from solver.hospital.timegrid import MINUTES_PER_DAY

MOST_DAYS: Final = 60
MOST_PATIENTS: Final = 5000

Minutes = Annotated[int, Field(ge=0, le=MINUTES_PER_DAY)]
WeekIn = Annotated[
    tuple[Minutes, ...],
    Field(min_length=7, max_length=7, description="Minutes on each day of the week, Monday first"),
]


class TheatreIn(Strict):
    """An operating theatre and how long it is open."""

    id: Identity
    minutes: WeekIn


class SurgeonIn(Strict):
    """A surgeon and how long they may operate."""

    id: Identity
    minutes: WeekIn


class UsualSurgeryIn(Strict):
    """Who operates on patients of a speciality, and for how long, where a plan is told nothing else of them."""

    speciality: Word
    surgeon_id: Identity
    minutes: Annotated[int, Field(ge=1, le=MINUTES_PER_DAY)]


class AdmissionWeightsIn(Strict):
    """What it costs that age groups share a room, a theatre is opened, a surgeon changes theatres on a day, a patient
    waits for a day, or is not admitted in the days of the plan."""

    mixed_age: Price = 5
    open_theatre: Price = 30
    surgeon_transfer: Price = 5
    delay: Price = 10
    left_out: Price = 350


class AdmissionTermsIn(Strict):
    """What plans of admissions are made by. ``admits_at``: when people are admitted, by the clock where the hospital
    is. ``age_groups``: the years at which a group of ages begins, rising, besides 0."""

    admits_at: ClockTime
    theatres: Annotated[tuple[TheatreIn, ...], Field(max_length=MAX_LIST)] = ()
    surgeons: Annotated[tuple[SurgeonIn, ...], Field(max_length=MAX_LIST)] = ()
    surgeries: Annotated[tuple[UsualSurgeryIn, ...], Field(max_length=MAX_LIST)] = ()
    age_groups: Annotated[tuple[Annotated[int, Field(ge=1, le=120)], ...], Field(max_length=12)] = (18, 65)
    weights: AdmissionWeightsIn = AdmissionWeightsIn()


class SurgeryIn(Strict):
    """The surgery of a request: by whom and for how long; 0 minutes: none."""

    request_id: Identity
    surgeon_id: Identity | None = None
    minutes: Minutes


class AdmissionPinIn(Strict):
    """A request that stays where it is: its day, its room, and (unless null) its theatre."""

    request_id: Identity
    day: Day
    room_id: Identity
    theatre_id: Identity | None = None


class AdmissionPlanIn(Strict):
    """A plan of ``days`` days from ``first_day`` (null: tomorrow) into rooms of some wards. It is searched for
    ``seconds``, or, for a repeatable result, for so many ``iterations`` with one worker. ``pins`` hold. ``before_id``:
    a plan from which this one differs as little as is asked: ``change_price`` for each request on another day or in
    another room, or left out, or in only now; ``max_changes``: of such requests at most, for which the price is raised
    as far as need be."""

    ward_ids: Annotated[tuple[Identity, ...], Field(min_length=1, max_length=MAX_LIST)]
    first_day: Day | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 14
    surgeries: Annotated[tuple[SurgeryIn, ...], Field(max_length=MOST_PATIENTS)] = ()
    pins: Annotated[tuple[AdmissionPinIn, ...], Field(max_length=MOST_PATIENTS)] = ()
    before_id: Identity | None = None
    change_price: Price = 0
    max_changes: Annotated[int, Field(ge=0, le=100_000)] | None = None
    seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    iterations: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    workers: Annotated[int, Field(ge=1, le=16)] = 2
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1


class ApplyIn(Strict):
    """Which items of a plan are booked (null: every one), and whether nothing is if one of them cannot be."""

    request_ids: Annotated[tuple[Identity, ...], Field(max_length=MOST_PATIENTS)] | None = None
    all_or_nothing: bool = False
