"""Sentences stored in no language and told in either."""

import orjson

from solver.hospital import Origin, Priority
from solver.placing import phrases
from solver.placing.fallback import ESCALATION, RELIEF, WAITS, contacts, measures
from solver.placing.language import Language, Phrase, Sentence
from solver.placing.phrases import PHRASES
from solver.placing.rules import RULES
from solver.placing.telling import as_json, said, told

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


def test_a_sentence_that_was_stored_is_told_in_either_language():
    stored = orjson.loads(
        orjson.dumps(as_json(phrases.NOT_THAT_BED.of(bed="B7", rules=("room_sex", "bed_open"))))
    )
    english, chinese = RULES["room_sex"].english, RULES["room_sex"].chinese
    assert told(stored, ENGLISH) == f"Not bed B7: {english} {RULES['bed_open'].english}"
    assert told(stored, CHINESE) == f"不选床位 B7：{chinese}{RULES['bed_open'].chinese}"


def test_only_sentences_of_a_document_are_put_into_words():
    body = {"id": "x", "n": 1, "none": None, "list": [as_json(phrases.BED_CLOSED.of(bed="B1")), "as it is"]}
    assert told(body, ENGLISH) == {
        "id": "x",
        "n": 1,
        "none": None,
        "list": ["Bed B1 is closed.", "as it is"],
    }


def test_lists_are_joined_as_the_language_joins_them():
    features = phrases.FEATURES_MET.of(features=("oxygen", "monitor"))
    assert said(features, ENGLISH).endswith("oxygen, monitor.")
    assert said(features, CHINESE).endswith("氧气、监护仪。")
    calls = phrases.CALLS.of(calls=("bed_manager", "order_stock"))
    assert said(calls, ENGLISH) == "the bed manager; pharmacist: order stock"
    assert said(calls, CHINESE) == "床位管理员；药师：补充库存"


def test_what_this_release_no_longer_knows_is_told_by_its_id_and_not_lost():
    assert said(Sentence("of_an_older_release", {}), ENGLISH) == "of_an_older_release"
    gone = phrases.WAIVED.of(rule="a_rule_of_old")
    assert said(gone, ENGLISH) == "Overridden by a named person: a_rule_of_old"


def test_every_phrase_is_found_by_its_id_and_no_two_share_one():
    declared = [phrase for phrase in vars(phrases).values() if isinstance(phrase, Phrase)]
    assert len(declared) > 30
    assert {phrase.id: phrase for phrase in declared} == PHRASES
    assert len(PHRASES) == len(declared)


def test_relief_is_of_rules_that_exist():
    assert RELIEF.keys() <= RULES.keys()


def test_every_measure_and_contact_of_a_fallback_has_words():
    for origin in Origin:
        for priority in Priority:
            waits, responsible = WAITS[origin]
            steps, call = ESCALATION[priority]
            assert {waits.id, *(step.id for step in steps)} <= measures().keys()
            assert {responsible.role, *(contact.role for contact in call)} <= contacts().keys()
