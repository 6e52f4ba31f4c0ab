"""Compiling one request against the present arrays: what the kernels need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.rule import Profile
from solver.engine.types import Bool, Int64
from solver.equipment.kernels import EquipmentNeeds
from solver.equipment.kernels import empty_needs as no_equipment
from solver.hospital import Care, Minute, Person, Priority, Request
from solver.hospital.stays import cleaning_after
from solver.pharmacy.kernels import DrugNeeds
from solver.pharmacy.kernels import empty_needs as no_drugs
from solver.placing import rules
from solver.placing.arrays import Arrays
from solver.placing.build import ONE_TO_ONE
from solver.placing.codes import (
    COMPANION_KINDS,
    KIND,
    SEX,
    SPECIAL_BITS,
    antigen_bits,
    feature_bits,
    isolation_bits,
    rule_bit,
)
from solver.placing.layout import Ask
from solver.placing.records import Records
from solver.placing.turns import start_bounds

NO_NUMBERS: Final = np.zeros(0, np.int64)
PATIENT_PRIORITIES: Final = (Priority.SOON, Priority.ROUTINE)
"""Priorities for which a transfer at night has no clinical reason."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """A profile as kernels read it: a price per rule (by number) and the bit set of active hard rules."""

    prices: Int64
    active: int

    @classmethod
    def of(cls, profile: Profile) -> Pricing:
        """Prices and switches of a checked profile."""
        prices = np.array([profile.weight(rule) for rule in rules.CATALOGUE], np.int64)
        active = sum(rule_bit(rule) for rule in rules.HARD if profile.active(rule))
        return cls(prices, active)

    @classmethod
    def earliest(cls, profile: Profile) -> Pricing:
        """All prices nothing: the earliest start, then the first bed, wins. Hard rules as in the profile."""
        return cls(np.zeros(len(rules.CATALOGUE), np.int64), cls.of(profile).active)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A request in the kernels' form."""

    ask: Ask
    equipment: EquipmentNeeds
    drugs: DrugNeeds


def start_window(request: Request, now: Minute) -> tuple[Minute, Minute]:
    """First and last start the request allows; a request whose wait has run out may start now."""
    return start_bounds(request.needed_by, request.max_wait_minutes, now)


def compile_request(
    request: Request,
    arrays: Arrays,
    pricing: Pricing,
    *,
    published: str | None = None,
    waived: frozenset[str] = frozenset(),
    earliest: Minute | None = None,
    latest: Minute | None = None,
    delay_price: int | None = None,
) -> Compiled:
    """The kernels' form of a request. ``latest`` and ``delay_price`` override the request's own; ``earliest`` may only
    come after the request's own first start, and delay counts from that one all the same.

    Raises InvalidInstance when the request names something the hospital does not have.
    """
    records = arrays.records
    refuse_unknown(request, records)
    person = records.persons[request.person_id]
    base, own_latest = start_window(request, records.now)
    base = base if earliest is None else max(base, earliest)
    own_price = _price(pricing, rules.DELAY[request.priority].id)
    excluded = (arrays.room_number.get(room) for room in request.excluded_room_ids)
    ask = Ask(
        base=base,
        step=records.options.start_step_minutes,
        latest=own_latest if latest is None else max(latest, base),
        needed_by=request.needed_by,
        duration=request.duration_minutes,
        active=pricing.active & ~sum(rule_bit(rules.RULES[rule_id]) for rule_id in waived),
        published=-1 if published is None else arrays.bed_number.get(published, -1),
        night_matters=request.from_stay_id is not None and request.priority in PATIENT_PRIORITIES,
        delay_price=own_price if delay_price is None else delay_price,
        companion_kinds=sum(1 << KIND[kind] for kind in COMPANION_KINDS[request.companion]),
        excluded=_numbers([room for room in excluded if room is not None]),
        **_of_person(person, arrays),
        **_of_care(request.care, arrays, one_to_one=person.one_to_one),
    )
    return Compiled(ask, equipment_needs(request, arrays), drug_needs(request, person, arrays))


def _of_person(person: Person, arrays: Arrays) -> dict[str, Any]:
    """What an ``Ask`` says of who is to lie there."""
    records = arrays.records
    return {
        "person": arrays.person(person.id),
        "born": 0 if person.born is None else person.born,
        "born_known": person.born is not None,
        "sex": SEX[person.sex],
        "weight": person.weight_kg,
        "isolation": isolation_bits(person.isolation),
        "cohort": arrays.cohort(person),
        "exposure": arrays.exposure(person),
        "antigens": antigen_bits(person.blood_group),
        "falls_risk": person.falls_risk,
        "end_of_life": person.end_of_life,
        "cleaning_minutes": records.cleaning.minutes(cleaning_after(person)),
        "apart": _numbers([arrays.person(other) for other in kept_apart(person, records)]),
    }


