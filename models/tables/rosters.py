"""Rosters of the wards: what they are made by, drafts, what was published, and changes that people agreed to."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text

from models.tables.base import Flag, Json, Whole, one_of, record_id, strict_table

roster_terms = strict_table(
    "roster_terms",
    Column("ward_id", Text, ForeignKey("ward.id"), primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("document", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("version > 0", name="version"),
)
"""What a ward's rosters are made by: shift types, contracts, who has which, cover. The newest version holds."""

roster_change = strict_table(
    "roster_change",
    record_id(),
    Column("roster_id", Text, ForeignKey("roster.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("changes", Json, nullable=False),
    Column("detail", Json, nullable=False),
    Column("people", Whole, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("kind", ("cover", "swap")),
    CheckConstraint("people > 0", name="people"),
    Index("ix_roster_change_roster_id", "roster_id"),
)
"""Changes of a published roster that are asked of people: who works what instead, and how many of them must agree."""

roster_answer = strict_table(
    "roster_answer",
    Column("change_id", Text, ForeignKey("roster_change.id"), primary_key=True),
    Column("staff_id", Text, ForeignKey("staff_member.id"), primary_key=True),
    Column("agreed", Flag, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
)
"""What somebody said who was asked, once; ``actor``: the account that recorded it."""

roster = strict_table(
    "roster",
    record_id(),
    Column("ward_id", Text, ForeignKey("ward.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("edition", Whole),
    Column("first_day", Whole, nullable=False),
    Column("days", Whole, nullable=False),
    Column("terms_version", Whole, nullable=False),
    Column("job_id", Text, ForeignKey("job.id"), nullable=False),
    Column("draft_id", Text, ForeignKey("roster.id")),
    Column("change_id", Text),
    Column("plan", Json),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("state", ("draft", "published")),
    CheckConstraint("days > 0", name="days"),
    CheckConstraint(
        "(state = 'published') = (plan IS NOT NULL AND edition IS NOT NULL AND draft_id IS NOT NULL)",
        name="published",
    ),
    Index("ix_roster_edition", "ward_id", "edition", unique=True),
    Index("ix_roster_change_id", "change_id", unique=True),
)
"""A draft, whose plan its job finds, or what was published: a row of its own, the ``edition``th of its ward, from a
``draft_id`` and, if people agreed to changes of an edition before, by ``change_id``. ``first_day``: days since
1970-01-01, a Monday."""
