"""The joint model admits exactly what the referee calls clean, at exactly its cost."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from solver.engine.cpsat import Parameters, solve
from solver.engine.result import Status
from solver.engine.rule import Level, Profile
from solver.placing.cpsat import excess, solve_jointly, units
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.model import JointModel, Places
from solver.placing.cpsat.scene import scene_of
from solver.placing.referee import broken, cost, recount
from solver.placing.rules import DEFAULT_PROFILE, HARD
from tests.agreement.batches import Batch, Plan, batches, bundles, judged, made_clean, moving_batches, plans


def model_of(batch: Batch, profile: Profile | None = None, detail: Detail | None = None) -> JointModel:
    scene = scene_of(batch.records(profile), batch.requests, batch.published)
    return JointModel(scene, Places.of(scene), detail or Detail(everything=True))


def admits(model: JointModel, plan: Plan) -> int | None:
    """The model's cost of a plan, None if it does not admit it."""
    values = model.written(plan)
    if values is None or not model.program.is_kept(values):
        return None
    return model.program.objective(values)


def heals(batch: Batch) -> bool:
    """Whether somebody may leave a stay that breaks a hard rule now."""
    moves = any(request.from_stay_id is not None for request in batch.requests)
    return moves and bool(broken(recount(batch.records()), DEFAULT_PROFILE))


@settings(max_examples=200)
@given(data=st.data(), batch=batches())
def test_a_plan_is_admitted_exactly_if_the_referee_calls_it_clean_and_at_its_cost(
    data: st.DataObject, batch: Batch
) -> None:
    """Where a transfer heals what is broken now, the model is stricter: see ``movers.py``."""
    plan = data.draw(plans(batch))
    counts = judged(batch, plan, batch.records())
    clean = not broken(counts, DEFAULT_PROFILE)
    found = admits(model_of(batch), plan)
    event(f"clean {clean}, placed {sum(one is not None for one in plan.values())}")
    if found is not None or not heals(batch):
        assert (found is not None) == clean, broken(counts, DEFAULT_PROFILE)
    if found is not None:
        assert found == cost(counts, DEFAULT_PROFILE)


@settings(max_examples=80)
@given(data=st.data(), batch=moving_batches())
def test_transfers_are_admitted_exactly_if_clean_where_nothing_is_broken_before(
    data: st.DataObject, batch: Batch
) -> None:
    assume(not heals(batch))
    plan = data.draw(plans(batch))
    counts = judged(batch, plan, batch.records())
    found = admits(model_of(batch), plan)
    moved = any(request.from_stay_id and plan[request.id] for request in batch.requests)
    event(f"admitted {found is not None}, moved {moved}")
    assert found == (None if broken(counts, DEFAULT_PROFILE) else cost(counts, DEFAULT_PROFILE))


@settings(max_examples=60)
@given(
    data=st.data(), batch=batches(), off=st.sampled_from([r for r in HARD if r.level is Level.OVERRIDABLE])
)
def test_a_rule_switched_off_is_off_for_both(data: st.DataObject, batch: Batch, off: object) -> None:
    profile = Profile("own", switched_off=frozenset({off.id}))  # type: ignore[attr-defined]
    plan = data.draw(plans(batch))
    counts = judged(batch, plan, batch.records(profile))
    found = admits(model_of(batch, profile), plan)
    if found is not None or not heals(batch):
        assert (found is not None) == (not broken(counts, profile))
    assert found in (None, cost(counts, profile))


@settings(max_examples=60)
@given(data=st.data(), batch=batches())
def test_a_clean_plan_is_a_complete_and_feasible_hint(data: st.DataObject, batch: Batch) -> None:
    """Fixed to the hint, CP-SAT finds the model feasible, at the cost the hint has."""
    plan = made_clean(batch, data.draw(plans(batch)))
    assume(not heals(batch))
    model = model_of(batch, detail=Detail(plan))
    values = model.written(plan)
    assert values is not None
    fixed = replace(model.program, lower=values, upper=values)
    outcome = solve(fixed.cp_model(values), Parameters())
    assert outcome.status is Status.OPTIMAL
    assert outcome.cost == model.program.objective(values)


