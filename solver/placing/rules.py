"""The catalogue of placing: every rule once, in the order that gives each its number.

``CATALOGUE`` joins the rules of beds, people and cover with those of equipment and pharmacy. A rule's place in it is
its bit in the kernels' masks. What each rule counts is said exactly in its ``unit`` and, where that is not enough, in
the comment above it; referee, kernels and CP-SAT implement the same words apart from each other. But what keeps a lot
of a drug from somebody, ``solver.pharmacy.rules_of_lots`` says for all who read records.
"""

from __future__ import annotations

from typing import Final

from solver.engine.rule import Level, Profile, Rule
from solver.equipment import rules as equipment
from solver.hospital import Priority
from solver.pharmacy import rules as pharmacy

# --- beds ---------------------------------------------------------------------------------------------------
BED_FREE: Final = Rule(
    "bed_free",
    Level.ABSOLUTE,
    "pair of stays",
    "one patient, one bed",
    "One person at a time lies in a bed.",
    "一张床位同一时间只能有一位患者。",
)
# Between two stays of a bed lies the turnaround after the earlier person; before the first, ``Bed.clean_at``.
BED_CLEAN: Final = Rule(
    "bed_clean",
    Level.ABSOLUTE,
    "stay",
    "CDC Guidelines for Environmental Infection Control (2003), table B.1 for air clearance",
    "A stay starts only when the bed is clean after whoever left it.",
    "床位完成终末清洁（及空气净化）后方可使用。",
)
# Closed: status closed, contaminated or isolated without ``clean_at``; blocks of bed, room and ward; opening hours.
BED_OPEN: Final = Rule(
    "bed_open",
    Level.OVERRIDABLE,
    "stay",
    "HL7 table 0116; ward and bay closures (infection control)",
    "The bed, its room and its ward are open during the whole stay.",
    "住院期间床位、病室及病区均须开放。",
)
BED_STAFFED: Final = Rule(
    "bed_staffed",
    Level.OVERRIDABLE,
    "stay",
    "funded establishment",
    "The bed is one of the staffed beds.",
    "床位须为已配备人员的床位。",
)
BED_KIND: Final = Rule(
    "bed_kind",
    Level.OVERRIDABLE,
    "stay",
    "assumed: seats and trolleys up to 12 hours; cots under 3 years, incubators under 1",
    "The kind of bed suits the length of the stay and the age.",
    "床位类型须适合停留时长与年龄。",
)
BED_FEATURES: Final = Rule(
    "bed_features",
    Level.OVERRIDABLE,
    "missing feature",
    "the request",
    "The bed or its room has every feature that is needed.",
    "床位或病室须具备所需设施。",
)
BED_WEIGHT: Final = Rule(
    "bed_weight",
    Level.ABSOLUTE,
    "stay",
    "safe working load, IEC 60601-2-52",
    "The person weighs no more than the bed carries.",
    "患者体重不得超过床位承重。",
)
CARE_LEVEL: Final = Rule(
    "care_level",
    Level.OVERRIDABLE,
    "level",
    "Intensive Care Society, Levels of Adult Critical Care (2021)",
    "The bed gives at least the level of care that is needed.",
    "床位须能提供所需的监护级别。",
)
ROOM_EXCLUDED: Final = Rule(
    "room_excluded",
    Level.OVERRIDABLE,
    "stay",
    "the request",
    "The room is none of those the request excludes.",
    "不得安排在申请排除的病室。",
)
# --- people -------------------------------------------------------------------------------------------------
WARD_AGE: Final = Rule(
    "ward_age",
    Level.OVERRIDABLE,
    "stay",
    "age policy of the ward (paediatric, maternity, elderly)",
    "The ward takes people of this age.",
    "病区须接收该年龄的患者。",
)
# Fixed rooms: one per stay of another or unknown sex. Rooms set by the first: one per overlapping pair whose sexes
# differ or are not both known. Mixed rooms: none. Stays that accompany another never count.
ROOM_SEX: Final = Rule(
    "room_sex",
    Level.OVERRIDABLE,
    "stay or pair of stays",
    "NHS England, Delivering same-sex accommodation (2019)",
    "Rooms and bays are shared by one sex only.",
    "同一病室只收治同一性别的患者。",
)
# One per missing feature: airborne: negative pressure; protective: positive pressure; both: an anteroom as well.
ISOLATION_ROOM: Final = Rule(
    "isolation_room",
    Level.OVERRIDABLE,
    "missing feature",
    "CDC Guideline for Isolation Precautions (2007)",
    "Airborne isolation has negative pressure, protective isolation positive pressure, both an anteroom.",
    "空气隔离须负压，保护性隔离须正压，两者兼有须设前室。",
)
# One per overlapping pair in a room where either needs isolation, unless both are of the same confirmed, not
# empty cohort and neither is protective. Stays that accompany another never count.
ISOLATION_COHORT: Final = Rule(
    "isolation_cohort",
    Level.OVERRIDABLE,
    "pair of stays",
    "CDC Guideline for Isolation Precautions (2007)",
    "An isolated person shares a room only with the same confirmed organism.",
    "隔离患者只能与同一确诊病原体的患者同室。",
)
# One per overlapping pair in a room whose ``exposed_to`` differ. Stays that accompany another never count.
EXPOSURE_COHORT: Final = Rule(
    "exposure_cohort",
    Level.OVERRIDABLE,
    "pair of stays",
    "CDC Guideline for Isolation Precautions (2007)",
    "A person exposed to an infection shares a room only with people exposed to the same.",
    "暴露者只能与相同暴露者同室。",
)
KEEP_APART: Final = Rule(
    "keep_apart",
    Level.OVERRIDABLE,
    "pair of stays",
    "safeguarding orders",
    "People who must not be near each other do not share a room.",
    "须相互回避者不得同室。",
)
COMPANION_PLACE: Final = Rule(
    "companion_place",
    Level.ABSOLUTE,
    "request",
    "mother and baby are one atomic pair; carers stay with those who need them",
    "The baby's cot or the carer's bed is in the same room, for the same time.",
    "婴儿床或陪护床须同室同时安排。",
)
# --- cover: within the cover horizon of the snapshot -------------------------------------------------------
NURSING_FLOOR: Final = Rule(
    "nursing_floor",
    Level.OVERRIDABLE,
    "minute of a ward and 1/120 nurse missing",
    "California Title 22 section 70217, or the hospital's own ratios",
    "At every minute the ward has the nurses its patients must have.",
    "每一分钟病区护士数均不低于最低配比。",
)
SKILL_ON_DUTY: Final = Rule(
    "skill_on_duty",
    Level.OVERRIDABLE,
    "minute of a ward and skill, and 1/120 nurse missing",
    "the request; competence policy",
    "At every minute nurses with the needed skill are on duty for those who need it.",
    "每一分钟均有具备所需技能的护士在岗。",
)
WARD_POOL: Final = Rule(
    "ward_pool",
    Level.ABSOLUTE,
    "minute of a ward and pool, and channel, point or litre missing",
    "telemetry channels, dialysis points, oxygen supply of the ward",
    "The ward's shared channels, points and oxygen flow suffice at every minute.",
    "病区共享的遥测通道、透析位与供氧量须始终充足。",
)
# --- soft ---------------------------------------------------------------------------------------------------
NURSING_TARGET: Final = Rule(
    "nursing_target",
    Level.SOFT,
    "minute and 1/120 nurse missing",
    "the hospital's target ratios",
    "Nurses are there as targeted.",
    "护士数达到目标配比。",
    2,
)
# Counted at every full hour (minute divisible by 60): spreads load before it hurts, at a sixtieth of the price.
NURSING_BALANCE: Final = Rule(
    "nursing_balance",
    Level.SOFT,
    "full hour and 1/120 nurse needed above four fifths of those on duty",
    "assumed",
    "Load is spread over the wards.",
    "各病区护理负荷均衡。",
    10,
)
SPECIALITY: Final = Rule(
    "speciality",
    Level.SOFT,
    "stay",
    "assumed; outliers stay longer (Stylianou et al. 2017)",
    "Patients lie on a ward of their speciality.",
    "患者应住在本专科病区。",
    60_000,
)
SCARCE_CARE_LEVEL: Final = Rule(
    "scarce_care_level",
    Level.SOFT,
    "level above the need",
    "assumed",
    "Critical-care beds are kept for those who need them.",
    "重症床位留给需要者。",
    50_000,
)
SCARCE_ISOLATION: Final = Rule(
    "scarce_isolation",
    Level.SOFT,
    "stay",
    "assumed",
    "Isolation rooms are kept for those who need them.",
    "隔离病室留给需要者。",
    50_000,
)
SCARCE_FEATURE: Final = Rule(
    "scarce_feature",
    Level.SOFT,
    "feature not needed",
    "assumed",
    "Beds with special features are kept for those who need them.",
    "特殊设施床位留给需要者。",
    3_000,
)
SCARCE_SINGLE: Final = Rule(
    "scarce_single",
    Level.SOFT,
    "stay",
    "assumed",
    "Single rooms are kept for those who need them.",
    "单人病室留给需要者。",
    15_000,
)
SINGLE_ROOM: Final = Rule(
    "single_room",
    Level.SOFT,
    "stay",
    "NICE NG142: end of life care, preference for a single room",
    "At the end of life a single room is better.",
    "临终患者优先安排单人病室。",
    120_000,
)
OBSERVATION_BED: Final = Rule(
    "observation_bed",
    Level.SOFT,
    "stay",
    "NICE CG161: falls in older people",
    "Who may fall lies where nurses see them.",
    "有跌倒风险者安排在便于观察的床位。",
    15_000,
)
PREDICTED_DEPARTURE: Final = Rule(
    "predicted_departure",
    Level.SOFT,
    "stay",
    "assumed",
    "A bed that is free now is better than one whose occupant is only predicted to leave.",
    "已空出的床位优于仅预测将空出的床位。",
    25_000,
)
EXTRA_BED: Final = Rule(
    "extra_bed",
    Level.SOFT,
    "stay",
    "assumed",
    "Extra beds are the last resort.",
    "加床为最后手段。",
    150_000,
)
STABILITY: Final = Rule(
    "stability",
    Level.SOFT,
    "stay in another bed than published",
    "assumed",
    "A published decision changes only for a good reason.",
    "已公布的安排无充分理由不变更。",
    50_000,
)
NIGHT_TRANSFER: Final = Rule(
    "night_transfer",
    Level.SOFT,
    "transfer",
    "NICE CG50: avoid transfers out of critical care between 22:00 and 07:00",
    "Nobody is moved between 22:00 and 07:00 without clinical need.",
    "22:00 至次日 07:00 无临床需要不转移患者。",
    100_000,
)

