"""The decider beside the database: what is refused is undone to the last record, what is in doubt is built
anew."""

import asyncio
import gc
import itertools
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from api.errors import UnknownReference
from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.movements import ReleaseIn
from api.schemas.requests import RequestIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.commands import HANDLERS
from api.services.movements import Withdraw
from api.services.placing import PlaceOne, place_one
from api.services.ticking import Tick
from models.batch import Step, carry_out
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Outcome, Transaction
from models.errors import NotFound, StorageFails
from models.ledger import SqlLedger
from models.pending import Pending
from models.repositories.equipment import insert_booking
from solver.hospital import Allocation, Lot, RequestState, Stay, UnitBooking
from tests.api_service import DAY, NOW, Place, Wall, bundle


@pytest.fixture
def runtime(tmp_path, address):
    place = Place(tmp_path, address=address).make()
    runtime = Runtime(place.settings(), Outside(wall=Wall()), Metrics())
    runtime.warm_up()
    runtime.writer.close()
    yield runtime
    runtime.close()


@pytest.fixture
def decider(runtime):
    return runtime._decider


def asking(runtime, **changes):
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.REQUEST_PLACE, runtime.site_of_ward)
    body = RequestIn.model_validate(bundle(**changes), strict=False)
    return Command("request.place", "acc-bed", PlaceOne(body, access))


def state(desk):
    records = desk.live.records
    kinds = ("stays", "unit_bookings", "lots", "persons", "beds", "units")
    return {name: dict(getattr(records, name)) for name in kinds} | {"cases": dict(desk.cases)}


def needs():
    return {"equipment": [{"type_id": "pump"}], "drugs": [{"drug_id": "heparin", "quantity": 3}]}


def test_a_decision_that_is_refused_leaves_no_trace(runtime, decider):
    before = state(decider.desk)
    command = asking(runtime, **needs())
    (decision,) = decider.decide([command])
    assert state(decider.desk) != before
    decider.refused(command, decision)
    assert state(decider.desk) == before


def test_a_question_tries_what_it_likes_and_leaves_no_trace(runtime, decider):
    before = state(decider.desk)
    command = asking(runtime, **needs())
    answer = decider.ask(lambda changes: place_one(command.body, changes), command.actor)
    assert answer.status == 201
    assert state(decider.desk) == before


def test_a_question_that_fails_leaves_no_trace_either(runtime, decider):
    before = state(decider.desk)
    wrong = asking(runtime, person={"sex": "female"}, drugs=[{"drug_id": "nothing", "quantity": 1}])
    with pytest.raises(UnknownReference):
        decider.ask(lambda changes: place_one(wrong.body, changes), wrong.actor)
    assert state(decider.desk) == before


def test_a_command_that_fails_half_way_leaves_no_trace_and_the_next_one_is_decided(runtime, decider):
    before = state(decider.desk)
    wrong = asking(runtime, person={"sex": "female"}, drugs=[{"drug_id": "nothing", "quantity": 1}])
    refused, decided = decider.decide([wrong, asking(runtime)])
    assert isinstance(refused, Exception)
    decider.refused(asking(runtime), decided)
    assert state(decider.desk) == before


def test_a_command_nobody_handles_is_refused_alone(decider, runtime):
    refused, decided = decider.decide([Command("nonsense", "acc-bed"), asking(runtime)])
    assert isinstance(refused, KeyError)
    assert not isinstance(decided, Exception)


def test_each_command_of_a_batch_sees_the_ones_before(runtime, decider):
    decisions = decider.decide([asking(runtime) for _ in range(6)])
    beds = [d.answer.body["allocation"]["bed_id"] for d in decisions if d.answer.status == 201]
    assert len(beds) == len(set(beds)) == 5
    assert decisions[-1].answer.status == 202


def test_when_a_later_decision_built_on_the_refused_one_the_desk_is_built_from_storage(runtime, decider):
    commands = [asking(runtime, **needs()) for _ in range(2)]
    first, _ = decider.decide(commands)
    desk = decider.desk
    decider.refused(commands[0], first)
    decider.decide([])
    assert decider.desk is not desk
    assert {lot.reserved for lot in decider.desk.live.records.lots.values()} == {0}


def test_what_was_decided_is_stored_and_a_desk_built_anew_says_the_same(runtime, decider):
    (decision,) = decider.decide([asking(runtime, **needs())])
    with runtime.database.writing() as connection:
        outcome = decision.write(Transaction(connection, runtime.clock(), 7))
    assert outcome.answer.body["hospital_revision"] == 7
    assert outcome.audit
    assert outcome.events
    mine = state(decider.desk)
    decider.reset()
    theirs = state(decider.desk)
    for kind in ("stays", "unit_bookings", "lots"):
        assert mine[kind] == theirs[kind]
    assert mine["cases"].keys() == theirs["cases"].keys()


