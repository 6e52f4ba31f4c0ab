"""Builds the wards, rooms and beds of a synthetic hospital."""

from __future__ import annotations

from dataclasses import dataclass

from simulations.hospital_tables import (
    BARIATRIC_SHARE,
    BLOCKED_SHARE,
    CLEANING_SHARE,
    KINDS,
    UNSTAFFED_SHARE,
    Size,
    WardKind,
)
from simulations.streams import Generator, stream
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    Feature,
    Minute,
    OperationalStatus,
    PooledCapacity,
    Room,
    SexPolicy,
    Site,
    Ward,
)

SITE_ID = "MAIN"
WARDS_PER_FLOOR = 3
FLOORS = 10


@dataclass(frozen=True, slots=True)
class BuiltRoom:
    """A room with its main beds and the places for companions in it."""

    room: Room
    beds: tuple[Bed, ...]
    companions: tuple[Bed, ...]


@dataclass(frozen=True, slots=True)
class BuiltWard:
    """A ward, the kind it was built as, and its rooms."""

    ward: Ward
    kind: WardKind
    rooms: tuple[BuiltRoom, ...]

    def beds(self) -> list[Bed]:
        """Main beds of all rooms."""
        return [bed for built in self.rooms for bed in built.beds]


def build_site(zone: str) -> Site:
    """The one site of every size."""
    return Site(SITE_ID, "Main campus", zone)


def build_wards(size: Size, seed: int, now: Minute) -> list[BuiltWard]:
    """All wards of a size, one after another over floors and buildings."""
    rng = stream(seed, 0, "hospital/places")
    kinds = [KINDS[code] for code, count in size.wards.items() for _ in range(count)]
    numbers: dict[str, int] = {}
    wards = []
    for position, kind in enumerate(kinds):
        numbers[kind.code] = numbers.get(kind.code, 0) + 1
        wards.append(_ward(kind, numbers[kind.code], position, rng, now))
    return wards


def _ward(kind: WardKind, number: int, position: int, rng: Generator, now: Minute) -> BuiltWard:
    ward_id = f"{kind.code}{number}"
    building, level = divmod(position // WARDS_PER_FLOOR, FLOORS)
    beds = sum(kind.rooms)
    ward = Ward(
        ward_id, "MAIN", f"{kind.name} {number}", kind.specialities, building, level + 1, *kind.ages,
        pooled=PooledCapacity(kind.telemetry, kind.dialysis, kind.oxygen_per_bed * beds),
        ratios=kind.ratios,
    )  # fmt: skip
    rooms, next_bed = [], 1
    for index in range(len(kind.rooms)):
        rooms.append(_room(kind, ward_id, index, next_bed, rng, now))
        next_bed += kind.rooms[index]
    return BuiltWard(ward, kind, tuple(rooms))


def _room(kind: WardKind, ward_id: str, index: int, first: int, rng: Generator, now: Minute) -> BuiltRoom:
    room_id = f"{ward_id}-R{index + 1:02d}"
    pressure = _pressure(kind, index)
    policy = (
        SexPolicy.FIRST if kind.rooms[index] == 1 and kind.policy is not SexPolicy.FEMALE else kind.policy
    )
    room = Room(room_id, ward_id, f"Room {index + 1}", policy, pressure, 12 if pressure else 6)
    extra = {Feature.EN_SUITE} if kind.rooms[index] == 1 else set()
    extra |= {Feature.MONITOR} if pressure else set()
    raised = kind.raised if index == kind.rooms.index(max(kind.rooms)) else 0
    beds = tuple(
        _bed(kind, room_id, f"{ward_id}-B{first + i:02d}", extra, i < raised, rng, now)
        for i in range(kind.rooms[index])
    )
    count = kind.companions[index] if index < len(kind.companions) else 0
    # Not staffed: a place for a companion is no bed for one more patient.
    places = tuple(
        Bed(f"{ward_id}-C{first + i:02d}", room_id, kind.companion or BedKind.EXTRA_BED, staffed=False)
        for i in range(count)
    )
    return BuiltRoom(room, beds, places)


def _pressure(kind: WardKind, index: int) -> frozenset[Feature]:
    """Features of the room's air: lobby suites first, then negative, then positive; bays have none."""
    if kind.rooms[index] > 1:
        return frozenset()
    if index < kind.lobby:
        return frozenset({Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE, Feature.ANTEROOM})
    if index < kind.lobby + kind.negative:
        return frozenset({Feature.NEGATIVE_PRESSURE, Feature.ANTEROOM})
    if index < kind.lobby + kind.negative + kind.positive:
        return frozenset({Feature.POSITIVE_PRESSURE, Feature.ANTEROOM})
    return frozenset()


def _bed(
    kind: WardKind, room_id: str, bed_id: str, extra: set[Feature], raised: bool, rng: Generator, now: Minute
) -> Bed:
    features = set(kind.features)
    features |= extra
    features |= {Feature.MONITOR, Feature.OBSERVATION} if raised else set()
    heavy = kind.kind is BedKind.BED and rng.random() < BARIATRIC_SHARE
    features |= {Feature.BARIATRIC, Feature.HOIST} if heavy else set()
    fate = rng.random()
    blocked = fate < BLOCKED_SHARE
    blocks = (Block(now - 600, now + int(rng.integers(240, 2880)), "repair"),) if blocked else ()
    return Bed(
        bed_id,
        room_id,
        kind.kind,
        frozenset(features),
        max(kind.level, kind.raised_level) if raised else kind.level,
        350 if heavy else 180,
        staffed=not BLOCKED_SHARE <= fate < BLOCKED_SHARE + UNSTAFFED_SHARE,
        status=OperationalStatus.CLOSED if blocked else OperationalStatus.UNOCCUPIED,
        opens=kind.hours[0],
        closes=kind.hours[1],
        blocks=blocks,
    )


def being_cleaned(bed: Bed, rng: Generator, now: Minute) -> tuple[OperationalStatus, Minute | None]:
    """Status and end of cleaning of a bed nobody lies in."""
    if bed.status is OperationalStatus.CLOSED or rng.random() >= CLEANING_SHARE:
        return bed.status, None
    return OperationalStatus.HOUSEKEEPING, now + int(rng.integers(5, 60))
