"""Why not: what stands against a place, and the cheapest changes that make it possible. Nothing of it is stored.

What is asked is frozen under the decider's lock; the search for what could give way runs outside (``api.solving``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api.errors import Place, UnknownReference
from api.places import pointer
from api.schemas.checks import WhyNotIn
from api.security.access import Access
from api.security.permissions import TABLE, Permission
from api.services.batches import without_free_text
from api.services.chaining import spoken_for
from api.services.changes import Changes
from api.services.displacing import booking_of, may_be_displaced
from api.services.subjects import Subject, subject_of
from api.services.words import lots_json, moment, units_json
from api.solving.messages import Failure, Relaxed
from solver.engine.rule import Level
from solver.hospital import Allocation, Minute, UnitUse, from_minute
from solver.placing import phrases, rules
from solver.placing.blocking import standing
from solver.placing.checking import checked, supplies
from solver.placing.conceding import Question
from solver.placing.concessions import TARIFFS, Concession, Kind, Relaxation
from solver.placing.displace import Booking, movable
from solver.placing.fallback import RELIEF
from solver.placing.language import Sentence
from solver.placing.movable import AT_ONCE
from solver.placing.problem import PlacingProblem, Standing
from solver.placing.records import Records
from solver.placing.referee import Decided
from solver.placing.scope import Scope
from solver.placing.telling import as_json

DEFAULT_DEADLINE_MS: Final = 5_000
"""Within which an answer is given unless the caller says otherwise."""

MOST_CALLS: Final = 4

SAID: Final = {
    Kind.WAIT: (phrases.RELAX_WAIT, "request"),
    Kind.WAIVE_RULE: (phrases.RELAX_WAIVE, "rule"),
    Kind.OPEN_BED: (phrases.RELAX_OPEN, "bed"),
    Kind.CLEAN_BED: (phrases.RELAX_CLEAN, "bed"),
    Kind.LEND_UNIT: (phrases.RELAX_LEND, "unit"),
    Kind.FETCH_LOT: (phrases.RELAX_FETCH, "lot"),
    Kind.APPROVE_EQUIVALENT: (phrases.RELAX_EQUIVALENT, "drug"),
    Kind.CALL_NURSE: (phrases.RELAX_CALL, "shift"),
}
"""How each kind of change is said, and the place of its phrase that takes what it is about."""


PERSONAL: Final = {
    Kind.MOVE_PATIENT: Permission.REQUEST_READ,
    Kind.DISPLACE_BOOKING: Permission.REQUEST_READ,
    Kind.CALL_NURSE: Permission.STAFF_READ,
}
"""What it takes, on the ward concerned, to be told whom a change is about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken down: what may be solved elsewhere, and what is known already."""

    question: Question
    problem: PlacingProblem
    standing: tuple[Standing, ...]
    fits_from: Minute | None
    revision: int


def take_down(body: WhyNotIn, moves: Mapping[str, int], access: Access, changes: Changes) -> Asked:
    """The question on the hospital as it is, as a frozen copy; ``changes`` undoes what was tried. ``moves``: how often
    who lies here was moved before, by stay.

    Raises ``UnknownReference`` for a place that is none, and what refuses the subject itself.
    """
    unknown = list(_unknown(body, changes.records))
    if unknown:
        raise UnknownReference(unknown)
    subject = subject_of(body, access, changes)
    scope = Scope(body.bed_id, body.ward_id, body.unit_id)
    question = Question(
        replace(subject.request, accepting_team=""),
        scope,
        tuple(_bookings(subject, changes)),
        _staying(moves, changes),
        subject.waived,
    )
    records = changes.records
    return Asked(
        question,
        PlacingProblem(
            without_free_text(records.hospital()),
            records.now,
            (question.request,),
            records.profile,
            records.options,
        ),
        _standing(subject, scope, changes),
        changes.live.fits_from(scope.narrowed(subject.request, records, frozenset()), subject.waived)
        if scope.unit_id is None and scope.bed_id is None
        else None,
        changes.desk.revision,
    )


def _unknown(body: WhyNotIn, records: Records) -> Iterator[Place]:
    homes = (("bed_id", records.beds), ("ward_id", records.wards), ("unit_id", records.units))
    for name, home in homes:
        given = getattr(body, name)
        if given is not None and given not in home:
            yield Place(pointer(name), f"the id of a {name.removesuffix('_id')}")


def _bookings(subject: Subject, changes: Changes) -> Iterator[Booking]:
    """Bookings whose place the request may take, without what people wrote."""
    for case in may_be_displaced(changes):
        booking = booking_of(case)
        if booking.request.priority > subject.request.priority and movable(booking, changes.live):
            yield replace(booking, request=replace(booking.request, accepting_team=""))


def _staying(moves: Mapping[str, int], changes: Changes) -> frozenset[str]:
    """Stays that nobody is asked to move: another bed is asked or proposed for them, or they were moved too often."""
    often = {stay_id for stay_id, count in moves.items() if count >= AT_ONCE.moves_per_stay}
    return spoken_for(changes) | often


def _standing(subject: Subject, scope: Scope, changes: Changes) -> tuple[Standing, ...]:
    """What stands against the place as soon as possible."""
    if scope.bed_id is not None:
        return _in_bed(subject, scope.bed_id, None, changes)
    if scope.unit_id is not None:
        bed_id = _any_bed(subject, changes)
        return _in_bed(subject, bed_id, scope.unit_id, changes)
    request = scope.narrowed(subject.request, changes.records, frozenset())
    if scope.ward_id is None:
        return changes.live.why_not(request, subject.waived).standing
    within = changes.live.masks(subject.request, subject.waived)[scope.beds(changes.live)]
    return standing(within)


def _in_bed(subject: Subject, bed_id: str, unit_id: str | None, changes: Changes) -> tuple[Standing, ...]:
    """The referee's word on one bed, with one unit for the need it serves if that is asked."""
    request, records = subject.request, changes.records
    start = max(request.needed_by, changes.now)
    units, lots = supplies(changes.live, request, bed_id, start)
    if unit_id is not None:
        units = tuple(_with_unit(unit_id, units, records))
    end = start + request.duration_minutes
    given = Allocation(
        changes.desk.new_id("alc"), request.id, request.person_id, bed_id, start, end, units, lots
    )
    found = checked(Decided(request, given), records)
    return tuple(Standing(breach.rule_id, 1, int(len(found.breaches) == 1)) for breach in found.breaches)


