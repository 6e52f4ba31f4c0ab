"""Rosters of the wards: terms, drafts, editions, changes that are asked of people and what they say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, false, func, insert, or_, select, true

from models import rows
from models.commands import JsonObject, Transaction
from models.errors import NotFound
from models.tables import care, places, staff
from models.tables.rosters import roster, roster_answer, roster_change, roster_terms
from solver.hospital import Minute, StaffMember
from solver.hospital.staff import NURSE_SHARES


@dataclass(frozen=True, slots=True)
class StoredTerms:
    """A version of what a ward's rosters are made by."""

    ward_id: str
    version: int
    document: JsonObject
    actor: str
    recorded_microsecond: int


@dataclass(frozen=True, slots=True)
class StoredRoster:
    """A draft (``edition`` and ``plan`` None) or an edition, see the table."""

    id: str
    ward_id: str
    edition: int | None
    first_day: int
    days: int
    terms_version: int
    job_id: str
    draft_id: str | None = None
    change_id: str | None = None
    plan: Mapping[str, Any] | None = None
    actor: str = ""
    recorded_microsecond: int = 0

    @property
    def end_day(self) -> int:
        """The day after the last one."""
        return self.first_day + self.days


@dataclass(frozen=True, slots=True)
class StoredChange:
    """Changes of an edition that are asked of people. ``asked``: ids of those who must agree; ``answers``: of whom
    whether they do."""

    id: str
    roster_id: str
    kind: str
    changes: tuple[JsonObject, ...]
    detail: JsonObject
    actor: str
    recorded_microsecond: int = 0
    answers: Mapping[str, bool] = field(default_factory=dict)
    published_as: str | None = None

    @property
    def asked(self) -> list[str]:
        """Ids of those who must agree, in order."""
        return list(self.detail["asked"])

    @property
    def state(self) -> str:
        """``published``, ``declined`` once somebody declined, ``agreed`` once everybody agreed, else ``open``."""
        if self.published_as is not None:
            return "published"
        if not all(self.answers.values()):
            return "declined"
        return "agreed" if self.answers.keys() >= set(self.asked) else "open"


# --- terms --------------------------------------------------------------------------------------------------
def load_terms(connection: Connection, ward_id: str, version: int | None = None) -> StoredTerms | None:
    """A version of a ward's terms, the newest one by default; None if there is none."""
    c = roster_terms.c
    chosen = select(roster_terms).where(c.ward_id == ward_id)
    if version is not None:
        chosen = chosen.where(c.version == version)
    row = connection.execute(chosen.order_by(c.version.desc()).limit(1)).first()
    if row is None:
        return None
    return StoredTerms(row.ward_id, row.version, row.document, row.actor, row.recorded_microsecond)


