"""The hospital that is simulated, and what its clients ask: everybody in it is made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from api.schemas.disruptions import DisruptionIn
from api.schemas.movements import ArrivalIn, ConfirmIn, DischargeIn, ReleaseIn, StepIn, TransferIn
from api.schemas.requests import ChoiceIn, RequestIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.choosing import Choose
from api.services.disruptions import Disrupt
from api.services.movements import Act, Withdraw
from api.services.placing import PlaceOne
from api.services.ticking import Tick
from models.commands import Command, hash_of
from solver.hospital import (
    Bed,
    CleaningTimes,
    Drug,
    EquipmentType,
    Feature,
    Hospital,
    Lot,
    NursingRatio,
    Person,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Unit,
    Ward,
    from_minute,
)
from solver.hospital.timegrid import MINUTES_PER_DAY as DAY

NOW: Final = 29_540_160
"""2026-03-02T00:00Z: the minute every simulation begins at."""

DAYS: Final = 40
"""How long the roster goes on."""

BEDS: Final = ("B1", "B2", "B3", "B4", "C1", "C2", "C3", "D1")
UNITS: Final = ("P1", "P2", "P3")
OPEN_AT_MOST: Final = 12
ACTOR: Final = "acc-sim"

_PLACES: Final = {"R1": ("B1", "B2", "B3"), "R2": ("B4",), "R3": ("C1", "C2", "C3"), "R4": ("D1",)}


def hospital() -> Hospital:
    """Ward W1 (medicine): a bay of three and a single room of negative pressure; W2 (surgery): the same."""
    oxygen, pressure = frozenset({Feature.OXYGEN}), frozenset({Feature.NEGATIVE_PRESSURE})
    staff = tuple(
        StaffMember(f"N{ward}{n}", f"W{ward}", frozenset({"iv"})) for ward in (1, 2) for n in range(3)
    )
    return Hospital(
        sites=(Site("S", "Site", "UTC"),),
        wards=(
            Ward("W1", "S", "Medicine", frozenset({"medicine"})),
            Ward("W2", "S", "Surgery", frozenset({"surgery", "medicine"}), floor=1),
        ),
        rooms=(
            Room("R1", "W1", "Bay 1"),
            Room("R2", "W1", "Single", features=pressure, air_changes_per_hour=12),
            Room("R3", "W2", "Bay 3", sex_policy=SexPolicy.MIXED),
            Room("R4", "W2", "Single", features=pressure, air_changes_per_hour=12),
        ),
        beds=tuple(
            Bed(bed_id, room_id, features=oxygen, care_level=1)
            for room_id, bed_ids in _PLACES.items()
            for bed_id in bed_ids
        ),
        ratios=(NursingRatio(0, 6, 5, "California Title 22"), NursingRatio(1, 4, 4, "California Title 22")),
        cleaning=CleaningTimes(routine=1, discharge=2, terminal=4, ultraviolet=5),
        equipment_types=(EquipmentType("pump", "Infusion pump", 1),),
        units=tuple(Unit(unit_id, "pump", f"W{1 + n % 2}") for n, unit_id in enumerate(UNITS)),
        drugs=(Drug("heparin", "Heparin", "heparin", unit="ampoule"), Drug("rare", "Rare", "rare")),
        lots=(
            Lot("L1", "heparin", 100_000, NOW + 60 * DAY),
            Lot("L2", "heparin", 100_000, NOW + 90 * DAY),
            Lot("L3", "rare", 12, NOW + 60 * DAY),
        ),
        staff=staff,
        shifts=tuple(
            Shift(f"{m.id}-{day:02}", m.id, m.ward_id, NOW + day * DAY, NOW + (day + 2) * DAY)
            for m in staff
            for day in range(0, DAYS, 2)
        ),
        persons=(Person("p-0", Sex.FEMALE, NOW - 60 * 525_960),),
    ).checked()


@dataclass(frozen=True, slots=True)
class Known:
    """What a client believes of a case: its state, revision and allocation."""

    request_id: str
    state: str
    revision: int
    allocation_id: str | None


class Clients:
    """Make commands at random, from what they were told."""

    def __init__(self, dice: Random, minute: Callable[[], int]) -> None:
        principal = Principal(ACTOR, "sim", (Grant(Role.BED_MANAGER), Grant(Role.PHARMACIST)), "tok", True, 0)
        site_of_ward = {"W1": "S", "W2": "S"}
        self._access = {p: Access(principal, p, site_of_ward) for p in Permission}
        self._dice = dice
        self._minute = minute
        self._made = 0
        self.known: dict[str, Known] = {}
        self._over: set[str] = set()
        self.busy: set[str] = set()
        """Cases about which something was asked and not answered yet; seldom does somebody else ask as well."""

    def told(self, body: Mapping[str, Any]) -> None:
        """A client has read an answer about a case."""
        if "request_id" not in body:
            return
        allocation = body.get("allocation")
        self.note(Known(body["request_id"], body["state"], body["revision"], allocation and allocation["id"]))

    def note(self, known: Known) -> None:
        """Believe this of a case from now on."""
        self.busy.discard(known.request_id)
        before = self.known.get(known.request_id)
        if known.request_id in self._over or (before is not None and before.revision > known.revision):
            return  # An answer from before, told again.
        if known.state in ("released", "left"):
            self._over.add(known.request_id)
            self.known.pop(known.request_id, None)
        else:
            self.known[known.request_id] = known

    def tick(self) -> Command:
        """The clock's own command; it has no key."""
        return Command("clock.tick", "clock", Tick())

    def command(self) -> Command:
        """Another wish, under a key of its own."""
        self._made += 1
        crowded = len(self.known) >= OPEN_AT_MOST
        roll = self._dice.random()
        if not self.known or (roll < 0.42 and not crowded):
            return self._keyed("request.place", self._place(), Permission.REQUEST_PLACE)
        if roll > 0.93:
            return self._keyed("disruption", self._disruption(), Permission.DISRUPTION)
        idle = [known for known in self.known.values() if known.request_id not in self.busy]
        return self._about(self._dice.choice(idle or list(self.known.values())))

    def misuse(self, command: Command) -> Command:
        """A new wish under a key that is used already."""
        other = self._keyed("request.place", self._place(), Permission.REQUEST_PLACE)
        return Command(other.name, other.actor, other.body, command.idempotency_key, other.body_hash)

    def _keyed(self, name: str, body: dict[str, Any], permission: Permission) -> Command:
        made = _BODIES[name]
        access = self._access[permission]
        told = {field: value for field, value in body.items() if not field.startswith("_")}
        wish = made(told, access, body)
        return Command(name, ACTOR, wish, f"key-{self._made:07}", hash_of(name, body))

    # --- wishes -------------------------------------------------------------------------------------------
    def _place(self) -> dict[str, Any]:
        dice = self._dice
        person: dict[str, Any] = {
            "sex": dice.choice(("female", "male")),
            "born": f"{dice.randint(1930, 2005)}-06-01",
        }
        if dice.random() < 0.1:
            person["isolation"] = [dice.choice(("contact", "airborne"))]
        body: dict[str, Any] = {
            "person": person,
            "priority": dice.choice(("emergency", "urgent", "soon", "routine")),
            "care": {"speciality": dice.choice(("medicine", "surgery"))},
            "duration_minutes": dice.choice((60, 300, 1440)),
            "max_wait_minutes": 1440,
        }
        if dice.random() < 0.25:
            body["equipment"] = [{"type_id": "pump"}]
        if dice.random() < 0.25:
            drug = "rare" if dice.random() < 0.1 else "heparin"
            body["drugs"] = [{"drug_id": drug, "quantity": dice.randint(1, 4)}]
        return body

    def _about(self, known: Known) -> Command:
        make = {"unplaced": self._waiting, "arrived": self._lying}.get(known.state, self._expected)
        return make(known)

    def _waiting(self, known: Known) -> Command:
        if self._dice.random() < 0.2:
            waiver = {"rule_id": "room_sex", "reason": "they agreed"}
            choice = {"bed_id": self._dice.choice(BEDS), "waivers": [waiver]}
            return self._case("request.choose", known, choice, Permission.REQUEST_PLACE)
        return self._case("request.release", known, {}, Permission.ALLOCATION_RELEASE)

    def _lying(self, known: Known) -> Command:
        if self._dice.random() < 0.1:
            body = {"reason": "asked for"}
            return self._case("allocation.transfer", known, body, Permission.ALLOCATION_TRANSFER)
        return self._case("allocation.discharge", known, {}, Permission.STAY_DISCHARGE)

    def _expected(self, known: Known) -> Command:
        roll = self._dice.random()
        if roll < 0.12:
            accepted = self._dice.random() < 0.8
            body = {"accepted": True} if accepted else {"accepted": False, "reason": "no nurse to spare"}
            return self._case("allocation.confirm", known, body, Permission.ALLOCATION_CONFIRM)
        if roll < 0.2:
            return self._case("allocation.step", known, {"step": "handed_over"}, Permission.STEP_RECORD)
        if roll < 0.6:
            return self._case("allocation.arrive", known, {}, Permission.STAY_ARRIVE)
        return self._case("allocation.release", known, {}, Permission.ALLOCATION_RELEASE)

    def _case(self, name: str, known: Known, body: dict[str, Any], permission: Permission) -> Command:
        stale = self._dice.random() < 0.05
        self.busy.add(known.request_id)
        about = {"_request": known.request_id, "_allocation": known.allocation_id or "none"}
        return self._keyed(name, body | about | {"_revision": known.revision - stale}, permission)

    def _disruption(self) -> dict[str, Any]:
        dice, bed, unit = self._dice, self._dice.choice(BEDS), self._dice.choice(UNITS)
        roll = dice.random()
        if roll < 0.3:
            until = from_minute(self._minute() + 30).isoformat()
            event = {"kind": "bed_closed", "bed_id": bed, "reason": "repair", "until": until}
        elif roll < 0.6:
            event = {"kind": dice.choice(("bed_opened", "bed_cleaned")), "bed_id": bed}
        elif roll < 0.8:
            event = {"kind": dice.choice(("unit_broken", "unit_returned", "unit_returned")), "unit_id": unit}
        else:
            event = {"kind": dice.choice(("lot_quarantined", "lot_released", "lot_released")), "lot_id": "L1"}
        return {"event": event}


def _act(schema: type[Any]) -> Callable[[dict[str, Any], Access, dict[str, Any]], Any]:
    def made(told: dict[str, Any], access: Access, body: dict[str, Any]) -> Act:
        return Act(body["_allocation"], body["_revision"], schema.model_validate(told, strict=False), access)

    return made


_BODIES: Final[Mapping[str, Callable[[dict[str, Any], Access, dict[str, Any]], Any]]] = {
    "request.place": lambda told, access, _: PlaceOne(RequestIn.model_validate(told, strict=False), access),
    "request.choose": lambda told, access, body: Choose(
        body["_request"], ChoiceIn.model_validate(told, strict=False), access
    ),
    "request.release": lambda told, access, body: Withdraw(
        body["_request"], ReleaseIn.model_validate(told, strict=False), access
    ),
    "disruption": lambda told, access, _: Disrupt(DisruptionIn.model_validate(told, strict=False), access),
    "allocation.confirm": _act(ConfirmIn),
    "allocation.release": _act(ReleaseIn),
    "allocation.arrive": _act(ArrivalIn),
    "allocation.discharge": _act(DischargeIn),
    "allocation.step": _act(StepIn),
    "allocation.transfer": _act(TransferIn),
}
