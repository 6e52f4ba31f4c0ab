"""Recommendations against trying everything: the first is what placing gives, each further one the cheapest that
differs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import assume, event, given, settings

from solver.engine.result import Budget
from solver.engine.rule import Profile
from solver.hospital import Allocation
from solver.placing.live import LiveHospital
from solver.placing.recommend import APART_MINUTES, recommend
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check, cost
from tests.agreement.test_kernels_and_referee import every_allocation, in_order
from tests.strategies import Case, cases

COUNT = 5


def room(allocation: Allocation, records: Records) -> str:
    return records.beds[allocation.bed_id].room_id


def differs(one: Allocation, before: Iterable[Allocation], records: Records) -> bool:
    """Another room than each before, or the same room half a shift later."""
    return all(
        room(one, records) != room(other, records) or one.start >= other.start + APART_MINUTES
        for other in before
    )


@settings(max_examples=60)
@given(case=cases())
def test_each_option_is_the_cheapest_of_all_clean_places_that_differ_from_those_before(case: Case):
    asked = replace(case.request, equipment=(), drugs=(), from_stay_id=None)
    records = case.records()
    assume(in_order(records))
    live, numbers = LiveHospital(records), itertools.count()
    placed = live.decide(asked, "a-0")
    found = recommend(live, asked, lambda: f"a-{next(numbers)}", Budget(iterations=COUNT))
    clean = []
    for allocation in every_allocation(asked, records):
        counts = check(Decided(asked, allocation), records)
        if not broken(counts, Profile()):
            clean.append((cost(counts, Profile()), allocation))
    given_so_far: list[Allocation] = []
    for option in found.options:
        least = min(price for price, one in clean if differs(one, given_so_far, records))
        assert option.decision.cost == least
        assert differs(option.allocation, given_so_far, records)
        given_so_far.append(option.allocation)
    left = [one for _, one in clean if differs(one, given_so_far, records)]
    assert len(found.options) == COUNT or not left
    assert found.complete
    event(f"{len(found.options)} options")
    first = found.options[0].allocation if found.options else None
    assert (first and replace(first, id="a-0")) == (
        placed.allocation and replace(placed.allocation, id="a-0")
    )