def _with_unit(unit_id: str, units: Iterable[UnitUse], records: Records) -> Iterator[UnitUse]:
    """The uses with the unit in the place of the first that it could serve."""
    kind, served = records.units[unit_id].type_id, False
    for use in units:
        accepted = (use.type_id, *records.equipment_types[use.type_id].substitutes)
        mine = not served and kind in accepted
        served = served or mine
        yield replace(use, unit_id=unit_id) if mine else use


def _any_bed(subject: Subject, changes: Changes) -> str:
    """The bed the request would get without equipment; the first of the hospital if none."""
    bare = replace(subject.request, equipment=())
    found = changes.live.find(bare, changes.desk.new_id("alc"), waived=subject.waived)
    return next(iter(changes.records.beds)) if found is None else found.bed_id


# --- told ---------------------------------------------------------------------------------------------------
def told(asked: Asked, found: Relaxed, failure: Failure | None, access: Access, zone: str) -> dict[str, Any]:
    """The answer, without what the caller may not see."""
    relaxation = found.relaxation
    fits = relaxation is not None and not relaxation.concessions
    teller = _Teller(asked.problem, access, zone)
    return {
        "fits": fits,
        "fits_from": None if asked.fits_from is None else moment(asked.fits_from, zone),
        "against": [] if fits else [_standing_json(one) for one in asked.standing],
        "relaxation": None if relaxation is None else teller.relaxation(relaxation),
        "method": found.method.value,
        "bound": found.bound,
        "proven": found.proven,
        "degraded": not found.proven,
        "solver_failure": failure,
        "reasons": [as_json(sentence) for sentence in teller.reasons(asked, found)],
        "hospital_revision": asked.revision,
    }


def _standing_json(one: Standing) -> dict[str, Any]:
    overridable = rules.RULES[one.rule_id].level is Level.OVERRIDABLE
    relief = RELIEF.get(one.rule_id)
    return {
        "rule_id": one.rule_id,
        "level": rules.RULES[one.rule_id].level.value,
        "sentence": as_json(phrases.RULES.of(rules=(one.rule_id,))),
        "beds": one.beds,
        "alone": one.alone,
        "overridable_by": [role.value for role in TABLE[Permission.OVERRIDE]] if overridable else [],
        "remedy": None if relief is None else as_json(phrases.CALLS.of(calls=(relief.role,))),
    }


