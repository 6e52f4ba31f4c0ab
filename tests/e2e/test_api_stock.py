"""The ledger of stock over real HTTP: what is told of lots is what placing has, and two people confirm what must be."""

import pytest

from solver.hospital import Drug, HandlingClass, Lot
from tests.api_service import DAY, NOW, Place, at, running, small_hospital


def hospital():
    """The small hospital with a controlled drug in the cabinet of ward W1."""
    plain = small_hospital()
    morphine = Drug("morphine", "Morphine", "morphine", handling=HandlingClass.CONTROLLED)
    lots = (*plain.lots, Lot("M1", "morphine", 20, NOW + 90 * DAY, ward_id="W1"))
    return plain.__class__(
        **{name: getattr(plain, name) for name in plain.__slots__ if name not in ("drugs", "lots")},
        drugs=(*plain.drugs, morphine),
        lots=lots,
    )


@pytest.fixture
async def service(tmp_path):
    """An encrypted file; that the database itself refuses what it must is tested on both."""
    async with running(Place(tmp_path).make()) as service:
        yield service
        assert await service.violations() == []


@pytest.fixture
async def controlled(tmp_path):
    async with running(Place(tmp_path).make(hospital())) as service:
        yield service
        assert await service.violations() == []


async def tell(service, *moves, login="pharmacist"):
    return await service.post("/pharmacy/moves", {"moves": list(moves)}, login)


async def card(service, lot_id):
    return (await service.get(f"/drug-lots/{lot_id}/card", "pharmacist")).json()


def receipt(**changes):
    plain = {"kind": "receipt", "lot_id": "N1", "drug_id": "pen", "quantity": 10, "expires": at(300 * DAY)}
    return {**plain, **changes}


async def test_what_comes_in_goes_to_who_waits_for_it(service):
    asked = {"drugs": [{"drug_id": "pen", "quantity": 8}], "max_wait_minutes": 0}
    waiting = await service.place(**asked)
    assert waiting.status_code == 202
    came = await tell(service, receipt())
    assert came.status_code == 200, came.text
    assert [item["state"] for item in came.json()["items"]] == ["written"]
    placed = (await service.get(f"/requests/{waiting.json()['request_id']}")).json()
    lots = {use["lot_id"]: use["quantity"] for use in placed["allocation"]["lots"]}
    assert lots.keys() <= {"N1", "L3"}
    told = await card(service, "N1")
    assert (told["on_hand"], told["reserved"]) == (10, lots.get("N1", 0))
    assert [entry["move"] for entry in told["entries"]] == ["receipt"]


async def test_part_of_a_lot_in_a_cabinet_is_recalled_with_it_and_all_who_had_some_are_named(service):
    moved = await tell(service, {"kind": "transfer", "lot_id": "L1", "quantity": 4, "ward_id": "W1"})
    assert moved.status_code == 200, moved.text
    parts = (await card(service, "L1"))["parts"]
    [part] = set(parts) - {"L1"}
    one = {"kind": "issue", "quantity": 2, "person_id": "known-1", "lot_id": part}
    given = await tell(service, one, login="nurse1")
    assert given.status_code == 200, given.text
    back = {**one, "kind": "return", "quantity": 1}
    assert (await tell(service, back, login="nurse1")).status_code == 200
    assert (await service.tell("lot_recalled", "pharmacist", lot_id="L1")).status_code == 200
    assert (await card(service, part))["state"] == "recalled"
    had = (await service.get("/drug-lots/L1/patients", "pharmacist")).json()["items"]
    assert [(one["person_id"], one["quantity"], one["state"]) for one in had] == [("known-1", 1, "issued")]
    balances = (await service.get("/pharmacy/balances", "pharmacist", drug_id="heparin")).json()["items"]
    assert {(b["ward_id"], b["on_hand"]) for b in balances} == {(None, 16), ("W1", 3)}


