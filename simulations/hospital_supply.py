"""Equipment units with their bookings, and the drugs and lots of a synthetic hospital."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from simulations.hospital_places import BuiltWard
from simulations.hospital_profiles import BLOOD_GROUPS, Profile
from simulations.hospital_supplies import (
    BLOOD_LOT_SHARE,
    CABINET_SHARE,
    EQUIPMENT,
    FORMULARY,
    LENDABLE_SHARE,
    LOT_FAULTS,
    OTHER_HANDLING,
    PLATELET_DAYS,
    SHELF_DAYS,
    UNIT_STATES,
    DrugRow,
    TypeRow,
)
from simulations.streams import Generator, apportion, pick, stream
from solver.hospital import (
    BloodGroup,
    BookingKind,
    Drug,
    EquipmentType,
    HandlingClass,
    Lot,
    LotState,
    Minute,
    Stay,
    Unit,
    UnitBooking,
    UnitState,
)

PLANNED_MAINTENANCE = 0.02
"""Idle units with maintenance booked in the next three days: assumed."""
EQUIVALENT_SHARE = 0.7
"""Products of one group that the pharmacy approved to stand in for each other: assumed."""
STRENGTHS = ("5 mg", "10 mg", "20 mg", "50 mg", "100 mg", "250 mg", "500 mg", "1 g")
FORMS = (("tablet", "oral", "tablet"), ("capsule", "oral", "capsule"),
         ("solution for injection", "intravenous", "ampoule"))  # fmt: skip


def equipment_types() -> list[EquipmentType]:
    """The 40 types."""
    return [
        EquipmentType(row.id, row.id.replace("_", " "), row.turnaround, row.substitutes) for row in EQUIPMENT
    ]


@dataclass(slots=True)
class Depot:
    """Units by type, and those already given out."""

    units: list[Unit] = field(default_factory=list)
    bookings: list[UnitBooking] = field(default_factory=list)
    idle: dict[tuple[str, str | None], list[int]] = field(default_factory=lambda: defaultdict(list))

    def book(self, type_id: str, ward_id: str, stay: Stay) -> bool:
        """Attach an idle unit of the ward, else of the pool, for the whole stay; False if there is none."""
        place = self.idle[type_id, ward_id] or self.idle[type_id, None]
        if not place:
            return False
        index = place.pop()
        self.units[index] = replace(self.units[index], state=UnitState.ATTACHED)
        number = f"booking-{len(self.bookings) + 1:06d}"
        unit_id = self.units[index].id
        self.bookings.append(UnitBooking(number, unit_id, ward_id, stay.start, stay.end, pinned=True))
        return True


def build_units(
    wards: list[BuiltWard], total: int, stays: list[Stay], profile_of: dict[str, Profile],
    seed: int, now: Minute,
) -> Depot:  # fmt: skip
    """All units, those in use by today's occupants, and those out of order."""
    rng = stream(seed, 0, "hospital/equipment")
    depot = Depot()
    counts = apportion(total, [row.share for row in EQUIPMENT], minimum=1)
    for row, count in zip(EQUIPMENT, counts, strict=True):
        _add_units(depot, row, count, wards, rng)
    ward_of = {bed.id: ward.ward.id for ward in wards for bed in ward.beds()}
    for stay in stays:
        if stay.id in profile_of:
            for type_id, share, count in profile_of[stay.id].equipment:
                for _ in range(count if rng.random() < share else 0):
                    depot.book(type_id, ward_of[stay.bed_id], stay)
    _idle_states(depot, rng, now)
    return depot


def _add_units(depot: Depot, row: TypeRow, count: int, wards: list[BuiltWard], rng: Generator) -> None:
    homes = [w for w in wards if set(w.kind.profiles) & set(row.owners)] or [
        w for w in wards if w.kind.profiles
    ]
    first = int(rng.integers(len(homes)))
    for number in range(count):
        pooled = number < round(count * row.pool)
        home = wards[(number * 7) % len(wards)] if pooled else homes[(first + number) % len(homes)]
        owner = None if pooled else home.ward.id
        depot.idle[row.id, owner].append(len(depot.units))
        lendable = pooled or rng.random() < LENDABLE_SHARE
        unit_id = f"{row.id}-{number + 1:04d}"
        depot.units.append(Unit(unit_id, row.id, home.ward.id, owner, lendable, model="AB"[number % 2]))


def _idle_states(depot: Depot, rng: Generator, now: Minute) -> None:
    """Some idle units are being cleaned, repaired, recalled or are due for maintenance."""
    names = (*UNIT_STATES, "free")
    shares = (*UNIT_STATES.values(), 1 - sum(UNIT_STATES.values()))
    for index in sorted(i for place in depot.idle.values() for i in place):
        unit = depot.units[index]
        state = UnitState(names[pick(rng, shares)])
        depot.units[index] = replace(unit, state=state)
        if state is UnitState.MAINTENANCE:
            _maintain(depot, unit, now - int(rng.integers(10, 600)), now + int(rng.integers(240, 4320)))
        elif state is UnitState.FREE and rng.random() < PLANNED_MAINTENANCE:
            start = now + int(rng.integers(600, 4320))
            _maintain(depot, unit, start, start + 240)