def _of_care(care: Care, arrays: Arrays, *, one_to_one: bool) -> dict[str, Any]:
    """What an ``Ask`` says of the care."""
    features, pooled = feature_bits(care.features), care.pooled
    return {
        "features": features,
        "special_needed": features & SPECIAL_BITS,
        "care_level": care.care_level,
        "care_row": ONE_TO_ONE if one_to_one else care.care_level,
        "speciality_differs": speciality_differs(arrays, care.speciality),
        "skills": _numbers([arrays.skill_series.get(skill, -1) for skill in sorted(care.skills)]),
        "pool_draw": _numbers([pooled.telemetry_channels, pooled.dialysis_points, pooled.oxygen_flow]),
    }


def _price(pricing: Pricing, rule_id: str) -> int:
    return int(pricing.prices[rules.NUMBER[rule_id]])


def _numbers(values: list[int]) -> Int64:
    return np.array(values, np.int64) if values else NO_NUMBERS


def kept_apart(person: Person, records: Records) -> set[str]:
    """Persons who must not share a room with this one, whoever's list says so."""
    return {*person.keep_apart, *records.kept_from.get(person.id, ())}


def speciality_differs(arrays: Arrays, speciality: str) -> Bool:
    """Per ward whether it is none of the speciality's; bool (n_wards,), kept for the next request."""
    known = arrays.speciality_differs.get(speciality)
    if known is None:
        wards = arrays.records.wards.values()
        known = np.array([bool(w.specialities) and speciality not in w.specialities for w in wards], np.bool_)
        arrays.speciality_differs[speciality] = known
    return known


def equipment_needs(request: Request, arrays: Arrays) -> EquipmentNeeds:
    """The request's equipment with the types that may serve each need."""
    if not request.equipment:
        return no_equipment()
    choices: list[int] = []
    pointer = [0]
    for need in request.equipment:
        kind = arrays.records.equipment_types[need.type_id]
        choices += [arrays.type_number[name] for name in (need.type_id, *kind.substitutes)]
        pointer.append(len(choices))
    return EquipmentNeeds(
        _numbers([need.count for need in request.equipment]),
        _numbers([need.offset_minutes for need in request.equipment]),
        _numbers(
            [-1 if need.duration_minutes is None else need.duration_minutes for need in request.equipment]
        ),
        _numbers(pointer),
        _numbers(choices),
    )


def drug_needs(request: Request, person: Person, arrays: Arrays) -> DrugNeeds:
    """The request's drugs with those that may serve each need; what the person is allergic to is left out."""
    if not request.drugs:
        return no_drugs()
    drugs = arrays.records.drugs
    choices: list[int] = []
    asked: list[bool] = []
    pointer = [0]
    for need in request.drugs:
        for name in (need.drug_id, *drugs[need.drug_id].equivalents):
            if drugs[name].substance not in person.allergies:
                choices.append(arrays.drug_number[name])
                asked.append(name == need.drug_id)
        pointer.append(len(choices))
    return DrugNeeds(
        _numbers([need.quantity for need in request.drugs]),
        _numbers([need.use_within_minutes for need in request.drugs]),
        _numbers(pointer),
        _numbers(choices),
        np.array(asked, np.bool_),
    )


def refuse_unknown(request: Request, records: Records) -> None:
    """Raise InvalidInstance with every id in the request that the hospital does not know."""
    named: list[tuple[str, str, Mapping[str, object]]] = [
        ("person_id", request.person_id, records.persons),
        *(("equipment", need.type_id, records.equipment_types) for need in request.equipment),
        *(("drugs", need.drug_id, records.drugs) for need in request.drugs),
        *(("excluded_room_ids", room, records.rooms) for room in request.excluded_room_ids),
    ]
    if request.from_stay_id is not None:
        named.append(("from_stay_id", request.from_stay_id, records.stays))
    problems = [
        Problem(
            f"Request {request.id!r}, {field}",
            value,
            "an id the hospital knows",
            "Correct the id or add the record.",
        )
        for field, value, known in named
        if value not in known
    ]
    if problems:
        raise InvalidInstance(problems)
