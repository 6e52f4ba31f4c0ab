"""Published figures on perishable stock, each to one in its last printed digit.

The settings that take longer run in `python -m benchmarks.quality.pharmacy`.
"""

import numpy as np
import pytest

from benchmarks.quality import pharmacy
from benchmarks.quality.perishable_settings import (
    DAYS,
    WARM_UP,
    de_moor,
    hendrix,
    hendrix_pair,
    mirjalili,
    monday,
    published,
)
from solver.pharmacy.perishable.exact import Exact
from solver.pharmacy.perishable.policies import Policy, waste_aware
from solver.pharmacy.perishable.simulate import orders_in_states
from solver.pharmacy.perishable.two_items import ExactPair

SETTINGS = {setting.name: setting for setting in de_moor()}
QUICK = [name for name, setting in SETTINGS.items() if setting.item.states <= 1331]
ONE_ITEM = published("hendrix_2019")["one_product"]
TWO_ITEMS = published("hendrix_2019")["two_products_substitution"]["settings"]


def test_quick_settings_are_of_every_family_of_de_moor() -> None:
    found = {(SETTINGS[name].item.lead_time, SETTINGS[name].item.issue) for name in QUICK}
    assert len(found) == 4
    assert {SETTINGS[name].life for name in QUICK} == {2, 3}


@pytest.mark.parametrize("name", QUICK)
def test_the_optimal_return_is_that_of_de_moor_2022(name: str) -> None:
    exact, told = Exact(SETTINGS[name].item), SETTINGS[name].figures
    best = exact.best()
    figures = exact.figures(best.orders, WARM_UP, DAYS)
    assert -figures.discounted_cost == pytest.approx(told["optimal"]["discounted_return_365"], abs=1.5e-3)
    assert 100 * figures.service == pytest.approx(told["optimal"]["service_level_pct"], abs=1.5e-3)
    assert 100 * figures.waste == pytest.approx(told["optimal"]["wastage_pct"], abs=1.5e-3)
    assert figures.daily_held == pytest.approx(told["optimal"]["holding_units"], abs=1.5e-4)
    # Published at a tolerance of 0.01; ours is further from the truth by no more than the error it tells.
    assert best.error <= 1e-4
    assert -best.values[0, 0] == pytest.approx(told["value_empty_infinite"], abs=0.01)


@pytest.mark.parametrize("name", QUICK)
def test_the_base_stock_return_is_that_of_de_moor_2022(name: str) -> None:
    exact, told = Exact(SETTINGS[name].item), SETTINGS[name].figures["best_base_stock"]
    level, cost = pharmacy.best_base_stock(exact)
    assert level == told["S"]
    assert -cost == pytest.approx(told["discounted_return_365"], abs=1.5e-3)
    figures = exact.figures(orders_in_states(exact.item, Policy(level, 10)), WARM_UP, DAYS)
    assert 100 * figures.waste == pytest.approx(told["wastage_pct"], abs=1.5e-3)


def test_the_best_orders_are_those_printed_by_de_moor_2022() -> None:
    told = published("de_moor_2022")["published"]["optimal_policy_m2_exp1"]["order"]
    orders = Exact(SETTINGS["life 2, experiment 1"].item).best().orders[0].reshape(11, 11)
    # States: older class first; the paper prints the freshest in rows.
    assert orders.T[:9, :9].tolist() == told


@pytest.mark.parametrize("setting", ONE_ITEM, ids=lambda each: f"life {each['m']}")
def test_the_profit_of_one_item_is_that_of_hendrix_2019(setting: dict) -> None:
    exact = Exact(hendrix(setting))
    assert pharmacy.profit(exact) == pytest.approx(setting["published_profit"], abs=0.01)
    assert pharmacy.profit(exact) == pytest.approx(setting["our_profit"], abs=1.5e-4)


@pytest.mark.parametrize("setting", ONE_ITEM, ids=lambda each: f"life {each['m']}")
def test_bsp_low_ew_has_the_level_and_profit_of_hendrix_2019(setting: dict) -> None:
    exact, level = Exact(hendrix(setting)), setting["published_bsp_low_ew_S"]
    profits = {
        each: pharmacy.profit(exact, orders_in_states(exact.item, waste_aware(each, exact.item.max_order)))
        for each in (level - 1, level, level + 1)
    }
    assert max(profits, key=lambda each: profits[each]) == level
    assert profits[level] == pytest.approx(setting["our_bsp_low_ew_profit"], abs=1.5e-5)


def test_the_profit_of_two_items_is_that_of_the_authors_of_hendrix_2019() -> None:
    [setting] = TWO_ITEMS
    exact = ExactPair(hendrix_pair(setting))
    assert exact.best().daily_profit == pytest.approx(setting["author_code_profit"], abs=1e-3)
    orders = pharmacy.pair_orders(setting, 13, 12, True)
    assert exact.value(*orders).daily_profit == pytest.approx(setting["our_bsp_low_ew_profit"], abs=1.5e-4)


@pytest.mark.parametrize("setting", published("mirjalili_2022")["settings"], ids=lambda each: each["name"])
def test_the_orders_of_a_monday_are_those_of_mirjalili_2022(setting: dict) -> None:
    found = monday(Exact(mirjalili(setting)).best().orders)
    assert np.array_equal(found, np.array(setting["policy"]))


@pytest.mark.parametrize("name", QUICK)
def test_simulation_alone_finds_a_policy_within_a_percent_of_de_moors_optimum(name: str) -> None:
    setting = SETTINGS[name]
    found = pharmacy.without_dynamic_programming(setting, Exact(setting.item), seed=1)
    assert found["above_optimum"] <= pharmacy.MOST_ABOVE_OPTIMUM
