# ruff: noqa: S608 (statements are put together from the constants of this file only)
"""The recount: facts that must hold of the stored hospital, counted from the tables alone.

Plain SQL and plain Python, sharing no code with the solver and none with the guards: what placing, referee
and triggers all believe is checked here from what was written down. A rule that a person overrode
(``rule_override``) is left out for the request, allocation, stay or bed the override names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from models.audit import verify_chain
from models.clock import MICROSECONDS_PER_MINUTE

LIVE = "('booked', 'in_transit', 'occupying')"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken fact: which, of which records (opaque ids), and a sentence of numbers."""

    rule: str
    subjects: tuple[str, ...]
    detail: str


def recount(connection: Connection) -> list[Violation]:
    """Every violation in the database, in a fixed order; empty for a sound hospital."""
    return sorted(
        violation for rule, count in CHECKS.items() for violation in _named(rule, count(connection))
    )


Found = Iterator[tuple[tuple[str, ...], str]]


def _named(rule: str, found: Found) -> Iterator[Violation]:
    for subjects, detail in found:
        yield Violation(rule, subjects, detail)


def _pairs(connection: Connection, statement: str) -> Found:
    """Rows of two ids and two intervals that overlap."""
    for row in connection.execute(text(statement)):
        yield (row.a, row.b), f"[{row.a_start}, {row.a_end}) and [{row.b_start}, {row.b_end})"


def _ones(connection: Connection, statement: str) -> Found:
    """Rows of one id and a word."""
    for row in connection.execute(text(statement)):
        yield (row.id,), str(row.detail)


# --- beds -------------------------------------------------------------------------------------------------
def _bed_promised_twice(connection: Connection) -> Found:
    return _pairs(
        connection,
        f"""SELECT a.id AS a, b.id AS b, a.start_minute AS a_start, a.end_minute AS a_end,
                   b.start_minute AS b_start, b.end_minute AS b_end
            FROM stay a JOIN stay b ON a.bed_id = b.bed_id AND a.id < b.id
            WHERE a.state IN {LIVE} AND b.state IN {LIVE}
              AND a.start_minute < b.end_minute AND b.start_minute < a.end_minute""",
    )


def _two_in_one_bed(connection: Connection) -> Found:
    return _occupancies_overlap(connection, "a.bed_id = b.bed_id")


def _one_in_two_beds(connection: Connection) -> Found:
    return _occupancies_overlap(
        connection, "a.person_id = b.person_id AND NOT a.companion AND NOT b.companion"
    )


def _occupancies_overlap(connection: Connection, same: str) -> Found:
    return _pairs(
        connection,
        f"""SELECT a.id AS a, b.id AS b, a.arrived_minute AS a_start, a.left_minute AS a_end,
                   b.arrived_minute AS b_start, b.left_minute AS b_end
            FROM occupancy a JOIN occupancy b ON {same} AND a.id < b.id
            WHERE NOT a.void AND NOT b.void
              AND (b.left_minute IS NULL OR a.arrived_minute < b.left_minute)
              AND (a.left_minute IS NULL OR b.arrived_minute < a.left_minute)""",
    )


_STATUS_BEFORE = """s.version = (SELECT max(w.version) FROM bed_status_version w JOIN occupancy_version f
                    ON f.id = o.id AND f.version = 1
                    WHERE w.id = s.id AND w.recorded_microsecond < f.recorded_microsecond)"""
"""The bed's status as it was known when the arrival was recorded."""


def _arrived_in_dirty_bed(connection: Connection) -> Found:
    return _ones(
        connection,
        f"""SELECT o.id AS id, s.status AS detail
            FROM occupancy o JOIN bed_status_version s ON s.bed_id = o.bed_id
            WHERE NOT o.void AND s.start_minute <= o.arrived_minute AND {_STATUS_BEFORE}
              AND (s.end_minute IS NULL OR s.end_minute > o.arrived_minute)
              AND (s.clean_at > o.arrived_minute
                   OR (s.clean_at IS NULL AND s.status IN ('housekeeping', 'contaminated')))""",
    )


