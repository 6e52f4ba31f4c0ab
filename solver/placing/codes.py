"""Numbers for the enumerations of the vocabulary, as kernels see them."""

from typing import Final

from solver.engine.rule import Rule
from solver.hospital import BedKind, BloodGroup, Companion, Feature, Isolation, Sex, SexPolicy
from solver.placing import rules
from solver.placing.problem import SPECIAL_FEATURES

SEX: Final = {Sex.UNKNOWN: 0, Sex.FEMALE: 1, Sex.MALE: 2}
EXEMPT: Final = -1
"""Sex code of a companion's stay: no pair rule touches it."""

SEX_POLICY: Final = {SexPolicy.MIXED: 0, SexPolicy.FEMALE: 1, SexPolicy.MALE: 2, SexPolicy.FIRST: 3}
KIND: Final = {kind: number for number, kind in enumerate(BedKind)}
FEATURE: Final = {feature: 1 << number for number, feature in enumerate(Feature)}
ISOLATION: Final = {isolation: 1 << number for number, isolation in enumerate(Isolation)}
ANTIGEN: Final = {"A": 1, "B": 2, "D": 4}

COMPANION_KINDS: Final = {
    Companion.NONE: frozenset[BedKind](),
    Companion.COT: frozenset({BedKind.COT}),
    Companion.CARER_BED: frozenset({BedKind.CHAIR, BedKind.TROLLEY, BedKind.EXTRA_BED}),
}
SPECIAL_BITS: Final = sum(FEATURE[feature] for feature in SPECIAL_FEATURES)


def feature_bits(features: frozenset[Feature]) -> int:
    """Bit set of features."""
    return sum(FEATURE[feature] for feature in features)


def isolation_bits(isolation: frozenset[Isolation]) -> int:
    """Bit set of isolation kinds."""
    return sum(ISOLATION[kind] for kind in isolation)


def antigen_bits(group: BloodGroup | None) -> int:
    """Bit set of red-cell antigens; none for an unknown group, which may be given O- only."""
    return 0 if group is None else sum(ANTIGEN[antigen] for antigen in group.antigens)


def rule_bit(rule: Rule) -> int:
    """The rule's bit in masks of hard rules."""
    return 1 << rules.NUMBER[rule.id]


def rules_in(mask: int) -> tuple[str, ...]:
    """Ids of the hard rules in a mask, in the order of the catalogue."""
    return tuple(rule.id for number, rule in enumerate(rules.HARD) if mask >> number & 1)
