"""Runs of a model: one replication at once or in slices, many of them on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulations.engine.model import Model
from simulations.engine.outcome import Outcome


def simulate(
    model: Model,
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
    raise NotImplementedError


def replicate(
    model: Model,
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
    raise NotImplementedError
