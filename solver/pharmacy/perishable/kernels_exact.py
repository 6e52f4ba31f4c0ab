"""Exact recursions of one perishable item, over all its states.

Indices
-------
stock x : the classes on hand before demand as digits, base ``levels``; those with one day left first (most
          significant), the freshest last
left    : what remains of a stock for tomorrow, one class fewer: the units on their last day are gone
state   : with a lead time of 1 day or more, x * transit + t, where t holds the orders in transit as digits, newest
          last; the state after ordering a units with ``left`` is then left * levels * transit + t * levels + a.
          With lead time 0, ``left`` itself

Arrays
------
after  int32 (n_stock, most_sold)  what remains when d units were taken, d below the total; else nothing remains
total  int64 (n_stock,)
chance float64 (most + 1,)         of a demand of d, of this day of the cycle
tail   float64 (most + 1,)         of a demand of d or more
"""

from typing import Any

from solver.engine.jit import kernel

NEGLIGIBLE = 1e-20
"""Chances below are dropped: numbers so small that a processor slows down tenfold over them come next."""


@kernel
def fill_outcomes(levels: int, lifo: bool, digits: Any, after: Any, total: Any) -> None:
    """What demand leaves of every stock; ``after`` and ``total`` are written, ``digits`` int64 (classes,) is room
    to work in."""
    classes = digits.size
    for stock in range(total.size):
        rest = stock
        whole = 0
        for place in range(classes - 1, -1, -1):
            digits[place] = rest % levels
            rest //= levels
            whole += digits[place]
        total[stock] = whole
        place = classes - 1 if lifo else 0
        for taken in range(whole):
            left = 0
            for other in range(1, classes):
                left = left * levels + digits[other]
            after[stock, taken] = left
            while digits[place] == 0:
                place += -1 if lifo else 1
            digits[place] -= 1


@kernel
def expire(levels: int, lifo: bool, digits: Any, total: Any, chance: Any, tail: Any, expired: Any) -> None:
    """Units of each stock that nobody took on their last day, in expectation; ``expired`` float64 (n_stock,) is
    written."""
    classes = digits.size
    for stock in range(total.size):
        oldest = stock
        for _ in range(classes - 1):
            oldest //= levels
        younger = total[stock] - oldest if lifo else 0
        lost = 0.0
        # Demand d leaves oldest - (d - younger), as far as that lies between nothing and all of them.
        for units in range(oldest):
            lost += 1.0 - tail[younger + units + 1]
        expired[stock] = lost


@kernel
def order_later(
    levels: int,
    transit: int,
    discount: float,
    improve: bool,
    after: Any,
    total: Any,
    chance: Any,
    tail: Any,
    price: Any,
    immediate: Any,
    following: Any,
    sums: Any,
    values: Any,
    orders: Any,
) -> None:
    """One day back, lead time 1 or more: ``values`` from tomorrow's ``following``.

    ``price`` (levels,) of an order, ``immediate`` (n_stock,) expected cost of the day; ``sums`` (levels,) is room to
    work in. ``improve``: the cheapest order is chosen and written to ``orders`` (the smallest of equals), else
    ``orders`` is followed.
    """
    for stock in range(total.size):
        whole = total[stock]
        for pipeline in range(transit):
            state = stock * transit + pipeline
            base = pipeline * levels
            if not improve:
                order = orders[state]
                expected = tail[whole] * following[base + order]
                for demand in range(whole):
                    expected += (
                        chance[demand] * following[after[stock, demand] * levels * transit + base + order]
                    )
                values[state] = immediate[stock] + price[order] + discount * expected
                continue
            for order in range(levels):
                sums[order] = tail[whole] * following[base + order]
            for demand in range(whole):
                start = after[stock, demand] * levels * transit + base
                likely = chance[demand]
                for order in range(levels):
                    sums[order] += likely * following[start + order]
            best = 0
            for order in range(levels):
                sums[order] = price[order] + discount * sums[order]
                if sums[order] < sums[best] - 1e-9:
                    best = order
            orders[state] = best
            values[state] = immediate[stock] + sums[best]


@kernel
def serve(
    discount: float,
    after: Any,
    total: Any,
    chance: Any,
    tail: Any,
    immediate: Any,
    following: Any,
    served: Any,
) -> None:
    """Value of each stock just before demand, lead time 0; ``served`` float64 (n_stock,) is written."""
    for stock in range(total.size):
        whole = total[stock]
        expected = tail[whole] * following[0]
        for demand in range(whole):
            expected += chance[demand] * following[after[stock, demand]]
        served[stock] = immediate[stock] + discount * expected


@kernel
def delivered(levels: int, state: int, classes: int, split: Any) -> int:
    """The stock when a delivery of ``split`` (classes,) units by days left joins what was there; each class holds
    ``levels - 1`` at most."""
    stock = 0
    scale = 1
    rest = state
    for place in range(classes - 1, -1, -1):
        # A delivery alone has units of the freshest class.
        units = split[place]
        if place < classes - 1:
            units += rest % levels
            rest //= levels
        stock += scale * min(units, levels - 1)
        scale *= levels
    return stock


@kernel
def order_at_once(
    levels: int,
    improve: bool,
    split_start: Any,
    split: Any,
    likely: Any,
    price: Any,
    served: Any,
    values: Any,
    orders: Any,
) -> None:
    """The order of each state, lead time 0; ``values`` and, with ``improve``, ``orders`` are written.

    ``split`` int64 (n, classes) ways an order may arrive, those of order a from ``split_start[a]`` on, with chances
    ``likely``.
    """
    classes = split.shape[1]
    for state in range(values.size):
        first, last = (0, levels) if improve else (orders[state], orders[state] + 1)
        best = -1.0
        for order in range(first, last):
            cost = price[order]
            for way in range(split_start[order], split_start[order + 1]):
                cost += likely[way] * served[delivered(levels, state, classes, split[way])]
            if order == first or cost < best - 1e-9:
                best = cost
                orders[state] = order
        values[state] = best


@kernel
def deliver(
    levels: int, split_start: Any, split: Any, likely: Any, orders: Any, here: Any, stocks: Any
) -> None:
    """From chances of states to chances of stocks before demand, lead time 0; ``stocks`` is written."""
    for stock in range(stocks.size):
        stocks[stock] = 0.0
    for state in range(here.size):
        if here[state] > NEGLIGIBLE:
            for way in range(split_start[orders[state]], split_start[orders[state] + 1]):
                stocks[delivered(levels, state, split.shape[1], split[way])] += here[state] * likely[way]


@kernel
def walk(
    levels: int,
    transit: int,
    after: Any,
    total: Any,
    chance: Any,
    tail: Any,
    orders: Any,
    here: Any,
    there: Any,
) -> None:
    """A day on: chances of tomorrow's states (``there``, written) from today's (``here``).

    With lead time 0 ``here`` is over stocks, ``levels`` and ``transit`` are 1 and ``orders`` all 0.
    """
    for state in range(there.size):
        there[state] = 0.0
    for stock in range(total.size):
        for pipeline in range(transit):
            state = stock * transit + pipeline
            if here[state] < NEGLIGIBLE:
                continue
            base = pipeline * levels + orders[state]
            there[base] += here[state] * tail[total[stock]]
            for demand in range(total[stock]):
                there[after[stock, demand] * levels * transit + base] += here[state] * chance[demand]
