"""Which column of a log is which: by the names that hospitals, process-mining tools and `simulate run` use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulations.fitting.moments import shape
from solver.engine.errors import Problem, refuse_if_any

NAMES: Mapping[str, tuple[str, ...]] = {
    "patient": (
        "patient", "patient_id", "episode", "episode_id", "encounter", "encounter_id", "visit", "visit_id", "spell",
        "case", "case_id", "case:concept:name", "hadm_id", "stay_id", "number",
    ),
    "ward": ("ward", "unit", "location", "department", "careunit", "care_unit", "place", "step"),
    "class": ("class", "patient_class", "specialty", "speciality", "service", "patient_type", "group"),
    "time": ("time", "timestamp", "time:timestamp", "datetime", "date_time", "event_time", "when"),
    "event": ("event", "event_type", "eventtype", "activity", "concept:name", "kind", "message", "trigger"),
    "start": ("start", "started", "start_time", "admitted", "admission", "admit_time", "intime", "in", "arrival"),
    "end": ("end", "ended", "end_time", "discharged", "discharge", "discharge_time", "outtime", "out"),
    "requested": ("requested", "request", "request_time", "asked", "bed_requested", "requested_at"),
    "outcome": ("outcome", "disposition", "fate", "result"),
    "source": ("source",),
}  # fmt: skip
"""A column that is not found may be named with --column ROLE=NAME. The first name that is there counts."""
SHARED = ("patient", "ward")
BY_EVENT = (*SHARED, "time", "event")
BY_STAY = (*SHARED, "start", "end")
FIGURES_OF_DATA = 6
"""Figures in one cell from which on a line is data: a moment has as many, the name of a column has not."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each role that there is; ``by_event``: one row an event, else one row a stay."""

    of: Mapping[str, str]
    by_event: bool


def columns_of(header: Sequence[str], named: Mapping[str, str], file: str) -> Columns:
    """Columns by role; raises InvalidInstance where one is missing or was named and is not there."""
    problems = [
        Problem(
            f"--column {role}={name}",
            f"no such column in {_listed(header)}",
            "a column that is there",
            "Correct the name.",
        )
        for role, name in named.items()
        if name not in header
    ]
    problems += [
        Problem(f"--column {role}={name}", role, f"one of: {', '.join(NAMES)}", "Correct the role.")
        for role, name in named.items()
        if role not in NAMES
    ]
    refuse_if_any(problems)
    found = {role: name for role in NAMES if (name := named.get(role) or _find(header, NAMES[role]))}
    if "source" in found and found.get("patient") != "number":
        # Only beside the number does it belong to who the patient is, as `simulate run` writes it.
        del found["source"]
    stays = {"start", "end"} <= set(found)
    by_event = "event" in found and not stays
    events = by_event or ("time" in found and not stays)
    missing = [role for role in (BY_EVENT if events else BY_STAY) if role not in found]
    refuse_if_any(
        Problem(
            f"{file}:1",
            f"no column for {role} in {_listed(header)}",
            f"a column called {' or '.join(NAMES[role][:4])}",
            f"Rename it, or say --column {role}=NAME. A log has one row an event ({', '.join(BY_EVENT)}) or one row "
            f"a stay ({', '.join(BY_STAY)}).",
        )
        for role in missing
    )
    return Columns(found, by_event)


def _find(header: Sequence[str], names: Sequence[str]) -> str | None:
    known = {re.sub(r"[\s_-]+", "_", each.strip().lower()): each for each in reversed(header)}
    return next((known[name] for name in names if name in known), None)


def _listed(header: Sequence[str]) -> str:
    """What stands in the first line; nobody's data, where a log has no header."""
    if not any(_find(header, names) for names in NAMES.values()) or any(map(_is_data, header)):
        return f"a first line that holds no column names: {', '.join(map(shape, header[:20]))}"
    return ", ".join(shape(cell) if re.search("[0-9]", cell) else cell for cell in header[:20])


def _is_data(cell: str) -> bool:
    return sum(map(str.isdigit, cell)) >= FIGURES_OF_DATA
