"""A log of admissions, transfers and discharges in CSV, read into visits or refused with all its faults.

What links the rows of one patient is read as a text, numbered, and forgotten.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from simulations.engine.codes import Event
from simulations.fitting import moments
from simulations.fitting.columns import Columns, columns_of
from simulations.fitting.faults import Faults
from simulations.fitting.kinds import EXPECTED, Kind, kind_of
from simulations.fitting.moments import Clock, Origin, clock_of, shape
from simulations.fitting.names import Names
from simulations.fitting.stay_rows import StayRow, rows_of_stays
from simulations.fitting.tracing import NOWHERE, Row, Trace
from simulations.fitting.visits import Events, Visits, visits_of
from solver.engine.errors import InvalidInstance, Problem

LONGEST_YEARS = 20
HOURS_PER_YEAR = 8766.0
DELIMITERS = ",;\t|"
MOMENTS = ("requested", "start", "end")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a log is read. columns: by role, where their names do not tell. gap: hours between two rows of a patient up
    to which they belong together. keeps_bed, frees_bed: wards whose bed is kept
    until the next is there, or is free when the next is asked for, whatever the log says."""

    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None
    gap: float = 1.0
    keeps_bed: tuple[str, ...] = ()
    frees_bed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """visits: hours from ``origin``. first, last: the earliest and the latest moment. keeps_bed: by ward.
    rows: how many were read."""

    visits: Visits
    origin: Origin
    first: float
    last: float
    keeps_bed: tuple[bool, ...]
    rows: int


def read_log(path: Path, reading: Reading = Reading()) -> Recorded:
    """The visits in a log; raises InvalidInstance with every fault, each with its line."""
    faults = Faults(path.name)
    header, lines = _table(path)
    columns = columns_of(header, reading.columns, path.name)
    names = Names()
    if columns.by_event:
        patients, origin, group = _events(lines, columns, reading, faults, names)
    else:
        patients, origin, group = _stays(lines, columns, reading, faults, names)
    names.refuse_strange(faults)
    traces = []
    for rows in patients.values():
        trace = Trace(faults, reading.gap)
        trace.follow(rows)
        traces.append(trace)
    faults.refuse_if_any()
    return _recorded(traces, list(patients), group, origin, names, reading, len(lines), path.name)


