"""The rows of touched records in one statement: a process that follows another asks while it holds the write lock, and
each further statement is a round trip in which nobody commits.

Rows come as JSON documents whose names are the columns', because rows of different tables share the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Final

from sqlalchemy import Connection, text

from models.tables.care import LIVE_STAYS
from solver.hospital import Minute

CASE: Final = "Case"
PROPOSAL: Final = "Proposal"
COVER: Final = "Cover"
SCARCITY: Final = "Scarcity"
"""Kinds beside those of the records: what was asked for with what was given, proposals, revisions of cover (whose id
is ``slot/ward``), prices of scarce capacity (of which there is one version, the newest)."""

_GIVEN = (
    "JOIN allocation a ON a.id = t.allocation_id WHERE a.request_id = ANY(:Case) AND a.state <> 'released'"
)
_LIVE = ", ".join(f"'{state.value}'" for state in LIVE_STAYS)
_BLOCKS = "FROM place_block t WHERE NOT t.void AND (t.end_minute IS NULL OR t.end_minute > :now)"

SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "site": ("Site", "t.* FROM site t WHERE t.id = ANY(:Site)"),
    "ward": ("Ward", "t.* FROM ward t WHERE t.id = ANY(:Ward)"),
    "nursing_ratio": ("Ward", "t.* FROM nursing_ratio t WHERE t.ward_id = ANY(:Ward)"),
    "ward_block": ("Ward", f"t.* {_BLOCKS} AND t.ward_id = ANY(:Ward)"),
    "room": ("Room", "t.* FROM room t WHERE t.id = ANY(:Room)"),
    "room_block": ("Room", f"t.* {_BLOCKS} AND t.room_id = ANY(:Room)"),
    "bed": ("Bed", "t.* FROM bed t WHERE t.id = ANY(:Bed) AND t.removed_minute IS NULL"),
    "bed_block": ("Bed", f"t.* {_BLOCKS} AND t.bed_id = ANY(:Bed)"),
    "bed_status": ("Bed", "t.* FROM bed_status t WHERE t.bed_id = ANY(:Bed) AND t.end_minute IS NULL"),
    "unit": ("Unit", "t.* FROM unit t WHERE t.id = ANY(:Unit)"),
    "lot": (
        "Lot",
        "t.*, b.on_hand, b.reserved, c.minimum_minutes_left FROM lot t JOIN lot_balance b ON b.lot_id = t.id "
        "LEFT JOIN lot_card c ON c.lot_id = t.id WHERE t.id = ANY(:Lot)",
    ),
    "staff_member": ("StaffMember", "t.* FROM staff_member t WHERE t.id = ANY(:StaffMember)"),
    "shift": ("Shift", "t.* FROM shift t WHERE t.id = ANY(:Shift) AND NOT t.cancelled"),
    "person": ("Person", "t.* FROM person t WHERE t.id = ANY(:Person)"),
    "stay": ("Stay", f"t.* FROM stay t WHERE t.id = ANY(:Stay) AND t.state IN ({_LIVE})"),
    "unit_booking": (
        "UnitBooking",
        "t.* FROM unit_booking t WHERE t.id = ANY(:UnitBooking) AND t.state = 'active'",
    ),
    "booking_terms": (
        "UnitBooking",
        "t.* FROM booking_terms t WHERE t.unit_booking_id = ANY(:UnitBooking)",
    ),
    "request": (CASE, "t.* FROM request t WHERE t.id = ANY(:Case)"),
    "allocation": (
        CASE,
        "t.* FROM allocation t WHERE t.request_id = ANY(:Case) AND t.state <> 'released'",
    ),
    "unit_given": (CASE, f"t.* FROM unit_booking t {_GIVEN} AND t.state <> 'cancelled'"),
    "lot_given": (
        CASE,
        f"t.* FROM lot_reservation t {_GIVEN} AND (a.state = 'left' OR t.state <> 'released')",
    ),
    "rule_override": (
        CASE,
        "t.* FROM rule_override t WHERE t.subject_id = ANY(:Case) AND t.start_minute <= :now "
        "AND t.until_minute > :now",
    ),
    "proposal": (PROPOSAL, "t.* FROM proposal t WHERE t.id = ANY(:Proposal)"),
    "cover_revision": (
        COVER,
        "t.* FROM cover_revision t JOIN unnest(CAST(:wards AS text[]), CAST(:slots AS bigint[])) "
        "AS w (ward_id, slot) ON w.ward_id = t.ward_id AND w.slot = t.slot",
    ),
}
"""What is read, for which kind of touched record, and how; in a fixed order, so that statements repeat."""

Rows = Mapping[str, list[SimpleNamespace]]


def rows_of(connection: Connection, ids: Mapping[str, Collection[str]], now: Minute) -> Rows:
    """The rows that touched records have now, by source; ``ids`` by kind, at least one of each.

    Rows that are no part of the present hospital are left out: stays that ended, blocks that were over at ``now``.
    """
    chosen = [(name, select) for name, (kind, select) in SOURCES.items() if kind in ids]
    found: defaultdict[str, list[SimpleNamespace]] = defaultdict(list)
    if not chosen:
        return found
    parts = [f"SELECT '{name}', to_jsonb(r) FROM (SELECT {select}) r" for name, select in chosen]  # noqa: S608, our own text
    statement = text(" UNION ALL ".join(parts))
    for name, row in connection.execute(statement, _parameters(ids, now)):
        found[name].append(SimpleNamespace(**row))
    return found


def _parameters(ids: Mapping[str, Collection[str]], now: Minute) -> dict[str, object]:
    slots = [name.split("/", 1) for name in ids.get(COVER, ())]
    known: dict[str, object] = {kind: list(wanted) for kind, wanted in ids.items()}
    return known | {"now": now, "wards": [ward for _, ward in slots], "slots": [int(n) for n, _ in slots]}
