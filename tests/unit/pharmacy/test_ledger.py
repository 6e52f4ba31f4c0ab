"""The ledger: stock is the sum of moves, and what the rules forbid is not written."""

import random
import time
from collections import Counter

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import BloodGroup, HandlingClass, LotState
from solver.pharmacy.ledger.book import Book
from solver.pharmacy.ledger.moves import Had, Hold, LedgerLot, Move, MoveKind

NOW = 29_000_000
DAY = 1440


def book(**fields) -> Book:
    """One lot L of ten units in the store."""
    made = Book({"P": BloodGroup.A_POS})
    made.add(LedgerLot("L", "aspirin", NOW + 30 * DAY, **fields))
    made.write(move("receipt", MoveKind.RECEIPT, 10, witness="second"))
    return made


def move(name: str, kind: MoveKind, quantity: int = 1, **fields) -> Move:
    told = {"lot_id": "L", "place": "store", "at": NOW, "by": "first", **fields}
    if kind in (MoveKind.ISSUE, MoveKind.RETURN):
        told.setdefault("person_id", "P")
    if kind is MoveKind.TRANSFER:
        told.setdefault("to_place", "cabinet")
    return Move(name, kind, quantity=quantity, **told)


def refusals(made: Book, wanted: Move) -> str:
    """What forbids a move; the book is as it was."""
    before = made.moves, made.stock("L"), made.state("L")
    with pytest.raises(InvalidInstance) as refused:
        made.write(wanted)
    assert (made.moves, made.stock("L"), made.state("L")) == before
    return str(refused.value)


def test_stock_is_the_sum_of_moves_at_every_place() -> None:
    made = book()
    made.write(move("a", MoveKind.TRANSFER, 4))
    made.write(move("b", MoveKind.ISSUE, 3, place="cabinet"))
    made.write(move("c", MoveKind.RETURN, 1, place="cabinet"))
    made.write(move("d", MoveKind.LOSS, 2))
    made.write(move("e", MoveKind.COUNT, 5))
    assert (made.stock("L", "store"), made.stock("L", "cabinet"), made.stock("L")) == (5, 2, 7)


def test_a_days_moves_by_chance_never_leave_a_negative_balance() -> None:
    made, r, held = book(), random.Random(1), Counter({"store": 10})
    for number in range(400):
        kind, place, quantity = r.choice(list(MoveKind)), r.choice(["store", "cabinet"]), r.randint(1, 6)
        other = "cabinet" if place == "store" else "store"
        wanted = move(
            f"m{number}",
            kind,
            quantity,
            place=place,
            **({"to_place": other} if kind is MoveKind.TRANSFER else {}),
        )
        try:
            made.write(wanted)
        except InvalidInstance:
            continue
        if kind is MoveKind.COUNT:
            held[place] = quantity
        else:
            held[place] += quantity if kind in (MoveKind.RECEIPT, MoveKind.RETURN) else -quantity
            held[other] += quantity if kind is MoveKind.TRANSFER else 0
        assert made.stock("L", place) == held[place] >= 0
        assert made.stock("L") == sum(held.values())
    assert len(made.moves) > 200


@pytest.mark.parametrize("kind", [MoveKind.ISSUE, MoveKind.TRANSFER, MoveKind.LOSS])
def test_no_more_leaves_a_place_than_is_there(kind: MoveKind) -> None:
    made = book()
    made.write(move("all", kind, 10))
    assert "at most the 0" in refusals(made, move("one more", kind, 1))


def test_expired_stock_cannot_be_issued_and_can_be_discarded() -> None:
    made = book()
    made.write(move("on the last minute", MoveKind.ISSUE, at=NOW + 30 * DAY - 1))
    assert "expired" in refusals(made, move("late", MoveKind.ISSUE, at=NOW + 30 * DAY))
    made.write(move("discarded", MoveKind.LOSS, 9, at=NOW + 30 * DAY))
    assert made.stock("L") == 0


def test_a_lot_must_last_as_long_as_its_use() -> None:
    made = book(minimum_minutes_left=3 * DAY)
    made.write(move("in time", MoveKind.ISSUE, at=NOW + 27 * DAY))
    assert "minutes left" in refusals(made, move("late", MoveKind.ISSUE, at=NOW + 27 * DAY + 1))


