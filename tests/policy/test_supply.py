"""What a batch of requests for drugs is held to, from the words of CLINICAL safeguards 5 and 6 and of the rules."""

import random
import time
from dataclasses import replace

import pytest

from benchmarks.quality.drug_batches import DAY, NOW, by_chance
from solver.engine.errors import InvalidInstance
from solver.engine.result import Status
from solver.engine.rule import Profile
from solver.hospital import BloodGroup, Drug, HandlingClass, LotState, Person, Priority, Sex
from solver.pharmacy import rules
from solver.pharmacy.explain import why_short
from solver.pharmacy.kernels import blood_fits
from solver.pharmacy.plan import Given, SupplyPlan
from solver.pharmacy.prices import Prices
from solver.pharmacy.problem import DEAREST, SupplyProblem
from solver.pharmacy.rationing import Criterion, RationingOrder
from solver.pharmacy.referee import recount
from solver.pharmacy.solve import solve
from tests.pharmacy_batches import ASPIRIN, lot, request

GENERIC = Drug("generic", "aspirin 100 mg, other maker", "acetylsalicylic acid")
OTHER = Drug("other", "something else", "other substance")
BLOOD = Drug("cells", "red cells", "red cells", handling=HandlingClass.BLOOD)


def problem(lots, requests, drugs=(ASPIRIN,), **fields) -> SupplyProblem:
    return SupplyProblem(NOW, tuple(drugs), tuple(lots), tuple(requests), **fields)


def given(found: SupplyProblem) -> dict[str, dict[str, int]]:
    """Request -> lot -> quantity of the optimal plan."""
    plan = solve(found).plan
    return {r.id: {each.lot_id: each.quantity for each in plan.of_request(r.id)} for r in found.requests}


def broken(found: SupplyProblem, *uses: tuple[str, str, int]) -> set[str]:
    """Ids of hard rules that the referee finds broken."""
    counts = recount(found, SupplyPlan(tuple(Given(*use) for use in uses), "c", 1)).counts
    return {r.id for r in rules.SUPPLY_RULES if r.level is not rules.Level.SOFT and counts[r.id]}


def test_the_lot_that_expires_first_is_used_first() -> None:
    assert given(problem([lot("L2", days=9), lot("L1", days=8)], [request("R", 5)])) == {"R": {"L1": 5}}
    # Its mirror image: the names exchanged, the dates not.
    assert given(problem([lot("L1", days=9), lot("L2", days=8)], [request("R", 5)])) == {"R": {"L2": 5}}


def test_a_batch_keeps_the_long_lasting_lot_for_whoever_needs_it() -> None:
    """One by one the first would take what the second alone cannot do without."""
    found = problem(
        [lot("short", 5, days=3), lot("long", 5, days=30)],
        [request("late", 5, use_until=NOW + 20 * DAY), request("soon", 5, asked_at=NOW - 900)],
    )
    assert given(found) == {"late": {"long": 5}, "soon": {"short": 5}}


def test_a_lot_that_expires_before_the_last_use_is_never_given() -> None:
    until = NOW + 10 * DAY
    assert given(problem([lot("L", days=9)], [request("R", use_until=until)])) == {"R": {}}
    assert given(problem([lot("L", days=10)], [request("R", use_until=until)])) == {"R": {"L": 1}}
    assert broken(problem([lot("L", days=9)], [request("R", use_until=until)]), ("R", "L", 1)) == {
        "lot_expiry"
    }


def test_a_lot_that_would_last_too_short_when_the_last_of_it_is_given_is_never_given() -> None:
    until = NOW + 10 * DAY
    for minimum, quantity in ((2 * DAY + 1, 1), (2 * DAY + 2, 0)):
        found = problem([lot("L", days=12, minimum_minutes_left=minimum)], [request("R", use_until=until)])
        assert given(found) == {"R": {"L": 1} if quantity else {}}
        assert broken(found, ("R", "L", 1)) == (set() if quantity else {"lot_expiry"})
        [reason] = why_short(found, SupplyPlan((), "c", 1), "R")
        assert (reason.rule.id == "lot_expiry") == (not quantity)


def test_expired_stock_is_not_given_even_for_a_use_that_is_past() -> None:
    found = problem([lot("L", days=-1)], [request("R", use_until=NOW - 5 * DAY)])
    assert given(found) == {"R": {}}
    assert broken(found, ("R", "L", 1)) == {"lot_expiry"}


@pytest.mark.parametrize("state", [LotState.QUARANTINED, LotState.RECALLED, LotState.LOCKED])
def test_a_lot_in_quarantine_recalled_or_locked_is_never_given(state: LotState) -> None:
    found = problem([lot("L", state=state)], [request("R")])
    assert given(found) == {"R": {}}
    assert broken(found, ("R", "L", 1)) == {"lot_usable"}


