"""What people give as reasons: kept, encrypted, for those who may know of the patient."""

from __future__ import annotations

from api.services.cases import Case
from api.services.changes import Changes
from models.repositories.reasons import StatedReason


def state_reason(
    action: str,
    subject: str,
    text: str | None,
    changes: Changes,
    *,
    case: Case | None = None,
    person_id: str | None = None,
    ward_id: str | None = None,
) -> None:
    """Keep why somebody did ``action``, if they said so: about a case, about a patient without one, or about nobody.
    ``ward_id``: the ward it happened on."""
    if text is None:
        return
    request_id = case.id if case is not None else None
    person = case.request.person_id if case is not None else person_id
    reason_id = changes.desk.new_id("rsn")
    changes.reasons.append(
        StatedReason(reason_id, action, subject, request_id, person, ward_id, changes.now, text)
    )
