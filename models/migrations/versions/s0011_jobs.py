"""Long work that somebody asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("spec", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopping", Flag, nullable=False),
        sa.Column("result", Json, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.Column("ended_microsecond", Whole, nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'running', 'done', 'stopped', 'failed')", name=op.f("ck_job_state")
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'stopped', 'failed')) = (ended_microsecond IS NOT NULL)",
            name=op.f("ck_job_ended"),
        ),
        sa.CheckConstraint("(state = 'failed') = (problem IS NOT NULL)", name=op.f("ck_job_problem")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_strict=True,
    )
    op.create_index("ix_job_state", "job", ["state"], unique=False)


def downgrade() -> None:
    """Drop it; what was asked for and came of it is gone."""
    op.drop_index("ix_job_state", table_name="job")
    op.drop_table("job")
