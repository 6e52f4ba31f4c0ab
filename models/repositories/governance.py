"""What people decide about decisions: proposals, disruptions as told, overrides of rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from models.commands import Transaction
from models.repositories.versions import add, revise
from models.tables.care import disruption, proposal, rule_override
from solver.hospital import Minute

IDENTITIES_MERGED: Final = "identities_merged"
"""The kind of disruption by which two records become one person's; its subject is the id that goes on."""

ENDED_PERSON: Final = "ended_person"
"""In the detail of such a disruption: the id that ended."""


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A change only a person may make. ``state``: open, confirmed, declined, expired."""

    id: str
    kind: str
    subject_id: str
    reason: str
    change: Mapping[str, Any] = field(default_factory=dict)
    state: str = "open"
    revision: int = 0
    expires_minute: Minute | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDisruption:
    """An event that upset the plan, as told."""

    id: str
    kind: str
    subject_id: str
    start_minute: Minute
    end_minute: Minute | None
    detail: Mapping[str, Any]
    actor: str


@dataclass(frozen=True, slots=True)
class StoredOverride:
    """A person's decision against a rule for a subject (a request, allocation, stay, bed), with reason and
    end."""

    id: str
    rule_id: str
    subject_id: str
    reason: str
    actor: str
    start_minute: Minute
    until_minute: Minute


def insert_proposal(transaction: Transaction, record: StoredProposal) -> None:
    """Store a new proposal."""
    add(transaction, proposal, asdict(record))


def update_proposal(
    transaction: Transaction, record: StoredProposal, expected_version: int | None = None
) -> None:
    """Confirm, decline, expire or change a proposal."""
    values = {name: value for name, value in asdict(record).items() if name != "id"}
    revise(transaction, proposal, record.id, values, expected_version)


def load_proposals(connection: Connection, state: str = "open") -> list[StoredProposal]:
    """The proposals in a state, oldest first."""
    found = select(proposal).where(proposal.c.state == state).order_by(proposal.c.id)
    return [read_proposal(row) for row in connection.execute(found)]


def insert_disruption(transaction: Transaction, record: StoredDisruption) -> None:
    """Keep what was told."""
    values = asdict(record) | {"recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(disruption), values)


def merged_into(connection: Connection, person_id: str) -> set[str]:
    """Ids of the person that ended when they were merged into this one, or into one that was merged into it."""
    told = select(disruption.c.subject_id, disruption.c.detail).where(disruption.c.kind == IDENTITIES_MERGED)
    ended: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(told):
        if ENDED_PERSON in row.detail:
            ended[row.subject_id].add(row.detail[ENDED_PERSON])
    found, left = set[str](), [person_id]
    while left:
        new = ended[left.pop()] - found
        found |= new
        left += new
    return found - {person_id}


def insert_override(transaction: Transaction, record: StoredOverride) -> None:
    """Keep who decided against which rule, why, and until when."""
    values = asdict(record) | {"recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(rule_override), values)


def load_overrides(connection: Connection, at: Minute) -> list[StoredOverride]:
    """The overrides in force at a minute."""
    in_force = (rule_override.c.start_minute <= at) & (rule_override.c.until_minute > at)
    found = connection.execute(select(rule_override).where(in_force).order_by(rule_override.c.id))
    return [
        StoredOverride(r.id, r.rule_id, r.subject_id, r.reason, r.actor, r.start_minute, r.until_minute)
        for r in found
    ]


def load_reasons(connection: Connection, override_ids: Collection[str]) -> dict[str, str]:
    """Why each of these overrides was given, by id."""
    chosen = select(rule_override.c.id, rule_override.c.reason).where(rule_override.c.id.in_(override_ids))
    return {row.id: row.reason for row in connection.execute(chosen)}


def read_proposal(row: Any) -> StoredProposal:
    """A row of ``proposal``."""
    return StoredProposal(
        row.id,
        row.kind,
        row.subject_id,
        row.reason,
        row.change,
        row.state,
        row.revision,
        row.expires_minute,
        row.decided_by,
    )
