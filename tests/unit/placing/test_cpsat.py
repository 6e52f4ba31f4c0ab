"""Batches a person can solve by hand, and the parts the joint model is made of."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.engine.cpsat import Parameters, solve
from solver.engine.errors import EngineError, InvalidInstance
from solver.engine.result import Status, Unobserved
from solver.hospital import (
    Bed,
    BedKind,
    Companion,
    Departure,
    DrugNeed,
    EquipmentNeed,
    Lot,
    Priority,
    Request,
    Sex,
    Shift,
    Stay,
    Unit,
)
from solver.placing.cpsat import JointPlan, TooLarge, relaxation, rooms, solve_jointly, units
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.model import JointModel, Places
from solver.placing.cpsat.relaxation import PlaceColumns, Sifting, dual_bound
from solver.placing.cpsat.rooms import cliques, full_moments
from solver.placing.cpsat.scene import scene_of
from solver.placing.records import Records
from tests.builders import DAY, HOUR, NOW, occupant, person, records_of, request, stay
from tests.builders import given as place

CLEANING = 45
"""Minutes a bed is cleaned after a discharge, by default."""


def decided(records: Records, *asked: Request, **options: Any) -> JointPlan:
    """A proven optimum, in which the referee found nothing broken."""
    found = solve_jointly(records, asked, seconds=20, workers=1, seed=1, gap=0, **options)
    assert found.status is Status.OPTIMAL
    assert found.bound == found.cost
    assert found.disagreed == ()
    return found


def bed_and_start(found: JointPlan, asked: Request) -> tuple[str, int] | None:
    """Where and how many minutes after ``NOW``."""
    allocation = found.allocations[asked.id]
    return None if allocation is None else (allocation.bed_id, allocation.start - NOW)


def one_bed(*changes: Any) -> Records:
    """Only B1 is left for new stays."""
    others = [occupant(f"o{bed}", bed, 5 * DAY) for bed in ("B2", "B3", "B4", "C1", "C2")]
    return records_of(*others, *changes)


def test_of_two_who_want_the_last_bed_the_more_urgent_gets_it() -> None:
    routine = request("p-new", priority=Priority.ROUTINE)
    urgent = request("p-old", priority=Priority.EMERGENCY)
    found = decided(one_bed(), routine, urgent)
    assert bed_and_start(found, urgent) == ("B1", 0)
    assert bed_and_start(found, routine) is None


def test_who_may_wait_follows_in_the_same_bed_once_it_is_clean() -> None:
    brief = request("p-new", duration_minutes=HOUR, max_wait_minutes=0)
    patient = request("p-old", max_wait_minutes=4 * HOUR)
    found = decided(one_bed(), patient, brief)
    assert bed_and_start(found, brief) == ("B1", 0)
    assert bed_and_start(found, patient) == ("B1", 105)
    assert HOUR + CLEANING == 105


def test_nobody_placed_costs_the_price_of_each() -> None:
    full = one_bed(occupant("oB1", "B1", 5 * DAY))
    found = decided(full, request("p-new"), request("p-old", priority=Priority.ROUTINE))
    assert found.cost == 7_680_000 + 2_160_000
    assert set(found.allocations.values()) == {None}


def test_an_empty_batch_costs_nothing() -> None:
    assert decided(records_of()).cost == 0


def test_a_woman_and_a_man_do_not_share_a_bay_that_has_the_sex_of_the_first() -> None:
    records = one_bed(person("p-man", sex=Sex.MALE))
    for other in ("oB2", "oB3", "oB4"):
        records.drop(Stay, other)
    found = decided(
        records,
        request("p-new", max_wait_minutes=0),
        request("p-old", max_wait_minutes=0),
        request("p-man", max_wait_minutes=0),
    )
    placed = {name for name, one in found.allocations.items() if one is not None}
    assert placed == {"q-p-new", "q-p-old"}


def test_those_who_get_along_are_all_placed() -> None:
    records = records_of(person("p-third"))
    found = decided(records, *(request(name, max_wait_minutes=0) for name in ("p-new", "p-old", "p-third")))
    assert None not in found.allocations.values()


def test_together_is_better_than_one_after_the_other() -> None:
    """First come, the person for whom any bed is good would take the only one with oxygen."""
    records = one_bed()
    records.drop(Stay, "oC1")
    records.put(Bed("B1", "R", max_weight_kg=250))
    records.put(person("p-heavy", weight_kg=220))
    light, heavy = request("p-new", max_wait_minutes=0), request("p-heavy", max_wait_minutes=0)
    found = decided(records, light, heavy)
    assert (bed_and_start(found, light), bed_and_start(found, heavy)) == (("C1", 0), ("B1", 0))


def test_mother_and_baby_get_bed_and_cot_of_one_room_or_nothing() -> None:
    mother = request("p-new", companion=Companion.COT)
    assert bed_and_start(decided(records_of(), mother), mother) is None
    found = decided(records_of(Bed("cot", "S", BedKind.COT)), mother)
    allocation = found.allocations[mother.id]
    assert allocation is not None
    assert (allocation.bed_id[0], allocation.companion_bed_id) == ("C", "cot")


def test_a_cot_serves_one_baby_at_a_time() -> None:
    records = records_of(Bed("cot", "S", BedKind.COT))
    mothers = [request(name, companion=Companion.COT, max_wait_minutes=0) for name in ("p-new", "p-old")]
    found = decided(records, *mothers)
    assert sum(one is None for one in found.allocations.values()) == 1


def test_the_last_pump_goes_round_with_time_to_make_it_ready() -> None:
    records = records_of(without={Unit: ["P2", "Y1"]})
    pump = (EquipmentNeed("pump", duration_minutes=HOUR),)
    first = request("p-new", equipment=pump, priority=Priority.URGENT)
    second = request("p-old", equipment=pump)
    found = decided(records, second, first)
    starts = [bed_and_start(found, one) for one in (first, second)]
    assert [start and start[1] for start in starts] == [0, HOUR + 15]


def test_a_lot_is_shared_out_no_further_than_it_goes() -> None:
    records = records_of(without={Lot: ["L2"]})
    each = [request(n, drugs=(DrugNeed("heparin", 6),), max_wait_minutes=0) for n in ("p-new", "p-old")]
    found = decided(records, *each)
    assert sum(one is None for one in found.allocations.values()) == 1


def test_one_need_may_take_from_two_lots_the_older_first() -> None:
    asked = request(drugs=(DrugNeed("heparin", 12),))
    allocation = decided(records_of(), asked).allocations[asked.id]
    assert allocation is not None
    assert sorted((use.lot_id, use.quantity) for use in allocation.lots) == [("L1", 10), ("L2", 2)]


def test_no_more_are_taken_than_the_nurses_can_care_for() -> None:
    """A nurse may have five; four lie there already, and two beds are free."""
    held = [occupant(f"o{bed}", bed, 5 * DAY) for bed in ("B1", "B2", "B3", "B4", "C1", "C2")]
    records = records_of(*held, Bed("B5", "R"), Bed("B6", "R"))
    asked = [request(name, max_wait_minutes=0) for name in ("p-new", "p-old")]
    assert None not in decided(records, *asked).allocations.values()
    records.drop(Shift, "shift-n2")
    found = decided(records, *asked)
    assert sum(one is not None for one in found.allocations.values()) == 1


def test_a_transfer_frees_its_bed_for_another_of_the_batch_after_cleaning() -> None:
    """Nobody else can have C1 until the person in it is moved to B1."""
    records = one_bed()
    moves = request("p-oC1", from_stay_id="oC1", duration_minutes=DAY, max_wait_minutes=0)
    comes = request("p-new", max_wait_minutes=4 * HOUR)
    found = decided(records, comes, moves)
    assert bed_and_start(found, moves) == ("B1", 0)
    assert bed_and_start(found, comes) == ("C1", CLEANING)


def test_a_bed_that_is_only_predicted_to_be_free_makes_the_allocation_conditional() -> None:
    records = one_bed(occupant("oB1", "B1", HOUR, departure=Departure.PREDICTED))
    asked = request(max_wait_minutes=4 * HOUR)
    allocation = decided(records, asked).allocations[asked.id]
    assert allocation is not None
    assert allocation.conditional


def test_the_records_stay_as_they_were() -> None:
    records = records_of(occupant("o1", "B1", HOUR))
    before = copy.deepcopy(records)
    decided(records, request("p-new", equipment=(EquipmentNeed("pump"),), drugs=(DrugNeed("heparin", 3),)))
    assert records == before


def test_a_published_bed_is_kept_where_nothing_speaks_against_it() -> None:
    asked = request()
    found = decided(records_of(), asked, published={asked.id: "B3"})
    assert bed_and_start(found, asked) == ("B3", 0)


def test_a_hint_that_is_best_already_is_the_answer() -> None:
    asked = request()
    hint = {asked.id: place(asked, "B2")}
    found = decided(records_of(), asked, hint=hint)
    assert bed_and_start(found, asked) in {(bed, 0) for bed in ("B1", "B2", "B3", "B4")}


def test_a_hint_that_breaks_a_rule_is_not_believed() -> None:
    first, second = request("p-new", max_wait_minutes=0), request("p-old", max_wait_minutes=0)
    hint = {first.id: place(first, "B1"), second.id: place(second, "B1")}
    found = decided(one_bed(), first, second, hint=hint)
    assert sum(one is None for one in found.allocations.values()) == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([request("p-new"), request("p-new")], "once"),  # the same request twice
        (
            [request("p-new", from_stay_id="s"), request("p-old", from_stay_id="s")],
            "continuing stay 's'",
        ),
        ([request("p-nobody")], "a person of the records"),
    ],
)
def test_a_batch_that_contradicts_itself_is_refused(asked: list[Request], message: str) -> None:
    records = records_of(stay("s", "B1", 0, HOUR))
    with pytest.raises(InvalidInstance, match=message):
        solve_jointly(records, asked, seconds=5, workers=1, seed=1)


class Impatient(Unobserved):
    def stop_requested(self) -> bool:
        return True


def test_who_is_told_to_stop_returns_the_hint_with_a_bound() -> None:
    asked = [request(name) for name in ("p-new", "p-old")]
    hint = {asked[0].id: place(asked[0], "B1")}
    found = solve_jointly(
        records_of(), asked, seconds=20, workers=1, seed=1, gap=0, hint=hint, observer=Impatient()
    )
    assert bed_and_start(found, asked[0]) is not None
    assert found.bound <= found.cost


# --- parts ----------------------------------------------------------------------------------------------------


def knapsack() -> LinearModel:
    model = LinearModel()
    x = model.variables(3, 1, np.array([-30, -20, -20]))
    model.rows(1, Terms.of(0, x, np.array([3, 2, 2])), -INFINITE, 4)
    return model


def test_a_program_says_the_same_to_cp_sat() -> None:
    outcome = solve(knapsack().frozen().cp_model(), Parameters())
    assert outcome.cost == -40


def test_a_derived_variable_takes_its_least_feasible_value() -> None:
    model = knapsack()
    lack = model.variables(1, 5, 7)
    model.derive(lack, Terms.of(0, np.array([0, 1, 2]), 1), -1)
    values = model.frozen().complete(np.array([1, 1, 1, 0]))
    assert values.tolist() == [1, 1, 1, 2]


def test_terms_of_one_variable_in_one_row_are_added_up() -> None:
    model = LinearModel()
    x = model.variables(1, 5)
    model.rows(1, Terms.of(0, np.concatenate([x, x]), np.array([1, 2])), 6, 6)
    program = model.frozen()
    assert program.is_kept(np.array([2]))
    assert not program.is_kept(np.array([3]))


def test_a_part_leaves_out_what_can_only_be_zero_and_what_always_holds() -> None:
    program = knapsack().frozen()
    part = program.part(np.array([0, 1, 1]))
    assert part.columns.tolist() == [1, 2]
    assert len(part.rows) == 0
    assert part.lifted(np.array([1, 1])).tolist() == [0, 1, 1]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=1))
def test_no_multiplier_proves_too_much(multipliers: list[float]) -> None:
    bound, _ = dual_bound(knapsack().frozen(), np.array(multipliers))
    assert bound <= -40


def test_a_relaxation_with_a_lower_limit_is_refused() -> None:
    model = knapsack()
    model.rows(1, Terms.of(0, np.array([0, 1]), 1), 1, 2)
    empty = np.zeros(0, np.int64)
    sifting = Sifting(model.frozen(), PlaceColumns(empty, empty, empty, empty, empty))
    with pytest.raises(EngineError, match="lower limit"):
        sifting.run(math.inf, 0)


def test_sifting_ends_at_the_relaxation_of_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten requests, ten beds, only the dearest place of each pair begins in: the rest is found by price."""
    monkeypatch.setattr(relaxation, "FIRST_PLACES", 1)
    model, size = LinearModel(), 10
    request, bed = np.divmod(np.arange(size * size), size)
    price = (request * 7 + bed * bed * 3) % 11
    x = model.variables(size * size, 1, price)
    unplaced = model.variables(size, 1, 50)
    rows = [Terms.of(request, x, 1), Terms.of(np.arange(size), unplaced, 1)]
    model.rows(size, Terms.joined(rows), 1, 1)
    model.rows(size, Terms.of(bed, x, 1), -INFINITE, 1)
    program = model.frozen()
    places = PlaceColumns(x, request, np.zeros_like(bed), bed, price)
    found = Sifting(program, places)
    best = found.run(math.inf, 1 << 40)
    assert found.is_finished
    assert best is not None
    assert best.bound == solve(program.cp_model(), Parameters()).cost


