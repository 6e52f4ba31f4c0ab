"""What each committed batch touched, so that other service processes follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Json, Whole

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "batch_touched",
        sa.Column("revision", Whole, autoincrement=False, nullable=False),
        sa.Column("touched", Json, nullable=True),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_batch_touched")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("batch_touched")
