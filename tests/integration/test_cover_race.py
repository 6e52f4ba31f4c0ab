"""Two decisions for the last nurse-hour of a shift: exactly one is stored, and the other is decided again.

Two deciders with a desk each, two threads and two writing connections on one encrypted database. Ward W has a nurse who
may have one patient, and two free rooms, so that nothing but the cover stands between the two.
"""

import threading
from dataclasses import replace

import pytest

from api.metrics import Metrics
from api.runtime import Outside, Runtime, _Watch
from api.schemas.disruptions import DisruptionIn
from api.schemas.requests import RequestIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.changes import Changes
from api.services.disruptions import Disrupt
from api.services.hospital import HospitalDecider
from api.services.placing import PlaceOne
from api.services.resting import rest_on_cover
from models.batch import Step, carry_out
from models.clock import Instant
from models.commands import Command
from models.invariants import recount
from models.ledger import SqlLedger
from models.postgresql import engine as postgresql
from models.repositories.staff import load_cover_revisions
from models.sqlite import engine as sqlite
from solver.hospital import (
    Bed,
    Care,
    Departure,
    Hospital,
    NursingRatio,
    Person,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Ward,
)
from tests.api_service import DAY, HOUR, NOW, Place, Wall, bundle

BEDS = {"A": "B1", "B": "B2"}
"""Room and bed."""


def one_nurse() -> Hospital:
    """A nurse on ward W for two days, who may have one patient; two single rooms."""
    return Hospital(
        sites=(Site("S", "Site", "UTC"),),
        wards=(Ward("W1", "S", "Medicine"),),
        rooms=tuple(Room(room, "W1", room) for room in BEDS),
        beds=tuple(Bed(bed, room) for room, bed in BEDS.items()),
        ratios=(NursingRatio(0, 1, 1, "assumed"),),
        staff=(StaffMember("N1", "W1"), StaffMember("N2", "W1")),
        shifts=(Shift("H1", "N1", "W1", NOW - HOUR, NOW + 2 * DAY - HOUR),),
    ).checked()


@pytest.fixture
def runtime(tmp_path, address):
    place = Place(tmp_path, address=address).make(one_nurse())
    runtime = Runtime(place.settings(), Outside(wall=Wall()), Metrics())
    key = place.keys.database.current
    runtime.writing = [
        postgresql.writer_engine(address) if address else sqlite.writer_engine(place.database, key)
        for _ in BEDS
    ]
    yield runtime
    for engine in runtime.writing:
        engine.dispose()
    runtime.close()


@pytest.fixture
def deciders(runtime):
    watch = _Watch(runtime.metrics)
    return [HospitalDecider(runtime.keeper(), runtime.clock, watch) for _ in BEDS]


def asking(runtime, room, hours=6):
    """Somebody for some hours in one of the two rooms."""
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.REQUEST_PLACE, runtime.site_of_ward)
    other = [name for name in BEDS if name != room]
    body = bundle(duration_minutes=hours * HOUR, max_wait_minutes=0, excluded_room_ids=other)
    return Command("request.place", "acc-bed", PlaceOne(RequestIn.model_validate(body, strict=False), access))


def decided(runtime, deciders):
    """Each decider gives its own bed and the same nurse, knowing nothing of the other."""
    commands = [asking(runtime, room) for room in BEDS]
    decisions = [decider.decide([command])[0] for decider, command in zip(deciders, commands, strict=True)]
    assert [d.answer.body["allocation"]["bed_id"] for d in decisions] == list(BEDS.values())
    return commands, decisions


def store(runtime, engine, command, decision, minute=NOW):
    with engine.connect() as connection, connection.begin():
        step = Step(command, decision.write, decision)
        return carry_out(SqlLedger(connection, runtime.database.dialect), [step], Instant.of_minute(minute))


