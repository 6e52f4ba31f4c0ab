"""Every rule of the catalogue names its source, speaks two languages, is tested on both sides of its line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from solver.engine.rule import Level, Rule
from solver.placing.rules import CATALOGUE

HERE = Path(__file__).parent


def _marks(side: str) -> set[str]:
    """Rule ids named by ``@broken(...)`` or ``@kept(...)`` in this folder."""
    found: set[str] = set()
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == side:
                        found |= {word.value for word in mark.args if isinstance(word, ast.Constant)}
    return found


@pytest.mark.parametrize("side", ["broken", "kept"])
def test_every_rule_has_a_policy_test_on_this_side_of_its_line(side: str):
    assert {rule.id for rule in CATALOGUE} - _marks(side) == set()


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_every_rule_names_its_source_and_speaks_both_languages(rule: Rule):
    assert rule.source.strip()
    assert rule.unit.strip()
    assert rule.english.endswith(".")
    assert rule.english.isascii()
    assert rule.chinese.endswith("。")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in rule.chinese)


def test_rule_ids_are_unique_and_sentences_differ():
    assert len({rule.id for rule in CATALOGUE}) == len(CATALOGUE)
    assert len({rule.english for rule in CATALOGUE}) == len(CATALOGUE)
    assert len({rule.chinese for rule in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize(
    "rule_id",
    [
        "bed_free",
        "lot_expiry",
        "lot_usable",
        "unit_free",
        "unit_usable",
        "blood_group",
        "blood_crossmatch",
        "allergy",
    ],
)
def test_what_clinical_md_calls_absolute_no_one_can_override(rule_id: str):
    """Two in one bed, expired or recalled lot, a unit in use, incompatible blood, a known allergy."""
    assert next(rule for rule in CATALOGUE if rule.id == rule_id).level is Level.ABSOLUTE


def test_the_nursing_floor_is_overridable_and_the_target_is_soft():
    levels = {rule.id: rule.level for rule in CATALOGUE}
    assert levels["nursing_floor"] is Level.OVERRIDABLE
    assert levels["nursing_target"] is Level.SOFT
