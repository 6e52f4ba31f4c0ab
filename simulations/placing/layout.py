"""How a hospital under simulation lies in memory, beside the arrays of ``solver.placing`` that decisions read.

A row is one patient: first those of the census, then who asks for a bed, in the order of asking. Times are minutes.
"""

from typing import Final, NamedTuple

from solver.engine.types import Int64
from solver.placing.layout import Ask

FUTURE, WAITING, BOOKED, LYING, LEFT, REFUSED = range(6)
"""States of a row."""

ASK, LEAVE, EXPECT, OVERDUE, TICK, COME = range(6)
"""Kinds of events, in the order in which they happen at one minute."""
KINDS: Final = 8

HEAP, SEQUENCE, NOW, LINE, SERVED, BOOKINGS, PRESENT = range(7)
WAITERS, TRACES, FULL, DECISIONS, LOGGED, FREED, ROUND, ROLLED, UNSETTLED = range(7, 16)
"""Columns of ``Play.counter``: events pending, their sequence, the minute; rows of ``line`` and how many of them have
had their turn; rows of ``booked``, ``present``, ``waiting`` and ``trace``; whether an array is full; decisions taken;
rows of ``log``; whether somebody left since the last round over who waits, and its minute; whether the cover grid is
new; rows of the census not laid down."""
COUNTERS: Final = 16

NEWCOMER, HIT, AGAIN, WAITS, LATE = range(5)
"""What a turn is for: who asks, whose booking may no longer hold, who has lost it, who waits, who has a late place."""

BASE: Final = Ask._fields.index("base")
LATEST: Final = Ask._fields.index("latest")
NEEDED_BY: Final = Ask._fields.index("needed_by")
DURATION: Final = Ask._fields.index("duration")
PERSON: Final = Ask._fields.index("person")
BORN: Final = Ask._fields.index("born")
PUBLISHED: Final = Ask._fields.index("published")

PRODUCTION, IN_ORDER = range(2)
"""How a bed is chosen: as the service does, or the first of a list."""

LOG_COLUMNS: Final = 5


class Play(NamedTuple):
    """What happens and who is where.

    Events int64 (room for events,): times, keys, whats (kind + KINDS * row); counter int64 (COUNTERS,).
    Per row int64 (n,): state; what is asked: asked, needed_by, wait, duration, priority; the truth: lasts (minutes in
    bed), notice (minutes before leaving at which the discharge is ordered, 0: never), gives_up (minute);
    what became of it: end (forecast), due (minute of the coming that counts, -1 none), came, left, refused
    (-1: not yet), changes (of the bundle before coming); at: position in the list its state belongs to.
    waiting, booked, present int64 (n,): rows in these states, in no order. line, turn, why int64 (n,): who has a turn,
    in order, and what for.
    trace int64 (room, 3): unit, from, until of uses that are over but for their turnaround.
    habits int64 (3,): minutes between two looks at the waiting list, minutes until who found no ready bed comes
    again, minutes by which an end that has passed moves forward.
    log int64 (room, LOG_COLUMNS): minute, row, bed (-1: none), start, a number made of units and lots; empty unless
    asked for.
    """

    times: Int64
    keys: Int64
    whats: Int64
    counter: Int64
    state: Int64
    asked: Int64
    needed_by: Int64
    wait: Int64
    duration: Int64
    priority: Int64
    lasts: Int64
    notice: Int64
    gives_up: Int64
    end: Int64
    due: Int64
    came: Int64
    left: Int64
    refused: Int64
    changes: Int64
    at: Int64
    waiting: Int64
    booked: Int64
    present: Int64
    line: Int64
    turn: Int64
    why: Int64
    trace: Int64
    habits: Int64
    log: Int64


class Choosing(NamedTuple):
    """The placing policy.

    kind int64 (1,): ``PRODUCTION`` or ``IN_ORDER``. order int64 (n_orders, n_beds): beds, the first to be taken first;
    which int64 (n,): the order that counts for a row. kept_free int64 (n_wards,): beds of a ward that stay free of who
    is not urgent; urgent int64 (1,): priorities up to this one may take them. first_come int64 (1,): whether the
    waiting list is gone over in order of asking. buffer int64 (n_beds,), free int64 (n_wards,): space.
    """

    kind: Int64
    order: Int64
    which: Int64
    kept_free: Int64
    urgent: Int64
    first_come: Int64
    buffer: Int64
    free: Int64
