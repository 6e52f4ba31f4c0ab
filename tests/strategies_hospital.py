"""Random small hospitals, drawn part by part; ``strategies.py`` draws requests and allocations for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from hypothesis import strategies as st

from solver.hospital import (
    Bed,
    BedKind,
    Block,
    BloodGroup,
    BookingKind,
    Care,
    Departure,
    Drug,
    DutyKind,
    EquipmentType,
    Feature,
    HandlingClass,
    Hospital,
    Infection,
    InfectionStatus,
    Interval,
    Isolation,
    Lot,
    LotState,
    NursingRatio,
    OperationalStatus,
    Person,
    PooledCapacity,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    UnitBooking,
    UnitState,
    Ward,
)
from tests.builders import DAY, HOUR, NOW, RATIOS, years_before

Draw = Callable[[st.SearchStrategy[Any]], Any]
T = TypeVar("T")
SKILLS = ("ventilation", "chemotherapy")
SPECIALITIES = ("medicine", "surgery")
HORIZON = 10 * HOUR


def mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    """The usual value in two draws of three, else one of the others."""
    return st.sampled_from([usual, *[usual] * (2 * len(others)), *others])


def some_of(values: Sequence[T], most: int = 2) -> st.SearchStrategy[frozenset[T]]:
    """A set of a few of the values, empty in half of the draws."""
    return st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(list(values)), max_size=most))


def minutes(low: int, high: int) -> st.SearchStrategy[int]:
    """A time between ``low`` and ``high`` minutes from ``NOW``."""
    return st.integers(low // 5, high // 5).map(lambda fives: NOW + 5 * fives)


def spells(most: int, low: int = -DAY, high: int = 2 * DAY) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Up to ``most`` intervals that follow each other without overlap; some touch."""
    ends = st.lists(minutes(low, high), max_size=2 * most, unique=True).map(sorted)
    apart = ends.map(lambda times: list(zip(times[::2], times[1::2], strict=False)))
    touching = ends.map(lambda times: list(pairwise(times))[:most])
    return st.one_of(apart, apart, touching)


def blocks() -> st.SearchStrategy[tuple[Block, ...]]:
    """No block, or one that ends or does not."""
    bounded = st.builds(
        lambda start, length: Block(start, start + length, "works"), minutes(-DAY, DAY), st.just(90)
    )
    endless = st.builds(lambda start: Block(start, None, "outbreak"), minutes(-HOUR, DAY))
    none: st.SearchStrategy[tuple[Block, ...]] = st.just(())
    return st.one_of(none, none, none, none, bounded.map(lambda b: (b,)), endless.map(lambda b: (b,)))


PERSON = st.fixed_dictionaries(
    {
        "sex": st.sampled_from([Sex.FEMALE, Sex.FEMALE, Sex.MALE, Sex.UNKNOWN]),
        "born": st.sampled_from([None, *(years_before(age) for age in (0, 1, 2, 3, 17, 40, 40, 80))]),
        "weight_kg": mostly(75, 180, 181),
        "isolation": some_of(list(Isolation)),
        "infections": st.one_of(
            st.just(()),
            st.builds(
                lambda organism, status, light: (Infection(organism, status, light),),
                st.sampled_from(["mrsa", "influenza"]),
                st.sampled_from(list(InfectionStatus)),
                st.booleans(),
            ),
        ),
        "exposed_to": mostly(frozenset(), frozenset({"norovirus"})),
        "allergies": mostly(frozenset(), frozenset({"heparin"})),
        "blood_group": mostly(None, BloodGroup.O_POS, BloodGroup.A_NEG, BloodGroup.AB_POS),
        "falls_risk": mostly(False, True),
        "one_to_one": mostly(False, True),
        "end_of_life": mostly(False, True),
    }
)
POOLED = st.builds(PooledCapacity, mostly(0, 1), mostly(0, 1), mostly(0, 10))
CARE = st.builds(
    Care,
    st.sampled_from(SPECIALITIES),
    mostly(0, 1, 3),
    mostly(frozenset(), frozenset({Feature.OXYGEN}), frozenset({Feature.MONITOR})),
    mostly(frozenset(), frozenset({SKILLS[0]}), frozenset(SKILLS)),
    POOLED,
)
BED = st.fixed_dictionaries(
    {
        "kind": mostly(BedKind.BED, BedKind.BED, *BedKind),
        "features": some_of([Feature.OXYGEN, Feature.MONITOR, Feature.BARIATRIC, Feature.OBSERVATION]),
        "care_level": st.sampled_from([0, 1, 1, 3]),
        "max_weight_kg": mostly(180, 250),
        "staffed": mostly(True, False),
        "status": mostly(OperationalStatus.UNOCCUPIED, *OperationalStatus),
        "clean_at": st.one_of(st.none(), st.none(), minutes(-HOUR, 4 * HOUR)),
        "blocks": blocks(),
    }
)
ROOM = st.fixed_dictionaries(
    {
        "sex_policy": st.sampled_from(list(SexPolicy)),
        "features": some_of(
            [Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE, Feature.ANTEROOM, Feature.OXYGEN], 3
        ),
        "air_changes_per_hour": st.sampled_from([0, 6, 12]),
        "blocks": blocks(),
    }
)
WARD = st.fixed_dictionaries(
    {
        "specialities": mostly(frozenset(), frozenset({"surgery"})),
        "building": st.integers(0, 1),
        "floor": st.integers(0, 3),
        "pooled": st.builds(PooledCapacity, st.integers(0, 2), st.integers(0, 2), st.sampled_from([5, 20])),
        "ratios": mostly((), (NursingRatio(0, 4, 3, "ward policy"),)),
        "blocks": blocks(),
    }
)
AGES = mostly((0, 150), (0, 18), (18, 150))
HOURS = mostly((0, 0), (480, 1200))


