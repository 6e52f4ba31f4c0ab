"""Which wards ask for patients of which profile: read off the hospital, so that any hospital will do."""

from __future__ import annotations

from dataclasses import dataclass

from simulations.hospital_profiles import PROFILES, Profile
from solver.hospital import Bed, BedKind, Feature, Hospital, Minute, Room, Ward, from_minute

COMPANION_KINDS = (BedKind.COT, BedKind.EXTRA_BED)


@dataclass(frozen=True, slots=True)
class Source:
    """One ward with one of the profiles it takes; ``beds``: its share of the ward's usable beds.

    ``features``: what at least one usable bed (with its room) offers, ``level``: the highest level of care.
    """

    ward: Ward
    profile: Profile
    beds: float
    usable: tuple[Bed, ...]
    features: frozenset[Feature]
    level: int
    companions: bool
    zone: str

    @property
    def hours(self) -> tuple[int, int]:
        """Minutes of the local day between which all the ward's beds may be used; (0, 0) for round the
        clock."""
        return self.usable[0].opens, self.usable[0].closes

    def open_at(self, minute: Minute) -> bool:
        """Whether somebody could still be treated from this minute on before the ward shuts."""
        wall = from_minute(minute, self.zone)
        return self.hours == (0, 0) or self.hours[0] <= wall.hour * 60 + wall.minute < self.hours[1] - 180


def sources(hospital: Hospital) -> list[Source]:
    """One source per ward and profile; wards without usable beds, and lounges, have none."""
    zones = {site.id: site.time_zone for site in hospital.sites}
    rooms: dict[str, list[Room]] = {ward.id: [] for ward in hospital.wards}
    for room in hospital.rooms:
        rooms[room.ward_id].append(room)
    beds: dict[str, list[Bed]] = {room.id: [] for room in hospital.rooms}
    for bed in hospital.beds:
        beds[bed.room_id].append(bed)
    found = []
    for ward in hospital.wards:
        found += _of_ward(ward, rooms[ward.id], beds, zones[ward.site_id])
    return found


def _of_ward(ward: Ward, rooms: list[Room], beds: dict[str, list[Bed]], zone: str) -> list[Source]:
    inside = [(room, bed) for room in rooms for bed in beds[room.id]]
    main = [(room, bed) for room, bed in inside if _usable(bed)]
    if not main:
        return []
    profiles = profiles_of(ward, [bed for _, bed in main])
    offered = frozenset(feature for room, bed in main for feature in bed.features | room.features)
    level = max(bed.care_level for _, bed in main)
    companions = any(bed.kind in COMPANION_KINDS for _, bed in inside)
    usable = tuple(bed for _, bed in main)
    share = len(main) / len(profiles)
    return [Source(ward, profile, share, usable, offered, level, companions, zone) for profile in profiles]


def _usable(bed: Bed) -> bool:
    lying = bed.kind not in (*COMPANION_KINDS, BedKind.LOUNGE_SEAT)
    return lying and bed.staffed and not bed.blocks


def profiles_of(ward: Ward, beds: list[Bed]) -> list[Profile]:
    """Profiles of the patients a ward takes: by its specialities, else by kind and level of its beds."""
    named = [PROFILES[name] for name in sorted(ward.specialities) if name in PROFILES]
    if named:
        return named
    if beds[0].kind is BedKind.CHAIR:
        return [PROFILES["day_case"]]
    level = min(bed.care_level for bed in beds)
    critical = {3: "critical_care", 2: "high_dependency"}.get(level, "medicine")
    return [PROFILES["paediatrics" if ward.age_until_years <= 18 and level < 3 else critical]]
