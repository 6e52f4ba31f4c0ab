"""Requests, what was given for them, and who lies where: reservation and occupancy, two more facts of a
bed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text, text

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
from solver.hospital import Departure, Origin, Priority, RequestState, StayState, Step

LIVE_STAYS = tuple(StayState)
STAY_STATES = (*LIVE_STAYS, "left", "released")

request = strict_table(
    "request",
    record_id(),
    Column("person_id", Text, ForeignKey("person.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Whole, nullable=False),
    Column("speciality", Text, nullable=False),
    Column("care_level", Whole, nullable=False),
    Column("decided_minute", Whole, nullable=False),
    Column("needed_by_minute", Whole, nullable=False),
    Column("duration_minutes", Whole, nullable=False),
    Column("max_wait_minutes", Whole, nullable=False),
    Column("origin", Text, nullable=False),
    Column("clinically_ready", Flag, nullable=False),
    Column("accepting_team", Text, nullable=False),
    Column("needs", Json, nullable=False),
    Column("from_stay_id", Text, ForeignKey("stay.id", use_alter=False)),
    Column("asked_by", Text, nullable=False),
    Column("ward_id", Text, ForeignKey("ward.id")),
    Column("clock_start_minute", Whole, nullable=False),
    Column("decide_again_minute", Whole),
    Column("fallback", Text),
    Column("call", Text),
    Column("why_not", Json),
    *version_columns(),
    one_of("state", RequestState),
    one_of("priority", Priority),
    one_of("origin", Origin),
    CheckConstraint("duration_minutes > 0 AND max_wait_minutes >= 0", name="minutes"),
    CheckConstraint(
        "state <> 'unplaced' OR (decide_again_minute IS NOT NULL AND fallback IS NOT NULL "
        "AND call IS NOT NULL)",
        name="never_lost",
    ),
    Index("ix_request_state", "state", "priority", "needed_by_minute"),
    Index("ix_request_person_id", "person_id"),
)
"""A need. ``needs`` holds the bundle (features, skills, pools, equipment, drugs, companion, excluded rooms), and
what few requests have: ``displaced_by`` if a booking was taken back once for a more urgent request, ``declined_by`` if
wards declined it, ``held_until`` if what was given is only held until that minute, ``overrides`` of people against
rules.

An unplaced request says when it is decided again, where the patient stays meanwhile (``fallback``) and whom
to ``call``; ``why_not`` explains. ``ward_id`` is the ward that asked, ``asked_by`` the account.
"""

request_step = strict_table(
    "request_step",
    Column("request_id", Text, ForeignKey("request.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("recorded_microsecond", Whole, primary_key=True, autoincrement=False),
    Column("minute", Whole, nullable=False),
    Column("actor", Text, nullable=False),
    one_of("step", Step),
    Index("ix_request_step_step", "step", "minute"),
)
"""When each step of an admission happened. A correction is another row; the one recorded last counts."""

allocation = strict_table(
    "allocation",
    record_id(),
    Column("request_id", Text, ForeignKey("request.id"), nullable=False),
    Column("person_id", Text, ForeignKey("person.id"), nullable=False),
    Column("bed_id", Text, ForeignKey("bed.id"), nullable=False),
    Column("companion_bed_id", Text, ForeignKey("bed.id")),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole, nullable=False),
    Column("conditional", Flag, nullable=False),
    Column("revision", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("explanation", Json, nullable=False),
    *version_columns(),
    one_of("state", ("placed", "confirmed", "arrived", "left", "released")),
    CheckConstraint("start_minute < end_minute", name="interval"),
    Index(
        "ix_allocation_current",
        "request_id",
        unique=True,
        sqlite_where=text("state <> 'released'"),
        postgresql_where=text("state <> 'released'"),
    ),
    Index("ix_allocation_state", "state"),
)
"""What was given, on which revision of the hospital, and why. One request has one allocation in force."""

stay = strict_table(
    "stay",
    record_id(),
    Column("person_id", Text, ForeignKey("person.id"), nullable=False),
    Column("bed_id", Text, ForeignKey("bed.id"), nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("departure", Text, nullable=False),
    Column("speciality", Text, nullable=False),
    Column("care_level", Whole, nullable=False),
    Column("needs", Json, nullable=False),
    Column("request_id", Text),
    Column("allocation_id", Text),
    Column("with_stay_id", Text, ForeignKey("stay.id")),
    *version_columns(),
    position(),
    one_of("state", STAY_STATES),
    one_of("departure", Departure),
    CheckConstraint("start_minute < end_minute", name="interval"),
    Index("ix_stay_state", "state"),
    Index("ix_stay_person_id", "person_id"),
    Index("ix_stay_allocation_id", "allocation_id"),
)
"""The reservation of a bed, and from arrival on the forecast of the occupancy (``end_minute``)."""

occupancy = strict_table(
    "occupancy",
    record_id(),
    Column("stay_id", Text, ForeignKey("stay.id"), nullable=False),
    Column("person_id", Text, ForeignKey("person.id"), nullable=False),
    Column("bed_id", Text, ForeignKey("bed.id"), nullable=False),
    Column("companion", Flag, nullable=False),
    Column("arrived_minute", Whole, nullable=False),
    Column("left_minute", Whole),
    Column("void", Flag, nullable=False),
    *version_columns(),
    CheckConstraint("left_minute > arrived_minute", name="interval"),
    Index("ix_occupancy_stay_id", "stay_id"),
)
"""Who lay where and when; no end until the departure is recorded. ``void``: recorded by mistake."""

proposal = strict_table(
    "proposal",
    record_id(),
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("change", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("revision", Whole, nullable=False),
    Column("expires_minute", Whole),
    Column("decided_by", Text),
    *version_columns(),
    one_of("state", ("open", "confirmed", "declined", "expired")),
    CheckConstraint("state NOT IN ('confirmed', 'declined') OR decided_by IS NOT NULL", name="decided_by"),
    Index("ix_proposal_state", "state"),
)
"""A change that only a person may make: moving someone who lies somewhere, a paid call-in."""

disruption = strict_table(
    "disruption",
    record_id(),
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("end_minute", Whole),
    Column("detail", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    Index("ix_disruption_subject_id", "subject_id"),
)

rule_profile = strict_table(
    "rule_profile",
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("weights", Json, nullable=False),
    Column("switched_off", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("version > 0", name="version"),
)
"""Every version of a hospital's rule profile, drafts included; ``rule_profile_event`` tells which is in force."""

rule_profile_event = strict_table(
    "rule_profile_event",
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("version", Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("kind", ("drafted", "previewed", "activated")),
    CheckConstraint("kind = 'previewed' OR length(trim(reason)) > 0", name="reason"),
)
"""What became of each version of the rule profile, in order: the version activated last is in force. Version 1 needs no
row in ``rule_profile``: where it has none it is the rules as wardflow brings them."""

rule_override = strict_table(
    "rule_override",
    record_id(),
    Column("rule_id", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("until_minute", Whole, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("length(trim(reason)) > 0", name="reason"),
    CheckConstraint("start_minute < until_minute", name="interval"),
    Index("ix_rule_override_subject_id", "subject_id", "rule_id"),
)
"""A person's decision against a rule: which rule, for what (a request, an allocation, a bed), why, until
when."""

request_version = history_of(request)
allocation_version = history_of(allocation)
stay_version = history_of(stay)
occupancy_version = history_of(occupancy)
proposal_version = history_of(proposal)
