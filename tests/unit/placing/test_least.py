"""The quick bound of a batch: never above a plan, and exact where nobody takes anything but a bed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulations.demand import batch
from simulations.hospital import generate
from solver.engine.result import Budget
from solver.engine.rule import Profile
from solver.hospital import Bed, Care, Hospital, Person, Priority, Request, Room, Sex, Site, Ward
from solver.placing.least import least_cost
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions
from tests.builders import NOW


def ward(seed: int, count: int, occupancy: float) -> tuple[LiveHospital, list[Request]]:
    """A synthetic ward and who asks for its beds."""
    hospital = generate("ward", seed, NOW, occupancy=occupancy)
    live = LiveHospital.of(hospital, NOW, Profile(), PlacingOptions())
    arrivals = batch(hospital, seed, count, None, NOW)
    for arrival in arrivals:
        live.put(arrival.person)
    return live, [arrival.request for arrival in arrivals]


def one_room(beds: int, lengths: list[int], wait: int) -> tuple[LiveHospital, list[Request]]:
    """So many equal beds and one patient for each length of stay, who may all wait so long; no nurses are counted."""
    hospital = Hospital(
        sites=(Site("s", "Site", "UTC"),),
        wards=(Ward("w", "s", "Ward", frozenset({"any"})),),
        rooms=(Room("r", "w", "Room"),),
        beds=tuple(Bed(f"b{number}", "r") for number in range(beds)),
        persons=tuple(Person(f"p{number}", sex=Sex.FEMALE) for number in range(len(lengths))),
    )
    requests = [
        Request(
            f"q{number}", f"p{number}", Priority.ROUTINE, Care("any"), NOW, NOW, length, max_wait_minutes=wait
        )
        for number, length in enumerate(lengths)
    ]
    return LiveHospital.of(hospital.checked(), NOW, Profile(), PlacingOptions()), requests


def cheapest(live: LiveHospital, requests: list[Request], steps: int = 400) -> int:
    """What a search comes to."""
    return live.search(requests, [r.id for r in requests], Budget(iterations=steps), 1).cost


@pytest.mark.parametrize("seed", range(1, 9))
def test_no_plan_of_the_search_costs_less_than_the_bound(seed: int):
    live, requests = ward(seed, 8 + 2 * seed, 0.4 + 0.05 * seed)
    bound = least_cost(live, requests)
    assert bound is not None
    assert 0 < bound <= cheapest(live, requests)


def test_the_bound_of_one_who_needs_no_drugs_is_the_cost_of_deciding_it_alone():
    live, requests = ward(3, 25, 0.7)
    plain = [r for r in requests if not r.drugs and len(r.equipment) <= 1]
    assert len(plain) >= 3
    for asked in plain:
        assert least_cost(live, [asked]) == live.decide(asked, "a").cost


@pytest.mark.parametrize(
    ("beds", "lengths", "wait"),
    [
        (1, [60], 0),
        (1, [60, 60], 600),  # the second follows when the bed is clean
        (1, [60, 60], 30),  # the second has no place
        (2, [60, 60], 0),
        (2, [60, 600, 600], 600),  # whoever comes third follows the shortest
        (1, [60, 60, 60], 600),
    ],
)
def test_where_only_beds_count_the_bound_is_what_the_best_plan_costs(
    beds: int, lengths: list[int], wait: int
):
    live, requests = one_room(beds, lengths, wait)
    assert least_cost(live, requests) == cheapest(live, requests)


def test_somebody_who_continues_a_stay_leaves_the_batch_without_this_bound():
    live, requests = ward(1, 4, 0.7)
    stay = next(iter(live.records.stays.values()))
    moving = replace(requests[0], person_id=stay.person_id, from_stay_id=stay.id)
    assert least_cost(live, [*requests[1:], moving]) is None


def test_nobody_asking_costs_nothing_and_the_hospital_stays_as_it_was():
    live, requests = ward(2, 10, 0.6)
    before = live.arrays.stays.of_bed_count.copy(), live.arrays.cover.slack.copy()
    assert least_cost(live, []) == 0
    least_cost(live, requests)
    assert (live.arrays.stays.of_bed_count == before[0]).all()
    assert (live.arrays.cover.slack == before[1]).all()
