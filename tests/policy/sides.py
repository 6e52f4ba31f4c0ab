"""Marks a policy test with the rule it is about and the side of the line it stands on.

``test_catalogue.py`` reads the marks and fails for a rule without a test on either side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from solver.hospital import Allocation, Request
from solver.placing.records import Records
from solver.placing.rules import RULES
from tests.builders import counts_of, given, request

Test = TypeVar("Test", bound=Callable[..., None])


def broken(*rule_ids: str) -> Callable[[Test], Test]:
    """The test shows these rules broken (a soft one: paid for)."""
    return _marked(rule_ids)


def kept(*rule_ids: str) -> Callable[[Test], Test]:
    """The test shows these rules kept, close to the line."""
    return _marked(rule_ids)


def _marked(rule_ids: tuple[str, ...]) -> Callable[[Test], Test]:
    unknown = set(rule_ids) - set(RULES)
    assert not unknown, f"no such rules: {sorted(unknown)}"
    return lambda test: test


def amount(
    rule_id: str,
    records: Records,
    asked: Request | None = None,
    allocation: Allocation | None = None,
    published: str | None = None,
) -> int:
    """What the decision adds to one rule (default: a plain request in bed B1 at once)."""
    asked = asked or request()
    return counts_of(asked, allocation or given(asked), records, published).get(rule_id, 0)
