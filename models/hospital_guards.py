"""The guards of the hospital's tables: what no code, no override and no raw statement gets past."""

from __future__ import annotations

from sqlalchemy import Table

from models.drug_guards import DRUG_GUARDS
from models.guards import Effect, Guard, IntervalGuard, Refusal, append_only, versioned
from models.tables import care, drugs, equipment, people, places, staff


def _with_history(table: Table) -> tuple[Guard, ...]:
    return versioned(table.name, tuple(column.name for column in table.columns))


# --- beds -------------------------------------------------------------------------------------------------
STAY_BED = IntervalGuard(
    "stay_bed",
    "stay",
    "bed_id",
    "start_minute",
    "end_minute",
    "state IN ('booked', 'in_transit', 'occupying')",
)
"""A bed is promised to one person at a time; the expected end of an occupancy is what others may follow."""

OCCUPANCY_BED = IntervalGuard(
    "occupancy_bed", "occupancy", "bed_id", "arrived_minute", "left_minute", "NOT void"
)
"""One person lies in a bed; nobody arrives before the one who lies there has left."""

OCCUPANCY_PERSON = IntervalGuard(
    "occupancy_person",
    "occupancy",
    "person_id",
    "arrived_minute",
    "left_minute",
    "NOT void AND NOT companion",
)
"""Nobody lies in two beds."""

BED_STATUS = IntervalGuard("bed_status_bed", "bed_status", "bed_id", "start_minute", "end_minute", "1 = 1")
"""A bed has one operational status at a time."""

BED_CLEAN = Refusal(
    "occupancy_bed_clean",
    "occupancy",
    ("INSERT",),
    "EXISTS (SELECT 1 FROM bed_status s WHERE s.bed_id = NEW.bed_id AND s.start_minute <= NEW.arrived_minute "
    "AND (s.end_minute IS NULL OR s.end_minute > NEW.arrived_minute) "
    "AND (s.clean_at > NEW.arrived_minute "
    "OR (s.clean_at IS NULL AND s.status IN ('housekeeping', 'contaminated'))))",
    when="NOT NEW.void",
)
"""Nobody arrives in a bed that is not clean."""

OCCUPANCY_STAYS = Refusal(
    "occupancy_stays",
    "occupancy",
    ("UPDATE",),
    "NEW.bed_id <> OLD.bed_id OR NEW.person_id <> OLD.person_id OR NEW.stay_id <> OLD.stay_id",
)
"""Where somebody lay is not rewritten: a mistake is made void and recorded anew."""

# --- holds ------------------------------------------------------------------------------------------------
HOLD_PLACED = Refusal(
    "request_hold_placed",
    "request",
    ("INSERT", "UPDATE"),
    "(NEW.needs ->> 'held_until') IS NOT NULL AND NEW.state <> 'placed'",
)
"""Only what is given and not yet accepted is held."""

STAY_KEPT = Refusal(
    "stay_on_the_way_kept",
    "stay",
    ("INSERT", "UPDATE"),
    "EXISTS (SELECT 1 FROM request q WHERE q.id = NEW.request_id AND (q.needs ->> 'held_until') IS NOT NULL)",
    when="NEW.request_id IS NOT NULL AND NEW.state IN ('in_transit', 'occupying')",
)
"""Nobody is on the way to a bed that is only held, nor lies in one: it could be given to others meanwhile."""

# --- equipment --------------------------------------------------------------------------------------------
UNIT_FREE = IntervalGuard(
    "unit_booking_unit", "unit_booking", "unit_id", "blocked_start", "blocked_end", "state = 'active'"
)
"""A unit serves one booking at a time, with transport before and turnaround after it."""

UNIT_USABLE = Refusal(
    "unit_booking_usable",
    "unit_booking",
    ("INSERT",),
    "EXISTS (SELECT 1 FROM unit u WHERE u.id = NEW.unit_id "
    "AND u.state IN ('broken', 'recalled', 'maintenance'))",
    when="NEW.state = 'active' AND NEW.kind = 'use' AND NEW.allocation_id IS NOT NULL",
)
"""No unit that is broken, recalled or in maintenance is given out."""

UNIT_BOOKING_STAYS = Refusal(
    "unit_booking_stays", "unit_booking", ("UPDATE",), "NEW.unit_id <> OLD.unit_id OR OLD.state <> 'active'"
)
"""A booking keeps its unit, and one that is over stays over: another unit is another booking."""

# --- cover ------------------------------------------------------------------------------------------------
_SLOTS = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(7))


def _revise_cover(row: str) -> str:
    first = f"{row}.start_minute / {staff.SLOT_MINUTES}"
    last = f"({row}.end_minute - 1) / {staff.SLOT_MINUTES}"
    return (
        "INSERT INTO cover_revision (ward_id, slot, revision) "  # noqa: S608, names of our own columns
        f"SELECT {row}.ward_id, {first} + slots.n, 1 FROM ({_SLOTS}) slots WHERE {first} + slots.n <= {last} "
        "ON CONFLICT (ward_id, slot) DO UPDATE SET revision = cover_revision.revision + 1"
    )


