"""The judge of the simulation is shown broken systems, and must say so; and what it sees is the same each time."""

import os
import re
import subprocess
import sys

import pytest

from benchmarks.safety.replay.__main__ import main
from benchmarks.safety.replay.controls import CONTROLS
from benchmarks.safety.replay.run import play
from benchmarks.safety.replay.world import Failure


@pytest.mark.parametrize("name", CONTROLS)
def test_the_judge_finds_what_is_broken_on_purpose(name):
    control = CONTROLS[name]
    with pytest.raises(Failure, match=re.compile(control.shows, re.DOTALL)) as caught:
        play(control.processes, control.within, control=control)
    assert re.search(r"--seed \d --operations \d+", str(caught.value))


def test_what_is_found_is_found_again_at_the_same_step():
    control = CONTROLS["the snapshot is not rebuilt after an unknown commit"]
    told = []
    for _ in range(2):
        with pytest.raises(Failure) as caught:
            play(1, control.within, control=control)
        told.append(str(caught.value))
    assert told[0] == told[1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_simulation_in_memory_and_on_the_real_database_give_the_same_answers(seed):
    """Repositories, triggers and books of SQL on one side, plain Python on the other: not one answer differs."""
    assert play(seed, 2_500, "memory").trace == play(seed, 2_500, "sqlite").trace


@pytest.mark.slow
def test_a_seed_gives_the_same_answers_in_any_interpreter():
    """Nothing hangs on the order of a set, on the machine's clock or on what ran before."""
    told = set()
    for salt in ("1", "2"):
        command = [sys.executable, "-m", "benchmarks.safety.replay", "--seed", "2", "--operations", "3000"]
        environment = {**os.environ, "PYTHONHASHSEED": salt}
        told.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(told) == 1
    assert re.search(r"trace: [0-9a-f]{64}", told.pop())


def test_a_campaign_records_its_seeds_and_passes_over_those_it_holds(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.safety.replay.__main__.RESULTS", tmp_path / "replay.jsonl")
    asked = ["--rounds", "2", "--operations", "300", "--workers", "1"]
    assert main(asked) == 0
    assert len((tmp_path / "replay.jsonl").read_text().splitlines()) == 2
    assert main(asked) == 0
    assert "2 of 2 seeds are recorded already" in capsys.readouterr().out
