"""The page about the files and the example hospital say what the readers do."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital.formats import Limits, read_hospital
from solver.hospital.formats_csv import Table, tables
from solver.hospital.formats_spec import Kind

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "hospital-format.md").read_text(encoding="utf-8")
EXAMPLE = DOCS / "example-hospital"


def test_both_forms_of_the_example_hold_the_same_hospital() -> None:
    hospital = read_hospital(EXAMPLE / "hospital.json")
    assert hospital == read_hospital(EXAMPLE / "csv")
    for name, records in hospital.collections():
        assert records, f"the example shows no {name}"


def test_the_example_is_commented_in_both_forms() -> None:
    assert (EXAMPLE / "hospital.json").read_text(encoding="utf-8").count('"comment"') >= 20
    rows = csv.DictReader(io.StringIO((EXAMPLE / "csv" / "beds.csv").read_text(encoding="utf-8")))
    assert any(row["comment"] for row in rows)


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_the_page_lists_exactly_the_columns_the_readers_know(table: Table) -> None:
    section = PAGE.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == table.header
    for column in table.columns:
        if column.field.kind in (Kind.CHOICE, Kind.CHOICES) and column.field.choices:
            (row,) = re.findall(rf"^\| `{column.name}` \|.*$", section, re.MULTILINE)
            assert all(f"`{choice.value}`" in row for choice in column.field.choices)


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    limits = Limits()
    assert f"{limits.file_bytes // 1024**2} MiB a file" in PAGE
    assert f"{limits.rows:,} records a collection" in PAGE
    assert f"more than {limits.problems:,} problems" in PAGE


def test_the_messages_on_the_page_are_those_of_the_readers(tmp_path: Path) -> None:
    for path in (EXAMPLE / "csv").iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == "beds.csv":
            text = text.replace("MED1-B3,MED1-R2,bed", "MED1-B3,MED1-R2,sofa")
        if path.name == "lots.csv":
            text = text.replace("2025-04-30T00:00:00+08:00", "2025-04-30T00:00:00")
        if path.name == "units.csv":
            text = text.replace("pump-2,infusion_pump", "pump-2,infusion_pumb")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInstance) as caught:
        read_hospital(tmp_path)
    messages = {str(problem) for problem in caught.value.problems}
    assert len(messages) == 3
    for message in messages:
        assert message in PAGE
