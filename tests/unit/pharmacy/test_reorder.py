"""What is ordered: policies tuned for each item, plans that repeat, a watch that warns."""

import itertools
import json
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget
from solver.pharmacy.perishable.item import Costs, PerishableItem
from solver.pharmacy.perishable.kernels_policy import order_today
from solver.pharmacy.perishable.policies import Kind, Policy
from solver.pharmacy.perishable.simulate import Terms, Trial
from solver.pharmacy.perishable.tables import tables
from solver.pharmacy.reorder.formats import policy_name, read_stock
from solver.pharmacy.reorder.plan import plan
from solver.pharmacy.reorder.problem import History, OnOrder, ReorderProblem, StockItem, StockLot
from solver.pharmacy.reorder.referee import recount
from solver.pharmacy.reorder.tuning import choose, exact_order, thumb
from solver.pharmacy.reorder.watch import Alert, Event, outlook

COSTS = Costs(fixed=4, shortage=20, wastage=8, holding=0.02)
QUIET = History((4, 5, 3, 6, 4, 5, 2) * 12)


def item(name: str = "A", **fields) -> StockItem:
    told = {"costs": COSTS, "useful_life": 60, "lead_time": 2, "history": QUIET, **fields}
    return StockItem(name, **told)


def test_a_tuned_policy_costs_no_more_than_the_rule_of_thumb_on_days_it_has_not_seen() -> None:
    for each in (item(), item(useful_life=4, lead_time=1), item(review=7, pack=10)):
        tuned, plain = choose(each, 1), choose(each, 1, tune=False)
        assert tuned.expected.daily_cost < plain.expected.daily_cost * 1.01
        assert tuned.tuned
        assert not plain.tuned


def test_service_and_waste_rise_together_along_the_curve() -> None:
    curve = choose(item(useful_life=4, lead_time=1), 1).curve
    for one, next_one in itertools.pairwise(curve):
        assert one.level < next_one.level
        assert one.service <= next_one.service + 0.01
        assert one.waste <= next_one.waste + 0.01
    assert curve[0].service < curve[-1].service


def test_a_dearer_shortage_buys_more_service() -> None:
    cheap, dear = (choose(item(costs=replace(COSTS, shortage=s)), 1).expected.service for s in (0.5, 50))
    assert cheap < dear


def test_orders_come_in_packs_and_no_larger_than_allowed() -> None:
    assert choose(item(pack=25, lots=()), 1).order % 25 == 0
    capped = item(largest_order=6)
    assert choose(capped, 1).order <= 6


def test_what_is_on_hand_or_on_order_is_not_ordered_again() -> None:
    costs = replace(COSTS, fixed=0)
    first = choose(item(costs=costs), 1)
    none, held = first.order, (StockLot("L", int(first.policy.level) - 4, 50),)
    some = choose(item(costs=costs, lots=held), 1).order
    more = choose(item(costs=costs, lots=held, on_order=(OnOrder(3, 0),)), 1).order
    assert none > some > more
    expired = item(costs=costs, lots=(StockLot("L", 5, 0), StockLot("M", 5, 50, usable=False)))
    assert choose(expired, 1).order == none


def test_stock_is_read_by_the_day_it_would_have_been_ordered() -> None:
    stock = item(
        useful_life=4,
        lead_time=3,
        lots=(StockLot("a", 2, 1), StockLot("b", 3, 4), StockLot("c", 1, 9)),
        on_order=(OnOrder(7, 0), OnOrder(8, 1), OnOrder(9, 5)),
    )
    units, position = stock.by_order_day()
    # Nothing with no day left, then on hand with 1, 2, 3, 4 (and more) days, then what arrives this evening, tomorrow
    # or later.
    assert units.tolist() == [0, 2, 0, 0, 4, 7, 8 + 9]
    assert position == 30


