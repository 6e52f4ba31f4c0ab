"""The live hospital: plain records and arrays patched together, and decisions taken on them.

One writer owns a live hospital; it is not shared between threads. Deciding changes nothing that lasts: a decision
is applied by ``apply`` and undone by ``withdraw``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from solver.engine.rule import Profile
from solver.engine.types import Int64
from solver.hospital import Allocation, Hospital, LotUse, Minute, Request, Stay, UnitBooking, UnitUse
from solver.placing import rules
from solver.placing.arrays import Arrays
from solver.placing.asks import Compiled, Pricing, compile_request, start_window
from solver.placing.codes import rules_in
from solver.placing.kernels import BED, COMPANION, LOT_PLACES, START, masks, place
from solver.placing.kernels_beds import awaits_departure
from solver.placing.layout import Scratch
from solver.placing.problem import (
    Decision,
    Method,
    NearMiss,
    PlacingOptions,
    Price,
    Standing,
    WhyNot,
    checked_profile,
)
from solver.placing.records import Consequences, Record, Records, consequences
from solver.placing.referee import Counts, Decided, broken, check, cost

MOST_PLACES = 1000
"""Units (20 each of 50 needs) and lots one request may take at most."""

NEAR_MISSES = 5
NEAR_RULES = 2
"""A near miss fails by at most this many rules."""


class LiveHospital:
    """A hospital that changes, and the decisions placing takes on it."""

    def __init__(self, records: Records) -> None:
        checked_profile(records.profile, records.options)
        self.records = records
        self.arrays = Arrays(records)
        self._pricing = Pricing.of(records.profile)
        self._earliest = Pricing.earliest(records.profile)
        self._scratch = self._make_scratch(1)

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
        self.arrays.put(record, self.records.put(record))

    def drop(self, kind: type, record_id: str) -> None:
        """Remove a record; KeyError when there is none."""
        self.arrays.drop(self.records.drop(kind, record_id))

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
        with self._without(request.from_stay_id):
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
        pricing = self._earliest if first_fit else self._pricing
        compiled = compile_request(
            request,
            self.arrays,
            pricing,
            published=published,
            waived=waived,
            delay_price=1 if first_fit else None,
        )
        if not self._place(compiled, pricing):
            return None
        return self._allocation(request, compiled, allocation_id)

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
            verified=not against,
        )

    def prices(self, counts: Counts) -> tuple[Price, ...]:
        """What each rule adds, dearest first."""
        profile = self.records.profile
        priced = [Price(r, amount, amount * profile.weight(rules.RULES[r])) for r, amount in counts.items()]
        return tuple(sorted(priced, key=lambda price: (-price.cost, price.rule_id)))

    def why_not(self, request: Request, waived: frozenset[str] = frozenset()) -> WhyNot:
        """Rules that stand against a start as soon as possible, near misses, and from when the request would fit."""
        compiled = compile_request(request, self.arrays, self._pricing, waived=waived)
        out = np.zeros(len(self.arrays.bed_ids), np.int64)
        scratch = self._scratch_for(compiled)
        masks(*self._state(), *_asked(compiled), self._pricing.prices, scratch, out)
        return WhyNot(_standing(out), self._near_misses(out), self.fits_from(request, waived))

    def fits_from(self, request: Request, waived: frozenset[str] = frozenset()) -> Minute | None:
        """The earliest start within the forecast at which the whole request fits; None when there is none."""
        base, _ = start_window(request, self.now)
        latest = base + self.records.options.forecast_minutes
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
        self._shorten(decision.request.from_stay_id, decision.allocation.start)
        for record in (*added.stays, *added.bookings, *added.lots):
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

    def _shorten(self, stay_id: str | None, end: Minute) -> None:
        if stay_id is None:
            return
        stay = self.records.stays[stay_id]
        if stay.start >= end:
            self.drop(Stay, stay_id)
        elif end < stay.end:
            self.put(replace(stay, end=end))

    @contextmanager
    def _without(self, stay_id: str | None) -> Iterator[None]:
        """The arrays as if a stay were not there; the records keep it for the referee."""
        if stay_id is None or stay_id not in self.records.stays:
            yield
            return
        stay = self.records.stays[stay_id]
        self.arrays.drop(stay)
        try:
            yield
        finally:
            self.arrays.put(stay, None)

    # --- kernels --------------------------------------------------------------------------------------------
    def _state(self) -> tuple[object, ...]:
        arrays = self.arrays
        return arrays.places, arrays.stays, arrays.cover, arrays.units, arrays.lots

    def _place(self, compiled: Compiled, pricing: Pricing) -> bool:
        scratch = self._scratch_for(compiled)
        return bool(place(*self._state(), *_asked(compiled), pricing.prices, scratch))  # type: ignore[arg-type]

    def _allocation(self, request: Request, compiled: Compiled, allocation_id: str) -> Allocation:
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
            units=self._units(request, start),
            lots=self._lots(request),
            companion_bed_id=None if beside < 0 else arrays.bed_ids[beside],
            conditional=bool(awaits_departure(arrays.stays, int(found[BED]), start)),
        )

    def _units(self, request: Request, start: Minute) -> tuple[UnitUse, ...]:
        uses = []
        position = 0
        for need in request.equipment:
            begin = start + need.offset_minutes
            end = (
                start + request.duration_minutes
                if need.duration_minutes is None
                else begin + need.duration_minutes
            )
            for _ in range(need.count):
                unit_id = self.arrays.unit_ids[self._scratch.unit[position]]
                uses.append(UnitUse(need.type_id, unit_id, begin, end))
                position += 1
        return tuple(uses)

    def _lots(self, request: Request) -> tuple[LotUse, ...]:
        scratch = self._scratch
        return tuple(
            LotUse(
                request.drugs[scratch.lot_need[position]].drug_id,
                self.arrays.lot_ids[scratch.lot[position]],
                int(scratch.lot_quantity[position]),
            )
            for position in range(int(scratch.found[LOT_PLACES]))
        )

    def _near_misses(self, out: Int64) -> tuple[NearMiss, ...]:
        counts = np.bitwise_count(out)
        near = np.flatnonzero(counts <= NEAR_RULES)
        misses = []
        for bed in near[np.argsort(counts[near], kind="stable")][: 20 * NEAR_MISSES]:
            rule_ids = rules_in(int(out[bed]))
            overridable = all(rules.RULES[rule_id].level is not rules.Level.ABSOLUTE for rule_id in rule_ids)
            misses.append(NearMiss(self.arrays.bed_ids[bed], rule_ids, overridable))
        misses.sort(key=lambda miss: (len(miss.rule_ids), not miss.overridable))
        return tuple(misses[:NEAR_MISSES])

    def _scratch_for(self, compiled: Compiled) -> Scratch:
        ask = compiled.ask
        starts = (ask.latest - ask.base) // ask.step + 1
        beds, wards = len(self.arrays.bed_ids), len(self.arrays.ward_number)
        if self._scratch.supply.size < starts or self._scratch.first_start.size != beds:
            self._scratch = self._make_scratch(starts)
        return self._scratch

    def _make_scratch(self, starts: int) -> Scratch:
        beds, wards = len(self.arrays.bed_ids), len(self.arrays.ward_number)
        places_ = [np.zeros(MOST_PLACES, np.int64) for _ in range(5)]
        return Scratch(
            np.zeros(beds, np.int64),
            np.zeros(beds, np.int64),
            np.zeros(wards, np.int64),
            np.zeros(wards, np.int64),
            np.zeros(wards * starts, np.int64),
            np.zeros(starts, np.int64),
            *places_,
            np.zeros(5, np.int64),
        )


def _asked(compiled: Compiled) -> tuple[object, ...]:
    return compiled.ask, compiled.equipment, compiled.drugs


def _standing(out: Int64) -> tuple[Standing, ...]:
    """Every hard rule that stands against some bed, by how many beds it stands against."""
    standing = []
    for number, rule in enumerate(rules.HARD):
        against = out >> number & 1 == 1
        if against.any():
            alone = int((out == 1 << number).sum())
            standing.append(Standing(rule.id, int(against.sum()), alone))
    return tuple(sorted(standing, key=lambda item: (-item.alone, -item.beds, item.rule_id)))
