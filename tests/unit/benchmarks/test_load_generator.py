"""The benchmark of the generator measures what it says, and its null server is asked as a service is."""

import orjson

from benchmarks.record import recorded
from benchmarks.simulator.load import measure
from benchmarks.simulator.null_server import answer


def test_a_run_is_measured_by_the_generators_own_time_and_kept(tmp_path):
    found = measure(300.0, 1.0, 1, tmp_path / "results.jsonl")
    assert found["faults"] == 0
    assert found["questions"] >= 200
    assert found["a_cpu_second"] > found["goal_a_cpu_second"]
    assert [line["questions"] for line in recorded(tmp_path / "results.jsonl")] == [found["questions"]]


def test_the_null_server_answers_as_a_sandbox_would():
    status, raw = answer("POST", "/api/v1/requests", b"", 7)
    asked = orjson.loads(raw)
    assert (status, asked["state"], asked["request_id"]) == (201, "placed", "req_7")
    _, raw = answer("POST", "/api/v1/allocations/alc_7:discharge", b'{"step":"left"}', 9)
    left = orjson.loads(raw)
    assert (left["state"], left["request_id"], left["revision"]) == ("left", "req_7", 9)
