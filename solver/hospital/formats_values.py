"""From records to plain JSON values and back; every value that does not fit is reported with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from solver.engine.errors import InvalidInstance, Problem, shortened
from solver.hospital.door import FieldProblem
from solver.hospital.formats_spec import FieldSpec, Kind, RecordSpec
from solver.hospital.timegrid import EPOCH, Minute, to_minute

ABSENT: Final = object()
"""Stands for a value that could not be read; the reason has been reported."""

RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:00(\.0+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
NAIVE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?", re.ASCII)
MAX_ITEMS: Final = 10_000
MAX_SHOWN: Final = 200


@dataclass(slots=True)
class Report:
    """Problems as they are found; beyond ``limit`` only their number is kept."""

    limit: int
    problems: list[Problem]
    left_off: int = 0

    def add(self, where: str, value: object, expected: str, remedy: str) -> None:
        """Note one problem."""
        if len(self.problems) < self.limit:
            self.problems.append(Problem(where, value, expected, remedy))
        else:
            self.left_off += 1

    def close(self) -> None:
        """Refuse the input if anything was wrong with it."""
        if self.left_off:
            more = f"{self.left_off} further problems"
            self.problems.append(
                Problem("the rest", more, "no problem", "Mend those listed and import again.")
            )
        if self.problems:
            raise InvalidInstance(self.problems)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a record stands. ``flat``: a row of a table, whose nested fields are columns.

    ``private``: the record describes a person, so that no value of it may enter a message.
    """

    record: str
    flat: bool
    private: bool = False
    path: str = ""

    def of(self, field: str) -> str:
        """Name of a field's place, for messages."""
        if self.flat:
            return f"{self.record}, column {field}"
        return f"{self.record}, {self.path}{field}"

    def inside(self, field: str) -> Place:
        """The place of a record nested in this one."""
        return self if self.flat else Place(self.record, False, self.private, f"{self.path}{field}.")

    def shown(self, value: object) -> object:
        """The value as it may stand in a message."""
        if self.private:
            return f"(not shown, {len(str(value))} characters)"
        if isinstance(value, str):
            return value[:MAX_SHOWN]
        return value if isinstance(value, int | float | None) else shortened(value)


def time_text(minute: Minute, zone: ZoneInfo) -> str:
    """RFC 3339 in a zone's local time; in UTC where its offset is not in whole minutes (before 1900)."""
    moment = EPOCH + timedelta(minutes=minute)
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    whole = offset is not None and offset.total_seconds() % 60 == 0
    return (local if whole else moment.astimezone(UTC)).isoformat()


def dump_record(record: Any, spec: RecordSpec, zone: ZoneInfo) -> dict[str, Any]:
    """All fields as JSON values, sets sorted, times as RFC 3339."""
    return {field.name: dump_value(getattr(record, field.name), field, zone) for field in spec.fields}


def dump_value(value: Any, field: FieldSpec, zone: ZoneInfo) -> Any:
    """One field as a JSON value."""
    if value is None:
        return None
    if field.record is not None:
        if field.kind is Kind.RECORD:
            return dump_record(value, field.record, zone)
        return [dump_record(item, field.record, zone) for item in value]
    if field.kind in (Kind.NAMES, Kind.CHOICES):
        items = [item.value if isinstance(item, Enum) else item for item in value]
        return items if field.ordered else sorted(items)
    if field.kind is Kind.TIME:
        return time_text(value, zone)
    return value.value if isinstance(value, Enum) else value


def load_record(raw: object, spec: RecordSpec, place: Place, report: Report) -> Any:
    """The record, or ``ABSENT`` after every problem of it was reported."""
    if not isinstance(raw, Mapping):
        report.add(place.of("").rstrip(", "), place.shown(raw), "an object", "See docs/hospital-format.md.")
        return ABSENT
    known = {field.name for field in spec.fields}
    for name in raw:
        if name not in known:
            expected = f"one of {', '.join(sorted(known))}"
            report.add(
                place.of(shortened(name).strip("'")), "an unknown field", expected, "Remove or rename it."
            )
    values = {field.name: _loaded(raw, field, place, report) for field in spec.fields if _given(raw, field)}
    for field in spec.fields:
        if field.required and not _given(raw, field):
            report.add(place.of(field.name), "nothing", field.expected, "Fill it in.")
            values[field.name] = ABSENT
    return _built(spec, values, raw, place, report)


