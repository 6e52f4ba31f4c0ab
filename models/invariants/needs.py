# ruff: noqa: S608 (statements are put together from the constants of this file and common.py only)
"""That no need is lost, and that a hold ends at its time."""

from __future__ import annotations

from sqlalchemy import Connection

from models.clock import CLOCK_ACTOR, MICROSECONDS_PER_MINUTE
from models.invariants.common import LIVE, Found, ones


def lost_request(connection: Connection) -> Found:
    """A request that says it is placed has an allocation in force with a stay; an unplaced one says what
    next."""
    return ones(
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


TICK_MINUTES = 2
"""A tick that is recorded so long after a hold's end was decided after it."""


def lapsed_hold(connection: Connection) -> Found:
    """A hold that still stands although the clock has ticked after its end. Overdue steps are looked for
    and the stock is looked at in its name too, between the ticks."""
    return ones(
        connection,
        f"""SELECT q.id AS id, 'held until ' || (q.needs ->> 'held_until') AS detail FROM request q
            WHERE (CAST(q.needs ->> 'held_until' AS BIGINT) + {TICK_MINUTES}) * {MICROSECONDS_PER_MINUTE} <=
                (SELECT max(l.recorded_microsecond) FROM audit_line l
                WHERE l.actor = '{CLOCK_ACTOR}'
                AND l.action NOT IN ('step.overdue', 'stock.alert', 'stock.alert_over'))""",
    )
