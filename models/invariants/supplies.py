# ruff: noqa: S608 (statements are put together from the constants of this file and common.py only)
"""Units of equipment and lots of drugs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from models.clock import MICROSECONDS_PER_MINUTE
from models.invariants.common import AS_KNOWN, Found, Overrides, Profiles, document, ones, pairs


def unit_taken_twice(connection: Connection) -> Found:
    """With transport before and turnaround after each use, worked out here from the places."""
    before = """(CASE WHEN {k}.kind = 'maintenance' OR {u}h.id = {u}t.id THEN 0 ELSE
                 si.transport_base_minutes + abs({u}h.floor - {u}t.floor) * si.transport_floor_minutes
                 + CASE WHEN {u}h.building <> {u}t.building
                        THEN si.transport_building_minutes ELSE 0 END END)"""
    after = "(CASE WHEN {k}.kind = 'maintenance' THEN 0 ELSE ty.turnaround_minutes END)"
    a = before.format(k="a", u="a"), after.format(k="a")
    b = before.format(k="b", u="b"), after.format(k="b")
    return pairs(
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


def unusable_unit(connection: Connection) -> Found:
    """A unit that is broken, recalled or in maintenance is promised to somebody."""
    return ones(
        connection,
        """SELECT k.id AS id, u.state AS detail FROM unit_booking k JOIN unit u ON u.id = k.unit_id
           WHERE k.state = 'active' AND k.kind = 'use' AND NOT k.pinned AND k.allocation_id IS NOT NULL
             AND u.state IN ('broken', 'recalled', 'maintenance')""",
    )


def lot_over_reserved(connection: Connection) -> Found:
    """More is reserved of a lot than there is, or its balance says something else."""
    return ones(
        connection,
        """SELECT b.lot_id AS id, 'reserved ' || coalesce(sum(r.quantity), 0) || ' of ' || b.on_hand AS detail
           FROM lot_balance b LEFT JOIN lot_reservation r ON r.lot_id = b.lot_id AND r.state = 'reserved'
           GROUP BY b.lot_id, b.on_hand, b.reserved
           HAVING coalesce(sum(r.quantity), 0) > b.on_hand OR coalesce(sum(r.quantity), 0) <> b.reserved
              OR b.on_hand < 0""",
    )


def stock_not_its_moves(connection: Connection) -> Found:
    """What a lot's balance says is on hand is not what its moves, less what was dispensed, come to."""
    return ones(
        connection,
        """SELECT s.lot_id AS id, s.on_hand || ' on hand, moves come to ' || s.come_to AS detail
           FROM (SELECT b.lot_id, b.on_hand,
                        coalesce((SELECT sum(m.quantity) FROM lot_move m WHERE m.lot_id = b.lot_id), 0)
                        - coalesce((SELECT sum(r.quantity) FROM lot_reservation r
                                    WHERE r.lot_id = b.lot_id AND r.state = 'dispensed'), 0) AS come_to
                 FROM lot_balance b) s
           WHERE s.on_hand <> s.come_to""",
    )


def lot_unusable(connection: Connection) -> Found:
    """Something is reserved, or was dispensed, from a lot that may not be used then."""
    return ones(
        connection,
        """WITH lasting AS (
             SELECT l.id, l.state, l.expires_minute - CASE WHEN c.minimum_minutes_left > 1
                    THEN c.minimum_minutes_left - 1 ELSE 0 END AS usable_until
             FROM lot l LEFT JOIN lot_card c ON c.lot_id = l.id)
           SELECT r.id AS id,
                  CASE WHEN l.state <> 'available' THEN l.state
                       ELSE 'given out until ' || l.usable_until END AS detail
           FROM lot_reservation r JOIN lasting l ON l.id = r.lot_id JOIN allocation a ON a.id = r.allocation_id
           WHERE a.state IN ('placed', 'confirmed') AND r.state = 'reserved'
             AND (l.state <> 'available' OR l.usable_until < r.use_until_minute)
           UNION ALL
           SELECT r.id, 'dispensed after ' || l.usable_until
           FROM lot_reservation r JOIN lasting l ON l.id = r.lot_id
           WHERE r.state = 'dispensed' AND l.usable_until <= r.changed_minute
           UNION ALL
           SELECT r.id, 'dispensed when ' || v.state
           FROM lot_reservation r JOIN lot_version v ON v.id = r.lot_id
           WHERE r.state = 'dispensed' AND v.state <> 'available' AND v.version =
             (SELECT max(w.version) FROM lot_version w
              WHERE w.id = v.id AND w.recorded_microsecond < r.recorded_microsecond)""",
    )


