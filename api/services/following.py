"""What one process's commands touch, and how another's desk takes it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from api.services.changes import Changes
from api.services.desk import Desk
from api.services.homes import record_of
from api.services.storing import case_of, proposal_of
from models.commands import Touched
from models.following import CASE, COVER, PROPOSAL, SCARCITY, Present
from solver.hospital import Stay, UnitBooking


def touched_by(changes: Changes) -> tuple[Touched, ...]:
    """Every record, case and proposal that a command changed, every revision of cover it counted up, and its prices of
    scarce capacity."""
    repriced = changes.repriced
    return (
        *((kind.__name__, record_id) for kind, record_id in changes.after),
        *((CASE, case_id) for case_id in changes.cases_after),
        *((PROPOSAL, proposal_id) for proposal_id in changes.proposals),
        *((COVER, f"{slot}/{ward_id}") for ward_id, slot in changes.cover_moved),
        *([] if repriced is None else [(SCARCITY, str(repriced.after.version))]),
    )


def refresh(desk: Desk, now: Present, touched: Iterable[Touched]) -> None:
    """Take touched records in as they are now; what is no part of the present hospital leaves the desk.

    Who lies or is booked somewhere is taken out first and then put in, so that stays may have changed beds.
    """
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for name, record_id in touched:
        ids[name].add(record_id)
    _drop(desk, Stay, ids[Stay.__name__])
    _drop(desk, UnitBooking, ids[UnitBooking.__name__])
    for found in now.records.values():
        for record in found.values():
            desk.put(record)
    for kind, found in reversed(now.records.items()):
        _drop(desk, kind, ids[kind.__name__] - found.keys())
    for stored, waived in now.cases:
        desk.set_case(case_of(stored, waived))
    for proposal in map(proposal_of, now.proposals):
        if proposal.state == "open":
            desk.proposals[proposal.id] = proposal
        else:
            desk.proposals.pop(proposal.id, None)
    for slot, revision in now.cover.items():
        desk.cover[slot] = revision
    if now.scarcity is not None:
        desk.take_prices(now.scarcity)


def _drop(desk: Desk, kind: type, ids: Iterable[str]) -> None:
    for record_id in ids:
        if record_of(desk.live, kind, record_id) is not None:
            desk.drop(kind, record_id)
