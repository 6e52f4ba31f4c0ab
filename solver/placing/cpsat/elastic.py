"""The cheapest relaxation as an integer program: what may give way are variables with prices, and the request must fit.

    sum of the request's places (of all its versions)                           = 1, each at the price of what it breaks
    sum of a booking's places + u = 1                                             kept: 0; elsewhere, or u: its price
    sum of a patient's other beds                                                <= 1, at the price of a move

Beds, rooms, cover, units and lots are the rows of the joint model. Whoever is moved or displaced keeps every rule
where they go; the request comes last, with what is waived for it. Patients move at one minute (``movable``); nothing
but hard rules counts. What comes out is a claim: ``relax.confirmed`` makes the changes and asks kernels and referee.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.engine import cpsat
from solver.engine.result import Status
from solver.engine.types import Bool, Int64
from solver.hospital import Allocation, LotUse, UnitUse
from solver.placing import rules
from solver.placing.conceding import Question
from solver.placing.concessions import (
    TARIFFS,
    WAIVERS,
    Concession,
    Kind,
    Relaxation,
    displacing,
    for_rule,
    moving,
    rule_price,
    waiting,
)
from solver.placing.cpsat.cover import CoverRows
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.elastic_companions import (
    Beside,
    closed_rows,
    companion_places,
    in_company,
    with_closed,
)
from solver.placing.cpsat.elastic_cover import ElasticCover, OnCall
from solver.placing.cpsat.elastic_options import (
    COVER_RULES,
    PEOPLE_RULES,
    Priced,
    Terms,
    bits_of,
    elastic_places,
    without,
)
from solver.placing.cpsat.elastic_scene import (
    ONLY,
    Cast,
    cast_of,
    rivals,
    scene_for,
    setting_of,
)
from solver.placing.cpsat.linear import LinearModel, Program
from solver.placing.cpsat.linear import Terms as Sums
from solver.placing.cpsat.lots import LotRows
from solver.placing.cpsat.model import both_of, with_moved
from solver.placing.cpsat.movers import mover_rows, movers_of
from solver.placing.cpsat.options import Options, joined, options_of
from solver.placing.cpsat.rooms import bed_rows, companion_rows, room_rows
from solver.placing.cpsat.units import UnitRows
from solver.placing.displace import Booking
from solver.placing.records import Records
from solver.placing.variants import ELSEWHERE, calling, on_call

CEILING: Final = 3_000_000
"""What is dearer is not looked for: two days of a routine patient's waiting (assumed)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The cheapest relaxation of the model, None if it has none below the ceiling; none of all costs less than
    ``bound``."""

    relaxation: Relaxation | None
    bound: int


def cheapest(
    question: Question,
    records: Records,
    ceiling: int,
    *,
    seconds: float,
    workers: int = 1,
    seed: int = 1,
    timer: Callable[[], float] = time.monotonic,
) -> Claim:
    """The cheapest relaxation below a ceiling that is known already; ``records`` stay as they are.

    Raises EngineError as ``solve_twice`` does.
    """
    ends = timer() + seconds
    best, limit, bound = None, min(ceiling, CEILING), min(ceiling, CEILING)
    supplying, _ = rivals(question, records)
    price = TARIFFS[Kind.DISPLACE_BOOKING].price
    for forced in (None, *supplying):
        if forced is not None and price >= limit:
            break
        if timer() >= ends:
            bound = min(bound, 0 if forced is None else price)
            break
        claim = _claim(
            question, records, forced, limit, cpsat.Parameters(workers, seed, max(0.1, ends - timer()))
        )
        bound = min(bound, claim.bound)
        if claim.relaxation is not None:
            best, limit = claim.relaxation, claim.relaxation.price
    return Claim(best, min(bound, limit))


def _claim(
    question: Question, records: Records, forced: Booking | None, limit: int, parameters: cpsat.Parameters
) -> Claim:
    """The answer of one model; bookings that the present rules would not allow as they stand are left alone."""
    cast = cast_of(question, records, forced, limit)
    model = _Model(question, records, cast, limit)
    if model.unkept:
        kept = tuple(booking for booking in cast.bookings if booking not in model.unkept)
        model = _Model(question, records, replace(cast, bookings=kept), limit)
    return model.solve(parameters)


class _Model:
    """One program. ``unkept``: bookings whose present place the model does not have; it is of no use then."""

    def __init__(self, question: Question, records: Records, cast: Cast, limit: int) -> None:
        self._question, self._records, self._cast, self._limit = question, records, cast, limit
        self._setting = setting_of(question, records, cast)
        self._scene = replace(
            scene_for(question, self._setting, cast),
            lending=TARIFFS[Kind.LEND_UNIT].price,
            fetching=TARIFFS[Kind.FETCH_LOT].price,
        )
        self._versions = len(cast.versions)
        self._moved = tuple(movers_of(self._scene))
        self._others, self._others_beside = self._of_others()
        self.unkept = [
            b for n, b in enumerate(cast.bookings) if b is not cast.forced and not self._is_kept(n, b)
        ]

    # --- places -----------------------------------------------------------------------------------------------
    def _of_others(self) -> tuple[Options, Options]:
        """Places of those who may give way, every rule kept, none in a bed that is cleaned for the request."""
        scene = self._scene
        main, beside = options_of(scene)
        cleaned = np.array([bed_id in self._setting.cleaned for bed_id in scene.beds.ids], bool)
        main, beside = (
            part.chosen((part.request >= self._versions) & ~cleaned[part.bed]) for part in (main, beside)
        )
        main = with_moved(main, self._moved)
        for rows in (CoverRows(scene, self._moved), UnitRows(scene, Detail()), LotRows(scene, Detail())):
            main = main.chosen(rows.admitted(main))
        return replace(main, price=self._prices(main)), beside

    def _prices(self, main: Options) -> Int64:
        """What it costs that somebody goes elsewhere."""
        price = np.full(main.size, TARIFFS[Kind.MOVE_PATIENT].price, np.int64)
        weight = self._records.profile.weight
        for number, booking in enumerate(self._cast.bookings):
            mine = main.request == self._versions + number
            late = np.maximum(0, main.start - booking.allocation.start)
            delay = late * weight(rules.DELAY[booking.request.priority])
            price[mine] = (TARIFFS[Kind.DISPLACE_BOOKING].price + delay)[mine]
            if booking is not self._cast.forced:
                price[mine & self._present(main, booking)] = 0
        return price

    def _present(self, main: Options, booking: Booking) -> Bool:
        bed = self._scene.beds.ids.index(booking.allocation.bed_id)
        found: Bool = (main.bed == bed) & (main.start == booking.allocation.start)
        return found

    def _is_kept(self, number: int, booking: Booking) -> bool:
        mine = self._others.request == self._versions + number
        return bool((mine & self._present(self._others, booking)).any())

    def _priced(self) -> tuple[Priced, Beside]:
        """Places of the request and of who accompanies it, in all its versions."""
        scene, question = self._scene, self._question
        surcharge = np.zeros(len(scene.beds.ids), np.int64)
        asked_about = np.zeros(len(scene.beds.ids), bool)
        rooms = question.scope.rooms(self._records)
        for number, bed_id in enumerate(scene.beds.ids):
            asked_about[number] = self._records.beds[bed_id].room_id in rooms
            if bed_id in self._setting.cleaned:
                surcharge[number] = self._setting.cleaned[bed_id].price
        the_bed = np.array([question.scope.bed_id in (None, bed_id) for bed_id in scene.beds.ids], bool)
        minute = self._records.profile.weight(rules.DELAY[question.request.priority])
        prices = {rule.id: rule_price(rule.id) or 0 for rule in rules.HARD}
        parts, besides = [], []
        for number, (_, concessions) in enumerate(self._cast.versions):
            taken = sum(concession.price for concession in concessions)
            limit = self._limit - taken
            terms = Terms(asked_about & the_bed, surcharge, minute, prices, question.waived, limit)
            besides.append(companion_places(scene, number, asked_about, terms))
            terms = with_closed(terms, besides[-1])
            parts.append(elastic_places(scene, number, terms).dearer(taken))
        return in_company(scene, self._admitted(Priced.joined(parts)), Beside.joined(besides))

    def _is_supplied(self) -> bool:
        """Whether units and lots for the request exist on any ward, at any start; who gives way does not change it."""
        scene = self._scene
        _, beds = np.unique(scene.beds.ward, return_index=True)
        for number in range(self._versions):
            starts, duration = scene.starts[number], scene.requests[number].duration_minutes
            bed, index = (part.ravel() for part in np.meshgrid(beds, np.arange(len(starts)), indexing="ij"))
            free, start = np.zeros(len(bed), np.int64), starts[index]
            places = Options(free + number, bed, index, start, start + duration, free)
            for rows in (UnitRows(scene, Detail()), LotRows(scene, Detail())):
                places = places.chosen(rows.admitted(places))
            if places.size:
                return True
        return False

    def _admitted(self, priced: Priced) -> Priced:
        """Only what its units and lots, and the stay that it leaves, allow."""
        good = np.ones(priced.options.size, bool)
        for one in self._moved:
            mine = priced.options.request == one.request
            good[mine] = one.good[priced.options.index[mine]]
        priced = priced.chosen(good)
        for rows in (UnitRows(self._scene, Detail()), LotRows(self._scene, Detail())):
            priced = priced.chosen(rows.admitted(priced.options))
        return priced

    # --- rows -------------------------------------------------------------------------------------------------
    def _program(self, priced: Priced, beside: Beside) -> Program:
        model = LinearModel()
        self._main = main = joined([priced.options, self._others])
        self._x = x = model.variables(main.size, 1, main.price)
        self._beside = joined([beside.options, self._others_beside])
        self._y = y = model.variables(self._beside.size, 1, self._beside.price)
        closed_rows(model, priced, x, beside, y)
        self._u = self._unplaced(model)
        self._nurses = self._on_call(model)
        self._once(model)
        both, variables = both_of(main, self._beside), np.concatenate([x, y])
        bed_rows(self._scene, model, both, variables)
        companion_rows(self._scene, model, main, x, self._beside, y)
        self._meetings(model, priced)
        exempt = self._exempt(priced)
        ElasticCover(self._scene, self._moved, exempt, self._nurses).add(model, main, x)
        self._units = UnitRows(self._scene, Detail(everything=True))
        self._units.add(model, main, x)
        self._lots = LotRows(self._scene, Detail(everything=True))
        self._lots.add(model, main, x)
        return model.frozen()

    def _unplaced(self, model: LinearModel) -> Int64:
        weight, fixed = self._records.profile.weight, TARIFFS[Kind.DISPLACE_BOOKING].price
        prices = [fixed + weight(rules.UNPLACED[b.request.priority]) for b in self._cast.bookings]
        return model.variables(len(prices), 1, np.array(prices, np.int64))

    def _on_call(self, model: LinearModel) -> tuple[OnCall, ...]:
        """Nurses who may be called in, one on a ward at most."""
        records, wards = self._records, list(self._records.wards)
        rooms = self._question.scope.rooms(records)
        concerned = {records.rooms[room_id].ward_id for room_id in rooms}
        found, price = [], TARIFFS[Kind.CALL_NURSE].price
        for shift in on_call(records) if price < self._limit else ():
            if shift.ward_id in concerned:
                called = replace(shift, called_at=records.now)
                variable = int(model.variables(1, 1, price)[0])
                found.append(OnCall(called, wards.index(shift.ward_id), variable))
        if found:
            number = np.array([wards.index(nurse.shift.ward_id) for nurse in found], np.int64)
            variables = np.array([nurse.variable for nurse in found], np.int64)
            model.rows(len(wards), Sums.of(number, variables, 1), 0, 1)
        return tuple(found)

    def _once(self, model: LinearModel) -> None:
        """The request is placed once; a booking once or not at all; a patient moves once at most."""
        bookings, asking = len(self._cast.bookings), len(self._scene.requests)
        who = np.maximum(0, self._main.request - self._versions + 1)
        parts = [Sums.of(who, self._x, 1), Sums.of(np.arange(1, bookings + 1), self._u, 1)]
        rows = 1 + asking - self._versions
        low = np.zeros(rows, np.int64)
        low[: bookings + 1] = 1
        model.rows(rows, Sums.joined(parts), low, 1)

    def _meetings(self, model: LinearModel, priced: Priced) -> None:
        """Who must not share a room does not meet; the request may where the rule is waived for it."""
        scene, size = self._scene, priced.options.size
        others = np.arange(size, self._main.size)
        both = both_of(self._others, self._beside)
        variables = np.concatenate([self._x[others], self._y])
        is_main = np.repeat(np.array([1, 0], np.int64), [self._others.size, self._beside.size])
        room_rows(scene, model, self._others, self._x[others])
        mover_rows(scene, model, both, variables, is_main)
        people = bits_of(rule.id for rule in PEOPLE_RULES)
        movers = others[self._others.request >= self._versions + len(self._cast.bookings)]
        own = bits_of(self._question.waived & {rule.id for rule in PEOPLE_RULES})
        sets = (priced.waived & people) | own
        for waived in np.unique(sets).tolist():
            some = np.flatnonzero(sets == waived)
            loose = without(scene, {rule.id for rule in PEOPLE_RULES if waived >> rules.NUMBER[rule.id] & 1})
            here = np.concatenate([some, others])
            room_rows(loose, model, self._main.chosen(here), self._x[here])
            there = np.concatenate([some, movers])
            ones = np.ones(len(there), np.int64)
            mover_rows(loose, model, self._main.chosen(there), self._x[there], ones)

    def _exempt(self, priced: Priced) -> dict[str, Int64]:
        """Variables of places whose rule on cover is waived."""
        mine = self._x[: priced.options.size]
        return {
            rule.id: mine[
                (priced.waived >> rules.NUMBER[rule.id] & 1 == 1) | (rule.id in self._question.waived)
            ]
            for rule in COVER_RULES
        }

    # --- answers ----------------------------------------------------------------------------------------------
    def solve(self, parameters: cpsat.Parameters) -> Claim:
        """CP-SAT's answer; "infeasible" is asked for twice."""
        if not self._is_supplied():
            return Claim(None, self._limit)
        priced, beside = self._priced()
        left_out = [price for price in (priced.left_out, self._cast.left_out) if price is not None]
        most = min(self._limit, *left_out) if left_out else self._limit
        if not priced.options.size:
            return Claim(None, most)
        program = self._program(priced, beside)
        outcome = cpsat.solve_twice(program.cp_model, parameters)
        if outcome.status is Status.INFEASIBLE:
            return Claim(None, most)
        bound = min(most, max(0, outcome.bound or 0))
        if not outcome.status.has_plan:
            return Claim(None, bound)
        values = np.array(outcome.solver.response_proto.solution, np.int64)
        found = self._read(values, priced)
        return Claim(found if found.price < self._limit else None, bound)

    def _read(self, values: Int64, priced: Priced) -> Relaxation:
        """The relaxation that an assignment stands for."""
        given = self._given(values)
        at = int(np.flatnonzero(values[self._x[: priced.options.size]])[0])
        number = int(self._main.request[at])
        request, concessions = self._cast.versions[number]
        allocation = given[number]
        waived = priced.rules(at)
        start, beds = allocation.start, (allocation.bed_id, allocation.companion_bed_id)
        wait = waiting(self._question.request, start, self._records)
        made = [
            *self._others_made(given),
            *(calling(nurse.shift) for nurse in self._nurses if values[nurse.variable]),
            *self._supplied(given.values()),
            *concessions,
            *(one for bed, one in self._setting.cleaned.items() if bed in beds),
            *self._waivers(waived, allocation),
            *(() if wait is None else (wait,)),
        ]
        own = self._question.request
        waits = max(own.max_wait_minutes, start - own.needed_by)
        relaxed = replace(request, max_wait_minutes=waits)
        overridden = self._question.waived | (waived & WAIVERS.keys())
        return Relaxation(tuple(made), relaxed, frozenset(overridden), allocation)

    def _given(self, values: Int64) -> dict[int, Allocation]:
        """What each that has a place gets, by number."""
        taken = [int(at) for at in np.flatnonzero(values[self._x])]
        wards = {int(self._main.request[at]): int(self._scene.beds.ward[self._main.bed[at]]) for at in taken}
        indexes = {int(self._main.request[at]): int(self._main.index[at]) for at in taken}
        units, lots = self._units.read(values, wards, indexes), self._lots.read(values)
        beside = {
            int(self._beside.request[at]): self._scene.beds.ids[self._beside.bed[at]]
            for at in np.flatnonzero(values[self._y])
        }
        return {
            int(self._main.request[at]): self._allocation(
                at,
                units.get(int(self._main.request[at]), []),
                lots.get(int(self._main.request[at]), []),
                beside,
            )
            for at in taken
        }

    def _allocation(
        self, at: int, units: list[UnitUse], lots: list[LotUse], beside: dict[int, str]
    ) -> Allocation:
        number = int(self._main.request[at])
        request = self._scene.requests[number]
        return Allocation(
            f"{request.id}/relaxed",
            request.id,
            request.person_id,
            self._scene.beds.ids[self._main.bed[at]],
            int(self._main.start[at]),
            int(self._main.end[at]),
            tuple(replace(use, type_id=use.type_id.removesuffix(ONLY)) for use in units),
            tuple(lots),
            beside.get(number),
        )

    def _others_made(self, given: dict[int, Allocation]) -> Iterator[Concession]:
        """Moves and displacements; whoever keeps their place makes none."""
        bookings = self._cast.bookings
        for number, booking in enumerate(bookings, start=self._versions):
            to = given.get(number)
            stands = booking.allocation
            kept = to is not None and (to.bed_id, to.start) == (stands.bed_id, stands.start)
            if booking is not self._cast.forced and kept:
                continue
            yield displacing(booking, to, self._records)
        for number in range(self._versions + len(bookings), len(self._scene.requests)):
            if number in given:
                yield moving(self._scene.requests[number], given[number], self._records)

    def _supplied(self, given: Iterable[Allocation]) -> Iterator[Concession]:
        """Units lent and lots fetched, by whoever needs them."""
        for allocation in given:
            for rule_id in ELSEWHERE:
                yield from for_rule(rule_id, allocation, self._records)

    def _waivers(self, waived: frozenset[str], allocation: Allocation) -> Iterator[Concession]:
        for rule_id in sorted(waived):
            yield from for_rule(rule_id, allocation, self._records)
