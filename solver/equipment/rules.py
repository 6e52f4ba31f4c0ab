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
