"""The arrays an exact solution reads: what demand does to each stock, and how orders arrive."""

from __future__ import annotations

from itertools import product
from math import factorial
from typing import NamedTuple

import numpy as np

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.types import Float64, Int32, Int64
from solver.pharmacy.perishable.item import MOST_OUTCOMES, MOST_STATES, Issue, PerishableItem
from solver.pharmacy.perishable.kernels_exact import expire, fill_outcomes


class Tables(NamedTuple):
    """``after``, ``total``, ``chance`` and ``tail`` as in kernels_exact, the latter two with a row for each day of the
    cycle; ``lost``, ``expired``, ``held``, ``immediate`` float64 (cycle, n_stock): expected units of a day and their
    cost; ``price`` float64 (levels,) of an order; ``split``, ``split_start``, ``likely``: ways to arrive."""

    after: Int32
    total: Int64
    chance: Float64
    tail: Float64
    lost: Float64
    expired: Float64
    held: Float64
    immediate: Float64
    price: Float64
    split: Int64
    split_start: Int64
    likely: Float64


def tables(item: PerishableItem) -> Tables:
    """Compile; raises InvalidInstance when the item has too many states for an exact solution."""
    where, remedy = (
        "PerishableItem, useful_life, lead_time, max_order",
        "Tune a policy by simulation instead.",
    )
    if item.states > MOST_STATES:
        raise InvalidInstance([Problem(where, item.states, f"at most {MOST_STATES} states", remedy)])
    if item.outcomes > MOST_OUTCOMES:
        raise InvalidInstance([Problem(where, item.outcomes, f"at most {MOST_OUTCOMES} outcomes", remedy)])
    most = item.useful_life * item.max_order
    after = np.zeros((item.levels**item.useful_life, most), np.int32)
    total = np.zeros(len(after), np.int64)
    lifo = item.issue is Issue.LIFO
    fill_outcomes(item.levels, lifo, np.zeros(item.useful_life, np.int64), after, total)
    chance, tail = _chances(item, most)
    expired = np.zeros((item.cycle, total.size))
    for day in range(item.cycle):
        digits = np.zeros(item.useful_life, np.int64)
        expire(item.levels, lifo, digits, total, chance[day], tail[day], expired[day])
    lost, held = _expected(item, total, chance, tail, expired)
    costs = item.costs
    immediate = costs.shortage * lost + costs.wastage * expired + costs.holding * held
    price = costs.order * np.arange(item.levels) + costs.fixed * (np.arange(item.levels) > 0)
    split, start, likely = _arrivals(item)
    return Tables(after, total, chance, tail, lost, expired, held, immediate, price, split, start, likely)


def _chances(item: PerishableItem, most: int) -> tuple[Float64, Float64]:
    """Chances of each demand and of at least so much, padded so that any stock may be looked up."""
    width = max(most + 2, max(len(row) for row in item.demand) + 1)
    chance = np.zeros((item.cycle, width))
    for day, row in enumerate(item.demand):
        chance[day, : len(row)] = row
    tail = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1].copy()
    return chance, tail


def _expected(
    item: PerishableItem, total: Int64, chance: Float64, tail: Float64, expired: Float64
) -> tuple[Float64, Float64]:
    """Units lost (E[(D - stock)+]) and units held over (E[(stock - D)+] less those expired)."""
    beyond = np.cumsum(tail[:, ::-1], axis=1)[:, ::-1]
    lost = beyond[:, total + 1]
    mean = (chance * np.arange(chance.shape[1])).sum(axis=1)[:, None]
    return lost, np.maximum(0.0, total - mean + lost - expired)


def _arrivals(item: PerishableItem) -> tuple[Int64, Int64, Float64]:
    """Ways in which each order may arrive, by days left, and their chances (multinomial)."""
    fresh = tuple([0.0] * (item.useful_life - 1) + [1.0])
    life = item.life or (fresh,) * item.levels
    ways: list[tuple[int, ...]] = []
    likely: list[float] = []
    start = [0]
    for order in range(item.levels):
        for way, chance in _splits(order, life[order]):
            ways.append(way)
            likely.append(chance)
        start.append(len(ways))
    return np.array(ways, np.int64), np.array(start, np.int64), np.array(likely)


def _splits(order: int, life: tuple[float, ...]) -> list[tuple[tuple[int, ...], float]]:
    found = []
    open_classes = [place for place, chance in enumerate(life) if chance > 0]
    for counts in product(range(order + 1), repeat=len(open_classes) - 1):
        if sum(counts) <= order:
            way = [0] * len(life)
            for place, units in zip(open_classes, (*counts, order - sum(counts)), strict=True):
                way[place] = units
            chance = float(factorial(order))
            for place in open_classes:
                chance *= life[place] ** way[place] / factorial(way[place])
            found.append((tuple(way), chance))
    return found
