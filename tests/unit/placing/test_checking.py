"""A proposed change is told what it breaks and costs, in the referee's own counts."""

import pytest

from solver.engine.rule import Level
from solver.hospital import DrugNeed, EquipmentNeed, Priority, Unit
from solver.placing.checking import checked, supplies
from solver.placing.live import LiveHospital
from solver.placing.referee import Decided, cost, recount
from tests.builders import DAY, HOUR, NOW, applied, changed, given, occupant, records_of, request


def test_a_change_that_breaks_nothing_costs_what_the_recount_says():
    records, asked = records_of(), request()
    decided = Decided(asked, given(asked, "C1", start=30))
    found = checked(decided, records)
    after = recount(applied(asked, decided.allocation, records), [decided])
    assert found.breaches == ()
    assert found.cost == cost(after, records.profile) - cost(recount(records), records.profile)
    assert {price.rule_id: price.amount for price in found.prices}["delay_soon"] == 30


def test_an_occupied_bed_is_broken_absolutely_and_a_closed_feature_by_somebody_entitled():
    records = records_of(occupant("s", "B1"))
    asked = request(care=changed(request().care, care_level=1))
    found = checked(Decided(asked, given(asked, "B1")), records)
    levels = {breach.rule_id: (breach.level, breach.amount) for breach in found.breaches}
    assert levels == {"bed_free": (Level.ABSOLUTE, 1), "care_level": (Level.OVERRIDABLE, 1)}


def test_the_difference_is_to_what_the_same_request_has_now():
    records, asked = records_of(), request(priority=Priority.ROUTINE)
    present = Decided(asked, given(asked, "B1"))
    proposed = Decided(asked, given(asked, "B2", start=HOUR), "B1")
    found = checked(proposed, records, present)
    assert found.difference == found.cost - found.cost_now
    assert found.difference == 60 * 1_000 + 50_000, "an hour's delay, and another bed than was published"


def test_nobody_placed_costs_what_it_costs_to_wait():
    asked = request()
    found = checked(Decided(asked, given(asked)), records_of(), Decided(asked, None))
    assert [price.rule_id for price in found.now] == ["unplaced_soon"]
    assert found.difference < 0


@pytest.mark.parametrize("full", [False, True], ids=["ward with a free bed", "ward that is full"])
def test_units_and_lots_are_found_for_a_bed_whoever_lies_there(full):
    lying = [occupant(f"s{n}", f"B{n}") for n in range(1, 5)] if full else [occupant("s1", "B1")]
    live = LiveHospital(records_of(*lying))
    asked = request(equipment=(EquipmentNeed("pump"),), drugs=(DrugNeed("heparin", 3),))
    units, lots = supplies(live, asked, "B1", NOW + HOUR)
    assert [(use.unit_id, use.start, use.end) for use in units] == [("P1", NOW + HOUR, NOW + HOUR + DAY)]
    assert [(use.lot_id, use.quantity) for use in lots] == [("L1", 3)]
    assert [stay.id for stay in live.records.bed_stays("B1")] == ["s1"], "nobody was moved"


def test_a_unit_its_owner_does_not_lend_is_taken_only_where_there_is_no_other():
    kept = Unit("P1", "pump", "V", "V", lendable=False)
    asked = request(equipment=(EquipmentNeed("pump"),))
    live = LiveHospital(records_of(kept))
    assert [use.unit_id for use in supplies(live, asked, "B1", NOW)[0]] == ["P2"]
    both = request(equipment=(EquipmentNeed("pump", 3),))
    assert {use.unit_id for use in supplies(live, both, "B1", NOW)[0]} == {"P1", "P2", "Y1"}
    assert supplies(live, request(equipment=(EquipmentNeed("pump", 4),)), "B1", NOW) == ((), ())
