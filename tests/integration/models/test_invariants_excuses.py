"""What is no breach: what a person overrode, what the hospital switched off, what a mishap brought about later."""

import pytest

from solver.placing.rules import HARD
from tests.integration.models.breaches import (
    BREAKS,
    NOW,
    found,
    known,
    lies_beside,
    many,
    needs,
    override,
    switched_off,
)

OVERRIDABLE = {
    "unstaffed_bed": "bed_staffed",
    "unsuitable_bed": "bed_kind",
    "missing_feature": "bed_features",
    "too_little_care": "care_level",
    "excluded_room": "room_excluded",
    "refused_age": "ward_age",
    "mixed_room": "room_sex",
    "unsuitable_room": "isolation_room",
    "isolation_shared": "isolation_cohort",
    "exposure_shared": "exposure_cohort",
    "near_whom_to_avoid": "keep_apart",
    "closed_when_given": "bed_open",
    "arrived_while_closed": "bed_open",
    "too_few_nurses": "nursing_floor",
    "missing_skill": "skill_on_duty",
    "unit_not_lent": "unit_lent",
    "foreign_cabinet": "lot_place",
}
ABSOLUTE = {
    "unclean_when_given": "bed_clean",
    "too_heavy": "bed_weight",
    "companion_elsewhere": "companion_place",
    "ward_pool_exceeded": "ward_pool",
    "wrong_units": "unit_type",
    "unusable_unit_given": "unit_usable",
    "wrong_drug": "drug_given",
}


def test_every_hard_rule_is_recounted():
    others = {"bed_free", "unit_free", "lot_quantity", "lot_expiry", "lot_usable"}
    others |= {"allergy", "blood_group", "blood_crossmatch"}
    assert {*OVERRIDABLE.values(), *ABSOLUTE.values()} | others == {rule.id for rule in HARD}


@pytest.mark.parametrize("fact", OVERRIDABLE)
def test_what_a_person_overrode_in_time_is_no_breach(lain, fact):
    subject = "T9" if fact == "arrived_while_closed" else "Q1"
    assert found(lain, BREAKS[fact] + ";" + override(OVERRIDABLE[fact], subject)) == set()


@pytest.mark.parametrize("fact", OVERRIDABLE)
def test_an_override_of_another_subject_or_rule_excuses_nothing(lain, fact):
    other = "bed_kind" if OVERRIDABLE[fact] != "bed_kind" else "bed_staffed"
    excuses = override(OVERRIDABLE[fact], "Q2") + ";" + override(other).replace("'O'", "'O2'")
    assert found(lain, BREAKS[fact] + ";" + excuses) == {fact}


@pytest.mark.parametrize("fact", ABSOLUTE)
def test_nobody_overrides_an_absolute_rule(lain, fact):
    assert found(lain, BREAKS[fact] + ";" + override(ABSOLUTE[fact])) == {fact}


@pytest.mark.parametrize("fact", OVERRIDABLE)
def test_a_rule_that_the_hospital_switched_off_is_not_recounted(lain, fact):
    assert found(lain, BREAKS[fact] + ";" + switched_off(OVERRIDABLE[fact], "1")) == set()


@pytest.mark.parametrize("fact", sorted(OVERRIDABLE.keys() - {"mixed_room", "arrived_while_closed"}))
def test_a_rule_that_was_switched_off_later_counts_for_what_was_given_before(lain, fact):
    assert found(lain, BREAKS[fact] + ";" + switched_off(OVERRIDABLE[fact], ":r + 1")) == {fact}


def test_one_patient_more_than_the_nurse_may_have_is_found(lain):
    assert found(lain, many(5)) == {"too_few_nurses"}


def test_a_shortage_that_was_there_before_is_no_breach_of_who_moves_within_the_ward(lain):
    """T0 lies in B0; A1 continues that stay on the same ward: nobody is there who was not there before."""
    moves = "UPDATE request_version SET from_stay_id = 'X';" + many(5)
    left = (
        lies_beside("B2", 1000, 1100, id="'X'", person="P0")
        + ";"
        + lies_beside("B2", 1000, 1001, id="'X'", person="P0", version="2", recorded=":r")
    )
    assert found(lain, moves + ";" + left) == set()


