"""What one process's commands touch, and how another's desk takes it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from api.services.desk import Changes, Desk, record_of
from api.services.storing import case_of, proposal_of
from models.commands import Touched
from models.following import FOLLOWED
from models.repositories.cases import StoredCase
from models.repositories.governance import StoredOverride, StoredProposal
from models.repositories.staff import Slot
from solver.hospital import Minute, Stay, UnitBooking

CASE, PROPOSAL, COVER = "Case", "Proposal", "Cover"


class Source(Protocol):
    """The present hospital, read by records (``api.services.keeping``: from SQL)."""

    def records(self, kind: type, ids: Collection[str], now: Minute) -> Mapping[str, Any]:
        """Those of these records of a followed kind that are part of the present hospital."""
        ...

    def cases(self, ids: Collection[str]) -> Iterable[StoredCase]:
        """Cases in whatever state."""
        ...

    def overrides(self, now: Minute) -> Iterable[StoredOverride]:
        """The overrides in force."""
        ...

    def proposal(self, proposal_id: str) -> StoredProposal | None:
        """One proposal in whatever state, or None."""
        ...

    def cover(self, wanted: Collection[Slot]) -> Mapping[Slot, int]:
        """The revisions of those of these slots that were ever revised."""
        ...


def touched_by(changes: Changes) -> tuple[Touched, ...]:
    """Every record, case and proposal that a command changed, and every revision of cover it counted up."""
    return (
        *((kind.__name__, record_id) for kind, record_id in changes.after),
        *((CASE, case_id) for case_id in changes.cases_after),
        *((PROPOSAL, proposal_id) for proposal_id in changes.proposals),
        *((COVER, f"{slot}/{ward_id}") for ward_id, slot in changes.cover_moved),
    )


def refresh(desk: Desk, source: Source, touched: Iterable[Touched]) -> None:
    """Read these again from storage; what is no part of the present hospital leaves the desk.

    Who lies or is booked somewhere is taken out first and then put in, so that stays may have changed beds.
    """
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for name, record_id in touched:
        ids[name].add(record_id)
    present = {
        kind: source.records(kind, ids[kind.__name__], desk.live.now)
        for kind in FOLLOWED
        if ids[kind.__name__]
    }
    _drop(desk, Stay, ids[Stay.__name__])
    _drop(desk, UnitBooking, ids[UnitBooking.__name__])
    for found in present.values():
        for record in found.values():
            desk.put(record)
    for kind, found in reversed(present.items()):
        _drop(desk, kind, ids[kind.__name__] - found.keys())
    _refresh_cases(desk, source, ids[CASE])
    _refresh_proposals(desk, source, ids[PROPOSAL])
    _refresh_cover(desk, source, ids[COVER])


def _drop(desk: Desk, kind: type, ids: Iterable[str]) -> None:
    for record_id in ids:
        if record_of(desk.live, kind, record_id) is not None:
            desk.drop(kind, record_id)


def _refresh_cases(desk: Desk, source: Source, ids: set[str]) -> None:
    if not ids:
        return
    waivers: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for override in source.overrides(desk.live.now):
        waivers[override.subject_id].append((override.rule_id, override.until_minute))
    for stored in source.cases(ids):
        desk.set_case(case_of(stored, waivers[stored.request.id]))


def _refresh_proposals(desk: Desk, source: Source, ids: set[str]) -> None:
    for stored in filter(None, map(source.proposal, ids)):
        proposal = proposal_of(stored)
        if proposal.state == "open":
            desk.proposals[proposal.id] = proposal
        else:
            desk.proposals.pop(proposal.id, None)


def _refresh_cover(desk: Desk, source: Source, ids: set[str]) -> None:
    if ids:
        parted = (name.split("/", 1) for name in ids)
        wanted = {(ward_id, int(slot)) for slot, ward_id in parted}
        for found, revision in source.cover(wanted).items():
            desk.cover[found] = revision
