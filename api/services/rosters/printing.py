"""A roster on paper and in spreadsheets: people by days, and shift by shift with its times."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from api.services.rosters.checking import compared
from api.services.rosters.showing import day_text
from api.services.rosters.terms import clock
from api.services.rosters.workbook import workbook
from api.services.words import moment
from models.repositories.rosters import StoredRoster
from solver.placing.language import Language, Text

if TYPE_CHECKING:
    from solver.rostering.terms import WardShift

HEADER: Final = ("staff_id", "day", "shift_id", "skill", "start", "end")
BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What programs that open a CSV file take for one: such a text is told to be a text by a quotation mark."""

WEEKDAYS: Final = (
    Text("Mo", "一"),
    Text("Tu", "二"),
    Text("We", "三"),
    Text("Th", "四"),
    Text("Fr", "五"),
    Text("Sa", "六"),
    Text("Su", "日"),
)
TITLE: Final = Text("Roster of ward {ward}, {first} to {last}", "病区 {ward} 排班表，{first} 至 {last}")
EDITION: Final = Text("Edition {edition}, published {at}", "第 {edition} 版，发布于 {at}")
DRAFT: Final = Text("Draft of {at}: not published", "草案（{at}），尚未发布")
STAFF: Final = Text("Staff", "员工")
THERE: Final = Text("on {shift} / wanted", "{shift} 在岗/期望")
TIMES: Final = Text("{shift}: {start} to {end}", "{shift}：{start} 至 {end}")

CSS: Final = """
@page { size: A4 landscape; margin: 10mm; }
body { font: 10pt/1.3 system-ui, sans-serif; color: #111; margin: 1rem; }
h1 { font-size: 1.3rem; margin: 0; } p { margin: .2rem 0; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid #888; padding: .1rem .3rem; text-align: center; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead { display: table-header-group; }
tr { break-inside: avoid; } .weekend { background: #eee; } .draft { font-weight: bold; }
tfoot td { border-top: 2px solid #111; }
@media print { body { margin: 0; } * { print-color-adjust: exact; } }
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A roster with all that is printed of it. ``worked``: shift and skill by staff id and day of the roster;
    ``wanted``: people by shift and day; ``times``: RFC 3339 start and end by day and shift."""

    stored: StoredRoster
    zone: str
    people: Sequence[str]
    shifts: Sequence[WardShift]
    worked: Mapping[tuple[str, int], tuple[str, str]]
    wanted: Mapping[tuple[str, int], int]
    times: Mapping[tuple[int, str], tuple[str, str]]


def sheet(connection: Connection, stored: StoredRoster) -> Sheet:
    """Raises ``WrongState`` for a draft without a plan."""
    from solver.rostering.ward import span

    found = compared(connection, stored)
    kinds = {shift.id: shift for shift in found.terms.shifts}
    wanted = Counter[tuple[str, int]]()
    for cell in found.problem.cover:
        wanted[cell.shift, cell.day] += cell.wanted
    given = found.roster.assignments
    times = {}
    for day, shift in {(one.day, one.shift) for one in given}:
        start, end = span(kinds[shift], stored.first_day + day, found.zone)
        times[day, shift] = moment(start, found.zone), moment(end, found.zone)
    return Sheet(
        stored,
        found.zone,
        [employee.id for employee in found.problem.employees],
        found.terms.shifts,
        {(one.employee, one.day): (one.shift, one.skill) for one in given},
        wanted,
        times,
    )


# --- spreadsheets -------------------------------------------------------------------------------------------
def as_csv(printed: Sheet) -> bytes:
    """A row for each shift that is worked, as ``HEADER``; UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([_plain(cell) for cell in row] for row in _rows(printed))
    return text.getvalue().encode("utf-8-sig")


def as_workbook(printed: Sheet) -> bytes:
    """Two sheets: people by days, and a row for each shift that is worked."""
    days = [day_text(printed.stored.first_day + day) for day in range(printed.stored.days)]
    grid = [["staff_id", *days]]
    grid += [
        [who, *(printed.worked.get((who, day), ("", ""))[0] for day in range(printed.stored.days))]
        for who in printed.people
    ]
    return workbook({"roster": grid, "shifts": [list(HEADER), *map(list, _rows(printed))]})


def _rows(printed: Sheet) -> Iterator[tuple[str, ...]]:
    for (who, day), (shift, skill) in sorted(printed.worked.items()):
        yield who, day_text(printed.stored.first_day + day), shift, skill, *printed.times[day, shift]


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text


# --- paper --------------------------------------------------------------------------------------------------
def as_page(printed: Sheet, language: Language, published: str) -> str:
    """One page by itself, people by days, that prints well; ``published``: when it was made, as a time."""
    stored = printed.stored
    first, last = day_text(stored.first_day), day_text(stored.end_day - 1)
    title = TITLE.say(language, ward=stored.ward_id, first=first, last=last)
    if stored.edition is None:
        state = f'<p class="draft">{escape(DRAFT.say(language, at=published))}</p>'
    else:
        state = f"<p>{escape(EDITION.say(language, edition=stored.edition, at=published))}</p>"
    legend = "".join(f"<p>{escape(_times(shift, language))}</p>" for shift in printed.shifts)
    return (
        f'<!DOCTYPE html>\n<html lang="{language.value}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n<body><h1>{escape(title)}</h1>{state}"
        f"<table>{_head(printed, language)}{_body(printed)}{_foot(printed, language)}</table>{legend}"
        "</body></html>\n"
    )


def _times(shift: WardShift, language: Language) -> str:
    end = clock(shift.starts + shift.minutes)
    return TIMES.say(language, shift=shift.id, start=clock(shift.starts), end=end)


def _marked(day: int) -> str:
    return ' class="weekend"' if day % 7 >= 5 else ""


def _head(printed: Sheet, language: Language) -> str:
    days = "".join(
        f"<th{_marked(day)}>{WEEKDAYS[day % 7].say(language)}<br>{day_text(printed.stored.first_day + day)[8:]}</th>"
        for day in range(printed.stored.days)
    )
    return f"<thead><tr><th>{STAFF.say(language)}</th>{days}</tr></thead>"


def _body(printed: Sheet) -> str:
    rows = []
    for who in printed.people:
        cells = "".join(
            f"<td{_marked(day)}>{escape(' '.join(printed.worked.get((who, day), ('', ''))).strip())}</td>"
            for day in range(printed.stored.days)
        )
        rows.append(f"<tr><td>{escape(who)}</td>{cells}</tr>")
    return f"<tbody>{''.join(rows)}</tbody>"


def _foot(printed: Sheet, language: Language) -> str:
    there = Counter((shift, day) for (_, day), (shift, _) in printed.worked.items())
    rows = []
    for shift in printed.shifts:
        cells = "".join(
            f"<td{_marked(day)}>{there[shift.id, day]}/{printed.wanted.get((shift.id, day), 0)}</td>"
            for day in range(printed.stored.days)
        )
        said = escape(THERE.say(language, shift=shift.id))
        rows.append(f"<tr><td>{said}</td>{cells}</tr>")
    return f"<tfoot>{''.join(rows)}</tfoot>"
