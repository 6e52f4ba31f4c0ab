"""Places, equipment, drugs and lots, staff: what a hospital consists of."""

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
        "drug",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("substance", sa.Text(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("safety_stock", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "handling IN ('ordinary', 'controlled', 'cold_chain', 'cytotoxic', 'blood')",
            name=op.f("ck_drug_handling"),
        ),
        sa.CheckConstraint("safety_stock >= 0", name=op.f("ck_drug_safety_stock")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drug")),
        sqlite_strict=True,
    )
    op.create_table(
        "equipment_type",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("turnaround_minutes", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_type")),
        sqlite_strict=True,
    )
    op.create_table(
        "lot_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("drug_id", sa.Text(), nullable=False),
        sa.Column("expires_minute", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("blood_group", sa.Text(), nullable=True),
        sa.Column("crossmatched_for", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_lot_version")),
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
        "unit_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("owner_ward_id", sa.Text(), nullable=True),
        sa.Column("lendable", Flag, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_unit_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "drug_equivalent",
        sa.Column("drug_id", sa.Text(), nullable=False),
        sa.Column("place", Whole, autoincrement=False, nullable=False),
        sa.Column("equivalent_id", sa.Text(), nullable=False),
        sa.CheckConstraint("drug_id <> equivalent_id", name=op.f("ck_drug_equivalent_other_drug")),
        sa.ForeignKeyConstraint(["drug_id"], ["drug.id"], name=op.f("fk_drug_equivalent_drug_id")),
        sa.ForeignKeyConstraint(
            ["equivalent_id"], ["drug.id"], name=op.f("fk_drug_equivalent_equivalent_id")
        ),
        sa.PrimaryKeyConstraint("drug_id", "place", name=op.f("pk_drug_equivalent")),
        sqlite_strict=True,
    )
    op.create_table(
        "equipment_substitute",
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("place", Whole, autoincrement=False, nullable=False),
        sa.Column("substitute_id", sa.Text(), nullable=False),
        sa.CheckConstraint("type_id <> substitute_id", name=op.f("ck_equipment_substitute_other_type")),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["equipment_type.id"], name=op.f("fk_equipment_substitute_substitute_id")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["equipment_type.id"], name=op.f("fk_equipment_substitute_type_id")
        ),
        sa.PrimaryKeyConstraint("type_id", "place", name=op.f("pk_equipment_substitute")),
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
        "lot",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("drug_id", sa.Text(), nullable=False),
        sa.Column("expires_minute", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("blood_group", sa.Text(), nullable=True),
        sa.Column("crossmatched_for", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "blood_group IN ('O-', 'O+', 'A-', 'A+', 'B-', 'B+', 'AB-', 'AB+')",
            name=op.f("ck_lot_blood_group"),
        ),
        sa.CheckConstraint(
            "state IN ('available', 'quarantined', 'recalled', 'locked')", name=op.f("ck_lot_state")
        ),
        sa.ForeignKeyConstraint(["drug_id"], ["drug.id"], name=op.f("fk_lot_drug_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_lot_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sqlite_strict=True,
    )
    op.create_index("ix_lot_drug_id", "lot", ["drug_id"], unique=False)
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
        "unit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("owner_ward_id", sa.Text(), nullable=True),
        sa.Column("lendable", Flag, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "state IN ('free', 'reserved', 'in_transit', 'attached', 'cleaning', 'maintenance', 'broken', 'recalled')",
            name=op.f("ck_unit_state"),
        ),
        sa.ForeignKeyConstraint(["owner_ward_id"], ["ward.id"], name=op.f("fk_unit_owner_ward_id")),
        sa.ForeignKeyConstraint(["type_id"], ["equipment_type.id"], name=op.f("fk_unit_type_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_unit_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sqlite_strict=True,
    )
    op.create_index("ix_unit_type_id", "unit", ["type_id"], unique=False)
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
        "lot_balance",
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("on_hand", Whole, nullable=False),
        sa.Column("reserved", Whole, nullable=False),
        sa.CheckConstraint("on_hand - reserved >= 0", name=op.f("ck_lot_balance_available")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_lot_balance_reserved")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_balance_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot_balance")),
        sqlite_strict=True,
    )
    op.create_table(
        "lot_move",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("minute", Whole, nullable=False),
        sa.Column("quantity", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "reason IN ('receipt', 'count', 'waste', 'return', 'transfer')", name=op.f("ck_lot_move_reason")
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_lot_move_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_move_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_move")),
        sqlite_strict=True,
    )
    op.create_index("ix_lot_move_lot_id", "lot_move", ["lot_id"], unique=False)
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
    op.drop_table("lot_move")
    op.drop_table("lot_balance")
    op.drop_table("bed")
    op.drop_table("unit")
    op.drop_table("staff_member")
    op.drop_table("room")
    op.drop_table("nursing_ratio")
    op.drop_table("lot")
    op.drop_table("cover_revision")
    op.drop_table("ward")
    op.drop_table("equipment_substitute")
    op.drop_table("drug_equivalent")
    op.drop_table("unit_version")
    op.drop_table("site")
    op.drop_table("shift_version")
    op.drop_table("place_block_version")
    op.drop_table("lot_version")
    op.drop_table("equipment_type")
    op.drop_table("drug")
    op.drop_table("bed_status_version")
