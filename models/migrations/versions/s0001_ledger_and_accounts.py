"""The hospital's own row, audit chain, outbox, idempotency, accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.base import Flag, Json, Whole

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("disabled", Flag, nullable=False),
        sa.Column("failed_logins", Whole, server_default="0", nullable=False),
        sa.Column("locked_until_microsecond", Whole, nullable=True),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.CheckConstraint("substr(password_hash, 1, 10) = '$argon2id$'", name=op.f("ck_account_argon2id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_line",
        sa.Column("sequence", Whole, autoincrement=False, nullable=False),
        sa.Column("recorded_microsecond", Whole, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "length(hash) = 32 AND length(previous_hash) = 32", name=op.f("ck_audit_line_hash_length")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_line")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_line_subject", "audit_line", ["subject", "sequence"], unique=False)
    op.create_table(
        "hospital_meta",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sandbox", Flag, nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("cleaning", Json, nullable=False),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_hospital_meta_one_row")),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_hospital_meta_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_meta")),
        sqlite_strict=True,
    )
    op.create_table(
        "idempotency",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", Whole, nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.CheckConstraint(
            "length(key_hash) = 32 AND length(body_hash) = 32", name=op.f("ck_idempotency_hash_length")
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotency")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_idempotency_created_microsecond", "idempotency", ["created_microsecond"], unique=False
    )
    op.create_table(
        "outbox_event",
        sa.Column("sequence", Whole, autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("revision", Whole, nullable=False),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox_event")),
        sqlite_strict=True,
    )
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "scope = '*' OR substr(scope, 1, 5) IN ('ward:', 'site:')", name=op.f("ck_account_role_scope")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")),
        sa.PrimaryKeyConstraint("account_id", "role", "scope", name=op.f("pk_account_role")),
        sqlite_strict=True,
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sandbox_only", Flag, nullable=False),
        sa.Column("created_microsecond", Whole, nullable=False),
        sa.Column("expires_microsecond", Whole, nullable=False),
        sa.Column("revoked_microsecond", Whole, nullable=True),
        sa.CheckConstraint("expires_microsecond > created_microsecond", name=op.f("ck_token_expiry")),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_token_hash_length")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_token_token_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_token_account_id", "token", ["account_id"], unique=False)


def downgrade() -> None:
    """Drop the tables, the last one made first."""
    op.drop_table("token")
    op.drop_table("account_role")
    op.drop_table("outbox_event")
    op.drop_table("idempotency")
    op.drop_table("hospital_meta")
    op.drop_table("audit_line")
    op.drop_table("account")
