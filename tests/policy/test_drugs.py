"""Drugs: the drug asked for in full, from lots that hold it, in date, usable there, by this very person."""

from __future__ import annotations

import pytest

from solver.hospital import (
    BloodGroup,
    Drug,
    DrugNeed,
    HandlingClass,
    Lot,
    LotState,
    LotUse,
    blood_is_compatible,
)
from tests.builders import DAY, HOUR, NOW, changed, given, person, records_of, request
from tests.policy.sides import amount, broken, kept

HEPARIN = DrugNeed("heparin", 5, 6 * HOUR)
LATER = NOW + 90 * DAY


def lot(lot_id: str = "L1", drug_id: str = "heparin", on_hand: int = 10, **changes) -> Lot:
    """A lot that expires last, unless changed."""
    return Lot(lot_id, drug_id, on_hand, **{"expires": LATER, **changes})


def with_lots(rule_id: str, records, *uses: LotUse, needs=(HEPARIN,), start: int = 0) -> int:
    """What a request with these needs, given these lots, adds to a rule."""
    asked = request(drugs=needs)
    return amount(rule_id, records, asked, given(asked, start=start, lots=uses))


def five(lot_id: str = "L1", drug_id: str = "heparin") -> LotUse:
    """Five of a lot for the need of a drug."""
    return LotUse(drug_id, lot_id, 5)


# --- lot_quantity -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("reserved", "expected"), [(0, 0), (5, 0), (6, 1), (10, 5)])
@broken("lot_quantity")
@kept("lot_quantity")
def test_no_lot_is_reserved_beyond_what_it_holds(reserved: int, expected: int):
    assert with_lots("lot_quantity", records_of(lot(reserved=reserved)), five()) == expected


@broken("lot_quantity")
def test_two_uses_of_one_lot_add_up():
    uses = LotUse("heparin", "L1", 6), LotUse("heparin", "L1", 6)
    assert with_lots("lot_quantity", records_of(), *uses, needs=(DrugNeed("heparin", 12),)) == 2


# --- lot_expiry ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("expires", "start", "expected"), [(360, 0, 0), (359, 0, 1), (360, 1, 1), (375, 15, 0)]
)
@broken("lot_expiry")
@kept("lot_expiry")
def test_a_lot_has_not_expired_when_the_last_of_it_is_used(expires: int, start: int, expected: int):
    """The last of it is used six hours after arrival."""
    assert with_lots("lot_expiry", records_of(lot(expires=NOW + expires)), five(), start=start) == expected


@pytest.mark.parametrize(
    ("minimum", "expires", "start", "expected"),
    [
        (DAY, 360 + DAY - 1, 0, 0),
        (DAY, 360 + DAY - 2, 0, 1),
        (DAY, 360 + DAY - 1, 1, 1),
        (1, 360, 0, 0),
        (2, 360, 0, 1),
    ],
)
@broken("lot_expiry")
@kept("lot_expiry")
def test_a_lot_lasts_as_long_as_it_must_when_the_last_of_it_is_given(minimum, expires, start, expected):
    """The last of it is given in the last minute before six hours are over, that minute of its life included."""
    records = records_of(lot(expires=NOW + expires, minimum_minutes_left=minimum))
    assert with_lots("lot_expiry", records, five(), start=start) == expected


# --- lot_usable ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (LotState.RECALLED, 1),
        (LotState.QUARANTINED, 1),
        (LotState.LOCKED, 1),
        (LotState.AVAILABLE, 0),
    ],
)
@broken("lot_usable")
@kept("lot_usable")
def test_a_recalled_lot_is_never_allocated(state: LotState, expected: int):
    assert with_lots("lot_usable", records_of(lot(state=state)), five()) == expected


# --- drug_given ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ((five(),), 0),
        ((), 5),
        ((LotUse("heparin", "L1", 4),), 1),
        ((LotUse("heparin", "L1", 6),), 1),
        ((LotUse("heparin", "L1", 2), LotUse("heparin", "L2", 3)), 0),
        ((five("E1"),), 0),
        ((five("X1"),), 10),
        ((five(), five("X1", "other")), 5),
    ],
)
@broken("drug_given")
@kept("drug_given")
def test_a_drug_is_the_one_asked_for_or_an_approved_equivalent_in_full(uses, expected: int):
    records = records_of(lot("E1", "heparin2"), Drug("other", "Other", "other"), lot("X1", "other"))
    assert with_lots("drug_given", records, *uses) == expected


