"""How admissions lie in memory: the arrays that the kernels read and write, all int32 unless told otherwise.

Indices: p person (patients first, occupants behind them), r room, t theatre, u surgeon, n nurse, d day, s shift of the
horizon, k skill level. ``-1`` as a day: not admitted.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

INSERT, REMOVE, DAY, ROOM, THEATRE, PLACE, SWAP, REPLACE = range(8)
NURSE, NURSE_SWAP, NURSE_RUN = 8, 9, 10
KINDS: Final = (
    "insert", "remove", "day", "room", "theatre", "place", "swap", "replace", "nurse", "nurse_swap", "nurse_run",
)  # fmt: skip
PATIENT_KINDS: Final = 8
PEOPLE, MINUTES, SOFT = 0, 1, 2
"""Columns of ``Plan.total``: people too many or of the other gender, by days; minutes of overtime; cost."""
SPARE_BEDS: Final = 3
"""So many people over its beds a room may hold during the search, each at a price."""


class Tables(NamedTuple):
    """A problem, frozen.

    weights (8,): in the order of ``Weights``. size (8,): patients, rooms, theatres, surgeons, nurses, days, skill
    levels, all people. need (p, 10): gender, age, stay, release, last day, minutes, surgeon, optional, the most that
    soft rules other than delay can charge for them, the most of it for nurses. work, skill (p, longest stay in
    shifts). room_first (p + 1,), room_list: rooms a patient may have. day_first (p + 1,), day_list: days on which
    surgeon and a theatre have the minutes. beds (r,). surgeon_minutes (u, d). theatre_minutes (t, d). nurse_skill
    (n,). most_load (n, d). duty_first (s + 1,), duty_list: nurses on duty. on_shift (n, d): the shift of the day a
    nurse works, or -1. case_first (u + 1,), case_list: patients of a surgeon. standing (p, 4): day, room and theatre
    by an earlier plan (-1: none, and of a theatre: any), and the price of being elsewhere.
    """

    weights: Any
    size: Any
    need: Any
    work: Any
    skill: Any
    room_first: Any
    room_list: Any
    day_first: Any
    day_list: Any
    beds: Any
    surgeon_minutes: Any
    theatre_minutes: Any
    nurse_skill: Any
    most_load: Any
    duty_first: Any
    duty_list: Any
    on_shift: Any
    case_first: Any
    case_list: Any
    standing: Any


class Plan(NamedTuple):
    """A plan and what is counted of it.

    day, room, theatre (p,). nurse (r, s). genders (r, d, 2). ages (r, d, age groups). people (r, d, most),
    there (r, d). room_load (r, s). lack (r, s, k): missing levels if a nurse of level k were there. load (n, d). met
    (p, n): shifts. surgeon_used (u, d). theatre_used (t, d), theatre_cases (t, d). pair_cases (u, d, t).
    total int64 (3,).
    """

    day: Any
    room: Any
    theatre: Any
    nurse: Any
    genders: Any
    ages: Any
    people: Any
    there: Any
    room_load: Any
    lack: Any
    load: Any
    met: Any
    surgeon_used: Any
    theatre_used: Any
    theatre_cases: Any
    pair_cases: Any
    total: Any


class Trial(NamedTuple):
    """Room for one move: who (2,), and where they come from and go to, (2, 3) each: day, room, theatre; changes
    (days, 3): room, shift, nurse before; stamp (n,), token (1,); counts int64 (kinds, 2): tried, taken. hot float64
    (4,): temperature of patients' moves, price of a person too many for a day, price of a minute of overtime,
    temperature of nurses' moves."""

    who: Any
    source: Any
    target: Any
    changes: Any
    stamp: Any
    token: Any
    counts: Any
    hot: Any