def _arrived_while_closed(connection: Connection) -> Found:
    """Into a bed that was closed or blocked, and known to be, when the person came."""
    found = connection.execute(
        text(
            f"""SELECT o.id AS id, o.stay_id, o.bed_id, st.request_id, st.allocation_id, o.arrived_minute,
                      b.reason AS detail
               FROM occupancy o JOIN stay st ON st.id = o.stay_id JOIN bed ON bed.id = o.bed_id
               JOIN room ON room.id = bed.room_id
               JOIN place_block b ON b.bed_id = o.bed_id OR b.room_id = room.id OR b.ward_id = room.ward_id
               JOIN place_block_version v ON v.id = b.id AND v.version = 1
               WHERE NOT o.void AND NOT b.void AND b.start_minute <= o.arrived_minute
                 AND (b.end_minute IS NULL OR b.end_minute > o.arrived_minute)
                 AND v.recorded_microsecond < o.arrived_minute * {MICROSECONDS_PER_MINUTE}
               UNION ALL
               SELECT o.id, o.stay_id, o.bed_id, st.request_id, st.allocation_id, o.arrived_minute, s.status
               FROM occupancy o JOIN stay st ON st.id = o.stay_id
               JOIN bed_status_version s ON s.bed_id = o.bed_id
               WHERE NOT o.void AND s.status = 'closed' AND s.start_minute <= o.arrived_minute
                 AND (s.end_minute IS NULL OR s.end_minute > o.arrived_minute) AND {_STATUS_BEFORE}
                 AND s.recorded_microsecond < o.arrived_minute * {MICROSECONDS_PER_MINUTE}"""
        )
    )
    waived = _Overrides(connection, "bed_open")
    for row in found:
        names = (row.request_id, row.allocation_id, row.stay_id, row.bed_id)
        if not waived.covers(names, row.arrived_minute):
            yield (row.id,), str(row.detail)


def _stay_without_occupancy(connection: Connection) -> Found:
    """Who is said to occupy a bed lies in exactly that bed, and the other way round."""
    return _ones(
        connection,
        """SELECT s.id AS id, 'occupying, recorded in the bed ' || count(o.id) || ' times' AS detail
           FROM stay s LEFT JOIN occupancy o
             ON o.stay_id = s.id AND o.bed_id = s.bed_id AND o.left_minute IS NULL AND NOT o.void
           WHERE s.state = 'occupying' GROUP BY s.id HAVING count(o.id) <> 1
           UNION ALL
           SELECT o.id, 'lies there for a stay that is ' || s.state
           FROM occupancy o JOIN stay s ON s.id = o.stay_id
           WHERE o.left_minute IS NULL AND NOT o.void AND s.state <> 'occupying'""",
    )


# --- rooms ------------------------------------------------------------------------------------------------
def _mixed_room(connection: Connection) -> Found:
    """Two sexes at once in a room that is not for both, or the other sex in a fixed room; not overridden."""
    lying = f"""SELECT s.id, s.bed_id, s.request_id, s.allocation_id, s.person_id, s.start_minute,
                       s.end_minute, p.sex, r.id AS room_id, r.sex_policy
                FROM stay s JOIN person p ON p.id = s.person_id JOIN bed b ON b.id = s.bed_id
                JOIN room r ON r.id = b.room_id
                WHERE (s.state IN {LIVE} OR s.state = 'left') AND s.with_stay_id IS NULL
                  AND r.sex_policy <> 'mixed'"""
    waived = _Overrides(connection, "room_sex")
    rooms: dict[str, list[Any]] = {}
    for row in connection.execute(text(lying + " ORDER BY r.id, s.start_minute, s.id")):
        rooms.setdefault(row.room_id, []).append(row)
    for stays in rooms.values():
        yield from _mixed(stays, waived)


