"""Persons: what placement needs, in clear under an opaque id, and what identifies them, encrypted."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Text

from models.tables.base import (
    Flag,
    Json,
    Whole,
    history_of,
    one_of,
    position,
    record_id,
    strict_table,
    version_columns,
)
from solver.hospital import BloodGroup, Sex

person = strict_table(
    "person",
    record_id(),
    Column("sex", Text, nullable=False),
    Column("born_minute", Whole),
    Column("weight_kg", Whole, nullable=False),
    Column("isolation", Json, nullable=False),
    Column("infections", Json, nullable=False),
    Column("exposed_to", Json, nullable=False),
    Column("allergies", Json, nullable=False),
    Column("blood_group", Text),
    Column("falls_risk", Flag, nullable=False),
    Column("one_to_one", Flag, nullable=False),
    Column("end_of_life", Flag, nullable=False),
    Column("keep_apart", Json, nullable=False),
    *version_columns(),
    position(),
    one_of("sex", Sex),
    one_of("blood_group", BloodGroup),
)

person_identity = strict_table(
    "person_identity",
    Column("person_id", Text, ForeignKey("person.id"), primary_key=True),
    Column("master_key_id", Text),
    Column("wrapped_key", LargeBinary),
    Column("name", LargeBinary),
    Column("identity_number", LargeBinary),
    Column("phone", LargeBinary),
    Column("address", LargeBinary),
    Column("notes", LargeBinary),
    Column("identity_index", LargeBinary),
    Column("erased_microsecond", Whole),
    CheckConstraint(
        "(wrapped_key IS NULL) = (erased_microsecond IS NOT NULL) AND (wrapped_key IS NULL) = "
        "(master_key_id IS NULL)",
        name="erased",
    ),
    CheckConstraint(
        "wrapped_key IS NOT NULL OR (name IS NULL AND identity_number IS NULL AND phone IS NULL AND "
        "address IS NULL AND notes IS NULL AND identity_index IS NULL)",
        name="erased_wholly",
    ),
    Index("ix_person_identity_identity_index", "identity_index", unique=True),
)
"""Every field is AES-256-GCM under the person's own key (``models.personal``). Erased: the wrapped key is
gone."""

person_version = history_of(person)
