"""Bookings of units by their own right: what each was asked for, and which repairs of them were carried out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Whole

revision = "0017"
down_revision: str | None = "0016"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "booking_terms",
        sa.Column("unit_booking_id", sa.Text(), nullable=False),
        sa.Column("revision", Whole, autoincrement=False, nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("earliest", Whole, nullable=False),
        sa.Column("latest_start", Whole, nullable=False),
        sa.Column("priority", Whole, nullable=False),
        sa.Column("series_id", sa.Text(), nullable=True),
        sa.Column("held_until", Whole, nullable=True),
        sa.CheckConstraint("earliest <= latest_start", name=op.f("ck_booking_terms_window")),
        sa.CheckConstraint("revision > 0", name=op.f("ck_booking_terms_revision")),
        sa.CheckConstraint("priority > 0", name=op.f("ck_booking_terms_priority")),
        sa.ForeignKeyConstraint(
            ["unit_booking_id"], ["unit_booking.id"], name=op.f("fk_booking_terms_unit_booking_id")
        ),
        sa.ForeignKeyConstraint(["type_id"], ["equipment_type.id"], name=op.f("fk_booking_terms_type_id")),
        sa.PrimaryKeyConstraint("unit_booking_id", "revision", name=op.f("pk_booking_terms")),
        sqlite_strict=True,
    )
    op.create_table(
        "equipment_repair",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_equipment_repair_job_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_equipment_repair")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop them; the units stay booked, for good and as they are."""
    op.drop_table("equipment_repair")
    op.drop_table("booking_terms")
