"""What the referee counts in: amounts by rule id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Protocol, TypeVar

from solver.engine.rule import Rule
from solver.hospital import Minute

Counts = dict[str, int]
"""Amounts by rule id, in the unit each rule names; rules that count nothing are left out."""

Amounts = Iterable[tuple[Rule, int]]
"""Rules with what one record, or one pair of records, adds to them."""


class Tally:
    """Adds amounts up."""

    __slots__ = ("_sums",)

    def __init__(self) -> None:
        self._sums: defaultdict[str, int] = defaultdict(int)

    def add(self, amounts: Amounts, times: int = 1) -> None:
        """Add every amount ``times`` times: -1 takes back what no longer holds."""
        for rule, amount in amounts:
            if amount:
                self._sums[rule.id] += times * amount

    def counts(self) -> Counts:
        """The sums that are not zero."""
        return {rule_id: amount for rule_id, amount in self._sums.items() if amount}


class Spell(Protocol):
    """Anything that lasts during ``[start, end)``."""

    @property
    def start(self) -> Minute: ...

    @property
    def end(self) -> Minute: ...


AnySpell = TypeVar("AnySpell", bound=Spell)


def overlap(one: Spell, other: Spell) -> bool:
    """Whether two half-open intervals share a minute; touching ends do not."""
    return one.start < other.end and other.start < one.end


def overlapping_pairs(spells: Sequence[AnySpell]) -> Iterable[tuple[AnySpell, AnySpell]]:
    """Every two of them that share a minute."""
    return ((one, other) for one, other in combinations(spells, 2) if overlap(one, other))
