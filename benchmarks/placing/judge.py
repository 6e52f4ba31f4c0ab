"""The referee's word on a plan, whoever made it: what is broken counts as not placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solver.hospital import Allocation, Request
from solver.placing.live import LiveHospital
from solver.placing.problem import Method


@dataclass(frozen=True, slots=True)
class Score:
    """``cost``: what the plan adds, by the referee. ``unplaced``: requests without a place, among them ``broken``,
    whose allocations break a hard rule."""

    cost: int
    unplaced: int
    broken: int


def score(live: LiveHospital, requests: Sequence[Request], plan: Mapping[str, Allocation | None]) -> Score:
    """The plan counted decision by decision; ``plan`` by request id, who is missing has no place.

    A decision is judged on the hospital with those before it, in the order of the requests. One that breaks a hard
    rule there is struck out and its request counts as not placed, at its price.
    """
    cost = unplaced = struck = 0
    with live.trial():
        for request in requests:
            allocation = plan.get(request.id)
            decision = live.judged(request, allocation, Method.PERSON)
            if allocation is not None and not decision.verified:
                struck += 1
                decision = live.judged(request, None, Method.PERSON)
            live.apply(decision)
            cost += decision.cost
            unplaced += decision.allocation is None
    return Score(cost, unplaced, struck)
