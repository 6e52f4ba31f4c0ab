"""Prices of scarce capacity: every version that was computed, and when somebody switched them on or off."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Text

from models.tables.base import Flag, Json, Whole, one_of, strict_table

KINDS = ("computed", "switched")

scarcity_price = strict_table(
    "scarcity_price",
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("switched_on", Flag, nullable=False),
    Column("drifted", Flag, nullable=False),
    Column("computed_minute", Whole, nullable=False),
    Column("weights", Json, nullable=False),
    Column("detail", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("kind", KINDS),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("kind = 'computed' OR length(trim(reason)) > 0", name="reason"),
)
"""The newest version holds: its ``weights`` by rule, if they are switched on and the forecast has not drifted. No
weights: there is no forecast. ``detail``: what is known of each class, and what was asked for beside what was forecast.
Nothing was ever computed: switched off."""
