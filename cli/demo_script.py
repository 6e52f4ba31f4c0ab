"""What a demo plays: a drawn day of a synthetic hospital, or a competition instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from simulations.day_events import Day
    from simulations.day_outcome import Outcome
    from simulations.ihtc import Case

MONDAY = 0


@dataclass(frozen=True, slots=True)
class Source:
    """What a day is made from, in a form that another process can make it from again."""

    instance: Path | None
    size: str
    seed: int
    minutes: int
    on: date


@dataclass(frozen=True, slots=True)
class Script:
    """A day to play, and how it is told. ``case``: the competition instance, if it is one."""

    source: Source
    day: Day
    zone: str
    title: str
    case: Case | None = None


def script_of(instance: Path | None, size: str, seed: int, hours: int) -> Script:
    """The day to play. Raises ``InvalidInstance`` with every problem of a file or size.

    It lies in the future (the next Monday): the clock of a hospital only runs forward, and the sandbox's begins
    no earlier than the machine's.
    """
    from simulations.hospital import ZONE

    today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    monday = today + timedelta(days=(MONDAY - today.weekday() - 1) % 7 + 1)
    return _made(Source(instance, size, seed, 60 * hours, monday))


def _made(source: Source) -> Script:
    if source.instance is not None:
        return _instance(source, source.instance)
    from simulations.day_plan import RESOLVE_MINUTES, Draw, morning_of, plan

    resolve = min(RESOLVE_MINUTES, source.minutes)
    draw = Draw(source.size, source.seed, minutes=source.minutes, resolve=resolve)
    day = plan(draw, morning_of(source.on, draw.zone))
    places, occupied = len(day.hospital.beds), len(day.hospital.stays)
    title = (
        f"A day of a synthetic {source.size} hospital (seed {source.seed}): {places} places, {occupied} of them "
        f"taken in the morning, {len(day.asked)} requests to come. Nobody in it is a real person."
    )
    return Script(source, day, draw.zone, title)


def _instance(source: Source, path: Path) -> Script:
    from simulations.day_ihtc import day_of
    from simulations.ihtc import origin_on, read

    case = read(path, origin_on(source.on))
    day = day_of(case)
    title = (
        f"{path.name} (IHTC-2024): {len(case.hospital.rooms)} rooms with {len(case.hospital.beds)} beds, "
        f"{len(case.hospital.stays)} occupants, {len(case.arrivals)} patients, {len(case.hospital.staff)} nurses, "
        f"{case.days} days. Each patient is asked for on the release day; equipment, drugs: not in this instance."
    )
    return Script(source, day, "UTC", title, case)


def first_fit(source: Source) -> Outcome:
    """The same day under first-fit, in this process."""
    from simulations.day import Policy, play_here

    outcome, _, _ = play_here(_made(source).day, Policy.FIRST_FIT)
    return outcome