def test_blood_is_issued_until_its_match_lapses() -> None:
    blood = {"handling": HandlingClass.BLOOD, "blood_group": BloodGroup.A_POS, "crossmatched_for": "P"}
    made = book(**blood, crossmatched_until=NOW + DAY)
    made.write(move("in time", MoveKind.ISSUE, at=NOW + DAY - 1, witness="second"))
    late = move("late", MoveKind.ISSUE, at=NOW + DAY, witness="second")
    assert "cross-matched" in refusals(made, late)


@pytest.mark.parametrize("state", [LotState.QUARANTINED, LotState.RECALLED, LotState.LOCKED])
def test_a_lot_on_hold_is_neither_issued_nor_transferred(state: LotState) -> None:
    made = book()
    made.hold(Hold("L", state, NOW, "first", "looked odd"))
    for kind in (MoveKind.ISSUE, MoveKind.TRANSFER):
        assert state.value in refusals(made, move("x", kind))
    made.write(move("discarded", MoveKind.LOSS, 10))


def test_a_recall_is_final_and_a_quarantine_is_not() -> None:
    made = book()
    made.excursion("L", NOW, "first")
    assert made.state("L") is LotState.QUARANTINED
    made.hold(Hold("L", LotState.AVAILABLE, NOW, "pharmacist", "within the stability data"))
    made.write(move("x", MoveKind.ISSUE))
    made.hold(Hold("L", LotState.RECALLED, NOW, "first", "maker's letter"))
    with pytest.raises(InvalidInstance, match="final"):
        made.hold(Hold("L", LotState.AVAILABLE, NOW, "first", "sorry", "second"))


@pytest.mark.parametrize("kind", list(MoveKind))
def test_two_people_confirm_every_move_of_a_controlled_drug(kind: MoveKind) -> None:
    made = book(handling=HandlingClass.CONTROLLED)
    made.write(move("issued", MoveKind.ISSUE, 2, witness="second"))
    assert "second person" in refusals(made, move("alone", kind))
    made.write(move("together", kind, 8 if kind is MoveKind.COUNT else 1, witness="second"))
    with pytest.raises(InvalidInstance, match="another person"):
        move("twice oneself", kind, witness="first")


def test_a_discrepancy_of_a_controlled_drug_locks_the_lot_until_two_people_agree() -> None:
    made = book(handling=HandlingClass.CONTROLLED)
    made.write(move("right", MoveKind.COUNT, 10, witness="second"))
    assert made.state("L") is LotState.AVAILABLE
    made.write(move("wrong", MoveKind.COUNT, 9, witness="second"))
    assert (made.state("L"), made.stock("L", "store")) == (LotState.LOCKED, 10)
    [found] = made.discrepancies
    assert (found.expected, found.counted, found.place) == (10, 9, "store")
    with pytest.raises(InvalidInstance, match="second person"):
        made.hold(Hold("L", LotState.AVAILABLE, NOW, "first", "found it"))
    made.hold(Hold("L", LotState.AVAILABLE, NOW, "first", "found it", "second"))
    assert made.state("L") is LotState.AVAILABLE


def test_a_recall_is_not_undone_by_a_count_that_differs() -> None:
    """A lock on top of the recall would be taken off by two people, and the recalled lot given out."""
    made = book(handling=HandlingClass.CONTROLLED)
    made.hold(Hold("L", LotState.RECALLED, NOW, "first", "maker's letter"))
    made.write(move("wrong", MoveKind.COUNT, 9, witness="second"))
    assert made.state("L") is LotState.RECALLED
    assert [each.counted for each in made.discrepancies] == [9]
    with pytest.raises(InvalidInstance, match="final"):
        made.hold(Hold("L", LotState.AVAILABLE, NOW, "first", "found it", "second"))
    made.excursion("L", NOW, "first")
    assert "recalled" in refusals(made, move("x", MoveKind.ISSUE, witness="second"))


def test_nobody_unlocks_a_lot_alone_by_way_of_a_quarantine() -> None:
    made = book(handling=HandlingClass.CONTROLLED)
    made.write(move("wrong", MoveKind.COUNT, 9, witness="second"))
    made.excursion("L", NOW, "first")
    assert made.state("L") is LotState.LOCKED
    for state in (LotState.QUARANTINED, LotState.AVAILABLE):
        with pytest.raises(InvalidInstance, match="second person"):
            made.hold(Hold("L", state, NOW, "first", "looked odd"))
    made.hold(Hold("L", LotState.QUARANTINED, NOW, "first", "looked odd", "second"))
    assert made.state("L") is LotState.QUARANTINED


def test_one_person_recalls_a_locked_lot() -> None:
    made = book(handling=HandlingClass.CONTROLLED)
    made.write(move("wrong", MoveKind.COUNT, 9, witness="second"))
    made.hold(Hold("L", LotState.RECALLED, NOW, "first", "maker's letter"))
    assert made.state("L") is LotState.RECALLED


