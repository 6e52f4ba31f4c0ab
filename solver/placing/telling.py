"""Sentences put into the words of whoever reads them, and the JSON they are stored and sent as until then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from solver.pharmacy import rules as pharmacy
from solver.placing import rules
from solver.placing.fallback import contacts, measures
from solver.placing.language import BARS, FEATURES, SCARCE, Language, Sentence, Text, Value
from solver.placing.phrases import PHRASES

SAY: Final = "say"
"""The member of a JSON object that makes it a sentence: the id of its phrase; the others are its values."""

_SPACE: Final = Text(" ", "")
_COMMA: Final = Text(", ", "、")
_SEMICOLON: Final = Text("; ", "；")
EVERY_RULE: Final = tuple(dict.fromkeys((*rules.CATALOGUE, *pharmacy.SUPPLY_RULES)))
"""Each rule that an answer may name by its id: those of placing, and those by which what is short is shared."""

_RULES: Final = {rule.id: Text(rule.english, rule.chinese) for rule in EVERY_RULE}
_FEATURES: Final = {feature.value: text for feature, text in FEATURES.items()}
_CONTACTS: Final = contacts()
_MEASURES: Final = measures()

VOCABULARY: Final[Mapping[str, tuple[Mapping[str, Text], Text]]] = {
    "rule": (_RULES, _SPACE),
    "rules": (_RULES, _SPACE),
    "features": (_FEATURES, _COMMA),
    "bars": (BARS, _COMMA),
    "scarce": (SCARCE, _COMMA),
    "who": (_CONTACTS, _COMMA),
    "calls": (_CONTACTS, _SEMICOLON),
    "waits": (_MEASURES, _SPACE),
    "steps": (_MEASURES, _SPACE),
}
"""Places of phrases that hold ids: how each id is said, and what stands between several."""


def said(sentence: Sentence, language: Language) -> str:
    """A sentence in a language. What an older release said and this one no longer knows is told by its id."""
    values = {name: _in_words(name, value, language) for name, value in sentence.values.items()}
    phrase = PHRASES.get(sentence.phrase_id)
    return sentence.phrase_id if phrase is None else phrase.say(language, **values)


def _in_words(name: str, value: Value, language: Language) -> object:
    if name not in VOCABULARY or isinstance(value, int):
        return value
    known, between = VOCABULARY[name]
    ids = (value,) if isinstance(value, str) else value
    return between.say(language).join(known[i].say(language) if i in known else i for i in ids)


def as_json(sentence: Sentence) -> dict[str, Any]:
    """A sentence as a JSON object, in no language."""
    values = {name: list(v) if isinstance(v, tuple) else v for name, v in sentence.values.items()}
    return {SAY: sentence.phrase_id, **values}


def told(body: Any, language: Language) -> Any:
    """A JSON document in which every sentence has been put into words; the rest is as it was."""
    if isinstance(body, dict):
        if SAY in body:
            values = {name: value for name, value in body.items() if name != SAY}
            return said(Sentence(body[SAY], values), language)
        return {name: told(value, language) for name, value in body.items()}
    if isinstance(body, list | tuple):
        return [told(value, language) for value in body]
    return body
