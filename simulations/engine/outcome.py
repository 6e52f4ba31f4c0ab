"""What one replication counted, and what follows from it.

All arrays are by bin of the day first: a visit is counted in the bin in which the patient came to the step (its end,
its interruptions and whoever gave up: in that in which it happened), a patient in that of the arrival (who left: of the
departure). Sum over axis 0 for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from solver.engine.types import Int64

Float64 = npt.NDArray[np.float64]

SUB_BUCKETS = 32
"""Buckets for each doubling: 3 % wide, and a quantile is interpolated inside its bucket."""
LEAST_EXPONENT = -12
OCTAVES = 40
BUCKETS = OCTAVES * SUB_BUCKETS + 2
"""Bucket 0: exactly nothing (nobody waited); bucket 1 also takes what is below 2 ** -12; the last: from 2 ** 28."""
LEVELS = 257
"""Levels 0 to 255 of a resource, the last one for all above."""


class Visit(IntEnum):
    """Columns of ``visits``, which counts, by bin, step and class."""

    ARRIVED = 0
    STARTED = 1
    WAITED = 2
    """Started, but not at once."""
    FINISHED = 3
    BALKED = 4
    REFUSED = 5
    """Found the line full."""
    RENEGED = 6
    INTERRUPTED = 7


class Time(IntEnum):
    """Columns of ``visit_times``, sums by bin, step and class."""

    WAIT = 0
    """Until the first start, of those who started."""
    WAIT_SQUARED = 1
    SERVICE = 2
    """From the first start to the end, interruptions included, of those who finished."""
    GAVE_UP = 3
    """Waited in vain, of those who reneged."""


class Patient(IntEnum):
    """Columns of ``patients``, by bin and class."""

    ENTERED = 0
    LEFT = 1


class Stay(IntEnum):
    """Columns of ``stays``, sums over those who came after the warm-up and left, by bin of departure and class."""

    COUNT = 0
    TOTAL = 1
    SQUARED = 2


class Area(IntEnum):
    """Columns of ``areas``, integrals over time by bin and resource."""

    IN_USE = 0
    CAPACITY = 1
    """Of a stock: what lies on the shelf."""
    OVERTIME = 2
    """In use beyond the capacity: services that go on after their unit should have gone."""
    EXHAUSTED = 3
    """Time with nothing free although something is there; of a stock: with nothing on the shelf."""


class Crowd(IntEnum):
    """Columns of ``crowds``, integrals over time by bin and step."""

    WAITING = 0
    SERVING = 1


class Supply(IntEnum):
    """Columns of ``supplies``, by resource."""

    ORDERS = 0
    ORDERED = 1
    RECEIVED = 2
    USED = 3
    EXPIRED = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """One replication, from the warm-up to the horizon.

    visits int64 (bins, steps, classes, len(Visit)). visit_times float64 (bins, steps, classes, len(Time)).
    patients int64 (bins, classes, 2). stays float64 (bins, classes, 3). areas float64 (bins, resources, 4).
    crowds float64 (bins, steps, 2). bin_time float64 (bins,): how long each bin was watched.
    levels float64 (resources, LEVELS): time with so many in use (of a stock: on the shelf).
    waits int64 (steps, classes, BUCKETS), lengths int64 (classes, BUCKETS): histograms of the wait until the first
    start, and of the time in the system. supplies int64 (resources, 5).
    snapshots float64 (bins, resources + 2 * steps, 2): sums and sums of squares of what was in use, then waiting, then
    in service, seen at the beginning of each bin; snapshot_count int64 (bins,).
    series float64 (intervals, resources + 2 * steps): the same as averages over each ``bin_width`` from time 0, warm-up
    included; no rows unless asked for.
    log float64 (rows, 6): time, event (``codes.Event``), class, step, source, number of the patient in the source; no
    rows unless asked for.
    """

    class_names: tuple[str, ...]
    step_names: tuple[str, ...]
    resource_names: tuple[str, ...]
    source_names: tuple[str, ...]
    seed: int
    replication: int
    horizon: float
    warm_up: float
    events: int
    visits: Int64
    visit_times: Float64
    patients: Int64
    stays: Float64
    areas: Float64
    crowds: Float64
    bin_time: Float64
    levels: Float64
    waits: Int64
    lengths: Int64
    supplies: Int64
    snapshots: Float64
    snapshot_count: Int64
    series: Float64
    log: Float64

    @property
    def watched(self) -> float:
        """How long was counted."""
        return self.horizon - self.warm_up

    def visits_of(self, step: str, what: Visit, class_name: str | None = None) -> int:
        return int(self._of(self.visits, step, class_name)[..., what].sum())

    def time_of(self, step: str, what: Time, class_name: str | None = None) -> float:
        return float(self._of(self.visit_times, step, class_name)[..., what].sum())

    def mean_wait(self, step: str, class_name: str | None = None) -> float:
        """Over those who came after the warm-up and started; nan if nobody did."""
        started = self.visits_of(step, Visit.STARTED, class_name)
        return self.time_of(step, Time.WAIT, class_name) / started if started else float("nan")

    def wait_histogram(self, step: str, class_name: str | None = None) -> Int64:
        """int64 (BUCKETS,)."""
        return np.asarray(self._of(self.waits[None], step, class_name).sum(axis=(0, 1)))

    def mean_stay(self, class_name: str | None = None) -> float:
        """Time in the system of those who came after the warm-up and left; nan if nobody did."""
        stays = self.stays.sum(axis=0)[self._classes(class_name)].sum(axis=0)
        return float(stays[Stay.TOTAL] / stays[Stay.COUNT]) if stays[Stay.COUNT] else float("nan")

    def mean_in_use(self, resource: str) -> float:
        return self.area_of(resource, Area.IN_USE) / self.watched

    def area_of(self, resource: str, what: Area) -> float:
        return float(self.areas[:, self.resource_names.index(resource), what].sum())

    def mean_crowd(self, step: str, what: Crowd) -> float:
        """Average number of patients who wait for a step, or are in it."""
        return float(self.crowds[:, self.step_names.index(step), what].sum()) / self.watched

    def _of(
        self, array: npt.NDArray[np.generic], step: str, class_name: str | None
    ) -> npt.NDArray[np.generic]:
        return array[:, self.step_names.index(step)][:, self._classes(class_name)]

    def _classes(self, class_name: str | None) -> slice:
        if class_name is None:
            return slice(None)
        number = self.class_names.index(class_name)
        return slice(number, number + 1)


def bucket_edges() -> Float64:
    """Lower edges of the buckets and, last, infinity: float64 (BUCKETS + 1,); bucket 0 is empty, from 0 to 0."""
    octave, part = np.divmod(np.arange(OCTAVES * SUB_BUCKETS), SUB_BUCKETS)
    edges = np.ldexp(1.0 + part / SUB_BUCKETS, octave + LEAST_EXPONENT)
    edges[0] = 0.0
    return np.concatenate([[0.0], edges, [np.ldexp(1.0, OCTAVES + LEAST_EXPONENT), np.inf]])


def quantile(histogram: Int64, level: float) -> float:
    """The value below which ``level`` (0 to 1) of what a histogram counted lies; nan if it is empty."""
    total = int(histogram.sum())
    if total == 0:
        return float("nan")
    rank = level * total
    below = np.concatenate([[0], np.cumsum(histogram)])
    bucket = int(np.clip(np.searchsorted(below, rank, side="left") - 1, 0, BUCKETS - 1))
    edges = bucket_edges()
    low, high = edges[bucket], edges[bucket + 1]
    if bucket == 0 or not np.isfinite(high):
        return float(low)
    return float(low + (high - low) * (rank - below[bucket]) / histogram[bucket])


def share_above(histogram: Int64, value: float) -> float:
    """The share of what a histogram counted that lies above ``value``; nan if it is empty."""
    total = int(histogram.sum())
    if total == 0:
        return float("nan")
    edges = bucket_edges()
    bucket = int(np.searchsorted(edges, value, side="right")) - 1
    above = float(histogram[bucket + 1 :].sum())
    width = edges[bucket + 1] - edges[bucket] if bucket < BUCKETS - 1 else np.inf
    if bucket > 0 and np.isfinite(width):
        above += float(histogram[bucket]) * (edges[bucket + 1] - value) / width
    return above / total
