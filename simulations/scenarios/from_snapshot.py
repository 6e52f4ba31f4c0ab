"""A scenario made from a hospital as it stands: "branch from now"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from simulations.demand_wards import sources
from simulations.placing.anonymous import without_identities
from simulations.scenarios.build import load
from simulations.scenarios.build_placed import minute_of
from solver.engine.errors import InvalidInstance
from solver.hospital import Hospital, Minute, from_minute
from solver.hospital.formats import write_hospital
from solver.hospital.timegrid import MINUTES_PER_DAY

LEAST_DAYS: Final = 7
"""With a shorter past no rate is counted: a week has quiet days and busy ones."""
LOAD: Final = 0.85


@dataclass(frozen=True, slots=True)
class Past:
    """Who came to a bed of each ward since a minute."""

    since: Minute
    arrivals: Mapping[str, int]


def write_snapshot(hospital: Hospital, now: Minute, past: Past, path: Path) -> Path:
    """Write a scenario to ``path`` and its hospital, identities left out, beside it; returns where that lies.

    Raises InvalidInstance if the hospital cannot be simulated, such as one without nurses; nothing is left then.
    """
    beside = path.with_suffix(".hospital.json")
    zone = _zone_of(hospital)
    wall = from_minute(now, zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    write_hospital(without_identities(hospital, minute_of(wall, zone)), beside)
    path.write_text(_text(hospital, now, past, wall, beside.name), encoding="utf-8")
    try:
        load(path)
    except InvalidInstance:
        path.unlink()
        beside.unlink()
        raise
    return beside


def _zone_of(hospital: Hospital) -> str:
    return hospital.sites[0].time_zone if hospital.sites else "UTC"


def _text(hospital: Hospital, now: Minute, past: Past, wall: datetime, file: str) -> str:
    lying = sum(stay.state.pinned and stay.with_stay_id is None for stay in hospital.stays)
    begin = minute_of(wall, _zone_of(hospital))
    booked = [stay.start > begin for stay in hospital.stays if not stay.state.pinned]
    stood = from_minute(now, _zone_of(hospital))
    return f"""\
# The hospital as it stood at {stood:%Y-%m-%d %H:%M}, identities left out: {lying} patients in bed, {sum(booked)} stays
# booked. They are the starting state of a run that begins with that hour. Left out: {len(booked) - sum(booked)} stays
# that had been booked for an earlier time and not begun, and requests that had no bed yet.
name: From today
run:
  start: {wall:%Y-%m-%d %H:%M}
  length: 14 d
  warm_up: 0 h            # the beginning is what is asked about
  replications: 20

hospital:
  file: {file}            # drugs, units and rosters as stored; the last whole days of the roster go on
  extra_beds: {{}}          # such as {{ICU1: 2}}; closed_beds likewise
  extra_units: {{}}         # such as {{infusion_pump: 2}}; withdrawn_units likewise

demand:
{_demand(hospital, now, past)}
  gives_up_after: 24 h    # assumed: after the end of their own wait, who has no bed is sent elsewhere

policies:
  placing: production     # or: first fit, guard beds (with keep_free), nearest ward
"""


def _demand(hospital: Hospital, now: Minute, past: Past) -> str:
    days = (now - past.since) / MINUTES_PER_DAY
    if days < LEAST_DAYS or not any(past.arrivals.values()):
        return (
            f"  # assumed, not counted: fewer than {LEAST_DAYS} days of arrivals are stored. Who comes is drawn from\n"
            f"  # profiles of each ward's specialities; together they ask for this share of all bed-time.\n"
            f"  load: {LOAD}"
        )
    asking = dict.fromkeys(source.ward.id for source in sources(hospital))
    rates = [f"    {ward_id}: {past.arrivals.get(ward_id, 0) / days:.3f}" for ward_id in asking]
    total = sum(past.arrivals.values())
    return "\n".join(
        [
            f"  # counted: {total} patients came to a bed of these wards in the {days:.1f} days before. Who asked in",
            "  # vain is not among them, so that demand may be higher. What they need, and how long they stay, is",
            "  # drawn from profiles of each ward's specialities (assumed).",
            "  per_day:",
            *rates,
        ]
    )
