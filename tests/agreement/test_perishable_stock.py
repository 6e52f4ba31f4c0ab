"""Exact recursions, simulation and a plain count of one day agree."""

import itertools

import numpy as np
import pytest

from solver.engine.errors import InvalidInstance
from solver.pharmacy.perishable.demand import poisson
from solver.pharmacy.perishable.exact import Exact
from solver.pharmacy.perishable.item import Costs, Issue, PerishableItem
from solver.pharmacy.perishable.policies import Kind, Policy, waste_aware
from solver.pharmacy.perishable.simulate import Terms, Trial, drawn, orders_in_states
from solver.pharmacy.perishable.two_items import ExactPair, Pair

COSTS = Costs(order=2, fixed=3, shortage=9, wastage=4, holding=1)
WEEK = (poisson(2.0, 8), poisson(1.0, 8))


def plain_day(
    item: PerishableItem, state: tuple[int, ...], order: int, demand: int
) -> tuple[float, tuple[int, ...]]:
    """Cost and next state of one day, as the model tells it in words; the arrival is always fresh.

    A state lists classes, those with one day left first, then orders in transit, oldest first.
    """
    classes = item.useful_life if item.lead_time else item.useful_life - 1
    stock, transit = list(state[:classes]), [*state[classes:], order]
    if item.lead_time == 0:
        stock.append(transit.pop())
    costs, lost = item.costs, demand
    for place in range(len(stock)) if item.issue is Issue.FIFO else reversed(range(len(stock))):
        taken = min(stock[place], lost)
        stock[place] -= taken
        lost -= taken
    cost = costs.order * order + costs.fixed * (order > 0) + costs.shortage * lost
    cost += costs.wastage * stock[0] + costs.holding * sum(stock[1:])
    arriving = [transit.pop(0)] if item.lead_time else []
    return cost, (*stock[1:], *arriving, *transit)


def plain_values(item: PerishableItem, orders: np.ndarray) -> np.ndarray:
    """Discounted cost from every state on, by solving the linear equations of the policy."""
    places = item.useful_life + item.lead_time - 1
    states = list(itertools.product(range(item.levels), repeat=places))
    number = {state: index for index, state in enumerate(states)}
    size = len(states)
    matrix, right = np.eye(size * item.cycle), np.zeros(size * item.cycle)
    for day, (index, state) in itertools.product(range(item.cycle), enumerate(states)):
        row = day * size + index
        for demand, chance in enumerate(item.demand[day]):
            cost, following = plain_day(item, state, int(orders[day, index]), demand)
            right[row] += chance * cost
            matrix[row, (day + 1) % item.cycle * size + number[following]] -= item.discount * chance
    return np.linalg.solve(matrix, right).reshape(item.cycle, size)


@pytest.mark.parametrize("lead_time", [0, 1, 2])
@pytest.mark.parametrize("issue", list(Issue))
def test_the_value_of_orders_solves_the_equations_of_a_day_told_in_words(
    lead_time: int, issue: Issue
) -> None:
    item = PerishableItem(2, lead_time, 4, WEEK, COSTS, issue, 0.9)
    exact = Exact(item)
    best = exact.best(1e-9)
    assert exact.value(best.orders, 1e-9).values == pytest.approx(plain_values(item, best.orders), abs=1e-6)
    assert best.values == pytest.approx(plain_values(item, best.orders), abs=1e-6)
    other = np.random.default_rng(3).integers(0, 5, best.orders.shape)
    assert exact.value(other, 1e-9).values == pytest.approx(plain_values(item, other), abs=1e-6)
    assert (plain_values(item, other) >= best.values - 1e-6).all()