@broken("drug_given")
def test_equivalence_is_approved_in_one_direction_only():
    """heparin2 may stand in for heparin; nobody approved the reverse."""
    needs = (DrugNeed("heparin2", 5),)
    assert with_lots("drug_given", records_of(), five("L1", "heparin2"), needs=needs) == 10


# --- allergy ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("allergies", "lot_id", "expected"),
    [({"heparin"}, "L1", 1), ({"heparin"}, "E1", 1), ({"penicillin"}, "L1", 0), (set(), "L1", 0)],
)
@broken("allergy")
@kept("allergy")
def test_nobody_is_given_a_substance_they_are_allergic_to_not_even_as_an_equivalent(
    allergies, lot_id, expected
):
    records = records_of(person("p-new", allergies=frozenset(allergies)), lot("E1", "heparin2"))
    assert with_lots("allergy", records, five(lot_id)) == expected


# --- blood --------------------------------------------------------------------------------------------------
def transfusion(rule_id: str, donor, recipient, matched="p-new", handling=HandlingClass.BLOOD) -> int:
    """What two units of red cells of a donor's group add for a recipient's."""
    records = records_of(
        person("p-new", blood_group=recipient),
        Drug("cells", "Red cells", "red cells", handling=handling),
        lot("C1", "cells", blood_group=donor, crossmatched_for=matched),
    )
    return with_lots(rule_id, records, LotUse("cells", "C1", 2), needs=(DrugNeed("cells", 2),))


@pytest.mark.parametrize(
    ("donor", "recipient", "expected"),
    [
        (BloodGroup.O_NEG, BloodGroup.AB_POS, 0),
        (BloodGroup.AB_POS, BloodGroup.O_NEG, 1),
        (BloodGroup.A_NEG, BloodGroup.A_POS, 0),
        (BloodGroup.A_POS, BloodGroup.A_NEG, 1),
        (BloodGroup.A_POS, BloodGroup.B_POS, 1),
        (BloodGroup.B_POS, BloodGroup.AB_POS, 0),
        (BloodGroup.O_NEG, None, 0),
        (BloodGroup.O_POS, None, 1),
        (None, BloodGroup.AB_POS, 1),
    ],
)
@broken("blood_group")
@kept("blood_group")
def test_blood_brings_no_antigen_the_recipient_lacks(donor, recipient, expected: int):
    assert transfusion("blood_group", donor, recipient) == expected


@pytest.mark.parametrize("recipient", list(BloodGroup))
def test_everyone_may_have_their_own_group_and_o_negative(recipient: BloodGroup):
    assert blood_is_compatible(recipient, recipient)
    assert blood_is_compatible(BloodGroup.O_NEG, recipient)
    assert blood_is_compatible(recipient, BloodGroup.AB_POS)


@pytest.mark.parametrize(("matched", "expected"), [("p-new", 0), ("p-old", 1), (None, 1)])
@broken("blood_crossmatch")
@kept("blood_crossmatch")
def test_blood_was_cross_matched_for_this_very_person(matched: str | None, expected: int):
    assert transfusion("blood_crossmatch", BloodGroup.O_NEG, BloodGroup.O_NEG, matched) == expected


@pytest.mark.parametrize(("until", "start", "expected"), [(HOUR, 0, 0), (HOUR - 1, 0, 1), (HOUR, 1, 1)])
@broken("blood_crossmatch")
@kept("blood_crossmatch", "lot_expiry")
def test_a_cross_match_has_not_lapsed_when_the_last_of_the_blood_is_used(until, start, expected):
    """Used within an hour. A match that lapses is no lot that expires, and one for somebody else is told once."""
    cells = Drug("cells", "Red cells", "red cells", handling=HandlingClass.BLOOD)
    needs = (DrugNeed("cells", 2, HOUR),)
    for matched in ("p-new", "p-old"):
        bag = lot("C1", "cells", blood_group=BloodGroup.O_NEG, crossmatched_for=matched)
        records = records_of(cells, changed(bag, crossmatched_until=NOW + until))
        found = with_lots("blood_crossmatch", records, LotUse("cells", "C1", 2), needs=needs, start=start)
        assert found == (expected if matched == "p-new" else 1)
        assert with_lots("lot_expiry", records, LotUse("cells", "C1", 2), needs=needs, start=start) == 0


