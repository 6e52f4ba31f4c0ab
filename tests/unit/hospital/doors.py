"""Both sides of a check: a record let in at the edge, and refused one step beyond, naming the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital.door import FieldProblem

MAX_MINUTE = 100_000_000


def let_in(record: Any, changes: Mapping[str, Any]) -> None:
    """The record with these changes is valid and carries them."""
    changed = replace(record, **changes)
    assert {name: getattr(changed, name) for name in changes} == dict(changes)


def refused(record: Any, changes: Mapping[str, Any], field: str) -> None:
    """The record with these changes is refused, and the only field named is ``field``."""
    with pytest.raises(InvalidInstance) as caught:
        replace(record, **changes)
    named = {problem.field for problem in caught.value.problems if isinstance(problem, FieldProblem)}
    assert named == {field}
    assert all(problem.expected for problem in caught.value.problems)
