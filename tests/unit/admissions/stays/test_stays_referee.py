"""Every rule of a plan of stays counted, and the published plans recounted to the point."""

import dataclasses

import pytest

from solver.admissions.stays import formats_pas, formats_xml, plans, rules
from solver.admissions.stays.problem import Department, Policy, Prices, Room, Sex, Surgery, Theatre
from solver.admissions.stays.referee import recount
from solver.engine.errors import InvalidInstance
from tests.roster_cases import public
from tests.stay_cases import lying, patient, ward

DPAS = {
    "or_pas_dept2_short00_dynamic_ceschia": (57_088, 0),
    "or_pas_dept2_short00_dynamic_zhu_fs3": (55_484, 0),
    "or_pas_dept4_short01_dynamic_ceschia": (103_554, 0),
    "or_pas_dept4_short01_dynamic_zhu_fs3": (99_678, 0),
    "or_pas_dept6_long01_static_infeasible24": (421_770, 24),
}


def counted(problem, *nights):
    """Counts and costs of the rules that are broken."""
    found = recount(problem, lying(*nights))
    return {tally.rule: (tally.count, tally.cost) for tally in found.tallies if tally.count}


@pytest.mark.parametrize("name", DPAS)
def test_a_published_plan_with_theatres_costs_what_was_published(name):
    instance = "_".join(name.split("_")[:4])
    problem = formats_xml.read(public("dpas", f"{instance}.xml.gz"))
    found = recount(problem, formats_xml.read_plan(public("dpas", "solutions", f"{name}.xml.gz"), problem))
    assert (found.cost, found.broken) == DPAS[name]


@pytest.mark.parametrize(("name", "cost"), [("01", 6592), ("05", 6296), ("13", 97510)], ids=str)
def test_an_example_plan_of_nights_costs_its_tenths(name, cost):
    problem = formats_pas.read(public("pas", f"testdata{name}.txt"))
    found = recount(problem, plans.read(public("pas", "solutions", f"testdata{name}_example.csv")))
    assert (found.cost, found.broken, found.left_out) == (cost, 0, ())


def test_who_is_left_out_is_named_and_breaks_a_rule():
    found = recount(ward(patient("a"), patient("b")), lying(("a", 0, "single")))
    assert (found.left_out, found.broken) == (("b",), 1)


def test_a_stay_is_whole_and_without_a_gap():
    problem = ward(patient("a", 2))
    assert counted(problem, ("a", 0, "single"))[rules.WHOLE_STAY] == (1, 0)
    assert counted(problem, ("a", 0, "single"), ("a", 2, "single"))[rules.WHOLE_STAY] == (1, 0)
    assert counted(problem, ("a", 0, "single"), ("a", 0, "double"))[rules.WHOLE_STAY] == (1, 0)


def test_a_room_holds_no_more_than_it_has_beds():
    problem = ward(patient("a"), patient("b"))
    assert counted(problem, ("a", 0, "single"), ("b", 0, "single")) == {rules.CAPACITY: (1, 0)}


def test_an_admission_is_neither_early_nor_late_and_waiting_has_a_price():
    problem = ward(patient("a", first=1, latest=2), prices=Prices(delay=5))
    assert counted(problem, ("a", 0, "single")) == {rules.WINDOW: (1, 0)}
    assert counted(problem, ("a", 3, "single")) == {rules.WINDOW: (1, 0), rules.DELAY: (2, 10)}


@pytest.mark.parametrize(
    ("given", "price", "hard", "soft"),
    [
        ({"needed": frozenset("xy")}, "needed", (rules.NEEDED, 2), (rules.NEEDED_WANTED, 2)),
        ({"age": 80}, "age", (rules.AGE, 1), (rules.AGE_WANTED, 1)),
        ({"specialisms": ("t",)}, "department", (rules.DEPARTMENT, 1), (rules.DEPARTMENT_WANTED, 1)),
    ],
    ids=["property", "age", "department"],
)
def test_what_one_family_forbids_another_prices(given, price, hard, soft):
    one = dataclasses.replace(patient("a"), **given)
    departments = (Department("d", {"s": 1}, most_age=60),)
    assert counted(ward(one, departments=departments), ("a", 0, "single")) == {hard[0]: (hard[1], 0)}
    priced = ward(one, departments=departments, prices=Prices(**{price: 7}))
    assert counted(priced, ("a", 0, "single")) == {soft[0]: (soft[1], 7 * soft[1])}


def test_a_preferred_property_that_is_needed_too_is_counted_once():
    one = patient("a", needed=frozenset("x"), preferred=frozenset("xy"))
    found = counted(ward(one, prices=Prices(needed=50, preferred=20)), ("a", 0, "single"))
    assert found == {rules.NEEDED_WANTED: (1, 50), rules.PREFERRED: (1, 20)}