def test_a_wards_cabinet_serves_its_own_ward() -> None:
    found = problem([lot("L", ward_id="W2")], [request("R"), request("S", ward_id="W2")])
    assert given(found) == {"R": {}, "S": {"L": 1}}
    assert broken(found, ("R", "L", 1)) == {"lot_place"}
    assert broken(found, ("S", "L", 1)) == set()


def test_only_an_approved_equivalent_stands_in() -> None:
    approved = replace(ASPIRIN, equivalents=("generic",))
    lots = [lot("G", drug_id="generic"), lot("O", drug_id="other")]
    found = problem(lots, [request("R", 3)], (approved, GENERIC, OTHER))
    assert given(found) == {"R": {"G": 3}}
    assert broken(found, ("R", "O", 1)) == {"approved_equivalent"}
    # Approval has a direction: aspirin does not stand in for the generic.
    back = problem([lot("A")], [request("R", drug_id="generic")], (approved, GENERIC))
    assert given(back) == {"R": {}}


def test_the_drug_asked_for_is_better_than_an_equivalent_that_expires_sooner() -> None:
    approved = replace(ASPIRIN, equivalents=("generic",))
    found = problem([lot("G", days=2, drug_id="generic"), lot("A")], [request("R", 3)], (approved, GENERIC))
    assert given(found) == {"R": {"A": 3}}


def test_nobody_is_given_a_substance_they_are_allergic_to() -> None:
    allergic = Person("P", allergies=frozenset({"acetylsalicylic acid"}))
    found = problem([lot("L")], [request("R", person_id="P")], persons=(allergic,))
    assert given(found) == {"R": {}}
    assert broken(found, ("R", "L", 1)) == {"allergy"}
    assert given(replace(found, persons=(Person("P"),))) == {"R": {"L": 1}}


def test_blood_is_compatible_and_cross_matched_for_this_person() -> None:
    def bag(name: str, group: BloodGroup | None, matched: str | None):
        return lot(name, 1, drug_id="cells", blood_group=group, crossmatched_for=matched)

    bags = [
        bag("not matched", BloodGroup.O_NEG, None),
        bag("for another", BloodGroup.O_NEG, "Q"),
        bag("wrong group", BloodGroup.B_POS, "P"),
        bag("no group", None, "P"),
        bag("fits", BloodGroup.A_POS, "P"),
    ]
    persons = (Person("P", blood_group=BloodGroup.A_POS), Person("Q"))
    found = problem(bags, [request("R", 5, drug_id="cells", person_id="P")], (BLOOD,), persons=persons)
    assert given(found) == {"R": {"fits": 1}}
    assert broken(found, ("R", "not matched", 1)) == {"blood_crossmatch"}
    assert broken(found, ("R", "wrong group", 1)) == {"blood_group"}
    assert broken(found, ("R", "no group", 1)) == {"blood_group"}
    unknown = replace(found, persons=(Person("P"), Person("Q")))
    assert given(unknown) == {"R": {}}


def test_nothing_is_given_beyond_the_lot_or_the_request() -> None:
    found = problem([lot("L", 10, reserved=7)], [request("R", 5)])
    assert given(found) == {"R": {"L": 3}}
    assert broken(found, ("R", "L", 4)) == {"lot_quantity"}
    assert broken(problem([lot("L")], [request("R", 5)]), ("R", "L", 6)) == {"not_more_than_asked"}
    assert broken(problem([lot("L")], [request("R", 5)]), ("R", "L", 0)) == {"not_more_than_asked"}


def test_in_a_shortage_the_committees_order_decides() -> None:
    requests = [
        request("routine", 5, asked_at=NOW - 900),
        request("urgent", 5, priority=Priority.URGENT, days_of_cover=8),
        request("no cover", 5, priority=Priority.URGENT, days_of_cover=0),
    ]
    assert given(problem([lot("L", 8)], requests)) == {
        "routine": {},
        "urgent": {"L": 3},
        "no cover": {"L": 5},
    }
    cover_first = RationingOrder("drugs committee", 7, (Criterion.DAYS_OF_COVER, Criterion.PRIORITY))
    found = problem([lot("L", 8)], requests, rationing=cover_first)
    assert given(found) == {"routine": {"L": 3}, "urgent": {}, "no cover": {"L": 5}}
    plan = solve(found).plan
    assert (plan.committee, plan.order_version) == ("drugs committee", 7)


