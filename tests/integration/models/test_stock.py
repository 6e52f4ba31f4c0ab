"""The ledger of stock in the database: what it refuses, and that a recall is answered from an index."""

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from models.repositories import stock
from models.repositories.drugs import open_lot
from models.repositories.stock import LotCard, StoredMove
from models.stored_lots import load_lots
from models.tables.drugs import lot_move, lot_reservation
from solver.hospital import Lot

NOW = 29_000_000
DAY = 1440


def moved(name, quantity, reason, lot_id="L1", **more):
    return StoredMove(name, lot_id, reason, quantity, more.pop("minute", NOW), "acc-1", **more)


def write(at, *moves, minute=NOW):
    with at(minute) as transaction:
        stock.insert_moves(transaction, moves)


def on_hand(at, lot_id="L1"):
    with at(NOW + 900) as transaction:
        asked = text("SELECT on_hand FROM lot_balance WHERE lot_id = :l")
        return transaction.connection.scalar(asked, {"l": lot_id})


def new_lot(at, lot_id, **changes):
    with at(NOW) as transaction:
        plain = {"drug_id": "D", "on_hand": 0, "expires": NOW + 90 * DAY, **changes}
        open_lot(transaction, Lot(lot_id, **plain))


def test_stock_is_the_sum_of_what_came_and_went(at):
    before = on_hand(at)
    write(at, moved("a", 5, "receipt"), moved("b", -2, "issue", person_id="P0"))
    write(at, moved("c", 1, "return", person_id="P0"), moved("d", 0, "count", expected=3, counted=3))
    assert on_hand(at) == before + 4


@pytest.mark.parametrize(
    ("move", "guard"),
    [
        pytest.param(moved("x", 2, "issue", person_id="P0"), "lot_move_sign", id="an issue that adds"),
        pytest.param(moved("x", -2, "receipt"), "lot_move_sign", id="a receipt that takes away"),
        pytest.param(moved("x", -2, "issue"), "lot_move_usable", id="an issue to nobody"),
        pytest.param(
            moved("x", 2, "return", person_id="P0"), "lot_move_returned", id="a return of what nobody had"
        ),
        pytest.param(moved("x", -1_000, "waste"), "available", id="more than there is"),
        pytest.param(moved("x", 0, "waste"), "quantity", id="nothing"),
        pytest.param(
            moved("x", 1, "receipt", minute=NOW + 9_000 * DAY),
            "lot_move_received",
            id="a receipt after the lot expired",
        ),
        pytest.param(
            moved("x", -1, "issue", person_id="P0", minute=NOW + 9_000 * DAY),
            "lot_move_usable",
            id="an expired lot",
        ),
    ],
)
def test_the_database_refuses(at, move, guard):
    with pytest.raises(IntegrityError, match=guard):
        write(at, move)


def test_nothing_of_a_controlled_drug_moves_without_another_person(at):
    with at(NOW) as transaction:
        transaction.connection.execute(text("UPDATE drug SET handling = 'controlled' WHERE id = 'D'"))
    for alone in (None, "acc-1"):
        with pytest.raises(IntegrityError, match="lot_move_witnessed"):
            write(at, moved("x", -1, "waste", witness=alone))
    write(at, moved("x", -1, "waste", witness="acc-2"))


@pytest.mark.parametrize("statement", ["UPDATE lot_move SET quantity = 1", "DELETE FROM lot_move"])
def test_a_move_stays_as_it_was_written(at, statement):
    write(at, moved("a", 5, "receipt"))
    with pytest.raises(IntegrityError, match="lot_move_append_only"), at(NOW + 1) as transaction:
        transaction.connection.execute(text(statement))


def test_whoever_asked_for_a_move_cannot_confirm_it(at):
    waiting = stock.AwaitingMove("w", "L1", {"kind": "loss"}, "acc-1")
    with at(NOW) as transaction:
        stock.insert_awaiting(transaction, waiting)
    own = stock.AwaitingMove("w", "L1", {}, "acc-1", "confirmed", "acc-1")
    with pytest.raises(IntegrityError, match="two_people"), at(NOW + 1) as transaction:
        stock.decide_awaiting(transaction, own)


