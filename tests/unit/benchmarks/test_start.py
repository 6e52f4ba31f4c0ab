"""Memory as /proc tells it: of a process and those it started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.service.start import memory_of

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")


def process(proc: Path, pid: int, resident: int, peak: int, *children: int) -> None:
    """A process in a folder that looks as /proc does; kB."""
    task = proc / str(pid) / "task" / str(pid)
    task.mkdir(parents=True)
    (task / "children").write_text(" ".join(map(str, children)))
    status = f"Name:\tpython\nVmPeak:\t 999999 kB\nVmHWM:\t {peak} kB\nVmRSS:\t {resident} kB\nThreads:\t4\n"
    (proc / str(pid) / "status").write_text(status)
    rollup = f"00400000-7fff [rollup]\nRss:\t 888888 kB\nPss:\t {resident} kB\nPss_Anon:\t 1 kB\n"
    (proc / str(pid) / "smaps_rollup").write_text(rollup)


def test_the_memory_of_a_service_is_its_own_and_that_of_its_children(tmp_path: Path) -> None:
    process(tmp_path, 10, 1000, 2000, 11, 12)
    process(tmp_path, 11, 100, 500, 13)
    process(tmp_path, 12, 10, 10)
    process(tmp_path, 13, 1, 1)
    process(tmp_path, 14, 7000, 7000)
    found = memory_of(10, tmp_path)
    assert found.resident_mb == pytest.approx(1111 * 1024 / 1e6)
    assert found.own_mb == pytest.approx(1.024)
    assert found.peak_mb == pytest.approx(2511 * 1024 / 1e6)


def test_a_child_that_has_just_ended_counts_nothing(tmp_path: Path) -> None:
    process(tmp_path, 10, 1000, 2000, 11)
    assert memory_of(10, tmp_path).resident_mb == pytest.approx(1.024)


@LINUX
def test_memory_that_was_given_back_is_in_the_peak_and_no_longer_resident() -> None:
    code = "b = bytearray(80_000_000); del b; print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = memory_of(child.pid)
        assert 80 < found.peak_mb < 160
        assert found.resident_mb < 60
        assert memory_of(os.getpid()).resident_mb > found.resident_mb
        child.communicate(b"\n")
