"""Settings of papers on perishable stock, read from `perishable/*.json`, where each model is told step by step.

De Moor, Gijsbrechts, Boute (2022), European Journal of Operational Research 301:535-545. Hendrix, Ortega, Haijema,
Buisman, Garcia (2019), Computational and Mathematical Methods 1:e1027. Mirjalili (2022), thesis, University of Toronto,
chapter 6.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from solver.engine.types import Int64
from solver.pharmacy.perishable.demand import negative_binomial, poisson, rounded_gamma
from solver.pharmacy.perishable.item import Costs, Issue, PerishableItem
from solver.pharmacy.perishable.two_items import Pair

FOLDER = Path(__file__).with_name("perishable")
WARM_UP, DAYS = 100, 365


@cache
def published(name: str) -> dict[str, Any]:
    """One file as it stands; read only."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class DeMoor:
    """A setting by its life in days and the paper's number of the experiment, with what is published of it."""

    life: int
    experiment: int
    item: PerishableItem
    figures: dict[str, Any]

    @property
    def name(self) -> str:
        return f"life {self.life}, experiment {self.experiment}"


def de_moor() -> list[DeMoor]:
    """All settings of De Moor et al."""
    demand = rounded_gamma(4, 0.5, 100)
    return [
        DeMoor(
            each["max_useful_life"],
            each["experiment"],
            PerishableItem(
                useful_life=each["max_useful_life"],
                lead_time=each["lead_time"],
                max_order=10,
                demand=(demand,),
                costs=Costs(order=3, shortage=5, wastage=each["wastage_cost"], holding=1),
                issue=Issue(each["issue"]),
                discount=0.99,
            ),
            each,
        )
        for each in published("de_moor_2022")["settings"]
    ]


def hendrix(setting: dict[str, Any]) -> PerishableItem:
    """One item of Hendrix et al.; profit of a day = mean demand * price - cost, the price being lost with each customer
    who is not served."""
    costs = Costs(order=0.5, shortage=1.0)
    return PerishableItem(setting["m"], 1, setting["max_order"], (poisson(setting["mean"]),), costs)


def hendrix_pair(setting: dict[str, Any]) -> Pair:
    """Two items of Hendrix et al."""
    largest = setting["max_order_a"], setting["max_order_b"]
    return Pair(setting["mean_a"], setting["mean_b"], 0.5, *largest, price=1.0, unit_cost=0.5)


def mirjalili(setting: dict[str, Any]) -> PerishableItem:
    """Platelets of Mirjalili; units that expire cost their holding too: 5 + 1."""
    model = published("mirjalili_2022")["model"]
    rows = zip(model["negbin_n"], model["negbin_mean_delta"], strict=True)
    demand = tuple(negative_binomial(size, mean, 20) for size, mean in rows)
    costs = Costs(fixed=setting["fixed_order"], shortage=20, wastage=6, holding=1)
    return PerishableItem(3, 0, 20, demand, costs, Issue.FIFO, 0.95, _life(setting))


def _life(setting: dict[str, Any]) -> tuple[tuple[float, ...], ...] | None:
    """Chances to arrive with 1, 2, 3 days left, by size of the order: softmax of 0, c0 + c1 * order."""
    if "c0" not in setting:
        return None
    logits = [
        [0.0, *(c0 + c1 * order for c0, c1 in zip(setting["c0"], setting["c1"], strict=True))]
        for order in range(21)
    ]
    weights = np.exp(np.array(logits))
    return tuple(tuple(row.tolist()) for row in weights / weights.sum(axis=1, keepdims=True))


def monday(orders: Int64) -> Int64:
    """Orders of a Monday as Mirjalili prints them: rows units with 2 days left, columns with 1 day, 0 to 10 each."""
    return orders[0].reshape(21, 21).T[:11, :11]
