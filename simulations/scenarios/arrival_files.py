"""Arrivals from CSV files: elective lists, and recorded logs to replay. Only times and classes are read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime

from simulations.scenarios.context import Context
from simulations.scenarios.places import Path
from simulations.scenarios.schema_demand import Replay
from simulations.scenarios.units import MOMENT, moment_of

MOST_FAULTS = 10
"""Of one file; the next ones are mostly the same mistake."""


def listed_file(context: Context, file: str, column: str, path: Path) -> list[float]:
    """Hours from the start of the run for each row of an elective list."""
    return [time for time, _ in _moments(context, file, column, None, path)]


def replayed(context: Context, given: Replay, class_name: str, path: Path) -> tuple[float, ...]:
    """Hours from the start of the run at which a class arrives in a recorded log, within the run.

    ``start`` is the moment of the log that the run begins with; a run that begins another year is moved to it.
    """
    wanted = given.as_class or class_name
    shift = 0.0 if given.start is None else context.hours(given.start)
    rows = list(_moments(context, given.file, given.time_column, given.class_column, path))
    times = sorted(time - shift for time, label in rows if label == wanted)
    inside = tuple(time for time in times if 0 <= time < context.length)
    if rows and not inside:
        seen = ", ".join(sorted({label for _, label in rows})[:8])
        remedy = f"Set replay.start to where the log begins, or as_class to one of its classes: {seen}."
        context.fault(path, f"{len(times)} arrivals of {wanted}", "arrivals within the run", remedy)
    return inside


def _moments(
    context: Context, file: str, column: str, class_column: str | None, path: Path
) -> Iterator[tuple[float, str]]:
    """Time and class of every row that can be read; a fault for each that cannot."""
    place = context.folder / file
    if not place.is_file():
        remedy = "Name it relative to the scenario's folder."
        context.fault((*path, "file"), file, "a CSV file", remedy)
        return
    with place.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        rows = csv.DictReader(stream)
        missing = [each for each in (column, class_column) if each and each not in (rows.fieldnames or [])]
        if missing:
            there = ", ".join((rows.fieldnames or [])[:12]) or "no header"
            context.fault(
                (*path, "file"),
                f"no column {missing[0]}",
                f"one of its columns: {there}",
                "Name the column.",
                f"{file}:1",
            )
            return
        faults = 0
        for row in rows:
            try:
                moment: float | datetime = moment_of((row[column] or "").strip())
            except ValueError:
                faults += 1
                if faults <= MOST_FAULTS:
                    inside = f"{file}:{rows.line_num}"
                    context.fault((*path, "file"), row[column], MOMENT, "Correct the row.", inside)
                continue
            yield context.hours(moment), (row[class_column] or "").strip() if class_column else ""