def test_the_order_of_today_is_that_of_the_same_state_in_a_simulation() -> None:
    """Fifty simulated days; on the last, what is left of every order is shown to the rule as stock of an item."""
    terms = Terms(5, 3, COSTS)
    policy = Policy(30.0, 12, below=29.0, ahead=4, spare=(0.5, 0.25), kind=Kind.AGE_AWARE)
    demand = np.random.default_rng(1).poisson(5, (1, 50))
    trial = Trial(terms, demand)
    trial.outcome(policy)
    units = trial._units
    day = 49
    lots = tuple(
        StockLot(f"L{r}", int(units[day - 3 - 5 + r]), r) for r in range(1, 6) if 0 <= day - 8 + r <= day - 3
    )
    on_order = tuple(OnOrder(int(units[k]), k + 2 - day) for k in (day - 2, day - 1) if units[k])
    held = item(
        useful_life=5, lead_time=3, lots=tuple(each for each in lots if each.quantity), on_order=on_order
    )
    array, position = held.by_order_day()
    rule, spare = policy.rule(trial.mean), np.array(policy.spare)
    alike = order_today(terms.array(), rule, spare, array, position)
    before = order_today(terms.array(), rule, spare, units[:day].copy(), int(units[day - 7 : day].sum()))
    assert alike == before


def test_dynamic_programming_orders_for_small_items_and_leaves_others_alone() -> None:
    small = item(useful_life=2, lead_time=1, largest_order=10)
    assert choose(small, 1).exact
    assert (
        exact_order(
            replace(small, lots=(StockLot("L", 10, 2), StockLot("M", 10, 1))), choose(small, 1).demand, 10
        )
        == 0
    )
    assert not choose(replace(small, pack=2), 1).exact
    assert not choose(item(), 1).exact


@pytest.mark.parametrize("largest", [100_000, 1_000_000])
def test_a_large_order_of_an_item_used_up_within_the_day_is_left_to_simulation(largest: int) -> None:
    """One state, but tables that grow with the square of the largest order."""
    fresh = item(useful_life=1, lead_time=0, largest_order=largest)
    assert exact_order(fresh, choose(fresh, 1, tune=False).demand, largest) is None
    with pytest.raises(InvalidInstance, match="outcomes"):
        tables(PerishableItem(1, 0, 100_000, ((0.5, 0.5),), COSTS))


def test_dynamic_programming_does_not_look_away_from_stock_beyond_its_states() -> None:
    small = item(useful_life=2, lead_time=1, largest_order=10)
    demand = choose(small, 1).demand
    plenty = replace(small, lots=(StockLot("L", 400, 2),))
    assert exact_order(plenty, demand, 10) is None
    assert choose(plenty, 1).order == 0


def test_the_curve_never_supposes_an_order_above_the_largest() -> None:
    """Where the largest order binds, a higher level brings no more."""
    choice = choose(item(largest_order=3), 1)
    assert choice.policy.most == 3
    assert len({point.service for point in choice.curve[3:]}) == 1


@pytest.mark.parametrize("units", [0, 5])
def test_an_item_that_ran_out_on_every_day_is_ordered_by_a_person(units: int) -> None:
    """Its history says that demand was at least so much; a policy tuned on a guess orders for nobody or for ten."""
    empty = item(history=History((units,) * 30, frozenset(range(30))))
    choice = choose(empty, 1)
    assert (choice.by_person, choice.order, choice.demand.mean) == (True, 0, units)
    assert policy_name(choice) == "person_decides"
    kinds = {event.kind: event for event in outlook(empty, choice.demand.mean).events}
    assert set(kinds) == {Alert.DEMAND_UNKNOWN, Alert.RUNS_OUT}
    assert kinds[Alert.RUNS_OUT].in_days == 0
    assert plan(ReorderProblem((empty,))).untuned == 0


def test_nothing_on_hand_after_a_day_that_ran_out_is_told_whatever_the_demand() -> None:
    gone = item(history=History((0,) * 30, frozenset({29})))
    assert [event.kind for event in outlook(gone, 0.0).events] == [Alert.RUNS_OUT]
    assert outlook(replace(gone, history=History((0,) * 30, frozenset({28}))), 0.0).events == ()


