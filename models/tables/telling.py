"""Who is told what: targets of steps, breaches of them, reasons that people gave, webhooks and what became of them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Text

from models.tables.base import Json, Whole, one_of, record_id, strict_table

TARGETS = ("placed", "accepted", "handed_over", "arrived", "drugs_ready", "left")
"""Steps that a target is set for."""

step_target = strict_table(
    "step_target",
    Column("scope", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("priority", Whole, primary_key=True, autoincrement=False),
    Column("ward_id", Text, ForeignKey("ward.id")),
    Column("minutes", Whole, nullable=False),
    one_of("step", TARGETS),
    CheckConstraint("priority BETWEEN 0 AND 3", name="priority"),
    CheckConstraint("minutes BETWEEN 1 AND 43200", name="minutes"),
)
"""Within how many minutes a step follows the one before; ``scope`` is a ward's id, or empty for the whole hospital
(``ward_id`` NULL). What is not here is as assumed (``api.services.targets``)."""

step_breach = strict_table(
    "step_breach",
    Column("request_id", Text, ForeignKey("request.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("allocation_id", Text, primary_key=True),
    Column("cause", Text, primary_key=True),
    Column("level", Whole, primary_key=True, autoincrement=False),
    Column("ward_id", Text),
    Column("due_minute", Whole, nullable=False),
    Column("told_minute", Whole, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("step", TARGETS),
    one_of("cause", ("silent", "declined")),
    CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    Index("ix_step_breach_told_minute", "told_minute"),
)
"""A step that did not come in time, or a place that was declined, and whom it was told to by then: once a level.
``allocation_id`` is empty where nothing was given; ``ward_id``: the ward it is about."""

stated_reason = strict_table(
    "stated_reason",
    record_id(),
    Column("action", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("request_id", Text, ForeignKey("request.id")),
    Column("person_id", Text, ForeignKey("person.id")),
    Column("ward_id", Text),
    Column("actor", Text, nullable=False),
    Column("minute", Whole, nullable=False),
    Column("master_key_id", Text),
    Column("ciphertext", LargeBinary),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("action", ("declined", "released", "transferred", "confirmed_proposal", "declined_proposal")),
    CheckConstraint("master_key_id IS NULL OR person_id IS NULL", name="one_key"),
    Index("ix_stated_reason_request_id", "request_id"),
    Index("ix_stated_reason_subject_id", "subject_id"),
    Index("ix_stated_reason_person_id", "person_id"),
)
"""Why somebody gave back, declined or moved: free text, encrypted under the patient's own key, or, where it is about no
patient, under the master key ``master_key_id``. No ciphertext: the patient was erased."""

webhook = strict_table(
    "webhook",
    record_id(),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("topics", Json, nullable=False),
    Column("ward_ids", Json, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_key_id", Text, nullable=False),
    Column("former_secret", LargeBinary),
    Column("former_key_id", Text),
    Column("former_until_microsecond", Whole),
    Column("version", Whole, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_microsecond", Whole, nullable=False),
    one_of("state", ("active", "paused", "disabled")),
    CheckConstraint(
        "(former_secret IS NULL) = (former_key_id IS NULL) AND "
        "(former_secret IS NULL) = (former_until_microsecond IS NULL)",
        name="former",
    ),
)
"""Where events go. ``topics`` and ``ward_ids``: which; empty is all. Secrets are encrypted with a master key; the
former one signs as well until its time is over."""

webhook_progress = strict_table(
    "webhook_progress",
    Column("webhook_id", Text, ForeignKey("webhook.id"), primary_key=True),
    Column("sequence", Whole, nullable=False),
    Column("tries", Whole, nullable=False),
    Column("next_try_microsecond", Whole, nullable=False),
    Column("failing_since_microsecond", Whole),
    CheckConstraint("sequence >= 0 AND tries >= 0", name="counts"),
)
"""How far a webhook has come: every event up to ``sequence`` is delivered, given up, or none it wants; how often the
next one was tried."""

webhook_order = strict_table(
    "webhook_order",
    record_id(),
    Column("webhook_id", Text, ForeignKey("webhook.id"), nullable=False),
    Column("sequence", Whole),
    Column("created_microsecond", Whole, nullable=False),
    Index("ix_webhook_order_webhook_id", "webhook_id"),
)
"""What somebody asked to be sent once: an event again, or (no ``sequence``) a test. Gone when it was tried."""

webhook_attempt = strict_table(
    "webhook_attempt",
    record_id(),
    Column("webhook_id", Text, ForeignKey("webhook.id"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("sequence", Whole),
    Column("topic", Text, nullable=False),
    Column("number", Whole, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Whole),
    Column("latency_ms", Whole, nullable=False),
    Column("started_microsecond", Whole, nullable=False),
    one_of("outcome", ("delivered", "refused", "unreachable", "timed_out", "address_refused", "given_up")),
    Index("ix_webhook_attempt_webhook_id", "webhook_id", "id"),
    Index("ix_webhook_attempt_started_microsecond", "started_microsecond"),
)
"""Every attempt to deliver: what became of it and how long it took; never what was sent or answered."""
