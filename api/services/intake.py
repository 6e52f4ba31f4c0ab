"""From a body to the vocabulary: references looked up, waivers checked, person and request made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.errors import AlreadyKnown, OverrideRefused, Place, UnknownReference, WrongState
from api.places import pointer
from api.schemas.requests import BundleIn, InfectionIn, PersonIn, WaiverIn
from api.security.access import Access
from api.security.permissions import Permission
from api.services.cases import Override, Waiver
from api.services.changes import Changes
from models.personal import PersonalData
from solver.engine.rule import Level
from solver.hospital import (
    Care,
    DrugNeed,
    EquipmentNeed,
    Infection,
    Minute,
    Person,
    PooledCapacity,
    Request,
)
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import rules

Steps = tuple[str | int, ...]


def check_references(bundle: BundleIn, changes: Changes, at: Steps) -> None:
    """Raise ``UnknownReference`` with every id of a bundle that names nothing here."""
    places = list(_unknown(bundle, changes, at))
    if places:
        raise UnknownReference(places)


def _unknown(bundle: BundleIn, changes: Changes, at: Steps) -> Iterator[Place]:
    records = changes.records
    if bundle.person_id is not None and changes.desk.person(bundle.person_id) is None:
        yield Place(pointer(*at, "person_id"), "the id of a person known here")
    if bundle.for_ward_id is not None and bundle.for_ward_id not in records.wards:
        yield Place(pointer(*at, "for_ward_id"), "the id of a ward (GET /wards)")
    for number, need in enumerate(bundle.equipment):
        if need.type_id not in records.equipment_types:
            yield Place(pointer(*at, "equipment", number, "type_id"), "the id of an equipment type")
    for number, drug in enumerate(bundle.drugs):
        if drug.drug_id not in records.drugs:
            yield Place(pointer(*at, "drugs", number, "drug_id"), "the id of a drug (GET /drugs)")
    if not bundle.excluded_room_ids <= records.rooms.keys():
        yield Place(pointer(*at, "excluded_room_ids"), "ids of rooms")
    yield from unknown_rules(bundle.waivers, at)


def unknown_rules(waivers: Iterable[WaiverIn], at: Steps) -> Iterator[Place]:
    """Places of waivers whose rule the catalogue does not have."""
    for number, waiver in enumerate(waivers):
        if waiver.rule_id not in rules.RULES:
            yield Place(pointer(*at, "waivers", number, "rule_id"), "the id of a rule (GET /rules)")


def taken_waivers(
    waivers: Iterable[WaiverIn], ward_id: str | None, request_id: str, access: Access, changes: Changes
) -> tuple[Override, ...]:
    """Note the waivers of a request; raises ``OverrideRefused`` for absolute and soft rules and times
    past."""
    waived = []
    for waiver in waivers:
        rule = rules.RULES[waiver.rule_id]
        if rule.level is not Level.OVERRIDABLE:
            word = "always holds" if rule.level is Level.ABSOLUTE else "has a price, not a bar"
            raise OverrideRefused(
                f"The rule {rule.id!r} {word}.", "Waive overridable rules only (GET /rules)."
            )
        until = waiver.until if waiver.until is not None else changes.now + MINUTES_PER_DAY
        if until <= changes.now:
            raise OverrideRefused("A waiver must end in the future.", "Give a later time, or none.")
        access.require(ward_id, Permission.OVERRIDE)
        override_id, by = changes.desk.new_id("ovr"), access.principal.account_id
        changes.waivers.append(Waiver(override_id, rule.id, request_id, waiver.reason, until))
        changes.tell("rule.overridden", request_id, rule_id=rule.id, until=until)
        waived.append(Override(override_id, rule.id, by, changes.now, until, request_id))
    return tuple(waived)


def person_of(bundle: BundleIn, at: Steps, changes: Changes) -> Person:
    """The person of a bundle, taken in if new; refuses a second open request for the same person."""
    if bundle.person is None:
        assert bundle.person_id is not None, "the schema asks for one of the two"
        person: Person = changes.records.persons[bundle.person_id]
        _refuse_second(person.id, changes)
        return person
    given = bundle.person.id
    if given is not None and changes.desk.person(given) is not None:
        raise AlreadyKnown("A person of this id is known here.", "Send person_id instead of person.")
    person = new_person(bundle.person, given or changes.desk.new_id("per"))
    changes.put(person)
    if bundle.person.identity is not None:
        changes.identities[person.id] = PersonalData(**bundle.person.identity.model_dump())
    return person


def _refuse_second(person_id: str, changes: Changes) -> None:
    if changes.desk.requests_of_person.get(person_id):
        raise WrongState("This person has an open request already.", "Release it, or transfer the patient.")
    stays = changes.desk.stays_of_person.get(person_id, ())
    if any(changes.records.stays[s].with_stay_id is None for s in stays):
        raise WrongState("This person lies here already.", "Transfer the patient: POST /stays/{id}:transfer.")


def new_person(body: PersonIn, person_id: str) -> Person:
    """The placement facts of a new person."""
    return Person(
        id=person_id,
        sex=body.sex,
        born=body.born,
        weight_kg=body.weight_kg,
        isolation=body.isolation,
        infections=infections_of(body.infections),
        exposed_to=body.exposed_to,
        allergies=body.allergies,
        blood_group=body.blood_group,
        falls_risk=body.falls_risk,
        one_to_one=body.one_to_one,
        end_of_life=body.end_of_life,
        keep_apart=body.keep_apart,
    )


def infections_of(bodies: Iterable[InfectionIn]) -> tuple[Infection, ...]:
    """Infections, each organism once (the last said counts)."""
    by_organism = {b.organism: Infection(b.organism, b.status, b.ultraviolet) for b in bodies}
    return tuple(by_organism.values())


def request_of(bundle: BundleIn, request_id: str, person_id: str, now: Minute) -> Request:
    """The request of a bundle; times not given are now."""
    needed_by = now if bundle.needed_by is None else bundle.needed_by
    decided_at = min(now, needed_by) if bundle.decided_at is None else bundle.decided_at
    care = bundle.care
    return Request(
        id=request_id,
        person_id=person_id,
        priority=bundle.priority.priority,
        care=Care(
            care.speciality,
            care.care_level,
            care.features,
            care.skills,
            PooledCapacity(**care.pooled.model_dump()),
        ),
        decided_at=decided_at,
        needed_by=needed_by,
        duration_minutes=bundle.duration_minutes,
        max_wait_minutes=bundle.max_wait_minutes,
        origin=bundle.origin,
        clinically_ready=bundle.clinically_ready,
        accepting_team=bundle.accepting_team,
        equipment=tuple(
            EquipmentNeed(n.type_id, n.count, n.offset_minutes, n.duration_minutes) for n in bundle.equipment
        ),
        drugs=tuple(DrugNeed(n.drug_id, n.quantity, n.use_within_minutes) for n in bundle.drugs),
        companion=bundle.companion,
        excluded_room_ids=bundle.excluded_room_ids,
    )
