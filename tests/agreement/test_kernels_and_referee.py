"""The kernels find exactly what the referee calls clean, and nothing cheaper exists: checked by trying everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import assume, event, given
from hypothesis import strategies as st

from solver.engine.rule import Profile
from solver.hospital import Allocation, Bed, BedKind, Companion, Person, Request, Stay, StayState
from solver.placing import kernels_beds, kernels_cover, rules
from solver.placing.arrays import Arrays
from solver.placing.asks import Pricing, compile_request, start_window
from solver.placing.codes import rule_bit
from solver.placing.kernels import COST
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, PlacingOptions
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check, cost, recount
from tests.agreement.batches import CALM, kinder_hospitals
from tests.builders import DAY, HOUR, NOW
from tests.strategies import Case, cases, requests
from tests.strategies_hospital import HORIZON, Draw

PROFILE = Profile()


def every_allocation(request: Request, records: Records) -> list[Allocation]:
    """Each bed, start and companion's bed there is for a request without equipment and drugs."""
    base, latest = start_window(request, records.now)
    beside: list[str | None] = [None] if request.companion is Companion.NONE else list(records.beds)
    return [
        Allocation(
            "a", request.id, request.person_id, bed, start, start + request.duration_minutes, (), (), other
        )
        for bed in records.beds
        for start in range(base, latest + 1, records.options.start_step_minutes)
        for other in beside
    ]


def cheapest(request: Request, records: Records) -> int | None:
    """The lowest cost of a clean allocation by the referee, None when none is clean."""
    costs = []
    for allocation in every_allocation(request, records):
        counts = check(Decided(request, allocation), records)
        if not broken(counts, PROFILE):
            costs.append(cost(counts, PROFILE))
    return min(costs, default=None)


@st.composite
def accompanied_transfers(draw: Draw) -> Case:
    """Somebody lies in a bed with a cot beside it, and moves, mostly with company."""
    hospital = draw(kinder_hospitals())
    cots = [Bed(f"K{n}-{room.id}", room.id, BedKind.COT) for room in hospital.rooms for n in range(2)]
    mover, bed = hospital.persons[0], draw(st.sampled_from(hospital.beds))
    end = NOW + draw(st.sampled_from([HOUR, 6 * HOUR, DAY]))
    main = Stay("here", mover.id, bed.id, NOW - DAY, end, CALM, StayState.OCCUPYING)
    near = replace(main, id="beside", bed_id=f"K0-{bed.room_id}", with_stay_id="here")
    others = tuple(s for s in hospital.stays if s.bed_id != bed.id and s.with_stay_id is None)
    hospital = replace(hospital, beds=(*hospital.beds, *cots), stays=(main, near, *others))
    asked = draw(requests(replace(hospital, persons=(mover,))))
    company = draw(st.sampled_from([Companion.COT, Companion.NONE, Companion.COT, asked.companion]))
    asked = replace(asked, equipment=(), drugs=(), from_stay_id="here", care=CALM, companion=company)
    return Case(hospital, asked, PlacingOptions(draw(st.sampled_from([30, 60])), HORIZON, DAY))


@given(case=accompanied_transfers())
def test_a_transfer_is_placed_exactly_if_the_referee_calls_some_place_clean(case: Case):
    """The bed that is left, and that of who accompanies the patient, are not clean for the transfer itself."""
    records = case.records()
    assume(not broken(recount(records), PROFILE))
    live = LiveHospital(records)
    decision = live.decide(case.request, "a")
    assert (decision.allocation is None) == (cheapest(case.request, records) is None)
    assert decision.verified
    event(f"placed {decision.allocation is not None}, companion {case.request.companion.value}")
    same_as_new(live)


def in_order(records: Records) -> bool:
    """No booked stay of the hospital is unclean already: the referee would not charge a newcomer for that."""
    counts = recount(records)
    return not {"bed_clean", "bed_free"} & set(counts)


@given(case=cases())
def test_the_kernels_decision_is_the_cheapest_of_all_that_the_referee_calls_clean(case: Case):
    request = replace(case.request, equipment=(), drugs=(), from_stay_id=None)
    records = case.records()
    assume(in_order(records))
    live = LiveHospital(records)
    allocation = live.find(request, "a")
    least = cheapest(request, records)
    assert (allocation is None) == (least is None)
    if allocation is not None:
        assert live.judged(request, allocation, Method.KERNEL).cost == least


@given(case=cases())
def test_what_the_kernels_give_with_units_and_lots_is_clean_and_costs_what_they_say(case: Case):
    request = replace(case.request, from_stay_id=None)
    live = LiveHospital(case.records())
    assume(in_order(live.records))
    allocation = live.find(request, "a")
    if allocation is not None:
        said = int(live._scratch.found[COST])
        decision = live.judged(request, allocation, Method.KERNEL)
        assert decision.verified
        assert decision.cost == said


