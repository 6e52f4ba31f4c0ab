"""Kernels of perishable stock compiled, or read from their cache, before the first plan that somebody waits for."""

from __future__ import annotations

import numpy as np

from solver.pharmacy.perishable.exact import Exact
from solver.pharmacy.perishable.item import Costs, PerishableItem
from solver.pharmacy.perishable.kernels_policy import order_today
from solver.pharmacy.perishable.policies import Policy
from solver.pharmacy.perishable.simulate import Terms, Trial, orders_in_states


def warm_up() -> None:
    """Solve, walk, simulate and order once; every item uses the same machine code."""
    for lead_time in (0, 1):
        item = PerishableItem(1, lead_time, 1, ((0.5, 0.5),), Costs(shortage=1.0), discount=0.5)
        exact = Exact(item)
        exact.figures(exact.best(1.0).orders, 0, 1)
        orders_in_states(item, Policy(1.0, 1))
    terms = Terms(1, 1, Costs())
    Trial(terms, np.ones((1, 1), np.int64)).cost(Policy(1.0, 1))
    order_today(terms.array(), Policy(1.0, 1).rule(1.0), np.zeros(0), np.zeros(2, np.int64), 0)
