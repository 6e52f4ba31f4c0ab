"""A hospital in this process that lives through a day: the same placing as the service, without its storage.

Two policies. *Best* is what the service does: each request at its cheapest, what waits decided again at every
change by priority, then by waiting time; someone urgent may take the place of a less urgent booking. *First-fit* is
the usual way, for comparison: requests in order of arrival, each in the first bed by id that keeps the hard rules at
the earliest start, the waiting list first come first served. Everything else (who comes, who leaves, cleaning,
mishaps, repair of what has not started) is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from itertools import count
from typing import Final

from simulations import day_upkeep as upkeep
from simulations.day_cases import Breaches, Case
from simulations.day_events import Ask, AskBadly, Upset
from simulations.day_play import Standing, Standings, State
from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    Departure,
    Hospital,
    Minute,
    OperationalStatus,
    Request,
    Shift,
    Stay,
    StayState,
    UnitBooking,
)
from solver.hospital.stays import turnaround_minutes
from solver.placing.ahead import in_turn, is_late
from solver.placing.bounds import Bounds
from solver.placing.displace import Booking, Exchange, exchange, movable, wants_exchange
from solver.placing.fallback import fallback
from solver.placing.live import LiveHospital
from solver.placing.precedence import Precedence, precedence
from solver.placing.problem import Decision, PlacingOptions
from solver.placing.referee import Decided, broken, check, recount

OVERDUE_MINUTES: Final = 60
"""By how much an expected end that has passed moves forward: as the service's setting."""


class Policy(StrEnum):
    """How a bed is chosen."""

    BEST = "best"
    FIRST_FIT = "first_fit"


