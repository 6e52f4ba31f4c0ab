"""What one unit of equipment more or fewer does to waits and refusals: an experiment whose scenarios are fleets.

The fleet as it is comes first, then each fleet that differs from it in the units of one type. All meet the very same
requests, so a difference is one of fleets and not of luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import Compared, Withheld, compare, withheld
from simulations.experiments.equipment import whom_a_unit_may_serve
from simulations.experiments.fleet_words import Asked, line, silence
from simulations.experiments.replications import Replicated
from simulations.experiments.sweeping import MOST_POINTS
from simulations.placing.fleet import asked_for, fleet
from simulations.placing.hospital import altered
from simulations.placing.model import CLASSES
from simulations.scenarios.build import Built, Scene
from simulations.scenarios.build_placed import Placed
from simulations.statistics.intervals import Interval
from solver.engine.errors import Problem, refuse_if_any
from solver.equipment.fleet_changes import all_changes, faults

MOST_NAMED: Final = 12
USUAL: Final = 1
"""Units fewer and more, where nothing is said."""
TOLD: Final = ("equipment_refused", "equipment_wait_mean")
"""Measures that a fleet is judged by."""

Again = Callable[[Sequence[tuple[str, str]]], Scene]
"""Loads the scenario once more, with settings laid over it."""


@dataclass(frozen=True, slots=True)
class Question:
    """type_ids: of equipment; none: every type that somebody asks for. changes: units more, below 0 fewer; or around:
    up to so many fewer and more. Neither: one fewer and one more."""

    type_ids: tuple[str, ...] = ()
    changes: tuple[int, ...] = ()
    around: int | None = None

    def all_changes(self) -> tuple[int, ...]:
        """Every change asked about, the fewest units first."""
        return tuple(each for each in all_changes(self.changes, self.around, USUAL) if each)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A scenario with ``change`` units more than the ``units`` there are of one type."""

    type_id: str
    units: int
    change: int
    scene: Scene


@dataclass(frozen=True, slots=True)
class Answers:
    """What could be compared, in the words of a planner, and what not, with the reason; ``lines`` say all of it, fleet
    by fleet, what is decided before what chance may have done."""

    compared: list[Compared]
    withheld: list[Withheld]
    lines: list[str]


def units_by_type(base: Scene) -> dict[str, int]:
    """How many units of each type of equipment serve in a scenario."""
    if isinstance(base, Built):
        given = base.scenario.resources
        return {name: each.units for name, each in given.items() if each.units is not None}
    hospital = altered(base.model)
    names = sorted({unit.type_id for unit in hospital.units})
    return {name: len(fleet(hospital, name)) for name in names}


def types_asked_for(base: Scene) -> tuple[str, ...]:
    """Types of which a unit may serve somebody, with one unit or more."""
    there = [name for name, units in units_by_type(base).items() if units]
    if isinstance(base, Built):
        return tuple(name for name in there if whom_a_unit_may_serve(base, name).any())
    asked = asked_for(base.model)
    return tuple(name for name in there if name in asked)


def fleets(base: Scene, question: Question, again: Again) -> list[Fleet]:
    """Every fleet that is asked about; raises InvalidInstance with all faults of the question."""
    return list(each_fleet(base, question, again))


def each_fleet(base: Scene, question: Question, again: Again, most: int = MOST_POINTS - 1) -> Iterator[Fleet]:
    """The same one by one, ``most`` of them. All faults are raised before the first is made."""
    there = units_by_type(base)
    names = question.type_ids or types_asked_for(base)
    changes = question.all_changes()
    found = [*_faults_of_changes(question), *_faults_of_types(there, names, changes)]
    if len(names) * len(changes) > most:
        expected = f"at most {most} fleets at once"
        found.append(
            Problem("change", len(names) * len(changes), expected, "Ask about fewer types or changes.")
        )
    refuse_if_any(found)
    for name in dict.fromkeys(names):
        for change in changes:
            yield Fleet(name, there[name], change, _with_units(base, name, change, again))


def _faults_of_changes(question: Question) -> Iterator[Problem]:
    yield from faults(question.changes, question.around)
    if 0 in question.changes:
        remedy = "Leave it out: the fleet as it is stands beside every other."
        yield Problem("change", 0, "units more or fewer", remedy)