def test_no_saving_pays_for_a_unit_short_in_a_class_that_precedes() -> None:
    """The urgent one is served from an equivalent, below the safety stock, past 30 lots, and the routine one not."""
    approved = replace(ASPIRIN, equivalents=("generic",), safety_stock=100)
    lots = [lot(f"G{n}", 1, days=5 + n, drug_id="generic") for n in range(30)]
    lots.append(lot("Z", 1, days=99, drug_id="generic"))
    generic = replace(GENERIC, safety_stock=1000)
    urgent = request("U", 1, priority=Priority.URGENT, use_until=NOW + 90 * DAY)
    routine = request("R", 1, drug_id="generic", use_until=NOW + 90 * DAY, asked_at=NOW - 5000)
    assert given(problem(lots, [routine, urgent], (approved, generic))) == {"R": {}, "U": {"Z": 1}}


@pytest.mark.parametrize(("stock", "shares"), [(20, (15, 5)), (8, (6, 2)), (40, (30, 10)), (0, (0, 0))])
def test_equals_share_a_shortage_in_proportion_to_what_their_wards_asked_for(
    stock: int, shares: tuple
) -> None:
    """Two requests of one ward are one share: asking twice gains nothing."""
    requests = [request("A", 20), request("B", 10), request("C", 10, ward_id="W2", asked_at=NOW - 900)]
    found = given(problem([lot("L", stock)], requests))
    first, second = (sum(found[name].get("L", 0) for name in names) for names in ("AB", "C"))
    assert (first, second) == shares


def test_ties_go_to_who_asked_first() -> None:
    requests = [request("later", 5, asked_at=NOW - 1), request("first", 5, asked_at=NOW - 2)]
    assert given(problem([lot("L", 5)], requests)) == {"later": {}, "first": {"L": 5}}


def test_safety_stock_is_kept_where_an_equivalent_costs_less() -> None:
    approved = replace(ASPIRIN, equivalents=("generic",), safety_stock=10)
    found = problem([lot("A", 12), lot("G", drug_id="generic")], [request("R", 5)], (approved, GENERIC))
    # 1,000 for a unit of an equivalent is more than 200 for one below the safety stock ...
    assert given(found) == {"R": {"A": 5}}
    # ... and less in a profile that says so.
    dear = replace(found, profile=Profile(weights={"safety_stock": 2_000}))
    assert given(dear) == {"R": {"A": 2, "G": 3}}


def test_permuting_age_and_sex_changes_nothing() -> None:
    base = by_chance(4, drugs=15, lots=20, requests=20, asked_for=6)
    r = random.Random(2)
    sexes, born = [Sex.FEMALE, Sex.MALE] * 10, [n * 1_000_000 for n in range(20)]

    def plan():
        persons = tuple(
            Person(f"P{n}", sexes[n], born[n], allergies=frozenset({f"s{n % 3 * 5}"})) for n in range(20)
        )
        requests = tuple(replace(each, person_id=f"P{n}") for n, each in enumerate(base.requests))
        return solve(replace(base, requests=requests, persons=persons)).plan

    before = plan()
    r.shuffle(sexes)
    r.shuffle(born)
    assert plan() == before
    assert before.given != solve(base).plan.given, "allergies do count"


def test_an_order_may_look_at_nothing_but_its_criteria() -> None:
    with pytest.raises(InvalidInstance, match="nothing else may count"):
        RationingOrder("committee", 1, ("age",))  # type: ignore[arg-type]
    with pytest.raises(InvalidInstance) as refused:
        RationingOrder("", 0, (), (7, 3))
    assert len(refused.value.problems) == 4


def test_nothing_was_given_because_of_each_lot_and_its_reason() -> None:
    approved = replace(ASPIRIN, equivalents=("generic",))
    lots = [
        lot("expired", days=-3),
        lot("too short", days=2),
        lot("kept for longer", days=20, minimum_minutes_left=16 * DAY),
        lot("recalled", days=3, state=LotState.RECALLED),
        lot("cabinet", days=4, ward_id="W2"),
        lot("empty", 0, days=5),
        lot("elsewhere", 3, days=60, drug_id="generic"),
    ]
    requests = [
        request("R", 2, use_until=NOW + 5 * DAY),
        request("S", 3, priority=Priority.URGENT, use_until=NOW + 40 * DAY),
    ]
    found = problem(lots, requests, (approved, GENERIC))
    plan = solve(found).plan
    reasons = [(reason.lot_id, reason.rule.id, reason.left) for reason in why_short(found, plan, "R")]
    assert reasons == [
        ("expired", "lot_expiry", 10),
        ("too short", "lot_expiry", 10),
        ("recalled", "lot_usable", 10),
        ("cabinet", "lot_expiry", 10),
        ("empty", "lot_quantity", 0),
        ("kept for longer", "lot_expiry", 10),
        ("elsewhere", "committees_order", 0),
    ]
    assert why_short(found, plan, "S") == ()


