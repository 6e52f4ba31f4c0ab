"""Replications told in the form of a record, so that both are counted by the same code."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulations.engine.codes import Event
from simulations.engine.model import Model, Present, Step
from simulations.engine.outcome import Outcome
from simulations.engine.tables import per_class
from simulations.fitting.visits import Events, Visits, visits_of
from simulations.scenarios.build import Built
from simulations.scenarios.schema_pathways import AT_NEXT
from simulations.scenarios.transfers import label
from simulations.statistics.survival import Bools, Float64
from solver.engine.types import Int64

CENSUS_SOURCE = -1
"""Whom the engine found there at the beginning."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario that begins with whoever lay or waited there when the recorded time began.

    model: with that census, and no warm-up. wards, classes: those of the record first, then what the scenario has
    beside them. before: what happened to the people of the census until then; their numbers are those of the engine.
    left_out: how many were there in a ward or of a class that the scenario does not know.
    """

    model: Model
    wards: tuple[str, ...]
    classes: tuple[str, ...]
    keeps_bed: Bools
    place_of: dict[str, int]
    before: Events
    left_out: int

    def visits(self, outcome: Outcome) -> Visits:
        """What one replication, simulated with its log, would have been recorded as."""
        group = np.array([self.classes.index(n) if n in self.classes else -1 for n in outcome.class_names])
        place = np.array([self.place_of.get(label(name), -1) for name in outcome.step_names])
        log = outcome.log[group[outcome.log[:, 2].astype(np.int64)] >= 0]
        kind, of_class, step, source, number = (log[:, i].astype(np.int64) for i in range(1, 6))
        ward = np.where(step >= 0, place[step], -1)
        # Steps that need nothing are no wards; that somebody came or left is told of the whole hospital.
        kept = (ward >= 0) | (kind == Event.ENTERED) | (kind == Event.LEFT)
        person = (source - CENSUS_SOURCE << 40) + number
        joined = Events(
            self.classes,
            self.wards,
            np.concatenate([self.before.person, person[kept]]),
            np.concatenate([self.before.time, log[kept, 0]]),
            np.concatenate([self.before.kind, kind[kept]]),
            np.concatenate([self.before.group, group[of_class[kept]]]),
            np.concatenate([self.before.ward, ward[kept]]),
        )
        return visits_of(_by_person(joined), self.keeps_bed)


def _by_person(events: Events) -> Events:
    order = np.argsort(events.person, kind="stable")
    arrays = {name: getattr(events, name)[order] for name in ("person", "time", "kind", "group", "ward")}
    return replace(events, **arrays)


def stage(built: Built, recorded: Visits) -> Stage:
    """``built`` with the census that ``recorded`` tells of at hour 0."""
    places = _places(built)
    extra = dict.fromkeys(name for name in places.values() if name not in recorded.wards)
    wards = (*recorded.wards, *extra)
    known = [each.name for each in built.model.classes]
    classes = (*recorded.classes, *(name for name in known if name not in recorded.classes))
    present, before, left_out = _census(built, recorded, places)
    order = sorted(range(len(present)), key=lambda i: _engine_order(present[i]))
    model = replace(built.model, census=tuple(present[i] for i in order), warm_up=0.0)
    place_of = {name: wards.index(place) for name, place in places.items()}
    return Stage(
        model, wards, classes, _keeping(built, wards), place_of, _told(before, order, recorded), left_out
    )


def _engine_order(one: Present) -> tuple[bool, float]:
    """As the engine sorts its census; sorting again changes nothing."""
    return one.waiting, -one.elapsed if one.waiting else 0.0


def _places(built: Built) -> dict[str, str]:
    """The wards of the record that steps stand for: by ``pathway/step``, the step's own name."""
    return {
        f"{pathway}/{name}": name
        for pathway, each in built.scenario.pathways.items()
        for name, step in each.steps.items()
        if step.bed or step.staff or step.needs
    }


def _keeping(built: Built, wards: tuple[str, ...]) -> Bools:
    keeping = {
        name
        for pathway in built.scenario.pathways.values()
        for name, step in pathway.steps.items()
        if step.give_back == AT_NEXT
    }
    return np.array([ward in keeping for ward in wards], dtype=bool)


def _census(built: Built, recorded: Visits, places: dict[str, str]) -> tuple[list[Present], list[Int64], int]:
    """Who was there at hour 0, the visits of each until then, and how many the scenario has no place for."""
    steps = {step.name: step for step in built.model.steps}
    pathway = {name: each.pathway for name, each in built.scenario.demand.classes.items()}
    present: list[Present] = []
    before: list[Int64] = []
    left_out = 0
    here = np.flatnonzero(recorded.asked < 0)
    for rows in np.split(here, np.flatnonzero(np.diff(recorded.person[here])) + 1) if len(here) else []:
        last = rows[-1]
        if min(recorded.freed[last], recorded.gone[last]) <= 0:
            continue
        name = recorded.classes[recorded.group[last]]
        step_name = f"{pathway.get(name)}/{recorded.wards[recorded.ward[last]]}"
        if step_name not in places or not recorded.finished[last] > 0:
            left_out += 1
            continue
        one = _present(recorded, rows, name, steps, step_name)
        present.append(one)
        before.append(rows)
    return present, before, left_out


def _present(recorded: Visits, rows: Int64, name: str, steps: dict[str, Step], step_name: str) -> Present:
    last = rows[-1]
    if recorded.started[last] < 0:
        return Present(name, step_name, elapsed=-recorded.started[last], holds=_taken(steps[step_name], name))
    holds: dict[str, int] = {}
    pathway = step_name.partition("/")[0]
    if len(rows) > 1 and recorded.freed[rows[-2]] > 0:
        former = f"{pathway}/{recorded.wards[recorded.ward[rows[-2]]]}"
        if former in steps and steps[former].release_at_end == {}:
            holds = _taken(steps[former], name)
    return Present(name, step_name, waiting=True, elapsed=-recorded.asked[last], holds=holds)


def _taken(step: Step, name: str) -> dict[str, int]:
    """What a step takes where its first choice is free."""
    options = per_class(step.needs, name, ())
    return dict(options[0]) if options else {}


def _told(before: list[Int64], order: list[int], recorded: Visits) -> Events:
    """The past of the people of the census, as events."""
    rows = [
        (number, time, int(event), recorded.group[visit], recorded.ward[visit])
        for number, i in enumerate(order)
        for visit in before[i]
        for event, time in (
            (Event.JOINED, recorded.asked[visit]),
            (Event.STARTED, recorded.started[visit]),
            (Event.FINISHED, recorded.finished[visit]),
        )
        if time < 0
    ]
    columns = [np.array([row[i] for row in rows]) for i in range(5)]
    person, kind, group, ward = (columns[i].astype(np.int64) for i in (0, 2, 3, 4))
    times: Float64 = columns[1].astype(np.float64)
    return Events(recorded.classes, recorded.wards, person, times, kind, group, ward)
