"""The reference cases of discrete-event simulation: read, estimated, judged by their own acceptance rule."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulations.engine.distributions import Constant, Distribution, Erlang, Exponential, LogNormal
from simulations.engine.model import Model, PatientClass, Poisson, Resource, Step
from simulations.engine.outcome import Outcome
from simulations.engine.run import replicate

FOLDER = (
    Path(os.environ.get("WARDFLOW_BENCHMARKS", Path(__file__).parents[1] / ".." / "shared" / "benchmarks"))
    / "des_reference"
)
SEED = 20_260_101
REPLICATIONS = 24

Measures = Mapping[str, float]


def case_file(name: str) -> dict[str, Any]:
    """The file of a case; the test is skipped where it is not there."""
    files = sorted(FOLDER.glob(f"{name}_*.json"))
    if not files:
        pytest.skip(f"{name} is not in {FOLDER}; WARDFLOW_BENCHMARKS names the folder of the instances")
    return json.loads(files[0].read_text())


def settings(name: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, parameters and expected values of each setting of a case."""
    return [(one["name"], one["params"], one["expected"]) for one in case_file(name)["cases"]]


def estimates(
    model: Model,
    horizon: float,
    measure: Callable[[Outcome], Measures],
    replications: int = REPLICATIONS,
) -> dict[str, tuple[float, float]]:
    """Mean and standard error over replications of each measure, which each of them observes."""
    rows = [
        measure(o) for o in replicate(model, seed=SEED, replications=range(replications), horizon=horizon)
    ]
    found = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        assert np.isfinite(values).all(), f"{name} was not observed in every replication"
        found[name] = (float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))
    return found


def flat(expected: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Nested expected values by the path to them: ``p_blocked/ventilated``, ``Wq_class/0``."""
    found = {}
    for name, value in expected.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{path}/")
        elif isinstance(value, list):
            found |= flat({str(number): one for number, one in enumerate(value)}, f"{path}/")
        elif not isinstance(value, bool | str):
            found[path] = float(value)
    return found


def assert_accepted(
    found: Mapping[str, tuple[float, float]],
    expected: Mapping[str, Any],
    *,
    relative: float = 0.005,
    absolute: float = 0.0005,
) -> None:
    """|estimate - value| <= max(4 SE, relative |value|, absolute), for every expected value."""
    wrong = []
    values = flat(expected)
    for name, value in values.items():
        estimate, error = found[name]
        if not abs(estimate - value) <= max(4.0 * error, relative * abs(value), absolute):
            wrong.append(f"{name}: {estimate:.6g} +- {error:.2g} instead of {value:.6g}")
    assert values
    assert wrong == [], "; ".join(wrong)


def spread(mean: float, scv: float) -> Distribution:
    """A time with this mean and squared coefficient of variation, of the kind the cases name."""
    if scv == 0.0:
        return Constant(mean)
    if scv == 1.0:
        return Exponential(mean)
    if scv == 0.5:
        return Erlang(mean, 2)
    return LogNormal(mean, mean * scv**0.5)


def station(rate: float, service: Distribution, servers: int, *, warm_up: float, **step: Any) -> Model:
    """One class, one resource, one step called ``care``."""
    return Model(
        classes=(PatientClass("patient", "care", (Poisson("door", (rate,)),)),),
        steps=(Step("care", service, ({"server": 1},), **step),),
        resources=(Resource("server", servers),),
        warm_up=warm_up,
        bin_width=1e9,
        bins=1,
    )
