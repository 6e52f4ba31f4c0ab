"""Faults of a model."""

from dataclasses import replace
from typing import Any

import pytest

from simulations.engine.check import check
from simulations.engine.distributions import (
    Constant,
    Distribution,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    PhaseType,
    Triangular,
    Uniform,
    is_always_zero,
)
from simulations.engine.model import (
    Batch,
    Breakdown,
    CapacityChange,
    Closed,
    Group,
    Listed,
    Model,
    PatientClass,
    Poisson,
    Present,
    Renewal,
    Resource,
    Route,
    Step,
    Stock,
)
from simulations.engine.run import simulate
from solver.engine.errors import InvalidInstance
from tests.whole_model import WHOLE

STEP = Step("care", Exponential(1.0), ({"bed": 1},))
SOUND = Model(
    classes=(PatientClass("p", "care", (Poisson("door", (1.0,)),)),),
    steps=(STEP,),
    resources=(Resource("bed", 2),),
)


def paths(model: Model) -> list[str]:
    return [fault.where for fault in check(model)]


def with_source(source: Any) -> Model:
    return replace(SOUND, classes=(PatientClass("p", "care", (source,)),))


def with_step(**changes: Any) -> Model:
    return replace(SOUND, steps=(replace(STEP, **changes),))


def with_bed(**changes: Any) -> Model:
    return replace(SOUND, resources=(replace(SOUND.resources[0], **changes),))


def test_a_sound_model_has_no_fault() -> None:
    assert check(SOUND) == []
    assert check(WHOLE) == []


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (with_source(Poisson("d", (1.0, -1.0), 1.0)), "classes[0].sources[0].rates[1]"),
        (with_source(Poisson("d", (1.0, 2.0))), "classes[0].sources[0].bin_width"),
        (with_source(Poisson("d", (1.0,), start=5.0, end=5.0)), "classes[0].sources[0].end"),
        (
            with_source(Poisson("d", (1.0,), batch=Batch((0, 2), (0.5, 0.5)))),
            "classes[0].sources[0].batch.sizes[0]",
        ),
        (
            with_source(Poisson("d", (1.0,), batch=Batch((1, 2), (0.5, 0.6)))),
            "classes[0].sources[0].batch.probabilities",
        ),
        (with_source(Listed("d", (2.0, 1.0))), "classes[0].sources[0].times[1]"),
        (with_source(Closed("d", -1, Constant(1.0))), "classes[0].sources[0].population"),
        (with_step(routing=(Route(0.5, None), Route(0.4, "care"))), "steps[0].routing"),
        (with_step(routing=(Route(1.0, "nowhere"),)), "steps[0].routing[0].to"),
        (with_step(routing={"q": (Route(1.0, None),)}), 'steps[0].routing["q"]'),
        (with_step(routing=(Route(1.0, None, "q"),)), "steps[0].routing[0].becomes"),
        (with_step(needs=({"chair": 1},)), 'steps[0].needs[0]["chair"]'),
        (with_step(needs=({"bed": 0},)), 'steps[0].needs[0]["bed"]'),
        (with_step(release_at_end={"chair": 1}), 'steps[0].release_at_end["chair"]'),
        (with_step(overflow="nowhere"), "steps[0].overflow"),
        (with_step(balking=(0.0, 1.5)), "steps[0].balking[1]"),
        (with_step(preempts=("q",)), "steps[0].preempts[0]"),
        (with_step(priority={"p": -1}), 'steps[0].priority["p"]'),
        (with_step(duration={}), "steps[0].duration"),
        (with_step(duration=Exponential(0.0)), "steps[0].duration.mean"),
        (with_step(duration=LogNormal(1.0, -1.0)), "steps[0].duration.sd"),
        (with_step(duration=Gamma(1.0, 0.0)), "steps[0].duration.sd"),
        (with_step(duration=Uniform(2.0, 1.0)), "steps[0].duration.high"),
        (with_step(duration=Triangular(1.0, 3.0, 2.0)), "steps[0].duration.high"),
        (with_step(duration=Erlang(1.0, 0)), "steps[0].duration.phases"),
        (with_step(duration=Empirical(())), "steps[0].duration.values"),
        (with_step(duration=Empirical((1.0,), (0.0,))), "steps[0].duration.weights"),
        (with_step(duration=PhaseType((1.0, 0.0), ((0.0, 1.0), (1.0, 0.0)))), "steps[0].duration.rates[0]"),
        (with_step(duration=Constant(float("nan"))), "steps[0].duration.value"),
        (with_step(patience={"*": Exponential(-1.0)}), 'steps[0].patience["*"].mean'),
        (with_bed(capacity=-1), "resources[0].capacity"),
        (with_bed(guard={"q": 1}), 'resources[0].guard["q"]'),
        (with_bed(changes=(CapacityChange(25.0, 1),), cycle=24.0), "resources[0].changes[0].at"),
        (
            with_bed(breakdown=Breakdown(Constant(0.0), Constant(1.0))),
            "resources[0].breakdown.to_failure.value",
        ),
        (
            with_bed(breakdown=Breakdown(Constant(1.0), Constant(1.0), "q")),
            "resources[0].breakdown.repaired_by",
        ),
        (with_bed(stock=Stock(5, 5, Constant(1.0))), "resources[0].stock.order_up_to"),
        (replace(SOUND, groups=(Group("g", ("chair",)),)), "groups[0].members[0]"),
        (replace(SOUND, queue_rules={"q": 0}), 'queue_rules["q"]'),
        (replace(SOUND, census=(Present("q", "care"),)), "census[0].class_name"),
        (replace(SOUND, steps=(STEP, STEP)), "steps[1].name"),
        (replace(SOUND, warm_up=-1.0), "warm_up"),
        (replace(SOUND, bin_width=0.0), "bin_width"),
        (replace(SOUND, classes=()), "classes"),
    ],
)
def test_a_fault_is_named_by_its_path(model: Model, path: str) -> None:
    assert path in paths(model)


