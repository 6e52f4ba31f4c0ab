"""The live hospital: plain records and arrays patched together, and decisions taken on them.

One writer owns a live hospital; it is not shared between threads. Deciding changes nothing that lasts: a
decision is applied by ``apply`` and undone by ``withdraw``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from solver.engine.result import Budget, Observer, Unobserved
from solver.engine.rule import Profile
from solver.engine.types import Int64
from solver.equipment.kernels import EquipmentNeeds, UnitArrays
from solver.hospital import Allocation, Hospital, Minute, Request, Stay, UnitBooking
from solver.pharmacy.kernels import DrugNeeds, LotArrays
from solver.placing import rules
from solver.placing.arrays import Arrays
from solver.placing.asks import Compiled, Pricing, compile_request, start_window
from solver.placing.blocking import near_misses, standing
from solver.placing.codes import rules_in
from solver.placing.kernels import BED, COMPANION, COST, LOT_PLACES, START, masks, place
from solver.placing.kernels_among import place_among
from solver.placing.kernels_beds import awaits_departure
from solver.placing.kernels_displace import starts_without
from solver.placing.layout import Ask, Cover, Places, Scratch, Stays
from solver.placing.problem import (
    Decision,
    Method,
    PlacingOptions,
    Price,
    WhyNot,
    Within,
    checked_profile,
)
from solver.placing.records import Consequences, Record, Records, consequences
from solver.placing.referee import Counts, Decided, broken, check, cost
from solver.placing.search import Further, Searched, lot_uses, scratch_of, search, unit_uses


class LiveHospital:
    """A hospital that changes, and the decisions placing takes on it."""

    def __init__(self, records: Records) -> None:
        checked_profile(records.profile, records.options)
        self.records = records
        self.arrays = Arrays(records)
        self._pricing = Pricing.of(records.profile)
        self._earliest = Pricing.earliest(records.profile)
        self._scratch = scratch_of(self.arrays, 1)
        self._journal: MutableSequence[tuple[Record | None, Record | None]] = deque(maxlen=0)

    @classmethod
    def of(cls, hospital: Hospital, now: Minute, profile: Profile, options: PlacingOptions) -> LiveHospital:
        """A live hospital from a frozen one."""
        return cls(Records.of(hospital, now, profile, options))

    @property
    def now(self) -> Minute:
        """The minute decisions are taken at."""
        return self.records.now

    # --- following the hospital -----------------------------------------------------------------------------
    def put(self, record: Record) -> None:
        """Add or replace a record."""
        before = self.records.put(record)
        self._journal.append((record, before))
        self.arrays.put(record, before)

    def drop(self, kind: type, record_id: str) -> None:
        """Remove a record; KeyError when there is none."""
        record = self.records.drop(kind, record_id)
        self._journal.append((None, record))
        self.arrays.drop(record)

    def take_in(self, drops: Iterable[tuple[type, str]], puts: Iterable[Record]) -> None:
        """Remove and add many records at once: what is compiled is compiled anew once, and not for every bed."""
        for kind, record_id in drops:
            self._journal.append((None, self.records.drop(kind, record_id)))
        for record in puts:
            self._journal.append((record, self.records.put(record)))
        self.arrays.rebuild()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Whatever is put, dropped or applied inside is undone at the end."""
        outer, self._journal = self._journal, []
        try:
            yield
        finally:
            journal, self._journal = self._journal, deque(maxlen=0)
            for after, before in reversed(journal):
                if before is not None:
                    self.put(before)
                elif after is not None:
                    self.drop(type(after), after.id)
            self._journal = outer

    def move_clock(self, now: Minute) -> None:
        """Set the minute; it may also go back."""
        before = self.records.now
        self.records.now = now
        self.arrays.move_clock(before)

    def use_profile(self, profile: Profile) -> None:
        """Follow another rule profile from now on."""
        self.records.profile = checked_profile(profile, self.records.options)
        self._pricing = Pricing.of(profile)
        self._earliest = Pricing.earliest(profile)

    # --- deciding -------------------------------------------------------------------------------------------
    def decide(
        self,
        request: Request,
        allocation_id: str,
        *,
        published: str | None = None,
        waived: frozenset[str] = frozenset(),
        first_fit: bool = False,
    ) -> Decision:
        """The best bundle for a request as things stand, or why there is none; nothing is applied.

        ``published``: the bed told to the ward before. ``waived``: rules a person overrode for this request.
        ``first_fit``: take the first bed at the earliest start, whatever it costs (the usual way, for comparison).
        """
        allocation = self.find(
            request, allocation_id, published=published, waived=waived, first_fit=first_fit
        )
        why_not = None if allocation is not None else self.why_not(request, waived)
        method = Method.FIRST_FIT if first_fit else Method.KERNEL
        return self.judged(request, allocation, method, published=published, waived=waived, why_not=why_not)

    def find(
        self,
        request: Request,
        allocation_id: str,
        *,
        published: str | None = None,
        waived: frozenset[str] = frozenset(),
        first_fit: bool = False,
    ) -> Allocation | None:
        """The kernels' answer alone: the cheapest allocation, not recounted; None when nothing fits."""
        priced = self.priced(request, allocation_id, published=published, waived=waived, first_fit=first_fit)
        return None if priced is None else priced[0]

    def priced(
        self,
        request: Request,
        allocation_id: str,
        *,
        published: str | None = None,
        waived: frozenset[str] = frozenset(),
        first_fit: bool = False,
        within: Within | None = None,
    ) -> tuple[Allocation, int] | None:
        """``find`` with the cost as the kernels reckon it (of ``first_fit``: its delay in minutes); looked for
        ``within`` some beds or starts alone."""
        within = within or Within()
        pricing = self._earliest if first_fit else self._pricing
        with self._leaving(request):
            compiled = compile_request(
                request,
                self.arrays,
                pricing,
                published=published,
                waived=waived,
                earliest=within.earliest,
                latest=within.latest,
                delay_price=1 if first_fit else None,
            )
            if not self._place(compiled, pricing, within.beds):
                return None
            return self._allocation(request, allocation_id), int(self._scratch.found[COST])

    def starts_without(
        self, request: Request, stay_ids: Sequence[str], waived: frozenset[str] = frozenset()
    ) -> Int64:
        """For each booked stay, the first start its room could give the request if it were not there.

        int64 (len(stay_ids),), minutes; ``layout.FAR`` where there is none within the request's wait. Beds, rooms
        and who lies there are looked at; nurses, units and lots are not.
        """
        with self._leaving(request):
            compiled = compile_request(request, self.arrays, self._pricing, waived=waived)
            seats = [self.arrays.seats[stay_id] for stay_id in stay_ids]
            slots = np.array([seat.slot for seat in seats], np.int64)
            out = np.zeros(len(seats), np.int64)
            beds = np.array([seat.bed for seat in seats], np.int64)
            starts_without(self.arrays.places, self.arrays.stays, compiled.ask, slots, beds, out)
        return out

    def decide_batch(
        self,
        requests: Sequence[Request],
        ids: Sequence[str],
        budget: Budget,
        seed: int,
        *,
        observer: Observer | None = None,
        published: Mapping[str, str] | None = None,
        workers: int = 1,
        further: Further | None = None,
    ) -> list[Decision]:
        """One joint decision for many requests, in their order; nothing is applied.

        The costs of the decisions sum to the cost of the whole. Requests that continue a stay are decided
        after the others, one by one. ``further``: a longer search, for a plan that is dearer than enough.
        """
        published = published or {}
        free = [row for row, request in enumerate(requests) if request.from_stay_id is None]

        def searched(within: Budget) -> Searched:
            asked, named = [requests[row] for row in free], [ids[row] for row in free]
            return self.search(asked, named, within, seed, observer, published, workers)

        found = searched(budget)
        stopped = observer is not None and observer.stop_requested()
        if further is not None and not stopped and (further.enough is None or found.cost > further.enough):
            found = min(found, searched(further.budget), key=lambda one: one.cost)
        allocations = dict(zip(free, found.allocations, strict=True))
        decisions: dict[int, Decision] = {}
        with self.trial():
            for row in sorted(range(len(requests)), key=lambda row: allocations.get(row) is None):
                request, bed = requests[row], published.get(requests[row].id)
                allocation = allocations.get(row)
                if allocation is not None:
                    decision = self.judged(request, allocation, Method.BATCH, published=bed)
                else:
                    decision = self.decide(request, ids[row], published=bed)
                self.apply(decision)
                decisions[row] = decision
        return [decisions[row] for row in range(len(requests))]

    def search(
        self,
        requests: Sequence[Request],
        ids: Sequence[str],
        budget: Budget,
        seed: int,
        observer: Observer | None = None,
        published: Mapping[str, str] | None = None,
        workers: int = 1,
    ) -> Searched:
        """The engines' joint answer alone, not recounted; ``workers`` searches side by side, the best counts."""
        windows = [start_window(request, self.now) for request in requests]
        longest = max((latest - base for base, latest in windows), default=0)
        scratch = self._scratch_for(longest // self.records.options.start_step_minutes + 1)
        watcher = observer or Unobserved()
        return search(
            self.arrays,
            self._pricing,
            scratch,
            requests,
            ids,
            budget,
            seed,
            watcher,
            published or {},
            workers,
        )

    def judged(
        self,
        request: Request,
        allocation: Allocation | None,
        method: Method,
        *,
        published: str | None = None,
        waived: frozenset[str] = frozenset(),
        why_not: WhyNot | None = None,
    ) -> Decision:
        """A decision with the referee's own count of it."""
        counts = check(Decided(request, allocation, published), self.records)
        against = broken(counts, self.records.profile, waived)
        return Decision(
            request=request,
            allocation=allocation,
            cost=cost(counts, self.records.profile),
            prices=self.prices(counts),
            why_not=why_not,
            method=method,
            waived=waived,
            verified=not against and _as_asked(request, allocation),
        )

    def prices(self, counts: Counts) -> tuple[Price, ...]:
        """What each rule adds, dearest first."""
        profile = self.records.profile
        priced = [Price(r, amount, amount * profile.weight(rules.RULES[r])) for r, amount in counts.items()]
        return tuple(sorted(priced, key=lambda price: (-price.cost, price.rule_id)))

    def why_not(self, request: Request, waived: frozenset[str] = frozenset()) -> WhyNot:
        """Rules that stand against a start as soon as possible, near misses, and from when the request would fit."""
        out = self.masks(request, waived)
        return WhyNot(standing(out), near_misses(out, self.arrays.bed_ids), self.fits_from(request, waived))

    def against(
        self, request: Request, bed_id: str, start: Minute, waived: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """The hard rules that stand against one bed from one start on; empty when none does."""
        return rules_in(int(self.masks(request, waived, start)[self.arrays.bed_number[bed_id]]))

    def masks(
        self, request: Request, waived: frozenset[str] = frozenset(), earliest: Minute | None = None
    ) -> Int64:
        """For each bed, in the order of ``arrays.bed_ids``, the hard rules that stand against a start as soon as
        possible (not before ``earliest``), as bits by their numbers; int64 (n_beds,)."""
        out = np.zeros(len(self.arrays.bed_ids), np.int64)
        with self._leaving(request):
            compiled = compile_request(request, self.arrays, self._pricing, waived=waived, earliest=earliest)
            scratch = self._scratch_for(_starts(compiled))
            masks(*self._state(), *_asked(compiled), self._pricing.prices, scratch, out)
        return out

    def fits_from(self, request: Request, waived: frozenset[str] = frozenset()) -> Minute | None:
        """The earliest start within the forecast at which the whole request fits; None when there is none."""
        base, _ = start_window(request, self.now)
        latest = base + self.records.options.forecast_minutes
        with self._leaving(request):
            compiled = compile_request(
                request, self.arrays, self._earliest, waived=waived, latest=latest, delay_price=1
            )
            if not self._place(compiled, self._earliest):
                return None
            return int(self._scratch.found[START])

    # --- applying -------------------------------------------------------------------------------------------
    def apply(self, decision: Decision) -> Consequences:
        """Make a decision part of the hospital; returns the records it added or replaced."""
        if decision.allocation is None:
            return Consequences((), (), ())
        added = consequences(decision.request, decision.allocation, self.records)
        self._end_left(decision.request, decision.allocation.start)
        records: tuple[Record, ...] = (*added.stays, *added.bookings, *added.lots)
        for record in records:
            self.put(record)
        return added

    def withdraw(self, request: Request, allocation: Allocation) -> None:
        """Undo what ``apply`` added; a stay that a transfer shortened stays as it is."""
        added = consequences(request, replace(allocation, lots=()), self.records)
        for stay in added.stays:
            if stay.id in self.records.stays:
                self.drop(Stay, stay.id)
        for booking in added.bookings:
            if booking.id in self.records.unit_bookings:
                self.drop(UnitBooking, booking.id)
        for use in allocation.lots:
            lot = self.records.lots[use.lot_id]
            self.put(replace(lot, reserved=lot.reserved - use.quantity))

    def _end_left(self, request: Request, end: Minute) -> None:
        """A transfer begins: the stay it continues ends, and whoever accompanies the patient there leaves too."""
        for stay in self._left(request):
            if stay.start >= end:
                self.drop(Stay, stay.id)
            elif end < stay.end:
                self.put(replace(stay, end=end))

    def _left(self, request: Request) -> list[Stay]:
        return [] if request.from_stay_id is None else self.records.with_companions(request.from_stay_id)

    @contextmanager
    def _leaving(self, request: Request) -> Iterator[None]:
        """The arrays as the request finds them: the stays it leaves end when it starts. The records keep them as
        they are for the referee."""
        left = self._left(request)
        for stay in left:
            self.arrays.leave(stay)
        try:
            yield
        finally:
            for stay in left:
                self.arrays.put(stay, stay)

    # --- kernels --------------------------------------------------------------------------------------------
    def _state(self) -> tuple[Places, Stays, Cover, UnitArrays, LotArrays]:
        arrays = self.arrays
        return arrays.places, arrays.stays, arrays.cover, arrays.units, arrays.lots

    def _place(self, compiled: Compiled, pricing: Pricing, beds: Int64 | None = None) -> bool:
        scratch = self._scratch_for(_starts(compiled))
        if beds is None:
            return bool(place(*self._state(), *_asked(compiled), pricing.prices, scratch))
        return bool(place_among(*self._state(), *_asked(compiled), pricing.prices, scratch, beds))

    def _allocation(self, request: Request, allocation_id: str) -> Allocation:
        arrays, scratch = self.arrays, self._scratch
        found = scratch.found
        start = int(found[START])
        beside = int(found[COMPANION])
        return Allocation(
            id=allocation_id,
            request_id=request.id,
            person_id=request.person_id,
            bed_id=arrays.bed_ids[found[BED]],
            start=start,
            end=start + request.duration_minutes,
            units=unit_uses(arrays, request, start, scratch.unit),
            lots=lot_uses(
                arrays, request, scratch.lot_need, scratch.lot, scratch.lot_quantity, found[LOT_PLACES]
            ),
            companion_bed_id=None if beside < 0 else arrays.bed_ids[beside],
            conditional=bool(awaits_departure(arrays.stays, int(found[BED]), start)),
        )

    def _scratch_for(self, starts: int) -> Scratch:
        beds = len(self.arrays.bed_ids)
        if self._scratch.supply.size < starts or self._scratch.first_start.size != beds:
            self._scratch = scratch_of(self.arrays, starts)
        return self._scratch


def _as_asked(request: Request, allocation: Allocation | None) -> bool:
    """Whether an allocation is this request's, for as long as asked and not before it is needed."""
    if allocation is None:
        return True
    same = allocation.request_id == request.id and allocation.person_id == request.person_id
    lasts = allocation.end - allocation.start == request.duration_minutes
    return same and lasts and allocation.start >= request.needed_by


def _starts(compiled: Compiled) -> int:
    ask = compiled.ask
    return (ask.latest - ask.base) // ask.step + 1


def _asked(compiled: Compiled) -> tuple[Ask, EquipmentNeeds, DrugNeeds]:
    return compiled.ask, compiled.equipment, compiled.drugs