@settings(max_examples=60)
@given(data=st.data(), batch=batches())
def test_what_the_model_says_of_a_plan_becomes_that_plan_again(data: st.DataObject, batch: Batch) -> None:
    """Same beds and starts, and units and lots that cost the same (units of a class are alike)."""
    plan = made_clean(batch, data.draw(plans(batch)))
    assume(not heals(batch))
    model = model_of(batch)
    values = model.written(plan)
    assert values is not None
    again = model.read(values)
    for request_id, one in plan.items():
        other = again[request_id]
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (one.bed_id, one.start, one.companion_bed_id) == (
                other.bed_id,
                other.start,
                other.companion_bed_id,
            )
    counts = judged(batch, again, batch.records())
    assert not broken(counts, DEFAULT_PROFILE)
    assert cost(counts, DEFAULT_PROFILE) == model.program.objective(values)


@settings(max_examples=40)
@given(batch=batches(most=2, bundles=False))
def test_the_optimum_is_that_of_all_plans_judged_by_the_referee(batch: Batch) -> None:
    records = batch.records()
    assume(not heals(batch))
    each = [[None, *bundles(request, batch)] for request in batch.requests]
    if not any(request.from_stay_id for request in batch.requests):
        # Without transfers one decision never mends what another breaks: what is unclean alone is so together.
        each = [
            [one for one in choices if not broken(judged(batch, {r.id: one}, records), DEFAULT_PROFILE)]
            for r, choices in zip(batch.requests, each, strict=True)
        ]
    assume(len(each[0]) * len(each[1]) <= 1500)
    least = None
    for chosen in product(*each):
        plan = {request.id: one for request, one in zip(batch.requests, chosen, strict=True)}
        counts = judged(batch, plan, records)
        if not broken(counts, DEFAULT_PROFILE):
            price = cost(counts, DEFAULT_PROFILE)
            least = price if least is None else min(least, price)
    found = solve_jointly(
        records, batch.requests, seconds=20, workers=1, seed=1, gap=0, published=batch.published
    )
    assert (found.cost, found.status, found.disagreed) == (least, Status.OPTIMAL, ())


@settings(max_examples=40)
@given(batch=batches(), off=st.sampled_from([r for r in HARD if r.level is Level.OVERRIDABLE]))
def test_switching_a_hard_rule_on_never_makes_the_plan_cheaper(batch: Batch, off: object) -> None:
    """Compared by the decisions' soft costs, which no hard rule changes."""
    assume(not heals(batch))
    lenient = Profile("own", switched_off=frozenset({off.id}))  # type: ignore[attr-defined]
    costs = [
        solve_jointly(batch.records(profile), batch.requests, seconds=20, workers=1, seed=1, gap=0)
        for profile in (DEFAULT_PROFILE, lenient)
    ]
    assert costs[0].cost >= costs[1].cost
    assert all(found.status is Status.OPTIMAL and not found.disagreed for found in costs)


@settings(max_examples=30)
@given(batch=batches())
def test_what_is_relaxed_for_size_bounds_the_optimum_and_leaves_plans_clean(batch: Batch) -> None:
    """Every class of units relaxed, every ward's cover taken in blocks."""
    assume(not heals(batch))
    exact = solve_jointly(batch.records(), batch.requests, seconds=20, workers=1, seed=1, gap=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "MOST_PATTERNS", -1)
        patch.setattr(excess, "MOST_STRETCHES", 0)
        patch.setattr(excess, "BLOCKS", 2)
        relaxed = solve_jointly(batch.records(), batch.requests, seconds=20, workers=1, seed=1, gap=0)
    assert relaxed.bound <= exact.cost <= relaxed.cost
    assert not relaxed.disagreed