def test_records_of_the_desk_that_something_else_changed_are_not_undone_blindly(runtime, decider):
    command = asking(runtime, **needs())
    (decision,) = decider.decide([command])
    lot = decider.desk.live.records.lots["L1"]
    decider.desk.put(Lot("L1", lot.drug_id, lot.on_hand, lot.expires, lot.reserved + 1))
    assert decision.changes.undo() is False


def in_the_occupied_bed(request, allocation_id, **_):
    """What a faulty engine finds."""
    end = request.needed_by + request.duration_minutes
    return Allocation(allocation_id, request.id, request.person_id, "B1", request.needed_by, end)


def test_a_need_is_stored_where_the_referee_does_not_confirm_what_an_engine_found(
    runtime, decider, monkeypatch
):
    """It was refused, and with it lost."""
    monkeypatch.setattr(decider.desk.live, "find", in_the_occupied_bed)
    (decision,) = decider.decide([asking(runtime)])
    assert decision.answer.status == 202
    need = decision.answer.body["need"]
    assert [rule["rule_id"] for rule in need["blocking"]] == ["bed_free"]
    assert need["call"]
    (case,) = decider.desk.cases.values()
    assert case.state is RequestState.UNPLACED


def test_the_clock_goes_on_where_the_referee_does_not_confirm_what_an_engine_found(
    runtime, decider, monkeypatch
):
    asked = [asking(runtime, max_wait_minutes=0) for _ in range(6)]
    assert decider.decide(asked)[-1].answer.status == 202
    monkeypatch.setattr(decider.desk.live, "find", in_the_occupied_bed)
    (ticked,) = decider.decide([Command("clock.tick", "clock", Tick())])
    assert ticked.answer.body["placed_from_waiting"] == []


def booked(runtime, unit_id, start, end):
    """An active booking of a unit on its own ward, minutes from now."""
    ward_id = {"P1": "W1", "P2": "W2"}[unit_id]
    booking = UnitBooking(f"K-{unit_id}", unit_id, ward_id, NOW + start, NOW + end)
    with runtime.database.writing() as connection:
        insert_booking(Transaction(connection, runtime.clock(), 1), booking)


def test_after_a_restart_a_unit_that_has_just_come_free_is_not_sent_on_its_way_too_early(runtime, decider):
    """Its last booking was over and left out, though the way to the next ward began before: refused by the guard."""
    booked(runtime, "P1", -60, 3 * DAY)
    booked(runtime, "P2", -60, -11)
    decider.reset()
    (decision,) = decider.decide([asking(runtime, equipment=[{"type_id": "pump"}])])
    with runtime.database.writing() as connection:
        outcome = decision.write(Transaction(connection, runtime.clock(), 1))
    assert outcome.answer.status == 201


def told_at(runtime, minute):
    """Another process, whose clock is ahead, commits something."""
    line = AuditEntry("rename", "hospital")
    write = lambda _: Outcome(Answer(200, {}), (line,), touched=())  # noqa: E731
    with runtime.database.writing() as connection:
        ledger = SqlLedger(connection, runtime.database.dialect)
        carry_out(ledger, [Step(Command("rename", "acc-bed"), write)], Instant.of_minute(minute))


def test_no_desk_stands_at_an_earlier_minute_than_what_was_recorded_last(runtime, decider):
    """The clock was set back, one of two processes restarted: arrivals at the other were refused for an hour."""
    told_at(runtime, NOW + 60)
    with runtime.database.reading() as connection:
        assert decider.follow(connection)
    assert decider.desk.live.now == NOW + 60
    decider.decide([])
    assert decider.desk.live.now == NOW + 60
    decider.reset()
    assert decider.desk.live.now == NOW + 60


def test_an_unknown_stay_is_not_found(decider):
    from api.services.changes import Changes
    from api.services.lookup import stay_by_id

    with pytest.raises(NotFound):
        stay_by_id("nobody", Changes(decider.desk, decider.desk.live.now, "acc-bed"))
    assert all(isinstance(stay, Stay) for stay in decider.desk.live.records.stays.values())


def test_who_owns_the_process_is_told_whenever_the_hospital_was_read(tmp_path):
    read: list[int] = []
    outside = Outside(wall=Wall(), settled=lambda: read.append(1))
    runtime = Runtime(Place(tmp_path).make().settings(), outside, Metrics())
    runtime.warm_up()
    runtime.writer.close()
    assert len(read) == 1
    runtime._decider.reset()
    assert len(read) == 2
    runtime.close()


def test_a_service_is_ready_only_when_its_solver_and_its_gauges_stand(tmp_path):
    """Warming up is another thread's work: who saw it ready a moment too early found no solver."""

    class Watched(Metrics):
        def watch(self, gauges):
            stood.append(("gauges", runtime.ready))
            super().watch(gauges)

    class Observed(Runtime):
        def _start_solver(self, decider):
            stood.append(("solver", self.ready))

    stood: list[tuple[str, bool]] = []
    runtime = Observed(Place(tmp_path).make().settings(), Outside(wall=Wall()), Watched())
    runtime.warm_up()
    try:
        assert stood == [("gauges", False), ("solver", False)]
        assert runtime.ready
    finally:
        runtime.writer.close()
        runtime.close()


