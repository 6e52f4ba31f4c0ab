"""How stays lie in memory: the arrays that the kernels read and write, int32 unless told otherwise.

Indices: p patient, r room, d day, x specialism with theatre slots, k day of a stay, g profile (what a
patient needs from a room under one specialism). ``-1`` as a start or a room: left out.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

ROOM, SWAP, PART, SHIFT, TRADE, BUMP, INSERT, REPLACE = range(8)
KINDS: Final = ("room", "swap", "part", "shift", "trade", "bump", "insert", "replace")
SEX, STAY, FIRST, LATEST, RISK, PRIVATE, SPECIALISM, MINUTES, SURGERY, PLANNED = range(10)
"""Columns of ``Tables.need``; sex 1 is female, ``SURGERY`` the day of the stay, ``PLANNED`` 0 for the urgent."""
MIXED, BY_PERSON, ONE_SEX, OVERSTAY, SHARED, TRANSFER, DELAY, OVERTIME, CROWD, OUT = range(10)
"""Columns of ``Tables.price``; ``ONE_SEX`` and what follows ``OVERTIME`` are in hard units."""
HARD, SOFT = 0, 1
"""Columns of ``Plan.total``: hard units broken, cost of the soft rules."""
HARD_UNITS: Final = 100
"""Of a patient-day too many in a room, of a room-day with both sexes where that is forbidden, of who is left out."""
MINUTE_UNITS: Final = 20
"""Hard units of a minute of surgery beyond what overtime allows: dearer than an idle minute at every price."""
SPARE_BEDS: Final = 3
"""So many people over its beds a room may hold during the search, each at a price."""
OLD_START, BEGIN, END, OLD_ROOM, NEW_START, NEW_ROOM = range(6)
"""Columns of ``Trial.party``: days ``BEGIN`` to ``END`` of a stay, all in one room, go to another or to other days."""


class Tables(NamedTuple):
    """A problem, frozen.

    size (5,): patients, rooms, days, specialisms, longest stay. need (p, 10). home (p,): room on the day before, or -1.
    profile (p, longest). fit (g, r): cost of a day. allowed uint8 (p, r). room_first (p + 1,), room_list: rooms a
    patient may have, the most promising first. beds, same (r,). price (10,). idle_bed, idle_minute (d,): what an
    unused one costs. slots, most (x, d), day_slots, day_most (d,): minutes.
    """

    size: Any
    need: Any
    home: Any
    profile: Any
    fit: Any
    allowed: Any
    room_first: Any
    room_list: Any
    beds: Any
    same: Any
    price: Any
    idle_bed: Any
    idle_minute: Any
    slots: Any
    most: Any
    day_slots: Any
    day_most: Any


class Plan(NamedTuple):
    """A plan and what is counted of it.

    start (p,). place (p, longest): rooms. there, women, privates (r, d). might (r, d + 1): who may overstay into the
    day. people (r, d, most). used (x, d), busy (d,): minutes of planned surgery, of all. total int64 (2,).
    """

    start: Any
    place: Any
    there: Any
    women: Any
    privates: Any
    might: Any
    people: Any
    used: Any
    busy: Any
    total: Any


class Trial(NamedTuple):
    """Room for one move.

    who (2,), party (2, 6). turn (2, 7): room; who goes, from which day, to which; who comes, from which day, to which;
    -1 is nobody, and a last day that ends a stay is written ``-1 - day``. counts int64 (kinds, 2): tried, taken. hot
    float64 (2,): temperature, price of a hard unit.
    """

    who: Any
    party: Any
    turn: Any
    counts: Any
    hot: Any
