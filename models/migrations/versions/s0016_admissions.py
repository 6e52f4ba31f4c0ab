"""Plans of admissions: what they are made by, drafts, and what was applied of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Json, Whole

revision = "0016"
down_revision: str | None = "0015"


def upgrade() -> None:
    """Create the tables."""
    _create_terms()
    _create_plans()
    _create_items()


def downgrade() -> None:
    """Drop them; what was booked by plans stays."""
    op.drop_table("admission_item")
    op.drop_table("admission_plan")
    op.drop_table("admission_terms")


def _create_terms() -> None:
    op.create_table(
        "admission_terms",
        sa.Column("version", Whole, autoincrement=False, nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_admission_terms_version")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_admission_terms")),
        sqlite_strict=True,
    )


def _create_plans() -> None:
    op.create_table(
        "admission_plan",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("first_day", Whole, nullable=False),
        sa.Column("days", Whole, nullable=False),
        sa.Column("ward_ids", Json, nullable=False),
        sa.Column("terms_version", Whole, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("before_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_admission_plan_days")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_admission_plan_job_id")),
        sa.ForeignKeyConstraint(
            ["before_id"], ["admission_plan.id"], name=op.f("fk_admission_plan_before_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission_plan")),
        sqlite_strict=True,
    )


def _create_items() -> None:
    op.create_table(
        "admission_item",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("revision", Whole, autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("theatre_id", sa.Text(), nullable=True),
        sa.Column("allocation_id", sa.Text(), nullable=True),
        sa.Column("why", Json, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('booked', 'kept', 'conflict')", name=op.f("ck_admission_item_outcome")
        ),
        sa.CheckConstraint("revision > 0", name=op.f("ck_admission_item_revision")),
        sa.CheckConstraint(
            "(outcome = 'conflict') = (allocation_id IS NULL)", name=op.f("ck_admission_item_allocation")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["admission_plan.id"], name=op.f("fk_admission_item_plan_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_admission_item_request_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_admission_item_room_id")),
        sa.PrimaryKeyConstraint("plan_id", "revision", "request_id", name=op.f("pk_admission_item")),
        sqlite_strict=True,
    )
