"""One small hospital in which everything the engine can do happens within a few weeks, and a digest of an outcome.

Run as a program it prints the digests of some replications; with ``NUMBA_DISABLE_JIT=1`` those of the same source
without the compiler, and with ``checked`` as argument on arrays that refuse an index outside.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import fields
from typing import Any

import numpy as np

from simulations.engine.distributions import (
    AT_ONCE,
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    PhaseType,
    Triangular,
    Uniform,
    Weibull,
)
from simulations.engine.layout import State, Tables
from simulations.engine.model import (
    Appointments,
    Batch,
    Breakdown,
    CapacityChange,
    Closed,
    Cut,
    Group,
    Listed,
    Maintenance,
    Model,
    PatientClass,
    Poisson,
    Present,
    QueueRule,
    Renewal,
    Resource,
    Route,
    Step,
    Stock,
)
from simulations.engine.outcome import Outcome
from simulations.engine.run import Compiled, Run

SEED, REPLICATIONS, HORIZON = 8, (0, 1), 240.0

DOOR = (0.2, 0.2, 0.6, 1.5, 1.2, 0.4)
EMERGENCY = PatientClass(
    "emergency",
    "triage",
    (
        Poisson("door", DOOR, 4.0),
        Poisson("crash", (0.02,), start=24.0, end=200.0, batch=Batch((3, 9), (0.7, 0.3))),
    ),
)
ELECTIVE = PatientClass(
    "elective",
    "theatre",
    (
        Appointments("list", 5.0, 8.0, no_show=0.1, unpunctuality=Uniform(0.0, 0.5)),
        Listed("special", (12.0, 12.0, 60.0, 61.5)),
        Renewal("referred", Gamma(20.0, 12.0)),
    ),
    priority=1,
)
DIALYSIS = PatientClass("dialysis", "chair", (Closed("regulars", 5, Uniform(30.0, 60.0)),), priority=1)
TRANSFER = PatientClass("transfer", "ward", priority=2)

WARD = ({"north": 1}, {"south": 1, "nurse": 1})
STEPS = (
    Step(
        "triage",
        {"emergency": Triangular(0.1, 0.2, 0.6), "*": AT_ONCE},
        ({"nurse": 1},),
        balking=(0.0, 0.0, 0.05, 0.3),
        patience=Weibull(1.5, 3.0),
        renege_to="desk",
        routing=(Route(0.5, "theatre"), Route(0.3, "dose"), Route(0.2, None)),
    ),
    Step("desk", Normal(0.1, 0.1)),
    Step(
        "theatre",
        {"emergency": Gamma(2.0, 3.0), "*": LogNormal(1.5, 0.8)},
        ({"theatre": 1, "nurse": 1},),
        release_at_end={"nurse": 1},
        preempts=("emergency",),
        routing={"elective": (Route(0.7, "bed"), Route(0.3, "bed", "transfer")), "*": (Route(1.0, "bed"),)},
        line="theatre",
    ),
    Step(
        "bed",
        needs={"emergency": WARD, "*": WARD[::-1]},
        release_at_start={"theatre": 1},
        release_at_end={},
        routing=(Route(1.0, "ward"),),
        queue_limit=0,
        overflow="corridor",
    ),
    Step("corridor", Exponential(3.0), release_at_end={"theatre": 1}),
    Step(
        "ward",
        PhaseType((0.8, 0.2), ((0.1, 0.05), (0.0, 0.02))),
        release_at_end={"beds": 1, "nurse": 1},
        routing=(Route(0.6, "dose"), Route(0.4, None)),
    ),
    Step("dose", Erlang(0.3, 3), ({"drug": 2, "nurse": 1},), restarts=True, queue_limit=6),
    Step("chair", Empirical((3.0, 3.5, 4.0), (1.0, 2.0, 1.0)), ({"machine": 1},), priority={"dialysis": 0}),
)
RESOURCES = (
    Resource(
        "nurse",
        3,
        (
            CapacityChange(7.0, 5, Cut.INTERRUPT),
            CapacityChange(15.0, 4, Cut.FINISH),
            CapacityChange(23.0, 2, Cut.INTERRUPT),
        ),
        cycle=24.0,
    ),
    Resource("theatre", 2, maintenance=(Maintenance(6.0, Constant(2.0), 24.0), Maintenance(50.0, AT_ONCE))),
    Resource("north", 4, guard={"elective": 1}),
    Resource("south", 5),
    Resource(
        "machine",
        2,
        breakdown=Breakdown(Exponential(40.0), Empirical((1.0, 6.0), interpolated=True), "nurse"),
    ),
    Resource("drug", 10, stock=Stock(6, 14, Exponential(10.0), shelf_life=36.0)),
)
CENSUS = (
    Present("emergency", "ward", elapsed=12.0, holds={"north": 1}),
    Present("elective", "ward", elapsed=3.0, remaining=8.0, holds={"south": 1, "nurse": 1}),
    Present("emergency", "triage", waiting=True, elapsed=0.5),
)
WHOLE = Model(
    classes=(EMERGENCY, ELECTIVE, DIALYSIS, TRANSFER),
    steps=STEPS,
    resources=RESOURCES,
    groups=(Group("beds", ("north", "south")),),
    queue_rules={"theatre": QueueRule.SKIP},
    census=CENSUS,
    warm_up=10.0,
)


def digest(outcome: Outcome) -> str:
    """SHA-256 of all that an outcome holds."""
    parts = hashlib.sha256()
    for one in fields(outcome):
        value = getattr(outcome, one.name)
        parts.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return parts.hexdigest()


class Checked(np.ndarray):
    """An array that refuses what compiled code would read as something else: an index below 0."""

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(_inside(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(_inside(index), value)


def _inside(index: Any) -> Any:
    for one in index if isinstance(index, tuple) else (index,):
        if isinstance(one, int | np.integer) and one < 0:
            raise IndexError(f"index {one} is below 0")
    return index


def main() -> None:
    compiled = Compiled(WHOLE)
    for replication in REPLICATIONS:
        run = Run(compiled, seed=SEED, replication=replication, horizon=HORIZON, log=True, series=True)
        if "checked" in sys.argv:
            run._state = State(*(array.view(Checked) for array in run._state))
            compiled.tables = Tables(*(array.view(Checked) for array in compiled.tables))
        run.go_on()
        sys.stdout.write(digest(run.outcome()) + "\n")


if __name__ == "__main__":
    main()
