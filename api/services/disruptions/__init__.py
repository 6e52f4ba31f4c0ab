"""The events that upset a plan: each kind has a handler that says what it changes; repair and proposals
follow.

A handler checks that its subject exists and that the principal may tell of it, changes the records inside
``repair.around`` the bookings concerned, and proposes what concerns people who lie somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.errors import WrongState
from api.schemas.disruptions import DisruptionIn
from api.security.access import Access
from api.services import waiting, words
from api.services.cases import DisruptionRecord
from api.services.changes import Changes
from api.services.disruptions import people, places, site, staffing, stays, supplies
from api.services.lasting import restore_left
from models.commands import Answer
from models.repositories.governance import ENDED_PERSON, IDENTITIES_MERGED
from solver.hospital import Minute


@dataclass(frozen=True, slots=True)
class Disrupt:
    """Tell of an event."""

    body: DisruptionIn
    access: Access


MOST_FURTHER = 5
"""Of so many moves beyond the budget it is told what each would save."""

Handler = Callable[[Any, Changes, Access], str]
"""Applies an event; returns the id of what it is about."""

HANDLERS: Mapping[str, Handler] = {
    **people.HANDLERS,
    **places.HANDLERS,
    **site.HANDLERS,
    **staffing.HANDLERS,
    **stays.HANDLERS,
    **supplies.HANDLERS,
}


def disrupt(command: Disrupt, changes: Changes) -> Answer:
    """Apply an event: bookings that it breaks are decided again, moves of people are proposed, the waiting
    list is looked at."""
    event = command.body.event
    asked = command.body.max_moves
    changes.max_moves = changes.practice.repair_moves if asked is None else asked
    at = _happened(event.at, changes)
    subject = HANDLERS[event.kind](event, changes, command.access)
    detail = _detail(event)
    record = DisruptionRecord(
        changes.desk.new_id("dis"), event.kind, subject, at, getattr(event, "until", None), detail
    )
    changes.disruptions.append(record)
    changes.tell(f"disruption.{event.kind}", subject, disruption_id=record.id)
    if changes.moves_left > 0:
        # Else the waiting list would give them the moves that the repair was not allowed.
        changes.unplaced_by_repair.clear()
    restore_left(changes)
    placed = waiting.decide_again(changes)
    return Answer(200, _told(record, placed, changes))


def _told(record: DisruptionRecord, placed: list[Any], changes: Changes) -> dict[str, Any]:
    proposals = [p for p in changes.proposals.values() if p.state == "open"]
    return {
        "disruption_id": record.id,
        "kind": record.kind,
        "subject_id": record.subject_id,
        "at": words.moment(record.start, changes.zone),
        "repaired": changes.repaired,
        "plan": _plan(changes),
        "proposals": [words.proposal_json(proposal, changes.zone) for proposal in proposals],
        "placed_from_waiting": [words.case_json(case, changes.zone) for case in placed],
    }


def _plan(changes: Changes) -> dict[str, Any]:
    """What the repair took and cost, and what each of the next moves would save, the greatest saving first."""
    steps = sorted((f for plan in changes.repairs for f in plan.further), key=lambda f: -f.saves / f.moves)
    moves = sum(plan.moves for plan in changes.repairs)
    cost = sum(plan.cost for plan in changes.repairs)
    further: list[dict[str, int]] = []
    for step in steps[:MOST_FURTHER]:
        further.append(
            {
                "moves": (further[-1]["moves"] if further else moves) + step.moves,
                "cost": (further[-1]["cost"] if further else cost) - step.saves,
                "saves": step.saves,
            }
        )
    return {
        "max_moves": changes.max_moves,
        "moves": moves,
        "waiting": sum(len(plan.waiting) for plan in changes.repairs),
        "cost": cost,
        "further": further,
    }


def _happened(at: Minute | None, changes: Changes) -> Minute:
    if at is not None and at > changes.now:
        raise WrongState("What happened cannot lie in the future.", "Leave `at` out, or check the clock.")
    return changes.now if at is None else at


def _detail(event: Any) -> dict[str, Any]:
    """What was told, without free text: a reason may name somebody. Of a merger also which id has ended: who is erased
    later is erased under that id too."""
    told = event.model_dump(mode="json", exclude={"kind", "at", "reason"}, exclude_none=True)
    ended = {ENDED_PERSON: event.person_id} if event.kind == IDENTITIES_MERGED else {}
    return {name: value for name, value in told.items() if not name.endswith("_id")} | ended


__all__ = ["HANDLERS", "Disrupt", "disrupt"]