SHIFT_MOVES_COVER = Effect("shift_moves_cover", "shift", ("INSERT", "UPDATE"), _revise_cover("NEW"))
"""A changed roster changes the revision of the cover it touches: decisions resting on it are made again."""

SHIFT_MOVED_COVER = Effect("shift_moved_cover", "shift", ("UPDATE",), _revise_cover("OLD"))

SHIFT_STAYS = Refusal(
    "shift_stays", "shift", ("UPDATE",), "NEW.ward_id <> OLD.ward_id OR NEW.staff_id <> OLD.staff_id"
)
"""A shift keeps its ward and person (cancel it and make another), so that the cover of both wards is
revised."""

SHIFT_LENGTH = Refusal(
    "shift_length",
    "shift",
    ("INSERT", "UPDATE"),
    f"NEW.end_minute - NEW.start_minute > {6 * staff.SLOT_MINUTES}",
)
"""Nobody is on duty or on call for more than two days on end (the cover's revisions reach that far)."""

# --- reasons ----------------------------------------------------------------------------------------------
_REASON_FIXED = " OR ".join(
    f"NEW.{name} IS DISTINCT FROM OLD.{name}"
    for name in (
        "id",
        "action",
        "subject_id",
        "request_id",
        "person_id",
        "ward_id",
        "actor",
        "minute",
        "recorded_microsecond",
    )
)
_REASON_ERASED = (
    "NEW.ciphertext IS NULL AND NEW.master_key_id IS NOT DISTINCT FROM OLD.master_key_id AND EXISTS "
    "(SELECT 1 FROM person_identity i WHERE i.person_id = OLD.person_id AND i.erased_microsecond IS NOT NULL)"
)
_REASON_REWRAPPED = (
    "OLD.person_id IS NULL AND OLD.ciphertext IS NOT NULL AND NEW.ciphertext IS NOT NULL "
    "AND NEW.master_key_id IS NOT NULL AND NEW.master_key_id IS DISTINCT FROM OLD.master_key_id"
)
REASON_STAYS = Refusal(
    "stated_reason_stays",
    "stated_reason",
    ("UPDATE",),
    f"{_REASON_FIXED} OR NOT (({_REASON_ERASED}) OR ({_REASON_REWRAPPED}))",
)
"""What somebody gave as a reason is not rewritten: it goes when the patient was erased, and in no other way. What is
about no patient is encrypted anew when the master key is another one; that it says the same afterwards only who holds
the keys can tell."""

REASON_KEPT = Refusal("stated_reason_kept", "stated_reason", ("DELETE",), "1 = 1")

VERSIONED = (
    places.bed_status,
    places.place_block,
    equipment.unit,
    equipment.unit_booking,
    drugs.lot,
    staff.shift,
    people.person,
    care.request,
    care.allocation,
    care.stay,
    care.occupancy,
    care.proposal,
)
"""Tables whose rows keep their history."""

JOB_STAYS = Refusal(
    "job_stays",
    "job",
    ("UPDATE",),
    "OLD.state IN ('done', 'stopped', 'failed') OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.spec <> OLD.spec "
    "OR NEW.requested_by <> OLD.requested_by OR NEW.created_microsecond <> OLD.created_microsecond",
)
"""What was asked for stays as it was asked, and what came of it as it came."""

JOB_KEPT = Refusal("job_kept", "job", ("DELETE",), "1 = 1")
"""Who asked for what is not forgotten."""

# --- rosters ----------------------------------------------------------------------------------------------
ROSTER_AGREED = Refusal(
    "roster_agreed",
    "roster",
    ("INSERT",),
    "(SELECT count(*) FROM roster_answer a WHERE a.change_id = NEW.change_id AND a.agreed) "
    "<> COALESCE((SELECT c.people FROM roster_change c WHERE c.id = NEW.change_id), -1)",
    when="NEW.change_id IS NOT NULL",
)
"""No changed shift is published before everybody whose shift it is has agreed."""

GUARDS: tuple[Guard, ...] = (
    STAY_BED,
    OCCUPANCY_BED,
    OCCUPANCY_PERSON,
    BED_STATUS,
    BED_CLEAN,
    OCCUPANCY_STAYS,
    HOLD_PLACED,
    STAY_KEPT,
    UNIT_FREE,
    UNIT_USABLE,
    UNIT_BOOKING_STAYS,
    *DRUG_GUARDS,
    SHIFT_MOVES_COVER,
    SHIFT_MOVED_COVER,
    SHIFT_STAYS,
    SHIFT_LENGTH,
    REASON_STAYS,
    REASON_KEPT,
    JOB_STAYS,
    JOB_KEPT,
    ROSTER_AGREED,
    *(guard for table in VERSIONED for guard in _with_history(table)),
    *(
        guard
        for name in (
            "admission_item",
            "admission_plan",
            "admission_terms",
            "audit_line",
            "booking_terms",
            "equipment_repair",
            "request_step",
            "lot_move",
            "lot_card",
            "order_decision",
            "rationing_activation",
            "rationing_order",
            "disruption",
            "rule_profile",
            "rule_profile_event",
            "rule_override",
            "roster",
            "roster_answer",
            "roster_change",
            "roster_terms",
            "scarcity_price",
            "step_breach",
        )
        for guard in append_only(name)
    ),
)
