"""One request and batches of 10, 50 and 200 at every size: `make bench`. Compiled and warmed outside the clock."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from benchmarks.cases import SIZES, batch_of, day_of_requests, live_hospital
from solver.engine.result import Budget
from solver.engine.rule import Profile
from solver.placing.problem import Method
from solver.placing.referee import Decided, broken, recount

COUNTS = (10, 50, 200)
STEPS_PER_REQUEST = 20


@pytest.mark.parametrize("first_fit", [False, True], ids=["best", "first-fit"])
@pytest.mark.parametrize("size", SIZES)
def bench_one_request(benchmark: Any, size: str, first_fit: bool) -> None:
    """The kernels' decision alone, over the requests of a day."""
    live = live_hospital(size)
    asked = day_of_requests(live, size)[:300]
    for request in asked:
        allocation = live.find(request, "a", first_fit=first_fit)
        if allocation is not None:
            assert live.judged(request, allocation, Method.KERNEL).verified
    requests = cycle(asked)
    benchmark.pedantic(
        lambda request: live.find(request, "a", first_fit=first_fit),
        setup=lambda: ((next(requests),), {}),
        rounds=len(asked),
    )


@pytest.mark.parametrize("size", SIZES)
def bench_one_request_recounted(benchmark: Any, size: str) -> None:
    """The whole decision: kernels, the referee's recount, and for who finds no place the reasons why."""
    live = live_hospital(size)
    asked = day_of_requests(live, size)[:300]
    assert all(live.decide(request, "a").verified for request in asked)
    requests = cycle(asked)
    benchmark.pedantic(
        lambda request: live.decide(request, "a"), setup=lambda: ((next(requests),), {}), rounds=len(asked)
    )


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("size", SIZES)
def bench_batch(benchmark: Any, size: str, count: int) -> None:
    """A batch decided together with a fixed amount of work, recounted as a whole afterwards."""
    live, asked = batch_of(size, 1, count)
    ids = [f"a-{number}" for number in range(count)]
    budget = Budget(iterations=STEPS_PER_REQUEST * count)
    live.search(asked, ids, Budget(iterations=1), 1)
    benchmark.pedantic(lambda: live.search(asked, ids, budget, 1), rounds=3)
    before = set(broken(recount(live.records), Profile()))
    decisions = live.decide_batch(asked, ids, budget, 1)
    for decision in decisions:
        live.apply(decision)
    decided = [Decided(decision.request, decision.allocation) for decision in decisions]
    assert set(broken(recount(live.records, decided), Profile())) <= before
