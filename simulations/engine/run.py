"""Runs of a model: one replication at once or in slices, many of them on threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from simulations.engine import codes
from simulations.engine.check import check
from simulations.engine.kernels import advance
from simulations.engine.kernels_clock import begin
from simulations.engine.layout import State, Tables
from simulations.engine.model import Model
from simulations.engine.outcome import Float64, Outcome
from simulations.engine.state import (
    new_state,
    with_more_events,
    with_more_log,
    with_more_lots,
    with_more_people,
)
from simulations.engine.tables import CENSUS, Full, Names, completed, tables_of
from solver.engine.errors import EngineError, Problem, refuse_if_any

SLICE = 200_000
"""Events between two looks at ``cancelled``: about 40 ms."""
ROOM = {
    codes.POOL_FULL: with_more_people,
    codes.EVENTS_FULL: with_more_events,
    codes.LOTS_FULL: with_more_lots,
}


class Cancelled(Exception):
    """Somebody asked a run to stop before its horizon."""


class Compiled:
    """A model as arrays, checked and made once for any number of runs on any number of threads."""

    def __init__(self, model: Model) -> None:
        refuse_if_any(check(model))
        self.model = model
        self.full: Full = completed(model)
        self.names = Names(self.full)
        self.tables: Tables = tables_of(self.full)

    def fingerprint(self) -> str:
        """SHA-256 of all that the kernels read of the model."""
        digest = hashlib.sha256()
        for array in self.tables:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


class Run:
    """One replication under way. It can stop between any two events, be saved, and go on elsewhere."""

    def __init__(
        self,
        compiled: Compiled,
        *,
        seed: int,
        replication: int = 0,
        horizon: float,
        log: bool = False,
        series: bool = False,
    ) -> None:
        refuse_if_any(_run_problems(compiled.model, seed, replication, horizon))
        model = compiled.model
        self.compiled = compiled
        self.seed = seed
        self.replication = replication
        self.finished = False
        self._log: list[Float64] = []
        self._state = new_state(
            compiled.tables,
            seed=seed,
            replication=replication,
            horizon=horizon,
            warm_up=model.warm_up,
            bin_width=model.bin_width,
            bins=model.bins,
            log=log,
            series=series,
        )
        begin(compiled.tables, self._state, CENSUS)

    @property
    def progress(self) -> float:
        """The share of the horizon that is done, 0 to 1."""
        if self.finished:
            return 1.0
        clock = self._state.clock
        return float(clock[codes.NOW] / clock[codes.HORIZON])

    def go_on(self, events: int = SLICE) -> bool:
        """Handle up to ``events`` more; whether the horizon is reached. Slices change nothing in the outcome."""
        while not self.finished:
            answer = advance(self.compiled.tables, self._state, events)
            self.finished = answer == codes.FINISHED_RUN
            if answer == codes.SLICE_OVER:
                break
            if answer == codes.OVERRUN:
                raise EngineError("One event of the simulation needed more room than there was.")
            if answer == codes.LOG_FULL:
                self._flush()
            elif answer in ROOM:
                self._state = ROOM[answer](self._state)
        return self.finished

    def outcome(self) -> Outcome:
        """What has been counted; of a run that has not finished only what it has counted so far."""
        state, names, clock = self._state, self.compiled.names, self._state.clock
        logged = state.log[: state.counter[codes.LOGGED]]
        return Outcome(
            class_names=tuple(names.classes),
            step_names=tuple(names.steps),
            resource_names=tuple(names.resources),
            source_names=tuple(names.sources),
            seed=self.seed,
            replication=self.replication,
            horizon=float(clock[codes.HORIZON]),
            warm_up=float(clock[codes.WARM]),
            events=int(state.counter[codes.EVENTS]),
            log=np.concatenate([*self._log, logged]),
            series=state.series / clock[codes.BIN_WIDTH],
            **{name: getattr(state, name).copy() for name in COUNTED},
        )

    def save(self, path: Path) -> None:
        """Write where the run stands; ``load`` goes on from there to the same bytes."""
        arrays = dict(zip(State._fields, self._state, strict=True))
        np.savez(
            path,
            allow_pickle=False,
            flushed=np.concatenate([*self._log, np.zeros((0, 6))]),
            of=np.array([self.compiled.fingerprint()]),
            who=np.array([self.seed, self.replication, self.finished], np.uint64),
            **arrays,
        )

    @classmethod
    def load(cls, path: Path, compiled: Compiled) -> Run:
        """Go on with what ``save`` wrote.

        Raises InvalidInstance if it was written for another model.
        """
        with np.load(path, allow_pickle=False) as saved:
            if str(saved["of"][0]) != compiled.fingerprint() or saved["counter"].shape != (codes.COUNTERS,):
                refuse_if_any([Problem(path.name, "a run of another model", "a run of this model", REMEDY)])
            run = cls.__new__(cls)
            run.compiled = compiled
            run.seed, run.replication = int(saved["who"][0]), int(saved["who"][1])
            run.finished = bool(saved["who"][2])
            run._log = [saved["flushed"]]
            run._state = State(*(saved[name] for name in State._fields))
        return run

    def _flush(self) -> None:
        """Put what was logged aside; if that was nothing, one event needs more than the log has room for."""
        count = int(self._state.counter[codes.LOGGED])
        if count == 0:
            self._state = with_more_log(self._state)
        else:
            self._log.append(self._state.log[:count].copy())
            self._state.counter[codes.LOGGED] = 0


REMEDY = "Start the run anew, or resume with the model it was saved with."
COUNTED = (
    "visits",
    "visit_times",
    "patients",
    "stays",
    "areas",
    "crowds",
    "bin_time",
    "levels",
    "waits",
    "lengths",
    "supplies",
    "snapshots",
    "snapshot_count",
)


def simulate(
    model: Model | Compiled,
    *,
    seed: int,
    replication: int = 0,
    horizon: float,
    log: bool = False,
    series: bool = False,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Outcome:
    """One replication, from time 0 to ``horizon``.

    Parameters
    ----------
    seed: 0 to 2 ** 64 - 1. replication: 0 to 2 ** 32 - 1. The same pair gives the same bytes on every run.
    log, series: whether events are written down, and averages of each ``bin_width``.
    progress: told the share of the horizon that is done, after each slice. cancelled: asked after each slice.

    Raises
    ------
    InvalidInstance: the model has faults, all of which it lists. Cancelled: ``cancelled`` said so.
    """
    compiled = model if isinstance(model, Compiled) else Compiled(model)
    run = Run(compiled, seed=seed, replication=replication, horizon=horizon, log=log, series=series)
    while not run.go_on(SLICE):
        if progress is not None:
            progress(run.progress)
        if cancelled():
            raise Cancelled(f"Replication {replication} was cancelled.")
    if progress is not None:
        progress(1.0)
    return run.outcome()


def replicate(
    model: Model | Compiled,
    *,
    seed: int,
    replications: Iterable[int],
    horizon: float,
    threads: int = 1,
    log: bool = False,
    series: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Outcome]:
    """Several replications, in the order asked for; ``threads`` change nothing but the time it takes."""
    compiled = model if isinstance(model, Compiled) else Compiled(model)

    def one(replication: int) -> Outcome:
        return simulate(
            compiled,
            seed=seed,
            replication=replication,
            horizon=horizon,
            log=log,
            series=series,
            cancelled=cancelled,
        )

    if threads == 1:
        return [one(replication) for replication in replications]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, replications))


def _run_problems(model: Model, seed: int, replication: int, horizon: float) -> list[Problem]:
    problems = []
    if not 0 <= seed < 1 << 64:
        problems.append(Problem("seed", seed, "0 to 2**64 - 1", "Take a seed in that range."))
    if not 0 <= replication < 1 << 32:
        problems.append(Problem("replication", replication, "0 to 2**32 - 1", "Count replications from 0."))
    if not model.warm_up < horizon < float("inf"):
        expected = f"a finite time after the warm-up of {model.warm_up:g}"
        problems.append(Problem("horizon", horizon, expected, "Run longer, or warm up for less."))
    return problems
