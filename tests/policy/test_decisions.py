"""Decisions: delays, needs that found no place, published beds, moves at night."""

from __future__ import annotations

import pytest

from solver.hospital import Origin, Priority, Request, Site
from solver.placing.rules import DELAY, RULES, UNPLACED
from tests.builders import DAY, HOUR, NOW, counts_of, given, occupant, records_of, request
from tests.policy.sides import amount, broken, kept

BY_PRIORITY = [(priority, f"_{priority.name.lower()}") for priority in Priority]


@pytest.mark.parametrize(("priority", "name"), BY_PRIORITY)
@pytest.mark.parametrize("wait", [0, 1, 90])
@broken("delay_emergency", "delay_urgent", "delay_soon", "delay_routine")
@kept("delay_emergency", "delay_urgent", "delay_soon", "delay_routine")
def test_each_minute_after_the_bed_is_needed_counts_by_priority(priority: Priority, name: str, wait: int):
    asked = request(priority=priority)
    found = counts_of(asked, given(asked, start=wait), records_of())
    assert found == ({f"delay{name}": wait} if wait else {})


@pytest.mark.parametrize(("priority", "name"), BY_PRIORITY)
@broken("unplaced_emergency", "unplaced_urgent", "unplaced_soon", "unplaced_routine")
def test_a_need_without_a_place_counts_once_by_priority_and_nothing_else(priority: Priority, name: str):
    assert counts_of(request(priority=priority), None, records_of(), "B1") == {f"unplaced{name}": 1}


@pytest.mark.parametrize(("priority", "name"), BY_PRIORITY)
@kept("unplaced_emergency", "unplaced_urgent", "unplaced_soon", "unplaced_routine")
def test_a_need_with_a_place_is_not_unplaced(priority: Priority, name: str):
    assert amount(f"unplaced{name}", records_of(), request(priority=priority)) == 0


@pytest.mark.parametrize("priority", list(Priority))
def test_leaving_a_need_unplaced_always_costs_more_than_making_it_wait_a_day(priority: Priority):
    assert UNPLACED[priority].weight > DAY * DELAY[priority].weight


def test_the_more_urgent_the_dearer_each_minute():
    weights = [DELAY[priority].weight for priority in Priority]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)


@pytest.mark.parametrize(("published", "expected"), [("B2", 1), ("B1", 0), (None, 0)])
@broken("stability")
@kept("stability")
def test_a_published_bed_changes_only_at_a_price(published: str | None, expected: int):
    asked = request()
    assert amount("stability", records_of(), asked, given(asked), published) == expected


def transfer(hour: int, minute: int = 0, **changes) -> Request:
    """A routine transfer of the patient in B2, needed at a UTC time of tomorrow."""
    needed = NOW - 12 * HOUR + DAY + hour * HOUR + minute
    return request(**{"from_stay_id": "here", "needed_by": needed, "origin": Origin.WARD, **changes})


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(21, 59, 0), (22, 0, 1), (0, 0, 1), (6, 59, 1), (7, 0, 0), (12, 0, 0)]
)
@broken("night_transfer")
@kept("night_transfer")
def test_nobody_is_moved_between_22_and_7_without_need(hour: int, minute: int, expected: int):
    """NICE CG50."""
    records = records_of(occupant("here", "B2", person_id="p-new", end=3 * DAY))
    assert amount("night_transfer", records, transfer(hour, minute)) == expected


@pytest.mark.parametrize(("hour", "expected"), [(13, 0), (14, 1), (22, 1), (23, 0)])
@broken("night_transfer")
@kept("night_transfer")
def test_night_is_night_on_the_sites_own_clock(hour: int, expected: int):
    """14:00 UTC is 22:00 in Shanghai, 23:00 UTC is 7:00."""
    records = records_of(
        Site("site", "Site", "Asia/Shanghai"), occupant("here", "B2", person_id="p-new", end=3 * DAY)
    )
    assert amount("night_transfer", records, transfer(hour)) == expected


@pytest.mark.parametrize(
    "changes",
    [{"priority": Priority.EMERGENCY}, {"priority": Priority.URGENT}, {"from_stay_id": None}],
)
@kept("night_transfer")
def test_urgent_moves_and_new_admissions_happen_at_night(changes):
    records = records_of(occupant("here", "B2", person_id="p-new", end=3 * DAY))
    assert amount("night_transfer", records, transfer(23, **changes)) == 0


def test_scarcity_and_forecasts_never_outweigh_one_step_of_an_urgent_delay():
    """CLINICAL.md safeguard 4: they reorder options and never delay an urgent need."""
    scarce = ["scarce_isolation", "scarce_single", "predicted_departure"]
    most = sum(RULES[rule_id].weight for rule_id in scarce)
    most += 3 * RULES["scarce_care_level"].weight + 4 * RULES["scarce_feature"].weight
    assert most < 15 * RULES["delay_urgent"].weight
