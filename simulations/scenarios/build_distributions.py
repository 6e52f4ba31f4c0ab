"""Distributions as the engine takes them, in hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulations.engine import distributions as engine
from simulations.engine.model import OTHERS as ENGINE_OTHERS
from simulations.scenarios import schema_parts as schema

KINDS: dict[str, Callable[..., engine.Distribution]] = {
    "uniform": engine.Uniform,
    "triangular": engine.Triangular,
    "lognormal": engine.LogNormal,
    "gamma": engine.Gamma,
    "erlang": engine.Erlang,
    "weibull": engine.Weibull,
    "normal": engine.Normal,
}
"""The schema's fields are called as the engine's."""


def distribution(given: schema.Distribution) -> engine.Distribution:
    """The engine's description of ``given``."""
    value = getattr(given, given.chosen)
    if isinstance(value, float):
        return engine.Exponential(value) if given.chosen == "exponential" else engine.Constant(value)
    if isinstance(value, schema.Observed):
        return engine.Empirical(tuple(value.values), tuple(value.weights), value.smooth)
    fields = {name: getattr(value, name) for name in type(value).model_fields}
    kind: engine.Distribution = KINDS[given.chosen](**fields)
    return kind


def per_class(given: Mapping[str, schema.Distribution]) -> dict[str, engine.Distribution]:
    """The same by class, under the engine's name for the classes not named."""
    return {engine_class(name): distribution(each) for name, each in given.items()}


def engine_class(name: str) -> str:
    return ENGINE_OTHERS if name == schema.OTHERS else name