DELAY: Final = {
    Priority.EMERGENCY: Rule(
        "delay_emergency",
        Level.SOFT,
        "minute",
        "assumed: 100 times a routine minute",
        "Emergencies do not wait.",
        "急诊患者不等待。",
        100_000,
    ),
    Priority.URGENT: Rule(
        "delay_urgent",
        Level.SOFT,
        "minute",
        "assumed: 20 times a routine minute",
        "Urgent patients hardly wait.",
        "紧急患者尽量少等。",
        20_000,
    ),
    Priority.SOON: Rule(
        "delay_soon",
        Level.SOFT,
        "minute",
        "assumed: 4 times a routine minute",
        "Patients needed soon wait briefly.",
        "较急患者短时等待。",
        4_000,
    ),
    Priority.ROUTINE: Rule(
        "delay_routine",
        Level.SOFT,
        "minute",
        "the yardstick of all prices",
        "Routine patients wait no longer than they must.",
        "常规患者等待尽量短。",
        1_000,
    ),
}
UNPLACED: Final = {
    Priority.EMERGENCY: Rule(
        "unplaced_emergency",
        Level.SOFT,
        "request",
        "assumed: a day's delay on top of the longest wait",
        "Every emergency is placed.",
        "每位急诊患者均须安置。",
        156_000_000,
    ),
    Priority.URGENT: Rule(
        "unplaced_urgent",
        Level.SOFT,
        "request",
        "assumed: a day's delay on top of the longest wait",
        "Every urgent patient is placed.",
        "每位紧急患者均须安置。",
        33_600_000,
    ),
    Priority.SOON: Rule(
        "unplaced_soon",
        Level.SOFT,
        "request",
        "assumed: a day's delay on top of the longest wait",
        "Every patient needed soon is placed.",
        "每位较急患者均须安置。",
        7_680_000,
    ),
    Priority.ROUTINE: Rule(
        "unplaced_routine",
        Level.SOFT,
        "request",
        "assumed: a day's delay on top of the longest wait",
        "Every routine patient is placed.",
        "每位常规患者均须安置。",
        2_160_000,
    ),
}

