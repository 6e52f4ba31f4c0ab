"""What SQLAlchemy compiles of a statement, kept for a process rather than for an engine.

A service has one hospital for months and compiles a statement once. Tests open some thousand hospitals, each with
engines of its own, and compiled every statement again: 55 of the 190 ms of a processor that a service of a test takes,
from its start to its recount. What is shared is what two engines of the same kind make alike: a dialect counts as
another's equal where class and JSON functions are the same.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

STATEMENTS = 5_000


def share_statements() -> None:
    """Have every engine of this process, made before or after, look up what another compiled."""
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    types: dict[tuple[object, ...], WeakKeyDictionary[Any, Any]] = {}
    _replace(Engine, "_compiled_cache", property(lambda engine: compiled, lambda engine, own: None))
    _replace(
        DefaultDialect,
        "_type_memos",
        property(lambda dialect: types.setdefault(kind(dialect), WeakKeyDictionary())),
    )
    _replace(DefaultDialect, "__eq__", lambda one, other: kind(one) == kind(other))
    _replace(DefaultDialect, "__hash__", lambda dialect: hash(kind(dialect)))


def kind(dialect: object) -> tuple[object, ...]:
    """What of a dialect decides how statements are compiled and values are converted."""
    functions = (getattr(dialect, f"_json_{name}", None) for name in ("serializer", "deserializer"))
    return type(dialect), *functions


def _replace(owner: type, name: str, value: object) -> None:
    setattr(owner, name, value)
