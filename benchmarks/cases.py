"""The hospitals and batches that benchmarks share, each named by a size or a number, so that figures compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from simulations.demand import batch, requests
from simulations.hospital import generate
from solver.engine.rule import Profile
from solver.hospital import Request, to_minute
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions

NOW: Final = to_minute(datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
"""A Monday, 08:00 in Shanghai."""

SIZES: Final = ("ward", "district", "city", "region")


@dataclass(frozen=True, slots=True)
class BatchCase:
    """One batch at ``district``: a seed, a load (bed-minutes asked for over bed-minutes free in three days) and how
    full the hospital is before."""

    seed: int
    load: float
    occupancy: float = 0.4
    count: int = 200

    @property
    def name(self) -> str:
        """As results name it."""
        return f"district-{self.count}-seed{self.seed}-load{self.load:.2f}"


BATCHES: Final = tuple(
    BatchCase(seed, load) for seed, load in zip(range(1, 13), (0.95, 1.0, 1.05) * 4, strict=True)
)
"""The twelve named batches: loads 95 to 105 %, of which at least a tenth cannot be placed."""


def live_hospital(size: str, seed: int = 1, occupancy: float = 0.92) -> LiveHospital:
    """A synthetic hospital of a size, compiled."""
    hospital = generate(size, seed, NOW, occupancy=occupancy)
    return LiveHospital.of(hospital, NOW, Profile(), PlacingOptions())


def day_of_requests(live: LiveHospital, size: str, seed: int = 1) -> list[Request]:
    """A day's requests for the hospital, each as if needed now; their persons are made known to it."""
    hospital = generate(size, seed, NOW)
    arrivals = requests(hospital, seed, NOW, 1440)
    for arrival in arrivals:
        live.put(arrival.person)
    return [arrival.request for arrival in arrivals]


def batch_case(case: BatchCase) -> tuple[LiveHospital, list[Request]]:
    """The hospital and the requests of a named batch."""
    return batch_of("district", case.seed, case.count, case.load, case.occupancy)


def batch_of(
    size: str, seed: int, count: int, load: float | None = 1.0, occupancy: float = 0.4
) -> tuple[LiveHospital, list[Request]]:
    """A hospital and ``count`` requests that all come at once; ``load`` as in ``simulations.demand.batch``."""
    hospital = generate(size, seed, NOW, occupancy=occupancy)
    live = LiveHospital.of(hospital, NOW, Profile(), PlacingOptions())
    arrivals = batch(hospital, seed, count, load, NOW)
    for arrival in arrivals:
        live.put(arrival.person)
    return live, [arrival.request for arrival in arrivals]