def test_a_recall_names_everybody_who_had_any_part_of_the_lot_and_kept_some(at):
    new_lot(at, "L1b")
    with at(NOW) as transaction:
        stock.insert_card(transaction, LotCard("L1b", "L1"))
    write(at, moved("t", 4, "transfer", "L1b", other_lot_id="L1"))
    write(at, moved("a", -2, "issue", "L1b", person_id="P0"), moved("b", -1, "issue", person_id="P9"))
    write(at, moved("c", 1, "return", person_id="P9"))
    with at(NOW + 1) as transaction:
        parts = stock.parts_of(transaction.connection, "L1b")
        assert parts == ["L1", "L1b"] == stock.parts_of(transaction.connection, "L1")
        assert stock.patients_of(transaction.connection, parts) == {"P0": 2}


def test_a_recall_is_answered_from_the_index_by_lot(at, engine):
    """At a million moves a scan takes seconds; that no table is read whole is what the plan says at any size."""
    ledger = [
        {
            "id": f"m{n}",
            "lot_id": "L1",
            "minute": NOW,
            "quantity": 1,
            "reason": "receipt",
            "actor": "acc-1",
            "recorded_microsecond": 1,
        }
        for n in range(500)
    ]
    dialect = sqlite.dialect() if engine == "sqlite" else postgresql.dialect()
    asked = str(stock.who_had(["L1"]).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    with at(NOW) as transaction:
        transaction.connection.execute(insert(lot_move), ledger)
        if engine != "sqlite":
            # Of a table this small a scan is the cheaper way; the question is whether there is another.
            transaction.connection.execute(text("SET LOCAL enable_seqscan = off"))
        how = "EXPLAIN QUERY PLAN" if engine == "sqlite" else "EXPLAIN"
        plan = "\n".join(str(tuple(row)) for row in transaction.connection.exec_driver_sql(f"{how} {asked}"))
    assert "ix_lot_move_lot_id" in plan
    assert "ix_lot_reservation_lot_id" in plan
    assert "SCAN lot_move" not in plan
    assert "Seq Scan" not in plan


# --- lots that must last some time when they are given out --------------------------------------------------
MINIMUM = 3 * DAY
LAST = NOW + 90 * DAY - MINIMUM
"""The last minute at which the lot may be given out."""


@pytest.fixture
def lasting(lain, at):
    """Lot K of drug D, five units of which are there; A1 may have some."""
    new_lot(at, "K", minimum_minutes_left=MINIMUM)
    with at(NOW) as transaction:
        stock.insert_card(transaction, LotCard("K", "K", minimum_minutes_left=MINIMUM, received=NOW))
    write(at, moved("came", 5, "receipt", "K"))
    return at


def reserve(transaction, until, lot_id="K"):
    values = {
        "id": f"{lot_id}/{until}", "lot_id": lot_id, "allocation_id": "A1", "need_drug_id": "D",
        "quantity": 1, "use_until_minute": until, "state": "reserved", "changed_minute": NOW,
        "recorded_microsecond": transaction.now.microsecond,
    }  # fmt: skip
    transaction.connection.execute(insert(lot_reservation), values)


def dispense(transaction, minute):
    state = {"state": "dispensed", "changed_minute": minute}
    of_lot = lot_reservation.c.lot_id == "K"
    transaction.connection.execute(update(lot_reservation).where(of_lot).values(state))


def test_nothing_is_reserved_that_may_no_longer_be_given_out_when_the_last_of_it_is_used(lasting):
    with lasting(NOW + 1) as transaction:
        reserve(transaction, LAST + 1)
    with pytest.raises(IntegrityError, match="lot_reservation_lasts"), lasting(NOW + 2) as transaction:
        reserve(transaction, LAST + 2)


def test_nothing_is_dispensed_or_issued_of_whose_life_too_little_is_left(lasting):
    write(lasting, moved("in time", -1, "issue", "K", person_id="P0", minute=LAST))
    with pytest.raises(IntegrityError, match="lot_move_lasts"):
        write(lasting, moved("late", -1, "issue", "K", person_id="P0", minute=LAST + 1))
    write(lasting, moved("thrown away", -1, "waste", "K", minute=LAST + 1))
    with lasting(NOW + 1) as transaction:
        reserve(transaction, LAST + 1)
    with pytest.raises(IntegrityError, match="dispensed_lasts"), lasting(NOW + 2) as transaction:
        dispense(transaction, LAST + 1)
    with lasting(NOW + 2) as transaction:
        dispense(transaction, LAST)


def test_how_long_a_lot_must_last_is_read_with_it(lasting):
    with lasting(NOW + 1) as transaction:
        found = {lot.id: lot for lot in load_lots(transaction.connection)}
    assert (found["K"].minimum_minutes_left, found["L1"].minimum_minutes_left) == (MINIMUM, 0)
    assert found["K"].usable_until == LAST + 1