async def test_every_fault_of_every_move_is_named_and_nothing_is_stored(service):
    moves = (
        receipt(),
        receipt(lot_id="N2", quantity=-3),
    )
    assert (await tell(service, *moves)).json()["errors"] == [
        {"where": "#/moves/1/quantity", "expected": "at least 1"}
    ]
    answer = await tell(
        service,
        receipt(),
        receipt(lot_id="N2", expires=at(-DAY), received=at(-60), quantity=7, pack=5),
        {"kind": "loss", "lot_id": "L1", "quantity": 11},
        {"kind": "issue", "lot_id": "L1", "quantity": 1, "person_id": "zq-nobody"},
        {"kind": "return", "lot_id": "L1", "quantity": 1, "person_id": "known-1"},
        {"kind": "unlock", "lot_id": "L1", "counted": 3},
        {"kind": "loss", "lot_id": "zq-none", "quantity": 1},
    )
    assert answer.status_code == 422
    where = [(e["where"], e["expected"].split(".")[0]) for e in answer.json()["errors"]]
    assert where == [
        ("#/moves/1/lot_id", "a lot that had not expired when it was received"),
        ("#/moves/1/quantity", "whole packs of 5"),
        ("#/moves/2/quantity", "at most the 10 there are"),
        ("#/moves/3/person_id", "a person known here"),
        ("#/moves/4/quantity", "at most the 0 issued"),
        ("#/moves/5/lot_id", "a lot that is locked"),
        ("#/moves/6/lot_id", "a lot known here (GET /drug-lots)"),
    ]
    assert "zq-" not in answer.text
    lots = (await service.get("/drug-lots")).json()["items"]
    assert {lot["id"] for lot in lots} == {"L1", "L2", "L3"}
    assert [e["move"] for e in (await card(service, "L1"))["entries"]] == ["opening"]


async def test_a_controlled_drug_moves_once_another_account_has_confirmed(controlled):
    one = {"kind": "issue", "lot_id": "M1", "quantity": 2, "person_id": "known-1"}
    asked = (await tell(controlled, one, login="nurse1")).json()["items"][0]
    assert asked["state"] == "awaiting_witness"
    assert (await card(controlled, "M1"))["on_hand"] == 20
    confirm = f"/pharmacy/moves/{asked['move_id']}:confirm"
    own = await controlled.post(confirm, {}, "nurse1")
    elsewhere = await controlled.post(confirm, {}, "nurse2")
    assert (own.status_code, elsewhere.status_code) == (409, 403)
    waiting = (await controlled.get("/pharmacy/moves", "manager1")).json()["items"]
    assert [(w["move_id"], w["asked_by"]) for w in waiting] == [(asked["move_id"], "acc-nurse1")]
    assert (await controlled.post(confirm, {}, "manager1")).json()["items"][0]["state"] == "written"
    told = await card(controlled, "M1")
    last = told["entries"][-1]
    assert (told["on_hand"], last["actor"], last["witness"]) == (18, "acc-nurse1", "acc-manager1")
    assert (await controlled.post(confirm, {}, "manager1")).status_code == 409


async def test_a_controlled_drug_goes_back_to_the_central_pharmacy_once_another_account_agrees(controlled):
    """Null is where it goes: what waited for the second person has to remember that."""
    back = {"kind": "transfer", "lot_id": "M1", "quantity": 5, "ward_id": None}
    asked = (await tell(controlled, back)).json()["items"][0]
    confirmed = await controlled.post(f"/pharmacy/moves/{asked['move_id']}:confirm", {}, "manager1")
    assert confirmed.status_code == 200, confirmed.text
    balances = (await controlled.get("/pharmacy/balances", "pharmacist", drug_id="morphine")).json()["items"]
    assert {(one["ward_id"], one["on_hand"]) for one in balances} == {("W1", 15), (None, 5)}


async def test_a_discrepancy_locks_the_lot_until_two_people_have_counted(controlled):
    async def both(move):
        asked = (await tell(controlled, move)).json()["items"][0]
        return await controlled.post(f"/pharmacy/moves/{asked['move_id']}:confirm", {}, "manager1")

    assert (await both({"kind": "count", "lot_id": "M1", "counted": 18})).status_code == 200
    told = await card(controlled, "M1")
    assert (told["state"], told["on_hand"]) == ("locked", 20)
    assert (told["entries"][-1]["expected"], told["entries"][-1]["counted"]) == (20, 18)
    alone = await controlled.tell("lot_released", "pharmacist", lot_id="M1")
    softened = await controlled.tell("lot_quarantined", "pharmacist", lot_id="M1")
    assert (alone.status_code, softened.status_code) == (409, 409)
    asked = {"kind": "issue", "lot_id": "M1", "quantity": 1, "person_id": "known-1"}
    assert (await tell(controlled, asked)).json()["errors"][0]["expected"].startswith("an available lot")
    # A pharmacist unlocks; the second person is one too, or tells of the ward's cabinet.
    unlocking = (await tell(controlled, {"kind": "unlock", "lot_id": "M1", "counted": 18})).json()["items"][0]
    refused = await controlled.post(f"/pharmacy/moves/{unlocking['move_id']}:confirm", {}, "nurse2")
    assert refused.status_code == 403
    assert (await card(controlled, "M1"))["state"] == "locked"
    confirm = f"/pharmacy/moves/{unlocking['move_id']}:confirm"
    assert (await controlled.post(confirm, {}, "manager1")).status_code == 200
    told = await card(controlled, "M1")
    assert (told["state"], told["on_hand"], told["entries"][-1]["quantity"]) == ("available", 18, -2)