def test_a_count_of_an_ordinary_drug_corrects_the_balance() -> None:
    made = book()
    made.write(move("count", MoveKind.COUNT, 7))
    assert (made.stock("L"), made.state("L"), made.discrepancies) == (7, LotState.AVAILABLE, ())


def test_blood_is_compatible_and_cross_matched_whoever_confirms() -> None:
    def refused(group: BloodGroup, matched: str | None, person: str = "P") -> str:
        made = book(handling=HandlingClass.BLOOD, blood_group=group, crossmatched_for=matched)
        return refusals(made, move("x", MoveKind.ISSUE, witness="second", person_id=person))

    assert "compatible" in refused(BloodGroup.B_POS, "P")
    assert "cross-matched" in refused(BloodGroup.O_NEG, "Q")
    assert "cross-matched" in refused(BloodGroup.O_NEG, None)
    assert "compatible" in refused(BloodGroup.A_POS, "unknown", "unknown")
    made = book(handling=HandlingClass.BLOOD, blood_group=BloodGroup.A_POS, crossmatched_for="P")
    made.write(move("x", MoveKind.ISSUE, witness="second"))
    with pytest.raises(InvalidInstance, match="blood_group"):
        LedgerLot("B", "cells", NOW, HandlingClass.BLOOD)


def test_a_return_is_of_what_the_person_had_and_never_out_of_the_cold_chain() -> None:
    made = book()
    made.write(move("x", MoveKind.ISSUE, 2))
    assert "at most the 2 issued" in refusals(made, move("y", MoveKind.RETURN, 3))
    assert "at most the 0 issued" in refusals(made, move("y", MoveKind.RETURN, 1, person_id="Q"))
    cold = book(handling=HandlingClass.COLD_CHAIN)
    cold.write(move("x", MoveKind.ISSUE, 2))
    assert "cold chain" in refusals(cold, move("y", MoveKind.RETURN, 1))


def test_receipts_are_whole_packs_of_lots_that_have_not_expired() -> None:
    made = book(pack=5)
    assert "whole packs of 5" in refusals(made, move("x", MoveKind.RECEIPT, 7))
    assert "received" in refusals(made, move("x", MoveKind.RECEIPT, 5, at=NOW + 30 * DAY))


def test_everything_that_forbids_a_move_is_named_at_once() -> None:
    made = book(handling=HandlingClass.CONTROLLED)
    made.hold(Hold("L", LotState.QUARANTINED, NOW, "first", "looked odd"))
    with pytest.raises(InvalidInstance) as refused:
        made.write(move("receipt", MoveKind.ISSUE, 11, at=NOW + 40 * DAY))
    assert len(refused.value.problems) == 5
    with pytest.raises(InvalidInstance) as refused:
        move("", MoveKind.ISSUE, -1, person_id=None, to_place="cabinet", witness="first")
    assert len(refused.value.problems) == 5
    assert "a lot of the book" in refusals(made, move("x", MoveKind.LOSS, lot_id="what"))
    made.write(move("later", MoveKind.LOSS, at=NOW + 5, witness="second"))
    assert "in order" in refusals(made, move("earlier", MoveKind.LOSS, at=NOW + 4, witness="second"))


def test_a_recall_finds_everybody_who_had_the_lot_among_many_moves() -> None:
    made = book()
    for number in range(200):
        made.add(LedgerLot(f"other{number}", "aspirin", NOW + DAY))
        made.write(move(f"r{number}", MoveKind.RECEIPT, 100, lot_id=f"other{number}"))
        for one in range(50):
            made.write(move(f"i{number}-{one}", MoveKind.ISSUE, lot_id=f"other{number}", person_id=f"O{one}"))
    made.write(move("a", MoveKind.ISSUE, 3, person_id="P"))
    made.write(move("b", MoveKind.ISSUE, 1, person_id="Q"))
    made.write(move("c", MoveKind.ISSUE, 1, person_id="R"))
    made.write(move("d", MoveKind.RETURN, 1, person_id="P"))
    made.write(move("e", MoveKind.RETURN, 1, person_id="R"))
    began = time.process_time()
    assert made.who_had("L") == (Had("P", 2), Had("Q", 1))
    # Of 10,206 moves those of the lot alone are looked at: a hundred times as many would take no longer.
    assert time.process_time() - began < 0.01
    assert made.who_had("nowhere") == ()
