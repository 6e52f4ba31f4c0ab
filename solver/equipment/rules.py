"""The rules about units of equipment."""

from __future__ import annotations

from typing import Final

from solver.engine.rule import Level, Rule

UNIT_FREE: Final = Rule(
    "unit_free",
    Level.ABSOLUTE,
    "pair of bookings",
    "one unit serves one person at a time; IEC 62353 checks and cleaning between uses",
    "A unit serves one booking at a time, with transport before and turnaround after it.",
    "一台设备同一时间只能服务一个预约，前有运送、后有周转。",
)
UNIT_USABLE: Final = Rule(
    "unit_usable",
    Level.ABSOLUTE,
    "unit",
    "FDA 21 CFR 806 (recalls); maintenance policy",
    "A unit that is broken, recalled or in maintenance is not given out.",
    "损坏、召回或维护中的设备不得分配。",
)
UNIT_TYPE: Final = Rule(
    "unit_type",
    Level.ABSOLUTE,
    "unit",
    "the request; substitutes approved by the equipment manager",
    "Each unit is of the type asked for or of an approved substitute, and as many as asked for.",
    "设备须为所需类型或经批准的替代类型，数量须足。",
)
UNIT_LENT: Final = Rule(
    "unit_lent",
    Level.OVERRIDABLE,
    "unit",
    "ward ownership; lending needs the owner's agreement",
    "A ward's own unit serves another ward only if its owner lends it.",
    "病区自有设备须经所属病区同意方可外借。",
)
UNIT_DISTANCE: Final = Rule(
    "unit_distance",
    Level.SOFT,
    "minute of transport",
    "assumed: a porter's minute costs about a routine patient's minute of waiting",
    "Units come from near by.",
    "优先就近调配设备。",
    1_000,
)
UNIT_SUBSTITUTE: Final = Rule(
    "unit_substitute",
    Level.SOFT,
    "step down the list of substitutes",
    "assumed",
    "The type asked for is better than a substitute.",
    "优先使用所需类型而非替代设备。",
    15_000,
)

RULES: Final = (UNIT_FREE, UNIT_USABLE, UNIT_TYPE, UNIT_LENT, UNIT_DISTANCE, UNIT_SUBSTITUTE)

BOOKING_WINDOW: Final = Rule(
    "booking_window",
    Level.ABSOLUTE,
    "booking",
    "the request: earliest and latest start; the plan's horizon",
    "A booking starts neither before its earliest nor after its latest start, and ends by the horizon.",
    "预约的开始时间不得早于最早时间，也不得晚于最晚时间，并须在计划期内结束。",
)
UNIT_MAINTAINED: Final = Rule(
    "unit_maintained",
    Level.ABSOLUTE,
    "booking",
    "IEC 62353; the maintenance plan",
    "A unit is neither used nor cleaned while it is away for maintenance.",
    "设备维护期间不得使用，也不得清洁。",
)
BOOKING_SERVED: Final = Rule(
    "booking_served",
    Level.SOFT,
    "unserved booking, times its priority",
    "the instance's weights; assumed where it gives none",
    "A booking is served, the more urgent the dearer to leave out.",
    "预约应得到满足，越紧急的预约未满足代价越高。",
    300,
)
BOOKING_WAIT: Final = Rule(
    "booking_wait",
    Level.SOFT,
    "minute after the earliest start, times the priority",
    "the instance's weights; assumed where it gives none",
    "A booking starts as early as it may.",
    "预约应尽早开始。",
    1,
)
UNIT_TRANSPORT: Final = Rule(
    "unit_transport",
    Level.SOFT,
    "minute of transport",
    "the instance's weights; assumed where it gives none",
    "Units are carried little from ward to ward.",
    "尽量减少设备在病区之间的运送。",
    1,
)
EVERY_BOOKING_SERVED: Final = Rule(
    "every_booking_served",
    Level.ABSOLUTE,
    "booking",
    "Krishnamoorthy, Ernst, Baatar 2012: every job is done",
    "A fleet serves each of its bookings.",
    "设备组须满足每一个预约。",
)
FLEET_SIZE: Final = Rule(
    "fleet_size",
    Level.SOFT,
    "unit",
    "Krishnamoorthy, Ernst, Baatar 2012: as few as possible",
    "A fleet has as few units as serve its bookings.",
    "设备组的设备数量应尽可能少。",
    1,
)

KIT_TOGETHER: Final = Rule(
    "kit_together",
    Level.ABSOLUTE,
    "kit",
    "the request: a pump without its stand is of no use",
    "The parts of a kit are given together at one minute, or none of them.",
    "成套设备须同时提供全部部件，否则一件也不提供。",
)

PLAN_RULES: Final = (
    UNIT_FREE,
    UNIT_MAINTAINED,
    UNIT_TYPE,
    BOOKING_WINDOW,
    KIT_TOGETHER,
    BOOKING_SERVED,
    BOOKING_WAIT,
    UNIT_TRANSPORT,
)
"""What holds for a plan of bookings that have windows."""

FLEET_RULES: Final = (UNIT_FREE, UNIT_TYPE, EVERY_BOOKING_SERVED, FLEET_SIZE)
"""What holds for a fleet that serves bookings of fixed times."""
