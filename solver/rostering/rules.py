"""The catalogue of rostering: every rule once.

A limit of a contract is hard or priced, as the hospital has it, so each exists twice: under the name of the hard rule
and under the soft one's. The weight of a soft rule is the usual one of INRC-II (Ceschia et al., Annals of Operations
Research 274, 2019); what counts is the price that the problem states.
"""

from __future__ import annotations

from typing import Final

from solver.engine.rule import Level, Rule

CURTOIS: Final = "Curtois and Qu, Computational results on new staff scheduling benchmark instances (2014)"
INRC2: Final = "Ceschia et al., The second international nurse rostering competition (2019)"


def _hard(rule_id: str, unit: str, source: str, english: str, chinese: str, absolute: bool = False) -> Rule:
    level = Level.ABSOLUTE if absolute else Level.OVERRIDABLE
    return Rule(rule_id, level, unit, source, english, chinese)


def _soft(rule_id: str, unit: str, weight: int, source: str, english: str, chinese: str) -> Rule:
    return Rule(rule_id, Level.SOFT, unit, source, english, chinese, weight)


ONE_SHIFT: Final = _hard(
    "one_shift_a_day", "shift", CURTOIS, "Nobody works two shifts on one day.", "每人每天至多一个班次。", True
)
SKILL: Final = _hard(
    "skill", "shift", INRC2, "Who works with a skill has it.", "承担某项技能工作者须具备该技能。", True
)
SUCCESSION: Final = _hard(
    "succession",
    "pair of days",
    CURTOIS,
    "After some shifts others may not follow on the next day: the rest between them is too short.",
    "某些班次次日不得接续特定班次（休息不足）。",
)
DAYS_OFF: Final = _hard(
    "days_off", "shift", CURTOIS, "Nobody works on a granted day off.", "已批准的休息日不得排班。"
)
MOST_OF_SHIFT: Final = _hard(
    "most_of_shift",
    "shift",
    CURTOIS,
    "Nobody works a shift type more often than agreed.",
    "各班次次数不得超过约定上限。",
)
LEAST_COVER: Final = _hard(
    "least_cover", "person", INRC2, "Every shift has its least number of people.", "每个班次须满足最低人数。"
)
MINUTES: Final = _hard(
    "minutes", "minute", CURTOIS, "Working time lies within the contract.", "工作时长须在合同范围内。"
)
SHIFTS_HARD: Final = _hard(
    "shifts",
    "shift",
    "contract",
    "The number of shifts lies within the contract.",
    "班次总数须在合同范围内。",
)
WORKED_RUN_HARD: Final = _hard(
    "worked_run",
    "day",
    CURTOIS,
    "Days worked in a row are neither too many nor too few.",
    "连续工作天数须在限定范围内。",
)
OFF_RUN_HARD: Final = _hard(
    "off_run",
    "day",
    CURTOIS,
    "Days off in a row are neither too many nor too few.",
    "连续休息天数须在限定范围内。",
)
SAME_RUN_HARD: Final = _hard(
    "same_shift_run",
    "day",
    "contract",
    "Days in a row with the same shift are neither too many nor too few.",
    "同一班次连续天数须在限定范围内。",
)
WEEKENDS_HARD: Final = _hard(
    "weekends", "weekend", CURTOIS, "Nobody works more weekends than agreed.", "工作周末数不得超过约定上限。"
)

UNDER_COVER: Final = _soft(
    "under_cover", "person", 30, INRC2, "Shifts have the people wanted.", "班次应达到期望人数。"
)
OVER_COVER: Final = _soft(
    "over_cover", "person", 1, CURTOIS, "Shifts have no more people than wanted.", "班次人数不应超过期望。"
)
WISH_ON: Final = _soft("wish_on", "wish", 1, CURTOIS, "Wishes to work a shift are kept.", "应满足上班意愿。")
WISH_OFF: Final = _soft("wish_off", "wish", 10, INRC2, "Wishes not to work are kept.", "应满足休息意愿。")
WORKED_RUN: Final = _soft(
    "worked_run_wanted",
    "day",
    30,
    INRC2,
    "Days worked in a row are as many as wanted.",
    "连续工作天数应符合期望。",
)
OFF_RUN: Final = _soft(
    "off_run_wanted", "day", 30, INRC2, "Days off in a row are as many as wanted.", "连续休息天数应符合期望。"
)
SAME_RUN: Final = _soft(
    "same_shift_run_wanted",
    "day",
    15,
    INRC2,
    "Days in a row with the same shift are as many as wanted.",
    "同一班次连续天数应符合期望。",
)
SHIFTS: Final = _soft(
    "shifts_wanted", "shift", 20, INRC2, "The number of shifts is as wanted.", "班次总数应符合期望。"
)
MINUTES_WANTED: Final = _soft(
    "minutes_wanted", "minute", 1, "assumed", "Working time is as wanted.", "工作时长应符合期望。"
)
WEEKENDS: Final = _soft(
    "weekends_wanted",
    "weekend",
    30,
    INRC2,
    "Nobody works more weekends than wanted.",
    "工作周末数不应超过期望。",
)
WHOLE_WEEKENDS: Final = _soft(
    "whole_weekends", "weekend", 30, INRC2, "A weekend is worked whole or not at all.", "周末应整休或整班。"
)

CATALOGUE: Final = (
    ONE_SHIFT,
    SKILL,
    SUCCESSION,
    DAYS_OFF,
    MOST_OF_SHIFT,
    LEAST_COVER,
    MINUTES,
    SHIFTS_HARD,
    WORKED_RUN_HARD,
    OFF_RUN_HARD,
    SAME_RUN_HARD,
    WEEKENDS_HARD,
    UNDER_COVER,
    OVER_COVER,
    WISH_ON,
    WISH_OFF,
    WORKED_RUN,
    OFF_RUN,
    SAME_RUN,
    SHIFTS,
    MINUTES_WANTED,
    WEEKENDS,
    WHOLE_WEEKENDS,
)