@pytest.mark.parametrize(
    "cost", [pytest.param(10**400, id="400 digits"), True, float("inf"), float("nan"), -1, 2e9, "dear"]
)
def test_a_cost_is_a_number_that_can_be_reckoned_with(cost: object) -> None:
    with pytest.raises(InvalidInstance, match="from 0 to 1000000000"):
        Costs(shortage=cost)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"pack": 1', '"pack": ' + "9" * 5000),
        ('"state": "available"', '"state": []'),
        ('"shortage": 1', '"shortage": 1' + "0" * 400),
        ('"shortage": 1', '"shortage": true'),
    ],
)
def test_what_no_number_or_state_may_be_is_refused_like_any_fault(old: str, new: str) -> None:
    lot = '{"id": "L", "quantity": 1, "expires": "2026-12-01", "state": "available"}'
    text = (
        '{"format": "wardflow-stock", "version": 1, "today": "2026-11-27", "items": [{"id": "A", "pack": 1,'
        ' "costs": {"shortage": 1}, "useful_life_days": 9, "lead_time_days": 1, "history": {"issued": [1]},'
        f' "lots": [{lot}]}}]}}'
    )
    assert len(read_stock(text).items) == 1
    with pytest.raises(InvalidInstance) as refused:
        read_stock(text.replace(old, new))
    assert len(refused.value.problems) == 1


def test_a_rule_of_thumb_never_stocks_more_than_can_be_used_before_it_expires() -> None:
    short = item(useful_life=2, lead_time=1, review=7)
    demand = choose(short, 1, tune=False).demand
    assert thumb(short, demand, 100).level <= demand.mean * 3 + 1


def test_the_same_seed_gives_the_same_plan_on_any_number_of_workers() -> None:
    problem = ReorderProblem(tuple(item(f"I{n}", lead_time=1 + n % 3) for n in range(12)))
    one, two = plan(problem, seed=3), plan(problem, seed=3, workers=2)
    assert one == two
    assert one.verified
    alone = plan(ReorderProblem(problem.items[5:6]), seed=3)
    assert alone.lines == one.lines[5:6], "an item's chance does not depend on the others"


def test_when_time_is_over_the_rest_gets_a_rule_of_thumb() -> None:
    problem = ReorderProblem(tuple(item(f"I{n}") for n in range(12)))
    found = plan(problem, Budget(iterations=1))
    assert [line.choice.tuned for line in found.lines] == [True] * 10 + [False] * 2
    assert found.untuned == 2


def test_an_order_is_recounted() -> None:
    problem = ReorderProblem((item("A", pack=10, largest_order=40), item("B")))
    sound = recount(problem, {"A": 40, "B": 0}, {"A": 30, "B": 2})
    assert sound.clean
    assert sound.counts == {"order_as_proposed": 12}
    broken = recount(problem, {"A": 55, "C": 1})
    assert not broken.clean
    assert broken.counts == {
        "order_in_packs": 1,
        "order_within_largest": 15,
        "order_known_item": 1,
        "order_every_item": 1,
    }
    assert not recount(problem, {"A": -10, "B": 0}).clean


def test_the_watch_tells_what_expires_unused_runs_out_or_may_not_be_used() -> None:
    watched = item(
        safety_stock=30,
        minimum_days_left=1,
        lots=(
            StockLot("gone", 2, 1),
            StockLot("too many", 12, 3),
            StockLot("enough", 4, 20),
            StockLot("recalled", 9, 20, usable=False),
            StockLot("none", 0, 20),
        ),
        on_order=(OnOrder(50, 5),),
        lead_time=10,
    )
    found = outlook(watched, 4.0)
    # Eight of "too many" in the two days it may be given out, then four of "enough" on the third.
    assert found.days_of_cover == pytest.approx(3.0)
    assert found.next_delivery == 6
    assert found.on_hand == 16
    assert found.bands == (0, 14, 13, 0, 0, 0)
    events = {(event.kind, event.lot_id, event.quantity, event.in_days) for event in found.events}
    assert events == {
        (Alert.EXPIRES_TOO_SOON, "gone", 2, 1),
        (Alert.EXPIRES_UNUSED, "too many", 4, 2),
        (Alert.NOT_USABLE, "recalled", 9, 0),
        (Alert.RUNS_OUT, None, 16, 3),
        (Alert.BELOW_SAFETY, None, 14, 0),
    }


