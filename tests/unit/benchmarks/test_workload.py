"""What the clients ask: requests that fit together, and a load that leaves the hospital as it is."""

import orjson

from benchmarks.service import workload
from simulations.hospital import generate
from simulations.load.loops import Exchange, Message
from solver.hospital.timegrid import MINUTES_PER_DAY

NOW = 29_540_160


def body_of(message: Message) -> dict[str, object]:
    return orjson.loads(message.raw.split(b"\r\n\r\n", 1)[1])


def test_a_cycles_requests_fit_together_and_are_asked_for_as_if_they_came_now() -> None:
    hospital = generate(workload.SIZE, workload.SEED, NOW, occupancy=workload.OCCUPANCY)
    found = workload.fitting(hospital, NOW, 0)
    assert len(found) == workload.IN_A_CYCLE
    assert len({arrival.person.id for arrival in found}) == len(found)
    assert {arrival.minute for arrival in found} == {NOW}
    assert all(arrival.request.decided_at <= NOW <= arrival.request.needed_by + 60 for arrival in found)
    assert all(arrival.request.needed_by < NOW + 30 * MINUTES_PER_DAY for arrival in found)
    (bodies,) = workload.cycles(hospital, NOW, 1)
    assert all("id" not in orjson.loads(body)["person"] for body in bodies), "everybody is new to the service"


def test_a_batch_asks_for_the_same_in_fifties() -> None:
    contents = [orjson.dumps({"n": n}) for n in range(120)]
    batches = workload.batching(contents, "token")
    asked = [body_of(message)["requests"] for message in batches]
    assert [len(each) for each in asked] == [50, 50, 20]
    assert [one["n"] for each in asked for one in each] == list(range(120))


def test_every_command_has_an_idempotency_key_of_its_own() -> None:
    keys = {
        line
        for message in workload.placing([b"{}"] * 100, "token")
        for line in message.raw.split(b"\r\n")
        if line.startswith(b"Idempotency-Key: ")
    }
    assert len(keys) == 100


def test_what_waits_is_given_back_before_what_was_placed() -> None:
    told = [("a", "placed"), ("b", "unplaced"), ("c", "placed")]
    answers = [
        Exchange("place", 0, 0, 201, orjson.dumps({"request_id": name, "state": state}))
        for name, state in told
    ]
    assert [message.about for message in workload.releasing(answers, "token")] == ["b", "a", "c"]


class Hospital:
    """Answers to a steady load as the service would."""

    def __init__(self, source: workload.Steady) -> None:
        self.source = source
        self.numbers = iter(range(10**6))
        self.placed: set[str] = set()

    def turn(self, status: int | None = None) -> str:
        """One question and its answer; its kind."""
        message = self.source.next()
        assert message is not None
        if message.kind == workload.RELEASE:
            if status is None:
                self.placed.remove(message.about)
            self.source.heard(message, status or workload.DONE, b"")
            return message.kind
        name = f"r{next(self.numbers)}"
        if status is None:
            self.placed.add(name)
        self.source.heard(message, status or workload.PLACED, orjson.dumps({"request_id": name}))
        return message.kind


def test_a_steady_load_fills_the_hospital_and_then_places_and_releases_in_turns() -> None:
    hospital = Hospital(workload.Steady([b"{}"], "token"))
    assert [hospital.turn() for _ in range(workload.STANDING)] == [workload.PLACE] * workload.STANDING
    kinds = [hospital.turn() for _ in range(200)]
    assert kinds.count(workload.RELEASE) == kinds.count(workload.PLACE) == 100
    assert len(hospital.placed) == workload.STANDING


def test_a_release_that_was_refused_is_asked_again_under_the_same_key() -> None:
    source = workload.Steady([b"{}"], "token")
    hospital = Hospital(source)
    for _ in range(workload.STANDING):
        hospital.turn()
    release = source.next()
    assert release is not None
    assert release.kind == workload.RELEASE
    source.heard(release, 503, b"")
    assert source.next() is release


def test_a_placement_that_was_refused_leaves_nothing_to_give_back() -> None:
    hospital = Hospital(workload.Steady([b"{}"], "token"))
    for _ in range(3 * workload.STANDING):
        assert hospital.turn(status=503) == workload.PLACE
    assert hospital.source.standing == 0


def test_the_load_ends_when_its_time_is_over() -> None:
    source = workload.Steady([b"{}"], "token", seconds=0.0)
    assert source.next() is None