def _mixed(stays: list[Any], waived: _Overrides) -> Found:
    for place, one in enumerate(stays):
        fixed = one.sex_policy in ("female", "male")
        if fixed and one.sex != one.sex_policy and not _waived(one, one, waived):
            yield (one.id,), f"sex {one.sex} in a {one.sex_policy} room"
        for other in stays[place + 1 :]:
            if other.start_minute >= one.end_minute:
                break
            differ = one.sex != other.sex or "unknown" in (one.sex, other.sex)
            apart = one.bed_id != other.bed_id and one.person_id != other.person_id
            if not fixed and differ and apart and not _waived(one, other, waived):
                yield (one.id, other.id), f"{one.sex} and {other.sex} from {other.start_minute} on"


def _waived(one: Any, other: Any, waived: _Overrides) -> bool:
    names = (one.request_id, one.allocation_id, one.id, other.request_id, other.allocation_id, other.id)
    return waived.covers((*names, one.bed_id, other.bed_id), other.start_minute)


# --- equipment --------------------------------------------------------------------------------------------
def _unit_taken_twice(connection: Connection) -> Found:
    """With transport before and turnaround after each use, worked out here from the places."""
    before = """(CASE WHEN {k}.kind = 'maintenance' OR {u}h.id = {u}t.id THEN 0 ELSE
                 si.transport_base_minutes + abs({u}h.floor - {u}t.floor) * si.transport_floor_minutes
                 + CASE WHEN {u}h.building <> {u}t.building
                        THEN si.transport_building_minutes ELSE 0 END END)"""
    after = "(CASE WHEN {k}.kind = 'maintenance' THEN 0 ELSE ty.turnaround_minutes END)"
    a = before.format(k="a", u="a"), after.format(k="a")
    b = before.format(k="b", u="b"), after.format(k="b")
    return _pairs(
        connection,
        f"""SELECT a.id AS a, b.id AS b, a.start_minute AS a_start, a.end_minute AS a_end,
                   b.start_minute AS b_start, b.end_minute AS b_end
            FROM unit_booking a JOIN unit_booking b ON a.unit_id = b.unit_id AND a.id < b.id
            JOIN unit u ON u.id = a.unit_id JOIN equipment_type ty ON ty.id = u.type_id
            JOIN ward ah ON ah.id = u.ward_id JOIN ward at ON at.id = a.ward_id
            JOIN ward bh ON bh.id = u.ward_id JOIN ward bt ON bt.id = b.ward_id
            JOIN site si ON si.id = ah.site_id
            WHERE a.state = 'active' AND b.state = 'active'
              AND a.start_minute - {a[0]} < b.end_minute + {b[1]}
              AND b.start_minute - {b[0]} < a.end_minute + {a[1]}""",
    )


def _unusable_unit(connection: Connection) -> Found:
    return _ones(
        connection,
        """SELECT k.id AS id, u.state AS detail FROM unit_booking k JOIN unit u ON u.id = k.unit_id
           WHERE k.state = 'active' AND k.kind = 'use' AND NOT k.pinned AND k.allocation_id IS NOT NULL
             AND u.state IN ('broken', 'recalled', 'maintenance')""",
    )


# --- drugs ------------------------------------------------------------------------------------------------
def _lot_over_reserved(connection: Connection) -> Found:
    return _ones(
        connection,
        """SELECT b.lot_id AS id, 'reserved ' || coalesce(sum(r.quantity), 0) || ' of ' || b.on_hand AS detail
           FROM lot_balance b LEFT JOIN lot_reservation r ON r.lot_id = b.lot_id AND r.state = 'reserved'
           GROUP BY b.lot_id, b.on_hand, b.reserved
           HAVING coalesce(sum(r.quantity), 0) > b.on_hand OR coalesce(sum(r.quantity), 0) <> b.reserved
              OR b.on_hand < 0""",
    )


