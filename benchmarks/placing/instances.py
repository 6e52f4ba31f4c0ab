"""The public set: hospitals of 30 to 5,000 beds and batches of 1 to 300 requests, made anew from their names.

An instance is four numbers and a size, so the set needs no files. Its *load* is what a ward manager calls it: people
who lie there and people who ask for a bed, over the staffed and open beds there are; at 1.05 one in twenty has none
until somebody leaves. The batch is asked for at once, on a Monday at 08:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.cases import batch_of
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import Request
from solver.placing.live import LiveHospital

BEDS: Final = {"ward": 30, "district": 290, "city": 941, "region": 4695}
"""Staffed beds that are open on that Monday morning."""


@dataclass(frozen=True, slots=True)
class Instance:
    """``requests`` people who ask at once for a bed in a hospital of a size, at a load; ``seed`` 1 or more.

    ``short``: one of those a smoke test runs, together in under a minute.
    """

    size: str
    requests: int
    load: float
    seed: int
    short: bool = False

    @property
    def name(self) -> str:
        """As results and the command line name it."""
        return f"{self.size}-{self.requests}-load{round(100 * self.load)}-seed{self.seed}"

    @property
    def occupancy(self) -> float:
        """Share of the beds taken before anybody asks, 0 to 1."""
        return min(1.0, max(0.0, self.load - self.requests / BEDS[self.size]))

    def made(self) -> tuple[LiveHospital, list[Request]]:
        """The hospital, compiled, with everybody who asks known to it, and what they ask for."""
        return batch_of(self.size, self.seed, self.requests, None, self.occupancy)


INSTANCES: Final = (
    Instance("ward", 1, 0.95, 101, short=True),
    Instance("ward", 5, 0.85, 102, short=True),
    Instance("ward", 10, 1.00, 103, short=True),
    Instance("ward", 20, 1.05, 104, short=True),
    Instance("ward", 30, 1.05, 105),
    Instance("district", 1, 1.00, 201),
    Instance("district", 10, 0.95, 202),
    Instance("district", 30, 0.70, 203, short=True),
    Instance("district", 60, 1.00, 204, short=True),
    Instance("district", 100, 0.85, 205),
    Instance("district", 200, 0.95, 206),
    Instance("district", 300, 1.05, 207),
    Instance("city", 1, 1.00, 301),
    Instance("city", 10, 1.05, 302),
    Instance("city", 60, 0.95, 303, short=True),
    Instance("city", 60, 1.05, 304),
    Instance("city", 100, 0.70, 305),
    Instance("city", 200, 1.00, 306),
    Instance("city", 300, 0.85, 307),
    Instance("city", 300, 1.05, 308),
    Instance("region", 1, 0.95, 401),
    Instance("region", 20, 1.00, 402),
    Instance("region", 60, 1.05, 403),
    Instance("region", 120, 0.95, 404),
    Instance("region", 200, 0.85, 405),
    Instance("region", 300, 0.70, 406),
    Instance("region", 300, 1.00, 407),
    Instance("region", 300, 1.05, 408),
)


def chosen(names: Sequence[str]) -> list[Instance]:
    """The instances named; "all" and "short" name sets, "city" those of a size.

    Raises InvalidInstance with every name that names none.
    """
    found = {name: [i for i in INSTANCES if _is_named(i, name)] for name in names}
    unknown = [
        Problem("--instances", name, "all, short, a size or the name of an instance", "--list names them.")
        for name, instances in found.items()
        if not instances
    ]
    if unknown:
        raise InvalidInstance(unknown)
    wanted = {instance.name for instances in found.values() for instance in instances}
    return [instance for instance in INSTANCES if instance.name in wanted]


def _is_named(instance: Instance, name: str) -> bool:
    return name in ("all", instance.size, instance.name) or (name == "short" and instance.short)
