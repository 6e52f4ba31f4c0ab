"""Words placing speaks to people: every text in English and in Chinese.

What is said is kept as a :class:`Sentence`, which is in no language yet; ``telling`` puts it into words for whoever
reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from solver.hospital import Feature


class Language(StrEnum):
    """Languages explanations come in."""

    ENGLISH = "en"
    CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages, with the same ``{named}`` places in each."""

    english: str
    chinese: str

    def say(self, language: Language, **values: object) -> str:
        """The text in one language with its places filled; KeyError when a value is missing."""
        words = self.chinese if language is Language.CHINESE else self.english
        return words.format(**values)


Value = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to be said: the id of a phrase, and what goes into its places (ids, times, figures)."""

    phrase_id: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Phrase(Text):
    """A text that is stored by its ``id`` with the values of one occasion, and told when somebody reads it."""

    id: str

    def of(self, **values: Value) -> Sentence:
        """The sentence with these values."""
        return Sentence(self.id, values)


FEATURES: Final = {
    Feature.OXYGEN: Text("oxygen", "氧气"),
    Feature.SUCTION: Text("suction", "负压吸引"),
    Feature.MONITOR: Text("monitor", "监护仪"),
    Feature.TELEMETRY_CHANNEL: Text("telemetry channel", "遥测通道"),
    Feature.NEGATIVE_PRESSURE: Text("negative pressure", "负压"),
    Feature.POSITIVE_PRESSURE: Text("positive pressure", "正压"),
    Feature.ANTEROOM: Text("anteroom", "前室"),
    Feature.BARIATRIC: Text("bariatric bed", "重型病床"),
    Feature.DIALYSIS_POINT: Text("dialysis point", "透析接口"),
    Feature.HOIST: Text("hoist", "移位机"),
    Feature.EN_SUITE: Text("en suite bathroom", "独立卫生间"),
    Feature.OBSERVATION: Text("observation by nurses", "便于护士观察"),
}

BARS: Final = {
    "accompanies": Text("accompanies somebody", "为陪伴者"),
    "not_lying": Text("does not lie in a bed", "未卧床"),
    "just_came": Text("came this very minute", "刚刚到达"),
    "end_of_life": Text("end of life", "临终"),
    "critical": Text("critical care", "重症监护"),
    "one_to_one": Text("needs a nurse alone", "需专人护理"),
    "attached": Text("equipment is attached", "正在使用设备"),
    "moved_too_often": Text("was moved too often", "转移次数过多"),
    "leaves_soon": Text("leaves soon", "即将离院"),
    "move_asked": Text("another bed is asked for already", "已申请其他床位"),
}
"""Why somebody is not moved, by the ids of ``moving.Bar``."""

SCARCE: Final = {
    "critical_care": Text("critical care", "重症床位"),
    "isolation_room": Text("isolation room", "隔离病室"),
    "single_room": Text("single room", "单人病室"),
    "monitor": FEATURES[Feature.MONITOR],
    "bariatric": FEATURES[Feature.BARIATRIC],
    "dialysis_point": FEATURES[Feature.DIALYSIS_POINT],
    "hoist": FEATURES[Feature.HOIST],
}
"""Classes of scarce capacity, by the ids of ``scarce.Capacity``."""
