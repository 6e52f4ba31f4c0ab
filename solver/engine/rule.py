"""What a rule is: declared once, read by referee, kernels, CP-SAT, explanations and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.engine.errors import InvalidInstance, Problem

MAX_WEIGHT = 1_000_000_000
"""Highest price of one unit of a soft rule; keeps sums of any plan inside 64 bits."""


class Level(StrEnum):
    """Absolute: no one can override. Overridable: a named role may, with a reason. Soft: a price."""

    ABSOLUTE = "absolute"
    OVERRIDABLE = "overridable"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: ``id`` is stable (seen in reports, overrides and tests); ``weight`` is the price of one ``unit``
    at level soft and 0 otherwise; ``source`` names the policy, law or paper, or says "assumed"."""

    id: str
    level: Level
    unit: str
    source: str
    english: str
    chinese: str
    weight: int = 0

    def __post_init__(self) -> None:
        if (self.level is Level.SOFT) != (self.weight > 0):
            raise ValueError(
                f"Rule {self.id!r}: level {self.level.value} with weight {self.weight}; only soft rules have one."
            )


@dataclass(frozen=True, slots=True)
class Profile:
    """A hospital's own version of a catalogue: other weights for soft rules, overridable or soft rules off."""

    name: str = "default"
    version: int = 1
    weights: Mapping[str, int] = field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()

    def checked(self, catalogue: Iterable[Rule]) -> Profile:
        """The profile itself; raises InvalidInstance naming every unknown rule, absolute rule or bad weight."""
        rules = {rule.id: rule for rule in catalogue}
        problems = [*self._bad_weights(rules), *self._bad_switches(rules)]
        if problems:
            raise InvalidInstance(problems)
        return self

    def _bad_weights(self, rules: Mapping[str, Rule]) -> Iterable[Problem]:
        for rule_id, weight in self.weights.items():
            where = f"profile {self.name!r}, weights, {rule_id!r}"
            if rule_id not in rules:
                yield Problem(where, rule_id, "the id of a rule", "See /rules for all ids.")
            elif rules[rule_id].level is not Level.SOFT:
                yield Problem(where, weight, "a soft rule", "Only soft rules have a weight.")
            elif type(weight) is not int or not 0 <= weight <= MAX_WEIGHT:
                yield Problem(where, weight, f"a whole number from 0 to {MAX_WEIGHT}", "Correct the weight.")

    def _bad_switches(self, rules: Mapping[str, Rule]) -> Iterable[Problem]:
        for rule_id in sorted(self.switched_off):
            where = f"profile {self.name!r}, switched_off"
            if rule_id not in rules:
                yield Problem(where, rule_id, "the id of a rule", "See /rules for all ids.")
            elif rules[rule_id].level is Level.ABSOLUTE:
                yield Problem(where, rule_id, "an overridable or soft rule", "Absolute rules always hold.")

    def weight(self, rule: Rule) -> int:
        """Price of one unit of a soft rule under this profile; 0 when switched off."""
        return 0 if rule.id in self.switched_off else self.weights.get(rule.id, rule.weight)

    def active(self, rule: Rule) -> bool:
        """Whether the rule counts at all under this profile."""
        return rule.id not in self.switched_off
