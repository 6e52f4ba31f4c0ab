"""The referee's two counts, their cost and their verdict."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.rule import Level, Profile
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    Care,
    Companion,
    DrugNeed,
    EquipmentNeed,
    Lot,
    LotUse,
    Sex,
    Shift,
    Stay,
    UnitUse,
)
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check, cost, recount
from solver.placing.rules import CATALOGUE, DEFAULT_PROFILE
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    a_hospital,
    counts_of,
    given,
    occupant,
    person,
    records_of,
    request,
    stay,
    with_more_reserved,
)


def test_a_plain_request_in_a_plain_bed_breaks_nothing_and_costs_nothing():
    assert a_hospital().checked()
    asked = request()
    assert counts_of(asked, given(asked), records_of()) == {}


def test_a_bundle_with_everything_it_asks_for_is_clean():
    asked = request(equipment=(EquipmentNeed("pump"),), drugs=(DrugNeed("heparin", 3),))
    units, lots = (UnitUse("pump", "P1", NOW, NOW + DAY),), (LotUse("heparin", "L1", 3),)
    assert counts_of(asked, given(asked, units=units, lots=lots), records_of()) == {}


def test_checking_changes_nothing_in_the_records():
    records = records_of(occupant("s1", "B2"))
    before = copy.deepcopy(records)
    asked = request(drugs=(DrugNeed("heparin", 3),))
    check(Decided(asked, given(asked, lots=(LotUse("heparin", "L1", 3),))), records)
    assert records == before


def test_a_recount_sees_two_people_in_one_bed_whoever_put_them_there():
    records = records_of(occupant("s1", "B1"), occupant("s2", "B1"), occupant("s3", "B2"))
    assert recount(records)["bed_free"] == 1


def test_a_recount_sees_a_lot_reserved_beyond_its_stock():
    records = records_of()
    records.put(with_more_reserved(records.lots["L1"], 12))
    assert recount(records) == {"lot_quantity": 2}


def test_a_lot_itself_refuses_to_be_reserved_beyond_its_stock():
    with pytest.raises(InvalidInstance, match="at most on_hand"):
        Lot("L", "heparin", 10, NOW + DAY, reserved=11)


def test_a_recount_of_decisions_adds_what_they_count_by_themselves():
    asked = request()
    assert recount(records_of(), [Decided(asked, None), Decided(asked, None)]) == {"unplaced_soon": 2}


def test_deciding_the_same_allocation_again_replaces_its_stay():
    """B1 is exchanged for B2: nobody lies twice in the hospital."""
    asked = request()
    again = stay("old", "B1", person_id="p-new", allocation_id="a-q-p-new")
    records = records_of(Stay("a-q-p-new/stay", "p-new", "B1", again.start, again.end, again.care))
    assert counts_of(asked, given(asked, "B2"), records) == {}
    assert counts_of(asked, given(asked, "B1"), records) == {}


# --- transfers ----------------------------------------------------------------------------------------------
def test_a_transfer_frees_the_bed_it_leaves_for_who_is_booked_there():
    """Without the transfer the two overlap for an hour; with it the bed is left, and clean, in time."""
    records = records_of(
        occupant("here", "B2", end=5 * HOUR, person_id="p-new"), stay("next", "B2", 4 * HOUR, 9 * HOUR)
    )
    asked = request(from_stay_id="here")
    assert recount(records)["bed_free"] == 1
    assert counts_of(asked, given(asked, "B1"), records)["bed_free"] == -1


def test_a_transfer_takes_the_patients_nursing_load_along():
    records = records_of(
        occupant("here", "B2", person_id="p-new", end=DAY, care=Care("medicine", 3)),
        *(occupant(f"s{n}", f"B{n}", care=Care("medicine", 3), end=DAY) for n in (1, 3, 4)),
        occupant("s5", "C1", care=Care("medicine", 3), end=DAY),
    )
    records.drop(type(records.shifts["shift-n1"]), "shift-n1")
    asked = request(from_stay_id="here", care=Care("medicine", 3), duration_minutes=DAY)
    found = counts_of(asked, given(asked, "C2"), records)
    assert found["nursing_floor"] == -60 * DAY


def test_a_booked_stay_that_is_transferred_before_it_begins_vanishes():
    records = records_of(stay("later", "B2", HOUR, DAY, person_id="p-new"), Bed("B2", "R", staffed=False))
    asked = request(from_stay_id="later")
    assert counts_of(asked, given(asked, "B1"), records) == {"bed_staffed": -1}


def test_a_stay_whose_forecast_ended_before_the_transfer_stays_as_it_is():
    records = records_of(occupant("here", "B2", end=HOUR, person_id="p-new"))
    asked = request(from_stay_id="here")
    assert counts_of(asked, given(asked, "B1", start=2 * HOUR), records) == {"delay_soon": 2 * HOUR}


def test_a_stay_nobody_knows_any_more_is_not_left():
    asked = request(from_stay_id="gone")
    assert counts_of(asked, given(asked, "B1"), records_of()) == {}


def accompanied(*others):
    """``p-new`` lies in B2 with a cot beside them in K1; K2 is free."""
    lies = occupant("here", "B2", person_id="p-new")
    cots = (Bed("K1", "R", BedKind.COT), Bed("K2", "R", BedKind.COT))
    return records_of(*cots, lies, replace(lies, id="cot", bed_id="K1", with_stay_id="here"), *others)


def test_a_transfer_frees_the_place_of_who_accompanies_the_patient_too():
    records = accompanied(stay("next", "K1", 4 * HOUR, 9 * HOUR))
    asked = request(from_stay_id="here")
    assert recount(records)["bed_free"] == 1
    assert counts_of(asked, given(asked, "B1"), records)["bed_free"] == -1


def test_a_transfer_may_take_company_along_but_not_into_the_uncleaned_place_it_leaves():
    asked = request(from_stay_id="here", companion=Companion.COT)
    other, same = (given(asked, "B1", companion_bed_id=cot) for cot in ("K2", "K1"))
    assert counts_of(asked, other, accompanied()) == {}
    assert counts_of(asked, same, accompanied()) == {"bed_clean": 1}


def test_a_companion_of_somebody_else_stays_where_they_are():
    records = accompanied(occupant("s1", "B3"), stay("next", "K2", 4 * HOUR, 9 * HOUR))
    records.put(replace(records.stays["s1"], id="beside", bed_id="K2", with_stay_id="s1"))
    asked = request(from_stay_id="here")
    assert "bed_free" not in counts_of(asked, given(asked, "B1"), records)


# --- verdict ------------------------------------------------------------------------------------------------
def test_the_cost_is_the_sum_of_weights_times_amounts_of_soft_rules_only():
    counts = {"speciality": 1, "delay_soon": 10, "bed_free": 7, "unit_distance": -3}
    assert cost(counts, DEFAULT_PROFILE) == 60_000 + 10 * 4_000 - 3 * 1_000


def test_the_profile_of_a_hospital_changes_prices_and_switches_rules_off():
    profile = Profile("own", weights={"speciality": 5}, switched_off=frozenset({"delay_soon", "room_sex"}))
    counts = {"speciality": 2, "delay_soon": 10, "room_sex": 1, "bed_staffed": 1}
    assert cost(counts, profile) == 10
    assert broken(counts, profile, frozenset()) == ("bed_staffed",)


def test_what_was_waived_is_not_broken_unless_it_is_absolute():
    counts = {"bed_free": 1, "room_sex": 1, "bed_staffed": 2, "speciality": 3, "care_level": -1}
    waived = frozenset({"bed_free", "room_sex"})
    assert broken(counts, DEFAULT_PROFILE, waived) == ("bed_free", "bed_staffed")


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_hard_rules_are_broken_and_soft_rules_cost(rule):
    hard = rule.level is not Level.SOFT
    assert broken({rule.id: 1}, DEFAULT_PROFILE) == ((rule.id,) if hard else ())
    assert cost({rule.id: 2}, DEFAULT_PROFILE) == (0 if hard else 2 * rule.weight)


def test_what_stood_already_is_not_charged_to_a_new_decision():
    """A man and a woman share a bay; a stay elsewhere adds nothing to that."""
    records = records_of(
        person("p-s1", sex=Sex.MALE),
        occupant("s1", "B1"),
        occupant("s2", "B2"),
        Bed("B3", "R", blocks=(Block(NOW, None, "works"),)),
    )
    asked = request()
    assert recount(records)["room_sex"] == 1
    assert counts_of(asked, given(asked, "C1"), records) == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda records: records.put(replace(records.shifts["shift-n1"], absent=True)),
        lambda records: records.drop(Shift, "shift-n1"),
        lambda records: records.put(replace(records.staff["n1"], student=True)),
        lambda records: records.put(replace(records.stays["s1"], care=Care("medicine", 3))),
        lambda records: records.put(replace(records.persons["p-s1"], one_to_one=True)),
        lambda records: records.drop(Stay, "s1"),
    ],
    ids=["absent", "cancelled", "a student", "more ill", "needs a nurse alone", "gone"],
)
def test_what_a_ward_lacks_is_counted_anew_after_any_change(change):
    """The counts of a ward are kept for the beds that one decision is compared with, and no longer."""
    asked = request(care=Care("medicine", 3))
    records = records_of(occupant("s1", "B2"), occupant("s2", "B3"), without={Shift: ["shift-n2"]})
    decided = Decided(asked, given(asked))
    before = check(decided, records)
    change(records)
    anew = Records.of(records.hospital(), records.now, records.profile, records.options)
    assert check(decided, records) == check(decided, anew) != before