async def test_stock_that_is_lost_is_no_longer_promised(service):
    placed = (await service.place(drugs=[{"drug_id": "heparin", "quantity": 8}])).json()
    [use] = placed["allocation"]["lots"]
    assert (await tell(service, {"kind": "loss", "lot_id": use["lot_id"], "quantity": 9})).status_code == 200
    now = (await service.get(f"/requests/{placed['request_id']}")).json()
    assert [u["lot_id"] for u in now["allocation"]["lots"]] != [use["lot_id"]]
    assert (await card(service, use["lot_id"]))["on_hand"] == 1


async def test_what_was_reserved_for_somebody_is_used_up_when_they_are_issued_it(service):
    placed = (await service.place(drugs=[{"drug_id": "pen", "quantity": 5}])).json()
    one = {"kind": "issue", "lot_id": "L3", "quantity": 5, "person_id": placed["person_id"]}
    other = await tell(service, {**one, "person_id": "known-1"})
    assert other.json()["errors"][0]["expected"].startswith("at most the 0")
    assert (await tell(service, one)).status_code == 200
    told = await card(service, "L3")
    assert (told["on_hand"], told["reserved"]) == (0, 0)


@pytest.mark.parametrize("login", ["bed", "auditor", "admin"])
async def test_who_is_not_at_the_cabinet_tells_nothing(service, login):
    assert (await tell(service, receipt(), login=login)).status_code == 403
    assert (await service.get("/pharmacy/balances", login)).status_code == 403


async def test_a_nurse_tells_of_the_cabinet_of_the_own_ward_alone(service):
    loss = {"kind": "loss", "lot_id": "L1", "quantity": 1}
    assert (await tell(service, loss, login="nurse1")).status_code == 403
    assert (await tell(service, receipt(ward_id="W1"), login="nurse1")).status_code == 403


# --- lots that must last some time when they are given out --------------------------------------------------
async def test_a_lot_that_is_reserved_can_be_issued_until_the_last_of_it_is_used(service):
    """Used within the day: whoever gives it out in the last minute still finds ten days of its life left."""
    ten_days = 10 * DAY
    lasting = receipt(lot_id="K1", expires=at(11 * DAY - 1), minimum_minutes_left=ten_days)
    short = receipt(lot_id="K2", expires=at(11 * DAY - 2), minimum_minutes_left=ten_days)
    assert (await tell(service, lasting, short)).status_code == 200
    placed = (await service.place(drugs=[{"drug_id": "pen", "quantity": 12}])).json()
    assert {use["lot_id"] for use in placed["allocation"]["lots"]} == {"K1", "L3"}
    waiting = await service.place(drugs=[{"drug_id": "pen", "quantity": 4}], max_wait_minutes=0)
    assert waiting.status_code == 202
    [need] = (await service.get(f"/requests/{waiting.json()['request_id']}/lots")).json()["needs"]
    against = {lot["lot_id"]: (lot["rule_id"], lot["usable_until"]) for lot in need["lots"]}
    assert against["K2"] == ("lot_expiry", at(DAY - 1))
    one = {"kind": "issue", "quantity": 1, "person_id": placed["person_id"], "lot_id": "K1"}
    assert (await tell(service, one)).status_code == 200
    service.pass_minutes(DAY - 1)
    assert (await tell(service, one)).status_code == 200
    short_by_a_minute = await tell(service, {**one, "lot_id": "K2"})
    assert short_by_a_minute.json()["errors"][0]["expected"].startswith(f"{ten_days} minutes left")
