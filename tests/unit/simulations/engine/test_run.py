"""Runs: the same bytes however they are run, whatever is cut short, saved or grown on the way."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from simulations.engine import codes
from simulations.engine import run as runs
from simulations.engine.distributions import Constant, Exponential
from simulations.engine.kernels import advance
from simulations.engine.model import Model, PatientClass, Poisson, Resource, Step
from simulations.engine.outcome import Visit
from simulations.engine.run import Cancelled, Compiled, Run, replicate, simulate
from solver.engine.errors import InvalidInstance
from tests.whole_model import HORIZON, REPLICATIONS, SEED, WHOLE, digest

ROOT = Path(__file__).parents[4]
QUEUE = Model(
    classes=(PatientClass("p", "care", (Poisson("door", (2.0,)),)),),
    steps=(Step("care", Exponential(0.4), ({"bed": 1},)),),
    resources=(Resource("bed", 1),),
)


def uncompiled(module: str, *arguments: str) -> str:
    """What ``module`` prints, run as a program without the compiler."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", module, *arguments],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def whole(replication: int) -> str:
    outcome = simulate(WHOLE, seed=SEED, replication=replication, horizon=HORIZON, log=True, series=True)
    return digest(outcome)


@pytest.fixture(scope="module")
def digests() -> list[str]:
    return [whole(replication) for replication in REPLICATIONS]


def test_two_replications_differ_and_one_repeated_does_not(digests: list[str]) -> None:
    assert digests[0] != digests[1]
    assert whole(REPLICATIONS[0]) == digests[0]


def test_threads_change_nothing_but_the_time_it_takes(digests: list[str]) -> None:
    found = replicate(
        WHOLE, seed=SEED, replications=REPLICATIONS, horizon=HORIZON, threads=2, log=True, series=True
    )
    assert [digest(outcome) for outcome in found] == digests


def test_processes_give_the_same_bytes(digests: list[str]) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert list(pool.map(whole, REPLICATIONS)) == digests


@pytest.mark.parametrize("checked", [[], ["checked"]])
def test_the_same_source_without_the_compiler_gives_the_same_bytes(
    digests: list[str], checked: list[str]
) -> None:
    """The plain source is the oracle of the compiled one; ``checked`` refuses any index outside of an array."""
    assert uncompiled("tests.whole_model", *checked).split() == digests


def test_nobody_ever_waits_who_could_start_and_no_unit_is_lost() -> None:
    """Looked at after each event of many small hospitals made by chance."""
    *wrong, last = uncompiled("tests.chance_models").splitlines()
    assert wrong == []
    events = int(last.removesuffix(" events"))
    assert events > 10_000


def test_the_whole_model_uses_all_that_there_is() -> None:
    """Else the comparison above would compare nothing."""
    outcome = simulate(WHOLE, seed=SEED, horizon=HORIZON)
    assert (outcome.visits.sum(axis=(0, 1, 2)) > 0).all()
    assert (outcome.supplies[outcome.resource_names.index("drug")] > 0).all()
    assert outcome.areas[..., 2].sum() > 0
    idle = [
        name
        for name in outcome.step_names
        if outcome.visits_of(name, Visit.STARTED) == 0 and name != "machine: in order"
    ]
    assert idle == []


def test_new_tables_cause_no_compilation() -> None:
    simulate(QUEUE, seed=1, horizon=10.0)
    before = len(getattr(advance, "signatures", []))
    simulate(WHOLE, seed=1, horizon=20.0)
    simulate(replace(QUEUE, bins=7, queue_rules={"care": 1}), seed=1, horizon=10.0, log=True)
    assert before == len(getattr(advance, "signatures", []))
    assert before <= 1


def test_a_run_in_slices_saved_and_resumed_ends_in_the_same_bytes(digests: list[str], tmp_path: Path) -> None:
    compiled = Compiled(WHOLE)
    run = Run(compiled, seed=SEED, horizon=HORIZON, log=True, series=True)
    shares = []
    for number in range(4):
        assert not run.go_on(events=97)
        shares.append(run.progress)
        run.save(tmp_path / f"{number}.npz")
        run = Run.load(tmp_path / f"{number}.npz", Compiled(WHOLE))
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < shares[-1] < 1.0
    assert run.go_on(events=10**9)
    assert run.progress == 1.0
    assert digest(run.outcome()) == digests[0]


def test_a_run_of_another_model_is_not_resumed(tmp_path: Path) -> None:
    run = Run(Compiled(QUEUE), seed=1, horizon=10.0)
    run.save(tmp_path / "run.npz")
    other = replace(QUEUE, resources=(Resource("bed", 2),))
    with pytest.raises(InvalidInstance, match=r"run\.npz.*another model"):
        Run.load(tmp_path / "run.npz", Compiled(other))


