"""Pathways as steps of the engine, each named ``pathway/step``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeVar

from simulations.engine import distributions as engine_distributions
from simulations.engine import model as engine
from simulations.scenarios.build_demand import first_step
from simulations.scenarios.build_distributions import engine_class, per_class
from simulations.scenarios.context import Context
from simulations.scenarios.places import Path
from simulations.scenarios.schema_parts import OTHERS
from simulations.scenarios.schema_pathways import AT_NEXT, KEEP, LEAVE, BedChoice, Route, StaffChoice, Step
from simulations.scenarios.transfers import label as step_label
from simulations.scenarios.transfers import told_apart

T = TypeVar("T")
FIELDS = {
    "duration": "takes",
    "needs": "needs",
    "routing": "next",
    "patience": "patience",
    "preempts": "preempts",
    "priority": "priority",
    "balking": "turn_away",
    "queue_limit": "room_for",
    "overflow": "when_full",
    "renege_to": "gives_up_to",
    "release_at_end": "give_back",
}
"""The engine's word for a field of a step, and the scenario's."""


class PathwayBuilder:
    """Builds all steps; what a step holds until the next one starts is given back there."""

    def __init__(self, context: Context, classes: Sequence[engine.PatientClass]) -> None:
        self._context = context
        self._classes = classes
        self._with_bed: set[str] = set()
        self._pathways = context.scenario.pathways
        self._held: dict[str, dict[str, int]] = {}
        self._next: dict[str, set[str]] = {}

    def steps(self) -> tuple[engine.Step, ...]:
        """All steps, in the order of the scenario."""
        built = [
            self._step(pathway, name, step)
            for pathway, given in self._pathways.items()
            for name, step in given.steps.items()
        ]
        # Only now is it known which steps follow one that holds on to what it took.
        followers = {holder: _starting_after(self._next[holder], built) for holder in self._held}
        self._no_mistaken_return(built, followers)
        returning = [self._giving_back(step, followers) for step in built]
        found = told_apart(returning, self._with_bed, self._classes)
        for number, step in enumerate(found):
            pathway, name = step_label(step.name).split("/")
            path: Path = ("pathways", pathway, "steps", name)
            self._context.origins[f"steps[{number}]"] = path
            for theirs, ours in FIELDS.items():
                self._context.origins[f"steps[{number}].{theirs}"] = (*path, ours)
        return found

    def _step(self, pathway: str, name: str, given: Step) -> engine.Step:
        label, path = f"{pathway}/{name}", ("pathways", pathway, "steps", name)
        needs = self._needs(given, path)
        routing = {
            engine_class(each): tuple(
                self._route(route, pathway, (*path, "next", each, i)) for i, route in enumerate(routes)
            )
            for each, routes in given.next.items()
        }
        for field_name in ("takes", "next", "patience", "bed", "staff", "needs"):
            self._classes_known(getattr(given, field_name), (*path, field_name))
        self._classes_known(dict.fromkeys(given.preempts), (*path, "preempts"))
        self._classes_known(given.priority, (*path, "priority"))
        if given.bed:
            self._with_bed.add(label)
        self._hold_on(label, given, needs, routing)
        return engine.Step(
            label,
            duration=per_class(given.takes) or engine_distributions.Constant(0.0),
            needs=needs,
            release_at_end=self._at_end(given, path),
            routing=routing or engine.LEAVE,
            line=given.line or label,
            queue_limit=-1 if given.room_for is None else given.room_for,
            overflow=self._target(given.when_full, pathway, (*path, "when_full")),
            balking=tuple(given.turn_away),
            patience=per_class(given.patience) or None,
            renege_to=self._target(given.gives_up_to, pathway, (*path, "gives_up_to")),
            preempts=tuple(given.preempts),
            restarts=given.interrupted == "restarts",
            priority=given.priority,
        )

    def _classes_known(self, given: Mapping[str, object], path: Path) -> None:
        classes = [*self._context.scenario.demand.classes, OTHERS]
        for each in given:
            self._context.known((*path, each), each, "a class", classes, ("demand", "classes"))

    def _route(self, given: Route, pathway: str, path: Path) -> engine.Route:
        if given.becomes is not None:
            classes = self._context.scenario.demand.classes
            here = (*path, "becomes")
            self._context.known(here, given.becomes, "a class", classes, ("demand", "classes"))
        return engine.Route(given.share, self._target(given.to, pathway, path), given.becomes)

    def _target(self, name: str | None, pathway: str, path: Path) -> str | None:
        """The engine's name of a step of this pathway, or of the first of another pathway; None: leave."""
        if name is None or name == LEAVE:
            return None
        steps = self._pathways[pathway].steps
        if name in steps:
            return f"{pathway}/{name}"
        if name in self._pathways:
            return first_step(name, self._pathways[name])
        home: Path = ("pathways", pathway, "steps")
        self._context.known(path, name, f"{LEAVE}, a pathway, or a step of {pathway}", steps, home)
        return None

    def _needs(self, given: Step, path: Path) -> dict[str, tuple[dict[str, int], ...]]:
        named = {*given.bed, *given.staff, *given.needs}
        found = {}
        for each in sorted(named):
            beds = self._beds(_for(given.bed, each), (*path, "bed"))
            staff = self._staff(_for(given.staff, each), (*path, "staff"))
            bundles = self._bundles(_for(given.needs, each), (*path, "needs"))
            options = [_joined(parts) for parts in product(beds, staff, bundles)]
            found[engine_class(each)] = tuple(option for option in options if option)
        if found and engine.OTHERS not in found:
            found[engine.OTHERS] = ()
        return found

    def _beds(self, choice: BedChoice | None, path: Path) -> list[dict[str, int]]:
        if choice is None:
            return [{}]
        if choice.any is None:
            return self._named(choice.named, path, "beds")
        wanted, wards = set(choice.any.features), choice.any.wards
        beds = {n: r for n, r in self._context.scenario.resources.items() if r.beds is not None}
        order = {ward: rank for rank, ward in enumerate(wards)}
        fitting = [name for name, bed in beds.items() if wanted <= set(bed.features)]
        if wards:
            fitting = [name for name in fitting if (beds[name].ward or name) in order]
            fitting.sort(key=lambda name: order[beds[name].ward or name])
        if not fitting:
            shown = f"features {sorted(wanted)}, wards {wards}"
            self._context.fault(
                path, shown, "beds that offer this", "Add the feature to a resource with beds."
            )
        return [{name: 1} for name in fitting] or [{}]

    def _staff(self, choice: StaffChoice | None, path: Path) -> list[dict[str, int]]:
        if choice is None:
            return [{}]
        if choice.any is None:
            return self._named(choice.named, path, "staff")
        everyone = self._context.scenario.resources.items()
        skill = choice.any.skill
        skilled = [name for name, each in everyone if skill in each.skills]
        if not skilled:
            self._context.fault(path, skill, "a skill that somebody has", "Add it to a resource with staff.")
        return [{name: 1} for name in skilled] or [{}]

    def _named(self, names: Iterable[str], path: Path, kind: str) -> list[dict[str, int]]:
        resources = self._context.scenario.resources
        of_kind = [name for name, each in resources.items() if each.chosen == kind]
        found = [
            {name: 1}
            for name in names
            if self._context.known(path, name, f"a resource with {kind}", of_kind, ("resources",))
        ]
        return found or [{}]

    def _bundles(self, bundles: list[dict[str, int]] | None, path: Path) -> list[dict[str, int]]:
        if not bundles:
            return [{}]
        resources = self._context.scenario.resources
        return [
            {
                name: number
                for name, number in bundle.items()
                if self._context.known((*path, name), name, "a resource", resources, ("resources",))
            }
            for bundle in bundles
        ]

    def _at_end(self, given: Step, path: Path) -> dict[str, int] | None:
        if isinstance(given.give_back, dict):
            return self._bundles([given.give_back], (*path, "give_back"))[0]
        return {} if given.give_back in {AT_NEXT, KEEP} else None

    def _hold_on(
        self,
        label: str,
        given: Step,
        needs: Mapping[str, tuple[dict[str, int], ...]],
        routing: Mapping[str, tuple[engine.Route, ...]],
    ) -> None:
        """Note what is held until a step after this one starts, and where patients go next."""
        if given.give_back != AT_NEXT:
            return
        held: dict[str, int] = {}
        for option in (option for options in needs.values() for option in options):
            for name, number in option.items():
                # What was taken from a stock is used up.
                if self._context.scenario.resources[name].stock is None:
                    held[name] = max(held.get(name, 0), number)
        self._held[label] = held
        self._next[label] = {
            route.to for routes in routing.values() for route in routes if route.to is not None
        }

    def _giving_back(self, step: engine.Step, followers: Mapping[str, set[str]]) -> engine.Step:
        back: dict[str, int] = {}
        for held in (held for holder, held in self._held.items() if step.name in followers[holder]):
            for name, number in held.items():
                back[name] = max(back.get(name, 0), number)
        return replace(step, release_at_start=back) if back else step

    def _no_mistaken_return(self, built: list[engine.Step], followers: Mapping[str, set[str]]) -> None:
        """Refuse a step that holds on to a bed until a step starts that needs one of the same: once all are held by
        patients who wait for another nobody moves, and which of two beds is given back could not be told."""
        by_name = {step.name: step for step in built}
        for holder, held in self._held.items():
            for follower in sorted(followers[holder]):
                taken = {name for option in _options(by_name[follower].needs) for name in option}
                if shared := sorted(taken & set(held)):
                    pathway, name = holder.split("/")
                    path: Path = ("pathways", pathway, "steps", name, "give_back")
                    remedy = "Write give_back: at end; or, to stay there, give_back: never, and none in the next step."
                    self._context.fault(path, ", ".join(shared), f"nothing that {follower} takes too", remedy)


def _starting_after(first: set[str], steps: Iterable[engine.Step]) -> set[str]:
    """``first`` and where patients go from them without having started: who gives up, or finds no room."""
    by_name = {step.name: step for step in steps}
    found, open_ = set(first), sorted(first)
    while open_:
        step = by_name[open_.pop()]
        onward = {each for each in (step.overflow, step.renege_to) if each is not None} - found
        found |= onward
        open_ += sorted(onward)
    return found


def _options(needs: object) -> list[Mapping[str, int]]:
    """All options of all classes."""
    assert isinstance(needs, Mapping)
    return [option for options in needs.values() for option in options]


def _for(given: Mapping[str, T], class_name: str) -> T | None:
    return given.get(class_name, given.get(OTHERS))


def _joined(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """One bundle of all: the same resource asked for twice is needed twice."""
    joined: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            joined[name] = joined.get(name, 0) + number
    return joined
