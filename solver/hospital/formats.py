"""Import and export of a hospital: one JSON document or a folder of CSV files; see docs/hospital-format.md.

Reading refuses a file with every problem it has (:class:`~solver.engine.errors.InvalidInstance`): file, row,
column, value, what was expected, what to do. Writing then reading gives an equal hospital back. Values that
describe people never enter a message; times are RFC 3339 with an offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from solver.hospital.formats_csv import MANIFEST, read_folder, write_folder
from solver.hospital.formats_json import FORMAT, VERSION, dumps, loads
from solver.hospital.formats_values import Report
from solver.hospital.hospital import Hospital

__all__ = ["FORMAT", "VERSION", "Limits", "from_json", "read_hospital", "to_json", "write_hospital"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What an importer accepts: bytes of one file, records of one collection, problems listed."""

    file_bytes: int = 256 * 1024 * 1024
    rows: int = 1_000_000
    problems: int = 1_000


def to_json(hospital: Hospital) -> str:
    """The hospital as a JSON document, one record a line."""
    return dumps(hospital)


def from_json(text: str | bytes, name: str = "hospital.json", limits: Limits | None = None) -> Hospital:
    """The hospital in a JSON document; ``name`` is how messages call it.

    Raises :class:`InvalidInstance` with every problem of the document.
    """
    limits = limits or Limits()
    report = Report(limits.problems, [])
    if len(text) > limits.file_bytes:
        report.add(name, f"{len(text)} bytes", f"at most {limits.file_bytes}", "Raise the limit.")
    report.close()
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.add(name, f"byte {error.start} is no UTF-8", "UTF-8 text", "Save the file as UTF-8.")
        report.close()
        raise
    return loads(decoded, name, limits.rows, report)


def read_hospital(path: Path, limits: Limits | None = None) -> Hospital:
    """The hospital in a JSON file, or in a folder of CSV files with its manifest.

    Raises :class:`InvalidInstance` with every problem of all files, unreadable ones included.
    """
    limits = limits or Limits()
    report = Report(limits.problems, [])
    if path.is_dir() or path.name == MANIFEST:
        folder = path if path.is_dir() else path.parent
        return read_folder(folder, limits.rows, limits.file_bytes, report)
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            report.add(path.name, f"{size} bytes", f"at most {limits.file_bytes}", "Raise the limit.")
        content = path.read_bytes() if size <= limits.file_bytes else b""
    except OSError as error:
        report.add(path.name, error.strerror, "a JSON file or a folder of CSV files", "Check the path.")
        content = b""
    report.close()
    return from_json(content, path.name, limits)


def write_hospital(hospital: Hospital, path: Path) -> None:
    """Write a JSON file if the path ends in ``.json``, else a folder of CSV files."""
    if path.suffix == ".json":
        path.write_text(to_json(hospital), encoding="utf-8")
    else:
        write_folder(hospital, path)
