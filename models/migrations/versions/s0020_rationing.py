"""The committee's order of priorities in shortages: every version, and which came into force when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Json, Whole

revision = "0020"
down_revision: str | None = "0019"


def upgrade() -> None:
    """Create the tables; without a version the plain order is in force, as before."""
    op.create_table(
        "rationing_order",
        sa.Column("version", Whole, autoincrement=False, nullable=False),
        sa.Column("committee", sa.Text(), nullable=False),
        sa.Column("criteria", Json, nullable=False),
        sa.Column("cover_bands", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_rationing_order_version")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_rationing_order_reason")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rationing_order")),
        sqlite_strict=True,
    )
    op.create_table(
        "rationing_activation",
        sa.Column("sequence", Whole, autoincrement=False, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_rationing_activation_sequence")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_rationing_activation_reason")),
        sa.ForeignKeyConstraint(
            ["version"], ["rationing_order.version"], name=op.f("fk_rationing_activation_version")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_rationing_activation")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop them; the plain order is in force again."""
    op.drop_table("rationing_activation")
    op.drop_table("rationing_order")
