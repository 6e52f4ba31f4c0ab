# ruff: noqa: S608 (statements are put together from the constants of this file and common.py only)
"""Beds and rooms: who is promised what, who lies where, and who shares a room."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from models.clock import MICROSECONDS_PER_MINUTE
from models.invariants.common import LIVE, Found, Overrides, Profiles, ones, pairs


def bed_promised_twice(connection: Connection) -> Found:
    """Two live stays of one bed overlap."""
    return pairs(
        connection,
        f"""SELECT a.id AS a, b.id AS b, a.start_minute AS a_start, a.end_minute AS a_end,
                   b.start_minute AS b_start, b.end_minute AS b_end
            FROM stay a JOIN stay b ON a.bed_id = b.bed_id AND a.id < b.id
            WHERE a.state IN {LIVE} AND b.state IN {LIVE}
              AND a.start_minute < b.end_minute AND b.start_minute < a.end_minute""",
    )


def two_in_one_bed(connection: Connection) -> Found:
    """Two people lay in one bed at the same time."""
    return _occupancies_overlap(connection, "a.bed_id = b.bed_id")


def one_in_two_beds(connection: Connection) -> Found:
    """One person lay in two beds at the same time."""
    return _occupancies_overlap(
        connection, "a.person_id = b.person_id AND NOT a.companion AND NOT b.companion"
    )


def _occupancies_overlap(connection: Connection, same: str) -> Found:
    return pairs(
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


def arrived_in_dirty_bed(connection: Connection) -> Found:
    """Somebody arrived in a bed that was known not to be clean."""
    return ones(
        connection,
        f"""SELECT o.id AS id, s.status AS detail
            FROM occupancy o JOIN bed_status_version s ON s.bed_id = o.bed_id
            WHERE NOT o.void AND s.start_minute <= o.arrived_minute AND {_STATUS_BEFORE}
              AND (s.end_minute IS NULL OR s.end_minute > o.arrived_minute)
              AND (s.clean_at > o.arrived_minute
                   OR (s.clean_at IS NULL AND s.status IN ('housekeeping', 'contaminated')))""",
    )


def arrived_while_closed(connection: Connection) -> Found:
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
    waived, profiles = Overrides(connection, "bed_open"), Profiles(connection)
    for row in found:
        names = (row.request_id, row.allocation_id, row.stay_id, row.bed_id)
        off = profiles.off("bed_open", row.arrived_minute * MICROSECONDS_PER_MINUTE)
        if not off and not waived.covers(names, row.arrived_minute):
            yield (row.id,), str(row.detail)


def stay_without_occupancy(connection: Connection) -> Found:
    """Who is said to occupy a bed lies in exactly that bed, and the other way round."""
    return ones(
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


def companion_without_patient(connection: Connection) -> Found:
    """A cot or carer's bed that is kept for somebody who has left, or lies in another room."""
    return ones(
        connection,
        f"""SELECT c.id AS id, 'accompanies a stay that is ' || s.state AS detail
            FROM stay c JOIN stay s ON s.id = c.with_stay_id JOIN bed cb ON cb.id = c.bed_id
            JOIN bed sb ON sb.id = s.bed_id
            WHERE c.state IN {LIVE} AND (s.state NOT IN {LIVE} OR cb.room_id <> sb.room_id)""",
    )


def mixed_room(connection: Connection) -> Found:
    """Two sexes at once in a room that is not for both, or the other sex in a fixed room; not overridden."""
    # Who is on the way lies nowhere yet; the arrival is judged by who lies there then.
    lying = """SELECT s.id, s.bed_id, s.request_id, s.allocation_id, s.person_id, s.start_minute,
                       s.end_minute, p.sex, r.id AS room_id, r.sex_policy,
                       COALESCE(v.recorded_microsecond, s.recorded_microsecond) AS known
                FROM stay s JOIN person p ON p.id = s.person_id JOIN bed b ON b.id = s.bed_id
                JOIN room r ON r.id = b.room_id LEFT JOIN stay_version v ON v.id = s.id AND v.version = 1
                WHERE s.state IN ('booked', 'occupying', 'left') AND s.with_stay_id IS NULL
                  AND r.sex_policy <> 'mixed'"""
    waived, profiles = Overrides(connection, "room_sex"), Profiles(connection)
    rooms: dict[str, list[Any]] = {}
    for row in connection.execute(text(lying + " ORDER BY r.id, s.start_minute, s.id")):
        if not profiles.off("room_sex", row.known):
            rooms.setdefault(row.room_id, []).append(row)
    for stays in rooms.values():
        yield from _mixed(stays, waived)


def _mixed(stays: list[Any], waived: Overrides) -> Found:
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


def _waived(one: Any, other: Any, waived: Overrides) -> bool:
    names = (one.request_id, one.allocation_id, one.id, other.request_id, other.allocation_id, other.id)
    minutes = (other.start_minute, *(stay.known // MICROSECONDS_PER_MINUTE for stay in (one, other)))
    # What was given under an override stands when that is over; who comes is judged anew.
    return any(waived.covers((*names, one.bed_id, other.bed_id), minute) for minute in minutes)
