"""The audit trail: append-only lines, each carrying the hash of the line before.

Triggers forbid changing and deleting (``models.guards``). Who may drop the triggers can still rewrite
lines, but not without breaking the chain from there on; who rewrites the whole rest of the chain is found
by comparing with an *anchor* (a sequence and its hash) that was noted outside the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select

from models.clock import Instant
from models.commands import AuditEntry, JsonObject
from models.statements import insert_rows
from models.tables.ledger import audit_line

GENESIS = bytes(32)
"""The hash before the first line."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line and its hash, to be noted outside the database."""

    sequence: int
    hash: bytes


START: Final = Anchor(0, GENESIS)
"""Where a trail without lines stands."""


@dataclass(frozen=True, slots=True)
class PreparedLine:
    """An audit line checked and put into text, before it has its place in the chain."""

    actor: str
    action: str
    subject: str
    detail: str
    recorded_microsecond: int


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What ``verify_chain`` found; ``breaks`` is empty for a sound chain."""

    lines: int
    head: Anchor
    breaks: tuple[str, ...]


def prepare(actor: str, entries: Iterable[AuditEntry], now: Instant) -> list[PreparedLine]:
    """Put entries into text; raises TypeError for a detail that is no JSON."""
    return [
        PreparedLine(
            actor if entry.actor is None else entry.actor,
            entry.action,
            entry.subject,
            _text(entry.detail),
            now.microsecond,
        )
        for entry in entries
    ]


_LAST: Final = select(audit_line.c.sequence, audit_line.c.hash).where(
    audit_line.c.sequence == select(func.max(audit_line.c.sequence)).scalar_subquery()
)


def head(connection: Connection) -> Anchor:
    """The last line, or sequence 0 and the genesis hash."""
    row = connection.execute(_LAST).first()
    return Anchor(row.sequence, row.hash) if row else START


def append(connection: Connection, lines: Sequence[PreparedLine], last: Anchor | None = None) -> None:
    """Chain the lines to the ``last`` one (None: it is looked up); the caller holds the write lock."""
    if lines:
        insert_rows(connection, audit_line, list(chained(last or head(connection), lines)))


def verify_chain(connection: Connection, anchors: Iterable[Anchor] = ()) -> ChainReport:
    """Recompute every hash; compare with the anchors given. Linear in the number of lines."""
    expected = {anchor.sequence: anchor.hash for anchor in anchors}
    breaks: list[str] = []
    sequence, previous = 0, GENESIS
    for row in connection.execute(select(audit_line).order_by(audit_line.c.sequence)).yield_per(1000):
        if row.sequence != sequence + 1:
            breaks.append(f"Lines {sequence + 1} to {row.sequence - 1} are missing.")
        elif row.previous_hash != previous:
            breaks.append(f"Line {row.sequence} does not continue line {sequence}.")
        if _hash_of(row) != row.hash:
            breaks.append(f"Line {row.sequence} was altered.")
        sequence, previous = row.sequence, row.hash
        if expected.pop(sequence, previous) != previous:
            breaks.append(f"Line {sequence} is not the one that was anchored.")
    breaks += [f"Line {missing} was anchored and is missing." for missing in sorted(expected) if missing]
    return ChainReport(sequence, Anchor(sequence, previous), tuple(breaks))


def chained(last: Anchor, lines: Iterable[PreparedLine]) -> Iterator[dict[str, Any]]:
    """The rows of lines that continue the chain after its last one."""
    sequence, previous = last.sequence, last.hash
    for line in lines:
        sequence += 1
        moment = line.recorded_microsecond
        digest = _hash(sequence, moment, line.actor, line.action, line.subject, line.detail, previous)
        yield {
            "sequence": sequence,
            "recorded_microsecond": moment,
            "actor": line.actor,
            "action": line.action,
            "subject": line.subject,
            "detail": line.detail,
            "previous_hash": previous,
            "hash": digest,
        }
        previous = digest


def _text(detail: JsonObject) -> str:
    return orjson.dumps(detail, option=orjson.OPT_SORT_KEYS).decode()


def _hash_of(row: Any) -> bytes:
    return _hash(
        row.sequence,
        row.recorded_microsecond,
        row.actor,
        row.action,
        row.subject,
        row.detail,
        row.previous_hash,
    )


def _hash(*fields: int | str | bytes) -> bytes:
    # A JSON array, so that no two different lines have the same bytes.
    return hashlib.sha256(orjson.dumps([f.hex() if isinstance(f, bytes) else f for f in fields])).digest()
