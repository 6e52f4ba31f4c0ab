"""Rosters of the wards: what they are made by, drafts and editions, changes and who agreed to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0015"
down_revision: str | None = "0013"


def upgrade() -> None:
    """Create the tables."""
    _create_terms()
    _create_rosters()
    _create_changes()


def downgrade() -> None:
    """Drop them; shifts that were published stay."""
    op.drop_table("roster_answer")
    op.drop_table("roster_change")
    op.drop_table("roster")
    op.drop_table("roster_terms")


def _create_terms() -> None:
    op.create_table(
        "roster_terms",
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("version", Whole, autoincrement=False, nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_roster_terms_version")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_roster_terms_ward_id")),
        sa.PrimaryKeyConstraint("ward_id", "version", name=op.f("pk_roster_terms")),
        sqlite_strict=True,
    )


def _create_rosters() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("edition", Whole, nullable=True),
        sa.Column("first_day", Whole, nullable=False),
        sa.Column("days", Whole, nullable=False),
        sa.Column("terms_version", Whole, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=True),
        sa.Column("change_id", sa.Text(), nullable=True),
        sa.Column("plan", Json, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_roster_state")),
        sa.CheckConstraint("days > 0", name=op.f("ck_roster_days")),
        sa.CheckConstraint(
            "(state = 'published') = (plan IS NOT NULL AND edition IS NOT NULL AND draft_id IS NOT NULL)",
            name=op.f("ck_roster_published"),
        ),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_roster_ward_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_roster_job_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["roster.id"], name=op.f("fk_roster_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sqlite_strict=True,
    )
    op.create_index("ix_roster_edition", "roster", ["ward_id", "edition"], unique=True)
    op.create_index("ix_roster_change_id", "roster", ["change_id"], unique=True)


def _create_changes() -> None:
    op.create_table(
        "roster_change",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("roster_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("changes", Json, nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("people", Whole, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("kind IN ('cover', 'swap')", name=op.f("ck_roster_change_kind")),
        sa.CheckConstraint("people > 0", name=op.f("ck_roster_change_people")),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"], name=op.f("fk_roster_change_roster_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_change")),
        sqlite_strict=True,
    )
    op.create_index("ix_roster_change_roster_id", "roster_change", ["roster_id"], unique=False)
    op.create_table(
        "roster_answer",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("agreed", Flag, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["roster_change.id"], name=op.f("fk_roster_answer_change_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], name=op.f("fk_roster_answer_staff_id")),
        sa.PrimaryKeyConstraint("change_id", "staff_id", name=op.f("pk_roster_answer")),
        sqlite_strict=True,
    )
