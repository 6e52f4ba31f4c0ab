"""Equipment: types and what may stand in for them, units, and what each unit is taken for."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text

from models.tables.base import (
    Flag,
    Whole,
    history_of,
    one_of,
    position,
    record_id,
    strict_table,
    version_columns,
)
from solver.hospital import BookingKind, UnitState

equipment_type = strict_table(
    "equipment_type",
    record_id(),
    Column("name", Text, nullable=False),
    Column("turnaround_minutes", Whole, nullable=False),
    position(),
)

equipment_substitute = strict_table(
    "equipment_substitute",
    Column("type_id", Text, ForeignKey("equipment_type.id"), primary_key=True),
    Column("place", Whole, primary_key=True, autoincrement=False),
    Column("substitute_id", Text, ForeignKey("equipment_type.id"), nullable=False),
    CheckConstraint("type_id <> substitute_id", name="other_type"),
)
"""``place`` 0 is the best substitute."""

unit = strict_table(
    "unit",
    record_id(),
    Column("type_id", Text, ForeignKey("equipment_type.id"), nullable=False),
    Column("ward_id", Text, ForeignKey("ward.id"), nullable=False),
    Column("owner_ward_id", Text, ForeignKey("ward.id")),
    Column("lendable", Flag, nullable=False),
    Column("state", Text, nullable=False),
    Column("model", Text, nullable=False),
    *version_columns(),
    position(),
    one_of("state", UnitState),
    Index("ix_unit_type_id", "type_id"),
)

unit_booking = strict_table(
    "unit_booking",
    record_id(),
    Column("unit_id", Text, ForeignKey("unit.id"), nullable=False),
    Column("ward_id", Text, ForeignKey("ward.id"), nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole, nullable=False),
    Column("blocked_start", Whole, nullable=False),
    Column("blocked_end", Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("pinned", Flag, nullable=False),
    Column("need_type_id", Text),
    Column("allocation_id", Text, ForeignKey("allocation.id")),
    *version_columns(),
    position(),
    one_of("kind", BookingKind),
    one_of("state", ("active", "ended", "cancelled")),
    CheckConstraint("start_minute < end_minute", name="interval"),
    CheckConstraint("blocked_start <= start_minute AND blocked_end >= end_minute", name="blocked"),
    Index("ix_unit_booking_allocation_id", "allocation_id"),
    Index("ix_unit_booking_state", "state"),
)
"""``[blocked_start, blocked_end)``: the use with the transport before it and the turnaround after it."""

booking_terms = strict_table(
    "booking_terms",
    Column("unit_booking_id", Text, ForeignKey("unit_booking.id"), primary_key=True),
    Column("revision", Whole, primary_key=True, autoincrement=False),
    Column("booking_id", Text, nullable=False),
    Column("type_id", Text, ForeignKey("equipment_type.id"), nullable=False),
    Column("earliest", Whole, nullable=False),
    Column("latest_start", Whole, nullable=False),
    Column("priority", Whole, nullable=False),
    Column("series_id", Text),
    Column("held_until", Whole),
    CheckConstraint("earliest <= latest_start", name="window"),
    CheckConstraint("revision > 0", name="revision"),
    CheckConstraint("priority > 0", name="priority"),
)
"""What a booking of its own was asked for, at each revision; the last one holds."""

equipment_repair = strict_table(
    "equipment_repair",
    Column("job_id", Text, ForeignKey("job.id"), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
)
"""Repairs of bookings that a person had carried out; each once."""

unit_version = history_of(unit)
unit_booking_version = history_of(unit_booking)
