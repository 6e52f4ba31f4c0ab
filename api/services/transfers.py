"""Transfers: a person says that a patient who lies here, or is on the way, gets another bed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from api.errors import Place, UnknownReference, WrongState
from api.places import pointer
from api.schemas.movements import TransferIn
from api.security.access import Access
from api.services.cases import Case, overruled
from api.services.changes import Changes
from api.services.intake import taken_waivers, unknown_rules
from api.services.lookup import case_of_allocation, companion_of, main_stay, stay_by_id
from api.services.movements import Act
from api.services.placing import answer, give_place
from api.services.stating import state_reason
from models.commands import Answer
from models.repositories.reasons import TRANSFERRED
from solver.hospital import (
    Care,
    Origin,
    Request,
    RequestState,
    Stay,
    Step,
)


@dataclass(frozen=True, slots=True)
class TransferStay:
    """A patient who lies here moves to another bed, because a person says so."""

    stay_id: str
    body: TransferIn
    access: Access


def transfer(command: Act, changes: Changes) -> Answer:
    """Another bed for the patient of an allocation."""
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    return transfer_stay(TransferStay(stay.id, command.body, command.access), changes)


def transfer_stay(command: TransferStay, changes: Changes) -> Answer:
    """Another bed for a patient who lies here: a request that continues the stay."""
    stay = stay_by_id(command.stay_id, changes)
    ward_id = changes.records.ward_of_bed(stay.bed_id).id
    command.access.require(ward_id)
    if not stay.state.pinned:
        raise WrongState("The patient has not come yet.", "POST /requests/{id}:choose changes a booking.")
    if stay.with_stay_id is not None:
        raise WrongState(f"Stay {stay.id} accompanies another.", f"Transfer the stay {stay.with_stay_id}.")
    refuse_second_move(stay, changes)
    body = command.body
    unknown = list(unknown_rules(body.waivers, ()))
    if not body.excluded_room_ids <= changes.records.rooms.keys():
        unknown.append(Place(pointer("excluded_room_ids"), "ids of rooms"))
    if unknown:
        raise UnknownReference(unknown)
    request = transfer_request(stay, body, changes)
    overrides = taken_waivers(body.waivers, ward_id, request.id, command.access, changes)
    account = command.access.principal.account_id
    former = changes.desk.case_of_stay(stay)
    case = Case(request, RequestState.UNPLACED, ward_id, account, changes.now)
    # What was overridden where the patient comes from is no licence here, and is told all the same.
    case = replace(case, overrides=former.overrides if former is not None else ())
    case = changes.set_case(overruled(case, overrides))
    changes.step(request.id, Step.REQUESTED)
    state_reason(TRANSFERRED, stay.id, body.reason, changes, case=case, ward_id=ward_id)
    case = give_place(case, changes)
    return Answer(201 if case.allocation is not None else 202, answer(case, changes))


def refuse_second_move(stay: Stay, changes: Changes) -> None:
    """Raise ``WrongState`` if the person waits for another bed already."""
    for request_id in changes.desk.requests_of_person.get(stay.person_id, ()):
        if changes.desk.cases[request_id].request.from_stay_id is not None and request_id != stay.request_id:
            raise WrongState("This patient waits for another bed already.", "Release that request first.")


def transfer_request(stay: Stay, body: TransferIn, changes: Changes) -> Request:
    """The request that continues a stay: the same care and company unless said otherwise; equipment goes
    along."""
    care = stay.care if body.care_level is None else replace(stay.care, care_level=body.care_level)
    needed_by = changes.now if body.needed_by is None else max(body.needed_by, changes.now)
    home = changes.records.beds[stay.bed_id].room_id
    return Request(
        id=changes.desk.new_id("req"),
        person_id=stay.person_id,
        priority=body.priority.priority,
        care=Care(care.speciality, care.care_level, care.features, care.skills, care.pooled),
        decided_at=changes.now,
        needed_by=needed_by,
        duration_minutes=max(stay.end - needed_by, 60),
        max_wait_minutes=body.max_wait_minutes,
        origin=Origin.WARD,
        companion=companion_of(stay, changes) if body.companion is None else body.companion,
        from_stay_id=stay.id,
        excluded_room_ids=body.excluded_room_ids | ({home} if body.other_room else set()),
    )
