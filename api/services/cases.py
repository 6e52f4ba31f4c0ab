"""What the desk knows besides records: cases with their needs, waivers, proposals, events as told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from models.repositories.scarcity import StoredScarcity
from solver.engine.rule import Profile
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
class Override:
    """A person's decision against a rule, told for as long as there is anything to tell of the request: which rule,
    ``by`` which account, in force during ``[since, until)``, for which request (perhaps one that this one continues).
    """

    id: str
    rule_id: str
    by: str
    since: Minute
    until: Minute
    request_id: str


@dataclass(frozen=True, slots=True)
class Case:
    """One request, where it stands, and what was given for it.

    ``ward_id``: the ward that asked, None for emergency department, theatre or home. ``requested_at``: when
    the waiting clock began. ``revision``: counts the stored states of the case, from 1 (its ETag).
    ``waivers``: rules a person overrode for it, with the minute until which. ``displaced_by``: the more urgent
    request that a booking of this one was taken back for; that happens to no case twice. ``declined_by``: the wards
    that declined it, in order. ``held_until``: when what was given is given back unless somebody confirms it.
    ``overrides``: everything people decided against rules, also what is over. ``left_until``: the expected end of the
    stay a transfer continues, as it was before what was given made it end sooner. ``held``: the bed and units of every
    hold there was for it.
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
    held_until: Minute | None = None
    overrides: tuple[Override, ...] = ()
    left_until: Minute | None = None
    held: tuple[str, ...] = ()

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


def overruled(case: Case, taken: Iterable[Override]) -> Case:
    """A case for which a person has just overridden rules."""
    new = tuple(taken)
    in_force = tuple((one.rule_id, one.until) for one in new)
    return replace(case, waivers=(*case.waivers, *in_force), overrides=(*case.overrides, *new))


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's decision against a rule, for one request."""

    id: str
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


@dataclass(frozen=True, slots=True)
class Activated:
    """A version of the rule profile came into force, and why; ``before``: the one that was."""

    before: Profile
    profile: Profile
    reason: str


@dataclass(frozen=True, slots=True)
class Repriced:
    """Prices of scarce capacity came into force, or went: the profile under them and the one before."""

    profile_before: Profile
    before: StoredScarcity
    profile: Profile
    after: StoredScarcity
