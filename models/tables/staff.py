"""Who works when, and the revision of each ward's cover by which a decision notices that a roster moved."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text

from models.tables.base import (
    Flag,
    Json,
    Whole,
    history_of,
    one_of,
    position,
    record_id,
    strict_table,
    version_columns,
)
from solver.hospital import DutyKind

SLOT_MINUTES = 480
"""Cover is revised per ward and slot of eight hours, counted from 1970-01-01T00:00Z: about one shift."""

staff_member = strict_table(
    "staff_member",
    record_id(),
    Column("ward_id", Text, ForeignKey("ward.id"), nullable=False),
    Column("skills", Json, nullable=False),
    Column("grade", Whole, nullable=False),
    Column("student", Flag, nullable=False),
    position(),
)

shift = strict_table(
    "shift",
    record_id(),
    Column("staff_id", Text, ForeignKey("staff_member.id"), nullable=False),
    Column("ward_id", Text, ForeignKey("ward.id"), nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole, nullable=False),
    Column("breaks", Json, nullable=False),
    Column("kind", Text, nullable=False),
    Column("called_at", Whole),
    Column("response_minutes", Whole, nullable=False),
    Column("absent", Flag, nullable=False),
    Column("cancelled", Flag, nullable=False),
    *version_columns(),
    position(),
    one_of("kind", DutyKind),
    CheckConstraint("start_minute < end_minute", name="interval"),
    Index("ix_shift_end_minute", "end_minute"),
)

cover_revision = strict_table(
    "cover_revision",
    Column("ward_id", Text, ForeignKey("ward.id"), primary_key=True),
    Column("slot", Whole, primary_key=True, autoincrement=False),
    Column("revision", Whole, nullable=False),
    CheckConstraint("revision > 0", name="revision"),
)
"""How often shifts or stays of a ward changed that touch a slot; no row means never."""

shift_version = history_of(shift)
