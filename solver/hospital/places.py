"""Where people lie: site, ward, room, bed, and how long cleaning and the way between two places take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from solver.hospital.door import Door
from solver.hospital.staff import NursingRatio
from solver.hospital.timegrid import MINUTES_PER_DAY, Minute

MAX_AGE_YEARS = 150


class BedKind(StrEnum):
    """What a person lies or sits on; an extra bed is a new, temporary bed, never a double booking."""

    BED = "bed"
    COT = "cot"
    INCUBATOR = "incubator"
    TROLLEY = "trolley"
    CHAIR = "chair"
    LOUNGE_SEAT = "lounge_seat"
    EXTRA_BED = "extra_bed"


class Feature(StrEnum):
    """What a bed or its room offers. Pressure and anteroom belong to the room, the rest to the bed."""

    OXYGEN = "oxygen"
    SUCTION = "suction"
    MONITOR = "monitor"
    TELEMETRY_CHANNEL = "telemetry_channel"
    NEGATIVE_PRESSURE = "negative_pressure"
    POSITIVE_PRESSURE = "positive_pressure"
    ANTEROOM = "anteroom"
    BARIATRIC = "bariatric"
    DIALYSIS_POINT = "dialysis_point"
    HOIST = "hoist"
    EN_SUITE = "en_suite"
    OBSERVATION = "observation"


class OperationalStatus(StrEnum):
    """HL7 table 0116, bed status; occupancy itself is told by stays."""

    CLOSED = "closed"
    HOUSEKEEPING = "housekeeping"
    ISOLATED = "isolated"
    CONTAMINATED = "contaminated"
    OCCUPIED = "occupied"
    UNOCCUPIED = "unoccupied"


class SexPolicy(StrEnum):
    """Who may share a room: anyone, one fixed sex, or whoever has the sex of the first who lies there."""

    MIXED = "mixed"
    FEMALE = "female"
    MALE = "male"
    FIRST = "first"


class Cleaning(StrEnum):
    """How a bed is cleaned, depending on who left it."""

    ROUTINE = "routine"
    DISCHARGE = "discharge"
    TERMINAL = "terminal"
    ULTRAVIOLET = "ultraviolet"


@dataclass(frozen=True, slots=True)
class CleaningTimes:
    """Minutes each kind of cleaning takes; a hospital's own data (defaults: assumed, to be replaced)."""

    routine: int = 20
    discharge: int = 45
    terminal: int = 90
    ultraviolet: int = 120
    air_removal_permille: int = 999
    """Share of airborne particles to be removed before the room is entered (CDC 2003: 990 or 999)."""

    def __post_init__(self) -> None:
        door = Door("CleaningTimes", "hospital")
        for kind in Cleaning:
            door.whole(getattr(self, kind.value), kind.value, 0, MINUTES_PER_DAY)
        door.whole(self.air_removal_permille, "air_removal_permille", 1, 999)
        door.close()

    def minutes(self, kind: Cleaning) -> int:
        """Duration of one kind of cleaning."""
        return int(getattr(self, kind.value))


def air_clearance_minutes(air_changes_per_hour: int, removal_permille: int = 999) -> int:
    """Minutes until the air of a room is clear: ``ln(1 / (1 - removal)) * 60 / changes``, rounded to nearest.

    CDC, Guidelines for Environmental Infection Control (2003), table B.1: at 12 changes an hour 23 minutes
    for 99 %, 35 for 99.9 %. A room without ventilation data (0) is taken as 2 changes an hour, the table's
    first row.
    """
    changes = air_changes_per_hour or 2
    return round(math.log(1000 / (1000 - removal_permille)) * 60 / changes)


@dataclass(frozen=True, slots=True)
class Block:
    """A place out of use during ``[start, end)``, with its reason; ``end`` None means until lifted."""

    start: Minute
    end: Minute | None
    reason: str

    def __post_init__(self) -> None:
        door = Door("Block", self.start)
        if self.end is None:
            door.minute(self.start, "start")
        else:
            door.interval(self.start, self.end)
        door.text(self.reason, "reason")
        door.need(bool(self.reason.strip()), "reason", self.reason, "why the place is out of use")
        door.close()


@dataclass(frozen=True, slots=True)
class PooledCapacity:
    """What a ward shares or a person draws from it: channels, points, litres of oxygen a minute."""

    telemetry_channels: int = 0
    dialysis_points: int = 0
    oxygen_flow: int = 0

    def __post_init__(self) -> None:
        door = Door("PooledCapacity", "")
        for name in ("telemetry_channels", "dialysis_points", "oxygen_flow"):
            door.whole(getattr(self, name), name, 0, 1_000_000)
        door.close()


