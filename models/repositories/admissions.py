"""Plans of admissions: terms, drafts, and what was applied of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models.commands import JsonObject, Transaction
from models.errors import NotFound
from models.tables.admissions import admission_item, admission_plan, admission_terms
from solver.hospital import Minute


@dataclass(frozen=True, slots=True)
class StoredTerms:
    """A version of what plans are made by."""

    version: int
    document: JsonObject
    actor: str
    recorded_microsecond: int


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan of so many days from ``first_day`` (days since 1970-01-01), which its job finds."""

    id: str
    first_day: int
    days: int
    ward_ids: tuple[str, ...]
    terms_version: int
    job_id: str
    before_id: str | None = None
    actor: str = ""
    recorded_microsecond: int = 0


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What became of an item when its plan was applied for the ``revision``th time; see the table."""

    plan_id: str
    revision: int
    request_id: str
    outcome: str
    start_minute: Minute
    room_id: str
    theatre_id: str | None
    allocation_id: str | None
    why: JsonObject


def load_terms(connection: Connection, version: int | None = None) -> StoredTerms | None:
    """A version of the terms, the newest one by default; None if there is none."""
    chosen = select(admission_terms)
    if version is not None:
        chosen = chosen.where(admission_terms.c.version == version)
    row = connection.execute(chosen.order_by(admission_terms.c.version.desc()).limit(1)).first()
    return (
        None if row is None else StoredTerms(row.version, row.document, row.actor, row.recorded_microsecond)
    )


def insert_terms(transaction: Transaction, version: int, document: JsonObject, actor: str) -> None:
    """Store another version."""
    values = {"version": version, "document": document, "actor": actor}
    values |= {"recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(admission_terms), values)


def insert_plan(transaction: Transaction, stored: StoredPlan) -> None:
    """Add a plan."""
    values = asdict(stored) | {"ward_ids": list(stored.ward_ids)}
    values |= {"recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(admission_plan), values)


def load_plan(connection: Connection, plan_id: str) -> StoredPlan:
    """One plan; raises ``NotFound``."""
    row = connection.execute(select(admission_plan).where(admission_plan.c.id == plan_id)).first()
    if row is None:
        raise NotFound("plan of admissions", plan_id)
    return _plan(row)


def load_plans(connection: Connection, before: str, limit: int) -> list[StoredPlan]:
    """Plans, the newest first, older than the one of id ``before`` (empty: all)."""
    chosen = select(admission_plan)
    if before:
        chosen = chosen.where(admission_plan.c.id < before)
    return [
        _plan(row) for row in connection.execute(chosen.order_by(admission_plan.c.id.desc()).limit(limit))
    ]


def _plan(row: Any) -> StoredPlan:
    return StoredPlan(**{**row._mapping, "ward_ids": tuple(row.ward_ids)})


def insert_items(transaction: Transaction, items: Sequence[StoredItem], actor: str) -> None:
    """Note what became of items."""
    told = {"actor": actor, "recorded_microsecond": transaction.now.microsecond}
    if items:
        transaction.connection.execute(insert(admission_item), [asdict(one) | told for one in items])


def last_revision(connection: Connection, plan_id: str) -> int:
    """How often a plan was applied."""
    c = admission_item.c
    return connection.scalar(select(func.max(c.revision)).where(c.plan_id == plan_id)) or 0


def load_items(connection: Connection, plan_id: str, revision: int) -> list[StoredItem]:
    """What became of a plan's items the time it was applied so, by request."""
    c = admission_item.c
    chosen = select(admission_item).where(c.plan_id == plan_id, c.revision == revision).order_by(c.request_id)
    names = StoredItem.__dataclass_fields__
    return [StoredItem(**{name: getattr(row, name) for name in names}) for row in connection.execute(chosen)]