def test_an_order_that_is_overdue_is_not_counted_on_and_the_watch_says_so() -> None:
    """Eight units last two days. What comes this evening saves the day after; what should have come yesterday may
    never come, and an order of today takes ten days."""
    stock, mean = (StockLot("L", 8, 50),), 4.0
    evening = outlook(item(lots=stock, on_order=(OnOrder(40, 0),), lead_time=10), mean)
    assert (evening.next_delivery, evening.events) == (1, ())
    orders = OnOrder(40, -1), OnOrder(5, -3)
    late = outlook(item(lots=stock, on_order=orders, lead_time=10), mean)
    assert late.next_delivery == 10
    assert late.events == (
        Event(Alert.RUNS_OUT, "A", 8, 2),
        Event(Alert.ORDER_OVERDUE, "A", 45, -3),
    )
    nothing = item(lots=stock, lead_time=10).by_order_day()
    overdue = item(lots=stock, on_order=orders, lead_time=10).by_order_day()
    assert (overdue[0].tolist(), overdue[1]) == (nothing[0].tolist(), nothing[1])


def test_an_order_of_a_file_that_was_to_come_before_today_is_overdue() -> None:
    order = {"quantity": 7, "arrives": "2026-02-27"}
    one = {
        "id": "A",
        "useful_life_days": 60,
        "lead_time_days": 2,
        "history": {"issued": [1]},
        "on_order": [order],
    }
    told = {"format": "wardflow-stock", "version": 1, "today": "2026-03-01", "items": [one]}
    assert read_stock(json.dumps(told)).items[0].on_order == (OnOrder(7, -2),)


def test_the_watch_is_silent_where_all_is_well() -> None:
    assert outlook(item(lots=(StockLot("L", 40, 50),)), 4.0).events == ()
    nobody = outlook(item(lots=(StockLot("L", 40, 50),)), 0.0)
    assert nobody.days_of_cover == inf
    assert nobody.events == ()


@pytest.mark.parametrize(("minimum", "on_hand", "cover"), [(9, 8, 2.0), (10, 4, 1.0)])
def test_a_lot_that_must_last_longer_than_it_does_is_not_counted_on(
    minimum: int, on_hand: int, cover: float
) -> None:
    """One day more that must be left, and the lot of ten days may not be given out today."""
    strict = StockLot("strict", 4, 10, minimum_days_left=minimum)
    found = outlook(item(lots=(strict, StockLot("b", 4, 50))), 4.0)
    kinds = {(event.kind, event.lot_id) for event in found.events}
    assert (found.on_hand, found.days_of_cover) == (on_hand, pytest.approx(cover))
    assert ((Alert.EXPIRES_TOO_SOON, "strict") in kinds) == (minimum == 10)
    assert ((Alert.RUNS_OUT, None) in kinds) == (minimum == 10)


def test_of_an_items_and_a_lots_least_life_the_longer_holds() -> None:
    lots = (StockLot("a", 1, 10, minimum_days_left=3), StockLot("b", 1, 10, minimum_days_left=8))
    stock = item(minimum_days_left=5, lots=lots)
    assert [stock.days(lot) for lot in lots] == [5, 2]
    assert (
        outlook(item(lots=(StockLot("c", 1, 0, minimum_days_left=5),)), 0.0).events[0].kind is Alert.EXPIRED
    )


def test_a_lot_of_a_file_may_have_a_least_life_of_its_own() -> None:
    lot = {"id": "L", "quantity": 1, "expires": "2026-03-11", "minimum_days_left": 4}
    one = {"id": "A", "useful_life_days": 60, "lead_time_days": 2, "history": {"issued": [1]}, "lots": [lot]}
    told = {"format": "wardflow-stock", "version": 1, "today": "2026-03-01", "items": [one]}
    [read] = read_stock(json.dumps(told)).items
    assert read.days(read.lots[0]) == 6


def test_cover_ends_at_the_first_gap() -> None:
    """What expires before it is reached does not last longer for the lots behind it."""
    lots = (StockLot("a", 100, 2), StockLot("b", 4, 10))
    assert outlook(item(lots=lots), 4.0).days_of_cover == pytest.approx(3.0)


def test_every_fault_of_an_item_is_named_at_once() -> None:
    with pytest.raises(InvalidInstance) as refused:
        item(
            "",
            useful_life=3,
            minimum_days_left=3,
            review=0,
            lead_time=-1,
            pack=0,
            lots=(StockLot("L", 1, 1),) * 2,
        )
    assert len(refused.value.problems) == 6
    with pytest.raises(InvalidInstance) as refused:
        History((1, -2, "many", float("nan")), frozenset({9}))  # type: ignore[arg-type]
    assert len(refused.value.problems) == 4
    with pytest.raises(InvalidInstance, match="each id once"):
        ReorderProblem((item(), item()))