class _Teller:
    """Puts changes into sentences for somebody who may see some wards."""

    def __init__(self, problem: PlacingProblem, access: Access, zone: str) -> None:
        self._stays = {stay.id: stay for stay in problem.hospital.stays}
        self._rooms = {room.id: room.ward_id for room in problem.hospital.rooms}
        self._ward_of = {bed.id: self._rooms[bed.room_id] for bed in problem.hospital.beds}
        self._access = access
        self._zone = zone

    def relaxation(self, found: Relaxation) -> dict[str, Any]:
        """The changes and what the request then gets."""
        given = found.allocation
        return {
            "price": found.price,
            "changes": [self._change(one) for one in found.concessions],
            "bed_id": given.bed_id,
            "ward_id": self._ward_of[given.bed_id],
            "start": moment(given.start, self._zone),
            "end": moment(given.end, self._zone),
            "companion_bed_id": given.companion_bed_id,
            "units": units_json(given, self._zone),
            "lots": lots_json(given),
        }

    def reasons(self, asked: Asked, found: Relaxed) -> Iterator[Sentence]:
        """The answer in sentences."""
        if found.unconfirmed:
            yield phrases.RELAX_UNCONFIRMED.of()
        if found.relaxation is None:
            roles = [RELIEF[one.rule_id].role for one in asked.standing if one.rule_id in RELIEF]
            yield phrases.RELAX_NONE.of(calls=tuple(dict.fromkeys((*roles[:MOST_CALLS], "bed_manager"))))
            return
        if not found.relaxation.concessions:
            yield phrases.RELAX_FITS.of()
            return
        yield from (self._sentence(one) for one in found.relaxation.concessions)
        price = found.relaxation.price
        yield (
            phrases.RELAX_PROVEN.of(price=price)
            if found.proven
            else phrases.RELAX_FOUND.of(price=price, bound=found.bound)
        )

    def _seen(self, one: Concession) -> bool:
        """Whether the caller may see whom a change is about."""
        needed = PERSONAL.get(one.kind)
        return needed is None or self._access.allows(one.ward_id, needed)

    def _change(self, one: Concession) -> dict[str, Any]:
        seen, overridable = self._seen(one), one.kind is Kind.WAIVE_RULE
        to = one.to if seen else None
        return {
            "kind": one.kind.value,
            "subject_id": one.subject_id if seen else None,
            "ward_id": one.ward_id,
            "price": one.price,
            "until": None if one.minute is None else moment(one.minute, self._zone),
            "to_bed_id": None if to is None else to.bed_id,
            "to_start": None if to is None else moment(to.start, self._zone),
            "overridable_by": [role.value for role in TABLE[Permission.OVERRIDE]] if overridable else [],
            "by": as_json(phrases.CALLS.of(calls=(TARIFFS[one.kind].by.role,))),
            "sentence": as_json(self._sentence(one)),
        }

    def _sentence(self, one: Concession) -> Sentence:
        if not self._seen(one):
            on_call = one.kind is Kind.CALL_NURSE
            return (
                phrases.RELAX_CALL_SOMEBODY.of(ward=one.ward_id or "")
                if on_call
                else phrases.RELAX_HIDDEN.of()
            )
        if one.kind in (Kind.MOVE_PATIENT, Kind.DISPLACE_BOOKING):
            return self._giving_way(one)
        phrase, name = SAID[one.kind]
        values = {name: one.subject_id, "ward": one.ward_id or ""}
        if one.minute is not None:
            values["start"] = self._clock(one.minute)
        return phrase.of(**values)

    def _giving_way(self, one: Concession) -> Sentence:
        to = one.to
        if one.kind is Kind.MOVE_PATIENT:
            assert to is not None, "a move leads somewhere"
            here = self._stays[one.subject_id].bed_id
            return phrases.RELAX_MOVE.of(
                stay=one.subject_id, from_bed=here, bed=to.bed_id, start=self._clock(to.start)
            )
        if to is None:
            return phrases.RELAX_DISPLACE_WAITS.of(request=one.subject_id)
        return phrases.RELAX_DISPLACE.of(request=one.subject_id, bed=to.bed_id, start=self._clock(to.start))

    def _clock(self, minute: Minute) -> str:
        return f"{from_minute(minute, self._zone):%Y-%m-%d %H:%M}"