def _faults_of_types(
    there: Mapping[str, int], names: Sequence[str], changes: Sequence[int]
) -> Iterator[Problem]:
    known = ", ".join(sorted(there)[:MOST_NAMED]) or "none, as there are no units"
    if not names:
        remedy = "Describe units that a step needs, or name a type."
        yield Problem("type", "none", "a type of equipment that somebody asks for", remedy)
    for name in dict.fromkeys(names):
        if name not in there:
            yield Problem("type", name, f"a type of equipment: {known}", "Correct the name.")
    fewest = min(changes, default=0)
    for name in dict.fromkeys(names):
        if there.get(name, -fewest) + fewest < 0:
            remedy = "Withdraw fewer, or ask about other types."
            yield Problem(
                "change", fewest, f"at most {there[name]} fewer of {name}, the units there are", remedy
            )


def _with_units(base: Scene, type_id: str, change: int, again: Again) -> Scene:
    if isinstance(base, Built):
        return again([(f"resources.{type_id}.units", f"{change:+d}")]).renamed(Asked(type_id, change).name)
    return _placed_with_units(base, type_id, change).renamed(Asked(type_id, change).name)


def _placed_with_units(base: Placed, type_id: str, change: int) -> Placed:
    """The scenario with ``extra_units`` or ``withdrawn_units`` of its hospital raised, everywhere it says so."""
    field = "extra_units" if change > 0 else "withdrawn_units"
    counts = dict(getattr(base.model, field))
    counts[type_id] = counts.get(type_id, 0) + abs(change)
    changed: dict[str, Any] = {field: counts}
    hospital = base.scenario.hospital.model_copy(update=changed)
    document = {**base.document, "hospital": {**base.document["hospital"], **changed}}
    model = replace(base.model, **changed)
    scenario = base.scenario.model_copy(update={"hospital": hospital})
    return replace(base, scenario=scenario, document=document, model=model)


def answers(replicated: Sequence[Replicated], asked: Sequence[Fleet]) -> Answers:
    """What each fleet changes against the first scenario, which is the fleet as it is; all comparisons are corrected
    for together. Only who asks for the type that differs is looked at."""
    base = replicated[0]
    by_name = {each.scene.scenario.name: each for each in asked}

    def keys(other: Replicated) -> list[Key]:
        type_id = by_name[other.name].type_id
        return [Key(measure, type_id, name) for measure in TOLD for name in classes(base, type_id)]

    def words(name: str) -> Asked:
        return asking(by_name[name], base.built)

    found = [
        replace(each, line=line(words(each.name), each.key, each.difference))
        for each in compare(replicated, asked=keys)
    ]
    silent = [
        replace(each, line=silence(words(each.name), each.key, each.line))
        for each in withheld(replicated, asked=keys)
    ]
    return Answers(found, silent, [told for each in asked for told in _lines(base, each, found, silent)])


def _lines(
    base: Replicated, fleet: Fleet, found: Sequence[Compared], silent: Sequence[Withheld]
) -> list[str]:
    """What is said of one fleet; what is exactly as it was is said once, and only if all is."""
    name = fleet.scene.scenario.name
    if not base.of(Key("equipment_asked", fleet.type_id)).any():
        return [f"{name}: nobody asks for it"]
    mine = [each for each in found if each.name == name and not _is_nothing(each.difference.simultaneous)]
    lines = [each.line for each in sorted(mine, key=lambda each: not each.difference.decided)]
    lines += [each.line for each in silent if each.name == name]
    return lines or [f"{name}: no wait and no refusal is other than it was"]


def _is_nothing(change: Interval) -> bool:
    return change.mean == 0 and change.half_width == 0


def asking(fleet: Fleet, scene: Scene) -> Asked:
    """How a fleet and its classes are called; of a hospital that is placed the classes are called by their priority."""
    return Asked(fleet.type_id, fleet.change, priorities(scene) if isinstance(scene, Built) else {})


def priorities(scene: Scene) -> dict[str, int]:
    """By class; 0 goes first."""
    if isinstance(scene, Placed):
        return {name: number for number, name in enumerate(CLASSES)}
    return {name: each.priority for name, each in scene.scenario.demand.classes.items()}


def classes(base: Replicated, type_id: str) -> list[str]:
    """Who may ask for a type: everybody (empty), then by priority."""
    known = priorities(base.built)
    mine = [key.patient_class for key in base.keys if key[:2] == ("equipment_asked", type_id)]
    return sorted(mine, key=lambda name: (known.get(name, -1), name))
