"""Whether an experiment fits into the memory, judged before it starts.

How many people are in the system at once is bounded by who comes at all; where that would not fit it is estimated
from the traffic equations: Little's law, and what comes beyond what the first choice of beds can serve.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import gamma as gamma_function
from pathlib import Path

import numpy as np

from simulations.engine import distributions as d
from simulations.engine.codes import ENTITY_COLUMNS, MOMENTS
from simulations.engine.model import Batch, Closed, Listed, Model, Poisson, Renewal, Source
from simulations.engine.outcome import Float64
from simulations.engine.tables import per_class
from simulations.placing.arrivals import expected
from simulations.scenarios.build import Scene
from simulations.scenarios.build_placed import Placed
from solver.engine.errors import InvalidInstance, Problem

SHARE = 0.7
"""Of what is free: the rest is for everything else that runs."""
SPREAD = 2.0
"""More than the mean may be there at once, and arrays double when they are full."""
EVENT_BYTES = 3 * 24
LOG_BYTES = 6 * 8
EVENTS_PER_STEP = 4
PATIENT_BYTES = 2400
"""A row of a hospital that is simulated with placing: what is asked for, what is held, two slots, eight events."""
MINUTE_BYTES = 64
"""Who is there, minute by minute, when it is counted; decisions in the log."""


@dataclass(frozen=True, slots=True)
class Demand:
    """arrivals: over the whole run. present: in the system at once, expected at the end. visits: to all steps."""

    arrivals: float
    present: float
    visits: float


def refuse_too_large(
    scenarios: Sequence[Scene], workers: int, *, log: bool = False, free: int | None = None
) -> None:
    """Raise InvalidInstance if a scenario needs more than there is; ``free``: bytes, None asks the system."""
    there = free_memory() if free is None else free
    problems = [
        Problem(
            f"{each.scenario.name}",
            f"about {needed / 2**30:,.1f} GiB needed",
            f"at most {SHARE * there / 2**30:,.1f} GiB, which is {SHARE:.0%} of what is free",
            "Simulate a shorter time, fewer arrivals or with fewer workers; mind a unit such as per_hour for per_day.",
        )
        for each in scenarios
        if (needed := bytes_needed(each, workers, log=log)) > SHARE * there
    ]
    if problems:
        raise InvalidInstance(problems)


def free_memory(told_by: Path = Path("/proc/meminfo")) -> int:
    """Bytes that can be had; where the system does not tell, 2 GiB.

    What caches hold can be had too, but is not free: Linux counts both as available.
    """
    try:
        if available := re.search(r"MemAvailable: +([0-9]+) kB", told_by.read_text(encoding="ascii")):
            return int(available[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 2 << 30


def bytes_needed(built: Scene, workers: int, *, log: bool = False) -> float:
    """Of all workers together."""
    if isinstance(built, Placed):
        minutes = round(built.scenario.run.length * 60)
        patients = expected(built.model, minutes) + len(built.model.hospital.stays)
        wards = len(built.model.hospital.wards)
        return workers * (patients * (PATIENT_BYTES + wards) + minutes * MINUTE_BYTES)
    model, length = built.model, built.scenario.run.length
    steps, resources = len(model.steps), len(model.resources)
    found = demand(model, length)
    person = 8 * (ENTITY_COLUMNS + MOMENTS + 2 + resources + steps) + EVENT_BYTES
    listed = sum(
        8.0 * len(source.times)
        for each in model.classes
        for source in each.sources
        if isinstance(source, Listed)
    )
    series = length / model.bin_width * (resources + 2 * steps) * 8 * 10
    events = found.visits * EVENTS_PER_STEP * LOG_BYTES * SPREAD if log else 0.0
    return workers * SPREAD * person * found.present + listed + series + events


def demand(model: Model, length: float) -> Demand:
    """What a model asks for in ``length`` hours."""
    rates = np.array([sum(_rate(source, length) for source in each.sources) for each in model.classes])
    population = sum(s.population for each in model.classes for s in each.sources if isinstance(s, Closed))
    arrivals = float(rates.sum()) * length + population
    flows = _flows(model, rates)
    if flows is None:
        return Demand(arrivals, arrivals, math.inf)
    names = [each.name for each in model.classes]
    absent: d.Distribution = d.AT_ONCE
    lasting = [[per_class(step.duration, name, absent) for name in names] for step in model.steps]
    times = np.array([[mean(each) for each in row] for row in lasting])
    present = float((flows * times).sum()) + _unserved(model, flows, times) * length
    return Demand(arrivals, min(arrivals, present) + population, float(flows.sum()) * length)


def _rate(source: Source, length: float) -> float:
    """Arrivals per hour, a mean over the run."""
    if isinstance(source, Listed):
        return len(source.times) / length
    if isinstance(source, Closed):
        return 0.0
    if isinstance(source, Poisson):
        return float(np.mean(source.rates)) * _share(source.start, source.end, length) * _size(source.batch)
    if isinstance(source, Renewal):
        share = _share(source.start, source.end, length)
        return share / max(mean(source.gaps), 1e-9) * _size(source.batch)
    return _share(source.first, source.end, length) / source.interval


def _share(start: float, end: float, length: float) -> float:
    """Of the run, between two moments."""
    return max(0.0, min(end, length) - max(start, 0.0)) / length


def _size(batch: Batch | None) -> float:
    return 1.0 if batch is None else float(np.dot(batch.sizes, batch.probabilities))


def _flows(model: Model, rates: Float64) -> Float64 | None:
    """Visits per hour, float64 (steps, classes), from the traffic equations; None if somebody never leaves."""
    step = {each.name: i for i, each in enumerate(model.steps)}
    names = {each.name: i for i, each in enumerate(model.classes)}
    size = len(step) * len(names)
    onward, outside = np.zeros((size, size)), np.zeros(size)
    for name, c in names.items():
        outside[step[model.classes[c].first_step] * len(names) + c] += rates[c]
        for s, each in enumerate(model.steps):
            for route in per_class(each.routing, name, ()):
                if route.to is not None:
                    to = step[route.to] * len(names) + names.get(route.becomes or name, c)
                    onward[to, s * len(names) + c] += route.probability
    try:
        flows: Float64 = np.linalg.solve(np.eye(size) - onward, outside).astype(np.float64)
    except np.linalg.LinAlgError:
        return None
    return np.reshape(flows, (len(step), len(names))) if (flows > -1e-9).all() else None


def _unserved(model: Model, flows: Float64, times: Float64) -> float:
    """Patients per hour whom the most wanted resource cannot serve, its alternatives counted with it."""
    capacity = {
        each.name: max([each.capacity, *(c.capacity for c in each.changes)]) for each in model.resources
    }
    lasting = {each.name for each in model.resources if each.stock is None}
    load, room = dict.fromkeys(lasting, 0.0), {name: float(capacity[name]) for name in lasting}
    for s, step in enumerate(model.steps):
        for c, each in enumerate(model.classes):
            options = [
                {name: units for name, units in option.items() if name in lasting}
                for option in per_class(step.needs, each.name, ())
            ]
            served = sum(min((capacity[r] // u for r, u in option.items()), default=0) for option in options)
            for name, units in options[0].items() if options else ():
                load[name] += float(flows[s, c] * times[s, c]) * units
                room[name] = max(room[name], float(served * units))
    longest = float(times.max(initial=0.0))
    beyond = max((load[name] - room[name] for name in lasting), default=0.0)
    return beyond / longest if beyond > 0 and longest > 0 else 0.0


def mean(distribution: d.Distribution) -> float:
    """Of a truncated normal, what it would be without the truncation."""
    if isinstance(distribution, d.Weibull):
        return distribution.scale * gamma_function(1 + 1 / distribution.shape)
    if isinstance(distribution, d.Empirical):
        return float(np.average(distribution.values, weights=distribution.weights or None))
    if isinstance(distribution, d.PhaseType):
        rates = np.array(distribution.rates)
        generator = rates - np.diag(np.diag(rates) + rates.sum(axis=1))
        return float(np.dot(distribution.start, np.linalg.solve(-generator, np.ones(len(rates)))))
    if isinstance(distribution, d.Constant):
        return distribution.value
    if isinstance(distribution, d.Uniform | d.Triangular):
        middle = [distribution.mode] if isinstance(distribution, d.Triangular) else []
        return float(np.mean([distribution.low, *middle, distribution.high]))
    return distribution.mean
