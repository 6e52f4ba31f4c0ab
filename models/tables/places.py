"""Where people lie. Of a bed's four facts two are here, each with its history: operational status and
blocks."""

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
from solver.hospital import BedKind, OperationalStatus, SexPolicy

site = strict_table(
    "site",
    record_id(),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("transport_base_minutes", Whole, nullable=False),
    Column("transport_floor_minutes", Whole, nullable=False),
    Column("transport_building_minutes", Whole, nullable=False),
    position(),
)

ward = strict_table(
    "ward",
    record_id(),
    Column("site_id", Text, ForeignKey("site.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("specialities", Json, nullable=False),
    Column("building", Whole, nullable=False),
    Column("floor", Whole, nullable=False),
    Column("age_from_years", Whole, nullable=False),
    Column("age_until_years", Whole, nullable=False),
    Column("telemetry_channels", Whole, nullable=False),
    Column("dialysis_points", Whole, nullable=False),
    Column("oxygen_flow", Whole, nullable=False),
    position(),
    CheckConstraint("age_from_years < age_until_years", name="ages"),
    CheckConstraint(
        "telemetry_channels >= 0 AND dialysis_points >= 0 AND oxygen_flow >= 0", name="pooled_capacity"
    ),
)

nursing_ratio = strict_table(
    "nursing_ratio",
    Column("scope", Text, primary_key=True),
    Column("care_level", Whole, primary_key=True, autoincrement=False),
    Column("ward_id", Text, ForeignKey("ward.id")),
    Column("floor_patients", Whole, nullable=False),
    Column("target_patients", Whole, nullable=False),
    Column("source", Text, nullable=False),
    position(),
    CheckConstraint("target_patients BETWEEN 1 AND floor_patients", name="target_patients"),
)
"""``scope`` is the ward's id, or empty for the whole hospital (``ward_id`` NULL)."""

room = strict_table(
    "room",
    record_id(),
    Column("ward_id", Text, ForeignKey("ward.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sex_policy", Text, nullable=False),
    Column("features", Json, nullable=False),
    Column("air_changes_per_hour", Whole, nullable=False),
    position(),
    one_of("sex_policy", SexPolicy),
    Index("ix_room_ward_id", "ward_id"),
)

bed = strict_table(
    "bed",
    record_id(),
    Column("room_id", Text, ForeignKey("room.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("features", Json, nullable=False),
    Column("care_level", Whole, nullable=False),
    Column("max_weight_kg", Whole, nullable=False),
    Column("staffed", Flag, nullable=False),
    Column("opens", Whole, nullable=False),
    Column("closes", Whole, nullable=False),
    Column("removed_minute", Whole),
    position(),
    one_of("kind", BedKind),
    CheckConstraint("care_level BETWEEN 0 AND 3", name="care_level"),
    Index("ix_bed_room_id", "room_id"),
)
"""``removed_minute``: an extra bed that was taken away again; its history stays."""

bed_status = strict_table(
    "bed_status",
    record_id(),
    Column("bed_id", Text, ForeignKey("bed.id"), nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole),
    Column("status", Text, nullable=False),
    Column("clean_at", Whole),
    *version_columns(),
    one_of("status", OperationalStatus),
    CheckConstraint("end_minute > start_minute", name="interval"),
    Index("ix_bed_status_bed_id", "bed_id", "start_minute"),
)
"""Operational status of a bed during ``[start_minute, end_minute)``; the row in force has no end."""

place_block = strict_table(
    "place_block",
    record_id(),
    Column("ward_id", Text, ForeignKey("ward.id")),
    Column("room_id", Text, ForeignKey("room.id")),
    Column("bed_id", Text, ForeignKey("bed.id")),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole),
    Column("reason", Text, nullable=False),
    Column("void", Flag, nullable=False),
    *version_columns(),
    CheckConstraint(
        "CASE WHEN ward_id IS NULL THEN 0 ELSE 1 END + CASE WHEN room_id IS NULL THEN 0 ELSE 1 END "
        "+ CASE WHEN bed_id IS NULL THEN 0 ELSE 1 END = 1",
        name="one_place",
    ),
    CheckConstraint("end_minute > start_minute", name="interval"),
    Index("ix_place_block_end_minute", "end_minute"),
)
"""A ward, room or bed out of use. ``void``: taken back before it began."""

bed_status_version = history_of(bed_status)
place_block_version = history_of(place_block)
