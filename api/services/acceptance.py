"""Accept or decline: what a ward answers, why, and who is told when it says no."""

from __future__ import annotations

from dataclasses import replace

from api.services.cases import Case
from api.services.changes import Changes
from api.services.stating import state_reason
from api.services.targets import Level
from models.repositories.reasons import DECLINED
from models.repositories.steps import Breach
from solver.hospital import RequestState, Step


def accept(case: Case, changes: Changes) -> Case:
    """The ward takes the patient."""
    assert case.allocation is not None, "a ward accepts what was given"
    allocation_id = case.allocation.id
    case = changes.set_case(replace(case, state=RequestState.CONFIRMED, held_until=None))
    changes.step(case.id, Step.ACCEPTED)
    changes.tell("allocation.confirmed", allocation_id, request_id=case.id)
    return case


def decline(case: Case, ward_id: str, reason: str | None, changes: Changes) -> Case:
    """The ward does not take the patient: the place goes back, the ward is not asked again, and its answer goes up a
    level each time. The case is to be decided again."""
    assert case.allocation is not None, "a ward declines what was given"
    allocation_id = case.allocation.id
    changes.tell("allocation.declined", allocation_id, request_id=case.id, ward_id=ward_id)
    state_reason(DECLINED, allocation_id, reason, changes, case=case, ward_id=ward_id)
    case = replace(case, declined_by=(*case.declined_by, ward_id))
    level = Level(min(len(case.declined_by), Level.SITE_MANAGER))
    breach = Breach(
        case.id, Step.ACCEPTED, allocation_id, "declined", level, ward_id, changes.now, changes.now
    )
    changes.breaches.append(breach)
    told = {"request_id": case.id, "step": Step.ACCEPTED.value, "level": level.value, "role": level.role}
    changes.tell("step.declined", case.id, allocation_id=allocation_id, ward_id=ward_id, **told)
    changes.take_back(case)
    rooms = frozenset(changes.records.rooms_of_ward.get(ward_id, ()))
    request = replace(case.request, excluded_room_ids=case.request.excluded_room_ids | rooms)
    return replace(case, request=request)