def test_intervals_are_looked_at_where_most_of_them_meet() -> None:
    """[0, 10), [2, 5), [5, 9), [8, 12): at 2, and at 8, which has all who are there at 5."""
    starts, ends = np.array([0, 2, 5, 8]), np.array([10, 5, 9, 12])
    assert full_moments(starts, ends).tolist() == [2, 8]


def test_cliques_cover_every_pair_that_clashes_and_no_other() -> None:
    clashes = np.zeros((4, 4), bool)
    for a, b in ((0, 1), (0, 2), (1, 2), (2, 3)):
        clashes[a, b] = clashes[b, a] = True
    assert sorted(sorted(clique) for clique in cliques([0, 1, 2, 3], clashes)) == [[0, 1, 2], [2, 3]]


def test_an_overbooked_class_is_dealt_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relaxed, the model sees no clash in one pump for two; what leaves is clean all the same."""
    monkeypatch.setattr(units, "MOST_PATTERNS", -1)
    records = records_of(without={Unit: ["P2", "Y1"]})
    pump = (EquipmentNeed("pump", duration_minutes=HOUR),)
    asked = [request(name, equipment=pump, max_wait_minutes=3 * HOUR) for name in ("p-new", "p-old")]
    found = solve_jointly(records, asked, seconds=20, workers=1, seed=1, gap=0)
    assert found.disagreed == ()
    assert found.cost == decided(records, *asked).cost
    starts = sorted(one.start - NOW for one in found.allocations.values() if one is not None)
    assert starts == [0, 75]


def test_a_batch_with_more_places_than_memory_is_refused_with_their_number_and_what_to_do() -> None:
    asked = [request("p-new"), request("p-old")]
    solve_jointly(one_bed(), asked, seconds=5, workers=1, seed=1)
    with pytest.raises(TooLarge, match=r"model of 2 requests has \d+ places .*, 5 at most.*fewer requests"):
        solve_jointly(one_bed(), asked, seconds=5, workers=1, seed=1, most_places=5)


def test_rows_handed_over_in_parts_are_the_rows_handed_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [request("p-new", max_wait_minutes=DAY), request("p-old", max_wait_minutes=DAY)]
    scene = scene_of(records_of(), asked, {})
    whole = JointModel(scene, Places.of(scene), Detail()).program
    monkeypatch.setattr(rooms, "MOST_TERMS", 1)
    parted = JointModel(scene, Places.of(scene), Detail()).program
    assert (whole.matrix != parted.matrix).nnz == 0
    assert whole.high.tolist() == parted.high.tolist()


def test_terms_of_one_variable_in_one_row_are_added_up_and_large_ones_kept_whole() -> None:
    model = LinearModel()
    x = model.variables(3)
    model.rows(1, Terms.of(0, x[[0, 2, 0]], np.array([2, 1, 3])), 0, 9)
    model.rows(2, Terms.of(np.array([1, 0, 1]), x, np.array([1 << 40, 7, -(1 << 40)])), 0, 9)
    assert model.frozen().matrix.toarray().tolist() == [[5, 0, 1], [0, 7, 0], [1 << 40, 0, -(1 << 40)]]
