"""A hospital as one JSON document: format, version, cleaning times and one list per collection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from solver.hospital.formats_assemble import PRIVATE, Row, assemble
from solver.hospital.formats_spec import HOSPITAL, Kind
from solver.hospital.formats_values import Place, Report, dump_record
from solver.hospital.hospital import Hospital

FORMAT: Final = "wardflow-hospital"
VERSION: Final = 1
COMMENT: Final = "comment"
"""A key (or column) that readers skip, anywhere."""


def dumps(hospital: Hospital) -> str:
    """The document, one record a line. Times are written in the first site's zone."""
    zone = zone_of(hospital)
    lines = [f'{{\n"format": {json.dumps(FORMAT)},\n"version": {VERSION},']
    for item in HOSPITAL.fields:
        value = getattr(hospital, item.name)
        if item.record is None:
            continue
        if item.kind is Kind.RECORD:
            lines.append(f'"{item.name}": {_line(dump_record(value, item.record, zone))},')
        else:
            inside = ",\n ".join(_line(dump_record(record, item.record, zone)) for record in value)
            lines.append(f'"{item.name}": [\n {inside}\n],' if value else f'"{item.name}": [],')
    return "\n".join(lines).removesuffix(",") + "\n}\n"


def zone_of(hospital: Hospital) -> ZoneInfo:
    """Zone of the first site, UTC without sites."""
    return ZoneInfo(hospital.sites[0].time_zone if hospital.sites else "UTC")


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def loads(text: str, name: str, max_rows: int, report: Report) -> Hospital:
    """The hospital in a document; every problem goes into ``report``, which is closed."""
    document = parse(text, name, report)
    if not isinstance(document, Mapping):
        report.add(name, type(document).__name__, "a JSON object", "See docs/hospital-format.md.")
        report.close()
        document = {}
    check_version(document, name, report)
    known = {"format", "version", *(item.name for item in HOSPITAL.fields)}
    for key in document:
        if key not in known:
            report.add(f"{name}, {key}", "an unknown key", f"one of {', '.join(sorted(known))}", "Remove it.")
    rows = {
        item.name: _rows(document, item.name, item.required, name, max_rows, report)
        for item in HOSPITAL.fields
        if item.kind is Kind.RECORDS
    }
    cleaning = None
    if document.get("cleaning") is not None:
        cleaning = Row(Place(f"{name}, cleaning", False), document["cleaning"])
    return assemble(rows, cleaning, report)


def _rows(
    document: Mapping[str, Any], collection: str, required: bool, name: str, max_rows: int, report: Report
) -> list[Row]:
    found = document.get(collection)
    if found is None and not required:
        return []
    if not isinstance(found, list):
        value = "nothing" if found is None else type(found).__name__
        report.add(f"{name}, {collection}", value, "a list of objects", "Add the list, empty if need be.")
        return []
    if len(found) > max_rows:
        remedy = "Import in parts or raise the limit."
        report.add(f"{name}, {collection}", f"{len(found)} records", f"at most {max_rows}", remedy)
        return []
    private = collection in PRIVATE
    return [
        Row(Place(f"{name}, {collection}[{number}]", False, private), raw) for number, raw in enumerate(found)
    ]


def check_version(document: Mapping[str, Any], name: str, report: Report) -> None:
    """Note a format or version that this reader does not know."""
    if document.get("format") != FORMAT:
        found = document.get("format", "nothing")
        report.add(f"{name}, format", found, repr(FORMAT), "Is this an exported hospital?")
    if type(document.get("version")) is not int or document["version"] != VERSION:
        found = document.get("version", "nothing")
        report.add(f"{name}, version", found, str(VERSION), "Export again with this release.")


def parse(text: str, name: str, report: Report) -> Any:
    """The JSON value; comments dropped, a key given twice reported. Closes the report if it is no JSON."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            for key in sorted({key for key in keys if keys.count(key) > 1}):
                report.add(f"{name}, key {key!r}", "twice in one object", "each key once", "Remove one.")
        found.pop(COMMENT, None)
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except RecursionError:
        report.add(name, "deeply nested lists", "a hospital's document", "Is this the right file?")
    except ValueError as error:
        report.add(name, str(error), "a JSON document", "Mend the file at the place named.")
    report.close()
    return None
