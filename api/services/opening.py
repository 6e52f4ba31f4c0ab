"""Opening a proposal: a change that only a person may make is told, and lapses if nobody looks at it."""

from __future__ import annotations

from typing import Any

from api.services.cases import Proposal
from api.services.changes import Changes
from solver.placing.language import Sentence
from solver.placing.telling import as_json

VALID_MINUTES = 12 * 60
"""A proposal that nobody looked at lapses after this (assumed: one shift)."""


def open_proposal(
    kind: str, subject_id: str, reason: Sentence, change: dict[str, Any], changes: Changes
) -> Proposal:
    """Propose a change of a kind, about a stay, booking, shift or request."""
    proposal = Proposal(
        changes.desk.new_id("prp"),
        kind,
        subject_id,
        as_json(reason),
        change,
        expires=changes.now + VALID_MINUTES,
    )
    changes.tell("proposal.made", proposal.id, proposal_kind=kind, **named(proposal))
    return changes.propose(proposal)


def named(proposal: Proposal) -> dict[str, str]:
    """What events name of a proposal: what it is about; of a call-in the ward, because who is on duty is not for
    everybody who hears of it."""
    if proposal.kind == "call_in":
        return {"ward_id": proposal.change["ward_id"]}
    return {"about": proposal.subject_id}