@given(case=cases())
def test_applying_and_withdrawing_leaves_the_arrays_as_a_new_compilation_would_make_them(case: Case):
    live = LiveHospital(case.records())
    request = replace(case.request, from_stay_id=None)
    decision = live.decide(request, "a")
    live.apply(decision)
    same_as_new(live)
    if decision.allocation is not None:
        live.withdraw(request, decision.allocation)
    same_as_new(live)


@given(case=cases(), minutes=st.integers(0, 3000))
def test_the_clock_may_run_without_compiling_anew(case: Case, minutes: int):
    live = LiveHospital(case.records())
    live.move_clock(case.now + minutes)
    fresh = Arrays(live.records)
    first = live.arrays.cover.window[1] - live.arrays.cover.window[0]
    reach = case.options.cover_horizon_minutes
    assert (live.arrays.cover.slack[:, :, first : first + reach] == fresh.cover.slack[:, :, :reach]).all()
    assert (live.arrays.lots.rank == fresh.lots.rank).all()
    assert (live.arrays.lots.stock == fresh.lots.stock).all()


@given(case=cases())
def test_a_trial_leaves_no_trace(case: Case):
    live = LiveHospital(case.records())
    before = live.records.hospital()
    request = case.request
    with live.trial():
        live.apply(live.decide(request, "a"))
        for stay in list(live.records.stays.values()):
            if stay.person_id != request.person_id:
                live.drop(Stay, stay.id)
        live.put(Person("somebody-new"))
    assert {name: {r.id: r for r in rows} for name, rows in live.records.hospital().collections()} == {
        name: {r.id: r for r in rows} for name, rows in before.collections()
    }


@given(case=cases())
def test_the_kernels_mask_of_a_bed_names_the_rules_the_referee_finds_broken(case: Case):
    request = replace(case.request, equipment=(), drugs=(), from_stay_id=None, companion=Companion.NONE)
    records = case.records()
    assume(in_order(records))
    live = LiveHospital(records)
    arrays = live.arrays
    ask = compile_request(request, arrays, Pricing.of(PROFILE)).ask
    end = ask.base + ask.duration
    for bed_id, bed in arrays.bed_number.items():
        mask = kernels_beds.static_mask(arrays.places, ask, bed, ask.base)
        mask |= kernels_beds.timeline(arrays.places, arrays.stays, ask, bed, ask.base, end)[0]
        mask |= kernels_beds.neighbours(arrays.places, arrays.stays, ask, bed, ask.base, end)[0]
        ward = int(arrays.places.ward[bed])
        mask |= kernels_cover.ward_mask(arrays.places, arrays.cover, ask, ward, ask.base, end)
        short = kernels_cover.ward_short_until(arrays.places, arrays.cover, ask, ward, ask.base, end)
        allocation = Allocation("a", request.id, request.person_id, bed_id, ask.base, end)
        wrong = broken(check(Decided(request, allocation), records), PROFILE)
        assert mask == sum(rule_bit(rules.RULES[rule_id]) for rule_id in wrong)
        cover = {rules.NURSING_FLOOR.id, rules.SKILL_ON_DUTY.id, rules.WARD_POOL.id}
        assert (short > 0) == bool(cover & set(wrong))


def same_as_new(live: LiveHospital) -> None:
    """Compare everything a patch may touch with arrays compiled from the present records."""
    fresh, now = Arrays(live.records), live.arrays
    assert (fresh.cover.slack == now.cover.slack).all()
    assert (fresh.cover.balance == now.cover.balance).all()
    assert (fresh.stays.of_bed_count == now.stays.of_bed_count).all()
    assert (fresh.lots.available == now.lots.available).all()
    assert (fresh.lots.stock == now.lots.stock).all()
    assert (fresh.lots.rank == now.lots.rank).all()
    assert (fresh.units.busy_count == now.units.busy_count).all()
    for bed in range(len(fresh.bed_ids)):
        assert spans(fresh, bed) == spans(now, bed)


def spans(arrays: Arrays, bed: int) -> list[tuple[int, ...]]:
    """What the kernels see of a bed's stays, in order of time."""
    stays = arrays.stays
    slots = stays.of_bed[bed, : stays.of_bed_count[bed]]
    columns = (
        stays.start,
        stays.end,
        stays.free_from,
        stays.sex,
        stays.isolation,
        stays.pinned,
        stays.predicted,
    )
    return sorted(tuple(int(column[slot]) for column in columns) for slot in np.asarray(slots))
