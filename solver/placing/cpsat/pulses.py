"""Loads that variables put on a ward for a while: what hard and soft rules of cover are written in."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from solver.engine.types import Int64
from solver.hospital import Care, Person, PooledCapacity, Ward
from solver.hospital.staff import NURSE_SHARES
from solver.placing.records import Records

POOLS = tuple(pool.name for pool in fields(PooledCapacity))


@dataclass(frozen=True, slots=True)
class Load:
    """What one stay asks of one ward: shares of nurses, skills, pools."""

    floor: int
    target: int
    skills: frozenset[str]
    pools: tuple[int, ...]


def load_of(person: Person, care: Care, ward: Ward, records: Records) -> Load:
    """A stay's load on a ward."""
    ratio = records.ratio(ward, care.care_level)
    floor = 0 if ratio is None else NURSE_SHARES // ratio.floor_patients
    target = 0 if ratio is None else NURSE_SHARES // ratio.target_patients
    if person.one_to_one:
        floor = target = NURSE_SHARES
    return Load(floor, target, care.skills, tuple(getattr(care.pooled, pool) for pool in POOLS))


@dataclass(frozen=True, slots=True)
class Pulses:
    """Loads on one ward; arrays (n_pulses,). ``owner`` numbers ``loads``; ``sign`` -1 where load is taken off;
    ``bed`` and ``request`` as in the options (-1 for what leaves)."""

    variable: Int64
    first: Int64
    until: Int64
    owner: Int64
    sign: Int64
    bed: Int64
    request: Int64
    loads: list[Load]

    def amounts(self, of_load: list[int]) -> Int64:
        """Signed amount of each pulse, given the amount of each load."""
        return np.array(of_load, np.int64)[self.owner] * self.sign


def joined(parts: list[Pulses]) -> Pulses:
    """All parts as one."""
    loads: list[Load] = []
    owners = []
    for part in parts:
        owners.append(part.owner + len(loads))
        loads += part.loads

    def column(name: str) -> Int64:
        return np.concatenate([getattr(part, name) for part in parts])

    return Pulses(
        variable=column("variable"),
        first=column("first"),
        until=column("until"),
        owner=np.concatenate(owners),
        sign=column("sign"),
        bed=column("bed"),
        request=column("request"),
        loads=loads,
    )
