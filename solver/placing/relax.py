"""The cheapest changes that make a request fit: found by trials on the live hospital, judged by the referee.

What may change and at which price is in ``concessions.py``. First the starts are gone through with rules waived, beds
opened and cleaned, units lent, lots fetched, equivalents approved, and a nurse called in: the kernels tell for every
bed which rules stand against it, and the sum of their prices is what the bed takes. Then bookings are displaced and
patients moved on trial, those first that would cost least, until none can be cheaper or the tries are used up. The
exact model is in ``cpsat/elastic.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64
from solver.equipment.rules import UNIT_TYPE
from solver.hospital import (
    Allocation,
    Bed,
    Minute,
    Request,
    Stay,
    StayState,
    Unit,
)
from solver.hospital.stays import turnaround_minutes
from solver.pharmacy.rules import DRUG_GIVEN
from solver.placing import rules
from solver.placing.asks import start_window
from solver.placing.codes import rule_bit, rules_in
from solver.placing.conceding import (
    NO_PRICE,
    Question,
    bits_of,
    conceded,
    mask_prices,
    rule_prices,
)
from solver.placing.concessions import (
    TARIFFS,
    Concession,
    Kind,
    Relaxation,
    cleaning,
    concede,
    displacing,
    moving,
    unclean,
)
from solver.placing.displace import Booking, supplies_held, supplies_wanted
from solver.placing.live import LiveHospital
from solver.placing.movable import may_be_moved, move_request
from solver.placing.moving import attached_allocations
from solver.placing.problem import Decision
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check, people
from solver.placing.scope import Scope, set_aside
from solver.placing.variants import Variant, calling, on_call, variants_of

MOST_GONE: Final = 2
"""Patients and bookings that give way together at most."""

BED_RULES: Final = frozenset({"bed_free", "bed_clean"})
"""Broken by who lies in the bed, and what they leave behind."""

PEOPLE_RULES: Final = frozenset({"room_sex", "isolation_cohort", "exposure_cohort", "keep_apart"})
"""May be broken by who lies in another bed of the room."""


SUPPLY_BITS: Final = rule_bit(UNIT_TYPE) | rule_bit(DRUG_GIVEN)
"""What the kernels' masks say where units or drugs are missing."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far trials go: ``tries`` sets of people and bookings that give way."""

    tries: int = 60


def relax(
    question: Question, live: LiveHospital, bounds: Bounds = Bounds(), out_of_time: Callable[[], bool] = bool
) -> Relaxation | None:
    """The cheapest relaxation that trials find; None if they find none. Nothing of it stays in ``live``.

    ``out_of_time``: asked between trials; what was found so far then counts. A relaxation without concessions means
    that the request fits as it is.
    """
    search = _Search(question, live, bounds, out_of_time)
    with live.trial():
        set_aside(search.aside, live)
        search.run()
    return search.best


def confirmed(question: Question, found: Relaxation, live: LiveHospital) -> Relaxation | None:
    """A relaxation as kernels and referee see it once its changes are made, with what the request then gets; None if
    it does not fit after all."""
    scope = question.scope
    with live.trial():
        if not concede(found.concessions, live):
            return None
        with live.trial():
            set_aside(scope.other_units(found.request, live.records), live)
            allocation = _found(live, scope, found.request, found.waived, found.allocation.id)
        if allocation is None or not scope.holds(allocation, live.records):
            return None
        counts = check(Decided(found.request, allocation), live.records)
        if broken(counts, live.records.profile, found.waived):
            return None
    return replace(found, allocation=allocation)


def _found(
    live: LiveHospital, scope: Scope, request: Request, waived: frozenset[str], allocation_id: str
) -> Allocation | None:
    """What the kernels give within a scope."""
    narrowed = scope.narrowed(request, live.records, waived)
    with scope.alone(live, request.companion):
        return live.find(narrowed, allocation_id, waived=waived - {rules.ROOM_EXCLUDED.id})


