"""A change from an earlier plan becomes dearer until it is the dearest."""

from solver.engine.change_price import DEAREST, dearer


def test_each_price_of_a_change_is_above_the_one_before_up_to_the_dearest():
    prices = [0]
    while (price := dearer(prices[-1])) is not None:
        prices.append(price)
    assert prices == [0, 20, 100, 500, 2500, 12500, 50000]


def test_nothing_is_dearer_than_the_dearest():
    assert dearer(DEAREST) is None
    assert dearer(DEAREST - 1) == DEAREST