def _lot_unusable(connection: Connection) -> Found:
    return _ones(
        connection,
        """SELECT r.id AS id,
                  CASE WHEN l.state <> 'available' THEN l.state
                       ELSE 'expires ' || l.expires_minute END AS detail
           FROM lot_reservation r JOIN lot l ON l.id = r.lot_id JOIN allocation a ON a.id = r.allocation_id
           WHERE a.state IN ('placed', 'confirmed') AND r.state = 'reserved'
             AND (l.state <> 'available' OR l.expires_minute < r.use_until_minute)
           UNION ALL
           SELECT r.id, 'dispensed after ' || l.expires_minute
           FROM lot_reservation r JOIN lot l ON l.id = r.lot_id
           WHERE r.state = 'dispensed' AND l.expires_minute <= r.changed_minute""",
    )


def _known_allergy(connection: Connection) -> Found:
    """A drug of a substance the person was known to be allergic to when it was given."""
    for row in _given(connection, "lot_reservation"):
        if row.substance in _document(row.allergies):
            yield (row.id,), f"substance of {row.drug_id}"


def _incompatible_blood(connection: Connection) -> Found:
    """Blood that was matched for somebody else, or whose antigens the recipient lacks."""
    for row in _given(connection, "lot_reservation"):
        if row.handling != "blood":
            continue
        lacking = _antigens(row.donor) - _antigens(row.recipient or "O-")
        if row.crossmatched_for != row.person_id or row.donor is None or lacking:
            yield (row.id,), f"lot {row.lot_id}"


def _given(connection: Connection, table: str) -> Iterable[Any]:
    """Reservations with the person as known when the allocation was made."""
    return connection.execute(
        text(
            f"""SELECT g.id, g.lot_id, d.id AS drug_id, d.substance, d.handling, l.blood_group AS donor,
                      l.crossmatched_for, v.allergies, v.blood_group AS recipient, v.id AS person_id
               FROM {table} g JOIN lot l ON l.id = g.lot_id JOIN drug d ON d.id = l.drug_id
               JOIN allocation a ON a.id = g.allocation_id JOIN person_version v ON v.id = a.person_id
               WHERE g.state <> 'released' AND {_AS_KNOWN}"""
        )
    )


_AS_KNOWN = """v.version = (SELECT max(w.version) FROM person_version w JOIN allocation_version f
               ON f.id = a.id AND f.version = 1
               WHERE w.id = a.person_id AND w.recorded_microsecond <= f.recorded_microsecond)"""


def _antigens(group: str | None) -> set[str]:
    if group is None:
        return set()
    return (set(group[:-1]) - {"O"}) | ({"D"} if group.endswith("+") else set())


# --- decisions --------------------------------------------------------------------------------------------
def _unsuitable_room(connection: Connection) -> Found:
    """Airborne isolation, known when the bed was given, outside negative pressure; not overridden."""
    waived = _Overrides(connection, "isolation_room")
    for row in _decisions(connection):
        airborne = "airborne" in _document(row.isolation)
        offered = _document(row.room_features) + _document(row.bed_features)
        if airborne and "negative_pressure" not in offered and not _decision_waived(row, waived):
            yield (row.id,), f"room {row.room_id}"


def _excluded_room(connection: Connection) -> Found:
    waived = _Overrides(connection, "room_excluded")
    for row in _decisions(connection):
        excluded = _document(row.needs)["excluded_room_ids"]
        if row.room_id in excluded and not _decision_waived(row, waived):
            yield (row.id,), f"room {row.room_id}"


def _too_heavy(connection: Connection) -> Found:
    for row in _decisions(connection):
        if row.weight_kg > row.max_weight_kg:
            yield (row.id,), f"{row.weight_kg} kg in a bed for {row.max_weight_kg} kg"


