"""A plan of admissions of a generated hospital is what placing allows: placing's own rules book each item of it."""

import random
from dataclasses import replace
from itertools import count

import pytest

from api.jobs.admissions import AdmissionPlanning, counted_again
from api.schemas.admissions import AdmissionPlanIn, AdmissionTermsIn
from api.services.admissions import applying, drafting
from api.services.admissions.items import read_items
from api.services.cases import Case
from api.services.changes import Changes
from api.services.desk import Desk, Practice
from models.repositories.admissions import StoredTerms
from simulations.hospital import generate
from solver.engine.rule import Profile
from solver.hospital import Care, Isolation, Origin, Person, Priority, Request, RequestState, Sex
from solver.hospital.timegrid import MINUTES_PER_DAY, MINUTES_PER_YEAR
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions
from tests.admitted import TERMS, UNWATCHED

NOW = 29_540_160
STORED = StoredTerms(
    1, AdmissionTermsIn.model_validate(TERMS, strict=False).model_dump(mode="json"), "acc", 0
)


def waiting_list(live, size, chance):
    """People of every sex and age; one in eight is isolated, one in six is kept out of some rooms."""
    specialities = sorted({one for ward in live.records.wards.values() for one in ward.specialities})
    rooms = sorted(live.records.rooms)
    for number in range(size):
        isolation = frozenset({Isolation.CONTACT}) if chance.random() < 1 / 8 else frozenset()
        born = NOW - chance.randint(1, 90) * MINUTES_PER_YEAR
        person = Person(f"new-{number}", chance.choice(list(Sex)), born, isolation=isolation)
        live.put(person)
        request = Request(
            f"req-{number}",
            person.id,
            chance.choice((Priority.SOON, Priority.ROUTINE)),
            Care(chance.choice(specialities)),
            NOW,
            NOW + chance.randint(0, 4 * MINUTES_PER_DAY),
            chance.randint(600, 3 * MINUTES_PER_DAY),
            chance.randint(1, 9) * MINUTES_PER_DAY,
            Origin.HOME,
            excluded_room_ids=frozenset(chance.sample(rooms, 3) if chance.random() < 1 / 6 else ()),
        )
        yield Case(request, RequestState.UNPLACED, None, "acc", NOW)


def changes_of(size, seed):
    live = LiveHospital.of(generate("ward", seed, NOW), NOW, Profile(), PlacingOptions())
    cases = list(waiting_list(live, size, random.Random(seed)))
    number = count()
    practice = Practice("UTC", 0, 0, 0, 0, 0, 1.0)
    desk = Desk(live, cases, (), lambda kind: f"{kind}-{next(number)}", practice, lambda _: [], {}, 0)
    return Changes(desk, NOW, "acc")


def planned(changes, **more):
    """The spec of a plan of ten days, and what was found."""
    wards = tuple(changes.records.wards)
    body = AdmissionPlanIn(ward_ids=wards, days=10, iterations=40_000, **more)
    spec = drafting.draft(drafting.known(changes, body, STORED), body, STORED, None).spec
    kind, done = AdmissionPlanning(), []
    while pieces := kind.pieces(spec, done):
        done += [kind.work(spec, piece, UNWATCHED) for piece in pieces]
    return spec, kind.result(spec, done, False)


@pytest.mark.parametrize("seed", [1, 2, 3], ids=str)
def test_placing_books_every_item_of_a_plan(seed):
    changes = changes_of(40, seed)
    spec, found = planned(changes)
    assert found["verified"]
    assert counted_again(spec, found)[0].cost == found["cost"]
    items = [one for one in read_items(spec, found, 0) if one.start is not None]
    assert len(items) > 10
    became = applying._carried_out(items, changes)
    assert [(one.item.request_id, one.reason, one.rules) for one in became if one.reason] == []
    for one in became:
        assert (one.allocation.start, one.allocation.bed_id in one.item.beds) == (one.item.start, True)
    # Made anew at once, a plan of the same people has everybody who is booked in it, and applying changes nothing back.
    spec, again = planned(changes)
    assert len(again["admissions"]) >= len(items)
    assert again["verified"]


def fixed(spec):
    """How many have a bed that the plan leaves as it is."""
    booked = [one for one in spec["problem"]["patients"] if one["id"] not in spec["requests"]]
    return len(booked) + len(spec["problem"]["occupants"])


def test_who_software_may_not_change_keeps_bed_and_time_in_the_next_plan():
    changes = changes_of(12, 4)
    spec, found = planned(changes)
    [first, *_] = became = applying._carried_out(
        [one for one in read_items(spec, found, 0) if one.start is not None], changes
    )
    free, _ = planned(changes)
    assert fixed(free) == fixed(spec), "who is booked by a plan may be booked anew"
    case = changes.desk.cases[first.item.request_id]
    changes.set_case(replace(case, explanation={**case.explanation, "method": "person"}))
    kept, again = planned(changes)
    assert case.id not in {told["request_id"] for told in kept["requests"].values()}
    assert fixed(kept) == fixed(spec) + 1
    assert again["verified"]
    assert len(again["admissions"]) >= len(became) - 1
