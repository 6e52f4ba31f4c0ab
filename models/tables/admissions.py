"""Plans of admissions over the waiting list: what they are made by, drafts, and what was applied of each."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Text

from models.tables.base import Json, Whole, one_of, record_id, strict_table

admission_terms = strict_table(
    "admission_terms",
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("document", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("version > 0", name="version"),
)
"""What plans of admissions are made by: theatres, surgeons, who has how long a surgery, weights. The newest version
holds."""

admission_plan = strict_table(
    "admission_plan",
    record_id(),
    Column("first_day", Whole, nullable=False),
    Column("days", Whole, nullable=False),
    Column("ward_ids", Json, nullable=False),
    Column("terms_version", Whole, nullable=False),
    Column("job_id", Text, ForeignKey("job.id"), nullable=False),
    Column("before_id", Text, ForeignKey("admission_plan.id")),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    CheckConstraint("days > 0", name="days"),
)
"""A plan that its job finds. ``first_day``: days since 1970-01-01; ``before_id``: the plan from which it departs as
little as was asked."""

admission_item = strict_table(
    "admission_item",
    Column("plan_id", Text, ForeignKey("admission_plan.id"), primary_key=True),
    Column("revision", Whole, primary_key=True, autoincrement=False),
    Column("request_id", Text, ForeignKey("request.id"), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("start_minute", Whole, nullable=False),
    Column("room_id", Text, ForeignKey("room.id"), nullable=False),
    Column("theatre_id", Text),
    Column("allocation_id", Text),
    Column("why", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_microsecond", Whole, nullable=False),
    one_of("outcome", ("booked", "kept", "conflict")),
    CheckConstraint("revision > 0", name="revision"),
    CheckConstraint("(outcome = 'conflict') = (allocation_id IS NULL)", name="allocation"),
)
"""What became of each item of a plan the ``revision``th time it was applied: booked so, booked so before, in conflict
with the hospital as it was (``why``: its reason and the rules)."""
