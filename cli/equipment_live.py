"""Bookings wanted of the hospital as it stands, for ``wardflow equipment solve --from-snapshot``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import Refused
from cli.opening import opened, present, refuse_unless_named
from solver.engine.rule import Profile
from solver.equipment.formats import write_bookings
from solver.equipment.problem import BookingProblem
from solver.hospital import Hospital
from solver.hospital.timegrid import Minute, from_minute
from solver.placing.problem import PlacingOptions
from solver.placing.records import Records

if TYPE_CHECKING:
    from api.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is to be planned; ``since``: the minute that is minute 0 of the problem; ``without``: the ids of those that
    no unit of the hospital may serve, which are not in it."""

    problem: BookingProblem
    without: tuple[str, ...]
    since: Minute
    zone: str

    def told(self) -> str:
        """The origin of the plan's minutes, and who is not in it."""
        begins = f"minute 0 is {from_minute(self.since, self.zone).isoformat()}"
        return f"{begins}; no unit may serve: {', '.join(self.without)}" if self.without else begins


def snapshot(path: Path, database: str | None, key_file: Path | None) -> Snapshot:
    """The bookings of a file with ``wanted``, between those that the units of the hospital have."""
    from api.errors import InvalidInput
    from api.schemas.equipment import LiveIn
    from api.services.equipment import live_bookings
    from api.wire import JsonBody

    try:
        asked = JsonBody(LiveIn).parse(path.read_bytes())
        if asked.is_empty:
            raise Refused(f"{path} has neither `wanted` nor `maintenance`: nothing is to be planned.")
        hospital, now = _hospital(database, key_file)
        records = Records.of(hospital, now, Profile(), PlacingOptions())
        problem, without = live_bookings(records, asked, now)
    except InvalidInput as refused:
        raise Refused(_faults(path, refused)) from None
    return Snapshot(problem, without, now, hospital.sites[0].time_zone)


def bookings_beside(plan: Path) -> Path:
    """Where the document of a plan lies, which ``check`` and ``repair`` read with it."""
    return plan.with_suffix(".bookings.json")


def write_beside(plan: Path, problem: BookingProblem) -> str:
    """Write the document of a plan; returns what to tell."""
    beside = bookings_beside(plan)
    beside.write_text(write_bookings(problem), encoding="utf-8")
    return f"Wrote {beside}."


def _hospital(database: str | None, key_file: Path | None) -> tuple[Hospital, Minute]:
    from models.store import load_hospital

    now = present().minute
    with opened(database, key_file) as found, found.reading() as connection:
        refuse_unless_named(connection)
        hospital = load_hospital(connection, since=now)
    if not hospital.units:
        raise Refused("The hospital has no units of equipment yet. `wardflow import` brings them.")
    return hospital, now


def _faults(path: Path, refused: InvalidInput) -> str:
    """Every fault with its place."""
    if not refused.places:
        return f"{path}: not JSON. {refused.remedy}"
    lines = "".join(f"\n  {one.where}: expected {one.expected}" for one in refused.places)
    return f"{path}: {len(refused.places)} problems. Correct them.{lines}"
