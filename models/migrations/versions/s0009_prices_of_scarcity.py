"""Prices of scarce capacity that follow the forecast, version by version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Create their table; nothing is switched on."""
    op.create_table(
        "scarcity_price",
        sa.Column("version", Whole, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("switched_on", Flag, nullable=False),
        sa.Column("drifted", Flag, nullable=False),
        sa.Column("computed_minute", Whole, nullable=False),
        sa.Column("weights", Json, nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("kind IN ('computed', 'switched')", name=op.f("ck_scarcity_price_kind")),
        sa.CheckConstraint("version > 0", name=op.f("ck_scarcity_price_version")),
        sa.CheckConstraint(
            "kind = 'computed' OR length(trim(reason)) > 0", name=op.f("ck_scarcity_price_reason")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_scarcity_price")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop it: the profile's own prices hold again."""
    op.drop_table("scarcity_price")
