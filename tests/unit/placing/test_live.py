"""The live hospital: decisions, reasons, transfers, profiles; on a hospital small enough to reckon by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.rule import Profile
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    Care,
    Companion,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Priority,
    Shift,
    StayState,
)
from solver.placing import kernels, rules
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, PlacingOptions, checked_profile
from tests.builders import DAY, HOUR, NOW, changed, given, occupant, person, records_of, request


def live_with(*records, **changes) -> LiveHospital:
    return LiveHospital(records_of(*records, **changes))


def test_a_decision_applies_and_withdraws_leaving_no_trace():
    live = live_with()
    before = live.records.hospital()
    asked = request(equipment=(EquipmentNeed("pump"),), drugs=(DrugNeed("heparin", 4),))
    decision = live.decide(asked, "a1")
    assert decision.allocation is not None
    assert decision.verified
    live.apply(decision)
    assert live.records.stays["a1/stay"].bed_id == decision.allocation.bed_id
    live.withdraw(asked, decision.allocation)
    assert live.records.hospital() == before


def test_who_is_placed_takes_the_bed_from_the_next():
    live = live_with()
    taken = set()
    for number in range(len(live.records.beds) + 1):
        newcomer = person(f"p-{number}")
        live.put(newcomer)
        decision = live.decide(request(newcomer.id, max_wait_minutes=0), f"a-{number}")
        if decision.allocation is None:
            assert decision.why_not is not None
            assert {item.rule_id for item in decision.why_not.standing}
            break
        assert decision.allocation.bed_id not in taken
        taken.add(decision.allocation.bed_id)
        live.apply(decision)
    else:
        pytest.fail("more patients were placed than there are beds")


def test_who_waits_is_told_from_when_the_bundle_fits():
    live = live_with(*(occupant(f"s{n}", bed, end=5 * HOUR) for n, bed in enumerate(records_of().beds)))
    decision = live.decide(request(max_wait_minutes=60), "a")
    assert decision.allocation is None
    assert decision.why_not is not None
    fits = decision.why_not.fits_from
    assert fits is not None
    assert fits >= NOW + 5 * HOUR
    patient = live.decide(request(max_wait_minutes=fits - NOW), "a")
    assert patient.allocation is not None
    assert patient.allocation.start == fits
    earlier = live.decide(request(max_wait_minutes=fits - NOW - 15), "a")
    assert earlier.allocation is None


def test_a_waived_rule_no_longer_stands_in_the_way_and_the_decision_says_so():
    live = live_with()
    asked = request(care=Care("medicine", features=frozenset({Feature.BARIATRIC})), max_wait_minutes=0)
    assert live.decide(asked, "a").allocation is None
    waived = frozenset({rules.BED_FEATURES.id})
    decision = live.decide(asked, "a", waived=waived)
    assert decision.allocation is not None
    assert decision.waived == waived
    assert decision.verified


def test_first_fit_takes_the_first_bed_where_the_best_may_be_another():
    live = live_with()
    first = live.decide(request(), "a", first_fit=True)
    best = live.decide(request(), "a")
    assert first.method is Method.FIRST_FIT
    assert first.allocation is not None
    assert best.cost <= first.cost
    beds = list(live.records.beds)
    fits = [b for b in beds if live.judged(request(), given(request(), b), Method.PERSON).verified]
    assert first.allocation.bed_id == fits[0]


def test_a_closed_bed_is_not_given_and_is_again_once_opened():
    live = live_with()
    beds = list(live.records.beds.values())
    for bed in beds[1:]:
        live.put(changed(bed, blocks=(Block(NOW - 1, None, "repair"),)))
    decision = live.decide(request(), "a")
    assert decision.allocation is None or decision.allocation.bed_id == beds[0].id
    live.put(changed(beds[0], blocks=(Block(NOW - 1, NOW + 30 * DAY, "repair"),)))
    assert live.decide(request(), "a").allocation is None
    live.put(beds[0])
    again = live.decide(request(), "a").allocation
    assert again is not None
    assert again.bed_id == beds[0].id


def test_a_new_bed_is_known_at_once():
    live = live_with(*(occupant(f"s{n}", bed) for n, bed in enumerate(records_of().beds)))
    assert live.decide(request(max_wait_minutes=0), "a").allocation is None
    room = next(iter(live.records.rooms))
    live.put(Bed("extra", room))
    decision = live.decide(request(max_wait_minutes=0), "a")
    assert decision.allocation is None or decision.allocation.bed_id == "extra"


def test_a_transfer_leaves_its_stay_when_it_starts():
    beds = list(records_of().beds)
    live = live_with(occupant("here", beds[0], person_id="p-old"))
    stay = live.records.stays["here"]
    decision = live.decide(request("p-old", from_stay_id="here"), "a")
    assert decision.allocation is not None
    live.apply(decision)
    if "here" in live.records.stays:
        assert live.records.stays["here"].end == decision.allocation.start
    assert stay.state is StayState.OCCUPYING


def with_a_cot(*others):
    """``p-old`` lies in B1 with a cot beside them in K1; K2 is free."""
    lies = occupant("here", "B1", person_id="p-old")
    cots = (Bed("K1", "R", BedKind.COT), Bed("K2", "R", BedKind.COT))
    return live_with(*cots, lies, changed(lies, id="cot", bed_id="K1", with_stay_id="here"), *others)


def test_a_transfer_is_never_given_the_bed_or_the_cot_it_leaves():
    """Both were offered as if nobody had lain there, and the referee refused what the kernels had found."""
    live = with_a_cot()
    decision = live.decide(request("p-old", from_stay_id="here", companion=Companion.COT), "a")
    assert decision.verified
    assert decision.allocation is not None
    assert decision.allocation.bed_id != "B1"
    assert decision.allocation.companion_bed_id == "K2"


def test_who_accompanies_a_patient_leaves_with_the_transfer_and_the_bed_is_free_after_cleaning():
    live = with_a_cot(changed(records_of().beds["B4"], staffed=False))
    live.drop(Bed, "K2")
    asked = request(companion=Companion.COT, max_wait_minutes=120)
    assert live.decide(asked, "b").allocation is None
    live.apply(live.decide(request("p-old", from_stay_id="here"), "a"))
    assert live.records.stays["cot"].end == live.records.stays["here"].end == NOW
    after = live.decide(asked, "b")
    assert after.verified
    assert after.allocation is not None
    assert after.allocation.companion_bed_id == "K1"
    assert after.allocation.start == NOW + 45


def test_a_bed_chosen_for_a_transfer_is_judged_without_the_load_of_the_stay_it_leaves():
    """One nurse for five: the patient who moves within the ward was counted twice where a person chose the bed."""
    beds = Bed("B5", "R"), Bed("B6", "R")
    lying = [occupant(f"s{n}", f"B{n}") for n in range(1, 6)]
    live = live_with(*beds, *lying, changed(records_of().shifts["shift-n2"], absent=True))
    on_the_ward = frozenset({"S"})
    moves = live.find(request("p-s1", from_stay_id="s1", excluded_room_ids=on_the_ward), "a")
    assert moves is not None
    assert moves.bed_id == "B6"
    assert live.find(request(excluded_room_ids=on_the_ward), "b") is None


def test_a_patient_on_a_ward_that_lacks_nurses_may_go_to_another_bed_there_but_not_for_longer():
    """Whoever lay there was held against them: no bed of the ward had the nurse that theirs had not either."""
    shifts = records_of().shifts
    gone = [changed(shifts[name], absent=True) for name in ("shift-n1", "shift-n2")]
    live = live_with(occupant("s1", "B1", end=DAY), *gone)
    on_the_ward = {"excluded_room_ids": frozenset({"S"}), "max_wait_minutes": 0}
    before = [array.copy() for array in live.arrays.cover]
    moves = request("p-s1", from_stay_id="s1", duration_minutes=DAY, **on_the_ward)
    decision = live.decide(moves, "a")
    assert decision.verified
    assert decision.allocation is not None
    assert decision.allocation.bed_id == "B2"
    assert live.find(replace(moves, duration_minutes=DAY + HOUR), "b") is None
    assert live.find(replace(moves, care=Care("medicine", 1)), "b") is None
    assert live.find(request(duration_minutes=HOUR, **on_the_ward), "b") is None
    for array, as_it_was in zip(live.arrays.cover, before, strict=True):
        np.testing.assert_array_equal(array, as_it_was)


def test_shifts_that_come_and_go_at_once_leave_the_cover_that_each_alone_would():
    """One put off and taken back, one shortened: counted once, at the end."""
    at_once, one_by_one = live_with(occupant("s1", "B1")), live_with(occupant("s1", "B1"))
    first, *_ = one_by_one.records.shifts.values()

    def change(live):
        live.drop(Shift, first.id)
        live.put(replace(first, id="later", start=NOW + 60))
        live.drop(Shift, "later")
        live.put(replace(first, id="again", start=NOW + 120, end=NOW + 600))

    with at_once.arrays.covers_at_once():
        change(at_once)
    change(one_by_one)
    for name in one_by_one.arrays.cover._fields:
        expected, found = (getattr(live.arrays.cover, name) for live in (one_by_one, at_once))
        assert np.array_equal(expected, found), name


def test_an_unknown_id_is_refused_with_every_place_it_stands():
    live = live_with()
    asked = request("nobody", equipment=(EquipmentNeed("no-type"),), drugs=(DrugNeed("no-drug", 1),))
    with pytest.raises(InvalidInstance) as caught:
        live.decide(asked, "a")
    assert len(caught.value.problems) == 3


def test_an_allocation_shorter_than_asked_is_never_called_verified():
    live = live_with()
    asked = request()
    bed = live.decide(asked, "a").allocation
    assert bed is not None
    short = changed(bed, end=bed.end - 60)
    assert live.judged(asked, bed, Method.PERSON).verified
    assert not live.judged(asked, short, Method.PERSON).verified


def test_scarcity_may_not_be_priced_so_high_that_an_urgent_patient_waits():
    dear = Profile(weights={rules.SCARCE_ISOLATION.id: 400_000})
    with pytest.raises(InvalidInstance):
        checked_profile(dear, PlacingOptions())
    assert checked_profile(Profile(), PlacingOptions()) == Profile()


@pytest.mark.parametrize("priority", [Priority.EMERGENCY, Priority.URGENT])
def test_an_urgent_patient_gets_the_scarce_bed_that_is_free_now(priority: Priority):
    """Safeguard 4: prices of scarcity reorder options; they never delay an urgent need."""
    records = records_of()
    beds = list(records.beds.values())
    scarce = changed(beds[0], care_level=3, features=frozenset(Feature))
    others = [occupant(f"s{n}", bed.id, end=16) for n, bed in enumerate(beds[1:])]
    live = live_with(scarce, *others)
    asked = request(priority=priority)
    decision = live.decide(asked, "a")
    assert decision.allocation is not None
    assert decision.allocation.start == asked.needed_by
    assert decision.allocation.bed_id == scarce.id


@pytest.mark.parametrize(
    ("local", "night"),
    [(22 * HOUR - 1, False), (22 * HOUR, True), (0, True), (7 * HOUR - 1, True), (7 * HOUR, False)],
)
def test_the_kernels_night_is_from_ten_until_seven_by_local_time(local: int, night: bool):
    places = live_with().arrays.places
    minute = 1000 * DAY + local - int(places.utc_offset[0])
    assert kernels.is_night(places, minute) == night
