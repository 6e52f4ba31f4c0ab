"""What came of a day: counts, waits, minutes below the nursing floor; and two policies on the same days."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from simulations.day_play import Entry, Ledger, State
from solver.hospital import Hospital, Minute, Priority, Request, Shift
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules

ROUTINE_MINUTE: Final = rules.DELAY[Priority.ROUTINE].weight
"""The unit of priority-weighted waiting: one minute of a routine patient."""


class Fate(StrEnum):
    """What became of a request. Escalated: unplaced, and beyond its target or not within the forecast."""

    PLACED = "placed"
    WAITING = "waiting"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Waits:
    """Minutes from when the bed was needed to when it was had, of ``count`` requests of one priority."""

    count: int
    mean: float
    median: float
    most: int


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A request without a place at the end: from when it fits (None: not within the forecast), whom to call."""

    request: Request
    fate: Fate
    fits_from: Minute | None
    call: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One day's figures. ``weighted_minutes``: waiting weighed by the prices of delay, in routine minutes.

    ``floor_minutes``: ward-minutes with fewer nurses on duty than the floor ratios ask for those in bed; None
    when nobody counted them. ``outliers``: patients given a ward of another speciality. ``refused_arrivals``:
    times a patient came and the bed was not ready. ``broken``: hard rules broken by decisions, by rule.
    """

    requests: int
    placed: int
    waiting: int
    escalated: int
    invalid: int
    waits: Mapping[Priority, Waits]
    weighted_minutes: int
    floor_minutes: int | None
    outliers: int
    transfers: int
    refused_arrivals: int
    broken: Mapping[str, int]
    unplaced: tuple[Unplaced, ...]


def outcome_of(ledger: Ledger, floor: int | None, broken: Mapping[str, int] | None = None) -> Outcome:
    """The figures of a played day; ``broken`` None means that nobody counted."""
    entries = list(ledger.entries.values())
    unplaced = tuple(_unplaced(entry, ledger) for entry in entries if entry.standing.state is State.WAITING)
    escalated = sum(item.fate is Fate.ESCALATED for item in unplaced)
    return Outcome(
        requests=len(entries) + ledger.invalid_refused + ledger.invalid_taken,
        placed=len(entries) - len(unplaced),
        waiting=len(unplaced) - escalated,
        escalated=escalated,
        invalid=ledger.invalid_refused,
        waits=_waits(entries, ledger.day.end),
        weighted_minutes=weighted_minutes(ledger),
        floor_minutes=floor,
        outliers=_outliers(ledger),
        transfers=sum(entry.arrived_at is not None for entry in ledger.transfers.values()),
        refused_arrivals=sum(entry.refused_arrivals for entry in entries),
        broken=dict(broken or {}),
        unplaced=unplaced,
    )


def wait_of(entry: Entry, end: Minute) -> int:
    """Minutes from ``needed_by`` to arriving, or to the promised start if that is yet to come; what is not over at
    ``end`` is counted as far as it went, a place promised for later or none."""
    assert entry.request is not None, "transfers are not counted"
    had = entry.arrived_at
    if had is None:
        had = entry.standing.start if entry.standing.state is State.PLACED else end
    assert had is not None, "what is placed has a start"
    return max(0, min(had, end) - entry.request.needed_by)


def weighted_minutes(ledger: Ledger) -> int:
    """Waiting of all, each minute at the price of delay of its priority, in routine minutes."""
    total = 0
    for entry in ledger.entries.values():
        assert entry.request is not None, "transfers are apart"
        total += wait_of(entry, ledger.day.end) * rules.DELAY[entry.request.priority].weight
    return round(total / ROUTINE_MINUTE)


def _waits(entries: Iterable[Entry], end: Minute) -> dict[Priority, Waits]:
    minutes: dict[Priority, list[int]] = defaultdict(list)
    for entry in entries:
        assert entry.request is not None, "transfers are apart"
        minutes[entry.request.priority].append(wait_of(entry, end))
    return {
        priority: Waits(len(found), statistics.fmean(found), statistics.median(found), max(found))
        for priority, found in sorted(minutes.items())
    }


def _unplaced(entry: Entry, ledger: Ledger) -> Unplaced:
    request, standing = entry.request, entry.standing
    assert request is not None, "transfers are apart"
    late = ledger.day.end > request.needed_by + request.max_wait_minutes
    fate = Fate.ESCALATED if late or standing.fits_from is None else Fate.WAITING
    return Unplaced(request, fate, standing.fits_from, standing.call)


def _outliers(ledger: Ledger) -> int:
    hospital = ledger.day.hospital
    ward_of_room = {room.id: room.ward_id for room in hospital.rooms}
    wards = {ward.id: ward for ward in hospital.wards}
    ward_of = {bed.id: wards[ward_of_room[bed.room_id]] for bed in hospital.beds}
    count = 0
    for entry in ledger.entries.values():
        bed_id = entry.standing.bed_id
        if bed_id is not None and entry.request is not None:
            takes = ward_of[bed_id].specialities
            count += bool(takes) and entry.request.care.speciality not in takes
    return count


def floor_minutes(ledger: Ledger, shifts: Iterable[Shift]) -> int:
    """Ward-minutes of the play in which fewer nurses were on duty than those in bed must have.

    ``shifts``: the roster as it was worked, absences and call-ins in it.
    """
    hospital, start, end = ledger.day.hospital, ledger.day.start, ledger.day.end
    change: dict[str, dict[Minute, int]] = defaultdict(lambda: defaultdict(int))
    students = {member.id for member in hospital.staff if member.student}
    for shift in shifts:
        if shift.staff_id not in students:
            for piece in shift.on_duty():
                change[shift.ward_id][piece.start] += NURSE_SHARES
                change[shift.ward_id][piece.end] -= NURSE_SHARES
    need = _Need(ledger)
    for lying in ledger.lying:
        ward_id, shares = need.of(lying.patient, lying.bed_id)
        change[ward_id][lying.start] -= shares
        change[ward_id][lying.end] += shares
    return sum(_below(changes, start, end) for changes in change.values())


def _below(changes: Mapping[Minute, int], start: Minute, end: Minute) -> int:
    spare, last, minutes = 0, start, 0
    for minute in sorted(changes):
        cut = min(max(minute, start), end)
        minutes += cut - last if spare < 0 else 0
        spare += changes[minute]
        last = cut
    return minutes


class _Need:
    """How many shares of a nurse a patient must have, by the floor ratios."""

    def __init__(self, ledger: Ledger) -> None:
        hospital: Hospital = ledger.day.hospital
        self._wards = {ward.id: ward for ward in hospital.wards}
        room_ward = {room.id: room.ward_id for room in hospital.rooms}
        self._ward_of = {bed.id: room_ward[bed.room_id] for bed in hospital.beds}
        self._hospital_ratios = hospital.ratios
        asked = [ask.arrival for ask in ledger.day.asked]
        persons = {p.id: p for p in (*hospital.persons, *(arrival.person for arrival in asked))}
        self._patients = {
            stay.id: (stay.care, persons[stay.person_id])
            for stay in hospital.stays
            if stay.with_stay_id is None
        } | {a.request.id: (a.request.care, a.person) for a in asked}

    def of(self, patient: str, bed_id: str) -> tuple[str, int]:
        """Ward and shares; none for who only accompanies somebody."""
        ward = self._wards[self._ward_of[bed_id]]
        found = self._patients.get(patient)
        if found is None:
            return ward.id, 0
        care, person = found
        if person.one_to_one:
            return ward.id, NURSE_SHARES
        for ratio in (*ward.ratios, *self._hospital_ratios):
            if ratio.care_level == care.care_level:
                return ward.id, NURSE_SHARES // ratio.floor_patients
        return ward.id, 0


@dataclass(frozen=True, slots=True)
class Paired:
    """Differences of paired days, first policy minus second: mean, its 95 % interval (paired t), and how often
    the first was lower, equal, higher."""

    mean: float
    low: float
    high: float
    lower: int
    equal: int
    higher: int


def paired(first: Sequence[float], second: Sequence[float]) -> Paired:
    """Compare two policies day by day. Raises ValueError for fewer than two pairs or unequal lengths."""
    from scipy import stats

    differences = [a - b for a, b in zip(first, second, strict=True)]
    if len(differences) < 2:
        raise ValueError(f"{len(differences)} pairs; an interval needs two or more")
    mean, spread = statistics.fmean(differences), statistics.stdev(differences)
    margin = float(stats.t.ppf(0.975, len(differences) - 1)) * spread / len(differences) ** 0.5
    signs = [(d > 0) - (d < 0) for d in differences]
    return Paired(mean, mean - margin, mean + margin, signs.count(-1), signs.count(0), signs.count(1))