def test_a_picture_shows_what_was_stored_and_nothing_that_was_only_decided(runtime, decider):
    """While a commit is under way or has failed, the desk holds what nobody was promised yet."""
    command = asking(runtime, **needs())
    (decision,) = decider.decide([command])
    assert decider.desk.cases
    assert (decider.picture().cases, len(decider.picture().stays)) == ({}, 1)
    decider.committed([decision], 1)
    assert (len(decider.picture().cases), len(decider.picture().stays)) == (1, 2)
    decider.decide([asking(runtime)])
    assert len(decider.picture().cases) == 1, "the second one is not stored"
    decider.reset()
    assert decider.picture().cases == {}, "nor was the first one, in truth"


def test_who_asks_while_the_hospital_is_read_again_is_shown_it_as_it_was(decider, monkeypatch):
    """Reading it may wait for a database that is gone; the service said then that it is not ready."""

    def gone():
        with ThreadPoolExecutor() as others:
            shown.append(others.submit(decider.picture).result(20))
        raise StorageFails("gone")

    shown = []
    monkeypatch.setattr(decider, "_keeper", SimpleNamespace(build=gone))
    with pytest.raises(StorageFails):
        decider.reset()
    assert [len(picture.stays) for picture in shown] == [1]
    assert len(decider.picture().stays) == 1


def meddling(turn):
    """Places requests; at the given turn a fault leaves something at the desk that it does not know of, and fails."""
    turns = itertools.count(1)

    def place(command, changes):
        if next(turns) == turn:
            lot = changes.records.lots["L1"]
            changes.put(lot)
            changes.desk.put(Lot("L1", lot.drug_id, lot.on_hand, lot.expires, lot.reserved + 1))
            raise RuntimeError("a fault in the middle of a batch")
        return place_one(command, changes)

    return place


def test_a_desk_built_anew_in_mid_batch_forgets_nothing_of_it_and_shows_nothing_before_its_commit(
    runtime, decider, monkeypatch
):
    """What was decided before the fault was stored and missing from the desk: its bed was given twice. What was decided
    after it was shown before it was stored."""
    monkeypatch.setitem(HANDLERS, "request.place", meddling(turn=2))
    told, shown, decide = [], [], decider.decide

    def decide_and_look(commands):
        decided = decide(commands)
        shown.append(decider.picture().cases)
        return decided

    monkeypatch.setattr(decider, "decide", decide_and_look)
    # The last asks elsewhere: a bed that is given twice would be found out at the commit.
    wards = ("medicine", "medicine", "surgery")
    pending = [Pending(asking(runtime, care={"speciality": ward}), told.append) for ward in wards]
    assert runtime._writer._runner.carry_out(pending) == []
    assert [isinstance(reply, Exception) for reply in told].count(True) == 1
    decide([])
    assert shown == [{}]
    assert len(decider.desk.cases) == 2


def test_what_a_command_changed_is_freed_as_soon_as_nobody_asks_for_it(runtime, decider):
    """It referred to itself, and a rest that came before the collector's turn kept it for good."""
    gc.collect()
    gc.disable()
    try:
        decided, refused = decider.decide([asking(runtime), Command("nonsense", "acc-bed")])
        assert isinstance(refused, KeyError)
        gone = weakref.ref(decided.changes)
        decider.refused(asking(runtime), decided)
        del decided
        assert gone() is None
    finally:
        gc.enable()


def test_a_refusal_is_freed_with_its_batch_as_soon_as_it_is_told(runtime, decider):
    """Frames on the way of its traceback hold the list of the batch's decisions, and so all of them until the
    collector's turn."""
    told = []
    access = asking(runtime).body.access
    unknown = Command("request.release", "acc-bed", Withdraw("req-none", ReleaseIn(), access))
    gc.collect()
    gc.disable()
    try:
        pending = [Pending(asking(runtime), told.append), Pending(unknown, told.append)]
        assert runtime._writer._runner.carry_out(pending) == []
        (gone,) = [weakref.ref(result) for result in told if isinstance(result, NotFound)]
        told.clear()
        assert gone() is None
    finally:
        gc.enable()


async def test_after_a_tick_that_nobody_waits_behind_the_service_rests(tmp_path):
    rested = asyncio.Event()
    outside = Outside(wall=Wall(), rests=rested.set)
    runtime = Runtime(Place(tmp_path).make().settings(tick_seconds=0.05), outside, Metrics())
    await asyncio.to_thread(runtime.warm_up)
    keeping = asyncio.create_task(runtime.keep_time())
    async with asyncio.timeout(20):
        await rested.wait()
    runtime.begin_to_close()
    await keeping
    await asyncio.to_thread(runtime.close)