@st.composite
def hospitals(draw: Draw) -> Hospital:
    """A checked hospital of one or two wards and up to three rooms."""
    wards = _wards(draw)
    rooms = tuple(
        Room(f"R{number}", draw(st.sampled_from(wards)).id, f"Room {number}", **draw(ROOM))
        for number in range(draw(st.integers(1, 3)))
    )
    beds = tuple(bed for room in rooms for bed in _beds(draw, room))
    persons = _persons(draw)
    staff, shifts = _rosters(draw, wards)
    types, units, bookings = _equipment(draw, wards)
    drugs, lots = _drugs(draw, wards, persons)
    zone = draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]))
    return Hospital(
        sites=(Site("site", "Site", zone),),
        wards=wards,
        rooms=rooms,
        beds=beds,
        ratios=draw(mostly(RATIOS, RATIOS[:2])),
        equipment_types=types,
        units=units,
        unit_bookings=bookings,
        drugs=drugs,
        lots=lots,
        staff=staff,
        shifts=shifts,
        persons=persons,
        stays=_stays(draw, beds, persons),
    ).checked()


def _wards(draw: Draw) -> tuple[Ward, ...]:
    made = []
    for number in range(draw(st.integers(1, 2))):
        ages = draw(AGES)
        made.append(
            Ward(
                f"W{number}",
                "site",
                f"Ward {number}",
                age_from_years=ages[0],
                age_until_years=ages[1],
                **draw(WARD),
            )
        )
    return tuple(made)


def _beds(draw: Draw, room: Room) -> list[Bed]:
    made = []
    for number in range(draw(st.integers(1, 3))):
        opens, closes = draw(HOURS)
        made.append(Bed(f"{room.id}-B{number}", room.id, opens=opens, closes=closes, **draw(BED)))
    return made


def _persons(draw: Draw) -> tuple[Person, ...]:
    ids = [f"p{number}" for number in range(5)]
    apart = draw(mostly(frozenset(), frozenset({ids[1]})))
    made = [Person(ids[0], keep_apart=apart, **draw(PERSON))]
    return (*made, *(Person(person_id, **draw(PERSON)) for person_id in ids[1:]))


