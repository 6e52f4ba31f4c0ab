"""Rosters on paper and in spreadsheets."""

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest

from api.services.rosters.printing import HEADER, Sheet, as_csv, as_page, as_workbook
from api.services.rosters.workbook import column, workbook
from models.repositories.rosters import StoredRoster
from solver.placing.language import Language
from solver.rostering.terms import WardShift

MONDAY = 20_521
MADE = "2026-03-02T00:00:00+00:00"
STORED = StoredRoster("ros_1", "W<1>", None, MONDAY, 7, 1, "j")
SHEET = Sheet(
    STORED,
    "UTC",
    ["N11", "=N12"],
    (WardShift("day", 7 * 60, 720), WardShift("night", 19 * 60, 720, night=True)),
    {("N11", 0): ("day", "iv"), ("=N12", 6): ("night", "")},
    {("day", 0): 2},
    {
        (0, "day"): ("2026-03-09T07:00:00+00:00", "2026-03-09T19:00:00+00:00"),
        (6, "night"): ("2026-03-15T19:00:00+00:00", "2026-03-16T07:00:00+00:00"),
    },
)


def read_sheet(archive, number):
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    tree = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
    return {cell.get("r"): cell.findtext("m:is/m:t", None, space) for cell in tree.iterfind(".//m:c", space)}


def test_a_csv_file_has_a_row_for_each_shift_and_no_formula():
    text = as_csv(SHEET)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert rows == [
        list(HEADER),
        ["'=N12", "2026-03-15", "night", "", "2026-03-15T19:00:00+00:00", "2026-03-16T07:00:00+00:00"],
        ["N11", "2026-03-09", "day", "iv", "2026-03-09T07:00:00+00:00", "2026-03-09T19:00:00+00:00"],
    ]


def test_a_workbook_has_people_by_days_and_is_the_same_each_time():
    made = as_workbook(SHEET)
    assert made == as_workbook(SHEET)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        grid, listed = read_sheet(archive, 1), read_sheet(archive, 2)
        parts = re.findall(rb'PartName="/([^"]+)"', archive.read("[Content_Types].xml"))
    assert {part.decode() for part in parts} < names
    assert (grid["A1"], grid["B1"], grid["H1"]) == ("staff_id", "2026-03-09", "2026-03-15")
    assert (grid["A2"], grid["B2"], grid["A3"], grid["H3"]) == ("N11", "day", "=N12", "night")
    assert "C2" not in grid, "a day off is an empty cell"
    assert listed["C3"] == "day"


def test_a_cell_may_hold_any_text_and_columns_go_on_after_z():
    with zipfile.ZipFile(io.BytesIO(workbook({"a & b": [["<x> & 'y'"]]}))) as archive:
        assert read_sheet(archive, 1) == {"A1": "<x> & 'y'"}
    assert [column(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        pytest.param(
            Language.ENGLISH, ("Roster of ward W&lt;1&gt;", "not published", "on day / wanted"), id="en"
        ),
        pytest.param(Language.CHINESE, ("病区 W&lt;1&gt; 排班表", "尚未发布", "day 在岗/期望"), id="zh"),
    ],
)
def test_a_page_to_print_says_what_it_is_and_who_is_missing(language, said):
    page = as_page(SHEET, language, MADE)
    assert all(words in page for words in said)
    assert f'lang="{language.value}"' in page
    assert "<td>1/2</td>" in page
    assert "day iv" in page
    assert "19:00" in page
    assert "07:00" in page
    assert "W<1>" not in page
    assert "<script" not in page
