"""What column generation leaves for the search: prices, rents, and the schedules that are cheapest by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Float64, Int64
from solver.rostering.columns import worth_of
from solver.rostering.groups import Group
from solver.rostering.layout import Plan, Tables
from solver.rostering.master import Column, Relaxed

SEEDS: Final = 20
"""Schedules per person of the whole roster's relaxation with which a part begins, at most."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What column generation left of a group: every schedule found, and the last relaxation."""

    group: Group
    columns: Sequence[Sequence[Column]]
    relaxed: Relaxed


@dataclass(frozen=True, slots=True)
class Pool:
    """What relaxations leave: their prices, rents (infinite for whom there was none), and per person duties int64 (n,
    days), cost int64 (n,) of the schedules that are cheapest by them."""

    prices: Float64
    rents: Float64
    duties: tuple[Int64, ...]
    costs: tuple[Int64, ...]

    @staticmethod
    def cheapest(columns: Sequence[Column], prices: Float64) -> tuple[Int64, Int64]:
        """Duties and costs of the ``SEEDS`` schedules of one person that are cheapest by prices."""
        days = np.array([column.duties for column in columns])
        cost = np.array([column.cost for column in columns], np.int64)
        cheapest = np.argsort(cost - worth_of(days, prices), kind="stable")[:SEEDS]
        return days[cheapest], cost[cheapest]

    def dearness(self, plan: Plan) -> Float64:
        """By how much each one's schedule costs more than the relaxation pays, float64 (n_employees,)."""
        dear: Float64 = np.maximum(0.0, plan.personal - worth_of(plan.duty, self.prices) - self.rents)
        return dear


def pooled(tables: Tables, relaxations: Sequence[Relaxation]) -> Pool:
    """What the relaxations of some groups leave, for the whole roster."""
    people = len(tables.terms)
    prices, rents = np.zeros(tables.wanted.shape), np.full(people, np.inf)
    duties = [np.zeros((0, int(tables.size[0])), np.int64)] * people
    costs = [np.zeros(0, np.int64)] * people
    for one in relaxations:
        prices[:, one.group.duties] = one.relaxed.prices[:, one.group.duties]
        rents[one.group.people] = one.relaxed.rents
        for p, columns in zip(one.group.people.tolist(), one.columns, strict=True):
            duties[p], costs[p] = Pool.cheapest(columns, one.relaxed.prices)
    return Pool(prices, rents, tuple(duties), tuple(costs))