def _rosters(draw: Draw, wards: Sequence[Ward]) -> tuple[tuple[StaffMember, ...], tuple[Shift, ...]]:
    staff, shifts = [], []
    for number in range(draw(st.integers(0, 4))):
        ward = draw(st.sampled_from(wards))
        student = draw(mostly(False, True))
        staff.append(StaffMember(f"n{number}", ward.id, draw(some_of(SKILLS)), student=student))
        start = draw(minutes(-8 * HOUR, 4 * HOUR))
        end = start + draw(st.sampled_from([4 * HOUR, 8 * HOUR, DAY]))
        breaks = draw(mostly((), (Interval(start + 60, start + 90), Interval(start + 85, start + 100))))
        kind, called = draw(
            mostly((DutyKind.DUTY, None), (DutyKind.ON_CALL, None), (DutyKind.ON_CALL, start + 70))
        )
        absent = draw(mostly(False, True))
        shifts.append(
            Shift(f"h{number}", f"n{number}", ward.id, start, end, breaks, kind, called, 20, absent)
        )
    return tuple(staff), tuple(shifts)


def _equipment(
    draw: Draw, wards: Sequence[Ward]
) -> tuple[tuple[EquipmentType, ...], tuple[Unit, ...], tuple[UnitBooking, ...]]:
    types = (EquipmentType("pump", "Pump", substitutes=("syringe",)), EquipmentType("syringe", "Driver", 0))
    units, bookings = [], []
    for number in range(draw(st.integers(1, 4))):
        kept, owner = draw(st.sampled_from(wards)).id, draw(mostly(None, *(ward.id for ward in wards)))
        kind = draw(st.sampled_from(["pump", "pump", "syringe"]))
        state = draw(mostly(UnitState.FREE, UnitState.ATTACHED, UnitState.BROKEN))
        units.append(Unit(f"U{number}", kind, kept, owner, draw(st.booleans()), state))
        for place, (start, end) in enumerate(draw(spells(2))):
            use = draw(mostly(BookingKind.USE, BookingKind.MAINTENANCE))
            ward, pinned = draw(st.sampled_from(wards)).id, draw(st.booleans())
            booking_id = f"k{number}-{place}"
            bookings.append(UnitBooking(booking_id, f"U{number}", ward, start, end, use, None, pinned))
    return types, tuple(units), tuple(bookings)


def _drugs(
    draw: Draw, wards: Sequence[Ward], persons: Sequence[Person]
) -> tuple[tuple[Drug, ...], tuple[Lot, ...]]:
    drugs = (
        Drug("heparin", "Heparin", "heparin", safety_stock=draw(st.integers(0, 20)), equivalents=("other",)),
        Drug("other", "Other heparin", "heparin"),
        Drug("cells", "Red cells", "blood", handling=HandlingClass.BLOOD),
    )
    lots = []
    for number in range(draw(st.integers(1, 5))):
        drug = draw(st.sampled_from(["heparin", "heparin", "other", "cells"]))
        on_hand = draw(st.integers(0, 12))
        matched = draw(mostly(None, *(person.id for person in persons)))
        lots.append(
            Lot(
                f"L{number}",
                drug,
                on_hand,
                draw(mostly(NOW + 3 * DAY, NOW, NOW + 6 * HOUR, NOW + 2 * DAY)),
                draw(st.integers(0, on_hand)),
                draw(mostly(LotState.AVAILABLE, LotState.RECALLED, LotState.QUARANTINED)),
                draw(mostly(None, *(ward.id for ward in wards))),
                draw(mostly(BloodGroup.O_NEG, None, BloodGroup.A_NEG)),
                matched,
                draw(mostly(0, 1, 6 * HOUR, 2 * DAY)),
                draw(mostly(None, NOW, NOW + 6 * HOUR)) if matched else None,
            )
        )
    return drugs, tuple(lots)


def _stays(draw: Draw, beds: Sequence[Bed], persons: Sequence[Person]) -> tuple[Stay, ...]:
    stays: list[Stay] = []
    for bed in beds:
        for number, (start, end) in enumerate(draw(spells(2))):
            person_id = draw(st.sampled_from(persons)).id
            state = draw(st.sampled_from([StayState.OCCUPYING, StayState.OCCUPYING, StayState.IN_TRANSIT]))
            state = state if start <= NOW else StayState.BOOKED
            departure = draw(st.sampled_from(list(Departure)))
            stay_id = f"s-{bed.id}-{number}"
            leader = draw(mostly(None, *(s for s in stays if s.with_stay_id is None)))
            if leader is not None:
                person_id, with_id = leader.person_id, leader.id
            else:
                with_id = None
            care = draw(CARE)
            stays.append(
                Stay(stay_id, person_id, bed.id, start, end, care, state, departure, None, None, with_id)
            )
    return tuple(stays)