@kept("blood_group", "blood_crossmatch")
def test_what_is_not_blood_needs_neither_group_nor_cross_match():
    for rule_id in ("blood_group", "blood_crossmatch"):
        assert transfusion(rule_id, None, None, None, HandlingClass.COLD_CHAIN) == 0


# --- lot_place ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("ward_id", "expected"), [("V", 1), ("W", 0), (None, 0)])
@broken("lot_place")
@kept("lot_place")
def test_a_wards_cabinet_serves_that_ward_and_the_central_pharmacy_all(ward_id: str | None, expected: int):
    assert with_lots("lot_place", records_of(lot(ward_id=ward_id)), five()) == expected


# --- soft ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (lot("L0", expires=NOW + 20 * DAY), 10),
        (lot("L0", expires=NOW + 60 * DAY), 10),
        (lot("L3", expires=NOW + 60 * DAY), 5),
        (lot("L0", expires=NOW), 5),
        (lot("L0", expires=NOW + 1), 10),
        (lot("L0", expires=NOW + DAY, state=LotState.RECALLED), 5),
        (lot("L0", expires=NOW + DAY, minimum_minutes_left=DAY), 10),
        (lot("L0", expires=NOW + DAY, minimum_minutes_left=DAY + 1), 5),
        (lot("L0", "heparin2", expires=NOW + DAY), 5),
    ],
)
@broken("earliest_expiry_first")
def test_each_usable_lot_of_the_drug_passed_over_costs(other: Lot, expected: int):
    """L2 is given; L1 expires before it, and the other lot may too; ties go by id."""
    assert with_lots("earliest_expiry_first", records_of(other), five("L2")) == expected


@kept("earliest_expiry_first")
def test_the_lot_that_expires_first_costs_nothing():
    assert with_lots("earliest_expiry_first", records_of(), five("L1")) == 0


@kept("earliest_expiry_first")
def test_blood_is_chosen_by_its_match_and_not_by_its_expiry():
    assert transfusion("earliest_expiry_first", BloodGroup.O_NEG, BloodGroup.O_NEG) == 0
    records = records_of(
        Drug("cells", "Red cells", "red cells", handling=HandlingClass.BLOOD),
        lot("C1", "cells", expires=NOW + DAY),
        lot("C2", "cells", crossmatched_for="p-new"),
    )
    needs = (DrugNeed("cells", 2, HOUR),)
    assert with_lots("earliest_expiry_first", records, LotUse("cells", "C2", 2), needs=needs) == 0


@pytest.mark.parametrize(("lot_id", "expected"), [("L1", 0), ("L2", 0), ("E1", 1)])
@broken("drug_substitute")
@kept("drug_substitute")
def test_the_drug_asked_for_is_better_than_an_equivalent(lot_id: str, expected: int):
    assert with_lots("drug_substitute", records_of(lot("E1", "heparin2")), five(lot_id)) == expected


@pytest.mark.parametrize(("safety", "expected"), [(0, 0), (15, 0), (16, 1), (20, 5), (30, 5)])
@broken("safety_stock")
@kept("safety_stock")
def test_what_is_taken_below_the_safety_stock_costs(safety: int, expected: int):
    """20 are there and 5 are taken; what was missing before is not charged again."""
    drug = Drug("heparin", "Heparin", "heparin", safety_stock=safety, equivalents=("heparin2",))
    assert with_lots("safety_stock", records_of(drug), five()) == expected


@kept("safety_stock")
def test_a_lot_that_is_no_stock_lowers_none():
    drug = Drug("heparin", "Heparin", "heparin", safety_stock=20, equivalents=("heparin2",))
    records = records_of(drug, lot("X", state=LotState.RECALLED))
    assert with_lots("safety_stock", records, five("X")) == 0
