"""Patients of a simulated hospital as their wards meet them: which bed, when asked for, when taken, when left.

One replication of the scenario is simulated with its event log; nothing is drawn anew, so that load and what-if have
the very same demand. Steps without a bed are no business of the service's: they only take time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simulations.engine.codes import Event
from simulations.engine.outcome import Float64
from simulations.engine.run import Compiled, simulate
from simulations.scenarios.build import Built

EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class Wants:
    """What a step takes: a bed of one resource, units and quantities of others, as the scenario names them."""

    bed: str
    units: tuple[tuple[str, int], ...] = ()
    drugs: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A bed of one kind. Hours from the start of the scenario; ``end`` is infinite if the log ends before."""

    wants: Wants
    asked: float
    start: float
    end: float = math.inf


@dataclass(frozen=True, slots=True)
class Journey:
    """One patient: ``priority`` 0 goes first; at least one visit, in order."""

    name: str
    priority: int
    visits: tuple[Visit, ...]


def journeys(built: Built, compiled: Compiled, seed: int, hospital: int, until: float) -> list[Journey]:
    """Everybody who gets a bed before ``until`` (hours), in the order of their first request.

    ``hospital``: the replication; each is a hospital of its own.
    """
    outcome = simulate(compiled, seed=seed, replication=hospital, horizon=until, log=True)
    wants = wants_of(built)
    classes = {each.name: each.priority for each in built.model.classes}
    found = []
    for rows in _by_patient(outcome.log):
        first = outcome.class_names[int(rows[0, 2])]
        if first not in classes:
            continue  # machines that break down are patients to the engine
        visits = tuple(_visits(rows, outcome.step_names, outcome.class_names, wants))
        if visits:
            name = f"{hospital}/{int(rows[0, 4])}/{int(rows[0, 5])}"
            found.append(Journey(name, classes[first], visits))
    return sorted(found, key=lambda journey: (journey.visits[0].asked, journey.name))


def wants_of(built: Built) -> dict[tuple[str, str], Wants]:
    """By step and class (or ``*``) what it takes, of steps with a bed; of several alternatives the preferred one."""
    found = {}
    for step in built.model.steps:
        needs = step.needs
        if not isinstance(needs, Mapping):
            continue
        for of_class, options in needs.items():
            wanted = _wants(built, options[0]) if options else None
            if wanted is not None:
                found[step.name, of_class] = wanted
    return found


def _wants(built: Built, option: Mapping[str, int]) -> Wants | None:
    resources = built.scenario.resources
    beds = [name for name in option if resources[name].beds is not None]
    units = [(name, count) for name, count in option.items() if resources[name].units is not None]
    drugs = [(name, count) for name, count in option.items() if resources[name].stock is not None]
    return Wants(beds[0], tuple(units), tuple(drugs)) if beds else None


def _by_patient(log: Float64) -> Iterator[Float64]:
    """The rows of each patient, in the order in which they happened."""
    order = np.lexsort((np.arange(len(log)), log[:, 5], log[:, 4]))
    ordered = log[order]
    changes = np.flatnonzero((np.diff(ordered[:, 4]) != 0) | (np.diff(ordered[:, 5]) != 0)) + 1
    return (rows for rows in np.split(ordered, changes) if len(rows))


def _visits(
    rows: Float64, steps: tuple[str, ...], classes: tuple[str, ...], wants: Mapping[tuple[str, str], Wants]
) -> Iterator[Visit]:
    joined, visit, at = 0.0, None, -1
    for hours, event, of_class, step, *_ in rows.tolist():
        if event == Event.JOINED:
            joined = hours
        elif event == Event.STARTED and not (visit is not None and step == at):
            if visit is not None:
                yield replace(visit, end=hours)
            step_name, class_name = steps[int(step)], classes[int(of_class)]
            wanted = wants.get((step_name, class_name), wants.get((step_name, EVERYBODY)))
            visit, at = (Visit(wanted, joined, hours), step) if wanted is not None else (None, -1)
        elif event in (Event.FINISHED, Event.LEFT) and visit is not None:
            yield replace(visit, end=hours)
            visit, at = None, -1
    if visit is not None:
        yield visit
