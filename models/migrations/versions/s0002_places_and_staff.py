# ruff: noqa: E501 (conditions stay whole, as the database has them)
"""Places with their status and blocks, staff and shifts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "bed_status_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("clean_at", Whole, nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_bed_status_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "place_block_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("bed_id", sa.Text(), nullable=True),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("void", Flag, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_place_block_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "shift_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("breaks", Json, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("called_at", Whole, nullable=True),
        sa.Column("response_minutes", Whole, nullable=False),
        sa.Column("absent", Flag, nullable=False),
        sa.Column("cancelled", Flag, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_shift_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("transport_base_minutes", Whole, nullable=False),
        sa.Column("transport_floor_minutes", Whole, nullable=False),
        sa.Column("transport_building_minutes", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sqlite_strict=True,
    )
    op.create_table(
        "ward",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("specialities", Json, nullable=False),
        sa.Column("building", Whole, nullable=False),
        sa.Column("floor", Whole, nullable=False),
        sa.Column("age_from_years", Whole, nullable=False),
        sa.Column("age_until_years", Whole, nullable=False),
        sa.Column("telemetry_channels", Whole, nullable=False),
        sa.Column("dialysis_points", Whole, nullable=False),
        sa.Column("oxygen_flow", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint("age_from_years < age_until_years", name=op.f("ck_ward_ages")),
        sa.CheckConstraint(
            "telemetry_channels >= 0 AND dialysis_points >= 0 AND oxygen_flow >= 0",
            name=op.f("ck_ward_pooled_capacity"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ward_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ward")),
        sqlite_strict=True,
    )
    op.create_table(
        "cover_revision",
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("slot", Whole, autoincrement=False, nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_cover_revision_revision")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_cover_revision_ward_id")),
        sa.PrimaryKeyConstraint("ward_id", "slot", name=op.f("pk_cover_revision")),
        sqlite_strict=True,
    )
    op.create_table(
        "nursing_ratio",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("care_level", Whole, autoincrement=False, nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("floor_patients", Whole, nullable=False),
        sa.Column("target_patients", Whole, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "target_patients BETWEEN 1 AND floor_patients", name=op.f("ck_nursing_ratio_target_patients")
        ),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_nursing_ratio_ward_id")),
        sa.PrimaryKeyConstraint("scope", "care_level", name=op.f("pk_nursing_ratio")),
        sqlite_strict=True,
    )
    op.create_table(
        "room",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sex_policy", sa.Text(), nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.Column("air_changes_per_hour", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "sex_policy IN ('mixed', 'female', 'male', 'first')", name=op.f("ck_room_sex_policy")
        ),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_room_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sqlite_strict=True,
    )
    op.create_index("ix_room_ward_id", "room", ["ward_id"], unique=False)
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("skills", Json, nullable=False),
        sa.Column("grade", Whole, nullable=False),
        sa.Column("student", Flag, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_staff_member_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sqlite_strict=True,
    )
    op.create_table(
        "bed",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.Column("care_level", Whole, nullable=False),
        sa.Column("max_weight_kg", Whole, nullable=False),
        sa.Column("staffed", Flag, nullable=False),
        sa.Column("opens", Whole, nullable=False),
        sa.Column("closes", Whole, nullable=False),
        sa.Column("removed_minute", Whole, nullable=True),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "kind IN ('bed', 'cot', 'incubator', 'trolley', 'chair', 'lounge_seat', 'extra_bed')",
            name=op.f("ck_bed_kind"),
        ),
        sa.CheckConstraint("care_level BETWEEN 0 AND 3", name=op.f("ck_bed_care_level")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_bed_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed")),
        sqlite_strict=True,
    )
    op.create_index("ix_bed_room_id", "bed", ["room_id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("breaks", Json, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("called_at", Whole, nullable=True),
        sa.Column("response_minutes", Whole, nullable=False),
        sa.Column("absent", Flag, nullable=False),
        sa.Column("cancelled", Flag, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint("kind IN ('duty', 'on_call')", name=op.f("ck_shift_kind")),
        sa.CheckConstraint("start_minute < end_minute", name=op.f("ck_shift_interval")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], name=op.f("fk_shift_staff_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_shift_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sqlite_strict=True,
    )
    op.create_index("ix_shift_end_minute", "shift", ["end_minute"], unique=False)
    op.create_table(
        "bed_status",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("clean_at", Whole, nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "status IN ('closed', 'housekeeping', 'isolated', 'contaminated', 'occupied', 'unoccupied')",
            name=op.f("ck_bed_status_status"),
        ),
        sa.CheckConstraint("end_minute > start_minute", name=op.f("ck_bed_status_interval")),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"], name=op.f("fk_bed_status_bed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed_status")),
        sqlite_strict=True,
    )
    op.create_index("ix_bed_status_bed_id", "bed_status", ["bed_id", "start_minute"], unique=False)
    op.create_table(
        "place_block",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("bed_id", sa.Text(), nullable=True),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("void", Flag, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "CASE WHEN ward_id IS NULL THEN 0 ELSE 1 END + CASE WHEN room_id IS NULL THEN 0 ELSE 1 END + CASE WHEN bed_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_place_block_one_place"),
        ),
        sa.CheckConstraint("end_minute > start_minute", name=op.f("ck_place_block_interval")),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"], name=op.f("fk_place_block_bed_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_place_block_room_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_place_block_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_block")),
        sqlite_strict=True,
    )
    op.create_index("ix_place_block_end_minute", "place_block", ["end_minute"], unique=False)


def downgrade() -> None:
    """Drop the tables, the last one made first."""
    op.drop_table("place_block")
    op.drop_table("bed_status")
    op.drop_table("shift")
    op.drop_table("bed")
    op.drop_table("staff_member")
    op.drop_table("room")
    op.drop_table("nursing_ratio")
    op.drop_table("cover_revision")
    op.drop_table("ward")
    op.drop_table("site")
    op.drop_table("shift_version")
    op.drop_table("place_block_version")
    op.drop_table("bed_status_version")
