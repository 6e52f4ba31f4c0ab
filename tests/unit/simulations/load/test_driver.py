"""The sender: what is due goes out when it is due, in order for each patient, and answers are held to what they are."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from simulations.load.driver import Driver, Sending, Stall
from simulations.load.judge import faults
from simulations.load.patient import Patient
from simulations.load.record import Journal, Record, read_journals
from simulations.load.timeline import Op
from tests.load_hospital import ScriptedServer, kinds, patient, served
from tests.stepped_loop import SteppedLoop, stepped

STAY = (
    (0.0, Op.ASK),
    (0.05, Op.CONFIRM),
    (0.1, Op.ARRIVE),
    (0.15, Op.ORDER),
    (0.2, Op.LEAVE),
    (0.25, Op.LOOK),
)


def sent(
    server: ScriptedServer,
    folder: Path,
    *patients: Patient,
    seconds: float = 0.5,
    beside: Callable[[SteppedLoop], Awaitable[None]] | None = None,
    **how: Any,
) -> Record:
    """Send for some patients, with nothing twice unless said otherwise; ``beside``: what else happens in the process
    meanwhile. Time goes on only where everybody waits for it, so that how busy the machine is changes nothing."""
    journal = Journal(folder / "journal")

    async def sending(loop: SteppedLoop) -> Record:
        async with served(server) as url:
            wanted = Sending((url,), "wfs_x", seconds, **{"resends": 0.0, **how})
            running = Driver(wanted, patients, journal, loop.time).run(loop.time() + 0.05)
            if beside is None:
                return await running
            record, _ = await asyncio.gather(running, beside(loop))
            return record

    record = stepped(sending)
    journal.close()
    return record


def test_what_a_patient_needs_is_asked_in_order_and_written_down(tmp_path: Path) -> None:
    server = ScriptedServer()
    record = sent(server, tmp_path, patient(*STAY))
    assert kinds(server.paths) == ["requests", "confirm", "arrive", "discharge", "discharge", "requests"]
    lines = read_journals([tmp_path / "journal"])
    assert [line["kind"] for line in lines] == ["ask", "confirm", "arrive", "order", "leave"]
    assert len({line["key"] for line in lines}) == 5
    assert record.everything.count == 6
    assert record.faults == []


def test_patients_do_not_wait_for_each_other(tmp_path: Path) -> None:
    server = ScriptedServer(seconds=0.2)
    patients = [patient((0.0, Op.ASK), name=f"0/0/{n}") for n in range(50)]
    record = sent(server, tmp_path, *patients, seconds=0.1)
    assert record.everything.count == 50
    moments = [at for at, _, _ in server.asked]
    assert max(moments) - min(moments) < 0.2, "the last is asked before the first is answered"


def test_an_operation_waits_for_the_one_before_it_and_that_is_told_as_slip_and_latency(
    tmp_path: Path,
) -> None:
    server = ScriptedServer(seconds=0.2)
    record = sent(server, tmp_path, patient((0.0, Op.ASK), (0.05, Op.CONFIRM)))
    moments = [at for at, _, _ in server.asked]
    assert moments[1] - moments[0] > 0.19, "the second is sent when the first is answered"
    assert record.slip.milliseconds(100) == pytest.approx(150, abs=5)
    assert record.latencies["confirm"].milliseconds(100) == pytest.approx(350, abs=5), (
        "from the intended time"
    )
    assert record.late.milliseconds(100) < 5, "waiting for an answer is no lateness of the sender"


def test_questions_go_out_at_their_time_however_slow_the_service_is(tmp_path: Path) -> None:
    server = ScriptedServer(seconds=0.3)
    patients = [patient((0.02 * n, Op.ASK), name=f"0/0/{n}") for n in range(20)]
    sent(server, tmp_path, *patients, seconds=0.5)
    first = server.asked[0][0]
    moments = [at - first for at, _, _ in server.asked]
    assert moments == pytest.approx([0.02 * n for n in range(20)], abs=0.001)


def test_some_writes_are_sent_twice_under_their_key_before_the_patient_goes_on(tmp_path: Path) -> None:
    server = ScriptedServer()
    record = sent(server, tmp_path, patient(*STAY), resends=1.0)
    keys = [key for _, _, key in server.asked if key]
    assert keys[0::2] == keys[1::2]
    assert len(set(keys)) == 5
    assert record.counts["resent"] == 5
    assert record.everything.count == 6, "what is sent again is not measured"
    assert record.faults == []


@pytest.mark.parametrize(
    ("says", "fault"),
    [
        (
            lambda path, r, before: (r[0], {**r[1], "state": "odd"}, r[2]) if before else r,
            "answered otherwise",
        ),
        (lambda path, r, before: (r[0], r[1], False) if before else r, "as if for the first time"),
        (lambda path, r, before: (422, {}, False) if before else r, "refused with 422"),
    ],
)
def test_who_answers_a_repeated_command_otherwise_is_found_out(tmp_path: Path, says, fault: str) -> None:
    record = sent(ScriptedServer(says), tmp_path, patient((0.0, Op.ASK)), resends=1.0)
    assert [fault in each for each in record.faults] == [True]


@pytest.mark.parametrize(
    ("says", "fault"),
    [
        (
            lambda path, r, b: (404, {}, False) if path.startswith("/api/v1/requests/") else r,
            "finds nothing of it",
        ),
        (lambda path, r, b: (500, {}, False) if ":confirm" in path else r, "a confirm was answered 500"),
        (
            lambda path, r, b: (200, {**r[1], "revision": 0}, False) if "/requests/" in path else r,
            "read at 0",
        ),
    ],
    ids=["forgotten", "failed", "older than what was told"],
)
def test_answers_no_sound_service_gives_are_faults(tmp_path: Path, says, fault: str) -> None:
    tasks = ((0.0, Op.ASK), (0.05, Op.LOOK), (0.1, Op.CONFIRM))
    record = sent(ScriptedServer(says), tmp_path, patient(*tasks))
    assert [fault in each for each in record.faults] == [True]


def test_a_service_that_cannot_now_or_drops_the_line_is_asked_again_under_the_same_key(
    tmp_path: Path,
) -> None:
    def says(path, reply, before):
        return ((503, {}, False), None, reply)[min(before, 2)]

    server = ScriptedServer(says)
    record = sent(server, tmp_path, patient((0.0, Op.ASK)), seconds=0.2)
    assert len(server.asked) == 3
    assert len({key for _, _, key in server.asked}) == 1
    assert record.counts["tried again"] == 2
    assert record.latencies["ask"].milliseconds(100) > 400, "the whole wait counts"
    assert record.faults == []
    assert len(read_journals([tmp_path / "journal"])) == 1


def test_what_nobody_answers_is_written_down_as_unknown(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("simulations.load.driver.TRIES", 1)
    sent(ScriptedServer(lambda *_: None), tmp_path, patient((0.0, Op.ASK)), seconds=0.1)
    (line,) = read_journals([tmp_path / "journal"])
    assert (line["kind"], line["status"]) == ("ask", 0)


def test_an_allocation_that_was_replaced_is_looked_up_and_the_operation_done_once_more(
    tmp_path: Path,
) -> None:
    server = ScriptedServer(lambda path, r, b: (412, {}, False) if path.endswith("/alc_1:confirm") else r)
    record = sent(server, tmp_path, patient((0.0, Op.ASK), (0.05, Op.CONFIRM)))
    assert kinds(server.paths) == ["requests", "confirm", "requests", "confirm", "requests"]
    assert record.faults == []


def test_after_a_stall_everything_comes_at_once_and_what_was_sent_before_is_sent_again(
    tmp_path: Path,
) -> None:
    server = ScriptedServer()
    patients = [patient((0.02 * n, Op.ASK), name=f"0/0/{n}") for n in range(20)]
    record = sent(server, tmp_path, *patients, seconds=0.5, stall=Stall(0.2, 0.4, 1.0))
    first = server.asked[0][0]
    moments = [at - first for at, _, _ in server.asked]
    assert not [at for at in moments if 0.2 < at < 0.395], "nothing gets through"
    assert record.counts["resent"] >= 9
    assert record.latencies["ask"].milliseconds(100) > 150, "who was held up waited"
    assert record.late.milliseconds(100) < 5, "the stall is no lateness of the sender"
    assert record.faults == []


def test_what_fills_the_hospital_is_not_measured(tmp_path: Path) -> None:
    patients = [patient((0.05, Op.ASK), name="a"), patient((0.3, Op.ASK), name="b")]
    record = sent(ScriptedServer(), tmp_path, *patients, fill=0.2)
    assert record.everything.count == 1
    assert len(read_journals([tmp_path / "journal"])) == 2


def test_a_load_that_grows_ends_when_the_service_no_longer_answers(tmp_path: Path) -> None:
    server = ScriptedServer(seconds=0.8)
    patients = [patient((0.1 * n, Op.ASK), name=f"0/0/{n}") for n in range(40)]
    record = sent(server, tmp_path, *patients, seconds=4.0, gives_up=0.3)
    assert record.counts["ended early"] == 1
    assert len(server.asked) < 15
    assert 0.3 < record.seconds < 2.0, "what is measured ends with it"


def test_the_sender_itself_being_late_is_written_down(tmp_path: Path) -> None:
    async def hog(loop: SteppedLoop) -> None:
        await asyncio.sleep(0.15)
        loop.pass_seconds(0.2)

    patients = [patient((0.1 + 0.01 * n, Op.ASK), name=f"0/0/{n}") for n in range(20)]
    record = sent(ScriptedServer(), tmp_path, *patients, beside=hog)
    assert record.late.milliseconds(100) > 180


def test_who_is_sent_again_after_a_stall_goes_on_in_order_and_only_once(tmp_path: Path) -> None:
    server = ScriptedServer()
    stayed = patient((0.05, Op.ASK), (0.6, Op.CONFIRM), (0.9, Op.ARRIVE))
    other = patient((0.25, Op.ASK), name="0/0/2")
    sent(server, tmp_path, stayed, other, seconds=1.2, stall=Stall(0.2, 0.3, 1.0))
    moments = {kind: at for (at, _, _), kind in zip(server.asked, kinds(server.paths), strict=True)}
    assert moments["arrive"] - moments["confirm"] == pytest.approx(0.3, abs=0.001)
    assert sorted(kinds(server.paths)) == ["arrive", "confirm", "requests", "requests", "requests"]


def test_what_is_sent_again_after_a_stall_does_not_end_the_load(tmp_path: Path) -> None:
    server = ScriptedServer()
    last = patient((0.05, Op.ASK), (0.6, Op.CONFIRM))
    others = [patient((at, Op.ASK), name=f"0/0/{at}") for at in (0.25, 0.8)]
    record = sent(server, tmp_path, last, *others, seconds=1.1, stall=Stall(0.2, 0.3, 1.0))
    assert record.latencies["ask"].count == 3
    assert record.counts["resent"] == 1


def test_a_stall_in_which_nothing_is_due_is_followed_by_the_same_storm(tmp_path: Path) -> None:
    server = ScriptedServer()
    record = sent(server, tmp_path, patient((0.05, Op.ASK)), seconds=1.0, stall=Stall(0.4, 0.5, 1.0))
    first, again = server.asked
    assert first[2] == again[2]
    assert again[0] - first[0] == pytest.approx(0.45, abs=0.001)
    assert record.counts["resent"] == 1


def test_an_answer_that_came_with_the_second_try_is_no_fault_of_a_service_that_did_it_at_the_first(
    tmp_path: Path,
) -> None:
    def says(path, reply, before):
        """The first answer is done and lost on its way."""
        return None if path == "/api/v1/requests" and before == 0 and len(server.asked) == 1 else reply

    server = ScriptedServer(says)
    patients = [patient((0.0, Op.ASK), name="a"), patient((0.05, Op.ASK), name="b")]
    record = sent(server, tmp_path, *patients, seconds=0.3)
    assert record.counts["tried again"] == 1
    lines = read_journals([tmp_path / "journal"])
    assert [line["hospital"] for line in lines] == [2, 1], "the first was told last"
    assert faults(lines) == []


BROKEN = {
    "no JSON": (502, b"Bad Gateway", "a confirm was answered 502 with what is no JSON"),
    "no object": (200, b"[]", "a confirm was answered 200 with what is no JSON object"),
    "nothing": (200, b"", "a confirm was answered 200 without request_id"),
    "no id": (
        200,
        b'{"request_id":"r","state":"placed","revision":1,"hospital_revision":1,"allocation":{}}',
        "a confirm was answered 200 without allocation.id",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_tells_nothing_is_a_fault_and_the_patient_goes_on(tmp_path: Path, name: str) -> None:
    status, raw, fault = BROKEN[name]
    server = ScriptedServer(lambda path, r, b: (status, raw, False) if ":confirm" in path else r)
    tasks = ((0.0, Op.ASK), (0.05, Op.CONFIRM), (0.1, Op.ARRIVE))
    record = sent(server, tmp_path, patient(*tasks))
    assert kinds(server.paths) == ["requests", "confirm", "arrive"]
    assert [fault in each for each in record.faults] == [True]
    lines = read_journals([tmp_path / "journal"])
    assert [(line["kind"], bool(line["status"])) for line in lines] == [
        ("ask", True),
        ("confirm", False),
        ("arrive", True),
    ]
