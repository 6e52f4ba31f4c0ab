# ruff: noqa: E501 (conditions stay whole, as the database has them)
"""Persons, requests, allocations, stays and occupancies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "allocation_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("companion_bed_id", sa.Text(), nullable=True),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("conditional", Flag, nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("explanation", Json, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_allocation_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "occupancy_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stay_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("companion", Flag, nullable=False),
        sa.Column("arrived_minute", Whole, nullable=False),
        sa.Column("left_minute", Whole, nullable=True),
        sa.Column("void", Flag, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_occupancy_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("born_minute", Whole, nullable=True),
        sa.Column("weight_kg", Whole, nullable=False),
        sa.Column("isolation", Json, nullable=False),
        sa.Column("infections", Json, nullable=False),
        sa.Column("exposed_to", Json, nullable=False),
        sa.Column("allergies", Json, nullable=False),
        sa.Column("blood_group", sa.Text(), nullable=True),
        sa.Column("falls_risk", Flag, nullable=False),
        sa.Column("one_to_one", Flag, nullable=False),
        sa.Column("end_of_life", Flag, nullable=False),
        sa.Column("keep_apart", Json, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint(
            "blood_group IN ('O-', 'O+', 'A-', 'A+', 'B-', 'B+', 'AB-', 'AB+')",
            name=op.f("ck_person_blood_group"),
        ),
        sa.CheckConstraint("sex IN ('female', 'male', 'unknown')", name=op.f("ck_person_sex")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sqlite_strict=True,
    )
    op.create_table(
        "person_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("born_minute", Whole, nullable=True),
        sa.Column("weight_kg", Whole, nullable=False),
        sa.Column("isolation", Json, nullable=False),
        sa.Column("infections", Json, nullable=False),
        sa.Column("exposed_to", Json, nullable=False),
        sa.Column("allergies", Json, nullable=False),
        sa.Column("blood_group", sa.Text(), nullable=True),
        sa.Column("falls_risk", Flag, nullable=False),
        sa.Column("one_to_one", Flag, nullable=False),
        sa.Column("end_of_life", Flag, nullable=False),
        sa.Column("keep_apart", Json, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_person_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "request_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", Whole, nullable=False),
        sa.Column("speciality", sa.Text(), nullable=False),
        sa.Column("care_level", Whole, nullable=False),
        sa.Column("decided_minute", Whole, nullable=False),
        sa.Column("needed_by_minute", Whole, nullable=False),
        sa.Column("duration_minutes", Whole, nullable=False),
        sa.Column("max_wait_minutes", Whole, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("clinically_ready", Flag, nullable=False),
        sa.Column("accepting_team", sa.Text(), nullable=False),
        sa.Column("needs", Json, nullable=False),
        sa.Column("from_stay_id", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("clock_start_minute", Whole, nullable=False),
        sa.Column("decide_again_minute", Whole, nullable=True),
        sa.Column("fallback", sa.Text(), nullable=True),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("why_not", Json, nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_request_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "stay_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("departure", sa.Text(), nullable=False),
        sa.Column("speciality", sa.Text(), nullable=False),
        sa.Column("care_level", Whole, nullable=False),
        sa.Column("needs", Json, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("allocation_id", sa.Text(), nullable=True),
        sa.Column("with_stay_id", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_stay_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "person_identity",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("master_key_id", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("identity_number", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("notes", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("erased_microsecond", Whole, nullable=True),
        sa.CheckConstraint(
            "(wrapped_key IS NULL) = (erased_microsecond IS NOT NULL) AND (wrapped_key IS NULL) = (master_key_id IS NULL)",
            name=op.f("ck_person_identity_erased"),
        ),
        sa.CheckConstraint(
            "wrapped_key IS NOT NULL OR (name IS NULL AND identity_number IS NULL AND phone IS NULL AND address IS NULL AND notes IS NULL AND identity_index IS NULL)",
            name=op.f("ck_person_identity_erased_wholly"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_identity_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_identity")),
        sqlite_strict=True,
    )
    op.create_index("ix_person_identity_identity_index", "person_identity", ["identity_index"], unique=True)
    op.create_table(
        "stay",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("departure", sa.Text(), nullable=False),
        sa.Column("speciality", sa.Text(), nullable=False),
        sa.Column("care_level", Whole, nullable=False),
        sa.Column("needs", Json, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("allocation_id", sa.Text(), nullable=True),
        sa.Column("with_stay_id", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("position", Whole, server_default="1000000000", nullable=False),
        sa.CheckConstraint("departure IN ('predicted', 'confirmed')", name=op.f("ck_stay_departure")),
        sa.CheckConstraint(
            "state IN ('booked', 'in_transit', 'occupying', 'left', 'released')", name=op.f("ck_stay_state")
        ),
        sa.CheckConstraint("start_minute < end_minute", name=op.f("ck_stay_interval")),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"], name=op.f("fk_stay_bed_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stay_person_id")),
        sa.ForeignKeyConstraint(["with_stay_id"], ["stay.id"], name=op.f("fk_stay_with_stay_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stay")),
        sqlite_strict=True,
    )
    op.create_index("ix_stay_allocation_id", "stay", ["allocation_id"], unique=False)
    op.create_index("ix_stay_person_id", "stay", ["person_id"], unique=False)
    op.create_index("ix_stay_state", "stay", ["state"], unique=False)
    op.create_table(
        "occupancy",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stay_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("companion", Flag, nullable=False),
        sa.Column("arrived_minute", Whole, nullable=False),
        sa.Column("left_minute", Whole, nullable=True),
        sa.Column("void", Flag, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint("left_minute > arrived_minute", name=op.f("ck_occupancy_interval")),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"], name=op.f("fk_occupancy_bed_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_occupancy_person_id")),
        sa.ForeignKeyConstraint(["stay_id"], ["stay.id"], name=op.f("fk_occupancy_stay_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancy")),
        sqlite_strict=True,
    )
    op.create_index("ix_occupancy_stay_id", "occupancy", ["stay_id"], unique=False)
    op.create_table(
        "request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", Whole, nullable=False),
        sa.Column("speciality", sa.Text(), nullable=False),
        sa.Column("care_level", Whole, nullable=False),
        sa.Column("decided_minute", Whole, nullable=False),
        sa.Column("needed_by_minute", Whole, nullable=False),
        sa.Column("duration_minutes", Whole, nullable=False),
        sa.Column("max_wait_minutes", Whole, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("clinically_ready", Flag, nullable=False),
        sa.Column("accepting_team", sa.Text(), nullable=False),
        sa.Column("needs", Json, nullable=False),
        sa.Column("from_stay_id", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("clock_start_minute", Whole, nullable=False),
        sa.Column("decide_again_minute", Whole, nullable=True),
        sa.Column("fallback", sa.Text(), nullable=True),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("why_not", Json, nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "origin IN ('emergency_department', 'theatre', 'ward', 'home', 'other_site')",
            name=op.f("ck_request_origin"),
        ),
        sa.CheckConstraint(
            "state <> 'unplaced' OR (decide_again_minute IS NOT NULL AND fallback IS NOT NULL AND call IS NOT NULL)",
            name=op.f("ck_request_never_lost"),
        ),
        sa.CheckConstraint(
            "state IN ('unplaced', 'placed', 'confirmed', 'arrived', 'left', 'released')",
            name=op.f("ck_request_state"),
        ),
        sa.CheckConstraint("duration_minutes > 0 AND max_wait_minutes >= 0", name=op.f("ck_request_minutes")),
        sa.CheckConstraint("priority IN (0, 1, 2, 3)", name=op.f("ck_request_priority")),
        sa.ForeignKeyConstraint(["from_stay_id"], ["stay.id"], name=op.f("fk_request_from_stay_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_request_person_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_request_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sqlite_strict=True,
    )
    op.create_index("ix_request_person_id", "request", ["person_id"], unique=False)
    op.create_index("ix_request_state", "request", ["state", "priority", "needed_by_minute"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("bed_id", sa.Text(), nullable=False),
        sa.Column("companion_bed_id", sa.Text(), nullable=True),
        sa.Column("start_minute", Whole, nullable=False),
        sa.Column("end_minute", Whole, nullable=False),
        sa.Column("conditional", Flag, nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("explanation", Json, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "state IN ('placed', 'confirmed', 'arrived', 'left', 'released')",
            name=op.f("ck_allocation_state"),
        ),
        sa.CheckConstraint("start_minute < end_minute", name=op.f("ck_allocation_interval")),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"], name=op.f("fk_allocation_bed_id")),
        sa.ForeignKeyConstraint(
            ["companion_bed_id"], ["bed.id"], name=op.f("fk_allocation_companion_bed_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_allocation_person_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_allocation_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_allocation_current",
        "allocation",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'released'"),
        postgresql_where=sa.text("state <> 'released'"),
    )
    op.create_index("ix_allocation_state", "allocation", ["state"], unique=False)
    op.create_table(
        "request_step",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("recorded_microsecond", Whole, autoincrement=False, nullable=False),
        sa.Column("minute", Whole, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "step IN ('decision_to_admit', 'requested', 'placed', 'bed_clean', 'handed_over', 'arrived', 'discharge_ordered', 'drugs_ready', 'left')",
            name=op.f("ck_request_step_step"),
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_step_request_id")),
        sa.PrimaryKeyConstraint("request_id", "step", "recorded_microsecond", name=op.f("pk_request_step")),
        sqlite_strict=True,
    )
    op.create_index("ix_request_step_step", "request_step", ["step", "minute"], unique=False)


def downgrade() -> None:
    """Drop the tables, the last one made first."""
    op.drop_table("request_step")
    op.drop_table("allocation")
    op.drop_table("request")
    op.drop_table("occupancy")
    op.drop_table("stay")
    op.drop_table("person_identity")
    op.drop_table("stay_version")
    op.drop_table("request_version")
    op.drop_table("person_version")
    op.drop_table("person")
    op.drop_table("occupancy_version")
    op.drop_table("allocation_version")