@dataclass(frozen=True, slots=True)
class Site:
    """One campus with one IANA time zone and its walking times."""

    id: str
    name: str
    time_zone: str = "UTC"
    transport_base_minutes: int = 5
    transport_floor_minutes: int = 2
    transport_building_minutes: int = 8

    def __post_init__(self) -> None:
        door = Door("Site", self.id)
        door.identity(self.id)
        door.text(self.name, "name")
        door.need(_is_zone(self.time_zone), "time_zone", self.time_zone, "an IANA name such as Asia/Shanghai")
        for name in ("transport_base_minutes", "transport_floor_minutes", "transport_building_minutes"):
            door.whole(getattr(self, name), name, 0, MINUTES_PER_DAY)
        door.close()


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Ward:
    """A nursing unit: where it is, whom it takes, what its beds share.

    ``specialities`` empty means any. Ages are whole years, ``[age_from_years, age_until_years)``.
    ``ratios`` override the hospital's nursing ratios for the care levels they name.
    """

    id: str
    site_id: str
    name: str
    specialities: frozenset[str] = frozenset()
    building: int = 0
    floor: int = 0
    age_from_years: int = 0
    age_until_years: int = MAX_AGE_YEARS
    pooled: PooledCapacity = field(default_factory=PooledCapacity)
    ratios: tuple[NursingRatio, ...] = ()
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        door = Door("Ward", self.id)
        door.identity(self.id)
        door.identity(self.site_id, "site_id")
        door.text(self.name, "name")
        door.names(self.specialities, "specialities")
        door.whole(self.building, "building", 0, 1000)
        door.whole(self.floor, "floor", -20, 200)
        ages = self.age_from_years, self.age_until_years
        good = all(type(a) is int for a in ages) and 0 <= ages[0] < ages[1] <= MAX_AGE_YEARS
        door.need(
            good,
            "age_from_years, age_until_years",
            ages,
            f"whole years, 0 <= from < until <= {MAX_AGE_YEARS}",
        )
        levels = [ratio.care_level for ratio in self.ratios]
        door.need(len(set(levels)) == len(levels), "ratios", levels, "each care level at most once")
        door.close()


@dataclass(frozen=True, slots=True)
class Room:
    """A room or bay; its features hold for every bed in it."""

    id: str
    ward_id: str
    name: str
    sex_policy: SexPolicy = SexPolicy.FIRST
    features: frozenset[Feature] = frozenset()
    air_changes_per_hour: int = 0
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        door = Door("Room", self.id)
        door.identity(self.id)
        door.identity(self.ward_id, "ward_id")
        door.text(self.name, "name")
        door.member(self.sex_policy, SexPolicy, "sex_policy")
        door.need(
            all(isinstance(f, Feature) for f in self.features),
            "features",
            self.features,
            "members of Feature",
        )
        door.whole(self.air_changes_per_hour, "air_changes_per_hour", 0, 100)
        door.close()


@dataclass(frozen=True, slots=True)
class Bed:
    """One bed space. Status, block, reservation and occupancy are four facts; the last two are told by stays.

    ``care_level`` is the highest the bed can give (0-3). ``staffed`` False: physical capacity only.
    ``clean_at``: the minute its cleaning ends, None when clean. ``opens``/``closes``: minutes of the local
    day between which a chair or lounge seat may be used, both 0 for round the clock; UTC offset is the
    site's.
    """

    id: str
    room_id: str
    kind: BedKind = BedKind.BED
    features: frozenset[Feature] = frozenset()
    care_level: int = 0
    max_weight_kg: int = 180
    staffed: bool = True
    status: OperationalStatus = OperationalStatus.UNOCCUPIED
    clean_at: Minute | None = None
    opens: int = 0
    closes: int = 0
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        door = Door("Bed", self.id)
        door.identity(self.id)
        door.identity(self.room_id, "room_id")
        door.member(self.kind, BedKind, "kind")
        door.member(self.status, OperationalStatus, "status")
        door.need(
            all(isinstance(f, Feature) for f in self.features),
            "features",
            self.features,
            "members of Feature",
        )
        door.whole(self.care_level, "care_level", 0, 3)
        door.whole(self.max_weight_kg, "max_weight_kg", 1, 1000)
        if self.clean_at is not None:
            door.minute(self.clean_at, "clean_at")
        hours = self.opens, self.closes
        good = hours == (0, 0) or (
            all(type(h) is int for h in hours) and 0 <= hours[0] < hours[1] <= MINUTES_PER_DAY
        )
        door.need(
            good, "opens, closes", hours, "0, 0 (always) or minutes of one local day, opens before closes"
        )
        door.close()


def transport_minutes(site: Site, origin: Ward, destination: Ward) -> int:
    """Minutes to bring a person or a unit from one ward to another on a site; 0 within a ward."""
    if origin.id == destination.id:
        return 0
    floors = abs(origin.floor - destination.floor)
    minutes = site.transport_base_minutes + floors * site.transport_floor_minutes
    if origin.building != destination.building:
        minutes += site.transport_building_minutes
    return minutes