def insert_terms(
    transaction: Transaction, ward_id: str, version: int, document: JsonObject, actor: str
) -> None:
    """Store another version."""
    values = {"ward_id": ward_id, "version": version, "document": document, "actor": actor}
    values |= {"recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(roster_terms), values)


def load_staff(connection: Connection, ward_id: str) -> list[StaffMember]:
    """Who belongs to a ward, by id."""
    table = staff.staff_member
    found = connection.execute(select(table).where(table.c.ward_id == ward_id).order_by(table.c.id))
    return [rows.read_staff_member(row) for row in found]


# --- rosters ------------------------------------------------------------------------------------------------
def insert_roster(transaction: Transaction, stored: StoredRoster) -> None:
    """Add a draft or an edition."""
    values = {
        name: getattr(stored, name)
        for name in (
            "id", "ward_id", "edition", "first_day", "days", "terms_version", "job_id", "draft_id", "change_id",
            "plan", "actor",
        )
    }  # fmt: skip
    values |= {
        "state": "draft" if stored.edition is None else "published",
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(roster), values)


def load_roster(connection: Connection, roster_id: str) -> StoredRoster:
    """One draft or edition; raises ``NotFound``."""
    row = connection.execute(select(roster).where(roster.c.id == roster_id)).first()
    if row is None:
        raise NotFound("roster", roster_id)
    return _roster(row)


def load_rosters(
    connection: Connection, before: str, limit: int, wards: Collection[str] | None, ward_id: str | None
) -> list[StoredRoster]:
    """Drafts and editions of some wards (None: of every one), the newest first, older than the one of id ``before``
    (empty: all)."""
    chosen = select(roster)
    if before:
        chosen = chosen.where(roster.c.id < before)
    if wards is not None:
        chosen = chosen.where(roster.c.ward_id.in_(sorted(wards)))
    if ward_id is not None:
        chosen = chosen.where(roster.c.ward_id == ward_id)
    return [_roster(row) for row in connection.execute(chosen.order_by(roster.c.id.desc()).limit(limit))]


def load_editions(connection: Connection, ward_id: str, since_day: int = 0) -> list[StoredRoster]:
    """What was published of a ward that reaches beyond a day, in the order in which it was."""
    c = roster.c
    chosen = select(roster).where(
        c.ward_id == ward_id, c.edition.is_not(None), c.first_day + c.days > since_day
    )
    return [_roster(row) for row in connection.execute(chosen.order_by(c.edition))]


def last_edition(connection: Connection, ward_id: str) -> int:
    """The number of the edition that was published last; 0 before the first."""
    return connection.scalar(select(func.max(roster.c.edition)).where(roster.c.ward_id == ward_id)) or 0


def _roster(row: Any) -> StoredRoster:
    return StoredRoster(
        row.id,
        row.ward_id,
        row.edition,
        row.first_day,
        row.days,
        row.terms_version,
        row.job_id,
        row.draft_id,
        row.change_id,
        row.plan,
        row.actor,
        row.recorded_microsecond,
    )


# --- changes ------------------------------------------------------------------------------------------------
def insert_change(transaction: Transaction, stored: StoredChange) -> None:
    """Store what is asked of people."""
    values = {
        "id": stored.id,
        "roster_id": stored.roster_id,
        "kind": stored.kind,
        "changes": list(stored.changes),
        "detail": stored.detail,
        "people": len(stored.asked),
        "actor": stored.actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(roster_change), values)


def insert_answer(transaction: Transaction, change_id: str, staff_id: str, agreed: bool, actor: str) -> None:
    """Store what somebody said."""
    values = {"change_id": change_id, "staff_id": staff_id, "agreed": agreed, "actor": actor}
    values |= {"recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(roster_answer), values)


def load_change(connection: Connection, change_id: str) -> StoredChange:
    """One change with the answers to it; raises ``NotFound``."""
    row = connection.execute(select(roster_change).where(roster_change.c.id == change_id)).first()
    if row is None:
        raise NotFound("roster change", change_id)
    answered = select(roster_answer).where(roster_answer.c.change_id == change_id)
    published = select(roster.c.id).where(roster.c.change_id == change_id)
    return StoredChange(
        row.id,
        row.roster_id,
        row.kind,
        tuple(row.changes),
        row.detail,
        row.actor,
        row.recorded_microsecond,
        {answer.staff_id: answer.agreed for answer in connection.execute(answered)},
        connection.scalar(published),
    )


def load_changes(connection: Connection, ward_id: str, since_day: int) -> list[StoredChange]:
    """Changes of a ward's editions that reach beyond a day, the oldest first."""
    chosen = select(roster_change.c.id).join(roster, roster.c.id == roster_change.c.roster_id)
    reach = (roster.c.ward_id == ward_id) & (roster.c.first_day + roster.c.days > since_day)
    ids = connection.scalars(chosen.where(reach).order_by(roster_change.c.id)).all()
    return [load_change(connection, change_id) for change_id in ids]


def load_hindered(connection: Connection, ward_id: str, since: Minute, until: Minute) -> set[str]:
    """Staff of a ward who are absent from a shift that touches ``[since, until)``, or were called out in it."""
    c = staff.shift.c
    chosen = select(c.staff_id).where(
        c.ward_id == ward_id,
        c.cancelled.is_(false()),
        c.start_minute < until,
        c.end_minute > since,
        or_(c.absent.is_(true()), and_(c.kind == "on_call", c.called_at.is_not(None))),
    )
    return set(connection.scalars(chosen))


# --- who lay on a ward --------------------------------------------------------------------------------------
Lay = tuple[Minute, Minute, int]
"""From when until when somebody lay, or is to lie, on a ward, and the shares of a nurse that their care takes."""


def load_care(connection: Connection, ward_id: str, since: Minute, now: Minute) -> list[Lay]:
    """Everybody who lay on a ward from a minute on, who lies there, and who is booked."""
    shares = _shares(connection, ward_id)
    o, s = care.occupancy.c, care.stay.c
    lay = (
        select(o.arrived_minute, o.left_minute, s.end_minute, s.care_level)
        .select_from(care.occupancy)
        .join(care.stay, s.id == o.stay_id)
        .join(places.bed, places.bed.c.id == o.bed_id)
        .join(places.room, places.room.c.id == places.bed.c.room_id)
        .where(places.room.c.ward_id == ward_id, o.void.is_(false()), o.companion.is_(false()))
        .where(func.coalesce(o.left_minute, now) >= since)
    )
    booked = (
        select(s.start_minute, s.end_minute, s.care_level)
        .select_from(care.stay)
        .join(places.bed, places.bed.c.id == s.bed_id)
        .join(places.room, places.room.c.id == places.bed.c.room_id)
        .where(places.room.c.ward_id == ward_id, s.state == "booked", s.with_stay_id.is_(None))
    )
    found = [
        (row.arrived_minute, max(now, row.end_minute) if row.left_minute is None else row.left_minute, row[3])
        for row in connection.execute(lay)
    ]
    found += [(row.start_minute, row.end_minute, row.care_level) for row in connection.execute(booked)]
    return [(start, end, shares[level]) for start, end, level in found if level in shares]


def _shares(connection: Connection, ward_id: str) -> dict[int, int]:
    """Shares of a nurse by care level, the ward's own ratios before the hospital's."""
    c = places.nursing_ratio.c
    found = connection.execute(
        select(c.care_level, c.target_patients).where(c.scope.in_(("", ward_id))).order_by(c.scope)
    )
    return {row.care_level: NURSE_SHARES // row.target_patients for row in found}


def zone_of(connection: Connection, ward_id: str) -> str:
    """The time zone of a ward's site; raises ``NotFound``."""
    chosen = select(places.site.c.time_zone).join(places.ward, places.ward.c.site_id == places.site.c.id)
    zone: str | None = connection.scalar(chosen.where(places.ward.c.id == ward_id))
    if zone is None:
        raise NotFound("ward", ward_id)
    return zone