CATALOGUE: Final[tuple[Rule, ...]] = (
    BED_FREE,
    BED_CLEAN,
    BED_OPEN,
    BED_STAFFED,
    BED_KIND,
    BED_FEATURES,
    BED_WEIGHT,
    CARE_LEVEL,
    ROOM_EXCLUDED,
    WARD_AGE,
    ROOM_SEX,
    ISOLATION_ROOM,
    ISOLATION_COHORT,
    EXPOSURE_COHORT,
    KEEP_APART,
    COMPANION_PLACE,
    NURSING_FLOOR,
    SKILL_ON_DUTY,
    WARD_POOL,
    *(rule for rule in (*equipment.RULES, *pharmacy.RULES) if rule.level is not Level.SOFT),
    NURSING_TARGET,
    NURSING_BALANCE,
    SPECIALITY,
    SCARCE_CARE_LEVEL,
    SCARCE_ISOLATION,
    SCARCE_FEATURE,
    SCARCE_SINGLE,
    SINGLE_ROOM,
    OBSERVATION_BED,
    PREDICTED_DEPARTURE,
    EXTRA_BED,
    STABILITY,
    NIGHT_TRANSFER,
    *(rule for rule in (*equipment.RULES, *pharmacy.RULES) if rule.level is Level.SOFT),
    *DELAY.values(),
    *UNPLACED.values(),
)
"""Hard rules first; a rule's place is its number and its bit."""

RULES: Final[dict[str, Rule]] = {rule.id: rule for rule in CATALOGUE}
NUMBER: Final[dict[str, int]] = {rule.id: number for number, rule in enumerate(CATALOGUE)}
HARD: Final[tuple[Rule, ...]] = tuple(rule for rule in CATALOGUE if rule.level is not Level.SOFT)
SOFT: Final[tuple[Rule, ...]] = tuple(rule for rule in CATALOGUE if rule.level is Level.SOFT)

DEFAULT_PROFILE: Final = Profile()
