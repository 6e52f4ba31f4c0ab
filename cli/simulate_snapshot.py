"""Making a scenario from the live hospital, for the command line."""

from __future__ import annotations

import os
from pathlib import Path

from cli.errors import Refused
from cli.opening import opened, present, refuse_unless_named
from models.arrivals import arrivals_by_ward
from models.store import load_hospital
from simulations.scenarios.from_snapshot import Past, write_snapshot
from solver.hospital.timegrid import MINUTES_PER_DAY

COUNTED_DAYS = 56
"""Arrivals of so many days are counted: eight weeks, so that each weekday is seen eight times."""


def snapshot(file: Path, database: str | None, key_file: Path | None) -> str:
    """Write the scenario and its hospital; returns what to tell."""
    beside = file.with_suffix(".hospital.json")
    for path in (file, beside):
        if path.exists():
            raise Refused(f"{path} is there already; nothing is overwritten. Name another file.")
    now = present().minute
    with opened(database, key_file) as found, found.reading() as connection:
        refuse_unless_named(connection)
        hospital = load_hospital(connection, since=now - MINUTES_PER_DAY)
        since, arrivals = arrivals_by_ward(connection, now - COUNTED_DAYS * MINUTES_PER_DAY, now)
    if not hospital.beds:
        raise Refused("The hospital has no beds yet. `wardflow import` brings them.")
    # It tells of people's sex, age and infections, if not of who they are.
    before = os.umask(0o077)
    try:
        write_snapshot(hospital, now, Past(since, arrivals), file)
    except OSError as error:
        raise Refused(f"Cannot write {file}: {error.strerror}.") from None
    finally:
        os.umask(before)
    return f"Wrote {file} and {beside}. Try: wardflow simulate run {file}"
