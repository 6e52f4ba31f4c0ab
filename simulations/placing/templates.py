"""Patients to draw from: some hundred of each ward's, made once for a scenario and the same for every seed.

Making a request with its person takes about 100 us. A year of a district hospital has some 40,000, so each source of
demand keeps a pool, and who comes is drawn from it with a new hour, true length of stay and notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simulations.demand_people import Maker
from simulations.demand_wards import Source, sources
from simulations.streams import stream
from solver.engine.types import Int64
from solver.hospital import HandlingClass, Hospital, Minute, Person, Request, from_minute
from solver.hospital.timegrid import MINUTES_PER_DAY

POOL: Final = {False: 160, True: 80}
"""Patients in the pool of a source: who comes unplanned, and who is planned."""
POOL_SEED: Final = 1
NO_CLOCK: Final = -1


@dataclass(frozen=True, slots=True)
class Template:
    """A patient of a pool: lead minutes from asking to needing the bed; ``clock``: the minute of the next local day at
    which they are treated instead, where a ward has opening hours."""

    person: Person
    request: Request
    made_at: Minute
    lead: int
    clock: int = NO_CLOCK


@dataclass(frozen=True, slots=True)
class Pools:
    """All templates; those of source i, planned or not, are ``templates[first : first + count]``."""

    sources: tuple[Source, ...]
    templates: tuple[Template, ...]
    spans: dict[tuple[int, bool], tuple[int, int]]


def pools(hospital: Hospital, start: Minute) -> Pools:
    """The pools of a hospital's sources of demand. Blood is left out: the blood bank issues it, apart from the bed."""
    maker = Maker(hospital)
    blood = {drug.id for drug in hospital.drugs if drug.handling is HandlingClass.BLOOD}
    found = tuple(sources(hospital))
    templates: list[Template] = []
    spans: dict[tuple[int, bool], tuple[int, int]] = {}
    for number, source in enumerate(found):
        for planned, count in POOL.items():
            spans[number, planned] = len(templates), count
            templates += _pool(maker, source, planned, count, start, blood)
    return Pools(found, tuple(templates), spans)


def _pool(
    maker: Maker, source: Source, planned: bool, count: int, start: Minute, blood: set[str]
) -> Sequence[Template]:
    name = f"placing/pool/{source.ward.id}/{source.profile.speciality}/{planned}"
    rng = stream(POOL_SEED, 0, name)
    made = []
    for number in range(count):
        drawn = maker.draw(rng, source, start, planned)
        label = f"pool-{source.ward.id}-{source.profile.speciality}-{int(planned)}-{number:04d}"
        person, request = maker.record(drawn, label, start)
        drugs = tuple(need for need in request.drugs if need.drug_id not in blood)
        clock = _clock(request.needed_by, source) if source.hours != (0, 0) else NO_CLOCK
        made.append(Template(person, replace(request, drugs=drugs), start, request.needed_by - start, clock))
    return made


def _clock(minute: Minute, source: Source) -> int:
    wall = from_minute(minute, source.zone)
    return wall.hour * 60 + wall.minute


def needed_by(asked: Int64, lead: Int64, clock: Int64, offset: int) -> Int64:
    """Minutes at which beds are needed, int64 (n,); ``offset``: minutes to add to reach local time."""
    day = (asked + offset) // MINUTES_PER_DAY * MINUTES_PER_DAY - offset
    treated = day + MINUTES_PER_DAY + clock
    return np.where(clock == NO_CLOCK, asked + lead, treated)