@pytest.mark.parametrize("rule", [rules.COMMITTEES_ORDER, rules.FAIR_BETWEEN_WARDS, rules.FIRST_ASKED])
def test_no_profile_takes_the_committees_order_away(rule: rules.Rule) -> None:
    """Without a price of shortages the cheapest plan gives nobody anything."""
    for profile in (Profile(weights={rule.id: 0}), Profile(switched_off=frozenset({rule.id}))):
        with pytest.raises(InvalidInstance, match="set by the committee, not a price"):
            problem([lot("L")], [request("R")], profile=profile)
    assert given(problem([lot("L")], [request("R")], profile=Profile(weights={rule.id: 7}))) == {
        "R": {"L": 1}
    }


def test_weights_beyond_reckoning_are_refused_and_the_dearest_that_are_let_in_are_solved() -> None:
    base = by_chance(4, drugs=15, lots=40, requests=40, asked_for=6)
    dear = {rule.id: 10**9 for rule in rules.SUPPLY_RULES if rule.level is rules.Level.SOFT}
    with pytest.raises(InvalidInstance, match="Lower the weights, or split the batch"):
        replace(base, profile=Profile(weights=dear))
    last = base
    for power in range(30):
        try:
            weights = {"committees_order": 2**power, "fair_between_wards": 2**power}
            last = replace(base, profile=Profile(weights=weights))
        except InvalidInstance:
            break
    assert power > 10
    assert Prices.of(last).dearest(last) > DEAREST / 8
    assert solve(last).status is Status.OPTIMAL


def test_a_profile_may_open_the_cabinets() -> None:
    opened = Profile(switched_off=frozenset({"lot_place"}))
    found = problem([lot("L", ward_id="W2")], [request("R")], profile=opened)
    assert given(found) == {"R": {"L": 1}}
    assert broken(found, ("R", "L", 1)) == set()


def test_blood_stands_in_for_blood_only() -> None:
    """A ward's request has no person, and a bag that was matched for nobody has none either."""
    for one, other in ((replace(ASPIRIN, equivalents=("cells",)), BLOOD), (ASPIRIN, BLOOD)):
        bag = lot("bag", drug_id="cells", blood_group=BloodGroup.O_NEG)
        back = replace(other, equivalents=("aspirin",) if one is ASPIRIN else ())
        with pytest.raises(InvalidInstance, match="blood for blood only"):
            problem([bag], [request("R")], (one, back))


def test_nobody_is_given_a_bag_that_was_matched_for_nobody() -> None:
    bag = lot("bag", drug_id="cells", blood_group=BloodGroup.O_NEG)
    found = problem([bag], [request("R", drug_id="cells", person_id="P")], (BLOOD,), persons=(Person("P"),))
    lots = found.compiled.lots
    assert not blood_fits.py_func(lots, 0, -1, 7)
    assert not blood_fits.py_func(lots, 0, 0, 7)


def test_a_batch_of_a_billion_units_is_counted_at_once() -> None:
    found = problem([lot("L", 3)], [request("R", 10**9)])
    began = time.process_time()
    result = solve(found)
    assert time.process_time() - began < 1
    assert (result.status, result.cost) == (Status.OPTIMAL, result.bound)


def test_every_fault_of_a_batch_is_named_at_once() -> None:
    unapproved = replace(ASPIRIN, equivalents=("nowhere",))
    with pytest.raises(InvalidInstance) as refused:
        problem(
            [lot("L"), lot("L"), lot("M", drug_id="what")],
            [request("R", drug_id="which"), request("S", person_id="who"), request("B", drug_id="cells")],
            (unapproved, BLOOD),
        )
    text = str(refused.value)
    for culprit in ("'L'", "what", "nowhere", "which", "who", "cross-matched"):
        assert culprit in text
    assert len(refused.value.problems) == 6


@pytest.mark.parametrize(("days", "rank"), [(0, 0), (1, 1), (2, 1), (3, 2), (6, 2), (7, 3), (99, 3)])
def test_days_of_cover_fall_into_bands_whose_limit_belongs_to_the_next(days: int, rank: int) -> None:
    order = RationingOrder("committee", 1, (Criterion.DAYS_OF_COVER,))
    assert order.rank(Priority.ROUTINE, days) == rank
    assert RationingOrder("committee", 1).rank(Priority.SOON, days) == 2 * 4 + rank
    assert RationingOrder("committee", 1).classes == 16