@pytest.mark.parametrize("lead_time", [0, 1, 3])
@pytest.mark.parametrize("issue", list(Issue))
def test_simulated_days_have_the_expectations_of_the_exact_walk(lead_time: int, issue: Issue) -> None:
    item = PerishableItem(2, lead_time, 5, WEEK, COSTS, issue)
    policy = Policy(6.0, 4, below=5.0, ahead=2, spare=(0.5, 0.25), kind=Kind.AGE_AWARE)
    exact = Exact(item).figures(orders_in_states(item, policy), 10, 90)
    trial = Trial(Terms.of(item), drawn(np.random.default_rng(5), np.array(item.demand), 4000, 100), 10)
    # The rule's mean is the sample's in the one and the model's in the other: the same to three digits.
    trial.mean = item.mean_demand()
    found = trial.outcome(policy)
    assert abs(found.daily_cost - exact.daily_cost) < 5 * found.error
    assert found.service == pytest.approx(exact.service, abs=0.01)
    assert found.waste == pytest.approx(exact.waste, abs=0.01)
    assert found.ordered == pytest.approx(exact.daily_order, rel=0.01)


def test_the_average_of_two_items_is_that_of_days_counted_one_by_one() -> None:
    pair = Pair(1.0, 1.5, 0.5, 2, 2, 1.0, 0.4)
    orders = np.random.default_rng(1).integers(0, 3, (2, 3, 3, 3, 3))
    found = ExactPair(pair).value(*orders, tolerance=1e-10).daily_profit
    states = list(itertools.product(range(3), repeat=4))
    moves, earned = np.zeros((81, 81)), np.zeros(81)
    own, switching = poisson(1.0), poisson(1.5)
    for (fresh_a, old_a, fresh_b, old_b), demand_b in itertools.product(states, range(len(switching))):
        here = states.index((fresh_a, old_a, fresh_b, old_b))
        order_a, order_b = (int(each[fresh_a, old_a, fresh_b, old_b]) for each in orders)
        excess = max(0, demand_b - fresh_b - old_b)
        for switch in range(excess + 1):
            ways = float(np.prod([(excess - i) / (i + 1) for i in range(switch)])) * 0.5**excess
            for demand_a, chance_a in enumerate(own):
                chance = switching[demand_b] * ways * chance_a
                wanted = demand_a + switch
                left_a = fresh_a - max(0, min(wanted, fresh_a + old_a) - old_a)
                left_b = fresh_b - max(0, min(demand_b, fresh_b + old_b) - old_b)
                moves[here, states.index((order_a, left_a, order_b, left_b))] += chance
                earned[here] += chance * (min(wanted, fresh_a + old_a) + min(demand_b, fresh_b + old_b))
    earned -= 0.4 * np.array([sum(int(each[state]) for each in orders) for state in states])
    balance = np.vstack([(moves.T - np.eye(81))[:-1], np.ones(81)])
    stationary = np.linalg.lstsq(balance, np.eye(81)[-1], rcond=None)[0]
    assert found == pytest.approx(float(stationary @ earned), abs=1e-6)


def test_bsp_low_ew_orders_what_the_oldest_class_will_not_serve() -> None:
    item = PerishableItem(2, 1, 10, (poisson(5),), Costs(order=1, shortage=2))
    orders = orders_in_states(item, waste_aware(13, 10))[0].reshape(11, 11)
    for old, fresh in itertools.product(range(11), range(11)):
        expected = 13 - old - fresh + max(0, old - 5) if old + fresh < 13 else 0
        assert orders[old, fresh] == min(10, expected)


def test_every_fault_of_an_item_is_named_at_once() -> None:
    with pytest.raises(InvalidInstance) as refused:
        PerishableItem(0, 1, 3, ((0.5, 0.4), ()), Costs(), Issue.FIFO, 1.5, ((1.0,),))
    text = str(refused.value)
    for culprit in ("useful_life", "discount", "demand, day 0", "demand, day 1"):
        assert culprit in text
    with pytest.raises(InvalidInstance, match="rows") as refused:
        PerishableItem(2, 1, 3, ((1.0,),), Costs(), life=((0.5, 0.4),))
    assert len(refused.value.problems) == 3


def test_costs_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InvalidInstance) as refused:
        Costs(order=float("nan"), holding=-1)
    assert len(refused.value.problems) == 2


def test_an_item_with_too_many_states_is_told_to_be_tuned_by_simulation() -> None:
    with pytest.raises(InvalidInstance, match="simulation"):
        Exact(PerishableItem(8, 3, 10, ((1.0,),), Costs()))
