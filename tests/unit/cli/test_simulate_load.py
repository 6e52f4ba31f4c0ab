"""``wardflow simulate load``: what it refuses before anything is sent, and what its files say."""

import contextlib
import http.server
import json
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.errors import Refused
from cli.load_work import Given, LoadWork
from cli.main import app
from simulations.load.plan import Wanted
from simulations.load.shapes import Shape
from solver.engine.errors import InvalidInstance
from tests.load_hospital import SCENARIO


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text(SCENARIO)
    return path


@contextlib.contextmanager
def pretending(version, status=200, answers=None):
    """A server whose ``/version`` says this; with the paths that it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            told = version if self.path == "/version" else (answers or {}).get(self.path, {})
            body = json.dumps(told).encode()
            self.send_response(200 if self.path == "/version" else status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.02])
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            serving.join()


def refused(*words, token="wfs_x"):
    """What the command refuses."""
    result = CliRunner().invoke(
        app, ["simulate", "load", *map(str, words)], env={"WARDFLOW_LOAD_TOKEN": token}
    )
    assert isinstance(result.exception, Refused | InvalidInstance), result.output
    return str(result.exception)


SHORT = ("--seconds", 1, "--rate", 2)


@pytest.mark.parametrize("version", [{"sandbox": False}, {}, {"sandbox": "true"}, [], {"sandbox": 1}])
def test_a_target_that_does_not_say_it_is_a_sandbox_is_sent_nothing(scenario, version):
    with pretending(version) as (url, asked):
        assert "does not say that it is a sandbox" in refused(scenario, "--target", url, *SHORT)
    assert asked == ["/version"]


def test_a_token_that_opens_live_hospitals_is_never_sent(scenario):
    with pretending({"sandbox": True}) as (url, asked):
        assert "wfs_" in refused(scenario, "--target", url, *SHORT, token="wfl_x")
    assert asked == []


def test_a_sandbox_that_does_not_accept_the_token_is_not_loaded(scenario):
    with pretending({"sandbox": True}, status=401) as (url, asked):
        assert "does not accept the token" in refused(scenario, "--target", url, *SHORT)
    assert asked == ["/version", "/api/v1/census"]


def test_one_live_hospital_among_the_targets_is_enough(scenario):
    with pretending({"sandbox": False}) as (live, asked):
        assert live in refused(scenario, "--target", live, "--target", live, *SHORT)
    assert asked == ["/version"]


def test_a_target_that_lacks_what_the_scenario_asks_for_is_told(scenario):
    answers = {
        "/api/v1/census": {"at": "2026-03-02T00:00:00Z"},
        "/api/v1/wards": {"items": [{"specialities": ["medical_ward"]}]},
        "/api/v1/equipment-types": {"items": [{"id": "pump"}]},
        "/api/v1/drugs": {"items": []},
    }
    with pretending({"sandbox": True}, answers=answers) as (url, _):
        told = refused(scenario, "--target", url, *SHORT, "--as", "medical ward=medical_ward")
    assert "resources.icu" in told
    assert "resources.sedative" in told
    assert "resources.pump" not in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--rate", 5, "--compression", 100), "Leave one"),
        (("--shape", "hurricane"), "one of steady"),
        (("--as", "icu=x"), "belong to a --target"),
        (("--target", "http://127.0.0.1:9"), "does not tell what it is"),
        (("--target", "http://127.0.0.1:9", "--as", "icu"), "RESOURCE=NAME"),
        (("--target", "http://127.0.0.1:9", "--database", "x.db"), "stop it"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(scenario, words, says):
    assert says in refused(scenario, "--seconds", 1, *words)


def test_a_target_without_a_token_is_refused(scenario):
    assert "--token-file" in refused(scenario, "--target", "http://127.0.0.1:9", *SHORT, token="")


def test_nothing_is_overwritten(scenario, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "there").touch()
    assert "nothing is overwritten" in refused(scenario, *SHORT, "--output", tmp_path / "out")


@pytest.mark.slow
def test_a_sandbox_of_the_scenario_is_loaded_by_two_processes_and_its_files_agree(scenario, tmp_path):
    out: Path = tmp_path / "out"
    words = ["--rate", "40", "--seconds", "1", "--processes", "2", "--goal-ms", "20000", "--output", str(out)]
    result = CliRunner().invoke(app, ["simulate", "load", str(scenario), *words])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "faults: 0" in result.output
    figures = json.loads((out / "load.json").read_text())
    lines = [
        json.loads(line) for path in out.glob("journal-*.jsonl") for line in path.read_text().splitlines()
    ]
    assert figures["checked"]["acknowledged writes"] == len(lines)
    assert figures["checked"]["database recounted"] == 1
    assert len(list(out.glob("journal-*.jsonl"))) == 2
    assert sum(figures["statuses"].values()) == figures["answered"]
    assert (
        sum(each["count"] for each in figures["latency_ms_by_kind"].values())
        == figures["latency_ms"]["count"]
    )
    assert sum(each["count"] for each in figures["latency_ms_by_slice"]) == figures["latency_ms"]["count"]
    page = (out / "report.html").read_text()
    assert "Nothing was broken" in page
    assert "<script" not in page
    assert "src=" not in page


def test_the_command_in_a_report_makes_the_load_again_and_opens_nothing(tmp_path):
    given = Given(
        ("http://ward:secret@10.0.0.1:8080",),
        tmp_path / "token",
        ("medical ward=medicine",),
        "postgresql://wardflow:secret@db/wardflow",
        tmp_path / "keys",
    )
    work = LoadWork(tmp_path / "two.yaml", given, tmp_path / "out", 150.0, 2, judge=False)
    shown = work.whole_command(Wanted(30.0, 4, compression=600.0, shape=Shape.STEP, seed=7))
    assert shown == (
        "wardflow simulate load two.yaml --target http://10.0.0.1:8080 --as 'medical ward=medicine' "
        "--compression 600.0 --seconds 30 --sites 4 --processes 2 --shape step --step-seconds 60 --goal-ms 150 "
        "--seed 7 --no-judge"
    )
