"""Units of equipment more or fewer, while the same patients ask."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from simulations.hospital import generate
from simulations.placing.compiled import Compiled
from simulations.placing.fleet import asked_for, fleet
from simulations.placing.hospital import altered, lasting
from simulations.placing.model import PlacedModel
from simulations.placing.outcome import Outcome
from simulations.placing.run import simulate
from solver.engine.errors import InvalidInstance
from solver.hospital import BookingKind, UnitState
from solver.hospital.timegrid import MINUTES_PER_DAY

NOW = 29_540_160
MINUTES = 6 * MINUTES_PER_DAY


@pytest.fixture(scope="module")
def model() -> PlacedModel:
    return PlacedModel(generate("ward", 1, NOW), NOW, load=1.0)


@pytest.fixture(scope="module")
def outcome(model: PlacedModel) -> Outcome:
    return simulate(model, seed=1, minutes=MINUTES, log=True)


def ids(model: PlacedModel, type_id: str) -> set[str]:
    return {unit.id for unit in fleet(altered(model), type_id)}


def test_every_fleet_is_part_of_the_next_larger_one(model: PlacedModel) -> None:
    sizes = [ids(replace(model, withdrawn_units={"infusion_pump": n}), "infusion_pump") for n in (3, 2, 1)]
    sizes.append(ids(model, "infusion_pump"))
    sizes += [ids(replace(model, extra_units={"infusion_pump": n}), "infusion_pump") for n in (1, 2)]
    assert [len(each) for each in sizes] == [12, 13, 14, 15, 16, 17]
    assert all(small < large for small, large in pairwise(sizes))


def test_added_units_belong_to_the_pool_and_are_free(model: PlacedModel) -> None:
    before = {unit.id for unit in model.hospital.units}
    more = altered(replace(model, extra_units={"infusion_pump": 2}))
    added = [unit for unit in more.units if unit.id not in before]
    assert [(unit.owner_ward_id, unit.state) for unit in added] == [(None, UnitState.FREE)] * 2


def test_free_units_of_the_pool_go_first_and_who_has_one_keeps_it(model: PlacedModel) -> None:
    ids_of = sorted(unit.id for unit in fleet(model.hospital, "infusion_pump"))
    shared, home = set(ids_of[1::2]), model.hospital.wards[0].id
    bookings = tuple(each for each in model.hospital.unit_bookings if each.unit_id not in ids_of[::3])
    units = tuple(
        replace(unit, owner_ward_id=None if unit.id in shared else home) for unit in model.hospital.units
    )
    model = replace(model, hospital=replace(model.hospital, units=units, unit_bookings=bookings))
    used = {each.unit_id for each in bookings if each.kind is BookingKind.USE}
    mine = fleet(model.hospital, "infusion_pump")
    rank = {unit.id: (unit.owner_ward_id is not None, unit.id in used) for unit in mine}
    assert len(set(rank.values())) == 4
    assert [rank[id_] for id_ in ids_of] != sorted(rank.values())
    left, gone = set(rank), []
    for count in range(1, len(mine) + 1):
        now = ids(replace(model, withdrawn_units={"infusion_pump": count}), "infusion_pump")
        [one] = left - now
        gone.append(rank[one])
        left = now
    assert gone == sorted(gone)
    none = altered(replace(model, withdrawn_units={"infusion_pump": len(mine)}))
    assert none.unit_bookings == model.hospital.unit_bookings


def test_a_fleet_is_what_serves_in_a_run(model: PlacedModel) -> None:
    """Maintenance ends; what is broken or recalled serves nobody."""
    for kind in model.hospital.equipment_types:
        serving = {u.id for u in lasting(model.hospital).units if u.type_id == kind.id and u.state.usable}
        assert {unit.id for unit in fleet(model.hospital, kind.id)} == serving
    broken = replace(
        model.hospital, units=tuple(replace(u, state=UnitState.BROKEN) for u in model.hospital.units)
    )
    assert fleet(broken, "infusion_pump") == []


def test_every_fault_of_the_units_is_named_at_once(model: PlacedModel) -> None:
    wrong = replace(model, extra_units={"hoover": 1}, withdrawn_units={"infusion_pump": 16, "broom": 1})
    with pytest.raises(InvalidInstance) as caught:
        altered(wrong)
    told = {(each.where, each.value) for each in caught.value.problems}
    assert told == {
        ("hospital.extra_units.hoover", "hoover"),
        ("hospital.withdrawn_units.infusion_pump", 16),
        ("hospital.withdrawn_units.broom", "broom"),
    }
    altered(replace(model, extra_units={"infusion_pump": 1}, withdrawn_units={"infusion_pump": 16}))


@pytest.mark.parametrize("change", ["extra_units", "withdrawn_units"])
def test_units_that_nobody_asks_for_change_nothing_whether_there_or_not(
    model: PlacedModel, outcome: Outcome, change: str
) -> None:
    assert "balloon_pump" not in asked_for(model)
    other = simulate(replace(model, **{change: {"balloon_pump": 1}}), seed=1, minutes=MINUTES, log=True)
    for name in ("state", "asked", "bed", "came", "left", "refused", "changes", "log"):
        assert np.array_equal(getattr(other, name), getattr(outcome, name)), name


def test_without_any_unit_nobody_who_needs_one_is_placed_and_all_who_come_are_the_same(
    model: PlacedModel, outcome: Outcome
) -> None:
    """Neither the pump nor what may stand in for it is there."""
    types = ("infusion_pump", "infusion_pump_smart")
    none = replace(model, withdrawn_units={name: len(fleet(model.hospital, name)) for name in types})
    compiled = Compiled(none)
    less = simulate(compiled, seed=1, minutes=MINUTES)
    asks = compiled.whom_a_unit_may_serve("infusion_pump")[less.made_from]
    asks[: less.lying] = False
    assert np.array_equal(less.asked, outcome.asked)
    assert (outcome.came[asks] >= 0).sum() >= 5
    assert not (less.came[asks] >= 0).any()
    assert (less.came[~asks] >= 0).any()


def test_a_unit_serves_who_asks_for_its_type_and_for_those_it_stands_in_for(model: PlacedModel) -> None:
    compiled = Compiled(model)
    whom = compiled.whom_a_unit_may_serve("ventilator_noninvasive")
    named = [{need.type_id for need in request.equipment} for request in compiled.requests]
    assert {"high_flow_oxygen", "ventilator_noninvasive"} <= set().union(*named)
    assert whom.tolist() == [bool(each & {"high_flow_oxygen", "ventilator_noninvasive"}) for each in named]
    assert {"ventilator_intensive", "ventilator_noninvasive"} <= asked_for(model)
