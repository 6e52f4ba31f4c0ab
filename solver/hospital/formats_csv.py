"""A hospital as a folder of CSV files: a table per collection and per list of nested records, a manifest."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from solver.hospital.formats_assemble import PRIVATE, Row, assemble
from solver.hospital.formats_json import COMMENT, FORMAT, VERSION, check_version, parse, zone_of
from solver.hospital.formats_spec import HOSPITAL, FieldSpec, Kind, RecordSpec
from solver.hospital.formats_values import Place, Report, dump_value
from solver.hospital.hospital import Hospital

MANIFEST: Final = "manifest.json"
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
FLAGS: Final = {"true": True, "false": False}
ITEM: Final = re.compile(r"(?:[^\\;]|\\.)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and the path of fields that leads to its value."""

    name: str
    path: tuple[str, ...]
    field: FieldSpec


@dataclass(frozen=True, slots=True)
class Table:
    """One file. ``owner``: for nested records the column with the id of the record a row belongs to."""

    name: str
    collection: str
    columns: tuple[Column, ...]
    owner: str | None = None
    nested: str | None = None

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.name}.csv"

    @property
    def header(self) -> list[str]:
        """Column names in order."""
        return [*([self.owner] if self.owner else []), *(column.name for column in self.columns)]


@cache
def tables() -> tuple[Table, ...]:
    """Every table a hospital may have, derived from the vocabulary; nested lists have tables of their own."""
    found = []
    for item in HOSPITAL.fields:
        if item.record is None:
            continue
        found.append(Table(item.name, item.name, tuple(_columns(item.record, ()))))
        for inner in item.record.fields:
            if inner.apart and inner.record is not None:
                owner = item.name.removesuffix("s")
                columns = tuple(_columns(inner.record, ()))
                found.append(Table(f"{owner}_{inner.name}", item.name, columns, f"{owner}_id", inner.name))
    return tuple(found)


def _columns(spec: RecordSpec, path: tuple[str, ...]) -> Iterator[Column]:
    for field in spec.fields:
        if field.apart:
            continue
        if field.kind is Kind.RECORD and field.record is not None:
            yield from _columns(field.record, (*path, field.name))
        else:
            yield Column(field.name, (*path, field.name), field)


# --- writing ------------------------------------------------------------------------------------------------


