"""The numbers of one replication, from what the engine counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simulations.engine.outcome import (
    Area,
    Crowd,
    Float64,
    Outcome,
    Patient,
    Stay,
    Supply,
    Time,
    Visit,
    quantile,
)
from simulations.experiments.catalogue import ALL, ALL_DAY, Key
from simulations.scenarios.build import Built
from simulations.scenarios.schema_pathways import Route
from simulations.scenarios.transfers import TRANSFER, label
from solver.engine.types import Int64

WEEK = 168.0
Number = tuple[Key, float]


@dataclass(frozen=True, slots=True)
class Steps:
    """The engine's steps joined by the scenario's: visits int64 (bins, steps, classes, n) and the like.

    waiting float64 (steps,): how many waited, on average over time.
    """

    labels: tuple[str, ...]
    visits: Int64
    times: Float64
    waits: Int64
    waiting: Float64


def numbers(outcome: Outcome, built: Built) -> dict[Key, float]:
    """Every number of a replication; NaN where nothing was observed. The keys depend on the scenario alone."""
    outcome = of_scenario(outcome, built)
    found = dict(_of_steps(outcome, built))
    found.update(_transfers(outcome))
    found.update(_of_patients(outcome, built))
    found.update(_of_resources(outcome, built))
    found.update(_of_wards(outcome, built))
    return found


def of_scenario(outcome: Outcome, built: Built) -> Outcome:
    """Without the machines that the engine plays as patients of its own, for breakdowns and maintenance."""
    model = built.model
    steps = [outcome.step_names.index(each.name) for each in model.steps]
    classes = [outcome.class_names.index(each.name) for each in model.classes]
    resources = [outcome.resource_names.index(each.name) for each in model.resources]
    return replace(
        outcome,
        step_names=tuple(each.name for each in model.steps),
        class_names=tuple(each.name for each in model.classes),
        resource_names=tuple(each.name for each in model.resources),
        visits=outcome.visits[:, steps][:, :, classes],
        visit_times=outcome.visit_times[:, steps][:, :, classes],
        waits=outcome.waits[steps][:, classes],
        patients=outcome.patients[:, classes],
        stays=outcome.stays[:, classes],
        areas=outcome.areas[:, resources],
        crowds=outcome.crowds[:, steps],
        supplies=outcome.supplies[resources],
    )


def joined(outcome: Outcome) -> Steps:
    """Copies of a step, told apart to count transfers, together again."""
    labels = tuple(dict.fromkeys(label(name) for name in outcome.step_names))
    member = [labels.index(label(name)) for name in outcome.step_names]
    bins, _, classes, _ = outcome.visits.shape
    visits = np.zeros((bins, len(labels), classes, len(Visit)), dtype=np.int64)
    times = np.zeros((bins, len(labels), classes, len(Time)))
    waits = np.zeros((len(labels), *outcome.waits.shape[1:]), dtype=np.int64)
    waiting = np.zeros(len(labels))
    for s, place in enumerate(member):
        visits[:, place] += outcome.visits[:, s]
        times[:, place] += outcome.visit_times[:, s]
        waits[place] += outcome.waits[s]
        waiting[place] += outcome.crowds[:, s, Crowd.WAITING].sum() / outcome.watched
    return Steps(labels, visits, times, waits, waiting)


def _of_steps(outcome: Outcome, built: Built) -> Iterator[Number]:
    steps = joined(outcome)
    given = {
        f"{pathway}/{name}": step
        for pathway, each in built.scenario.pathways.items()
        for name, step in each.steps.items()
    }
    entering = _classes_of(built)
    for s, name in enumerate(steps.labels):
        needs = bool(given[name].bed or given[name].staff or given[name].needs)
        for c, class_name in [
            (slice(None), ALL),
            *((slice(i, i + 1), n) for i, n in enumerate(outcome.class_names)),
        ]:
            if class_name and class_name not in entering[name.split("/")[0]]:
                continue
            visits, times = steps.visits[:, s, c].sum(axis=1), steps.times[:, s, c].sum(axis=1)
            if needs:
                yield from _waits(name, class_name, visits, times, steps.waits[s, c].sum(axis=0))
            arrived = visits[:, Visit.ARRIVED].sum()
            if given[name].room_for is not None or given[name].turn_away:
                turned = visits[:, Visit.REFUSED].sum() + visits[:, Visit.BALKED].sum()
                yield Key("refused_share", name, class_name), _share(turned, arrived)
            if given[name].patience:
                yield Key("gave_up_share", name, class_name), _share(visits[:, Visit.RENEGED].sum(), arrived)
        interrupted = steps.visits[:, s, :, Visit.INTERRUPTED].sum()
        if needs:
            yield Key("waiting_mean", name), float(steps.waiting[s])
            yield Key("interrupted", name), interrupted / outcome.watched * WEEK


def _classes_of(built: Built) -> dict[str, set[str]]:
    """Who may be met in each pathway: its own classes, and what patients become; all if pathways are joined."""
    scenario = built.scenario
    mixed = any(route.becomes or route.to in scenario.pathways for route in _routes(built))
    everyone = set(scenario.demand.classes)
    return {
        name: everyone
        if mixed
        else {c for c, each in scenario.demand.classes.items() if each.pathway == name}
        for name in scenario.pathways
    }


def _routes(built: Built) -> list[Route]:
    return [
        route
        for pathway in built.scenario.pathways.values()
        for step in pathway.steps.values()
        for each in step.next.values()
        for route in each
    ]


def _waits(place: str, class_name: str, visits: Int64, times: Float64, histogram: Int64) -> Iterator[Number]:
    started, waited = visits[:, Visit.STARTED], times[:, Time.WAIT]
    yield Key("wait_mean", place, class_name), _share(waited.sum(), started.sum())
    yield Key("wait_p90", place, class_name), quantile(histogram, 0.9)
    yield Key("waited_share", place, class_name), _share(visits[:, Visit.WAITED].sum(), started.sum())
    arrived = visits[:, Visit.ARRIVED].sum()
    gone = visits[:, [Visit.STARTED, Visit.BALKED, Visit.REFUSED, Visit.RENEGED]].sum()
    # Who came before the warm-up may have given up after it.
    still = max(0, arrived - gone)
    yield Key("still_waiting", place, class_name), float(still)
    yield Key("unstarted_share", place, class_name), _share(still, arrived)
    if class_name == ALL:
        for hour in range(len(started)):
            yield Key("wait_mean", place, ALL, hour), _share(waited[hour], started[hour])


def _transfers(outcome: Outcome) -> Iterator[Number]:
    """Starts in a bed of who came from another one; of each step and of all."""
    total = 0.0
    for s, name in enumerate(outcome.step_names):
        if name.endswith(TRANSFER):
            weekly = outcome.visits[:, s, :, Visit.STARTED].sum() / outcome.watched * WEEK
            total += weekly
            yield Key("transfers", label(name)), float(weekly)
    yield Key("transfers"), total


def _of_patients(outcome: Outcome, built: Built) -> Iterator[Number]:
    yield Key("present_mean"), float(outcome.crowds.sum()) / outcome.watched
    changes = any(route.becomes for route in _routes(built))
    stays, patients = outcome.stays.sum(axis=0), outcome.patients.sum(axis=0)
    days = outcome.watched / 24
    for c, name in [(slice(None), ALL), *((slice(i, i + 1), n) for i, n in enumerate(outcome.class_names))]:
        yield Key("stay_mean", ALL, name), _share(stays[c, Stay.TOTAL].sum(), stays[c, Stay.COUNT].sum())
        if name == ALL or not changes:
            entered = patients[c, Patient.ENTERED].sum()
            yield Key("unfinished_share", ALL, name), _share(entered - stays[c, Stay.COUNT].sum(), entered)
        yield Key("arrived", ALL, name), patients[c, Patient.ENTERED].sum() / days
        yield Key("left", ALL, name), patients[c, Patient.LEFT].sum() / days


def _of_resources(outcome: Outcome, built: Built) -> Iterator[Number]:
    for r, name in enumerate(outcome.resource_names):
        areas, kind = outcome.areas[:, r], built.scenario.resources[name].chosen
        exhausted = areas[:, Area.EXHAUSTED].sum() / outcome.watched
        if kind == "stock":
            weeks = outcome.watched / WEEK
            yield Key("stock_out_share", name), exhausted
            yield Key("expired", name), outcome.supplies[r, Supply.EXPIRED] / weeks
            yield Key("used", name), outcome.supplies[r, Supply.USED] / weeks
            continue
        yield from _occupancy(name, areas)
        yield Key("full_share", name), exhausted
        if kind == "staff":
            each = built.scenario.resources[name].patients_each
            yield Key("overtime", name), areas[:, Area.OVERTIME].sum() / each / outcome.watched * WEEK


def _of_wards(outcome: Outcome, built: Built) -> Iterator[Number]:
    """Occupancy of wards whose beds are of several resources."""
    wards: dict[str, list[int]] = {}
    for r, name in enumerate(outcome.resource_names):
        ward = built.scenario.resources[name].ward
        if ward is not None:
            wards.setdefault(ward, []).append(r)
    for ward, members in wards.items():
        if ward not in outcome.resource_names and len(members) > 1:
            yield from _occupancy(ward, outcome.areas[:, members].sum(axis=1))


def _occupancy(place: str, areas: Float64) -> Iterator[Number]:
    """In use of what there is; over 1 while services go on after their unit should have gone."""
    used, there = areas[:, Area.IN_USE], areas[:, Area.CAPACITY]
    yield Key("occupancy", place), _share(used.sum(), there.sum())
    for hour in range(len(used)):
        yield Key("occupancy", place, ALL, hour), _share(used[hour], there[hour])


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def hour_of_day(key: Key, built: Built) -> Key:
    """The engine counts bins from the start of the run; a planner's hour is the clock's."""
    if key.hour == ALL_DAY:
        return key
    return key._replace(hour=(key.hour + built.scenario.run.start.hour) % 24)
