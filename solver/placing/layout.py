"""How placing lies in memory: the arrays its kernels read, grouped by what they describe.

Indices are positions in these arrays: b bed, r room, w ward, s stay slot. Times are minutes, int64. Bit sets are
int64. ``FAR`` stands for "never" (as an end) and is larger than any minute.
"""

from typing import Final, NamedTuple

from solver.engine.types import Bool, Int32, Int64

FAR: Final = 1 << 40

FLOOR: Final = 0
"""Series of ``Cover.slack``: floor shares of nurses on duty less floor shares needed."""
TARGET: Final = 1
"""Nurses on duty less target shares needed."""
FIRST_POOL: Final = 2
"""Telemetry channels, dialysis points, oxygen flow: capacity less draw."""
FIRST_SKILL: Final = 5
"""From here one series a skill: shares of nurses on duty who have it less floor shares of those who need it."""


class Places(NamedTuple):
    """Beds, rooms, wards.

    Per bed (n_beds,): room, ward, kind (code), features (its own and the room's), special (scarce features not of
    the room), care_level, max_weight, staffed, extra (an extra bed), clean_from (minute it is clean; 0 when clean),
    opens, closes (both 0: always open). closed_from, closed_until (n_beds, width) with closed_count: minutes out
    of use by status or by a block of bed, room or ward.
    Per room: sex_policy (code), pressure (has an isolation feature), single, air_minutes (air clearance),
    room_features; beds of room r: room_beds[room_ptr[r] : room_ptr[r + 1]].
    Per ward: age_from, age_until, any_age; beds of ward w: ward_beds[ward_ptr[w] : ward_ptr[w + 1]];
    floor_shares, target_shares (5, n_wards): nurse shares by care level 0-3, row 4 one to one.
    utc_offset (1,): minutes to add to reach local time.
    """

    room: Int64
    ward: Int64
    kind: Int64
    features: Int64
    special: Int64
    care_level: Int64
    max_weight: Int64
    staffed: Bool
    extra: Bool
    clean_from: Int64
    opens: Int64
    closes: Int64
    closed_from: Int64
    closed_until: Int64
    closed_count: Int64
    sex_policy: Int64
    pressure: Bool
    single: Bool
    air_minutes: Int64
    room_features: Int64
    room_ptr: Int64
    room_beds: Int64
    age_from: Int64
    age_until: Int64
    any_age: Bool
    ward_ptr: Int64
    ward_beds: Int64
    floor_shares: Int64
    target_shares: Int64
    utc_offset: Int64


class Stays(NamedTuple):
    """Stays in slots (n_slots,), and the slots of each bed: of_bed[b, : of_bed_count[b]], in no order.

    start, end, free_from (end plus turnaround), person, sex (code, -1 for a companion: exempt from pair rules),
    isolation (bit set), cohort (code, -1 none), exposure (code, 0 none), pinned, predicted.
    """

    start: Int64
    end: Int64
    free_from: Int64
    person: Int64
    sex: Int64
    isolation: Int64
    cohort: Int64
    exposure: Int64
    pinned: Bool
    predicted: Bool
    of_bed: Int64
    of_bed_count: Int64


class Cover(NamedTuple):
    """Per ward, series and minute: what is there less what is taken; see the series' names above.

    slack   int32 (n_wards, n_series, n_minutes)  column 0 is the minute ``window[0]``
    balance int32 (n_wards, n_hours)  4/5 of the nurses on duty less target shares needed, at full hours;
                                      column 0 is the first full hour at or after ``window[0]``
    window  int64 (3,)                first minute of the grid, now, end of the cover horizon
    """

    slack: Int32
    balance: Int32
    window: Int64


class Ask(NamedTuple):
    """One request, compiled against the present hospital.

    base, step, latest, needed_by, duration: minutes. active: bit set of the hard rules that count. care_row: row
    of the share tables. speciality_differs (n_wards,). skills: series indices, -1 for a skill nobody has.
    pool_draw (3,). apart: persons (indices) to keep away from. excluded: rooms (indices). companion_kinds: bit set
    of bed kinds for the companion, 0 for none. published: bed index, -1 for none.
    """

    base: int
    step: int
    latest: int
    needed_by: int
    duration: int
    active: int
    person: int
    born: int
    born_known: bool
    sex: int
    weight: int
    isolation: int
    cohort: int
    exposure: int
    antigens: int
    falls_risk: bool
    end_of_life: bool
    cleaning_minutes: int
    features: int
    special_needed: int
    care_level: int
    care_row: int
    companion_kinds: int
    published: int
    night_matters: bool
    delay_price: int
    speciality_differs: Bool
    skills: Int64
    pool_draw: Int64
    apart: Int64
    excluded: Int64


class Scratch(NamedTuple):
    """Space that kernels write to and callers read answers from.

    first_start, static_cost (n_beds,); ward_lower, ward_from (n_wards,); ward_cost (n_wards * n_starts,);
    supply (n_starts,), first start from here on with units and lots;
    unit, unit_price (places,); lot_need, lot, lot_quantity (places,); found (5,): bed, start, companion bed, cost,
    lot places used.
    """

    first_start: Int64
    static_cost: Int64
    ward_lower: Int64
    ward_from: Int64
    ward_cost: Int64
    supply: Int64
    unit: Int64
    unit_price: Int64
    lot_need: Int64
    lot: Int64
    lot_quantity: Int64
    found: Int64
