"""What a reader may see in lists: what lies on the wards that the grants reach, and what belongs to no ward at all.

Whoever holds a role on one ward or site sees of the others nothing: no record, no count, no cursor. A role that is held
everywhere sees everything, without a condition in any query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from api.errors import Forbidden
from api.security.access import Access
from api.security.permissions import Permission
from models.repositories.governance import StoredProposal
from models.tables import care, equipment, places, staff

_NAMED: Final = ("ward_id", "bed_id", "from_bed_id", "stay_id", "request_id")
"""What of a proposal's change lies on a ward."""

_CHUNK: Final = 500
"""Records asked about at once: a statement takes so many values and no more."""


@dataclass(frozen=True, slots=True)
class Sight:
    """``wards``: those that are seen, None for every one; ``general``: also what belongs to no ward."""

    wards: frozenset[str] | None
    general: bool

    @classmethod
    def of(cls, access: Access) -> Sight:
        """What the permission of the route lets a principal see."""
        allowed = frozenset(ward for ward in access.site_of_ward if access.allows(ward))
        return cls(None if len(allowed) == len(access.site_of_ward) else allowed, access.allows(None))

    def sees(self, ward_ids: Collection[str | None]) -> bool:
        """Whether something is seen that concerns these wards; if it concerns none, whether such things are."""
        named = {ward_id for ward_id in ward_ids if ward_id is not None}
        return self.wards is None or (not self.wards.isdisjoint(named) if named else self.general)

    def on_ward(self, column: Any) -> list[ColumnElement[bool]]:
        """The condition on a column that names a record's ward, NULL for none."""
        if self.wards is None:
            return []
        seen = column.in_(sorted(self.wards))
        return [or_(seen, column.is_(None)) if self.general else seen]

    def on_requests(self) -> list[ColumnElement[bool]]:
        """The condition on requests: that a ward in sight asked, or has or had given a bed; those that concern no ward
        yet are for everybody, because somebody must see them."""
        if self.wards is None:
            return []
        given = exists().where(care.allocation.c.request_id == care.request.c.id)
        here = places.room.c.ward_id.in_(sorted(self.wards))
        given_here = given.where(_lies(care.allocation.c.bed_id), here)
        nowhere = and_(care.request.c.ward_id.is_(None), ~given)
        asked = care.request.c.ward_id.in_(sorted(self.wards))
        return [or_(asked, given_here, nowhere) if self.general else or_(asked, given_here)]

    def require_request(self, connection: Connection, request_id: str, permission: Permission) -> None:
        """Raise ``Forbidden`` for a request that is not seen; one that is not there is left to others to find."""
        there = select(care.request.c.id).where(care.request.c.id == request_id, *self.on_requests())
        if self.wards is not None and connection.scalar(there) is None:
            raise Forbidden(permission.value, "on a ward that asked or was given")

    def persons(self, connection: Connection, person_ids: Collection[str]) -> frozenset[str]:
        """Those of these persons who lie, lay or are booked on a ward in sight."""
        if self.wards is None or not person_ids:
            return frozenset(person_ids)
        here = places.room.c.ward_id.in_(sorted(self.wards))
        found = select(care.stay.c.person_id).where(
            care.stay.c.person_id.in_(person_ids), _lies(care.stay.c.bed_id), here
        )
        return frozenset(connection.scalars(found))

    def of_proposals(self, connection: Connection, found: Iterable[StoredProposal]) -> list[StoredProposal]:
        """Those that concern a ward in sight."""
        if self.wards is None:
            return list(found)
        named = {proposal.id: (proposal, set(_named(proposal))) for proposal in found}
        wards = wards_of(connection, {each for _, ids in named.values() for each in ids})
        return [
            proposal
            for proposal, ids in named.values()
            if self.sees(frozenset().union(*(wards.get(each, frozenset()) for each in ids)))
        ]


EVERYTHING: Final = Sight(None, general=True)
"""What a role that is held everywhere sees."""


def wards_of(connection: Connection, record_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The wards of beds, stays, bookings of units, shifts and requests, by their ids; of others nothing."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    ids = sorted(record_ids)
    for first in range(0, len(ids), _CHUNK):
        for statement in _lookups(ids[first : first + _CHUNK]):
            for record_id, ward_id in connection.execute(statement):
                found[record_id].add(ward_id)
    return {record_id: frozenset(wards) for record_id, wards in found.items()}


def _lookups(ids: list[str]) -> Iterator[Select[Any]]:
    room = places.room.c.ward_id
    yield select(places.ward.c.id, places.ward.c.id).where(places.ward.c.id.in_(ids))
    yield select(places.bed.c.id, room).where(_lies(places.bed.c.id), places.bed.c.id.in_(ids))
    yield select(care.stay.c.id, room).where(_lies(care.stay.c.bed_id), care.stay.c.id.in_(ids))
    given = care.allocation.c
    yield select(given.request_id, room).where(_lies(given.bed_id), given.request_id.in_(ids))
    for table in (equipment.unit_booking, staff.shift, care.request):
        yield select(table.c.id, table.c.ward_id).where(table.c.id.in_(ids), table.c.ward_id.is_not(None))


def _lies(bed_id: Any) -> ColumnElement[bool]:
    """Joins a bed with its room."""
    same = places.bed.c.room_id == places.room.c.id
    return same if bed_id is places.bed.c.id else and_(places.bed.c.id == bed_id, same)


def _named(proposal: StoredProposal) -> Iterator[str]:
    yield proposal.subject_id
    for part in (proposal.change, *proposal.change.get("steps", ())):
        yield from (part[name] for name in _NAMED if isinstance(part.get(name), str))
