"""Whom a question about a place is about: a request, a new bundle, or who lies here; as the hospital would be without
what they have now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from api.errors import WrongState
from api.schemas.movements import TransferIn
from api.schemas.requests import BundleIn
from api.security.access import Access
from api.services.cases import Case
from api.services.changes import Changes
from api.services.lookup import case_by_id, case_of_allocation, require_asking, stay_by_id
from api.services.placing import open_case
from api.services.transfers import transfer_request
from solver.hospital import Request, Stay
from solver.placing.referee import Decided


class Named(Protocol):
    """A body that names one of these."""

    @property
    def request_id(self) -> str | None: ...

    @property
    def bundle(self) -> BundleIn | None: ...

    @property
    def allocation_id(self) -> str | None: ...

    @property
    def stay_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A request to find a place for. ``present``: what it has or that it waits, None if it is new or moves somebody who
    lies here. ``ward_id``: the ward that answers for it. ``waived``: rules overridden for it."""

    request: Request
    present: Decided | None
    ward_id: str | None
    waived: frozenset[str] = frozenset()

    @property
    def published(self) -> str | None:
        """The bed the ward was told."""
        has = None if self.present is None else self.present.allocation
        return None if has is None else has.bed_id


def persons_named(body: Named) -> list[str]:
    """Ids of persons that may have to be fetched from storage."""
    bundle = body.bundle
    named = None if bundle is None else bundle.person_id
    if bundle is not None and bundle.person is not None:
        named = bundle.person.id
    return [] if named is None else [named]


def subject_of(body: Named, access: Access, changes: Changes) -> Subject:
    """The subject; what it has booked is taken back. Raises what refuses to place or to transfer it."""
    if body.bundle is not None:
        return _of_case(open_case(body.bundle, ("bundle",), access, changes), access, changes, new=True)
    if body.stay_id is not None:
        return _of_stay(stay_by_id(body.stay_id, changes), access, changes)
    if body.allocation_id is not None:
        return _of_case(case_of_allocation(body.allocation_id, None, changes), access, changes)
    assert body.request_id is not None, "the schema asks for one of the four"
    return _of_case(case_by_id(body.request_id, changes), access, changes)


def _of_case(case: Case, access: Access, changes: Changes, new: bool = False) -> Subject:
    stay = next(changes.stays_of(case), None)
    if stay is not None and stay.state.pinned:
        return _moved(stay, access, changes)
    require_asking(case, access, changes)
    if case.allocation is not None:
        changes.take_back(case)
    present = None if new else Decided(case.request, case.allocation)
    return Subject(case.request, present, case.ward_id, case.waived)


def _of_stay(stay: Stay, access: Access, changes: Changes) -> Subject:
    if stay.with_stay_id is not None:
        raise WrongState(f"Stay {stay.id} accompanies another.", f"Ask about the stay {stay.with_stay_id}.")
    if stay.state.pinned:
        return _moved(stay, access, changes)
    case = changes.desk.case_of_stay(stay)
    if case is None:
        raise WrongState("This stay belongs to no open request.", "Ask about a new bundle.")
    return _of_case(case, access, changes)


def _moved(stay: Stay, access: Access, changes: Changes) -> Subject:
    """Somebody who lies here or is on the way: what a transfer would ask for, the same room not excluded."""
    ward_id = changes.records.ward_of_bed(stay.bed_id).id
    access.require(ward_id)
    return Subject(transfer_request(stay, _AS_NOW, changes), None, ward_id)


_AS_NOW = TransferIn(reason="asked", other_room=False)
