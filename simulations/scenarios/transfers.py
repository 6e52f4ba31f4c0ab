"""Steps told apart by whether one comes to them from another bed, so that transfers are counted and not guessed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from simulations.engine.model import PatientClass, Route, Step
from simulations.scenarios.schema import Scenario

TRANSFER = " (transfer)"


def label(step_name: str) -> str:
    """The step as the scenario calls it."""
    return step_name.removesuffix(TRANSFER)


def uncounted(scenario: Scenario) -> set[str]:
    """The steps with a bed to which no transfers are counted, see ``told_apart``."""
    return {
        f"{pathway}/{name}"
        for pathway, each in scenario.pathways.items()
        for name, step in each.steps.items()
        if step.bed and (step.room_for is not None or step.turn_away)
    }


def told_apart(
    steps: Sequence[Step], with_bed: Collection[str], classes: Sequence[PatientClass]
) -> tuple[Step, ...]:
    """``steps`` in which whoever goes from a bed to a bed goes to a copy of the step, named ``... (transfer)``.

    Both wait in the same line and have the same chance, so that a patient stays as long in either. Steps that limit or
    turn away who waits are left as they are, since they count who waits there; transfers to them are not told apart.
    """
    apart = {
        step.name for step in steps if step.name in with_bed and step.queue_limit < 0 and not step.balking
    }
    turned = [_towards_copies(step, apart) if step.name in with_bed else step for step in steps]
    copies = [
        replace(step, name=step.name + TRANSFER, chance=step.name) for step in turned if step.name in apart
    ]
    reached = {each.first_step for each in classes}
    reached |= {to for step in (*turned, *copies) for to in _targets(step)}
    # A step that nothing leads to stays, so that what is wrong with it is still found; a copy goes.
    return (*turned, *(copy for copy in copies if copy.name in reached))


def _towards_copies(step: Step, apart: Collection[str]) -> Step:
    if isinstance(step.routing, Mapping):
        return replace(step, routing={name: _turned(routes, apart) for name, routes in step.routing.items()})
    return replace(step, routing=_turned(step.routing, apart))


def _turned(routes: Sequence[Route], apart: Collection[str]) -> tuple[Route, ...]:
    return tuple(
        replace(route, to=route.to + TRANSFER) if route.to is not None and route.to in apart else route
        for route in routes
    )


def _targets(step: Step) -> list[str]:
    by_class = step.routing.values() if isinstance(step.routing, Mapping) else [step.routing]
    found = [route.to for routes in by_class for route in routes]
    return [each for each in [*found, step.overflow, step.renege_to] if each is not None]
