"""From rows of any file to one checked hospital: loads every row, then looks at how they meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from solver.engine.errors import InvalidInstance
from solver.hospital.door import FieldProblem
from solver.hospital.formats_spec import HOSPITAL, Kind
from solver.hospital.formats_values import ABSENT, Place, Report, load_record
from solver.hospital.hospital import REFERENCES, Finding, Hospital, Reference

PRIVATE = frozenset({"persons"})
"""Collections that describe people: their values never enter a message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it stands in a file; ``children``: nested records from tables of their own, by field."""

    place: Place
    raw: object
    children: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """The id it claims, if it claims one."""
        found = self.raw.get("id") if isinstance(self.raw, Mapping) else None
        return found if isinstance(found, str) else None


def assemble(rows: Mapping[str, Sequence[Row]], cleaning: Row | None, report: Report) -> Hospital:
    """The hospital made of the rows of each collection. Closes the report: raises if anything was wrong."""
    values: dict[str, Any] = {}
    refused: dict[str, list[Row]] = {}
    for item in HOSPITAL.fields:
        if item.kind is Kind.RECORDS and item.record is not None:
            loaded = [(row, _loaded(row, item.name, report)) for row in rows.get(item.name, ())]
            values[item.name] = tuple(record for _, record in loaded if record is not ABSENT)
            refused[item.name] = [row for row, record in loaded if record is ABSENT]
        elif cleaning is not None and item.record is not None:
            record = load_record(cleaning.raw, item.record, cleaning.place, report)
            if record is not ABSENT:
                values[item.name] = record
    hospital = Hospital(**values)
    known = _meetings(hospital, rows, report)
    for reference in REFERENCES:
        for row in refused[reference.collection]:
            _dangling(row, reference, known, report)
    report.close()
    return hospital


def _loaded(row: Row, collection: str, report: Report) -> Any:
    spec = HOSPITAL.field(collection).record
    if spec is None:
        return ABSENT
    record = load_record(row.raw, spec, row.place, report)
    for name, children in row.children.items():
        field = spec.field(name)
        if field.record is None:
            continue
        nested = [load_record(child.raw, field.record, child.place, report) for child in children]
        if record is not ABSENT and not any(item is ABSENT for item in nested):
            value = _single(nested, children, report) if field.kind is Kind.RECORD else tuple(nested)
            record = _with(record, name, value, children[0].place, report)
    return record


def _single(nested: Sequence[Any], children: Sequence[Row], report: Report) -> Any:
    """The one nested record; more rows are reported."""
    for extra in children[1:]:
        report.add(extra.place.record, "a second row", "one row", "Remove it.")
    return nested[0]


def _with(record: Any, name: str, nested: Any, place: Place, report: Report) -> Any:
    """The record with what is nested in it, which it checks again."""
    try:
        return replace(record, **{name: nested})
    except InvalidInstance as error:
        for problem in error.problems:
            column = problem.field if isinstance(problem, FieldProblem) else name
            value = place.shown(problem.value)
            report.add(place.of(column), value, problem.expected, problem.remedy or "Correct the rows.")
        return ABSENT


def _dangling(row: Row, reference: Reference, known: Mapping[str, set[str]], report: Report) -> None:
    """Unknown ids in a row that was refused for something else."""
    value = row.raw.get(reference.field) if isinstance(row.raw, Mapping) else None
    for target in value if isinstance(value, list) else [value]:
        if isinstance(target, str) and target not in known[reference.target]:
            remedy = f"Add it to {reference.target} or correct the id."
            expected = f"an id of {reference.target}"
            report.add(row.place.of(reference.field), target[:80], expected, remedy)


def _meetings(
    hospital: Hospital, rows: Mapping[str, Sequence[Row]], report: Report
) -> Mapping[str, set[str]]:
    """Duplicates, unknown references, double bookings, each at its row's place. Returns the ids there are."""
    places: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for collection, found in rows.items():
        for row in found:
            if row.id is not None:
                places[collection, row.id].append(row.place)
    for (_, record_id), used in places.items():
        for place in used[1:]:
            first = f"an id of its own (the first use is in {used[0].record})"
            report.add(place.of("id"), record_id, first, "Rename it or remove the row.")
    known: dict[str, set[str]] = defaultdict(set)
    for collection, record_id in places:
        known[collection].add(record_id)
    for finding in hospital.findings(known):
        if finding.field != "id":
            _note(finding, places, report)
    return known


def _note(finding: Finding, places: Mapping[tuple[str, str], list[Place]], report: Report) -> None:
    used = places.get((finding.collection, finding.record_id))
    where = used[0].of(finding.field) if used else f"{finding.collection}, {finding.field}"
    report.add(where, finding.value, finding.expected, finding.remedy)
