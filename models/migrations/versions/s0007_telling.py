"""Targets and breaches of steps, reasons that people gave, webhooks; acceptance is a step with its time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Json, Whole

revision = "0007"
down_revision: str | None = "0006"

_BEFORE = (
    "step IN ('decision_to_admit', 'requested', 'placed', 'bed_clean', 'handed_over', 'arrived', "
    "'discharge_ordered', 'drugs_ready', 'left')"
)
_AFTER = _BEFORE.replace("'placed', ", "'placed', 'accepted', ")
_STEPS = "'placed', 'accepted', 'handed_over', 'arrived', 'drugs_ready', 'left'"


def upgrade() -> None:
    """Create the tables; let a step be accepted."""
    _allow_steps(_AFTER)
    _create_steps()
    _create_reasons()
    _create_webhooks()
    _create_attempts()


def downgrade() -> None:
    """Drop them; when places were accepted is forgotten."""
    for table in (
        "webhook_attempt",
        "webhook_order",
        "webhook_progress",
        "webhook",
        "stated_reason",
        "step_breach",
        "step_target",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM request_step WHERE step = 'accepted'")
    _allow_steps(_BEFORE)


def _allow_steps(condition: str) -> None:
    with op.batch_alter_table("request_step", table_kwargs={"sqlite_strict": True}) as batch:
        batch.drop_constraint(op.f("ck_request_step_step"), type_="check")
        batch.create_check_constraint(op.f("ck_request_step_step"), sa.text(condition))


def _create_steps() -> None:
    op.create_table(
        "step_target",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("priority", Whole, autoincrement=False, nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("minutes", Whole, nullable=False),
        sa.CheckConstraint(f"step IN ({_STEPS})", name=op.f("ck_step_target_step")),
        sa.CheckConstraint("priority BETWEEN 0 AND 3", name=op.f("ck_step_target_priority")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 43200", name=op.f("ck_step_target_minutes")),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"], name=op.f("fk_step_target_ward_id")),
        sa.PrimaryKeyConstraint("scope", "step", "priority", name=op.f("pk_step_target")),
        sqlite_strict=True,
    )
    op.create_table(
        "step_breach",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("allocation_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("level", Whole, autoincrement=False, nullable=False),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("due_minute", Whole, nullable=False),
        sa.Column("told_minute", Whole, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(f"step IN ({_STEPS})", name=op.f("ck_step_breach_step")),
        sa.CheckConstraint("cause IN ('silent', 'declined')", name=op.f("ck_step_breach_cause")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_step_breach_level")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_step_breach_request_id")),
        sa.PrimaryKeyConstraint(
            "request_id", "step", "allocation_id", "cause", "level", name=op.f("pk_step_breach")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_step_breach_told_minute", "step_breach", ["told_minute"], unique=False)


def _create_reasons() -> None:
    op.create_table(
        "stated_reason",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("ward_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("minute", Whole, nullable=False),
        sa.Column("master_key_id", sa.Text(), nullable=True),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "action IN ('declined', 'released', 'transferred', 'confirmed_proposal', 'declined_proposal')",
            name=op.f("ck_stated_reason_action"),
        ),
        sa.CheckConstraint(
            "master_key_id IS NULL OR person_id IS NULL", name=op.f("ck_stated_reason_one_key")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_stated_reason_request_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stated_reason_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_reason")),
        sqlite_strict=True,
    )
    for column in ("request_id", "subject_id", "person_id"):
        op.create_index(f"ix_stated_reason_{column}", "stated_reason", [column], unique=False)


def _create_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("ward_ids", Json, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_key_id", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_key_id", sa.Text(), nullable=True),
        sa.Column("former_until_microsecond", Whole, nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'disabled')", name=op.f("ck_webhook_state")),
        sa.CheckConstraint(
            "(former_secret IS NULL) = (former_key_id IS NULL) AND "
            "(former_secret IS NULL) = (former_until_microsecond IS NULL)",
            name=op.f("ck_webhook_former"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sqlite_strict=True,
    )
    op.create_table(
        "webhook_progress",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("sequence", Whole, nullable=False),
        sa.Column("tries", Whole, nullable=False),
        sa.Column("next_try_microsecond", Whole, nullable=False),
        sa.Column("failing_since_microsecond", Whole, nullable=True),
        sa.CheckConstraint("sequence >= 0 AND tries >= 0", name=op.f("ck_webhook_progress_counts")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_progress_webhook_id")),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook_progress")),
        sqlite_strict=True,
    )


def _create_attempts() -> None:
    op.create_table(
        "webhook_order",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("sequence", Whole, nullable=True),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_order_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_order")),
        sqlite_strict=True,
    )
    op.create_index("ix_webhook_order_webhook_id", "webhook_order", ["webhook_id"], unique=False)
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sequence", Whole, nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", Whole, nullable=True),
        sa.Column("latency_ms", Whole, nullable=False),
        sa.Column("started_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'refused', 'unreachable', 'timed_out', 'address_refused', 'given_up')",
            name=op.f("ck_webhook_attempt_outcome"),
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_attempt_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
        sqlite_strict=True,
    )
    op.create_index("ix_webhook_attempt_webhook_id", "webhook_attempt", ["webhook_id", "id"], unique=False)
    op.create_index(
        "ix_webhook_attempt_started_microsecond", "webhook_attempt", ["started_microsecond"], unique=False
    )
