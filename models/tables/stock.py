"""The pharmacy's books beside the moves: cards of lots, moves that wait for a second person, orders, alerts."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text

from models.tables.base import Json, Whole, one_of, record_id, strict_table

lot_card = strict_table(
    "lot_card",
    Column("lot_id", Text, ForeignKey("lot.id"), primary_key=True),
    Column("origin_id", Text, ForeignKey("lot.id"), nullable=False),
    Column("pack", Whole, nullable=False),
    Column("minimum_minutes_left", Whole, nullable=False),
    Column("received_minute", Whole, nullable=False),
    CheckConstraint("pack > 0", name="pack"),
    CheckConstraint("minimum_minutes_left >= 0", name="minimum_minutes_left"),
    Index("ix_lot_card_origin_id", "origin_id"),
)
"""A lot that came by a receipt or a transfer. What lies in another cabinet is a lot of its own, because a lot lies in
one place; ``origin_id`` is the one it was taken from first, itself for what was received. A lot without a card is its
own origin, in packs of one."""

awaiting_move = strict_table(
    "awaiting_move",
    record_id(),
    Column("lot_id", Text, ForeignKey("lot.id"), nullable=False),
    Column("asked", Json, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_microsecond", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_microsecond", Whole),
    one_of("state", ("open", "confirmed", "declined")),
    CheckConstraint("(state = 'open') = (decided_by IS NULL)", name="decided"),
    CheckConstraint("state <> 'confirmed' OR decided_by <> asked_by", name="two_people"),
    Index("ix_awaiting_move_state", "state"),
)
"""A move of a controlled drug or of blood that one person asked for and another is to confirm; nothing moves before."""

order_decision = strict_table(
    "order_decision",
    Column("job_id", Text, ForeignKey("job.id"), primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("item_id", Text, primary_key=True),
    Column("proposed", Whole, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("lead_time_days", Whole, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("quantity >= 0", name="quantity"),
    CheckConstraint("version > 0", name="version"),
    Index("ix_order_decision_item_id", "item_id"),
)
"""Lines of a proposed order as a pharmacist decided them; the newest version of a line holds."""

stock_alert = strict_table(
    "stock_alert",
    Column("kind", Text, primary_key=True),
    Column("drug_id", Text, ForeignKey("drug.id"), primary_key=True),
    Column("lot_id", Text, primary_key=True),
    Column("told_microsecond", Whole, nullable=False),
)
"""What the watch over the stock told and what still stands; ``lot_id`` is empty where a drug as a whole is meant. A row
goes when it is over; that it was told stays in the audit trail."""

rationing_order = strict_table(
    "rationing_order",
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("committee", Text, nullable=False),
    Column("criteria", Json, nullable=False),
    Column("cover_bands", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("length(trim(reason)) > 0", name="reason"),
)
"""Every order of priorities that was proposed for shortages; ``rationing_activation`` tells which is in force."""

rationing_activation = strict_table(
    "rationing_activation",
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("version", Whole, ForeignKey("rationing_order.version"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("sequence > 0", name="sequence"),
    CheckConstraint("length(trim(reason)) > 0", name="reason"),
)
"""Which order came into force when; the last one is."""
