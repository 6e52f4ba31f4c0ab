"""Words placing speaks to people: every text in English and in Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from solver.engine.rule import Rule
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


def sentence(rule: Rule, language: Language) -> str:
    """A rule's own sentence."""
    return rule.chinese if language is Language.CHINESE else rule.english


def listed(words: list[str], language: Language) -> str:
    """Words joined as a list."""
    return ("、" if language is Language.CHINESE else ", ").join(words)


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