def _decisions(connection: Connection) -> Iterable[Any]:
    return connection.execute(
        text(
            f"""SELECT a.id, a.request_id, a.bed_id, a.start_minute, r.id AS room_id,
                      r.features AS room_features, b.features AS bed_features, b.max_weight_kg,
                      q.needs, v.isolation, v.weight_kg
               FROM allocation a JOIN request q ON q.id = a.request_id JOIN bed b ON b.id = a.bed_id
               JOIN room r ON r.id = b.room_id JOIN person_version v ON v.id = a.person_id
               WHERE a.state <> 'released' AND {_AS_KNOWN}"""
        )
    )


def _decision_waived(row: Any, waived: _Overrides) -> bool:
    return waived.covers((row.id, row.request_id, row.bed_id), row.start_minute)


def _lost_request(connection: Connection) -> Found:
    """A request that says it is placed has an allocation in force with a stay; an unplaced one says what
    next."""
    return _ones(
        connection,
        f"""SELECT q.id AS id, q.state || ' without an allocation' AS detail FROM request q
            WHERE q.state IN ('placed', 'confirmed', 'arrived') AND NOT EXISTS
              (SELECT 1 FROM allocation a WHERE a.request_id = q.id AND a.state <> 'released')
            UNION ALL
            SELECT a.id, 'in force without a stay' FROM allocation a JOIN request q ON q.id = a.request_id
            WHERE q.state IN ('placed', 'confirmed', 'arrived') AND a.state <> 'released' AND NOT EXISTS
              (SELECT 1 FROM stay s WHERE s.allocation_id = a.id AND s.state IN {LIVE})
            UNION ALL
            SELECT q.id, 'unplaced and nobody to call' FROM request q WHERE q.state = 'unplaced'
              AND (q.decide_again_minute IS NULL OR q.fallback IS NULL OR q.call IS NULL)
            UNION ALL
            SELECT a.id, 'in force for a request that is ' || q.state
            FROM allocation a JOIN request q ON q.id = a.request_id
            WHERE a.state <> 'released' AND q.state IN ('unplaced', 'released')""",
    )


def _audit_chain(connection: Connection) -> Found:
    for sentence in verify_chain(connection).breaks:
        yield ("audit",), sentence


def _document(stored: Any) -> Any:
    """A JSON column read by plain SQL: text in SQLite, parsed already in PostgreSQL."""
    return orjson.loads(stored) if isinstance(stored, str) else stored


class _Overrides:
    """The overrides of one rule, by what they name."""

    def __init__(self, connection: Connection, rule_id: str) -> None:
        statement = text("SELECT * FROM rule_override WHERE rule_id = :rule")
        self._by_subject: dict[str, list[Any]] = {}
        for row in connection.execute(statement, {"rule": rule_id}):
            self._by_subject.setdefault(row.subject_id, []).append(row)

    def covers(self, subjects: Iterable[str | None], minute: int) -> bool:
        """Whether one of these was excepted from the rule at a minute."""
        return any(
            row.start_minute <= minute < row.until_minute
            for subject in subjects
            if subject is not None
            for row in self._by_subject.get(subject, ())
        )


CHECKS: dict[str, Callable[[Connection], Found]] = {
    "bed_promised_twice": _bed_promised_twice,
    "two_in_one_bed": _two_in_one_bed,
    "one_in_two_beds": _one_in_two_beds,
    "arrived_in_dirty_bed": _arrived_in_dirty_bed,
    "arrived_while_closed": _arrived_while_closed,
    "stay_without_occupancy": _stay_without_occupancy,
    "mixed_room": _mixed_room,
    "unit_taken_twice": _unit_taken_twice,
    "unusable_unit": _unusable_unit,
    "lot_over_reserved": _lot_over_reserved,
    "lot_unusable": _lot_unusable,
    "known_allergy": _known_allergy,
    "incompatible_blood": _incompatible_blood,
    "unsuitable_room": _unsuitable_room,
    "excluded_room": _excluded_room,
    "too_heavy": _too_heavy,
    "lost_request": _lost_request,
    "audit_chain": _audit_chain,
}
"""Every fact that is recounted, by name."""