def _table(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header, and each row with its line; raises InvalidInstance if there is none."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        head = stream.readline()
        stream.seek(0)
        delimiter = max(DELIMITERS, key=head.count)
        rows = csv.DictReader(stream, delimiter=delimiter, restval="")
        header = [each for each in rows.fieldnames or [] if each]
        lines = [(rows.line_num, {name: (row[name] or "").strip() for name in header}) for row in rows]
    if not lines:
        remedy = "Export at least one row, with a line of column names above it."
        raise InvalidInstance([Problem(path.name, "no rows", "a CSV file with a header and rows", remedy)])
    return header, lines


Patients = dict[tuple[str, ...], list[Row]]
Groups = dict[tuple[str, ...], int]
Lines = list[tuple[int, dict[str, str]]]


def _events(
    lines: Lines, columns: Columns, reading: Reading, faults: Faults, names: Names
) -> tuple[Patients, Origin, Groups]:
    """Rows of each patient where each row is an event."""
    of = columns.of
    clock = clock_of((row[of["time"]] for _, row in lines), reading.time_format, faults.file)
    read: list[tuple[datetime, int, Kind, tuple[str, ...], int, int]] = []
    for line, row in lines:
        who = _who(line, row, of, faults)
        moment = _moment(line, row, of["time"], clock, faults)
        kind = kind_of(row[of["event"]])
        if kind is None:
            faults.add(
                line, of["event"], shape(row[of["event"]]), EXPECTED, "Translate it, or leave the row out."
            )
        ward = names.ward(row[of["ward"]])
        group = names.group(row[of["class"]]) if "class" in of else names.group("")
        if kind in {Kind.REQUESTED, Kind.STARTED} and ward == NOWHERE:
            faults.add(line, of["ward"], "nothing", "the name of a ward", "Name the ward.")
        elif who and moment is not None and kind is not None:
            read.append((moment, line, kind, who, ward, group))
    if _downwards([each[0] for each in read]):
        read.reverse()
    read.sort(key=lambda each: each[0])
    origin = Origin.of(_within_reason([each[:2] for each in read], faults))
    patients: Patients = defaultdict(list)
    groups: Groups = {}
    for moment, line, kind, who, ward, group in read:
        patients[who].append(Row(line, origin.hours(moment), kind, ward))
        groups.setdefault(who, group)
    return patients, origin, groups


def _stays(
    lines: Lines, columns: Columns, reading: Reading, faults: Faults, names: Names
) -> tuple[Patients, Origin, Groups]:
    """Rows of each patient where each row is a stay on a ward."""
    of = columns.of
    times = [role for role in MOMENTS if role in of]
    clock = clock_of((row[of[role]] for _, row in lines for role in times), reading.time_format, faults.file)
    read: list[tuple[tuple[str, ...], int, StayRow]] = []
    for line, row in lines:
        who = _who(line, row, of, faults)
        stay = _stay_row(line, row, of, names.ward(row[of["ward"]]), clock, faults)
        group = names.group(row[of["class"]]) if "class" in of else names.group("")
        if who and stay is not None:
            read.append((who, group, stay))
    every = sorted((moment, stay.line) for _, _, stay in read for moment in stay.moments)
    origin = Origin.of(_within_reason(every, faults))
    by_patient: dict[tuple[str, ...], list[StayRow]] = defaultdict(list)
    groups: Groups = {}
    for who, group, stay in sorted(read, key=lambda one: (one[2].moments[0], one[2].line)):
        by_patient[who].append(stay)
        groups.setdefault(who, group)
    rows = {who: rows_of_stays(stays, origin, reading.gap, faults) for who, stays in by_patient.items()}
    return rows, origin, groups


def _stay_row(
    line: int, row: dict[str, str], of: Mapping[str, str], ward: int, clock: Clock, faults: Faults
) -> StayRow | None:
    """One stay; None if too little of it can be read."""
    texts = {role: row[of[role]] for role in MOMENTS if role in of}
    found = {
        role: _moment(line, row, of[role], clock, faults) if text else None for role, text in texts.items()
    }
    outcome = _outcome(line, row, of, faults)
    if ward == NOWHERE:
        faults.add(line, of["ward"], "nothing", "the name of a ward", "Name the ward.")
    elif not any(texts.values()):
        faults.add(line, of["start"], "nothing", "when the stay began, or was asked for", "Add a moment.")
    if ward == NOWHERE or any(text and found[role] is None for role, text in texts.items()):
        return None
    stay = StayRow(line, ward, found.get("requested"), found.get("start"), found.get("end"), outcome)
    return stay if stay.moments else None


def _who(line: int, row: dict[str, str], of: Mapping[str, str], faults: Faults) -> tuple[str, ...]:
    found = tuple(row[of[role]] for role in ("source", "patient") if role in of)
    if not all(found):
        faults.add(line, of["patient"], "nothing", "what links the rows of a patient", "Fill it in.")
        return ()
    return found


def _moment(line: int, row: dict[str, str], column: str, clock: Clock, faults: Faults) -> datetime | None:
    moment = clock.read(row[column])
    if moment is None:
        expected = f"{moments.EXPECTED}, in the form of the other rows"
        faults.add(line, column, shape(row[column]), expected, "Correct it, or say --time-format.")
    return moment


def _outcome(line: int, row: dict[str, str], of: Mapping[str, str], faults: Faults) -> Kind | None:
    """Refused or gave up; None where a stay ended as stays do, or nothing is said."""
    text = row[of["outcome"]] if "outcome" in of else ""
    kind = kind_of(text)
    if text and kind is None:
        faults.add(line, of["outcome"], shape(text), EXPECTED, "Translate it, or leave it empty.")
    return kind if kind in {Kind.REFUSED, Kind.GAVE_UP} else None


def _downwards(times: list[datetime]) -> bool:
    """Whether the newest rows come first."""
    return sum(later < former for former, later in pairwise(times)) > len(times) / 2


def _within_reason(ordered: list[tuple[datetime, int]], faults: Faults) -> datetime:
    """The earliest of moments with their lines; a fault if they span so long that some must be wrong."""
    if not ordered:
        faults.refuse_if_any()
        raise InvalidInstance(
            [Problem(faults.file, "no row that can be read", "rows with moments", "Correct the log.")]
        )
    (first, line), (last, last_line) = ordered[0], ordered[-1]
    middle = ordered[len(ordered) // 2][0]
    if (last - first).days > LONGEST_YEARS * 366:
        early = middle - first > last - middle
        where, far = (line, first) if early else (last_line, last)
        expected = f"moments within {LONGEST_YEARS} years"
        faults.add(where, "time", str(far.date()), expected, "Correct it, or leave the row out.")
    return first


def _recorded(
    traces: list[Trace],
    patients: list[tuple[str, ...]],
    group: Groups,
    origin: Origin,
    names: Names,
    reading: Reading,
    rows: int,
    file: str,
) -> Recorded:
    told = [(number, *each) for number, trace in enumerate(traces) for each in trace.out]
    person = np.array([number for number, *_ in told], dtype=np.int64)
    of_class = np.array([group[who] for who in patients], dtype=np.int64)
    events = Events(
        names.classes,
        names.wards,
        person,
        np.array([time for _, time, _, _ in told], dtype=np.float64),
        np.array([int(event) for _, _, event, _ in told], dtype=np.int64),
        of_class[person],
        np.array([ward for *_, ward in told], dtype=np.int64),
    )
    if not len(events.kind) or not (events.kind == Event.JOINED).any():
        raise InvalidInstance(
            [Problem(file, "no stay on any ward", "stays on wards", "Export admissions too.")]
        )
    freed_early = set().union(*(trace.frees_bed for trace in traces))
    keeps = tuple(
        ward in reading.keeps_bed or not (number in freed_early or ward in reading.frees_bed)
        for number, ward in enumerate(names.wards)
    )
    _known_wards("--keeps-bed", reading.keeps_bed, names.wards)
    _known_wards("--frees-bed", reading.frees_bed, names.wards)
    visits = visits_of(events, np.array(keeps, dtype=bool))
    return Recorded(visits, origin, float(events.time.min()), float(events.time.max()), keeps, rows)


def _known_wards(option: str, asked: tuple[str, ...], wards: tuple[str, ...]) -> None:
    strange = [each for each in asked if each not in wards]
    if strange:
        expected = f"a ward of the log: {', '.join(wards[:12])}"
        raise InvalidInstance([Problem(option, strange[0], expected, "Correct the name.")])
