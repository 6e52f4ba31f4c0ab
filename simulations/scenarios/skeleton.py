"""A model reduced to who goes where and what takes time, so that loops are found in spite of other faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulations.engine.distributions import AT_ONCE, Constant, Distribution, is_always_zero
from simulations.engine.model import LEAVE, Model, PatientClass, PerClass, Route, Step


def skeleton(model: Model) -> Model:
    """``model`` without sources and resources, every duration nothing or an hour, every routing even."""
    names = {step.name for step in model.steps}
    classes = [each for each in model.classes if each.first_step in names]
    return Model(
        classes=tuple(PatientClass(each.name, each.first_step) for each in classes)
        or (PatientClass("anybody", model.steps[0].name),),
        steps=tuple(_step(step) for step in model.steps),
    )


def _step(step: Step) -> Step:
    routing: PerClass[tuple[Route, ...]]
    if isinstance(step.routing, Mapping):
        routing = {name: _even(routes) for name, routes in step.routing.items()}
    else:
        routing = _even(step.routing)
    duration = step.duration
    bare = Step(step.name, routing=routing, queue_limit=step.queue_limit, overflow=step.overflow)
    if isinstance(duration, Mapping):
        return replace(bare, duration={name: _time(each) for name, each in duration.items()})
    return replace(bare, duration=_time(duration))


def _time(duration: Distribution) -> Constant:
    return AT_ONCE if is_always_zero(duration) else Constant(1.0)


def _even(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    possible = [route for route in routes if route.probability > 0]
    return tuple(Route(1 / len(possible), route.to) for route in possible) or LEAVE
