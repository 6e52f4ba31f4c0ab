"""Following what other processes commit: what changed since a revision, and the records as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select

from models import rows
from models.clock import Instant
from models.commands import Touched
from models.postgresql.touched import CASE, COVER, PROPOSAL, SCARCITY, Rows, rows_of
from models.repositories import cases, governance
from models.repositories.cases import StoredCase
from models.repositories.governance import StoredProposal
from models.repositories.scarcity import StoredScarcity, load_scarcity
from models.repositories.staff import Slot
from models.tables.ledger import audit_line, batch_touched, hospital_meta
from solver.hospital import (
    Bed,
    Block,
    Lot,
    Minute,
    Person,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)

__all__ = [
    "CASE",
    "COVER",
    "FOLLOWED",
    "PROPOSAL",
    "SCARCITY",
    "News",
    "Present",
    "news_since",
    "present",
    "revision_of",
]


@dataclass(frozen=True, slots=True)
class News:
    """The revision a database stands at, and the records touched on the way there; None: it may be any.

    ``recorded``: the minute of what was recorded last. Decisions taken at an earlier one, by a clock that was set back,
    would be refused: the future they know nothing of has happened already.
    """

    revision: int
    touched: frozenset[Touched] | None
    recorded: Minute


@dataclass(frozen=True, slots=True)
class Present:
    """Touched records as they are now.

    ``records``: by kind and id, of every kind that was touched, those that are part of the present hospital, as
    ``store.load_hospital`` reads them. ``cases`` with the rules waived for them and until when, in whatever state;
    ``cover``: the revisions of the slots that were ever revised. ``scarcity``: None if its prices were not touched.
    """

    records: dict[type, dict[str, Any]]
    cases: Sequence[tuple[StoredCase, Sequence[tuple[str, Minute]]]]
    proposals: Sequence[StoredProposal]
    cover: Mapping[Slot, int]
    scarcity: StoredScarcity | None = None


def revision_of(connection: Connection) -> int:
    """The hospital's revision; 0 in a database without a hospital."""
    return int(connection.scalar(select(hospital_meta.c.revision)) or 0)


_LAST_RECORDED = (
    select(audit_line.c.recorded_microsecond)
    .order_by(audit_line.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)


def recorded_minute(connection: Connection) -> Minute:
    """The minute of the last audit line; 0 without one."""
    return Instant(connection.scalar(select(_LAST_RECORDED)) or 0).minute


def news_since(connection: Connection, revision: int) -> News:
    """What was committed after a revision."""
    meta, batch = hospital_meta.c, batch_touched.c
    later = (batch.revision > revision) & (batch.revision <= meta.revision)
    joined = hospital_meta.outerjoin(batch_touched, later)
    found = connection.execute(
        select(
            meta.revision, batch.revision.label("batch"), batch.touched, _LAST_RECORDED.label("recorded")
        ).select_from(joined)
    ).all()
    now = int(found[0].revision) if found else 0
    recorded = Instant((found[0].recorded if found else None) or 0).minute
    batches = [row.touched for row in found if row.batch is not None]
    if now < revision or len(batches) != now - revision or None in batches:
        return News(now, None, recorded)
    touched = frozenset((kind, record_id) for batch in batches for kind, record_id in batch)
    return News(now, touched, recorded)


def present(connection: Connection, touched: Iterable[Touched], now: Minute) -> Present:
    """These records as they are now; blocks that were over at ``now`` are left out. On PostgreSQL, which alone is
    shared."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for kind, record_id in touched:
        ids[kind].add(record_id)
    found = rows_of(connection, ids, now)
    waived: defaultdict[str, list[tuple[str, Minute]]] = defaultdict(list)
    for r in sorted(found.get("rule_override", ()), key=_by_id):
        waived[r.subject_id].append((r.rule_id, r.until_minute))
    return Present(
        {
            kind: {record.id: record for record in read(found)}
            for kind, read in FOLLOWED.items()
            if kind.__name__ in ids
        },
        [(stored, waived[stored.request.id]) for stored in _cases(found)],
        [governance.read_proposal(r) for r in found.get("proposal", ())],
        {(r.ward_id, r.slot): r.revision for r in found.get("cover_revision", ())},
        load_scarcity(connection) if SCARCITY in ids else None,
    )


def _cases(found: Rows) -> list[StoredCase]:
    units = sorted(found.get("unit_given", ()), key=lambda r: (r.need_type_id or "", r.id))
    lots = sorted(found.get("lot_given", ()), key=_by_id)
    return cases.read_cases(found.get("request", ()), found.get("allocation", ()), units, lots)


_Reader = Callable[[Rows], Iterable[Any]]


def _plain(source: str, read: Callable[[Any], Any]) -> _Reader:
    return lambda found: map(read, found.get(source, ()))


def _wards(found: Rows) -> Iterator[Ward]:
    blocks = _blocks(found.get("ward_block", ()), "ward_id")
    ratios: defaultdict[str, list[Any]] = defaultdict(list)
    for r in sorted(found.get("nursing_ratio", ()), key=lambda r: r.position):
        ratios[r.ward_id].append(rows.read_ratio(r))
    for r in found.get("ward", ()):
        yield rows.read_ward(r, ratios[r.id], blocks[r.id])


def _rooms(found: Rows) -> Iterator[Room]:
    blocks = _blocks(found.get("room_block", ()), "room_id")
    for r in found.get("room", ()):
        yield rows.read_room(r, blocks[r.id])


def _beds(found: Rows) -> Iterator[Bed]:
    blocks = _blocks(found.get("bed_block", ()), "bed_id")
    in_force = {r.bed_id: r for r in found.get("bed_status", ())}
    for r in found.get("bed", ()):
        yield rows.read_bed(r, in_force.get(r.id), blocks[r.id])


def _unit_bookings(found: Rows) -> Iterator[UnitBooking]:
    by_revision = sorted(found.get("booking_terms", ()), key=lambda r: r.revision)
    terms = {r.unit_booking_id: rows.read_terms(r) for r in by_revision}
    for r in found.get("unit_booking", ()):
        yield rows.read_unit_booking(r, terms.get(r.id))


def _blocks(found: Iterable[SimpleNamespace], place: str) -> defaultdict[str, list[Block]]:
    blocks: defaultdict[str, list[Block]] = defaultdict(list)
    for r in sorted(found, key=_by_id):
        blocks[getattr(r, place)].append(rows.read_block(r))
    return blocks


def _by_id(row: SimpleNamespace) -> str:
    return str(row.id)


FOLLOWED: Mapping[type, _Reader] = {
    Site: _plain("site", rows.read_site),
    Ward: _wards,
    Room: _rooms,
    Bed: _beds,
    Unit: _plain("unit", rows.read_unit),
    Lot: _plain("lot", rows.read_lot),
    StaffMember: _plain("staff_member", rows.read_staff_member),
    Shift: _plain("shift", rows.read_shift),
    Person: _plain("person", rows.read_person),
    Stay: _plain("stay", rows.read_stay),
    UnitBooking: _unit_bookings,
}
"""Every kind of record that changes while a service runs; what is pointed to comes before what points to it."""
