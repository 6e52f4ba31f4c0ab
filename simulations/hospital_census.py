"""Puts today's people into the beds of a synthetic hospital, breaking no hard rule of placement."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from simulations.hospital_people import (
    draw_biased_stay,
    draw_infection,
    draw_person,
    draw_sex,
    draw_stay,
    infections_of,
    litres,
    wanted_features,
)
from simulations.hospital_places import BuiltRoom, BuiltWard
from simulations.hospital_profiles import (
    CONFIRMED_HOURS,
    HOURS_DEPARTURE,
    PROFILES,
    Profile,
)
from simulations.hospital_staff import floors_of, skilled_shares
from simulations.hospital_tables import WardKind
from simulations.streams import pick, stream
from solver.hospital import (
    Bed,
    BedKind,
    Care,
    CleaningTimes,
    Departure,
    Feature,
    Infection,
    Isolation,
    Minute,
    Person,
    PooledCapacity,
    Room,
    Sex,
    SexPolicy,
    Stay,
    StayState,
    from_minute,
)
from solver.hospital.staff import NURSE_SHARES
from solver.hospital.stays import turnaround_minutes

CRITICAL_SPECIALITIES = ("medicine", "surgery", "cardiology", "respiratory", "neurology")
CRITICAL_SHARES = (0.30, 0.30, 0.15, 0.15, 0.10)
"""Whose patients lie in critical care: assumed."""

COHORT_SHARE = 0.04
"""Bays given to one confirmed organism: assumed."""
EXPOSED_SHARE = 0.01
"""Bays closed because somebody exposed the others: assumed."""
SINGLE_ISOLATION = 0.40
"""Occupied plain singles whose occupant is isolated (contact or droplet): assumed."""
PRESSURE_USED = 0.60
"""Occupied pressure rooms whose occupant needs that pressure: assumed."""
BOOKED_AFTER = 0.12
"""Beds left within a day and a half that are booked again already: assumed."""
BOOKED_FREE = 0.08
"""Free beds booked for later today: assumed."""
KEEP_APART_SHARE = 0.002
"""Occupants who must not share a room with one certain other: assumed."""


@dataclass(slots=True)
class Census:
    """Persons and stays as they are collected; ``profile_of`` tells each occupant's profile by stay id."""

    persons: list[Person] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    profile_of: dict[str, Profile] = field(default_factory=dict)
    booked: list[Stay] = field(default_factory=list)


class RoomMood(NamedTuple):
    """What all who lie in a room share: sex (None: free), precaution, infections, exposure."""

    sex: Sex | None = None
    isolation: Isolation | None = None
    infections: tuple[Infection, ...] = ()
    exposed_to: frozenset[str] = frozenset()


class Pool:
    """What is left of a ward's pooled limits and skilled nurses while its beds are filled."""

    def __init__(self, ward: BuiltWard) -> None:
        limits = ward.ward.pooled
        self._skilled = skilled_shares(ward) if ward.kind.core_skill else 0
        self._floors = floors_of(ward.kind)
        self._telemetry = limits.telemetry_channels
        self._dialysis = limits.dialysis_points
        self._oxygen = limits.oxygen_flow

    def draw(self, features: frozenset[Feature], level: int) -> tuple[frozenset[Feature], PooledCapacity]:
        """The features that the pool still allows, and what they take from it."""
        flow = litres(features, level)
        lacking = {
            Feature.TELEMETRY_CHANNEL: self._telemetry < 1,
            Feature.DIALYSIS_POINT: self._dialysis < 1,
            Feature.OXYGEN: self._oxygen < flow,
        }
        features = frozenset(feature for feature in features if not lacking.get(feature, False))
        taken = PooledCapacity(
            int(Feature.TELEMETRY_CHANNEL in features),
            int(Feature.DIALYSIS_POINT in features),
            flow if Feature.OXYGEN in features else 0,
        )
        self._telemetry -= taken.telemetry_channels
        self._dialysis -= taken.dialysis_points
        self._oxygen -= taken.oxygen_flow
        return features, taken

    def skill(self, level: int, one_to_one: bool) -> bool:
        """Whether one more patient of this level finds a nurse with the core skill; takes the share."""
        shares = NURSE_SHARES if one_to_one else NURSE_SHARES // self._floors[level]
        if shares > self._skilled:
            return False
        self._skilled -= shares
        return True


