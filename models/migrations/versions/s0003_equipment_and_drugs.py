"""Equipment types and units, drugs and lots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Whole

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Create the tables."""
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


def downgrade() -> None:
    """Drop the tables, the last one made first."""
    op.drop_table("lot_move")
    op.drop_table("lot_balance")
    op.drop_table("unit")
    op.drop_table("lot")
    op.drop_table("equipment_substitute")
    op.drop_table("drug_equivalent")
    op.drop_table("unit_version")
    op.drop_table("lot_version")
    op.drop_table("equipment_type")
    op.drop_table("drug")
