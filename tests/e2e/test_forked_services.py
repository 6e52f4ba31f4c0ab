"""Services of tests that begin with everything imported are processes as others are; cold ones are started too."""

import os
import signal
import subprocess
import sys
import time

import pytest

from cli import service as services
from cli.sandbox import make_sandbox
from cli.service import PROGRAM, start_service
from simulations.hospital import generate
from tests.command_line import ALONE, FORKS
from tests.forked_process import ForkedProcess


@pytest.fixture
def sandbox(tmp_path):
    now = int(time.time()) // 60
    return make_sandbox(tmp_path / "sandbox", generate("ward", 1, now, occupancy=0.5), now)


def test_a_service_is_forked_and_ends_with_status_0_when_told_and_with_the_signal_when_killed(
    sandbox, tmp_path
):
    for end, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        place = sandbox.database, sandbox.key_file, tmp_path / "run"
        with start_service(*place, settings=ALONE) as service:
            assert isinstance(service.process, ForkedProcess)
            assert service.process.poll() is None
            with pytest.raises(subprocess.TimeoutExpired):
                service.process.wait(0.01)
            service.process.send_signal(end)
            assert service.process.wait(60) == status
            assert service.process.poll() == status


def test_a_service_that_cannot_start_says_why_in_its_log_and_ends_with_its_status(tmp_path):
    process = FORKS.start(["serve", "--port", "none"], {}, tmp_path / "log")
    assert process.wait(60) == 2
    assert "Invalid value for '--port'" in (tmp_path / "log").read_text()


def test_a_program_of_a_control_is_run_as_python_runs_a_module(tmp_path):
    process = services.begun([*PROGRAM, "this", "serve"], dict(os.environ), tmp_path / "log")
    assert isinstance(process, ForkedProcess)
    assert process.wait(60) == 0
    assert "Zen" in (tmp_path / "log").read_text()


def test_a_service_with_modules_of_its_own_starts_the_interpreter(tmp_path):
    (tmp_path / "own.py").write_text("print('mine')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = services.begun([*PROGRAM, "own", "serve"], environment, tmp_path / "log")
    assert isinstance(process, subprocess.Popen)
    assert process.wait(60) == 0
    assert process.args[0] == sys.executable
    assert "mine" in (tmp_path / "log").read_text()
