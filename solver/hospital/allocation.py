"""What was given: bed, companion's place, units, lots; with the revision of the hospital it was decided
on."""

from __future__ import annotations

from dataclasses import dataclass

from solver.hospital.door import Door
from solver.hospital.timegrid import Minute


@dataclass(frozen=True, slots=True)
class UnitUse:
    """One unit used during ``[start, end)`` for the need of type ``type_id`` (its own type may be a
    substitute)."""

    type_id: str
    unit_id: str
    start: Minute
    end: Minute


@dataclass(frozen=True, slots=True)
class LotUse:
    """A quantity reserved in one lot for the need of drug ``drug_id`` (the lot's own drug may be an
    equivalent)."""

    drug_id: str
    lot_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """The bundle given to one request, atomically; ``conditional``: rests on a departure that is only
    predicted."""

    id: str
    request_id: str
    person_id: str
    bed_id: str
    start: Minute
    end: Minute
    units: tuple[UnitUse, ...] = ()
    lots: tuple[LotUse, ...] = ()
    companion_bed_id: str | None = None
    conditional: bool = False
    revision: int = 0

    def __post_init__(self) -> None:
        door = Door("Allocation", self.id)
        door.identity(self.id)
        door.identity(self.bed_id, "bed_id")
        door.interval(self.start, self.end)
        door.need(
            all(use.quantity > 0 for use in self.lots), "lots", "a quantity <= 0", "positive quantities"
        )
        door.close()
