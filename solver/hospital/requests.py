"""What a ward manager asks for: a bundle of bed, equipment, drugs and nursing cover, and the steps it goes
through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from solver.hospital.door import MAX_COUNT, Door
from solver.hospital.stays import Care
from solver.hospital.timegrid import MINUTES_PER_DAY, Minute

MAX_STAY_MINUTES = 400 * MINUTES_PER_DAY
MAX_NEEDS = 50
MAX_EXCLUDED = 10_000


class Priority(IntEnum):
    """How urgent, most urgent first."""

    EMERGENCY = 0
    URGENT = 1
    SOON = 2
    ROUTINE = 3


class Origin(StrEnum):
    """Where the patient is now."""

    EMERGENCY_DEPARTMENT = "emergency_department"
    THEATRE = "theatre"
    WARD = "ward"
    HOME = "home"
    OTHER_SITE = "other_site"


class Companion(StrEnum):
    """A second place in the same room, given together with the bed or not at all."""

    NONE = "none"
    COT = "cot"
    CARER_BED = "carer_bed"


class RequestState(StrEnum):
    """Where a request stands. ``unplaced``: stored, clock running, decided again at every change."""

    UNPLACED = "unplaced"
    PLACED = "placed"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    LEFT = "left"
    RELEASED = "released"


class Step(StrEnum):
    """The steps of an admission, each recorded with its time."""

    DECISION_TO_ADMIT = "decision_to_admit"
    REQUESTED = "requested"
    PLACED = "placed"
    ACCEPTED = "accepted"
    BED_CLEAN = "bed_clean"
    HANDED_OVER = "handed_over"
    ARRIVED = "arrived"
    DISCHARGE_ORDERED = "discharge_ordered"
    DRUGS_READY = "drugs_ready"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class EquipmentNeed:
    """``count`` units of one type, from ``offset_minutes`` after the start of the stay for
    ``duration_minutes`` (None: until the end of the stay)."""

    type_id: str
    count: int = 1
    offset_minutes: int = 0
    duration_minutes: int | None = None

    def __post_init__(self) -> None:
        door = Door("EquipmentNeed", self.type_id)
        door.identity(self.type_id, "type_id")
        door.whole(self.count, "count", 1, 20)
        door.whole(self.offset_minutes, "offset_minutes", 0, MAX_STAY_MINUTES)
        if self.duration_minutes is not None:
            door.whole(self.duration_minutes, "duration_minutes", 1, MAX_STAY_MINUTES)
        door.close()


@dataclass(frozen=True, slots=True)
class DrugNeed:
    """``quantity`` units of one drug, the last of it used ``use_within_minutes`` after the start of the
    stay."""

    drug_id: str
    quantity: int
    use_within_minutes: int = MINUTES_PER_DAY

    def __post_init__(self) -> None:
        door = Door("DrugNeed", self.drug_id)
        door.identity(self.drug_id, "drug_id")
        door.whole(self.quantity, "quantity", 1, MAX_COUNT)
        door.whole(self.use_within_minutes, "use_within_minutes", 1, MAX_STAY_MINUTES)
        door.close()


@dataclass(frozen=True, slots=True)
class Request:
    """One bundle for one person, given as a whole or not at all.

    The stay starts at ``needed_by`` or up to ``max_wait_minutes`` later and lasts ``duration_minutes`` (a
    forecast). ``from_stay_id``: the stay it continues, for a transfer; that bed counts as left at the start.
    ``excluded_room_ids``: rooms this person must not lie in, for a reason the requesting team answers for.
    """

    id: str
    person_id: str
    priority: Priority
    care: Care
    decided_at: Minute
    needed_by: Minute
    duration_minutes: int
    max_wait_minutes: int = 240
    origin: Origin = Origin.EMERGENCY_DEPARTMENT
    clinically_ready: bool = True
    accepting_team: str = ""
    equipment: tuple[EquipmentNeed, ...] = ()
    drugs: tuple[DrugNeed, ...] = ()
    companion: Companion = Companion.NONE
    from_stay_id: str | None = None
    excluded_room_ids: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        door = Door("Request", self.id)
        door.identity(self.id)
        door.identity(self.person_id, "person_id")
        door.member(self.priority, Priority, "priority")
        door.minute(self.needed_by, "needed_by")
        door.minute(self.decided_at, "decided_at")
        stay = door.whole(self.duration_minutes, "duration_minutes", 1, MAX_STAY_MINUTES)
        door.whole(self.max_wait_minutes, "max_wait_minutes", 0, 30 * MINUTES_PER_DAY)
        for name, needs in (("equipment", self.equipment), ("drugs", self.drugs)):
            door.need(len(needs) <= MAX_NEEDS, name, f"{len(needs)} needs", f"at most {MAX_NEEDS}")
        if stay:
            for need in self.equipment:
                last = need.offset_minutes + (need.duration_minutes or 1)
                door.need(last <= self.duration_minutes, "equipment", need.type_id, "use inside the stay")
        types = [need.type_id for need in self.equipment]
        door.need(len(set(types)) == len(types), "equipment", types, "each type once (use count)")
        drugs = [need.drug_id for need in self.drugs]
        door.need(len(set(drugs)) == len(drugs), "drugs", drugs, "each drug once (add the quantities)")
        excluded = self.excluded_room_ids
        found = f"{len(excluded)} rooms"
        door.need(len(excluded) <= MAX_EXCLUDED, "excluded_room_ids", found, f"at most {MAX_EXCLUDED}")
        for room_id in sorted(excluded, key=str)[:MAX_EXCLUDED]:
            door.identity(room_id, "excluded_room_ids")
        door.close()
