"""The same hospital in SimPy and Ciw, which only this benchmark needs: `pip install simpy ciw`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from random import Random
from typing import Any

from benchmarks.simulator.hospital import STEPS, Hospital, Measured


def run_simpy(hospital: Hospital, horizon: float, warm_up: float, seed: int) -> Measured:
    """One run in SimPy: a process for each patient, a priority resource for each step."""
    simpy: Any = import_module("simpy")

    chance, world = Random(seed), simpy.Environment()
    units = [simpy.PriorityResource(world, count) for count in hospital.units]
    logs = [hospital.logarithmic(step) for step in range(len(STEPS))]
    waits: dict[str, list[float]] = defaultdict(list)
    events = 0

    def stay(step: int, k: int) -> Iterator[Any]:
        nonlocal events
        came = world.now
        with units[step].request(priority=k) as place:
            yield place
            if came >= warm_up:
                waits[f"{STEPS[step]}/{k}"].append(world.now - came)
            yield world.timeout(chance.lognormvariate(*logs[step]))
        events += world.now >= warm_up

    def patient(k: int) -> Iterator[Any]:
        yield from stay(0, k)
        u = chance.random()
        if u < hospital.to_ward[k]:
            yield from stay(1, k)
        elif u < hospital.to_ward[k] + hospital.to_icu[k]:
            yield from stay(2, k)
            if chance.random() < hospital.icu_to_ward:
                yield from stay(1, k)

    def door(k: int) -> Iterator[Any]:
        nonlocal events
        while True:
            yield world.timeout(chance.expovariate(hospital.arrivals[k]))
            events += world.now >= warm_up
            world.process(patient(k))

    for k in hospital.urgencies:
        world.process(door(k))
    began = time.process_time()
    world.run(until=horizon)
    return Measured(events, time.process_time() - began, _means(waits))


def run_ciw(hospital: Hospital, horizon: float, warm_up: float, seed: int) -> Measured:
    """One run in Ciw: a node for each step, a customer class for each urgency."""
    ciw: Any = import_module("ciw")

    names = [f"{k}" for k in hospital.urgencies]
    stays = [ciw.dists.Lognormal(*hospital.logarithmic(step)) for step in range(len(STEPS))]
    network = ciw.create_network(
        arrival_distributions={
            name: [ciw.dists.Exponential(hospital.arrivals[k]), None, None] for k, name in enumerate(names)
        },
        service_distributions=dict.fromkeys(names, stays),
        routing={
            name: [
                [0.0, hospital.to_ward[k], hospital.to_icu[k]],
                [0.0, 0.0, 0.0],
                [0.0, hospital.icu_to_ward, 0.0],
            ]
            for k, name in enumerate(names)
        },
        priority_classes={name: k for k, name in enumerate(names)},
        number_of_servers=list(hospital.units),
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    began = time.process_time()
    simulation.simulate_until_max_time(horizon)
    seconds = time.process_time() - began
    waits: dict[str, list[float]] = defaultdict(list)
    events = 0
    for record in simulation.get_all_records():
        if record.record_type != "service":
            continue
        events += record.service_end_date >= warm_up
        events += record.node == 1 and record.arrival_date >= warm_up
        if record.arrival_date >= warm_up:
            waits[f"{STEPS[record.node - 1]}/{record.customer_class}"].append(record.waiting_time)
    return Measured(events, seconds, _means(waits))


def _means(waits: dict[str, list[float]]) -> dict[str, float]:
    return {name: sum(values) / len(values) for name, values in waits.items()}
