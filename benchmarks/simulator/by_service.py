"""The same weeks of the same hospital as ``simulations.placing``, each decision asked of the service's Python entry.

``LiveHospital`` decides, ``in_turn`` gives turns, the referee says which bookings broke; the world around them is
``simulations.placing.kernels``'s, told once more in plain Python. So the two logs of decisions must be equal, and the
time of one can be held against that of the other.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from simulations.day_plan import GRACE_MINUTES
from simulations.placing.compiled import Compiled
from simulations.placing.hospital import altered, lasting
from simulations.placing.layout import ASK, COME, EXPECT, LEAVE, OVERDUE, TICK
from simulations.placing.roster import rostered
from simulations.placing.start import READY_AGAIN, copied, patients
from simulations.placing.stock import deliver
from simulations.placing.templates import Template
from solver.engine.types import Int64
from solver.hospital import (
    Allocation,
    BookingKind,
    Care,
    Departure,
    Hospital,
    Minute,
    OperationalStatus,
    Person,
    Request,
    Stay,
    StayState,
    UnitBooking,
)
from solver.hospital.stays import turnaround_minutes
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.ahead import in_turn, is_late
from solver.placing.displace import Exchange
from solver.placing.live import LiveHospital
from solver.placing.precedence import precedence
from solver.placing.problem import Decision
from solver.placing.referee import Decided, broken, check


class ByService:
    """One replication under the policy of production; ``log`` as ``layout.Play`` has it."""

    def __init__(self, compiled: Compiled, *, seed: int, replication: int, minutes: Minute) -> None:
        self.compiled, self.model = compiled, compiled.model
        self.start, self.end = self.model.start, self.model.start + minutes
        self.play, self.rows = patients(compiled, seed, replication, minutes, 0)
        self.lying = len(compiled.census)
        self.live = LiveHospital.of(
            self._hospital(minutes), self.start, self.model.profile, self.model.options
        )
        self.given: dict[int, Allocation] = {}
        self.requests: dict[int, Request] = {}
        self.waiting: set[int] = set()
        self.booked: set[int] = set()
        self.present: set[int] = set()
        self.log: list[tuple[int, int, int, int, int]] = []
        self._events: list[tuple[int, int, int, int]] = []
        self._numbers = count()
        self._last_round, self._freed = self.start, False
        self._first_lots = copied(self.live.arrays.lots)
        self._delivered = self.start + MINUTES_PER_DAY

    # --- beginning ------------------------------------------------------------------------------------------
    def _hospital(self, minutes: Minute) -> Hospital:
        """Who lies there as the rows have it; the roster until the end."""
        horizon = self.model.options.cover_horizon_minutes + minutes
        ready, _ = rostered(lasting(altered(self.model)), self.start, horizon)
        stays = [stay for row in range(self.lying) for stay in self._census_stays(row)]
        return replace(ready, stays=tuple(stays), persons=self.compiled.hospital.persons)

    def _census_stays(self, row: int) -> Iterable[Stay]:
        each = self.compiled.census[row]
        main = replace(
            each.stay,
            id=f"a{row}/stay",
            end=int(self.play.end[row]),
            state=StayState.OCCUPYING,
            departure=Departure.PREDICTED,
            request_id=None,
            allocation_id=f"a{row}",
        )
        yield main
        if each.companion_bed is not None:
            care = Care(each.stay.care.speciality)
            yield replace(
                main, id=f"a{row}/companion", bed_id=each.companion_bed, care=care, with_stay_id=main.id
            )

    def asked(self, row: int) -> tuple[Person, Request]:
        """The person and the request of a row that asks."""
        play = self.play
        template: Template = self.compiled.templates[int(self.rows[row]) - self.lying]
        born = template.person.born
        later = int(play.asked[row]) - template.made_at
        person = replace(template.person, id=f"p{row}", born=None if born is None else born + later)
        request = replace(
            template.request,
            id=f"r{row:08d}",
            person_id=person.id,
            decided_at=int(play.asked[row]),
            needed_by=int(play.needed_by[row]),
        )
        return person, request

    # --- playing --------------------------------------------------------------------------------------------
    def play_on(self) -> None:
        """Play to the end."""
        self._schedule(self.start, TICK, 0)
        if self.lying < self.play.asked.size:
            self._schedule(int(self.play.asked[self.lying]), ASK, self.lying)
        for row in range(self.lying):
            self._lie_down(row, self.start)
        while self._events and self._events[0][0] < self.end:
            now, kind, _, row = heapq.heappop(self._events)
            self._deliver_until(now)
            self.live.move_clock(now)
            self._happen(kind, row)

    def _schedule(self, minute: int, kind: int, row: int) -> None:
        heapq.heappush(self._events, (minute, kind, next(self._numbers), row))

    def _happen(self, kind: int, row: int) -> None:
        now = self.live.now
        if kind == ASK:
            if row + 1 < self.play.asked.size:
                self._schedule(int(self.play.asked[row + 1]), ASK, row + 1)
            if self._freed:
                self._round()
            person, self.requests[row] = self.asked(row)
            self.live.put(person)
            self._decide(row, None)
        elif kind == LEAVE and row in self.present:
            self._depart(row)
            self._freed = True
        elif kind == TICK:
            self._forget_uses()
            self._look_around()
        elif kind == COME and row in self.booked and self.play.due[row] == now:
            self._come(row)
        elif kind == EXPECT and row in self.present:
            self._expect(row, max(int(self.play.due[row]) + GRACE_MINUTES, now + 1), Departure.CONFIRMED)
        elif kind == OVERDUE and row in self.present and self.play.end[row] == now:
            self._expect(row, now + self.model.overdue_minutes, Departure.PREDICTED)

    def _look_around(self) -> None:
        now, every = self.live.now, self.model.retry_minutes
        due = self._last_round + every
        self._schedule(due if due > now else now + every, TICK, 0)
        if due <= now:
            self._round()

    def _lie_down(self, row: int, now: Minute) -> None:
        self.present.add(row)
        leaves = self.play.due[row] = now + int(self.play.lasts[row])
        self._schedule(leaves, LEAVE, row)
        if self.play.notice[row] > 0:
            self._schedule(max(now + 1, leaves - int(self.play.notice[row])), EXPECT, row)
        self._schedule(int(self.play.end[row]), OVERDUE, row)

    # --- decisions ------------------------------------------------------------------------------------------
    def _decide(self, row: int, published: str | None) -> None:
        request = self.requests[row]
        found = self.live.find(request, f"a{row}", published=published)
        if found is None:
            self.waiting.add(row)
            self.log.append((self.live.now, row, -1, 0, 0))
        else:
            self._give(row, found)

    def _give(self, row: int, allocation: Allocation) -> None:
        self.play.end[row] = allocation.end
        self._put_back(row, allocation)
        self.log.append((self.live.now, row, *self._line(allocation)))

    def _put_back(self, row: int, allocation: Allocation) -> None:
        self.live.apply(Decision(self.requests[row], allocation, 0))
        self.given[row] = allocation
        self.booked.add(row)
        due = self.play.due[row] = max(allocation.start, self.live.now)
        self._schedule(int(due), COME, row)

    def _line(self, given: Allocation) -> tuple[int, int, int]:
        """Bed, start and the number that ``write_down`` makes of the bundle; wrapped at 64 bits as there."""
        arrays = self.live.arrays
        bundle = -1 if given.companion_bed_id is None else arrays.bed_number[given.companion_bed_id]
        for use in given.units:
            bundle = bundle * 31 + arrays.unit_number[use.unit_id] + 1
        for lot in given.lots:
            bundle = bundle * 31 + (arrays.lot_number[lot.lot_id] + 1) * 1000 + lot.quantity
        wrapped = (bundle + (1 << 63)) % (1 << 64) - (1 << 63)
        return arrays.bed_number[given.bed_id], given.start, wrapped

    def _round(self) -> None:
        """Turns in the order of the service."""
        now = self._last_round = self.live.now
        self._freed = False
        for row in [row for row in self.waiting if self.play.gives_up[row] <= now]:
            self.waiting.discard(row)
        late = [row for row in self.booked if is_late(self.requests[row], self.given[row], now)]
        for row in sorted([*self.waiting, *late], key=self._precedence):
            self._turn(row)

    def _precedence(self, row: int) -> Any:
        request = self.requests[row]
        return precedence(request.priority, int(self.play.asked[row]), request.id, self.live.now)

    def _turn(self, row: int) -> None:
        request = self.requests[row]
        booked = self.given[row] if row in self.booked else None
        if booked is not None and not is_late(request, booked, self.live.now):
            return
        got = in_turn(self.live, request, booked, lambda: f"a{row}", lambda found: None)
        if got is None:
            return
        assert not isinstance(got, Exchange), "nobody is displaced here"
        assert got.allocation is not None, "a turn gives a place or nothing"
        if booked is not None:
            self._take_back(row)
        self.waiting.discard(row)
        self._give(row, got.allocation)

    def _take_back(self, row: int) -> None:
        self.live.withdraw(self.requests[row], self.given[row])
        self.booked.discard(row)

    # --- beds -----------------------------------------------------------------------------------------------
    def _stays(self, row: int) -> list[Stay]:
        return self.live.records.with_companions(f"a{row}/stay")

    def _bookings(self, row: int) -> list[UnitBooking]:
        bookings = self.live.records.unit_bookings.values()
        return [booking for booking in bookings if booking.allocation_id == f"a{row}"]

    def _ready(self, stay: Stay) -> bool:
        records = self.live.records
        lying = any(other.state.pinned for other in records.bed_stays(stay.bed_id))
        return not lying and (records.beds[stay.bed_id].clean_at or 0) <= self.live.now

    def _come(self, row: int) -> None:
        now = self.live.now
        if all(self._ready(stay) for stay in self._stays(row)):
            self.booked.discard(row)
            self._last_until(row, now, max(int(self.play.end[row]), now + 1), Departure.PREDICTED)
            for use in self.given[row].lots:
                lot = self.live.records.lots[use.lot_id]
                left = lot.on_hand - use.quantity
                self.live.put(replace(lot, on_hand=left, reserved=lot.reserved - use.quantity))
            self._lie_down(row, now)
        elif self.play.end[row] <= now + READY_AGAIN:
            self._take_back(row)
            self._decide(row, self.given[row].bed_id)
        else:
            self.play.due[row] = now + READY_AGAIN
            self._schedule(now + READY_AGAIN, COME, row)

    def _last_until(self, row: int, start: Minute | None, end: Minute, departure: Departure) -> None:
        for booking in self._bookings(row):
            if booking.end == self.play.end[row]:
                self.live.put(replace(booking, end=max(end, booking.start + 1)))
        for stay in self._stays(row):
            begin = stay.start if start is None else start
            self.live.put(replace(stay, start=begin, end=end, state=StayState.OCCUPYING, departure=departure))
        self.play.end[row] = end

    def _expect(self, row: int, end: Minute, departure: Departure) -> None:
        before = int(self.play.end[row])
        self._last_until(row, None, end, departure)
        self._schedule(end, OVERDUE, row)
        if end > before:
            self._repair(row, before)

    def _depart(self, row: int) -> None:
        live, now = self.live, self.live.now
        for stay in self._stays(row):
            bed = live.records.beds[stay.bed_id]
            person = live.records.persons[stay.person_id]
            minutes = turnaround_minutes(person, live.records.rooms[bed.room_id], live.records.cleaning)
            live.drop(Stay, stay.id)
            live.put(replace(bed, status=OperationalStatus.HOUSEKEEPING, clean_at=now + minutes))
        for booking in self._bookings(row):
            if booking.start >= now:
                live.drop(UnitBooking, booking.id)
            else:
                live.put(replace(booking, end=min(booking.end, now), allocation_id=None))
        self.present.discard(row)

    # --- repair ---------------------------------------------------------------------------------------------
    def _repair(self, longer: int, before: Minute) -> None:
        near = [row for row in self.booked if self._near(row, longer, before)]
        hit = sorted(
            (row for row in near if self._breaks(row)), key=lambda row: (self.requests[row].priority, row)
        )
        for row in hit:
            self._take_back(row)
        for row in hit:
            if self._holds(row):
                self._put_back(row, self.given[row])
            else:
                self._decide(row, self.given[row].bed_id)

    def _breaks(self, row: int) -> bool:
        with self.live.trial():
            self.live.withdraw(self.requests[row], self.given[row])
            return not self._holds(row)

    def _holds(self, row: int) -> bool:
        given, records = self.given[row], self.live.records
        counts = check(Decided(self.requests[row], given, given.bed_id), records)
        return not broken(counts, records.profile)

    def _near(self, row: int, longer: int, before: Minute) -> bool:
        records = self.live.records
        one, other = self._stays(row)[0], self._stays(longer)[0]
        if records.beds[one.bed_id].room_id == records.beds[other.bed_id].room_id:
            return True
        units = {booking.unit_id for booking in self._bookings(longer)}
        if units & {use.unit_id for use in self.given[row].units}:
            return True
        ward = records.ward_of_bed(one.bed_id)
        together = one.start < other.end and before < self.play.end[row]
        same = ward is records.ward_of_bed(other.bed_id)
        return bool(same and together and self._lacks_cover(ward.id, before, other.end))

    def _lacks_cover(self, ward_id: str, start: Minute, end: Minute) -> bool:
        cover, number = self.live.arrays.cover, self.live.arrays.ward_number[ward_id]
        first = max(start, int(cover.window[1])) - int(cover.window[0])
        last = min(end, int(cover.window[2])) - int(cover.window[0])
        return first < last and bool((cover.slack[number, :, first:last] < 0).any())

    # --- supplies -------------------------------------------------------------------------------------------
    def _forget_uses(self) -> None:
        records, now = self.live.records, self.live.now
        for booking in list(records.unit_bookings.values()):
            kind = records.equipment_types[records.units[booking.unit_id].type_id]
            after = 0 if booking.kind is BookingKind.MAINTENANCE else kind.turnaround_minutes
            if booking.allocation_id is None and booking.end + after <= now:
                self.live.drop(UnitBooking, booking.id)

    def _deliver_until(self, now: Minute) -> None:
        while self._delivered <= now:
            arrays, records = self.live.arrays, self.live.records
            changed = deliver(
                arrays.lots, self._first_lots, self.compiled.lot_order, self.start, self._delivered
            )
            for number in changed:
                lot = records.lots[arrays.lot_ids[number]]
                holds = int(arrays.lots.available[number]) + lot.reserved
                self.live.put(replace(lot, on_hand=holds, expires=int(arrays.lots.expires[number])))
            self._delivered += MINUTES_PER_DAY


def log_of(compiled: Compiled, *, seed: int, replication: int, minutes: Minute) -> Int64:
    """The log of decisions of one replication, int64 (n, 5)."""
    service = ByService(compiled, seed=seed, replication=replication, minutes=minutes)
    service.play_on()
    return np.array(service.log, np.int64).reshape(-1, 5)
