"""Plans as CSV: a line for each patient and day."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from solver.admissions.stays.problem import Night, StayPlan
from solver.admissions.stays.reading import Faults, text

NIGHTS: Final = ("patient_id", "night", "room")
"""Header of the plans of PAS."""
DAYS: Final = ("patient", "day", "room")


def read(path: Path) -> StayPlan:
    """A plan from a file with either header. Raises InvalidInstance with every faulty line."""
    found = Faults(path.name)
    rows = list(csv.reader(io.StringIO(text(path))))
    header = tuple(field.strip() for field in rows[0]) if rows else ()
    if header not in (NIGHTS, DAYS):
        found.add("line 1", ",".join(header), f"{','.join(NIGHTS)} or {','.join(DAYS)}", "Give a header.")
    nights = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) == len(DAYS):
            nights.append(Night(row[0].strip(), found.number(f"line {number}", row[1]), row[2].strip()))
        elif row:
            found.add(f"line {number}", ",".join(row), "three fields", "Complete the line.")
    found.refuse()
    return StayPlan(tuple(sorted(nights)))


def write(plan: StayPlan, path: Path, header: tuple[str, ...] = DAYS) -> None:
    """Write a plan, in the order patient, day."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows((night.patient, night.day, night.room) for night in plan.nights)