def test_all_faults_are_told_at_once() -> None:
    model = replace(with_step(needs=({"chair": 1},), overflow="nowhere"), warm_up=-1.0)
    assert sorted(paths(model)) == ['steps[0].needs[0]["chair"]', "steps[0].overflow", "warm_up"]
    with pytest.raises(InvalidInstance, match="3 problems"):
        simulate(model, seed=1, horizon=10.0)


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (Step("b", routing=(Route(0.5, "a"), Route(0.5, None))), ["steps[0].routing", "steps[1].routing"]),
        (Step("b", Constant(0.1), routing=(Route(1.0, "a"),)), []),
        (Step("b", Constant(0.1), queue_limit=0, overflow="a"), ["steps[0].routing", "steps[1].routing"]),
    ],
)
def test_a_ring_of_steps_without_time_is_refused(second: Step, found: list[str]) -> None:
    first = Step("a", routing=(Route(1.0, "b"),))
    model = replace(SOUND, classes=(PatientClass("p", "a"),), steps=(first, second))
    assert paths(model) == found


def test_who_comes_back_at_once_and_needs_no_time_goes_round_for_ever() -> None:
    model = replace(
        SOUND, classes=(PatientClass("p", "a", (Closed("c", 1, Constant(0.0)),)),), steps=(Step("a"),)
    )
    assert paths(model) == ["steps[0].routing"]


NO_TIME = (
    Constant(0.0),
    Uniform(0.0, 0.0),
    Normal(0.0, 0.0),
    Empirical((0.0, 0.0)),
    Empirical((0.0, 2.0), (1.0, 0.0)),
    Empirical((0.0, 0.0), interpolated=True),
)
SOME_TIME = (
    Constant(0.1),
    Uniform(0.0, 0.1),
    Triangular(0.0, 0.0, 0.1),
    Normal(0.0, 0.1),
    Normal(0.0, 0.0, 0.1),
    Empirical((0.0, 2.0)),
    Exponential(1.0),
)


@pytest.mark.parametrize("no_time", NO_TIME, ids=repr)
def test_whatever_law_says_nothing_but_zero_takes_no_time(no_time: Distribution) -> None:
    """A ring of such steps, or such gaps, passed for something that takes time, and the run never ended."""
    ring = (Step("a", no_time, routing=(Route(1.0, "b"),)), Step("b", no_time, routing=(Route(1.0, "a"),)))
    model = replace(SOUND, classes=(PatientClass("p", "a"),), steps=ring)
    assert paths(model) == ["steps[0].routing", "steps[1].routing"]
    back = replace(SOUND, classes=(PatientClass("p", "a", (Closed("c", 1, no_time),)),), steps=(Step("a"),))
    assert paths(back) == ["steps[0].routing"]
    impatient = Step("a", Constant(1.0), ({"bed": 1},), patience=no_time, renege_to="a")
    assert paths(replace(back, steps=(impatient,))) == ["steps[0].routing"]
    [gaps] = paths(with_source(Renewal("d", no_time)))
    assert gaps.startswith("classes[0].sources[0].gaps")
    [fails] = paths(with_bed(breakdown=Breakdown(no_time, Constant(1.0))))
    assert fails.startswith("resources[0].breakdown.to_failure")


@pytest.mark.parametrize("some_time", SOME_TIME, ids=repr)
def test_what_may_take_longer_than_nothing_takes_time(some_time: Distribution) -> None:
    assert not is_always_zero(some_time)
    assert paths(with_source(Renewal("d", some_time))) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [({"seed": -1}, "seed"), ({"replication": -1}, "replication"), ({"horizon": 0.0}, "horizon")],
)
def test_a_run_that_cannot_be_is_refused(given: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInstance, match=path):
        simulate(SOUND, **({"seed": 1, "replication": 0, "horizon": 10.0} | given))