def test_a_room_may_be_too_large_of_the_other_sex_or_serve_a_specialism_less_well():
    rooms = (Room("men", 2, "d", Policy.MALE, priorities={"s": 2}),)
    prices = Prices(size=8, fixed_sex=50, second_priority=10)
    found = counted(ward(patient("a", size=1), rooms=rooms, prices=prices), ("a", 0, "men"))
    assert found == {rules.SIZE: (1, 8), rules.FIXED_SEX: (1, 50), rules.SECOND_PRIORITY: (1, 10)}
    third = (dataclasses.replace(rooms[0], priorities={"t": 1}),)
    found = counted(ward(patient("a"), rooms=third, prices=Prices(no_priority=20)), ("a", 0, "men"))
    assert found[rules.NO_PRIORITY] == (1, 20)


def test_an_auxiliary_specialism_has_a_price():
    departments = (Department("d", {"s": 2}),)
    found = counted(
        ward(patient("a"), departments=departments, prices=Prices(auxiliary=20)), ("a", 0, "single")
    )
    assert found == {rules.AUXILIARY: (1, 20)}


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (Prices(mixed=None), {rules.ONE_SEX: (1, 0)}),
        (Prices(mixed=50), {rules.MIXED: (1, 50)}),
        (Prices(mixed=50, mixed_by_person=True), {rules.MIXED: (2, 100)}),
    ],
    ids=["forbidden", "by day", "by person"],
)
def test_both_sexes_in_a_room_are_counted_as_the_family_has_it(prices, expected):
    people = [
        patient(name, sex=sex)
        for name, sex in zip("abcd", (Sex.MALE, Sex.MALE, *[Sex.FEMALE] * 2), strict=True)
    ]
    rooms = (Room("large", 4, "d", Policy.SAME),)
    problem = ward(*people, rooms=rooms, prices=prices)
    assert counted(problem, *((one.id, 0, "large") for one in people)) == expected


def test_a_transfer_counts_also_from_the_room_in_which_one_is_already():
    problem = ward(patient("a", 2, room="double"), prices=Prices(transfer=100))
    assert counted(problem, ("a", 0, "single"), ("a", 1, "double")) == {rules.TRANSFER: (2, 200)}


def test_a_bed_is_short_when_those_at_risk_would_have_stayed():
    problem = ward(patient("a", at_risk=True), patient("b", first=1), prices=Prices(risk=1))
    assert counted(problem, ("a", 0, "single"), ("b", 1, "single")) == {rules.RISK: (1, 1)}
    assert counted(problem, ("a", 0, "double"), ("b", 1, "double")) == {}


def operated(name: str, minutes: int, latest: int = 1):
    return patient(name, surgery=Surgery("s", minutes), latest=latest)


def test_planned_surgery_keeps_to_its_slots_and_their_overtime():
    theatre = Theatre(60, {(0, "s"): 1}, over_per_slot=30, over_per_day=60)
    problem = ward(operated("a", 100), theatre=theatre, prices=Prices(overtime=3))
    expected = {rules.THEATRE_SPECIALISM: (10, 0), rules.OVERTIME: (80, 240)}
    assert counted(problem, ("a", 0, "single")) == expected


def test_urgent_surgery_takes_time_of_the_day_but_no_slot():
    theatre = Theatre(60, {(0, "s"): 1})
    problem = ward(operated("a", 130, latest=0), theatre=theatre, prices=Prices(overtime=3, idle_minute=10))
    expected = {
        rules.THEATRE_DAY: (10, 0),
        rules.OVERTIME: (70, 210),
        rules.IDLE_THEATRE: (60, 600),
    }
    assert counted(problem, ("a", 0, "single")) == expected


def test_idle_beds_and_slots_are_counted_up_to_what_is_wanted_within_the_counted_days():
    theatre = Theatre(60, {(0, "s"): 1, (1, "s"): 1})
    prices = Prices(idle_minute=10, idle_bed=20)
    problem = ward(operated("a", 50), theatre=theatre, counted=1, prices=prices)
    assert counted(problem, ("a", 0, "single")) == {}
    assert counted(problem, ("a", 1, "single")) == {rules.IDLE_THEATRE: (50, 500), rules.IDLE_BEDS: (1, 20)}


def test_a_private_patient_should_lie_alone():
    problem = ward(patient("a", private=True), patient("b"), prices=Prices(shared_private=1000))
    found = counted(problem, ("a", 0, "double"), ("b", 0, "double"))
    assert found == {rules.SHARED_PRIVATE: (1, 1000)}


def test_a_plan_of_what_is_not_known_is_refused_with_all_of_it():
    with pytest.raises(InvalidInstance) as refused:
        recount(ward(patient("a")), lying(("x", 0, "single"), ("a", 9, "attic")))
    assert len(refused.value.problems) == 3