@dataclass(slots=True)
class _Search:
    """One search. ``best``: the cheapest relaxation so far."""

    question: Question
    live: LiveHospital
    bounds: Bounds
    out_of_time: Callable[[], bool]
    ceiling: int = NO_PRICE
    best: Relaxation | None = None
    tried: int = 0
    supplied: bool = False
    aside: list[Unit] = field(init=False)
    prices: Int64 = field(init=False)
    cleaned: dict[str, Concession] = field(init=False)
    attached: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.aside = self.question.scope.other_units(self.question.request, self.live.records)
        self.prices = rule_prices()
        self.attached = attached_allocations(self.records)
        self.cleaned = {bed.id: cleaning(bed, self.records) for bed in self._dirty()}

    @property
    def limit(self) -> int:
        """Only what is cheaper than this is of use."""
        return self.ceiling if self.best is None else min(self.best.price, self.ceiling)

    @property
    def records(self) -> Records:
        """The records as they are on trial."""
        return self.live.records

    def run(self) -> None:
        """Waivers and means first, then who gives way."""
        self.by_waivers(())
        if not self.supplied:
            # No nurse, no free bed brings what is missing; a booking that has it may.
            self._by_giving_way(self._with_supplies())
            return
        for nurse in self._nurses():
            if nurse.price < self.limit and not self.out_of_time():
                with self.live.trial():
                    concede([nurse], self.live)
                    self.by_waivers((nurse,))
        self._by_giving_way((*self._in_beds(), *self._with_supplies()))

    # --- means of the hospital --------------------------------------------------------------------------------
    def _dirty(self) -> list[Bed]:
        rooms = self.question.scope.rooms(self.records)
        return [bed for bed in self.records.beds.values() if bed.room_id in rooms and unclean(bed)]

    def _nurses(self) -> list[Concession]:
        """One nurse on call each, of the wards asked about, who has not been called and would come in time."""
        wards = {self.records.rooms[room].ward_id for room in self.question.scope.rooms(self.records)}
        return [calling(shift) for shift in on_call(self.records) if shift.ward_id in wards]

    # --- one start after another, everything priced that can be waived ----------------------------------------
    def by_waivers(self, made: tuple[Concession, ...]) -> None:
        """Every start from the first on, until waiting alone would be dearer than the best; ``made``: changes that
        are in the records already."""
        with self.live.trial():
            concede(self.cleaned.values(), self.live)
            self._start_by_start(made)

    def _start_by_start(self, made: tuple[Concession, ...]) -> None:
        paid = sum(concession.price for concession in made)
        for variant in self._variants():
            request = variant.request
            base, _ = start_window(request, self.records.now)
            waited = self.records.profile.weight(rules.DELAY[request.priority])
            scoped, surcharge = self._scoped()
            for start in range(base, base + self.records.options.forecast_minutes + 1, self._step):
                floor = paid + variant.least + (start - base) * waited
                if floor >= self.limit or self.out_of_time():
                    break
                price = self._bed_prices(variant, start) + surcharge
                price[~scoped] = NO_PRICE
                bed = int(price.argmin())
                if floor + int(price[bed]) < self.limit:
                    self._offer(variant, bed, start, made)

    @property
    def _step(self) -> int:
        return self.records.options.start_step_minutes

    def _scoped(self) -> tuple[Bool, Int64]:
        """Beds that may be given, and what cleaning each would cost."""
        surcharge = np.zeros(len(self.live.arrays.bed_ids), np.int64)
        for bed_id, concession in self.cleaned.items():
            surcharge[self.live.arrays.bed_number[bed_id]] = concession.price
        return self.question.scope.beds(self.live), surcharge

    def _bed_prices(self, variant: Variant, start: Minute) -> Int64:
        """Sum of the prices of all rules that stand against each bed from a start; int64 (n_beds,)."""
        asked = replace(variant.request, needed_by=max(start, variant.request.needed_by), max_wait_minutes=0)
        masks = self.live.masks(asked, self.question.waived | variant.waived)
        self.supplied = self.supplied or bool((masks & SUPPLY_BITS == 0).any())
        return mask_prices(masks, self.prices)

    def _offer(
        self,
        variant: Variant,
        bed: int,
        start: Minute,
        made: tuple[Concession, ...],
    ) -> None:
        """The bundle the kernels give in a bed from a start with what stands there waived; kept if it is cheaper."""
        asked = replace(variant.request, needed_by=max(start, variant.request.needed_by), max_wait_minutes=0)
        masks = self.live.masks(asked, self.question.waived | variant.waived)
        waived = self.question.waived | variant.waived | set(rules_in(int(masks[bed])))
        allocation = _found(self.live, self.question.scope, asked, waived, f"{asked.id}/relaxed")
        if allocation is None or not self.question.scope.holds(allocation, self.records):
            return
        # A transfer heals what it breaks anew, so the referee sees no change where the kernels see a rule.
        stands = rules_in(int(masks[self.live.arrays.bed_number[allocation.bed_id]]))
        found = conceded(self.question, variant, allocation, made, stands, self.cleaned, self.records)
        if found is not None and found.price < self.limit:
            self.best = found

    def _variants(self) -> list[Variant]:
        return sorted(variants_of(self.question.request, self.records), key=lambda variant: variant.least)

    # --- who gives way ----------------------------------------------------------------------------------------
    def _by_giving_way(self, options: Iterable[tuple[int, tuple[Stay, ...]]]) -> None:
        """Sets of patients and bookings, by the least they could cost."""
        for least, gone in sorted(options, key=lambda option: option[0]):
            if least >= self.limit or self.tried >= self.bounds.tries or self.out_of_time():
                break
            self.tried += 1
            with self.live.trial():
                self._try_without(gone)

    def _in_beds(self) -> Iterator[tuple[int, tuple[Stay, ...]]]:
        """Beds that nothing absolute stands against but who lies there: the least price, and who would have to go, with
        and without those in other beds of the room."""
        request = self.question.request
        base, _ = start_window(request, self.records.now)
        masks = self.live.masks(replace(request, max_wait_minutes=0), self.question.waived)
        scoped = self.question.scope.beds(self.live)
        for gone in (BED_RULES, BED_RULES | PEOPLE_RULES):
            gone_bits = bits_of(gone)
            rest = mask_prices(masks & ~gone_bits, self.prices)
            rest[~scoped] = NO_PRICE
            for bed in np.flatnonzero((rest < self.limit) & (masks & gone_bits != 0)).tolist():
                bed_id = self.live.arrays.bed_ids[bed]
                everybody = self._against(bed_id, base)
                against = tuple(s for s in everybody if s.bed_id == bed_id or gone & PEOPLE_RULES)
                least = self._least_to_go(against)
                if least is not None:
                    yield int(rest[bed]) + least, against

    def _against(self, bed_id: str, start: Minute) -> tuple[Stay, ...]:
        """Stays of the bed, and of its room where two must not share one, that the request would meet."""
        request, records = self.question.request, self.records
        end, room_id = start + request.duration_minutes, records.beds[bed_id].room_id
        probe = Stay("probe", request.person_id, bed_id, start, end, request.care)
        after = turnaround_minutes(
            records.persons[request.person_id], records.rooms[room_id], records.cleaning
        )
        found = []
        for stay in records.room_stays(room_id):
            if stay.id == request.from_stay_id or stay.person_id == request.person_id:
                continue
            if stay.bed_id == bed_id:
                before = turnaround_minutes(
                    records.persons[stay.person_id], records.rooms[room_id], records.cleaning
                )
                if stay.start < end + after and start < stay.end + before:
                    found.append(stay)
            elif any(
                amount and rule.id not in self.question.waived
                for rule, amount in people.of_pairs(room_id, [(probe, stay)], records)
            ):
                found.append(stay)
        return tuple(found)

    def _least_to_go(self, stays: Sequence[Stay]) -> int | None:
        """The least price at which all of them give way; None if one of them does not."""
        if not 0 < len(stays) <= MOST_GONE:
            return None
        total = 0
        for stay in stays:
            if self._booking_of(stay) is not None:
                total += TARIFFS[Kind.DISPLACE_BOOKING].price
            elif self._may_move(stay):
                total += TARIFFS[Kind.MOVE_PATIENT].price
            else:
                return None
        return total

    def _may_move(self, stay: Stay) -> bool:
        return stay.id not in self.question.staying and may_be_moved(stay, self.records, self.attached)

    def _booking_of(self, stay: Stay) -> Booking | None:
        if stay.state is not StayState.BOOKED or stay.allocation_id is None:
            return None
        return next((b for b in self.question.bookings if b.allocation.id == stay.allocation_id), None)

    def _with_supplies(self) -> Iterator[tuple[int, tuple[Stay, ...]]]:
        """Bookings that hold units or lots of a kind that may serve the request."""
        wanted = supplies_wanted(self.question.request, self.records)
        for booking in self.question.bookings if wanted else ():
            stay = self.records.stays.get(f"{booking.allocation.id}/stay")
            if stay is not None and wanted & supplies_held(booking.allocation, self.records):
                yield TARIFFS[Kind.DISPLACE_BOOKING].price, (stay,)

    def _try_without(self, gone: Sequence[Stay]) -> None:
        """Everybody goes; then the request as if they were not there; then the displaced get what is left."""
        made: list[Concession] = []
        bookings: list[Booking] = []
        for stay in gone:
            booking = self._booking_of(stay)
            if booking is not None:
                self.live.withdraw(booking.request, booking.allocation)
                bookings.append(booking)
                continue
            request = move_request(stay, self.records, f"{stay.id}/move")
            to = self.live.find(request, f"{stay.id}/moved")
            if to is None:
                return
            made.append(moving(request, to, self.records))
            concede(made[-1:], self.live)
        self._place_without(made, bookings)

    def _place_without(
        self,
        made: list[Concession],
        bookings: list[Booking],
    ) -> None:
        least = sum(c.price for c in made) + len(bookings) * TARIFFS[Kind.DISPLACE_BOOKING].price
        alone = _Search(self.question, self.live, self.bounds, self.out_of_time, self.limit - least)
        alone.by_waivers(())
        found = alone.best
        if found is None:
            return
        with self.live.trial():
            for unit in self.aside:
                self.live.put(unit)
            concede(found.concessions, self.live)
            self.live.apply(Decision(found.request, found.allocation, 0))
            again = [self._again(booking) for booking in bookings]
        whole = replace(found, concessions=(*made, *again, *found.concessions))
        if whole.price < self.limit:
            self.best = whole

    def _again(self, booking: Booking) -> Concession:
        """What becomes of a booking that gave way; applied."""
        to = self.live.find(booking.request, f"{booking.allocation.id}/again", waived=booking.waived)
        self.live.apply(Decision(booking.request, to, 0))
        return displacing(booking, to, self.records)
