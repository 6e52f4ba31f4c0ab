"""Who is served first when a drug does not suffice: the order a named committee set.

The software lists, a clinician decides. An order may look at what is named here and at nothing else: age, sex,
disability and payer are unknown to it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from solver.hospital.door import Door
from solver.hospital.requests import Priority


class Criterion(StrEnum):
    """What an order may look at: the clinical priority; for how many days what the ward has will last."""

    PRIORITY = "priority"
    DAYS_OF_COVER = "days_of_cover"


@dataclass(frozen=True, slots=True)
class RationingOrder:
    """The first criterion decides, ties go to the next; what is equal in all is one class.

    committee, version: who set it, and which edition. cover_bands: days of cover, ascending, that part "least" from
    "more"; below the first is served first. Ties within a class: shared between wards in proportion to what they asked
    for, then who asked first.
    """

    committee: str
    version: int
    criteria: tuple[Criterion, ...] = (Criterion.PRIORITY, Criterion.DAYS_OF_COVER)
    cover_bands: tuple[int, ...] = (1, 3, 7)

    def __post_init__(self) -> None:
        door = Door("RationingOrder", self.version)
        door.identity(self.committee, "committee")
        door.whole(self.version, "version", 1)
        known = all(isinstance(each, Criterion) for each in self.criteria)
        door.need(known, "criteria", self.criteria, f"of {', '.join(Criterion)}; nothing else may count")
        once = len(set(self.criteria)) == len(self.criteria) > 0
        door.need(once, "criteria", self.criteria, "at least one, each once")
        for band in self.cover_bands:
            door.whole(band, "cover_bands", 1, 3650)
        if all(type(band) is int for band in self.cover_bands):
            ascending = list(self.cover_bands) == sorted(set(self.cover_bands))
            door.need(ascending, "cover_bands", self.cover_bands, "ascending days")
        door.close()

    @property
    def classes(self) -> int:
        """How many classes there are."""
        count = 1
        for criterion in self.criteria:
            count *= self._values(criterion)
        return count

    def rank(self, priority: Priority, days_of_cover: int) -> int:
        """The class of a request, 0 first."""
        rank = 0
        for criterion in self.criteria:
            value = (
                priority if criterion is Criterion.PRIORITY else bisect_right(self.cover_bands, days_of_cover)
            )
            rank = rank * self._values(criterion) + value
        return rank

    def _values(self, criterion: Criterion) -> int:
        return len(Priority) if criterion is Criterion.PRIORITY else len(self.cover_bands) + 1


PLAIN_ORDER = RationingOrder("wardflow's default, set by no committee", 1)
