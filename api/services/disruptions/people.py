"""Events about a person: isolation on and off, exposure of a room, two identities that are one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.errors import WrongState
from api.schemas.disruptions import IdentitiesMerged, IsolationOff, IsolationOn, RoomExposure, WardOutbreak
from api.security.access import Access
from api.security.permissions import Permission
from api.services import repair
from api.services.changes import Changes
from api.services.disruptions.common import existing, lying_wrongly, main_stays_of
from api.services.intake import infections_of
from api.services.proposals import propose_transfer
from solver.hospital import Block, Infection, Person
from solver.placing import phrases


def isolation_on(event: IsolationOn, changes: Changes, access: Access) -> str:
    """The person needs isolation: bookings in the same rooms are looked at, a move is proposed."""
    person = _existing(event.person_id, "person_id", changes)
    _require(person, changes, access)
    known = {infection.organism: infection for infection in person.infections}
    known |= {infection.organism: infection for infection in infections_of(event.infections)}
    after = replace(person, isolation=person.isolation | event.isolation, infections=tuple(known.values()))
    _change(person, after, changes)
    for stay in main_stays_of(person.id, changes):
        against = lying_wrongly(stay, changes) if stay.state.pinned else []
        if against:
            propose_transfer(stay, phrases.RULES.of(rules=tuple(against)), changes, urgent=True)
    return person.id


def isolation_off(event: IsolationOff, changes: Changes, access: Access) -> str:
    """The person's isolation ends; what stood only for it is looked at again."""
    person = _existing(event.person_id, "person_id", changes)
    _require(person, changes, access)
    _change(person, replace(person, isolation=frozenset(), infections=()), changes)
    return person.id


def room_exposure(event: RoomExposure, changes: Changes, access: Access) -> str:
    """Everybody in the room counts as exposed, and the bay takes nobody new until it is opened."""
    room = existing(changes.records.rooms, event.room_id, "room_id")
    access.require(room.ward_id, Permission.DISRUPTION_PERSON)
    beds = repair.beds_of_rooms([room.id], changes)
    exposed = {s.person_id for s in changes.records.room_stays(room.id) if s.state.pinned}
    elsewhere = [s.bed_id for p in exposed for s in main_stays_of(p, changes)]
    block = Block(changes.now, event.until, f"exposure to {event.organism}")
    with repair.around_beds([*beds, *elsewhere], (), changes):
        for person_id in sorted(exposed):
            person = changes.records.persons[person_id]
            changes.put(replace(person, exposed_to=person.exposed_to | {event.organism}))
        # Told twice in one minute, it is still one closure.
        others = tuple(known for known in room.blocks if known.start != block.start)
        changes.put(replace(room, blocks=(*others, block)))
    return room.id


def ward_outbreak(event: WardOutbreak, changes: Changes, access: Access) -> str:
    """Everybody on the ward counts as exposed; bookings that would mix them with others are repaired together."""
    ward = existing(changes.records.wards, event.ward_id, "ward_id")
    access.require(ward.id, Permission.DISRUPTION_WARD)
    beds = repair.beds_of_ward(ward.id, changes)
    lying = (s for bed in beds for s in changes.records.bed_stays(bed) if s.state.pinned)
    exposed = sorted({stay.person_id for stay in lying})
    elsewhere = [s.bed_id for p in exposed for s in main_stays_of(p, changes)]
    with repair.around_beds([*beds, *elsewhere], (), changes):
        for person_id in exposed:
            person = changes.records.persons[person_id]
            changes.put(replace(person, exposed_to=person.exposed_to | {event.organism}))
    return ward.id


def identities_merged(event: IdentitiesMerged, changes: Changes, access: Access) -> str:
    """Two records were one person: the one that goes on gets the stricter facts, the stays and the requests
    of both."""
    gone = _existing(event.person_id, "person_id", changes)
    kept = _existing(event.into_person_id, "into_person_id", changes)
    for person in (gone, kept):
        _require(person, changes, access)
    if gone.id == kept.id:
        raise WrongState("Both ids name the same person.", "Name two persons.")
    lying = [s for p in (gone, kept) for s in main_stays_of(p.id, changes) if s.state.pinned]
    if len(lying) > 1:
        raise WrongState("Both lie here now, in two beds.", "Find out who lies where before merging.")
    _change(kept, stricter(kept, gone), changes)
    moved = [s for s in changes.records.stays.values() if s.person_id == gone.id]
    for stay in moved:
        changes.put(replace(stay, person_id=kept.id))
    for request_id in sorted(changes.desk.requests_of_person.get(gone.id, ())):
        case = changes.desk.cases[request_id]
        allocation = case.allocation and replace(case.allocation, person_id=kept.id)
        changes.set_case(
            replace(case, request=replace(case.request, person_id=kept.id), allocation=allocation)
        )
    return kept.id


def stricter(one: Person, other: Person) -> Person:
    """One person with the facts of both, the safer where they differ."""
    infections = {i.organism: i for i in (*other.infections, *one.infections)}
    return replace(
        one,
        born=one.born if one.born is not None else other.born,
        weight_kg=max(one.weight_kg, other.weight_kg),
        isolation=one.isolation | other.isolation,
        infections=_checked(infections),
        exposed_to=one.exposed_to | other.exposed_to,
        allergies=one.allergies | other.allergies,
        # Two different groups for one person: neither is trusted.
        blood_group=one.blood_group if one.blood_group == other.blood_group else None,
        falls_risk=one.falls_risk or other.falls_risk,
        one_to_one=one.one_to_one or other.one_to_one,
        end_of_life=one.end_of_life or other.end_of_life,
        keep_apart=(one.keep_apart | other.keep_apart) - {one.id, other.id},
    )


def _checked(infections: dict[str, Infection]) -> tuple[Infection, ...]:
    return tuple(infections[organism] for organism in sorted(infections))


def _change(before: Person, after: Person, changes: Changes) -> None:
    """Put the new facts, with the bookings of the rooms in which the person lies or is awaited around it."""
    stays = main_stays_of(before.id, changes)
    rooms = dict.fromkeys(changes.records.beds[stay.bed_id].room_id for stay in stays)
    with repair.around_beds(repair.beds_of_rooms(rooms, changes), (), changes):
        changes.put(after)


def _existing(person_id: str, field: str, changes: Changes) -> Person:
    changes.desk.person(person_id)
    return existing(changes.records.persons, person_id, field)


def _require(person: Person, changes: Changes, access: Access) -> None:
    """May tell of a person: on the ward where they lie, are awaited, or that asked for them."""
    wards = [changes.records.ward_of_bed(s.bed_id).id for s in main_stays_of(person.id, changes)]
    asked = changes.desk.requests_of_person.get(person.id, ())
    concerned = [*wards, *(changes.desk.cases[r].ward_id for r in asked)] or [None]
    allowed = [ward for ward in concerned if access.allows(ward, Permission.DISRUPTION_PERSON)]
    access.require(allowed[0] if allowed else concerned[0], Permission.DISRUPTION_PERSON)


HANDLERS: Mapping[str, Callable[[Any, Changes, Access], str]] = {
    "isolation_on": isolation_on,
    "isolation_off": isolation_off,
    "room_exposure": room_exposure,
    "ward_outbreak": ward_outbreak,
    "identities_merged": identities_merged,
}
