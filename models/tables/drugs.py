"""Drugs, lots, and the balance of each lot, which the database itself keeps from reservations and moves."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text

from models.tables.base import (
    Whole,
    history_of,
    one_of,
    position,
    record_id,
    strict_table,
    version_columns,
)
from solver.hospital import BloodGroup, HandlingClass, LotState

MOVE_REASONS = ("opening", "receipt", "issue", "return", "waste", "transfer", "count")

drug = strict_table(
    "drug",
    record_id(),
    Column("name", Text, nullable=False),
    Column("substance", Text, nullable=False),
    Column("strength", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("handling", Text, nullable=False),
    Column("safety_stock", Whole, nullable=False),
    position(),
    one_of("handling", HandlingClass),
    CheckConstraint("safety_stock >= 0", name="safety_stock"),
)

drug_equivalent = strict_table(
    "drug_equivalent",
    Column("drug_id", Text, ForeignKey("drug.id"), primary_key=True),
    Column("place", Whole, primary_key=True, autoincrement=False),
    Column("equivalent_id", Text, ForeignKey("drug.id"), nullable=False),
    CheckConstraint("drug_id <> equivalent_id", name="other_drug"),
)
"""What a pharmacist approved to stand in; ``place`` 0 is the best."""

lot = strict_table(
    "lot",
    record_id(),
    Column("drug_id", Text, ForeignKey("drug.id"), nullable=False),
    Column("expires_minute", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("ward_id", Text, ForeignKey("ward.id")),
    Column("blood_group", Text),
    Column("crossmatched_for", Text),
    *version_columns(),
    position(),
    Column("crossmatched_until_minute", Whole),
    one_of("state", LotState),
    one_of("blood_group", BloodGroup),
    CheckConstraint(
        "crossmatched_until_minute IS NULL OR crossmatched_for IS NOT NULL", name="crossmatched_until"
    ),
    Index("ix_lot_drug_id", "drug_id"),
)

lot_balance = strict_table(
    "lot_balance",
    Column("lot_id", Text, ForeignKey("lot.id"), primary_key=True),
    Column("on_hand", Whole, nullable=False),
    Column("reserved", Whole, nullable=False),
    CheckConstraint("reserved >= 0", name="reserved"),
    CheckConstraint("on_hand - reserved >= 0", name="available"),
)
"""What is there and what is spoken for; changed by triggers on ``lot_reservation`` and ``lot_move`` only."""

lot_reservation = strict_table(
    "lot_reservation",
    record_id(),
    Column("lot_id", Text, ForeignKey("lot.id"), nullable=False),
    Column("allocation_id", Text, ForeignKey("allocation.id")),
    Column("need_drug_id", Text, ForeignKey("drug.id")),
    Column("quantity", Whole, nullable=False),
    Column("use_until_minute", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_minute", Whole, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("state", ("reserved", "released", "dispensed")),
    CheckConstraint("quantity > 0", name="quantity"),
    Index("ix_lot_reservation_allocation_id", "allocation_id"),
    Index("ix_lot_reservation_lot_id", "lot_id"),
)
"""A quantity of a lot spoken for. ``allocation_id`` NULL: reserved before wardflow, by another system."""

lot_move = strict_table(
    "lot_move",
    record_id(),
    Column("lot_id", Text, ForeignKey("lot.id"), nullable=False),
    Column("minute", Whole, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    Column("expected", Whole),
    Column("counted", Whole),
    Column("person_id", Text, ForeignKey("person.id")),
    Column("witness", Text),
    Column("other_lot_id", Text, ForeignKey("lot.id")),
    CheckConstraint("quantity <> 0 OR reason = 'count'", name="quantity"),
    one_of("reason", MOVE_REASONS),
    Index("ix_lot_move_lot_id", "lot_id"),
    Index("ix_lot_move_person_id", "person_id"),
)
"""Stock that came (positive) or went (negative) other than by dispensing a reservation. A count says what was
``expected`` and what was ``counted``; its quantity is the difference, or 0 where a difference only locks the lot.
``person_id``: who was issued it, or brought it back; ``witness``: the second person; ``other_lot_id``: the other end of
a transfer. An ``opening`` is what was there when the lot came into this database."""

lot_version = history_of(lot)
