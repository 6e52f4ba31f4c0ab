"""What stands beside every change: the hospital's own row, audit chain, outbox, idempotency."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Text

from models.tables.base import Flag, Json, Whole, strict_table

hospital_meta = strict_table(
    "hospital_meta",
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("sandbox", Flag, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("revision", Whole, nullable=False),
    Column("cleaning", Json, nullable=False),
    Column("created_microsecond", Whole, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("revision >= 0", name="revision"),
)
"""One row. ``revision`` counts the committed batches that changed something."""

audit_line = strict_table(
    "audit_line",
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("recorded_microsecond", Whole, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("length(hash) = 32 AND length(previous_hash) = 32", name="hash_length"),
    Index("ix_audit_line_subject", "subject", "sequence"),
)
"""``detail`` is the very text that was hashed (JSON), not a document that another writer might reorder."""

outbox_event = strict_table(
    "outbox_event",
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("topic", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("revision", Whole, nullable=False),
    Column("created_microsecond", Whole, nullable=False),
)

idempotency = strict_table(
    "idempotency",
    Column("key_hash", LargeBinary, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Whole, nullable=False),
    Column("answer", Json, nullable=False),
    Column("revision", Whole, nullable=False),
    Column("created_microsecond", Whole, nullable=False),
    CheckConstraint("length(key_hash) = 32 AND length(body_hash) = 32", name="hash_length"),
    Index("ix_idempotency_created_microsecond", "created_microsecond"),
)
"""``key_hash`` is SHA-256 of actor and key: a key belongs to who sent it, and what it says is not stored."""

batch_touched = strict_table(
    "batch_touched",
    Column("revision", Whole, primary_key=True, autoincrement=False),
    Column("touched", Json),
)
"""Which records each committed batch touched (``[kind, id]`` pairs), where several processes share the database; NULL
is "anything". Old rows go: who is further behind reads the hospital anew."""