def test_a_run_saved_when_runs_were_laid_out_otherwise_is_not_resumed(tmp_path: Path) -> None:
    """Its counters would be read beyond their end."""
    run = Run(Compiled(QUEUE), seed=1, horizon=10.0)
    run.save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as saved:
        arrays = dict(saved)
    np.savez(tmp_path / "old.npz", allow_pickle=False, **arrays | {"counter": arrays["counter"][:-1]})
    with pytest.raises(InvalidInstance, match=r"old\.npz.*another model"):
        Run.load(tmp_path / "old.npz", Compiled(QUEUE))


def test_a_run_whose_event_list_became_a_heap_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    crowd = replace(
        QUEUE,
        classes=(PatientClass("p", "care", (Poisson("door", (20.0,)),)),),
        steps=(Step("care", Exponential(50.0)),),
    )
    compiled = Compiled(crowd)
    run = Run(compiled, seed=1, horizon=100.0, log=True)
    while not run.go_on(events=777):
        run.save(tmp_path / "run.npz")
        run = Run.load(tmp_path / "run.npz", compiled)
    assert run._state.counter[codes.IS_HEAP] == 1
    assert digest(run.outcome()) == digest(simulate(compiled, seed=1, horizon=100.0, log=True))


def test_two_runs_write_to_no_cache_line_in_common() -> None:
    """Side by side in memory, two threads would take each other's lines away all the time."""
    compiled = Compiled(QUEUE)
    states = []
    lines: list[set[int]] = []
    for seed in range(40):
        state = Run(compiled, seed=seed, horizon=10.0)._state
        for array in state:
            first = array.ctypes.data // 64
            last = (array.ctypes.data + array.nbytes - 1) // 64
            lines.append(set(range(first, last + 1)) if array.size else set())
        states.append(state)
    assert sum(map(len, lines)) == len(set().union(*lines))


def test_pools_that_are_full_grow_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = replace(QUEUE, steps=(Step("care", Exponential(50.0), patience=Exponential(9.0)),))
    wide = digest(simulate(crowd, seed=3, horizon=300.0, log=True))
    monkeypatch.setattr("simulations.engine.state.SPARE_PEOPLE", 1)
    monkeypatch.setattr("simulations.engine.state.SPARE_EVENTS", 1)
    monkeypatch.setattr("simulations.engine.state.LOG_ROWS", 1)
    assert digest(simulate(crowd, seed=3, horizon=300.0, log=True)) == wide


def test_rings_of_deliveries_grow_and_change_nothing(
    monkeypatch: pytest.MonkeyPatch, digests: list[str]
) -> None:
    monkeypatch.setattr("simulations.engine.state.SPARE_LOTS", 1)
    assert whole(REPLICATIONS[0]) == digests[0]


def test_a_run_is_cancelled_between_two_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SLICE", 10)
    told: list[float] = []
    with pytest.raises(Cancelled, match="Replication 4"):
        simulate(
            QUEUE, seed=1, replication=4, horizon=100.0, progress=told.append, cancelled=lambda: len(told) > 2
        )
    assert len(told) == 3


def test_what_two_models_share_meets_the_same_chance() -> None:
    """A step more and a bed more leave arrivals, and stays in the first step, as they were."""
    more = replace(
        QUEUE,
        classes=(PatientClass("extra", "walk", (Poisson("side door", (1.0,)),)), *QUEUE.classes),
        steps=(Step("walk", Exponential(1.0)), *QUEUE.steps),
        resources=(Resource("chair", 1), Resource("bed", 50)),
    )
    enough = replace(QUEUE, resources=(Resource("bed", 50),))
    one, other = (simulate(model, seed=5, horizon=200.0) for model in (enough, more))
    assert one.mean_stay("p") == other.mean_stay("p")
    assert one.visits_of("care", Visit.ARRIVED) == other.visits_of("care", Visit.ARRIVED)
    assert one.mean_wait("care") == 0.0


def test_the_log_tells_each_patients_way_in_order() -> None:
    outcome = simulate(WHOLE, seed=SEED, horizon=HORIZON, log=True)
    assert (np.diff(outcome.log[:, 0]) >= 0.0).all()
    assert len(outcome.log) > 500


def test_series_add_up_to_the_areas() -> None:
    outcome = simulate(QUEUE, seed=5, horizon=240.0, series=True)
    assert outcome.series.shape == (240, 3)
    assert outcome.series[:, 0].sum() == pytest.approx(outcome.areas[..., 0].sum())
    assert outcome.bin_time.sum() == pytest.approx(240.0)
    assert outcome.levels.sum() == pytest.approx(240.0)


def test_a_warm_up_in_the_middle_of_a_bin_leaves_out_what_was_before() -> None:
    busy = replace(QUEUE, steps=(Step("care", Constant(1000.0), ({"bed": 1},)),), warm_up=100.5)
    outcome = simulate(busy, seed=5, horizon=200.0)
    assert outcome.mean_in_use("bed") == pytest.approx(1.0)
    assert outcome.bin_time.sum() == pytest.approx(99.5)