def _maintain(depot: Depot, unit: Unit, start: Minute, end: Minute) -> None:
    number = f"booking-{len(depot.bookings) + 1:06d}"
    depot.bookings.append(UnitBooking(number, unit.id, unit.ward_id, start, end, BookingKind.MAINTENANCE))


def build_drugs(total: int, seed: int) -> list[Drug]:
    """The formulary: products asked for by name, each with a stand-in, then groups of one to three."""
    rng = stream(seed, 0, "hospital/drugs")
    drugs: list[Drug] = []
    for row in FORMULARY:
        copies = 1 if row.handling is HandlingClass.BLOOD else 2
        drugs += _group(row, [row.id, f"{row.id}-generic"][:copies], 1.0, rng)
    number = 0
    while len(drugs) < total:
        number += 1
        size = min(1 + pick(rng, (0.5, 0.3, 0.2)), total - len(drugs))
        handling = OTHER_HANDLING[pick(rng, [share for _, share in OTHER_HANDLING])][0]
        form = FORMS[int(rng.integers(len(FORMS)))]
        strength = STRENGTHS[int(rng.integers(len(STRENGTHS)))]
        row = DrugRow(f"drug-{number:04d}", f"substance-{number:04d}", strength, *form, handling)
        drugs += _group(row, [f"{row.id}{letter}" for letter in "abc"[:size]], EQUIVALENT_SHARE, rng)
    return drugs


def _group(row: DrugRow, ids: list[str], approved: float, rng: Generator) -> list[Drug]:
    """Products with the same substance, strength, form and route; approved ones stand in for each other."""
    together = rng.random() < approved
    safety = 0 if row.handling is HandlingClass.BLOOD else int(rng.integers(5, 60))
    return [
        Drug(
            drug_id, drug_id.replace("_", " "), row.substance, row.strength, row.form, row.route, row.unit,
            row.handling, safety, tuple(other for other in ids if other != drug_id) if together else (),
        )
        for drug_id in ids
    ]  # fmt: skip


def build_lots(drugs: list[Drug], wards: list[BuiltWard], total: int, seed: int, now: Minute) -> list[Lot]:
    """At least one central lot of every drug, bags of blood, and the rest in cabinets and in the pharmacy."""
    rng = stream(seed, 0, "hospital/lots")
    lots: list[Lot] = []
    blood = [drug for drug in drugs if drug.handling is HandlingClass.BLOOD]
    stocked = [drug for drug in drugs if drug.handling is not HandlingClass.BLOOD]
    asked = [drug for drug in stocked if drug.id.split("-")[0] in {row.id for row in FORMULARY}]
    homes = [ward for ward in wards if ward.kind.profiles]
    for number in range(total):
        name = f"lot-{number + 1:06d}"
        if number < len(stocked):
            lots.append(_lot(name, stocked[number], None, rng, now))
        elif number < len(stocked) + round(BLOOD_LOT_SHARE * total) and blood:
            lots.append(_bag(name, blood[pick(rng, (0.7, 0.12, 0.18))], rng, now))
        else:
            shelf = asked if rng.random() < 0.5 else stocked
            drug = shelf[int(rng.integers(len(shelf)))]
            cabinet = homes[int(rng.integers(len(homes)))].ward.id if rng.random() < CABINET_SHARE else None
            lots.append(_lot(name, drug, cabinet, rng, now))
    return lots


def _lot(name: str, drug: Drug, ward_id: str | None, rng: Generator, now: Minute) -> Lot:
    low, high = SHELF_DAYS[drug.handling]
    fault = _fault(rng)
    days = -int(rng.integers(1, 30)) if fault == "expired" else int(rng.integers(low, high))
    on_hand = int(rng.integers(4, 60)) if ward_id else int(rng.integers(60, 900))
    reserved = int(rng.integers(0, on_hand // 3 + 1)) if rng.random() < 0.2 else 0
    state = LotState.AVAILABLE if fault in (None, "expired") else LotState(fault)
    return Lot(name, drug.id, on_hand, now + days * 1440, reserved, state, ward_id)


def _bag(name: str, drug: Drug, rng: Generator, now: Minute) -> Lot:
    """One bag of blood with its group; platelets keep for days only."""
    low, high = PLATELET_DAYS if drug.id == "platelets" else SHELF_DAYS[HandlingClass.BLOOD]
    fault = _fault(rng)
    days = -1 if fault == "expired" else int(rng.integers(low, high + 1))
    group = BloodGroup(tuple(BLOOD_GROUPS)[pick(rng, tuple(BLOOD_GROUPS.values()))])
    if rng.random() < 0.12:
        group = BloodGroup.O_NEG
    state = LotState.QUARANTINED if fault == "locked" else LotState.AVAILABLE
    if fault in ("recalled", "quarantined"):
        state = LotState(fault)
    return Lot(name, drug.id, 1, now + days * 1440 + 720, 0, state, None, group)


def _fault(rng: Generator) -> str | None:
    names = (*LOT_FAULTS, "")
    return names[pick(rng, (*LOT_FAULTS.values(), 1 - sum(LOT_FAULTS.values())))] or None
