"""Who may use the service: accounts, their roles and scopes, their tokens (as hashes only)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint

from models.tables.base import Flag, Whole, record_id, strict_table

account = strict_table(
    "account",
    record_id(),
    Column("login", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Flag, nullable=False),
    Column("failed_logins", Whole, nullable=False, server_default="0"),
    Column("locked_until_microsecond", Whole),
    Column("created_microsecond", Whole, nullable=False),
    UniqueConstraint("login"),
    CheckConstraint("substr(password_hash, 1, 10) = '$argon2id$'", name="argon2id"),
)

account_role = strict_table(
    "account_role",
    Column("account_id", Text, ForeignKey("account.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    CheckConstraint("scope = '*' OR substr(scope, 1, 5) IN ('ward:', 'site:')", name="scope"),
)
"""``scope``: ``*`` everywhere, ``ward:<id>`` or ``site:<id>``. Which roles there are the service knows."""

token = strict_table(
    "token",
    record_id(),
    Column("account_id", Text, ForeignKey("account.id"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("label", Text, nullable=False),
    Column("sandbox_only", Flag, nullable=False),
    Column("created_microsecond", Whole, nullable=False),
    Column("expires_microsecond", Whole, nullable=False),
    Column("revoked_microsecond", Whole),
    UniqueConstraint("token_hash"),
    CheckConstraint("length(token_hash) = 32", name="hash_length"),
    CheckConstraint("expires_microsecond > created_microsecond", name="expiry"),
    Index("ix_token_account_id", "account_id"),
)
"""``token_hash`` is SHA-256 of the token; the token itself is shown once and never stored."""