class CensusBuilder:
    """Fills wards one after another; each draw comes from one named stream."""

    def __init__(self, seed: int, now: Minute, zone: str, cleaning: CleaningTimes) -> None:
        self._rng = stream(seed, 0, "hospital/census")
        self._now = now
        self._cleaning = cleaning
        offset = from_minute(now, zone).utcoffset()
        self._offset = int(offset.total_seconds() // 60) if offset is not None else 0
        self._person_of: dict[str, Person] = {}
        self.census = Census()

    def fill(self, wards: list[BuiltWard], occupancy: float) -> Census:
        """Occupy a share of the staffed, open beds (chairs only in their hours), and book some ahead."""
        usable = [bed.id for ward in wards for bed in ward.beds() if self._usable(ward.kind, bed)]
        count = round(occupancy * len(usable))
        taken = {usable[i] for i in self._rng.permutation(len(usable))[:count]}
        for ward in wards:
            pool = Pool(ward)
            for built in ward.rooms:
                self._fill_room(ward, built, taken, pool)
        self._keep_apart()
        return self.census

    def _usable(self, kind: WardKind, bed: Bed) -> bool:
        if not bed.staffed or bed.blocks or not kind.profiles:
            return False
        return kind.hours == (0, 0) or kind.hours[0] + 60 <= self._local(self._now) < kind.hours[1] - 180

    def _local(self, minute: Minute) -> int:
        return (minute + self._offset) % 1440

    def _fill_room(self, ward: BuiltWard, built: BuiltRoom, taken: set[str], pool: Pool) -> None:
        mood = self._mood(ward.kind, built)
        spare = list(built.companions)
        for bed in built.beds:
            before = None
            if bed.id in taken:
                before = self._occupy(ward, built.room, bed, mood, pool)
                self._accompany(before, spare, ward.kind)
            if self._bookable(ward.kind, bed, mood):
                self._book(ward, built.room, bed, mood, before)

    def _mood(self, kind: WardKind, built: BuiltRoom) -> RoomMood:
        if len(built.beds) == 1:
            return self._single(kind, built)
        mood = RoomMood(self._room_sex(kind, built))
        if kind.kind is not BedKind.BED or kind.level >= 2:
            return mood
        fate = self._rng.random()
        if fate < COHORT_SHARE:
            infection = draw_infection(self._rng, Isolation.DROPLET, suspected=0.0)
            return mood._replace(isolation=Isolation.DROPLET, infections=(infection,))
        if fate < COHORT_SHARE + EXPOSED_SHARE:
            return mood._replace(exposed_to=frozenset({"influenza_a"}))
        return mood

    def _room_sex(self, kind: WardKind, built: BuiltRoom) -> Sex | None:
        if built.room.sex_policy is SexPolicy.MIXED:
            return None
        sex = draw_sex(self._rng, PROFILES[kind.profiles[0]]) if kind.profiles else Sex.FEMALE
        return Sex.FEMALE if built.room.sex_policy is SexPolicy.FEMALE or sex is Sex.UNKNOWN else sex

    def _single(self, kind: WardKind, built: BuiltRoom) -> RoomMood:
        sex = Sex.FEMALE if built.room.sex_policy is SexPolicy.FEMALE else None
        isolation: Isolation | None = None
        pressure = built.room.features & {Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE}
        if pressure and self._rng.random() < PRESSURE_USED:
            negative = Feature.NEGATIVE_PRESSURE in pressure
            isolation = Isolation.AIRBORNE if negative else Isolation.PROTECTIVE
        elif not pressure and kind.kind is BedKind.BED and self._rng.random() < SINGLE_ISOLATION:
            isolation = (Isolation.CONTACT, Isolation.DROPLET)[pick(self._rng, (0.75, 0.25))]
        return RoomMood(sex, isolation, infections_of(self._rng, isolation))

    def _occupy(self, ward: BuiltWard, room: Room, bed: Bed, mood: RoomMood, pool: Pool) -> Stay:
        profile = PROFILES[ward.kind.profiles[pick(self._rng, [1.0] * len(ward.kind.profiles))]]
        start, end = self._times(profile, ward.kind)
        person = self._person(profile, ward, bed, mood, start)
        stay = Stay(
            f"stay-{len(self.census.stays) + 1:06d}", person.id, bed.id, start, end,
            self._care(profile, ward, room, bed, pool, person.one_to_one), StayState.OCCUPYING,
            self._departure(end),
        )  # fmt: skip
        self.census.stays.append(stay)
        self.census.profile_of[stay.id] = profile
        return stay

    def _person(self, profile: Profile, ward: BuiltWard, bed: Bed, mood: RoomMood, start: Minute) -> Person:
        """Somebody whose age suits the ward when the stay starts."""
        sex = mood.sex if mood.sex is not None else draw_sex(self._rng, profile)
        if sex is Sex.UNKNOWN and _shared(ward, bed.room_id):
            sex = Sex.FEMALE
        ages = ward.kind.ages
        number = f"person-{len(self.census.persons) + 1:06d}"
        person = draw_person(self._rng, number, profile, ages, start, sex, mood.isolation, mood.infections)
        person = replace(
            person, weight_kg=min(person.weight_kg, bed.max_weight_kg), exposed_to=mood.exposed_to
        )
        self.census.persons.append(person)
        self._person_of[person.id] = person
        return person

    def _care(
        self, profile: Profile, ward: BuiltWard, room: Room, bed: Bed, pool: Pool, one_to_one: bool
    ) -> Care:
        shares = [share if level <= bed.care_level else 0 for level, share in enumerate(profile.levels)]
        level = pick(self._rng, shares) if any(shares) else bed.care_level
        offered = bed.features | room.features
        features = wanted_features(self._rng, profile, level) & offered
        features, pooled = pool.draw(features, level)
        core = ward.kind.core_skill
        skills = {name for name, share in profile.skills if name == core and self._rng.random() < share}
        skills = skills if skills and pool.skill(level, one_to_one) else set()
        return Care(self._speciality(profile), level, features, frozenset(skills), pooled)

    def _speciality(self, profile: Profile) -> str:
        if profile.speciality in ("critical_care", "high_dependency"):
            return CRITICAL_SPECIALITIES[pick(self._rng, CRITICAL_SHARES)]
        return profile.speciality

    def _times(self, profile: Profile, kind: WardKind) -> tuple[Minute, Minute]:
        """Arrival in the past and forecast departure of somebody found in bed now."""
        if kind.hours != (0, 0):
            opened = self._now - (self._local(self._now) - kind.hours[0])
            closes = self._now + kind.hours[1] - self._local(self._now)
            return opened + 5, min(self._now + int(self._rng.integers(45, 240)), closes)
        total = draw_biased_stay(self._rng, profile)
        elapsed = int(self._rng.random() * total)
        end = self._now + max(total - elapsed, 30)
        return self._now - max(elapsed, 5), end if kind.level >= 2 else self._by_day(end)

    def _by_day(self, end: Minute) -> Minute:
        """The same local day at an hour when people leave, unless that has passed."""
        hour = pick(self._rng, HOURS_DEPARTURE)
        leaves = end - self._local(end) + hour * 60 + int(self._rng.integers(60))
        return leaves if leaves > self._now + 15 else end

    def _departure(self, end: Minute) -> Departure:
        near = end - self._now <= CONFIRMED_HOURS * 60
        return Departure.CONFIRMED if near and self._rng.random() < 0.5 else Departure.PREDICTED

    def _accompany(self, stay: Stay, spare: list[Bed], kind: WardKind) -> None:
        """A baby in a cot, or a carer beside a child, as long as the room has a place for one."""
        profile = self.census.profile_of[stay.id]
        if not spare or self._rng.random() >= profile.companion_share:
            return
        bed = spare.pop()
        baby = kind.companion is BedKind.COT
        mate, ages = ("neonatal", (0, 1)) if baby else ("maternity", (18, 60))
        person = draw_person(
            self._rng, f"person-{len(self.census.persons) + 1:06d}", PROFILES[mate], ages, stay.start,
            draw_sex(self._rng, PROFILES["neonatal"]) if baby else Sex.FEMALE,
        )  # fmt: skip
        self.census.persons.append(replace(person, one_to_one=False))
        number = f"stay-{len(self.census.stays) + 1:06d}"
        care = Care(profile.speciality)
        self.census.stays.append(
            replace(stay, id=number, person_id=person.id, bed_id=bed.id, care=care, with_stay_id=stay.id)
        )

    def _bookable(self, kind: WardKind, bed: Bed, mood: RoomMood) -> bool:
        plain = mood.isolation is None and not mood.exposed_to
        return plain and kind.kind is BedKind.BED and kind.level <= 1 and bed.staffed and not bed.blocks

    def _book(self, ward: BuiltWard, room: Room, bed: Bed, mood: RoomMood, before: Stay | None) -> None:
        """Perhaps book the bed ahead, after cleaning, for somebody of the room's sex."""
        if before is None:
            start = self._now + int(self._rng.integers(90, 720))
            if self._rng.random() >= BOOKED_FREE:
                return
        else:
            left = before.end + turnaround_minutes(self._person_of[before.person_id], room, self._cleaning)
            start = left + int(self._rng.integers(240))
            if before.end > self._now + 2160 or self._rng.random() >= BOOKED_AFTER:
                return
        profile = PROFILES[ward.kind.profiles[0]]
        person = self._person(profile, ward, bed, mood, start)
        person = self.census.persons[-1] = replace(person, one_to_one=False)
        number = f"stay-b{len(self.census.booked) + 1:05d}"
        care = Care(profile.speciality, min(ward.kind.level, bed.care_level))
        end = start + draw_stay(self._rng, profile)
        self.census.booked.append(Stay(number, person.id, bed.id, start, end, care))

    def _keep_apart(self) -> None:
        """A few pairs who must not share a room; they do not."""
        rooms = {stay.person_id: stay.bed_id.rpartition("-")[0] for stay in self.census.stays}
        people = self.census.persons
        for _ in range(round(KEEP_APART_SHARE * len(people))):
            one, other = (int(i) for i in self._rng.integers(0, len(people), 2))
            if rooms.get(people[one].id) != rooms.get(people[other].id):
                people[one] = replace(people[one], keep_apart=frozenset({people[other].id}))


def _shared(ward: BuiltWard, room_id: str) -> bool:
    """Whether more than one main bed stands in the room."""
    return any(built.room.id == room_id and len(built.beds) > 1 for built in ward.rooms)