def write_folder(hospital: Hospital, folder: Path) -> None:
    """Write every table and the manifest into a folder, which is made; files of that name are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables():
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table.header)
        writer.writerows(_table_rows(hospital, table))
        (folder / table.file).write_text(text.getvalue(), encoding="utf-8", newline="")
    manifest = {"format": FORMAT, "version": VERSION, "files": [table.file for table in tables()]}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _table_rows(hospital: Hospital, table: Table) -> Iterator[list[str]]:
    zone = zone_of(hospital)
    held = getattr(hospital, table.collection)
    for record in held if isinstance(held, tuple) else (held,):
        if table.nested is None:
            yield [
                _cell(dump_value(_at(record, column.path), column.field, zone)) for column in table.columns
            ]
            continue
        for inner in _listed(getattr(record, table.nested)):
            cells = (dump_value(_at(inner, column.path), column.field, zone) for column in table.columns)
            yield [record.id, *(_cell(value) for value in cells)]


def _listed(nested: Any) -> tuple[Any, ...]:
    """Nested records; none, or one, where there is no more than one."""
    if isinstance(nested, tuple):
        return nested
    return () if nested is None else (nested,)


def _at(record: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        record = getattr(record, name)
    return record


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(item.replace("\\", "\\\\").replace(";", "\\;") for item in value)
    return str(value)


# --- reading ------------------------------------------------------------------------------------------------


def read_folder(folder: Path, max_rows: int, max_bytes: int, report: Report) -> Hospital:
    """The hospital in a folder; every problem of every file goes into ``report``, which is closed."""
    listed = _manifest(folder, max_bytes, report)
    rows: dict[str, list[Row]] = {}
    nested: dict[str, dict[str, dict[str, list[Row]]]] = defaultdict(lambda: defaultdict(dict))
    cleaning: Row | None = None
    for table in tables():
        found = _read_table(folder, table, listed, max_rows, max_bytes, report)
        if table.nested is not None and table.owner is not None:
            nested[table.collection][table.nested] = _by_owner(
                found, table.owner, rows[table.collection], report
            )
        elif HOSPITAL.field(table.collection).kind is Kind.RECORD:
            cleaning = found[0] if found else None
            for extra in found[1:]:
                report.add(extra.place.record, "a second row", "one row", "Remove it.")
        else:
            rows[table.collection] = found
    joined = {
        name: [
            Row(row.place, row.raw, _children(nested[name], row.id) if row.id is not None else {})
            for row in found
        ]
        for name, found in rows.items()
    }
    return assemble(joined, cleaning, report)


def _children(tables_of: Mapping[str, dict[str, list[Row]]], owner_id: str) -> dict[str, list[Row]]:
    return {name: owned[owner_id] for name, owned in tables_of.items() if owner_id in owned}


def _by_owner(
    found: Sequence[Row], owner: str, owners: Sequence[Row], report: Report
) -> dict[str, list[Row]]:
    """Nested rows by the id of the record they belong to; whoever belongs to nobody is reported."""
    known = {row.id for row in owners}
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        raw = dict(row.raw) if isinstance(row.raw, Mapping) else {}
        owner_id = raw.pop(owner, "")
        if owner_id in known:
            grouped[owner_id].append(Row(row.place, raw))
        else:
            expected = f"an id of the {owner.removesuffix('_id')}s' table"
            report.add(row.place.of(owner), owner_id, expected, "Add that row or correct the id.")
    return grouped


def _manifest(folder: Path, max_bytes: int, report: Report) -> set[str]:
    """File names the manifest lists; the report is closed when there is no manifest to go by."""
    text = _text(folder / MANIFEST, max_bytes, report)
    report.close()
    document = parse(text or "", MANIFEST, report)
    if not isinstance(document, Mapping) or not isinstance(document.get("files"), list):
        report.add(f"{MANIFEST}, files", "nothing", "a list of file names", "See docs/hospital-format.md.")
        report.close()
        return set()
    check_version(document, MANIFEST, report)
    known = [table.file for table in tables()]
    for number, name in enumerate(document["files"]):
        if name not in known:
            expected = f"one of {', '.join(known)}"
            report.add(f"{MANIFEST}, files[{number}]", name, expected, "Rename or remove the file.")
    listed = {name for name in document["files"] if isinstance(name, str)}
    for path in sorted(folder.glob("*.csv")):
        if path.name not in listed:
            report.add(
                path.name, "a file that is not in the manifest", "only files listed", "List or remove it."
            )
    for table in tables():
        required = table.nested is None and HOSPITAL.field(table.collection).required
        if required and table.file not in listed:
            report.add(f"{MANIFEST}, files", "nothing", f"{table.file} among them", "Add the file.")
    return listed


def _text(path: Path, max_bytes: int, report: Report) -> str | None:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            report.add(path.name, f"{size} bytes", f"at most {max_bytes}", "Split it or raise the limit.")
            return None
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        report.add(path.name, error.strerror, "a file that can be read", "Add it or correct the manifest.")
    except UnicodeDecodeError as error:
        report.add(path.name, f"byte {error.start} is no UTF-8", "UTF-8 text", "Save the file as UTF-8.")
    return None


def _read_table(
    folder: Path, table: Table, listed: set[str], max_rows: int, max_bytes: int, report: Report
) -> list[Row]:
    if table.file not in listed:
        return []
    text = _text(folder / table.file, max_bytes, report)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = next(reader, [])
        if not _header(header, table, report):
            return []
        for number, cells in enumerate(reader, start=2):
            if number > max_rows + 1:
                report.add(
                    table.file, f"more than {max_rows} rows", f"at most {max_rows}", "Raise the limit."
                )
                break
            if any(cells):
                rows += _row(cells, header, table, number, report)
    except csv.Error as error:
        where = f"{table.file}, line {reader.line_num}"
        report.add(where, str(error), "comma-separated values", "Check quotes and line ends.")
    return rows


def _header(header: Sequence[str], table: Table, report: Report) -> bool:
    """Whether the first line names every column once; what is missing, unknown or twice there is reported."""
    wanted = table.header
    where = f"{table.file}, row 1"
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        report.add(where, header[0], "columns separated by commas", "Save the file with commas.")
        return False
    names = [name.strip() for name in header]
    missing = [name for name in wanted if name not in names]
    unknown = [name for name in names if name not in wanted and name != COMMENT]
    twice = sorted({name for name in names if names.count(name) > 1})
    for name in missing:
        report.add(f"{where}, column {name}", "nothing", f"the column {name}", "Add it; cells may be empty.")
    for name in unknown:
        expected = f"one of {', '.join(wanted)}"
        report.add(f"{where}, column {name}", "an unknown column", expected, "Rename or remove it.")
    for name in twice:
        report.add(f"{where}, column {name}", "twice", "each column once", "Remove one.")
    return not (missing or unknown or twice)


def _row(cells: Sequence[str], header: Sequence[str], table: Table, number: int, report: Report) -> list[Row]:
    place = Place(f"{table.file}, row {number}", True, table.collection in PRIVATE)
    if len(cells) != len(header):
        expected = f"{len(header)} cells as in the header"
        report.add(place.record, f"{len(cells)} cells", expected, "Check commas and quotes.")
        return []
    texts = {name.strip(): cell for name, cell in zip(header, cells, strict=True)}
    raw: dict[str, Any] = {table.owner: texts[table.owner]} if table.owner else {}
    for column in table.columns:
        inside = raw
        for name in column.path[:-1]:
            inside = inside.setdefault(name, {})
        inside[column.name] = _parsed(texts[column.name], column.field)
    return [Row(place, raw)]


def _parsed(cell: str, field: FieldSpec) -> Any:
    """A cell as a JSON value; what does not look like its kind stays text and is refused with the rest."""
    if field.kind is Kind.TEXT:
        return None if field.optional and cell == "" else cell
    text = cell.strip()
    if field.kind in (Kind.NAMES, Kind.CHOICES):
        return _items(cell) if text else []
    if text == "":
        return None
    if field.kind is Kind.WHOLE and WHOLE.fullmatch(text):
        return int(text)
    if field.kind is Kind.FLAG:
        return FLAGS.get(text.lower(), text)
    return text


def _items(cell: str) -> list[str]:
    """A list cell: items separated by ``;``, a backslash before ``;`` or ``\\`` keeps it."""
    items, at = [], 0
    while at <= len(cell):
        match = ITEM.match(cell, at)
        end = match.end() if match is not None else len(cell)
        items.append(re.sub(r"\\(.)", r"\1", cell[at:end], flags=re.DOTALL))
        at = max(end, at) + 1
    return items