def _given(raw: Mapping[str, Any], field: FieldSpec) -> bool:
    """Whether a field has a value; null stands for the default of a field that cannot be None."""
    return field.name in raw and (raw[field.name] is not None or field.optional)


def _built(
    spec: RecordSpec, values: dict[str, Any], raw: Mapping[str, Any], place: Place, report: Report
) -> Any:
    """The record; where values are absent, only what its door says about the others."""
    absent = {name for name, value in values.items() if value is ABSENT}
    try:
        record = spec.cls(**{**values, **{name: _stand_in(spec.field(name)) for name in absent}})
    except InvalidInstance as error:
        for problem in error.problems:
            name = problem.field if isinstance(problem, FieldProblem) else ""
            parts = name.split(", ")
            if absent.intersection(parts):
                continue
            named = [raw.get(part) for part in parts]
            value = place.shown(named[0] if len(named) == 1 else named)
            remedy = problem.remedy or "Correct the value."
            report.add(place.of(name), value, problem.expected, remedy)
        return ABSENT
    return ABSENT if absent else record


def _stand_in(field: FieldSpec) -> Any:
    """Some value of a field's kind, so that the other fields of a refused record are checked all the same."""
    if field.optional:
        return None
    if field.choices is not None and field.kind is Kind.CHOICE:
        return next(iter(field.choices))
    return {Kind.TEXT: "?", Kind.WHOLE: 1, Kind.FLAG: False, Kind.TIME: 1}.get(field.kind, ())


def _loaded(raw: Mapping[str, Any], field: FieldSpec, place: Place, report: Report) -> Any:
    value = raw[field.name]
    if value is None:
        return None
    if field.kind is Kind.RECORD and field.record is not None:
        return load_record(value, field.record, place.inside(field.name), report)
    if field.kind is Kind.RECORDS and field.record is not None:
        return _load_list(value, field, field.record, place, report)
    found, remedy = load_value(value, field)
    if found is ABSENT:
        report.add(place.of(field.name), place.shown(value), field.expected, remedy)
    return found


def _load_list(value: object, field: FieldSpec, spec: RecordSpec, place: Place, report: Report) -> Any:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_ITEMS:
        expected = f"{field.expected}, at most {MAX_ITEMS}"
        report.add(place.of(field.name), place.shown(value), expected, "Correct the value.")
        return ABSENT
    items = [
        load_record(item, spec, Place(place.record, False, place.private, f"{field.name}[{i}]."), report)
        for i, item in enumerate(value)
    ]
    return ABSENT if any(item is ABSENT for item in items) else tuple(items)


def load_value(value: object, field: FieldSpec) -> tuple[Any, str]:
    """A plain value as the vocabulary has it, or ``ABSENT`` with a remedy."""
    remedy = "Correct the value."
    if field.kind is Kind.TIME:
        return _load_time(value)
    if field.kind is Kind.CHOICE and field.choices is not None:
        return _choice(value, field.choices), remedy
    if field.kind in (Kind.NAMES, Kind.CHOICES):
        return _load_items(value, field), remedy
    wanted = {Kind.TEXT: str, Kind.WHOLE: int, Kind.FLAG: bool}[field.kind]
    good = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    return (value if good else ABSENT), remedy


def _choice(value: object, choices: type[Enum]) -> Any:
    for choice in choices:
        if choice.value == value and type(value) is not bool:
            return choice
    return ABSENT


def _load_items(value: object, field: FieldSpec) -> Any:
    """A tuple or set of names or choices; a set with an item twice is refused, as somebody meant another."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_ITEMS:
        return ABSENT
    items = [_choice(item, field.choices) if field.choices else item for item in value]
    if any(item is ABSENT or not isinstance(item, str | Enum) for item in items):
        return ABSENT
    if field.ordered:
        return tuple(items)
    return frozenset(items) if len(set(items)) == len(items) else ABSENT


def _load_time(value: object) -> tuple[Any, str]:
    if not isinstance(value, str):
        return ABSENT, "Write the time as text with its offset."
    if not RFC_3339.fullmatch(value):
        naive = NAIVE.fullmatch(value) is not None
        return ABSENT, "It has no offset: add Z or one like +08:00." if naive else "Correct the time."
    try:
        return to_minute(datetime.fromisoformat(value.upper())), ""
    except (ValueError, OverflowError):
        return ABSENT, "There is no such day or hour."
