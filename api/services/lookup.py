"""Open cases and live stays by id, with the checks every change begins with."""

from __future__ import annotations

from api.errors import StaleRevision, WrongState
from api.security.access import Access
from api.services.cases import Case
from api.services.changes import Changes
from models.errors import NotFound
from solver.hospital import BedKind, Companion, Stay


def case_by_id(request_id: str, changes: Changes) -> Case:
    """An open case; raises ``NotFound``."""
    case = changes.desk.cases.get(request_id)
    if case is None:
        raise NotFound("open request", request_id)
    return case


def case_of_allocation(allocation_id: str, revision: int | None, changes: Changes) -> Case:
    """The case of an allocation in force, if it still stands at ``revision``; raises ``NotFound`` or
    ``StaleRevision``."""
    request_id = changes.desk.request_of_allocation.get(allocation_id)
    if request_id is None:
        raise NotFound("allocation in force", allocation_id)
    case = changes.desk.cases[request_id]
    if revision is not None and revision != case.revision:
        raise StaleRevision(case.revision)
    return case


def require_asking(case: Case, access: Access, changes: Changes) -> None:
    """Raise ``Forbidden`` unless the principal may act for the ward that asked. If no ward did, also for the one that
    was given: "no ward in particular" would open what another site has."""
    access.require(case.ward_id)
    if case.ward_id is None and case.allocation is not None:
        access.require(changes.records.ward_of_bed(case.allocation.bed_id).id)


def main_stay(case: Case, changes: Changes) -> Stay:
    """The main stay of a case's allocation."""
    for stay in changes.stays_of(case):
        return stay
    raise WrongState("The stay of this allocation has ended.", "Read the allocation again.")


def stay_by_id(stay_id: str, changes: Changes) -> Stay:
    """A live stay; raises ``NotFound``."""
    stay = changes.records.stays.get(stay_id)
    if stay is None:
        raise NotFound("stay", stay_id)
    return stay


def companion_of(stay: Stay, changes: Changes) -> Companion:
    """What accompanies a stay: a cot, a carer's bed, or nothing."""
    records = changes.records
    kinds = {records.beds[beside.bed_id].kind for beside in records.with_companions(stay.id)[1:]}
    if not kinds:
        return Companion.NONE
    return Companion.COT if BedKind.COT in kinds else Companion.CARER_BED
