"""The hospital as the elastic model sees it: who could give way is asked like anybody else, what could be lent is.

Bookings that may be displaced are taken back and ask again; patients who may be moved ask for another bed; another
drug that could be approved makes another request of the same person, of which one is placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.engine.rule import Profile
from solver.equipment.rules import UNIT_LENT
from solver.hospital import Bed, EquipmentType, Minute, Request, Stay, UnitBooking
from solver.hospital.stays import turnaround_minutes
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.pharmacy.rules import LOT_PLACE
from solver.placing import rules
from solver.placing.conceding import Question
from solver.placing.concessions import TARIFFS, Concession, Kind, cleaning, unclean
from solver.placing.cpsat.scene import Scene, scene_of
from solver.placing.displace import Booking, supplies_held, supplies_wanted
from solver.placing.movable import earliest_move, may_be_moved, move_request
from solver.placing.moving import attached_allocations
from solver.placing.records import Records, consequences
from solver.placing.variants import variants_of

MOST_MOVERS: Final = 40
MOST_BOOKINGS: Final = 20
ONLY: Final = "#only"
"""Ends the name of the type of one unit that is asked for by itself."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part: the request's versions with what each takes, bookings that may give way, patients who may.

    ``forced``: a booking that does give way in any case. ``left_out``: what it would cost at least to ask those who
    are left out here; None if nobody is.
    """

    versions: tuple[tuple[Request, tuple[Concession, ...]], ...]
    bookings: tuple[Booking, ...]
    movers: tuple[Stay, ...]
    forced: Booking | None
    left_out: int | None

    @property
    def requests(self) -> list[Request]:
        """All that ask, in the order of the model: versions, bookings, moves."""
        return [*(request for request, _ in self.versions), *(b.request for b in self.bookings)]


def rivals(question: Question, records: Records) -> tuple[list[Booking], list[Booking]]:
    """Bookings that may be displaced and lie in the way: those that hold supplies which the request may need, and the
    others."""
    wanted = supplies_wanted(question.request, records)
    rooms = question.scope.rooms(records)
    supplying, lying = [], []
    for booking in question.bookings:
        if booking.waived or f"{booking.allocation.id}/stay" not in records.stays:
            continue
        if wanted & supplies_held(booking.allocation, records):
            supplying.append(booking)
        elif records.beds[booking.allocation.bed_id].room_id in rooms:
            lying.append(booking)
    return supplying, lying


def cast_of(question: Question, records: Records, forced: Booking | None, ceiling: int) -> Cast:
    """Who takes part, the most promising first where there are many."""
    _, lying = rivals(question, records)
    bookings = [b for b in lying if b.allocation.start < _last(question, records)]
    price, moves = TARIFFS[Kind.DISPLACE_BOOKING].price, TARIFFS[Kind.MOVE_PATIENT].price
    movers = sorted(_movers(question, records), key=lambda stay: (vacated(stay, records), stay.id))
    left_out = []
    if price >= ceiling:
        bookings = []
    elif len(bookings) > MOST_BOOKINGS:
        left_out.append(price)
    if moves >= ceiling:
        movers = []
    elif len(movers) > MOST_MOVERS:
        wait = max(0, vacated(movers[MOST_MOVERS], records) - first_start(question.request, records))
        left_out.append(moves + wait * records.profile.weight(rules.DELAY[question.request.priority]))
    chosen = bookings[:MOST_BOOKINGS] + ([forced] if forced is not None else [])
    return Cast(
        tuple(_versions(question, records, ceiling)),
        tuple(chosen),
        tuple(movers[:MOST_MOVERS]),
        forced,
        min(left_out, default=None),
    )


def first_start(request: Request, records: Records) -> Minute:
    """When the request could begin at best."""
    return max(request.needed_by, records.now)


def _last(question: Question, records: Records) -> Minute:
    request = question.request
    start = first_start(request, records) + records.options.forecast_minutes
    return start + request.duration_minutes


def _movers(question: Question, records: Records) -> Iterator[Stay]:
    attached = attached_allocations(records)
    for room_id in question.scope.rooms(records):
        for stay in records.room_stays(room_id):
            asked = stay.person_id == question.request.person_id or stay.id in question.staying
            if not asked and may_be_moved(stay, records, attached):
                yield stay


def vacated(stay: Stay, records: Records) -> Minute:
    """When the bed would be clean if its patient were moved."""
    room = records.rooms[records.beds[stay.bed_id].room_id]
    return earliest_move(stay, records) + turnaround_minutes(
        records.persons[stay.person_id], room, records.cleaning
    )


def _versions(
    question: Question, records: Records, ceiling: int
) -> Iterator[tuple[Request, tuple[Concession, ...]]]:
    """As asked, and with each other drug; each may wait as long as the forecast reaches and the ceiling allows."""
    minute = records.profile.weight(rules.DELAY[question.request.priority])
    longest = records.options.forecast_minutes if minute == 0 else ceiling // minute
    wait = max(first_start(question.request, records) - question.request.needed_by, 0)
    wait = min(wait + min(longest, records.options.forecast_minutes), 30 * MINUTES_PER_DAY)
    for variant in variants_of(question.request, records):
        if not variant.waived:
            yield replace(variant.request, max_wait_minutes=wait), variant.concessions


# --- records --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Setting:
    """Records with everything lent, staffed, clean and free that could be, at no price of their own; ``cleaned``: what
    each bed that was dirty takes."""

    records: Records
    cleaned: dict[str, Concession]


def setting_of(question: Question, records: Records, cast: Cast) -> Setting:
    """A copy of the records made for one model."""
    profile = records.profile
    free = Profile(
        profile.name,
        profile.version,
        dict.fromkeys((rule.id for rule in rules.SOFT), 0),
        profile.switched_off | {UNIT_LENT.id, LOT_PLACE.id},
    )
    made = Records.of(records.hospital(), records.now, free, records.options)
    cleaned = {bed.id: cleaning(bed, records) for bed in _dirty(question, records)}
    for bed_id, concession in cleaned.items():
        made.put(replace(made.beds[bed_id], clean_at=concession.minute))
    for booking in cast.bookings:
        _withdraw(booking, made)
    if question.scope.unit_id is not None:
        _single_out(question.scope.unit_id, made)
    return Setting(made, cleaned)


def _dirty(question: Question, records: Records) -> Iterator[Bed]:
    rooms = question.scope.rooms(records)
    return (bed for bed in records.beds.values() if bed.room_id in rooms and unclean(bed))


def _withdraw(booking: Booking, records: Records) -> None:
    given = booking.allocation
    added = consequences(booking.request, replace(given, lots=()), records)
    for stay in added.stays:
        if stay.id in records.stays:
            records.drop(Stay, stay.id)
    for use in added.bookings:
        if use.id in records.unit_bookings:
            records.drop(UnitBooking, use.id)
    for lot_use in given.lots:
        lot = records.lots[lot_use.lot_id]
        records.put(replace(lot, reserved=lot.reserved - lot_use.quantity))


def _single_out(unit_id: str, records: Records) -> None:
    """Give one unit a type of its own, which stands in for its type for everybody else."""
    unit = records.units[unit_id]
    kind = records.equipment_types[unit.type_id]
    alone = EquipmentType(unit.type_id + ONLY, kind.name, kind.turnaround_minutes)
    records.put(alone)
    records.put(replace(unit, type_id=alone.id))
    for other in list(records.equipment_types.values()):
        if unit.type_id in (other.id, *other.substitutes) and other.id != alone.id:
            records.put(replace(other, substitutes=(*other.substitutes, alone.id)))


def asked_of(question: Question, request: Request, records: Records) -> Request:
    """The request as the model asks it: for the one unit, if it is about one."""
    if question.scope.unit_id is None:
        return request
    alone = records.units[question.scope.unit_id].type_id
    original = alone.removesuffix(ONLY)
    needs = []
    for need in request.equipment:
        accepted = (need.type_id, *records.equipment_types[need.type_id].substitutes)
        mine = need.count == 1 and original in accepted
        needs.append(replace(need, type_id=alone) if mine else need)
    return replace(request, equipment=tuple(needs))


def scene_for(question: Question, setting: Setting, cast: Cast) -> Scene:
    """The scene of a cast; a booking's present start is among its starts."""
    records = setting.records
    versions = [asked_of(question, request, records) for request, _ in cast.versions]
    moves = [move_request(stay, records, f"{stay.id}/move") for stay in cast.movers]
    requests: Sequence[Request] = [*versions, *(b.request for b in cast.bookings), *moves]
    scene = scene_of(records, requests, {})
    starts = list(scene.starts)
    for number, booking in enumerate(cast.bookings, start=len(versions)):
        starts[number] = np.union1d(starts[number], np.array([booking.allocation.start], np.int64))
    return replace(scene, starts=starts)
