"""How long a lot must last: the ledger, the referee, the kernels and the joint model say the same of every lot, and
what placing reserves is issued whenever it is wanted until the last of it is used."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.hospital import (
    Allocation,
    BloodGroup,
    Drug,
    DrugNeed,
    HandlingClass,
    Lot,
    LotState,
    LotUse,
    Request,
)
from solver.pharmacy.ledger.checks import Standing, against
from solver.pharmacy.ledger.moves import LedgerLot, Move, MoveKind
from solver.placing.cpsat import solve_jointly
from solver.placing.live import LiveHospital
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check
from solver.placing.rules import DEFAULT_PROFILE
from tests.builders import DAY, NOW, records_of, request
from tests.builders import given as place

MINUTES = st.integers(0, 40)


@st.composite
def lots(draw: st.DrawFn, name: str = "L1") -> Lot:
    """A lot that lasts for minutes, or for longer than anybody needs it."""
    expires = NOW + draw(st.one_of(MINUTES, st.just(DAY)))
    minimum = draw(st.one_of(st.sampled_from([0, 0, 1, 2]), MINUTES, st.just(DAY)))
    state = draw(st.sampled_from([LotState.AVAILABLE] * 5 + [LotState.QUARANTINED]))
    return Lot(name, "heparin", 5, expires, state=state, minimum_minutes_left=minimum)


def issues(lot: Lot, minute: int) -> bool:
    """Whether the ledger writes an issue of the lot at a minute."""
    entry = LedgerLot(lot.id, lot.drug_id, lot.expires, minimum_minutes_left=lot.minimum_minutes_left)
    move = Move("m", MoveKind.ISSUE, lot.id, 1, "store", minute, "first", person_id="p-new")
    return not list(against(move, entry, Standing(lot.state, lot.on_hand)))


def asking(within: int, needed_by: int = NOW) -> Request:
    """For five of heparin, and who may not wait."""
    need = DrugNeed("heparin", 5, within)
    return request(drugs=(need,), needed_by=needed_by, max_wait_minutes=0)


def having(*found: Lot) -> Records:
    """A hospital that has these lots and no others."""
    records = records_of(without={Lot: ["L1", "L2"]})
    for lot in found:
        records.put(lot)
    return records


@settings(max_examples=60)
@given(lot=lots(), within=st.integers(1, 40), later=st.sampled_from([0, 7]))
def test_all_who_read_a_lot_say_what_the_ledger_says(lot: Lot, within: int, later: int) -> None:
    asked = asking(within, NOW + later)
    start = asked.needed_by
    always = all(issues(lot, minute) for minute in range(start, start + within))
    plan: Allocation = place(asked, lots=(LotUse("heparin", "L1", 5),))
    counts = check(Decided(asked, plan), having(lot))
    assert (not broken(counts, DEFAULT_PROFILE)) == always
    assert (LiveHospital(having(lot)).decide(asked, "a").allocation is not None) == always
    jointly = solve_jointly(having(lot), [asked], seconds=20, workers=1, seed=1, gap=0)
    assert (jointly.allocations[asked.id] is not None) == always
    assert jointly.disagreed == ()


@settings(max_examples=30)
@given(lapses=st.integers(1, 40), within=st.integers(1, 40), keeps=st.integers(1, 40))
def test_blood_is_given_while_its_match_counts_and_it_keeps(lapses: int, within: int, keeps: int) -> None:
    blood = {"blood_group": BloodGroup.O_NEG, "crossmatched_for": "p-new", "crossmatched_until": NOW + lapses}
    bag = Lot("C1", "cells", 1, NOW + keeps, **blood)  # type: ignore[arg-type]
    cells = Drug("cells", "Red cells", "red cells", handling=HandlingClass.BLOOD)
    asked = request(drugs=(DrugNeed("cells", 1, within),), max_wait_minutes=0)
    always = within <= min(lapses, keeps)

    def bank() -> Records:
        return records_of(cells, bag)

    counts = check(Decided(asked, place(asked, lots=(LotUse("cells", "C1", 1),))), bank())
    wrong = broken(counts, DEFAULT_PROFILE)
    assert wrong == (() if always else ("lot_expiry" if keeps < within else "blood_crossmatch",))
    assert (LiveHospital(bank()).decide(asked, "a").allocation is not None) == always
    jointly = solve_jointly(bank(), [asked], seconds=20, workers=1, seed=1, gap=0)
    assert (jointly.allocations[asked.id] is not None) == always


@settings(max_examples=60)
@given(
    first=lots("L1"),
    second=lots("L2"),
    third=lots("L3"),
    within=st.integers(1, 40),
    quantity=st.integers(1, 15),
)
def test_whatever_is_reserved_is_issued_until_its_last_use(
    first: Lot, second: Lot, third: Lot, within: int, quantity: int
) -> None:
    found = {lot.id: lot for lot in (first, second, third)}
    asked = replace(asking(within), drugs=(DrugNeed("heparin", quantity, within),))
    allocation = LiveHospital(having(*found.values())).decide(asked, "a").allocation
    lasting = [
        lot for lot in found.values() if all(issues(lot, minute) for minute in range(NOW, NOW + within))
    ]
    assert (allocation is not None) == (sum(lot.on_hand for lot in lasting) >= quantity)
    for use in () if allocation is None else allocation.lots:
        assert found[use.lot_id] in lasting
