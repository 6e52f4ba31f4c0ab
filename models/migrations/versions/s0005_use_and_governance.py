"""What allocations take of units and lots; proposals, disruptions, rule profiles, overrides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "disruption",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=True),
        sa.Column("detail", Json, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disruption")),
        sqlite_strict=True,
    )
    op.create_index("ix_disruption_subject_id", "disruption", ["subject_id"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("change", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("expires_minute", Whole, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'confirmed', 'declined', 'expired')", name=op.f("ck_proposal_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'declined') OR decided_by IS NOT NULL",
            name=op.f("ck_proposal_decided_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sqlite_strict=True,
    )
    op.create_index("ix_proposal_state", "proposal", ["state"], unique=False)
    op.create_table(
        "proposal_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("change", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("expires_minute", Whole, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_proposal_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "rule_override",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("until_minute", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_rule_override_reason")),
        sa.CheckConstraint("start_minute < until_minute", name=op.f("ck_rule_override_interval")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_override")),
        sqlite_strict=True,
    )
    op.create_index("ix_rule_override_subject_id", "rule_override", ["subject_id", "rule_id"], unique=False)
    op.create_table(
        "rule_profile",
        sa.Column("version", Whole, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weights", Json, nullable=False),
        sa.Column("switched_off", Json, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_rule_profile_version")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_profile")),
        sqlite_strict=True,
    )
    op.create_table(
        "unit_booking_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("blocked_start", Whole, nullable=False),
        sa.Column("blocked_end", Whole, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pinned", Flag, nullable=False),
        sa.Column("need_type_id", sa.Text(), nullable=True),
        sa.Column("allocation_id", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_unit_booking_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "lot_reservation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("allocation_id", sa.Text(), nullable=True),
        sa.Column("need_drug_id", sa.Text(), nullable=True),
        sa.Column("quantity", Whole, nullable=False),
        sa.Column("use_until_minute", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_minute", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'released', 'dispensed')", name=op.f("ck_lot_reservation_state")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_lot_reservation_quantity")),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_lot_reservation_allocation_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_reservation_lot_id")),
        sa.ForeignKeyConstraint(["need_drug_id"], ["drug.id"], name=op.f("fk_lot_reservation_need_drug_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_reservation")),
        sqlite_strict=True,
    )
    op.create_index("ix_lot_reservation_allocation_id", "lot_reservation", ["allocation_id"], unique=False)
    op.create_index("ix_lot_reservation_lot_id", "lot_reservation", ["lot_id"], unique=False)
    op.create_table(
        "unit_booking",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("blocked_start", Whole, nullable=False),
        sa.Column("blocked_end", Whole, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pinned", Flag, nullable=False),
        sa.Column("need_type_id", sa.Text(), nullable=True),
        sa.Column("allocation_id", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint("kind IN ('use', 'maintenance')", name=op.f("ck_unit_booking_kind")),
        sa.CheckConstraint("state IN ('active', 'ended', 'cancelled')", name=op.f("ck_unit_booking_state")),
        sa.CheckConstraint(
            "blocked_start <= start_minute AND blocked_end >= end_minute",
            name=op.f("ck_unit_booking_blocked"),
        ),
        sa.CheckConstraint("start_minute < end_minute", name=op.f("ck_unit_booking_interval")),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_unit_booking_allocation_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_booking_unit_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_unit_booking_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_booking")),
        sqlite_strict=True,
    )
    op.create_index("ix_unit_booking_allocation_id", "unit_booking", ["allocation_id"], unique=False)
    op.create_index("ix_unit_booking_state", "unit_booking", ["state"], unique=False)


def downgrade() -> None:
    """Drop the tables, the last one made first."""
    op.drop_table("unit_booking")
    op.drop_table("lot_reservation")
    op.drop_table("unit_booking_version")
    op.drop_table("rule_profile")
    op.drop_table("rule_override")
    op.drop_table("proposal_version")
    op.drop_table("proposal")
    op.drop_table("disruption")
