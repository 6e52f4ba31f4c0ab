"""What a record looks like in a file, derived from the vocabulary: a field added there is in the files.

A :class:`RecordSpec` lists the fields of one dataclass with the kind of value each holds. Times are told by
their annotation ``Minute``; everything else by its type.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from solver.hospital.hospital import Hospital


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    WHOLE = "whole number"
    FLAG = "true or false"
    TIME = "time"
    CHOICE = "choice"
    NAMES = "list of texts"
    CHOICES = "list of choices"
    RECORD = "record"
    RECORDS = "list of records"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. ``optional``: may be None. ``required``: has no default. ``ordered``: a tuple, not a set."""

    name: str
    kind: Kind
    optional: bool
    required: bool
    ordered: bool = True
    choices: type[Enum] | None = None
    record: RecordSpec | None = None

    @property
    def apart(self) -> bool:
        """Whether it has a table of its own among CSV files: a list of records, or one that need not be there."""
        return self.kind is Kind.RECORDS or (self.kind is Kind.RECORD and self.optional)

    @property
    def expected(self) -> str:
        """What a value of this field must be, in words."""
        options = ", ".join(str(choice.value) for choice in self.choices) if self.choices else ""
        return {
            Kind.TEXT: "text",
            Kind.WHOLE: "a whole number",
            Kind.FLAG: "true or false",
            Kind.TIME: "an RFC 3339 time with offset in whole minutes, such as 2025-02-20T08:15:00+08:00",
            Kind.CHOICE: f"one of {options}",
            Kind.NAMES: "a list of texts, each once",
            Kind.CHOICES: f"a list of {options}, each once",
            Kind.RECORD: "an object",
            Kind.RECORDS: "a list of objects",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """One dataclass of the vocabulary as fields."""

    cls: type[Any]
    fields: tuple[FieldSpec, ...]

    def field(self, name: str) -> FieldSpec:
        """The field of that name; KeyError if there is none."""
        for item in self.fields:
            if item.name == name:
                return item
        raise KeyError(name)


@cache
def spec_of(cls: type[Any]) -> RecordSpec:
    """The fields of a dataclass of the vocabulary."""
    hints = get_type_hints(cls)
    return RecordSpec(cls, tuple(_field(item, hints[item.name]) for item in fields(cls)))


def _field(item: Field[Any], hint: Any) -> FieldSpec:
    options = [option for option in get_args(hint) if option is not type(None)] if _is_union(hint) else [hint]
    optional = _is_union(hint)
    required = item.default is MISSING and item.default_factory is MISSING
    if "Minute" in str(item.type).split(" | "):
        return FieldSpec(item.name, Kind.TIME, optional, required)
    kind, choices, record = _kind(options[0])
    ordered = get_origin(options[0]) is tuple
    return FieldSpec(item.name, kind, optional, required, ordered, choices, record)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _kind(hint: Any) -> tuple[Kind, type[Enum] | None, RecordSpec | None]:
    simple: Mapping[Any, Kind] = {str: Kind.TEXT, bool: Kind.FLAG, int: Kind.WHOLE}
    if hint in simple:
        return simple[hint], None, None
    if get_origin(hint) in (tuple, frozenset):
        inner = get_args(hint)[0]
        nested: Any = inner if is_dataclass(inner) else None
        if nested is not None:
            return Kind.RECORDS, None, spec_of(nested)
        return (Kind.NAMES, None, None) if inner is str else (Kind.CHOICES, inner, None)
    if isinstance(hint, type) and is_dataclass(hint):
        record: Any = hint
        return Kind.RECORD, None, spec_of(record)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Kind.CHOICE, hint, None
    raise TypeError(
        f"a vocabulary field of type {hint} has no place in files yet; teach formats_spec its kind"
    )


HOSPITAL = spec_of(Hospital)
"""The whole hospital: collections of records, in dependency order."""
