"""The catalogue of stays: every rule once. What one public family forbids and another prices exists twice, hard and
soft; the weight of a soft rule is the usual one of its source, what counts is the price that the problem states.
"""

from __future__ import annotations

from typing import Final

from solver.engine.rule import Level, Rule

PAS: Final = (
    "Demeester et al., A hybrid tabu search algorithm for automatically assigning patients to beds (2010)"
)
OR_PAS: Final = "Ceschia and Schaerf, Dynamic patient admission scheduling with operating rooms (2016)"
PRA: Final = "Brandt, Buesing, Engelhardt, Patient-to-room assignment with single rooms"


def _hard(rule_id: str, unit: str, source: str, english: str, chinese: str, absolute: bool = False) -> Rule:
    return Rule(rule_id, Level.ABSOLUTE if absolute else Level.OVERRIDABLE, unit, source, english, chinese)


def _soft(rule_id: str, unit: str, weight: int, source: str, english: str, chinese: str) -> Rule:
    return Rule(rule_id, Level.SOFT, unit, source, english, chinese, weight)


PLACED: Final = _hard("placed", "patient", PAS, "Every patient has a place.", "每位患者均有床位。")
WHOLE_STAY: Final = _hard(
    "whole_stay",
    "day",
    OR_PAS,
    "A patient who is placed stays all their days, one after the other, in one place a day.",
    "已安排的患者须连续住满全部天数，且每天仅在一处。",
    True,
)
CAPACITY: Final = _hard(
    "capacity", "patient-day", PAS, "No room holds more than it has beds.", "病房人数不得超过床位数。", True
)
WINDOW: Final = _hard(
    "admission_window",
    "day",
    OR_PAS,
    "Nobody is admitted before the planned day or after the latest.",
    "入院日不得早于计划日或晚于最迟日。",
)
NEEDED: Final = _hard(
    "needed_property",
    "patient-day",
    OR_PAS,
    "The room has what the patient needs.",
    "病房须具备患者必需的设施。",
)
DEPARTMENT: Final = _hard(
    "department",
    "patient-day",
    OR_PAS,
    "The department offers the patient's specialism.",
    "科室须能提供患者所需专科。",
)
AGE: Final = _hard(
    "age", "patient-day", OR_PAS, "The department admits the patient's age.", "患者年龄须符合科室限制。"
)
ONE_SEX: Final = _hard(
    "one_sex", "room-day", PRA, "A room holds one sex at a time.", "同一病房同时只收治同一性别。"
)
THEATRE_SPECIALISM: Final = _hard(
    "theatre_of_specialism",
    "minute",
    OR_PAS,
    "A specialism's planned surgery keeps within its slots and their overtime.",
    "各专科择期手术不得超出时段及允许加班。",
)
THEATRE_DAY: Final = _hard(
    "theatre_of_day",
    "minute",
    OR_PAS,
    "A day's surgery keeps within all slots and their overtime.",
    "每日手术总量不得超出全部时段及允许加班。",
)

NEEDED_WANTED: Final = _soft(
    "needed_property_wanted",
    "patient-day",
    50,
    PAS,
    "The room has what the patient needs.",
    "病房应具备患者必需的设施。",
)
AGE_WANTED: Final = _soft(
    "age_wanted",
    "patient-day",
    100,
    PAS,
    "The department admits the patient's age.",
    "患者年龄应符合科室限制。",
)
DEPARTMENT_WANTED: Final = _soft(
    "department_wanted",
    "patient-day",
    10,
    PAS,
    "The department offers the patient's specialism.",
    "科室应能提供患者所需专科。",
)
AUXILIARY: Final = _soft(
    "auxiliary_department",
    "patient-day",
    20,
    OR_PAS,
    "The specialism is a main one of the department.",
    "专科应为科室主专科。",
)
SECOND_PRIORITY: Final = _soft(
    "second_priority",
    "patient-day",
    10,
    PAS,
    "The room serves the specialism best.",
    "病房应最适合该专科。",
)
NO_PRIORITY: Final = _soft(
    "no_priority", "patient-day", 20, PAS, "The room serves the specialism.", "病房应适合该专科。"
)
PREFERRED: Final = _soft(
    "preferred_property", "property-day", 20, PAS, "The room has what is preferred.", "病房应具备期望的设施。"
)
SIZE: Final = _soft(
    "room_size", "patient-day", 8, PAS, "The room is no larger than preferred.", "病房不应大于期望。"
)
FIXED_SEX: Final = _soft(
    "room_of_other_sex",
    "patient-day",
    50,
    PAS,
    "Rooms for one sex hold that sex.",
    "单一性别病房应收治该性别。",
)
MIXED: Final = _soft(
    "mixed_room", "room-day", 50, PAS, "A room holds one sex at a time.", "同室应为同一性别。"
)
TRANSFER: Final = _soft(
    "transfer",
    "transfer",
    110,
    PAS,
    "Patients stay in the room in which they are.",
    "患者应留在原病房。",
)
DELAY: Final = _soft(
    "delay", "day", 5, OR_PAS, "Patients are admitted on the planned day.", "患者应按计划日入院。"
)
RISK: Final = _soft(
    "overstay_risk",
    "bed-day",
    1,
    OR_PAS,
    "Beds are enough even if all stay on who may.",
    "即使可能延期者全部延期，床位仍应足够。",
)
OVERTIME: Final = _soft(
    "overtime", "minute", 3, OR_PAS, "Surgery keeps within its slots.", "手术应在时段内完成。"
)
IDLE_THEATRE: Final = _soft(
    "idle_theatre", "minute", 10, OR_PAS, "Theatre slots are used.", "手术时段应得到使用。"
)
IDLE_BEDS: Final = _soft("idle_beds", "bed-day", 20, OR_PAS, "Beds are used.", "床位应得到使用。")
SHARED_PRIVATE: Final = _soft(
    "shared_private",
    "patient-day",
    1000,
    PRA,
    "Private patients lie alone.",
    "单间患者应独居一室。",
)

CATALOGUE: Final = (
    PLACED,
    WHOLE_STAY,
    CAPACITY,
    WINDOW,
    NEEDED,
    DEPARTMENT,
    AGE,
    ONE_SEX,
    THEATRE_SPECIALISM,
    THEATRE_DAY,
    NEEDED_WANTED,
    AGE_WANTED,
    DEPARTMENT_WANTED,
    AUXILIARY,
    SECOND_PRIORITY,
    NO_PRIORITY,
    PREFERRED,
    SIZE,
    FIXED_SEX,
    MIXED,
    TRANSFER,
    DELAY,
    RISK,
    OVERTIME,
    IDLE_THEATRE,
    IDLE_BEDS,
    SHARED_PRIVATE,
)