class DayHospital:
    """A :class:`~simulations.day_play.Driver` in this process."""

    def __init__(
        self,
        hospital: Hospital,
        start: Minute,
        policy: Policy,
        profile: Profile | None = None,
        options: PlacingOptions | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        if policy is Policy.FIRST_FIT:
            hospital = replace(hospital, beds=tuple(sorted(hospital.beds, key=lambda bed: bed.id)))
        self.live = LiveHospital.of(hospital, start, profile or Profile(), options or PlacingOptions())
        self.policy = policy
        self.bounds = bounds or Bounds()
        self.cases: dict[str, Case] = {}
        self.breaches = Breaches()
        self._numbers = count()
        self._case_of: dict[str, str] = {}
        self._changed: dict[str, None] = {}

    # --- the driver -----------------------------------------------------------------------------------------
    def advance(self, minute: Minute) -> Standings:
        """Cleaning ends, uses of units end, expected ends that have passed move forward, waiting is decided."""
        self.live.move_clock(minute)
        upkeep.finish_cleaning(self.live)
        upkeep.forget_past_bookings(self.live)
        self._extend_overdue()
        self._decide_waiting()
        return self._told()

    def ask(self, ask: Ask) -> Standings:
        """Place a request, or let it wait."""
        self.live.put(ask.arrival.person)
        case = Case(ask.arrival.request, next(self._numbers), self.live.now)
        self.cases[case.request.id] = case
        self._changed[case.request.id] = None
        self._place(case)
        return self._told()

    def refuses(self, ask: AskBadly) -> bool:
        """Nothing malformed comes this far: requests here are objects that were checked when made."""
        return True

    def arrive(self, request_id: str) -> Standings:
        """The patient comes, if the bed is empty, clean, and right for who lies around it."""
        case = self.cases[request_id]
        assert case.allocation is not None, "the player knows it placed"
        if not upkeep.ready(self.live, case.request, case.allocation, self._stays(case)):
            return self._told()
        former = self._stay_of(case.of_stay) if case.of_stay is not None else None
        if former is not None:
            self._vacate(former)
        for stay in self._stays(case):
            end = max(stay.end, self.live.now + 1)
            self.live.put(replace(stay, state=StayState.OCCUPYING, start=self.live.now, end=end))
            bed = self.live.records.beds[stay.bed_id]
            self.live.put(replace(bed, status=OperationalStatus.OCCUPIED, clean_at=None))
        upkeep.attach(self.live, self._bookings(case), case.allocation)
        case.arrived = True
        if case.of_stay is not None:
            self._case_of[case.of_stay] = request_id
        self._changed[request_id] = None
        self._repair(self._booked_in({case.allocation.bed_id}))
        return self._told()

    def expect(self, patient: str, until: Minute) -> Standings:
        """Another end of the stay, for certain."""
        stay = self._stay_of(patient)
        if stay is not None:
            self._set_end(stay, max(until, self.live.now + 1), Departure.CONFIRMED)
            self._decide_waiting()
        return self._told()

    def leave(self, patient: str) -> Standings:
        """Bed and units come free; what waits is decided again."""
        stay = self._stay_of(patient)
        if stay is not None:
            self._cancel_moves_of(stay.id)
            self._vacate(stay)
            self._repair(self._booked_in({stay.bed_id}))
            self._decide_waiting()
        return self._told()

    def upset(self, upset: Upset) -> Standings:
        """Change the hospital; repair what has not started; carry out what the software would propose."""
        from simulations import day_upsets

        day_upsets.HANDLERS[upset.kind](self, upset)
        self._decide_waiting()
        return self._told()

    def finish(self) -> Standings:
        """What still waits, with from when it fits and whom to call."""
        told = []
        for case in self._waiting():
            if case.allocation is not None:
                continue
            contacts = (contact.name.english for contact in fallback(case.request).call)
            fits = self.live.fits_from(case.request)
            told.append(replace(self._standing(case), fits_from=fits, call="; ".join(contacts)))
        self.count_breaches()
        return told

    def roster(self) -> list[Shift]:
        """Every shift as it is worked: absences and call-ins in it."""
        return list(self.live.records.shifts.values())

    def count_breaches(self) -> None:
        """Add the hard rules that are broken now, as the referee counts them."""
        counts = recount(self.live.records, [])
        self.breaches.standing.update(
            {rule_id: counts[rule_id] for rule_id in broken(counts, self.live.records.profile)}
        )

    # --- deciding -------------------------------------------------------------------------------------------
    def _decide(self, case: Case, published: str | None = None) -> None:
        """Give a case the policy's bundle, or let it wait."""
        found = self._find(case, published)
        if found is not None:
            self._give(case, found, published)

    def _place(self, case: Case) -> None:
        """Decide a case; under the best policy, someone urgent may take the place of a less urgent booking."""
        found = self._find(case)
        exchange = self._exchange(case, found) if self.policy is Policy.BEST else None
        if exchange is not None:
            self._carry_out(case, exchange)
        elif found is not None:
            self._give(case, found)

    def _find(self, case: Case, published: str | None = None) -> Allocation | None:
        first_fit = self.policy is Policy.FIRST_FIT
        return self.live.find(case.request, self._next_id(case), published=published, first_fit=first_fit)

    def _next_id(self, case: Case) -> str:
        case.decisions += 1
        return f"{case.request.id}.{case.decisions}"

    def _exchange(self, case: Case, found: Allocation | None) -> Exchange | None:
        if not wants_exchange(case.request, found, self.live.now, self.bounds):
            return None
        booked = (
            Booking(other.request, other.allocation)
            for other in self.booked()
            if other.allocation is not None and not other.displaced
        )
        bookings = [booking for booking in booked if movable(booking, self.live)]
        ids = (self._next_id(case), f"{case.request.id}.for-another")
        return exchange(self.live, case.request, found, bookings, ids, self.bounds)

    def _carry_out(self, case: Case, exchange: Exchange) -> None:
        other = self.cases[exchange.displaced.request.id]
        published = exchange.displaced.allocation.bed_id
        self._take_back(other)
        other.allocation, other.displaced = None, True
        assert exchange.urgent.allocation is not None, "an exchange gives the urgent request a place"
        self._give(case, exchange.urgent.allocation)
        if exchange.again.allocation is not None:
            given = replace(exchange.again.allocation, id=self._next_id(other))
            self._give(other, given, published)

    def _give(self, case: Case, allocation: Allocation, published: str | None = None) -> None:
        """Apply what was decided; the referee counts which hard rules the decision breaks."""
        counts = check(Decided(case.request, allocation, published), self.live.records)
        self.breaches.by_decision.update(broken(counts, self.live.records.profile))
        self._put_back(case, allocation)

    def _put_back(self, case: Case, allocation: Allocation) -> None:
        case.allocation = allocation
        bare = replace(case.request, from_stay_id=None) if case.of_stay is not None else case.request
        self.live.apply(Decision(bare, allocation, 0))
        self._changed[case.request.id] = None

    def _take_back(self, case: Case) -> None:
        assert case.allocation is not None, "only what was given is taken back"
        self.live.withdraw(case.request, case.allocation)
        self._changed[case.request.id] = None

    def _decide_waiting(self) -> None:
        for case in self._waiting():
            if self.policy is Policy.BEST:
                self._have_turn(case)
            else:
                self._place(case)

    def _have_turn(self, case: Case) -> None:
        """A place for who waits, an earlier one for who has a late one: as the service gives it."""
        before = case.allocation
        if before is not None and not self._late(case):
            return
        got = in_turn(
            self.live,
            case.request,
            before,
            lambda: self._next_id(case),
            lambda found: self._exchange(case, found),
        )
        if got is None:
            return
        if before is not None:
            self._take_back(case)
            case.allocation = None
        if isinstance(got, Exchange):
            self._carry_out(case, got)
        elif got.allocation is not None:
            self._give(case, got.allocation)

    def _late(self, case: Case) -> bool:
        given = case.allocation
        here = case.arrived or case.of_stay is not None
        return given is not None and not here and is_late(case.request, given, self.live.now)

    def _waiting(self) -> list[Case]:
        waiting = [case for case in self.cases.values() if case.allocation is None]
        if self.policy is Policy.FIRST_FIT:
            return sorted(waiting, key=lambda case: case.number)
        late = [case for case in self.cases.values() if self._late(case)]
        return sorted([*waiting, *late], key=self._precedence)

    def _precedence(self, case: Case) -> Precedence:
        asked = case.request
        return precedence(asked.priority, case.since, asked.id, self.live.now)

    def ask_transfer(self, request: Request, of_stay: str) -> None:
        """Decide a transfer that a person confirmed."""
        case = Case(request, next(self._numbers), self.live.now, of_stay=of_stay)
        self.cases[request.id] = case
        self._changed[request.id] = None
        self._place(case)

    def _cancel_moves_of(self, stay_id: str) -> None:
        """Whoever leaves waits for no other bed."""
        for case in [c for c in self.cases.values() if c.of_stay == stay_id and not c.arrived]:
            if case.allocation is not None:
                self._take_back(case)
            self._changed.pop(case.request.id, None)
            del self.cases[case.request.id]

    # --- repair ---------------------------------------------------------------------------------------------
    @contextmanager
    def around(self, cases: Iterable[Case]) -> Iterator[None]:
        """Take booked cases out, let the hospital change, put back what still holds, decide the rest again."""
        booked = sorted(
            {case.request.id: case for case in cases}.values(),
            key=lambda case: (case.request.priority, case.number),
        )
        for case in booked:
            self._take_back(case)
        yield
        for case in booked:
            given = case.allocation
            assert given is not None, "booked"
            counts = check(Decided(case.request, given, given.bed_id), self.live.records)
            if not broken(counts, self.live.records.profile):
                self._put_back(case, given)
                continue
            case.allocation = None
            self._decide(case, published=given.bed_id)

    def _repair(self, cases: Iterable[Case]) -> None:
        with self.around(cases):
            pass

    def booked(self) -> Iterator[Case]:
        """Cases with a bundle that has not started."""
        return (c for c in self.cases.values() if c.allocation is not None and not c.arrived)

    def _booked_in(self, bed_ids: set[str]) -> list[Case]:
        return [c for c in self.booked() if bed_ids & {stay.bed_id for stay in self._stays(c)}]

    def booked_on(self, ward_ids: set[str], unit_ids: Iterable[str] = ()) -> list[Case]:
        """Booked cases on some wards, or with one of some units."""
        units = set(unit_ids)
        found = []
        for case in self.booked():
            given = case.allocation
            assert given is not None, "booked"
            ward_id = self.live.records.ward_of_bed(given.bed_id).id
            if ward_id in ward_ids or any(use.unit_id in units for use in given.units):
                found.append(case)
        return found

    # --- stays ----------------------------------------------------------------------------------------------
    def _stay_of(self, patient: str) -> Stay | None:
        """The stay in which a patient lies now."""
        request_id = self._case_of.get(patient, patient)
        case = self.cases.get(request_id)
        if case is None:
            return self.live.records.stays.get(patient)
        return next(iter(self._stays(case)), None)

    def _stays(self, case: Case) -> list[Stay]:
        allocation_id = case.allocation.id if case.allocation is not None else ""
        ids = (f"{allocation_id}/stay", f"{allocation_id}/companion")
        return [self.live.records.stays[i] for i in ids if i in self.live.records.stays]

    def _bookings(self, case: Case) -> list[UnitBooking]:
        given = case.allocation
        if given is None:
            return []
        records = self.live.records
        found = (records.unit_bookings[b] for u in given.units for b in records.bookings_of_unit[u.unit_id])
        return list({b.id: b for b in found if b.allocation_id == given.id}.values())

    def _set_end(self, stay: Stay, end: Minute, departure: Departure) -> None:
        """Another forecast of the end; bookings on the ward and of the units are looked at."""
        own = self.live.records.with_companions(stay.id)
        case = self.cases.get(stay.request_id or "")
        uses = [b for b in self._bookings(case) if b.end == stay.end] if case is not None else []
        ward_id = self.live.records.ward_of_bed(stay.bed_id).id
        with self.around(self.booked_on({ward_id}, [b.unit_id for b in uses])):
            for each in own:
                self.live.put(replace(each, end=max(end, each.start + 1), departure=departure))
            for booking in uses:
                upkeep.keep(self.live, booking, end)

    def _vacate(self, stay: Stay) -> None:
        now = self.live.now
        records = self.live.records
        for each in self.live.records.with_companions(stay.id):
            bed = records.beds[each.bed_id]
            minutes = turnaround_minutes(
                records.persons[each.person_id], records.rooms[bed.room_id], records.cleaning
            )
            self.live.drop(Stay, each.id)
            status = OperationalStatus.HOUSEKEEPING if minutes else OperationalStatus.UNOCCUPIED
            self.live.put(replace(bed, status=status, clean_at=now + minutes if minutes else None))
        case = self.cases.get(stay.request_id or "")
        if case is not None:
            upkeep.detach(self.live, self._bookings(case))

    # --- time -----------------------------------------------------------------------------------------------
    def _extend_overdue(self) -> None:
        now = self.live.now
        overdue = [s for s in self.live.records.stays.values() if s.end <= now and s.with_stay_id is None]
        for stay in sorted(overdue, key=lambda s: (s.end, s.id)):
            if self.live.records.stays.get(stay.id) is not stay:
                continue
            if stay.state.pinned:
                self._set_end(stay, now + OVERDUE_MINUTES, Departure.PREDICTED)
                continue
            case = self.cases[stay.request_id or ""]
            self._take_back(case)
            case.allocation = None
            self._decide(case)

    # --- what is told ---------------------------------------------------------------------------------------
    def _told(self) -> Standings:
        told = [self._standing(self.cases[request_id]) for request_id in self._changed]
        self._changed.clear()
        return told

    def _standing(self, case: Case) -> Standing:
        given = case.allocation
        if given is None:
            return Standing(case.request.id, State.WAITING, of_stay=case.of_stay)
        state = State.ARRIVED if case.arrived else State.PLACED
        return Standing(
            case.request.id,
            state,
            given.bed_id,
            given.start,
            given.end,
            given.conditional,
            of_stay=case.of_stay,
        )


Handler = Callable[[DayHospital, Upset], None]
