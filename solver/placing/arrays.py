"""The live arrays: compiled once from records, then patched record by record as the hospital changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from solver.engine.types import Int32, Int64
from solver.hospital import (
    Bed,
    Drug,
    EquipmentType,
    Lot,
    LotState,
    Minute,
    Person,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)
from solver.hospital.staff import NURSE_SHARES
from solver.hospital.stays import Departure, turnaround_minutes
from solver.pharmacy.kernels import rank_lots
from solver.placing import build
from solver.placing.codes import EXEMPT, SEX, isolation_bits
from solver.placing.kernels_cover import draw
from solver.placing.kernels_stays import seat, unseat
from solver.placing.layout import FAR, FIRST_POOL, FIRST_SKILL, FLOOR, TARGET, Cover, Stays
from solver.placing.records import Record, Records

ROLL_MINUTES: Final = 720
"""The cover grid reaches this far beyond the horizon, so that it is rebuilt only every so often as time passes.
"""

HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a stay lies in the arrays, and what it draws from its ward."""

    slot: int
    bed: int
    ward: int
    start: Minute
    end: Minute
    needs: Int64
    target: int


class Arrays:
    """Arrays of a hospital and the numbers of its records; call ``put`` and ``drop`` after the records changed."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._covers_later: set[int] | None = None
        self.rebuild()

    def rebuild(self) -> None:
        """Compile everything anew; needed when beds, units, lots or skills are added."""
        records = self.records
        self.bed_ids, self.unit_ids = list(records.beds), list(records.units)
        self.lot_ids = list(records.lots)
        self.bed_number = build.numbered(self.bed_ids)
        self.room_number = build.numbered(records.rooms)
        self.ward_number = build.numbered(records.wards)
        self.unit_number = build.numbered(self.unit_ids)
        self.type_number = build.numbered(records.equipment_types)
        self.drug_number = build.numbered(records.drugs)
        self.lot_number = build.numbered(self.lot_ids)
        self.person_number = build.numbered(records.persons)
        self.cohort_number: dict[frozenset[str], int] = {}
        self.exposure_number: dict[frozenset[str], int] = {frozenset(): 0}
        skills = sorted({skill for member in records.staff.values() for skill in member.skills})
        self.skill_series = {skill: FIRST_SKILL + number for number, skill in enumerate(skills)}
        self.speciality_differs: dict[str, Any] = {}
        self.places = build.places(records)
        self.units = build.unit_arrays(records)
        self.lots = build.lot_arrays(records, self.person_number)
        self.seats: dict[str, Seat] = {}
        self._credits: dict[str, list[tuple[Int32, Int32]]] = {}
        self.stays = empty_stays(len(records.stays) * 2 + 64, len(self.bed_ids), 6)
        self._free_slots = list(range(self.stays.start.size - 1, -1, -1))
        self._build_cover()
        for stay in records.stays.values():
            self._seat(stay)

    # --- time -----------------------------------------------------------------------------------------------
    def move_clock(self, before: Minute) -> None:
        """Follow ``records.now``: shift the horizon, roll the grid when it ran out, let lots come to their end."""
        now = self.records.now
        if self.cover.window[0] <= now <= self.cover.window[0] + ROLL_MINUTES:
            self.cover.window[1] = now
            self.cover.window[2] = now + self.records.options.cover_horizon_minutes
        else:
            self.roll_cover()
        self.places.utc_offset[0] = build.utc_offset_minutes(self.records)
        ended = np.flatnonzero((self.lots.usable_until > before) & (self.lots.usable_until <= now))
        for drug in {int(self.lots.drug[lot]) for lot in ended}:
            rank_lots(self.lots, drug, now)

    def roll_cover(self) -> None:
        """Make the cover grid begin at ``records.now``."""
        self._build_cover()
        for seat_ in self.seats.values():
            self._draw(seat_, 1)

    # --- patches --------------------------------------------------------------------------------------------
    def put(self, record: Record, before: Record | None) -> None:
        """Follow a record that was added or replaced (``before``: what it replaced)."""
        match record:
            case Stay():
                if before is not None:
                    self._unseat(before.id)
                self._seat(record)
            case UnitBooking():
                self._refresh_unit(record.unit_id)
                if isinstance(before, UnitBooking) and before.unit_id != record.unit_id:
                    self._refresh_unit(before.unit_id)
            case Lot() if before is not None:
                self._refresh_lot(record)
            case Bed() | Room() | Ward() if before is not None:
                self._refresh_places(record, before)
            case Unit() if isinstance(before, Unit) and before.type_id == record.type_id:
                self._refresh_unit(record.id)
            case Shift():
                self._refresh_shift(record, before)
            case Person():
                self._refresh_person(record)
            case _:
                self.rebuild()

    def drop(self, record: Record) -> None:
        """Follow a record that was removed."""
        match record:
            case Stay():
                self._unseat(record.id)
            case UnitBooking():
                self._refresh_unit(record.unit_id)
            case Shift():
                self._refresh_ward_cover(self.ward_number[record.ward_id])
            case Site() | Drug() | EquipmentType() | StaffMember() | Bed() | Room() | Ward() | Unit() | Lot():
                self.rebuild()

    def person(self, person_id: str) -> int:
        """Index of a person; persons unknown so far get the next."""
        return self.person_number.setdefault(person_id, len(self.person_number))

    def cohort(self, person: Person) -> int:
        """Code of a person's confirmed organisms, -1 when none or only suspected."""
        organisms = person.cohort()
        if not organisms:
            return -1
        return self.cohort_number.setdefault(organisms, len(self.cohort_number))

    def exposure(self, person: Person) -> int:
        """Code of what a person was exposed to, 0 for nothing."""
        return self.exposure_number.setdefault(person.exposed_to, len(self.exposure_number))

    def _refresh_person(self, person: Person) -> None:
        known = person.id in self.person_number
        self.person(person.id)
        if known:
            for stay in list(self.records.stays.values()):
                if stay.person_id == person.id and stay.id in self.seats:
                    self._unseat(stay.id)
                    self._seat(stay)

    # --- stays ----------------------------------------------------------------------------------------------
    def leave(self, stay: Stay) -> None:
        """Seat a stay as who leaves it at their next start finds it; ``put`` seats it as it is again.

        It ends when they start: it meets nobody and draws on nothing, but its bed is not clean for any start from
        its own on (that very minute included) until cleaning after its full length. What the ward lacks already
        bars nobody from another bed there: who stays on it takes no more of it than they do.
        """
        drawn = self.seats[stay.id]
        self._unseat(stay.id)
        self._credit(stay.id, drawn)
        minutes = self._turnaround(stay)
        slot, bed, ward = self._fill_slot(stay, FAR, stay.start, stay.end + minutes if minutes else 0)
        nothing = np.zeros(FIRST_SKILL + len(self.skill_series), np.int64)
        self.seats[stay.id] = Seat(slot, bed, ward, stay.start, stay.start, nothing, 0)

    def _seat(self, stay: Stay) -> None:
        free_from = stay.end + self._turnaround(stay)
        slot, bed, ward = self._fill_slot(stay, stay.start, stay.end, free_from)
        needs, target = self._needs(stay, self.records.persons[stay.person_id], ward)
        seat_ = Seat(slot, bed, ward, stay.start, stay.end, needs, target)
        self.seats[stay.id] = seat_
        self._draw(seat_, 1)

    def _turnaround(self, stay: Stay) -> int:
        room = self.records.rooms[self.records.beds[stay.bed_id].room_id]
        return turnaround_minutes(self.records.persons[stay.person_id], room, self.records.cleaning)

    def _fill_slot(self, stay: Stay, start: Minute, end: Minute, free_from: Minute) -> tuple[int, int, int]:
        """Slot, bed and ward of a stay that is listed with these times."""
        bed = self.bed_number[stay.bed_id]
        if not self._free_slots:
            self._more_slots()
        if self.stays.of_bed_count[bed] == self.stays.of_bed.shape[1]:
            self._wider_rows()
        person = self.records.persons[stay.person_id]
        slot = self._free_slots.pop()
        seat(
            self.stays,
            slot,
            bed,
            start,
            end,
            free_from,
            self.person(person.id),
            SEX[person.sex] if stay.with_stay_id is None else EXEMPT,
            isolation_bits(person.isolation),
            self.cohort(person),
            self.exposure(person),
            stay.state.pinned,
            stay.departure is Departure.PREDICTED,
        )
        return slot, bed, int(self.places.ward[bed])

    def _credit(self, stay_id: str, drawn: Seat) -> None:
        """While a stay is left, its ward has what it drew, of whatever a hard rule counts."""
        slack, since = self.cover.slack, int(self.cover.window[0])
        first = max(drawn.start - since, 0)
        last = max(first, min(drawn.end - since, slack.shape[2]))
        for series in np.flatnonzero(drawn.needs).tolist():
            if series != TARGET:
                there = slack[drawn.ward, series, first:last]
                lacking = np.maximum(drawn.needs[series] - there, 0).astype(np.int32)
                there += lacking
                self._credits.setdefault(stay_id, []).append((there, lacking))

    def _unseat(self, stay_id: str) -> None:
        for there, lacking in self._credits.pop(stay_id, ()):
            np.subtract(there, lacking, out=there)
        seat_ = self.seats.pop(stay_id)
        unseat(self.stays, seat_.slot, seat_.bed)
        self._free_slots.append(seat_.slot)
        self._draw(seat_, -1)

    def _needs(self, stay: Stay, person: Person, ward: int) -> tuple[Int64, int]:
        needs = np.zeros(FIRST_SKILL + len(self.skill_series), np.int64)
        if stay.with_stay_id is not None:
            return needs, 0
        row = build.ONE_TO_ONE if person.one_to_one else stay.care.care_level
        floor, target = int(self.places.floor_shares[row, ward]), int(self.places.target_shares[row, ward])
        needs[FLOOR], needs[TARGET] = floor, target
        pooled = stay.care.pooled
        needs[FIRST_POOL:FIRST_SKILL] = pooled.telemetry_channels, pooled.dialysis_points, pooled.oxygen_flow
        for skill in stay.care.skills:
            if skill in self.skill_series:
                needs[self.skill_series[skill]] = floor
        return needs, target

    def _draw(self, seat_: Seat, sign: int) -> None:
        cover = self.cover
        needs = sign * seat_.needs
        draw(
            cover.slack,
            cover.balance,
            cover.window,
            seat_.ward,
            seat_.start,
            seat_.end,
            needs,
            sign * seat_.target,
        )

    def _more_slots(self) -> None:
        size = self.stays.start.size
        grown = [np.concatenate([array, np.zeros_like(array)]) for array in self.stays[:-2]]
        self.stays = Stays._make([*grown, self.stays.of_bed, self.stays.of_bed_count])
        self._free_slots += range(2 * size - 1, size - 1, -1)

    def _wider_rows(self) -> None:
        of_bed = np.concatenate([self.stays.of_bed, np.zeros_like(self.stays.of_bed)], axis=1)
        self.stays = self.stays._replace(of_bed=of_bed)

    def widen(self, spare: int) -> None:
        """Make every row of beds and units take ``spare`` more than the fullest has now."""
        wanted = int(self.stays.of_bed_count.max(initial=0)) + spare
        while self.stays.of_bed.shape[1] < wanted:
            self._wider_rows()
        wanted = int(self.units.busy_count.max(initial=0)) + spare
        if self.units.busy_from.shape[1] < wanted:
            self._wider_units(wanted)

    def lend_slots(self, count: int) -> list[int]:
        """Free stay slots, for a search to use; give them back with ``return_slots``."""
        while len(self._free_slots) < count:
            self._more_slots()
        lent, self._free_slots = self._free_slots[:count], self._free_slots[count:]
        return lent

    def return_slots(self, slots: list[int]) -> None:
        """Take lent slots back."""
        self._free_slots += slots

    # --- cover ----------------------------------------------------------------------------------------------
    def _build_cover(self) -> None:
        records, wards = self.records, len(self.ward_number)
        minutes = records.options.cover_horizon_minutes + ROLL_MINUTES
        window = np.array(
            [records.now, records.now, records.now + records.options.cover_horizon_minutes], np.int64
        )
        series = FIRST_SKILL + len(self.skill_series)
        slack = np.zeros((wards, series, minutes), np.int32)
        balance = np.zeros((wards, minutes // HOUR + 1), np.int32)
        self.cover = Cover(slack, balance, window)
        for number in range(wards):
            self._supply(number)

    def _supply(self, ward: int) -> None:
        """Set a ward's rows to what is there, before anybody draws on it."""
        slack, balance, window = self.cover
        ward_id = list(self.ward_number)[ward]
        change = np.zeros((slack.shape[1], slack.shape[2] + 1), np.int32)
        for shift_id in self.records.shifts_of_ward.get(ward_id, ()):
            self._add_shift(change, self.records.shifts[shift_id], int(window[0]))
        slack[ward] = np.cumsum(change[:, :-1], axis=1)
        pooled = self.records.wards[ward_id].pooled
        capacity = pooled.telemetry_channels, pooled.dialysis_points, pooled.oxygen_flow
        slack[ward, FIRST_POOL:FIRST_SKILL] = np.array(capacity, np.int32)[:, None]
        hours = slack[ward, FLOOR, int(-window[0]) % HOUR :: HOUR]
        balance[ward, : hours.size] = hours * 4 // 5

    def _add_shift(self, change: Any, shift: Shift, origin: int) -> None:
        member = self.records.staff[shift.staff_id]
        # Most shifts lie outside the grid; a look at their times takes two fifths off compiling a roster of weeks.
        if member.student or shift.end <= origin or origin + change.shape[1] <= shift.start:
            return
        series = [FLOOR, TARGET, *(self.skill_series[skill] for skill in member.skills)]
        for span in shift.on_duty():
            first, last = max(span.start - origin, 0), min(span.end - origin, change.shape[1] - 1)
            if first < last:
                change[series, first] += NURSE_SHARES
                change[series, last] -= NURSE_SHARES

    @contextmanager
    def covers_at_once(self) -> Iterator[None]:
        """Many shifts come and go inside, and nothing is decided: the cover of each ward is counted once, at the end
        (publishing 504 shifts took half a second of the writer)."""
        later = self._covers_later = set()
        try:
            yield
        finally:
            self._covers_later = None
            for ward in sorted(later):
                self._refresh_ward_cover(ward)

    def _refresh_ward_cover(self, ward: int) -> None:
        if self._covers_later is not None:
            self._covers_later.add(ward)
            return
        self._supply(ward)
        for seat_ in self.seats.values():
            if seat_.ward == ward:
                self._draw(seat_, 1)

    def _refresh_shift(self, shift: Shift, before: Record | None) -> None:
        self._refresh_ward_cover(self.ward_number[shift.ward_id])
        if isinstance(before, Shift) and before.ward_id != shift.ward_id:
            self._refresh_ward_cover(self.ward_number[before.ward_id])

    # --- places, units, lots --------------------------------------------------------------------------------
    def _refresh_places(self, record: Bed | Room | Ward, before: Record) -> None:
        """Closures and cleaning are patched; anything else that changes about a place rebuilds the arrays."""
        if not _same_but_for_use(record, before):
            self.rebuild()
            return
        for bed in self._beds_of(record):
            self._refresh_bed(bed)

    def _beds_of(self, record: Bed | Room | Ward) -> list[Bed]:
        beds, records = self.records.beds, self.records
        if isinstance(record, Bed):
            return [record]
        rooms = [record.id] if isinstance(record, Room) else list(records.rooms_of_ward[record.id])
        return [beds[bed_id] for room_id in rooms for bed_id in records.beds_of_room[room_id]]

    def _refresh_bed(self, bed: Bed) -> None:
        number = self.bed_number[bed.id]
        self.places.clean_from[number] = bed.clean_at or 0
        spans = build.closures(self.records, bed)
        if len(spans) > self.places.closed_from.shape[1]:
            self.rebuild()
            return
        self.places.closed_count[number] = len(spans)
        for column, (start, end) in enumerate(spans):
            self.places.closed_from[number, column] = start
            self.places.closed_until[number, column] = end

    def _refresh_unit(self, unit_id: str) -> None:
        number, unit = self.unit_number[unit_id], self.records.units[unit_id]
        spans = build.blocked_spans(self.records, unit)
        if len(spans) > self.units.busy_from.shape[1]:
            self._wider_units(len(spans))
        self.units.busy_count[number] = len(spans)
        for column, (start, end) in enumerate(spans):
            self.units.busy_from[number, column] = start
            self.units.busy_until[number, column] = end
        self.units.usable[number] = unit.state.usable
        self.units.lendable[number] = unit.lendable
        self.units.ward[number] = self.ward_number[unit.ward_id]
        self.units.owner[number] = -1 if unit.owner_ward_id is None else self.ward_number[unit.owner_ward_id]

    def _wider_units(self, width: int) -> None:
        more = ((0, 0), (0, max(width, 2 * self.units.busy_from.shape[1]) - self.units.busy_from.shape[1]))
        self.units = self.units._replace(
            busy_from=np.pad(self.units.busy_from, more), busy_until=np.pad(self.units.busy_until, more)
        )

    def _refresh_lot(self, lot: Lot) -> None:
        number = self.lot_number[lot.id]
        drug = int(self.lots.drug[number])
        if lot.expires != self.lots.expires[number] or self.drug_number[lot.drug_id] != drug:
            self.rebuild()
            return
        self.lots.available[number] = lot.available
        self.lots.usable_until[number] = lot.usable_until
        self.lots.usable[number] = lot.state is LotState.AVAILABLE
        self.lots.ward[number] = -1 if lot.ward_id is None else self.ward_number[lot.ward_id]
        self.lots.matched[number] = -1 if lot.crossmatched_for is None else self.person(lot.crossmatched_for)
        rank_lots(self.lots, drug, self.records.now)


def empty_stays(slots: int, beds: int, width: int) -> Stays:
    """Room for so many stays, and for ``width`` of them in one bed."""
    whole = [np.zeros(slots, np.int64) for _ in range(8)]
    marks = [np.zeros(slots, np.bool_) for _ in range(2)]
    return Stays._make([*whole, *marks, np.zeros((beds, width), np.int64), np.zeros(beds, np.int64)])


def _same_but_for_use(record: Bed | Room | Ward, before: Record) -> bool:
    """Whether two versions of a place differ only in blocks, status and cleaning."""
    ignored = {"blocks", "status", "clean_at"}
    names = [name for name in record.__slots__ if name not in ignored]
    return all(getattr(record, name) == getattr(before, name) for name in names)