def wrong_drug(connection: Connection) -> Found:
    """Not the drug asked for or an approved equivalent, or not the quantity asked for.

    What was taken back because its lot may not be used was given all the same: that too little is left is a mishap.
    """
    given: dict[str, list[Any]] = {}
    for row in connection.execute(text(_RESERVED)):
        given.setdefault(row.allocation_id, []).append(row)
        if not row.approved:
            yield (row.id,), f"{row.drug_id} for {row.need_drug_id}"
    for row in connection.execute(text(_ASKED)):
        needs = {need["drug_id"]: need["quantity"] for need in document(row.needs).get("drugs", ())}
        reserved = given.get(row.id, [])
        for drug_id in sorted({*needs, *(r.need_drug_id for r in reserved)}):
            here = [r for r in reserved if r.need_drug_id == drug_id]
            ever = sum(r.quantity for r in here)
            left = sum(r.quantity for r in here if r.state != "released")
            asked = needs.get(drug_id, 0)
            if ever < asked or left > asked:
                yield (row.id,), f"{ever} {drug_id}, {left} of it left, for {asked}"


_RESERVED = """
    SELECT r.id, r.allocation_id, r.need_drug_id, r.quantity, r.state, l.drug_id,
           l.drug_id = r.need_drug_id OR EXISTS (SELECT 1 FROM drug_equivalent e
             WHERE e.drug_id = r.need_drug_id AND e.equivalent_id = l.drug_id) AS approved
    FROM lot_reservation r JOIN lot l ON l.id = r.lot_id
    WHERE r.allocation_id IS NOT NULL ORDER BY r.id"""

_ASKED = """SELECT a.id, q.needs FROM allocation a JOIN request q ON q.id = a.request_id ORDER BY a.id"""


def foreign_cabinet(connection: Connection) -> Found:
    """A lot of another ward's cabinet; not overridden."""
    waived, profiles = Overrides(connection, "lot_place"), Profiles(connection)
    found = connection.execute(
        text(
            """SELECT g.id, g.allocation_id, a.request_id, a.bed_id, l.ward_id, v.recorded_microsecond AS known
               FROM lot_reservation g JOIN lot l ON l.id = g.lot_id JOIN allocation a ON a.id = g.allocation_id
               JOIN bed b ON b.id = a.bed_id JOIN room r ON r.id = b.room_id
               JOIN allocation_version v ON v.id = a.id AND v.version = 1
               WHERE l.ward_id IS NOT NULL AND l.ward_id <> r.ward_id"""
        )
    )
    for row in found:
        names = (row.allocation_id, row.request_id, row.bed_id)
        excused = waived.covers(names, row.known // MICROSECONDS_PER_MINUTE)
        if not excused and not profiles.off("lot_place", row.known):
            yield (row.id,), f"cabinet of {row.ward_id}"


def known_allergy(connection: Connection) -> Found:
    """A drug of a substance the person was known to be allergic to when it was given."""
    for row in _given(connection, "lot_reservation"):
        if row.substance in document(row.allergies):
            yield (row.id,), f"substance of {row.drug_id}"


def incompatible_blood(connection: Connection) -> Found:
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
               WHERE g.state <> 'released' AND {AS_KNOWN}"""
        )
    )


def _antigens(group: str | None) -> set[str]:
    if group is None:
        return set()
    return (set(group[:-1]) - {"O"}) | ({"D"} if group.endswith("+") else set())
