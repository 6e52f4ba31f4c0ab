"""The numbers of one replication, from what became of everybody: by class, by ward, by hour of the hospital's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulations.experiments.catalogue import ALL, Key
from simulations.placing.layout import LEFT
from simulations.placing.model import CLASSES
from simulations.placing.outcome import Outcome
from solver.engine.types import Bool, Int64
from solver.hospital.timegrid import MINUTES_PER_DAY

Number = tuple[Key, float]
HOUR: Final = 60
HOURS: Final = 24
WEEK: Final = 7 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """An outcome from ``begin`` on, the minute at which the warm-up ends."""

    outcome: Outcome
    begin: int

    @property
    def minutes(self) -> int:
        return self.outcome.end - self.begin

    def asked(self) -> Bool:
        """Who asked after the warm-up."""
        rows = np.arange(self.outcome.asked.size)
        found: Bool = (rows >= self.outcome.lying) & (self.outcome.asked >= self.begin)
        return found & (self.outcome.asked < self.outcome.end)


def numbers(outcome: Outcome, warm_up: float) -> dict[Key, float]:
    """Every number of a replication whose first ``warm_up`` hours are left out; NaN where nothing was observed."""
    watched = Watched(outcome, outcome.start + round(warm_up * HOUR))
    found = dict(_of_wards(watched))
    groups = [(ALL, np.ones(outcome.asked.size, np.bool_))]
    groups += [(name, outcome.priority == number) for number, name in enumerate(CLASSES)]
    for name, own in groups:
        found.update(_of_class(watched, name, own))
    return found


def of_equipment(outcome: Outcome, warm_up: float, type_id: str, served: Bool) -> dict[Key, float]:
    """The numbers of who asks for what a unit of a type may serve; ``served`` bool (n_requests,), as ``Compiled`` has
    it. Waits are for the whole bundle: a unit alone serves nobody."""
    watched = Watched(outcome, outcome.start + round(warm_up * HOUR))
    askers = watched.asked() & served[outcome.made_from]
    found: dict[Key, float] = {}
    for number, name in enumerate((ALL, *CLASSES)):
        own = askers & (outcome.priority == number - 1) if name else askers
        came, refused = own & (outcome.came >= 0), own & (outcome.refused >= 0)
        # Who needs the bed after the run's end has not waited yet.
        due = own & (outcome.needed_by < outcome.end)
        waited = np.maximum(outcome.came - outcome.needed_by, 0)[came] / HOUR
        weekly = WEEK / watched.minutes
        found |= {
            Key("equipment_wait_mean", type_id, name): _mean(waited),
            Key("equipment_refused", type_id, name): float(refused.sum()) * weekly,
            Key("equipment_asked", type_id, name): float(own.sum()) * weekly,
            Key("equipment_unstarted_share", type_id, name): _share(
                (due & ~came & ~refused).sum(), due.sum()
            ),
        }
    return found


def _of_class(watched: Watched, name: str, own: Bool) -> Iterator[Number]:
    outcome = watched.outcome
    mine = watched.asked() & own
    came = mine & (outcome.came >= 0)
    refused = mine & (outcome.refused >= 0)
    yield from _waits(watched, ALL, name, came)
    if name == ALL:
        for number, ward in enumerate(outcome.ward_ids):
            yield from _waits(watched, ward, name, came & (outcome.ward == number))
    yield Key("unstarted_share", ALL, name), _share((mine & ~came & ~refused).sum(), mine.sum())
    yield Key("still_waiting", ALL, name), float((mine & ~came & ~refused).sum())
    yield Key("refused_share", ALL, name), _share(refused.sum(), mine.sum())
    yield Key("outlying_share", ALL, name), _share((came & outcome.outlying).sum(), came.sum())
    yield Key("rebooked", ALL, name), outcome.changes[mine].sum() / watched.minutes * WEEK
    yield Key("arrived", ALL, name), mine.sum() / watched.minutes * MINUTES_PER_DAY
    left = came & (outcome.state == LEFT)
    yield Key("left", ALL, name), left.sum() / watched.minutes * MINUTES_PER_DAY
    yield Key("stay_mean", ALL, name), _mean((outcome.left - outcome.came)[left] / HOUR)
    yield Key("unfinished_share", ALL, name), _share((mine & ~left & ~refused).sum(), mine.sum())


def _waits(watched: Watched, place: str, name: str, came: Bool) -> Iterator[Number]:
    """From when the bed was needed; by the hour in which it was asked for."""
    outcome = watched.outcome
    waited = np.maximum(outcome.came - outcome.needed_by, 0)[came] / HOUR
    yield Key("wait_mean", place, name), _mean(waited)
    yield Key("wait_p90", place, name), float(np.quantile(waited, 0.9)) if waited.size else np.nan
    yield Key("waited_share", place, name), _mean(waited > 0)
    hours = _hour(outcome, outcome.asked[came])
    if name == ALL and place == ALL:
        for hour in range(HOURS):
            yield Key("wait_mean", place, name, hour), _mean(waited[hours == hour])


def _of_wards(watched: Watched) -> Iterator[Number]:
    """Beds taken of those that have nurses, transfers from other wards; by ward and hour."""
    outcome = watched.outcome
    everywhere = np.zeros(watched.minutes)
    transfers = (outcome.came >= watched.begin) & outcome.from_ward
    for number, ward in enumerate(outcome.ward_ids):
        own = outcome.ward == number
        present = present_by_minute(outcome, watched.begin, own)
        everywhere += present
        if capacity := int(outcome.capacity[number]):
            yield from _occupancy(watched, ward, present / capacity)
            yield Key("full_share", ward), float((present >= capacity).mean())
        yield Key("transfers", ward), (transfers & own).sum() / watched.minutes * WEEK
    yield from _occupancy(watched, ALL, everywhere / max(1, int(outcome.capacity.sum())))
    yield Key("present_mean", ALL), float(everywhere.mean())
    yield Key("transfers", ALL), transfers.sum() / watched.minutes * WEEK


def _occupancy(watched: Watched, place: str, share: NDArray[np.float64]) -> Iterator[Number]:
    yield Key("occupancy", place), float(share.mean())
    whole = share[: share.size // HOUR * HOUR].reshape(-1, HOUR).mean(axis=1)
    hours = _hour(watched.outcome, watched.begin + np.arange(whole.size) * HOUR)
    for hour in range(HOURS):
        yield Key("occupancy", place, ALL, hour), _mean(whole[hours == hour])


def present_by_minute(outcome: Outcome, begin: int, own: Bool) -> NDArray[np.float64]:
    """How many of ``own`` lie in bed at each minute from ``begin`` to the end of the run; float64 (minutes,)."""
    there = own & (outcome.came >= 0)
    change = np.zeros(outcome.end - begin + 1)
    left = np.where(outcome.left < 0, outcome.end, outcome.left)[there]
    np.add.at(change, np.clip(outcome.came[there] - begin, 0, change.size - 1), 1)
    np.add.at(change, np.clip(left - begin, 0, change.size - 1), -1)
    return np.cumsum(change)[:-1]


def _hour(outcome: Outcome, minutes: Int64) -> Int64:
    """Hours of the hospital's clock, as it was set when the run began."""
    return (minutes + outcome.utc_offset) // HOUR % HOURS


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else np.nan


def _mean(values: NDArray[np.float64] | Bool) -> float:
    return float(values.mean()) if values.size else np.nan
