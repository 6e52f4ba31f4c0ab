"""Draws a day of a synthetic hospital: 24 hours of requests from a local morning, departures, mishaps.

The demand is that of ``simulations.demand`` at its load, census and lengths of stay are as forecast there with
the truth drawn beside; on top come the named mishaps of :func:`upsets`. Every share here is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from simulations.day_events import Ask, AskBadly, Day, Event, Expect, Leave, Truth, Upset, in_order
from simulations.demand import Arrival, requests, true_departures, true_durations
from simulations.hospital import ZONE, generate
from simulations.streams import Generator, stream
from solver.hospital import (
    BedKind,
    Companion,
    DutyKind,
    HandlingClass,
    Hospital,
    Interval,
    Minute,
    Origin,
    Priority,
    Request,
    Shift,
    Stay,
    StayState,
    Unit,
)
from solver.hospital.timegrid import local_minute

MORNING: Final = 7 * 60
"""The local minute at which the day begins."""
DAY_MINUTES: Final = 24 * 60
CENSUS_BEFORE: Final = 30
"""Minutes from the census to the start: a hospital is taken in before its day begins, and its clock goes on."""
RESOLVE_MINUTES: Final = 12 * 60
"""How long the play goes on after the last request, so that waits can resolve."""
NOTICE: Final = (120, 360)
"""Minutes from ordering a discharge to leaving, uniform."""
NO_NOTICE_SHARE: Final = 0.25
"""Patients whose discharge nobody ordered in time: early leavers, or later than forecast without a word."""
GRACE_MINUTES: Final = 15
"""By how much an ordered discharge is expected later than the patient really leaves: assumed."""
NIGHT_EMERGENCIES: Final = 6
NIGHT_FROM: Final = 19 * 60
"""Minutes after the morning: 02:00, when the emergencies of the night come within ``NIGHT_MINUTES``."""
NIGHT_MINUTES: Final = 40
NIGHT_LOAD: Final = 400.0
"""High, so that there are enough to choose the emergencies of the night from."""
FAULTS: Final = ("malformed", "unknown_drug", "naive_time", "negative_duration")
CLOSED_MINUTES: Final = 6 * 60
EXPOSURE_MINUTES: Final = 72 * 60


@dataclass(frozen=True, slots=True)
class Draw:
    """What a day is drawn from."""

    size: str = "district"
    seed: int = 1
    load: float = 0.9
    occupancy: float = 0.92
    minutes: int = DAY_MINUTES
    resolve: int = RESOLVE_MINUTES
    zone: str = ZONE


def morning_of(day: date, zone: str = ZONE) -> Minute:
    """The minute a day of the simulation begins on a date."""
    return local_minute(day, MORNING, zone)


def plan(draw: Draw, start: Minute) -> Day:
    """The day of a drawn hospital that begins at ``start``. Raises InvalidInstance for an unknown size."""
    made = generate(draw.size, draw.seed, start - CENSUS_BEFORE, draw.zone, draw.occupancy)
    return planned(made, draw, start)


def planned(made: Hospital, draw: Draw, start: Minute) -> Day:
    """The day of a hospital that was taken in ``CENSUS_BEFORE`` minutes before ``start``."""
    hospital, before = without_bookings(_rostered(made, start, draw.minutes), start)
    asked = [*before, *_bundles(hospital, requests(hospital, draw.seed, start, draw.minutes, draw.load))]
    night = _night(hospital, draw, start)
    faulty = _faulty(asked, draw)
    asked += night
    truth = _truth(tuple(asked), draw.seed)
    events: list[Event] = [Ask(arrival.minute, arrival) for arrival in asked]
    events += faulty
    end = start + draw.minutes + draw.resolve
    events += [event for event in _departures(hospital, draw.seed, start) if event.minute < end]
    events += [u for u in upsets(hospital, draw.seed, start) if u.minute < start + draw.minutes]
    return Day(hospital, start, start + draw.minutes, end, in_order(events), truth)


def _rostered(made: Hospital, start: Minute, minutes: int) -> Hospital:
    """The third day's roster gone on with for as many days as are played and one more: the generator makes three, half
    of the third is seen by a play of a day and a half."""
    days = -(-minutes // DAY_MINUTES)
    return extended(made, start + 2 * DAY_MINUTES, DAY_MINUTES, times=days + 1)


def extended(hospital: Hospital, first: Minute, minutes: int, times: int = 1) -> Hospital:
    """The hospital with the roster of ``[first, first + minutes)`` gone on with ``times`` times behind it.

    Placing looks at the cover of the next two days, so that a play needs two days of roster more than it lasts.
    """
    pattern = [shift for shift in hospital.shifts if first <= shift.start < first + minutes]
    more = [_later(shift, number * minutes) for number in range(1, times + 1) for shift in pattern]
    known = {shift.id for shift in hospital.shifts}
    return replace(hospital, shifts=(*hospital.shifts, *(s for s in more if s.id not in known)))


def _later(shift: Shift, by: Minute) -> Shift:
    breaks = tuple(Interval(pause.start + by, pause.end + by) for pause in shift.breaks)
    start, end = shift.start + by, shift.end + by
    return replace(shift, id=f"{shift.id}+{by}", start=start, end=end, breaks=breaks)


def without_bookings(hospital: Hospital, start: Minute) -> tuple[Hospital, list[Arrival]]:
    """What was booked ahead becomes requests of the first minute: people book, and people come."""
    persons = {person.id: person for person in hospital.persons}
    booked = [stay for stay in hospital.stays if stay.state is StayState.BOOKED]
    awaited = {stay.person_id for stay in booked}
    lying = tuple(stay for stay in hospital.stays if stay.state is not StayState.BOOKED)
    arrivals = [
        Arrival(start, persons[stay.person_id], _booking(stay, start))
        for stay in booked
        if stay.start > start
    ]
    people = tuple(person for person in hospital.persons if person.id not in awaited)
    return replace(hospital, stays=lying, persons=people), arrivals


def _booking(stay: Stay, start: Minute) -> Request:
    return Request(
        f"request-{stay.id}", stay.person_id, Priority.ROUTINE, stay.care, start, stay.start,
        stay.end - stay.start, 720, Origin.HOME, accepting_team=stay.care.speciality,
    )  # fmt: skip


def _bundles(hospital: Hospital, arrivals: tuple[Arrival, ...]) -> list[Arrival]:
    """Requests without blood: it is cross-matched and issued by the blood bank, apart from the bed."""
    blood = {drug.id for drug in hospital.drugs if drug.handling is HandlingClass.BLOOD}
    return [
        replace(
            a, request=replace(a.request, drugs=tuple(n for n in a.request.drugs if n.drug_id not in blood))
        )
        for a in arrivals
    ]


def _night(hospital: Hospital, draw: Draw, start: Minute) -> list[Arrival]:
    """Emergencies that come together at night, on top of the demand."""
    begin = start + NIGHT_FROM
    if draw.minutes < NIGHT_FROM + NIGHT_MINUTES:
        return []
    many = requests(hospital, draw.seed, begin, NIGHT_MINUTES, load=NIGHT_LOAD, replication=1)
    found = [arrival for arrival in many if arrival.request.priority is Priority.EMERGENCY]
    most = max(2, round(NIGHT_EMERGENCIES * min(1.0, len(hospital.beds) / 300)))
    step = max(1, len(found) // most)
    return _bundles(hospital, tuple(found[::step][:most]))


def _faulty(arrivals: list[Arrival], draw: Draw) -> list[AskBadly]:
    rng = stream(draw.seed, 0, "day/faults")
    plain = [a for a in arrivals if a.request.companion is Companion.NONE and a.minute > arrivals[0].minute]
    chosen = [plain[int(rng.integers(len(plain)))] for _ in FAULTS] if plain else []
    return [AskBadly(arrival.minute, arrival, wrong) for arrival, wrong in zip(chosen, FAULTS, strict=False)]


def _truth(arrivals: tuple[Arrival, ...], seed: int) -> dict[str, Truth]:
    rng = stream(seed, 0, "day/notice")
    lasts = true_durations(arrivals, seed)
    return {request_id: Truth(minutes, _notice(rng)) for request_id, minutes in lasts.items()}


def _notice(rng: Generator) -> int:
    return 0 if rng.random() < NO_NOTICE_SHARE else int(rng.integers(*NOTICE))


def _departures(hospital: Hospital, seed: int, start: Minute) -> Iterator[Event]:
    """Who lies there in the morning leaves; most discharges are ordered before, some patients just go. Whoever
    accompanies somebody goes with them."""
    rng = stream(seed, 0, "day/departures")
    leaves = true_departures(hospital, seed, start)
    notice = {stay.id: _notice(rng) for stay in hospital.stays}
    for stay in hospital.stays:
        if stay.with_stay_id is not None:
            continue
        minute, told = leaves[stay.id], notice[stay.id]
        if told:
            yield Expect(max(start + 1, minute - told), stay.id, minute + GRACE_MINUTES)
        yield Leave(max(minute, start + 2), stay.id)


# --- mishaps ------------------------------------------------------------------------------------------------
def upsets(hospital: Hospital, seed: int, start: Minute) -> list[Upset]:
    """The mishaps of the day, as far as the hospital has what they need: an infection that closes a bay, a
    broken ventilator (or another unit in use), a ward closed for hours, a nurse absent at night."""
    rng = stream(seed, 0, "day/upsets")
    leaves = true_departures(hospital, seed, start)
    return [
        *_infection(hospital, rng, leaves, start + 150),
        *_broken_unit(hospital, rng, start + 270),
        *_closed_ward(hospital, rng, start + 420),
        *_absent_nurse(hospital, rng, start + 14 * 60),
    ]


def _infection(
    hospital: Hospital, rng: Generator, leaves: dict[str, Minute], minute: Minute
) -> Iterator[Upset]:
    """One of several in a bay is found to have influenza: isolation for that person, the bay closed."""
    persons = {person.id: person for person in hospital.persons}
    room_of = {bed.id: bed.room_id for bed in hospital.beds if bed.kind is BedKind.BED}
    bays: dict[str, list[Stay]] = {}
    for stay in hospital.stays:
        if stay.with_stay_id is None and stay.bed_id in room_of:
            bays.setdefault(room_of[stay.bed_id], []).append(stay)
    plain = [
        (room_id, stays)
        for room_id, stays in sorted(bays.items())
        if len(stays) > 2 and not any(persons[s.person_id].isolation for s in stays)
    ]
    if not plain:
        return
    room_id, stays = plain[int(rng.integers(len(plain)))]
    ill = max(stays, key=lambda stay: leaves[stay.id])
    about = {
        "person_id": ill.person_id,
        "isolation": ("droplet",),
        "infections": ({"organism": "influenza_a", "status": "confirmed"},),
    }
    yield Upset(minute, "isolation_on", f"a patient in {ill.bed_id} is found to have influenza", about)
    closed = {"room_id": room_id, "organism": "influenza_a", "until": minute + EXPOSURE_MINUTES}
    yield Upset(minute, "room_exposure", f"the bay {room_id} is closed to others: exposure", closed)


def _broken_unit(hospital: Hospital, rng: Generator, minute: Minute) -> Iterator[Upset]:
    """A unit that is in use and stays in use; a ventilator if there is one."""
    units = {unit.id: unit for unit in hospital.units}
    using = [
        units[b.unit_id]
        for b in hospital.unit_bookings
        if b.pinned and b.start <= minute and b.end > minute + 60
    ]
    ventilators = [unit for unit in using if unit.type_id.startswith("ventilator")]
    chosen: list[Unit] = ventilators or using
    if chosen:
        unit = chosen[int(rng.integers(len(chosen)))]
        yield Upset(minute, "unit_broken", f"{unit.id} breaks down in use", {"unit_id": unit.id})


def _closed_ward(hospital: Hospital, rng: Generator, minute: Minute) -> Iterator[Upset]:
    """A ward of plain beds takes nobody for some hours; a hospital of one ward keeps it open."""
    room_of = {room.id: room.ward_id for room in hospital.rooms}
    plain = {room_of[bed.room_id] for bed in hospital.beds if bed.kind is BedKind.BED and bed.care_level <= 1}
    wards = [ward for ward in hospital.wards if ward.id in plain and ward.age_until_years > 100]
    if len(hospital.wards) > 1 and wards:
        ward = wards[int(rng.integers(len(wards)))]
        about = {"ward_id": ward.id, "reason": "water damage", "until": minute + CLOSED_MINUTES}
        yield Upset(minute, "ward_closed", f"{ward.name} takes nobody for six hours: water damage", about)


def _absent_nurse(hospital: Hospital, rng: Generator, minute: Minute) -> Iterator[Upset]:
    """Somebody of the coming night shift calls in sick, on a ward that has somebody on call if there is one."""
    coming = [s for s in hospital.shifts if minute <= s.start < minute + 4 * 60]
    students = {member.id for member in hospital.staff if member.student}
    reserve = {s.ward_id for s in coming if s.kind is DutyKind.ON_CALL}
    duty = [s for s in coming if s.kind is DutyKind.DUTY and s.staff_id not in students]
    chosen: list[Shift] = [s for s in duty if s.ward_id in reserve] or duty
    if chosen:
        shift = chosen[int(rng.integers(len(chosen)))]
        title = f"a nurse of tonight's shift on {shift.ward_id} is absent"
        yield Upset(minute, "nurse_absent", title, {"shift_id": shift.id})
