"""From a file to a model that the engine runs, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

import orjson

from simulations.engine import check
from simulations.engine.model import Model, QueueRule
from simulations.scenarios.build_demand import classes
from simulations.scenarios.build_pathways import PathwayBuilder
from simulations.scenarios.build_placed import Placed, build_placed
from simulations.scenarios.build_resources import resources
from simulations.scenarios.context import Context
from simulations.scenarios.fingerprint import fingerprint
from simulations.scenarios.places import Path, Place, located, nearest
from simulations.scenarios.schema import Scenario
from simulations.scenarios.skeleton import skeleton
from simulations.scenarios.structure import structure
from simulations.scenarios.variants import family
from simulations.scenarios.yaml_nodes import Reading
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any

QUEUE_RULES = {"strict": QueueRule.STRICT, "first who fits": QueueRule.SKIP}


@dataclass(frozen=True, slots=True)
class Built:
    """A scenario ready to run.

    document: what was read, with everything it extends and overrides, as plain values. model: times in hours.
    warnings: with file and line, what runs but was hardly meant.
    """

    scenario: Scenario
    document: Mapping[str, Any]
    model: Model
    warnings: tuple[Problem, ...] = ()

    def renamed(self, name: str) -> Built:
        return replace(self, scenario=self.scenario.model_copy(update={"name": name}))

    @property
    def fingerprint(self) -> str:
        """The same for the same content, wherever it lies and however it is laid out."""
        return fingerprint(self.document)


Scene = Built | Placed
"""A scenario of pathways, or of a whole hospital in which a placing policy decides."""


def load(path: FilePath, settings: Sequence[tuple[str, str]] = ()) -> Scene:
    """The scenario in a YAML file; with ``hospital`` at its top it is one of a whole hospital.

    Parameters
    ----------
    settings: dotted paths and their values, laid over the file; see :mod:`simulations.scenarios.variants`.

    Raises InvalidInstance with every fault, each with file, line, what was expected and a remedy.
    """
    reading = Reading()
    document = reading.value(family(path, settings))
    if "hospital" in document:
        return build_placed(document, reading, path.parent)
    return build(document, reading, path.parent)


def of_pathways(scene: Scene, where: str) -> Built:
    """The same, if it is a scenario of pathways. Raises InvalidInstance, naming ``where``, if it is none."""
    if isinstance(scene, Built):
        return scene
    remedy = "Load and records need steps of patients; take `hospital` away and describe them."
    raise InvalidInstance(
        [Problem(f"{where}, hospital", scene.scenario.name, "a scenario with pathways", remedy)]
    )


def load_all(paths: Sequence[FilePath]) -> list[Scene]:
    """All scenarios, or the faults of all of them at once; two of the same name are called as their files."""
    built, problems = [], list[Problem]()
    for path in paths:
        try:
            built.append(load(path))
        except InvalidInstance as invalid:
            problems += invalid.problems
    refuse_if_any(problems)
    names = [each.scenario.name for each in built]
    return [
        each.renamed(path.stem) if names.count(each.scenario.name) > 1 else each
        for path, each in zip(paths, built, strict=True)
    ]


def build(document: dict[str, Any], reading: Reading, folder: FilePath) -> Built:
    """The scenario in ``document``, whose places and first faults ``reading`` holds."""
    kept = orjson.loads(orjson.dumps(document, default=str))
    found = structure(document, reading.places, Scenario)
    faults = [*reading.faults, *found.faults]
    if found.scenario is None:
        raise InvalidInstance(sorted((located(fault, reading.places) for fault in faults), key=_line))
    context = Context(found.scenario, folder, found.left_out)
    model = _model(context)
    problems = [located(fault, reading.places) for fault in [*faults, *context.faults]]
    told = {_place(problem) for problem in problems}
    engines = check.check(model)
    engines += check.check(skeleton(model)) if engines or problems else []
    translated = [_translated(problem, context, reading.places) for problem in engines]
    # What was left out for a fault of its own leaves gaps, which are no faults.
    problems += [problem for problem in translated if _place(problem) not in told]
    # A step and its copy for transfers have the same fault.
    once = {str(problem): problem for problem in problems}
    refuse_if_any(sorted(once.values(), key=_line))
    warnings = tuple(located(each, reading.places) for each in context.warnings)
    return Built(found.scenario, kept, model, warnings)


def _model(context: Context) -> Model:
    scenario = context.scenario
    lines = {each.line for pathway in scenario.pathways.values() for each in pathway.steps.values()}
    labels = {f"{name}/{step}" for name, each in scenario.pathways.items() for step in each.steps}
    for line in scenario.policies.lines:
        known = [*sorted(each for each in lines if each), *sorted(labels)]
        context.known(("policies", "lines", line), line, "a line", known, ("pathways",))
    for name in scenario.policies.keep_free:
        path: Path = ("policies", "keep_free", name)
        context.known(path, name, "a resource", scenario.resources, ("resources",))
    warm_up = scenario.run.warm_up
    if isinstance(warm_up, float) and warm_up >= scenario.run.length:
        remedy = "Make run.length longer, or warm up for less."
        expected = f"less than run.length, which is {scenario.run.length:g} h"
        context.fault(("run", "warm_up"), f"{warm_up:g} h", expected, remedy)
        warm_up = 0.0
    patients = classes(context)
    return Model(
        classes=patients,
        steps=PathwayBuilder(context, patients).steps(),
        resources=resources(context),
        queue_rule=QUEUE_RULES[scenario.policies.queue],
        queue_rules={line: QUEUE_RULES[rule] for line, rule in scenario.policies.lines.items()},
        warm_up=warm_up if isinstance(warm_up, float) else 0.0,
        bin_width=1.0,
        bins=24,
    )


def _translated(problem: Problem, context: Context, places: Mapping[Path, Place]) -> Problem:
    """What the engine found wrong, said of the file."""
    origins = [each for each in context.origins if problem.where.startswith(each)]
    if not origins:
        return problem
    origin = max(origins, key=len)
    place = nearest(places, context.origins[origin])
    detail = problem.where[len(origin) :].strip(".")
    shown = ".".join(str(part) for part in context.origins[origin])
    where = f"{place}, {shown}{f' ({detail})' if detail else ''}"
    return Problem(where, problem.value, problem.expected, problem.remedy)


def _place(problem: Problem) -> str:
    """File and line."""
    return problem.where.partition(",")[0]


def _line(problem: Problem) -> tuple[str, int]:
    name, _, rest = problem.where.partition(":")
    digits = rest.split(",")[0]
    return name, int(digits) if digits.isdigit() else 0