def race(runtime, commands, decisions):
    """Both are stored at the same time, each over a connection of its own."""
    ready, results = threading.Barrier(2), [None, None]

    def run(number):
        ready.wait()
        results[number] = store(runtime, runtime.writing[number], commands[number], decisions[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def violations(runtime):
    with runtime.database.reading() as connection:
        return [found.rule for found in recount(connection)]


def test_of_two_decisions_for_the_last_nurse_hour_one_is_stored_and_the_other_decided_again(
    runtime, deciders
):
    commands, decisions = decided(runtime, deciders)
    results = race(runtime, commands, decisions)
    (loser,) = [number for number in (0, 1) if results[number].refused]
    assert results[1 - loser].results[0].answer.status == 201
    assert results[loser].refused[0].guard == "cover_revision"
    deciders[loser].refused(commands[loser], decisions[loser])
    (again,) = deciders[loser].decide([commands[loser]])
    assert again.answer.status == 202
    assert again.answer.body["need"]["blocking"][0]["rule_id"] == "nursing_floor"
    stored = store(runtime, runtime.writing[0], commands[loser], again)
    assert stored.results[0].answer.status == 202
    assert violations(runtime) == []


def test_without_the_revisions_both_would_be_stored(runtime, deciders):
    """The negative control: nothing else in the database knows how many patients a nurse may have."""
    commands, decisions = decided(runtime, deciders)
    for decision in decisions:
        decision.changes.cover_seen = {}
    results = race(runtime, commands, decisions)
    assert [result.results[0].answer.status for result in results] == [201, 201]
    assert violations(runtime) == ["too_few_nurses"]


def test_one_slot_that_moved_among_several_is_enough_to_decide_again(runtime, deciders):
    commands = asking(runtime, "A"), asking(runtime, "B", hours=30)
    (short,), (long,) = deciders[0].decide([commands[0]]), deciders[1].decide([commands[1]])
    assert len(long.changes.cover_seen) > len(short.changes.cover_seen)
    assert not store(runtime, runtime.writing[0], commands[0], short).refused
    assert store(runtime, runtime.writing[1], commands[1], long).refused[0].guard == "cover_revision"


def test_a_nurse_who_falls_ill_between_decision_and_commit_is_noticed(runtime, deciders):
    placing, telling = asking(runtime, "A"), absent(runtime)
    (given,), (ill,) = deciders[0].decide([placing]), deciders[1].decide([telling])
    assert store(runtime, runtime.writing[1], telling, ill).results[0].answer.status == 200
    assert store(runtime, runtime.writing[0], placing, given).refused[0].guard == "cover_revision"


def absent(runtime):
    event = DisruptionIn.model_validate({"event": {"kind": "nurse_absent", "shift_id": "H1"}})
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.DISRUPTION_STAFF, runtime.site_of_ward)
    return Command("disruption", "acc-bed", Disrupt(event, access))


def slots(start, end):
    """The eight-hour slots of ward W1 in ``[NOW + start, NOW + end)``."""
    return {("W1", slot) for slot in range((NOW + start) // 480, (NOW + end - 1) // 480 + 1)}


def test_a_placement_rests_on_the_slots_of_its_stay(runtime, deciders):
    (placed,) = deciders[0].decide([asking(runtime, "A")])
    assert placed.changes.cover_seen.keys() == slots(0, 6 * HOUR)


@pytest.mark.parametrize(
    ("change", "rests_on"),
    [
        ({"end": NOW + 9 * DAY}, slots(0, 2 * DAY)),
        ({"end": NOW + HOUR}, slots(0, 6 * HOUR)),
        ({"departure": Departure.CONFIRMED}, slots(0, 6 * HOUR)),
        ({"start": NOW - HOUR, "end": NOW}, slots(0, 6 * HOUR)),
        ({"with_stay_id": "other"}, slots(0, 6 * HOUR)),
    ],
)
def test_so_does_every_change_of_a_stay_as_far_as_decisions_look_ahead(runtime, deciders, change, rests_on):
    desk = deciders[0].desk
    before = dict(desk.cover)
    (placed,) = deciders[0].decide([asking(runtime, "A")])
    (stay,) = desk.live.records.stays.values()
    changes = Changes(desk, NOW, "acc-bed")
    changes.put(replace(stay, **change))
    rest_on_cover(changes)
    once = placed.changes.cover_seen
    assert changes.cover_seen == {slot: before[slot] + (slot in once) for slot in rests_on}


def test_who_accompanies_a_patient_draws_on_no_nurse(runtime, deciders):
    desk = deciders[0].desk
    desk.live.put(Person("p"))
    changes = Changes(desk, NOW, "acc-bed")
    changes.put(Stay("c", "p", "B1", NOW, NOW + DAY, Care("medicine"), with_stay_id="s"))
    rest_on_cover(changes)
    assert changes.cover_seen == {}


def test_the_desk_counts_as_the_database_does(runtime, deciders):
    decider = deciders[0]
    for command in (asking(runtime, "A"), absent(runtime), asking(runtime, "B")):
        (decision,) = decider.decide([command])
        assert not store(runtime, runtime.writing[0], command, decision).refused
    with runtime.database.reading() as connection:
        stored = load_cover_revisions(connection, NOW)
    assert {slot: decider.desk.cover[slot] for slot in stored} == stored
    assert not [slot for slot in decider.desk.cover.keys() - stored.keys() if slot[1] >= NOW // 480]


def test_a_refused_command_leaves_the_desks_revisions_as_they_were(runtime, deciders):
    decider = deciders[0]
    before = +decider.desk.cover
    command = asking(runtime, "A")
    (decision,) = decider.decide([command])
    assert +decider.desk.cover != before
    decider.refused(command, decision)
    assert +decider.desk.cover == before