@pytest.mark.parametrize(
    ("left_until", "request_id", "broken"),
    [
        (1100, "Q1", set()),
        (400, "Q1", {"too_few_nurses"}),
        (None, "Q1", {"too_few_nurses"}),
        (1100, "Q2", {"too_few_nurses"}),
    ],
    ids=["until after", "until before", "unknown", "nothing was taken back"],
)
def test_who_is_given_another_bed_anew_lay_where_their_stay_would_have_gone_on(
    lain, left_until, request_id, broken
):
    """An earlier transfer, whose bed is taken back, had ended the stay X of A1's patient: without either they would lie
    there still, and the nurses lacked for them then."""
    stored = needs(left_until=None if left_until is None else NOW + left_until)
    moves = f"UPDATE request_version SET from_stay_id = 'X', needs = '{stored}' WHERE id = 'Q1';" + many(5)
    ended = lies_beside("B2", -1000, 1, id="'X'", person="P0")
    earlier = {"id": "'A0/stay'", "person": "P0", "request_id": f"'{request_id}'"}
    given = lies_beside("B2", 1000, 1100, **earlier)
    taken_back = lies_beside("B2", 1000, 1100, state="'released'", version="2", recorded=":r", **earlier)
    assert found(lain, ";".join((moves, ended, given, taken_back))) == broken


ARRIVED = (
    "INSERT INTO stay_version SELECT id,person_id,bed_id,:n+2,:n+650,'occupying',departure,speciality,care_level,"
    "needs,request_id,allocation_id,with_stay_id,2,:r + 9,position FROM stay WHERE id = 'A1/stay';"
    "INSERT INTO occupancy_version VALUES ('A1/stay/1','A1/stay','P0','B1',FALSE,:n+2,NULL,FALSE,1,:r + 9)"
)


@pytest.mark.parametrize(
    ("recorded", "end", "broken"),
    [(":r + 5", 600, {"isolation_shared"}), (":r + 5", 1, {"isolation_shared"}), (":r + 10", 600, set())],
)
def test_who_arrives_is_judged_by_who_was_known_to_lie_there_then(lain, recorded, end, broken):
    """Whoever lies there counts until they have left, whatever was expected."""
    beside = lies_beside("B2", 0, end, state="'occupying'", recorded=recorded)
    isolated = known("P0", isolation=["contact"])
    assert found(lain, isolated + beside + ";" + ARRIVED) == broken


def test_an_override_at_the_arrival_excuses_it(lain):
    beside = lies_beside("B2", 0, 600, state="'occupying'", recorded=":r + 5")
    change = known("P0", isolation=["contact"]) + beside + ";" + ARRIVED
    assert found(lain, change + ";" + override("isolation_cohort")) == set()


def test_a_recalled_lot_that_was_dispensed_is_found(lain):
    recalled = (
        "INSERT INTO lot_version SELECT id,drug_id,expires_minute,'recalled',ward_id,blood_group,crossmatched_for,2,"
        "{recorded},position,NULL FROM lot WHERE id = 'L1';"
        "UPDATE lot_reservation SET state = 'dispensed', recorded_microsecond = :r + 5;"
        "UPDATE lot_balance SET on_hand = on_hand - reserved, reserved = 0 WHERE lot_id = 'L1'"
    )
    assert found(lain, recalled.format(recorded=":r + 4")) == {"lot_unusable"}


def test_a_lot_that_was_recalled_after_it_was_dispensed_is_a_mishap(lain):
    recalled = (
        "INSERT INTO lot_version SELECT id,drug_id,expires_minute,'recalled',ward_id,blood_group,crossmatched_for,2,"
        ":r + 6,position,NULL FROM lot WHERE id = 'L1';"
        "UPDATE lot_reservation SET state = 'dispensed', recorded_microsecond = :r + 5;"
        "UPDATE lot_balance SET on_hand = on_hand - reserved, reserved = 0 WHERE lot_id = 'L1'"
    )
    assert found(lain, recalled) == set()
