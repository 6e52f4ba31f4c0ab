"""The catalogue of admissions: every rule once.

The hard and soft rules of the Integrated Healthcare Timetabling Competition 2024, by the numbers its rules give them.
The weight of a soft rule here is a usual one of its public instances; what counts is the weight the problem states.
"""

from __future__ import annotations

from typing import Final

from solver.engine.rule import Level, Rule

SOURCE: Final = "Ceschia et al., The Integrated Healthcare Timetabling Competition 2024"


def _hard(rule_id: str, number: str, unit: str, english: str, chinese: str) -> Rule:
    return Rule(rule_id, Level.OVERRIDABLE, unit, f"{SOURCE}, {number}", english, chinese)


def _soft(rule_id: str, number: str, unit: str, weight: int, english: str, chinese: str) -> Rule:
    return Rule(rule_id, Level.SOFT, unit, f"{SOURCE}, {number}", english, chinese, weight)


GENDER_MIX: Final = _hard(
    "room_gender_mix",
    "H1",
    "person and day",
    "A room holds one gender on a day.",
    "同一病房同日仅收同一性别。",
)
INCOMPATIBLE_ROOM: Final = _hard(
    "incompatible_room",
    "H2",
    "patient",
    "Nobody lies in a room that is not for them.",
    "患者不得入住不相容的病房。",
)
SURGEON_OVERTIME: Final = _hard(
    "surgeon_overtime",
    "H3",
    "minute",
    "No surgeon operates longer than a day allows.",
    "外科医生手术时长不得超限。",
)
THEATRE_OVERTIME: Final = _hard(
    "theatre_overtime",
    "H4",
    "minute",
    "No theatre is used longer than it is open.",
    "手术室使用不得超过开放时间。",
)
MANDATORY: Final = _hard(
    "mandatory_unscheduled",
    "H5",
    "patient",
    "Every mandatory patient is admitted.",
    "必须收治的患者均须收治。",
)
ADMISSION_DAY: Final = _hard(
    "admission_day",
    "H6",
    "patient",
    "Nobody is admitted before release or after the due day.",
    "入院日须在许可期内。",
)
ROOM_CAPACITY: Final = _hard(
    "room_capacity",
    "H7",
    "person and day",
    "A room holds no more people than beds.",
    "病房人数不得超过床位数。",
)
NURSE_PRESENCE: Final = _hard(
    "nurse_presence", "H8", "shift", "A nurse works rostered shifts only.", "护士仅在已排班次工作。"
)
UNCOVERED_ROOM: Final = _hard(
    "uncovered_room",
    "H9",
    "room and shift",
    "A room with people in it has a nurse.",
    "有人入住的病房须有护士。",
)
ONE_NURSE: Final = _hard(
    "one_nurse_a_room",
    "rules",
    "nurse",
    "A room has no two nurses in a shift.",
    "同一班次每间病房只有一名护士。",
)

MIXED_AGE: Final = _soft(
    "room_mixed_age", "S1", "age group", 5, "People of a room are of like age.", "同室患者年龄应相近。"
)
NURSE_SKILL: Final = _soft(
    "room_nurse_skill",
    "S2",
    "level",
    5,
    "A nurse has the skill that people need.",
    "护士技能应符合患者所需。",
)
CONTINUITY: Final = _soft(
    "continuity_of_care", "S3", "nurse", 5, "Few nurses look after one person.", "每位患者的护士应尽量少。"
)
WORKLOAD: Final = _soft(
    "excessive_workload", "S4", "load", 5, "No nurse has more work than agreed.", "护士工作量不应超限。"
)
OPEN_THEATRE: Final = _soft(
    "open_theatre", "S5", "theatre and day", 30, "Few theatres are opened.", "应少开手术室。"
)
SURGEON_TRANSFER: Final = _soft(
    "surgeon_transfer",
    "S6",
    "theatre",
    5,
    "A surgeon stays in one theatre on a day.",
    "外科医生同日应在同一手术室。",
)
PATIENT_DELAY: Final = _soft("patient_delay", "S7", "day", 10, "Patients do not wait.", "患者不应等待。")
UNSCHEDULED: Final = _soft(
    "unscheduled_optional", "S8", "patient", 350, "Optional patients are admitted too.", "可选患者亦应收治。"
)

MOVED: Final = Rule(
    "moved_admission",
    Level.SOFT,
    "patient",
    "those who were told",
    "Patients stay where an earlier plan has them.",
    "患者应按先前方案安排。",
    20,
)
"""No rule of the competition: it holds where a problem says how patients stand by an earlier plan, at its prices."""

CATALOGUE: Final = (
    GENDER_MIX,
    INCOMPATIBLE_ROOM,
    SURGEON_OVERTIME,
    THEATRE_OVERTIME,
    MANDATORY,
    ADMISSION_DAY,
    ROOM_CAPACITY,
    NURSE_PRESENCE,
    UNCOVERED_ROOM,
    ONE_NURSE,
    MIXED_AGE,
    NURSE_SKILL,
    CONTINUITY,
    WORKLOAD,
    OPEN_THEATRE,
    SURGEON_TRANSFER,
    PATIENT_DELAY,
    UNSCHEDULED,
)
