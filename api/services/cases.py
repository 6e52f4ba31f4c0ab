"""What the desk knows besides records: cases with their needs, waivers, proposals, events as told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from solver.hospital import Allocation, Minute, Request, RequestState
from solver.placing.precedence import Precedence, precedence


@dataclass(frozen=True, slots=True)
class Need:
    """What an unplaced request says: when it is decided again, where the patient stays, whom to call (both as
    sentences, see ``solver.placing.telling``), and why."""

    decide_again: Minute
    fallback: dict[str, Any]
    call: dict[str, Any]
    why_not: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One request, where it stands, and what was given for it.

    ``ward_id``: the ward that asked, None for emergency department, theatre or home. ``requested_at``: when
    the waiting clock began. ``revision``: counts the stored states of the case, from 1 (its ETag).
    ``waivers``: rules a person overrode for it, with the minute until which. ``displaced_by``: the more urgent
    request that a booking of this one was taken back for; that happens to no case twice. ``declined_by``: the wards
    that declined it, in order.
    """

    request: Request
    state: RequestState
    ward_id: str | None
    asked_by: str
    requested_at: Minute
    allocation: Allocation | None = None
    revision: int = 0
    explanation: dict[str, Any] = field(default_factory=dict)
    waivers: tuple[tuple[str, Minute], ...] = ()
    need: Need | None = None
    displaced_by: str | None = None
    declined_by: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The request's id names the case."""
        return self.request.id

    @property
    def waived(self) -> frozenset[str]:
        """The rules that are overridden for this case (those whose time is over are taken out before a batch)."""
        return frozenset(rule_id for rule_id, _ in self.waivers)

    def precedence(self, now: Minute) -> Precedence:
        """Sorts first who is decided first."""
        return precedence(self.request.priority, self.requested_at, self.request.id, now)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's decision against a rule, for one request."""

    rule_id: str
    request_id: str
    reason: str
    until: Minute


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change only a person may make: ``kind`` such as ``transfer``, of whom or what, why (a sentence), and to
    what."""

    id: str
    kind: str
    subject_id: str
    reason: dict[str, Any]
    change: dict[str, Any]
    state: str = "open"
    expires: Minute | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class DisruptionRecord:
    """An event that upset the plan, as told."""

    id: str
    kind: str
    subject_id: str
    start: Minute
    end: Minute | None
    detail: dict[str, Any]
