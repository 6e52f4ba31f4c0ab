"""The watch over the stock, and why lots were not given, over real HTTP."""

from dataclasses import replace

import pytest

from api.services import stock_watch
from models import outbox
from solver.hospital import BloodGroup, Drug, HandlingClass, Lot
from tests.api_service import DAY, NOW, Place, running, small_hospital


def hospital():
    """The small hospital with insulin, which is kept cold, and blood, both on ward W1."""
    plain = small_hospital()
    insulin = Drug("insulin", "Insulin", "insulin", handling=HandlingClass.COLD_CHAIN, safety_stock=6)
    cells = Drug("cells", "Red cells", "red cells", handling=HandlingClass.BLOOD)
    lots = (
        Lot("I1", "insulin", 4, NOW + 20 * DAY, ward_id="W1"),
        Lot("C1", "cells", 1, NOW + 5 * DAY, blood_group=BloodGroup.O_NEG),
    )
    return replace(plain, drugs=(*plain.drugs, insulin, cells), lots=(*plain.lots, *lots))


@pytest.fixture
async def service(tmp_path):
    async with running(Place(tmp_path).make(hospital())) as service:
        yield service
        assert await service.violations() == []


async def issued(service, quantity):
    one = {"kind": "issue", "lot_id": "L1", "quantity": quantity, "person_id": "known-1"}
    assert (await service.post("/pharmacy/moves", {"moves": [one]}, "pharmacist")).status_code == 200


async def look(service):
    """Topic, kind, subject and wards of every event that a look of the service tells, in their order."""
    with service.runtime.database.reading() as connection:
        before = len(outbox.read(connection, 0, 1000))
    number = await stock_watch.watch(service.runtime)
    with service.runtime.database.reading() as connection:
        events = outbox.read(connection, 0, 1000)[before:]
    assert len(events) == number
    return [(e.topic, e.payload["alert"], e.payload["subject"], e.payload["wards"]) for e in events]


async def watched(service, **asked):
    answer = await service.get("/pharmacy/watch", "pharmacist", **asked)
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["items"]}


async def test_what_begins_is_told_once_and_what_is_over_once(service):
    assert await look(service) == [("stock.alert", "below_safety_stock", "insulin", [])]
    assert await look(service) == []
    for lot in ("I1", "L3"):
        assert (await service.tell("lot_quarantined", "pharmacist", lot_id=lot)).status_code == 200
    held = [
        ("stock.alert", "cold_chain_hold", "I1", ["W1"]),
        ("stock.alert", "not_usable", "L3", []),
        ("stock.alert", "runs_out_before_delivery", "insulin", []),
        ("stock.alert", "runs_out_before_delivery", "pen", []),
    ]
    assert await look(service) == held
    assert (await service.tell("lot_released", "pharmacist", lot_id="L3")).status_code == 200
    assert await look(service) == [
        ("stock.alert_over", "not_usable", "L3", []),
        ("stock.alert_over", "runs_out_before_delivery", "pen", []),
    ]
    assert await look(service) == []


async def test_days_of_cover_and_what_runs_out_before_more_can_come_follow_from_what_was_issued(service):
    await issued(service, 8)
    service.pass_minutes(DAY)
    drugs = await watched(service)
    heparin = drugs["heparin"]
    assert (heparin["on_hand"], heparin["daily_demand"], heparin["days_of_cover"]) == (12, 8.0, 1.5)
    assert heparin["days_to_next_delivery"] == 2
    [alert] = heparin["alerts"]
    assert (alert["kind"], alert["quantity"], alert["in_days"], alert["told"]) == (
        "runs_out_before_delivery",
        12,
        1,
        None,
    )
    assert alert["sentence"] == "heparin runs out in 1 days, before more can arrive: 12 units are left."
    assert (await watched(service, lead_time_days=1))["heparin"]["alerts"] == []
    bands = {band["within_days"]: band["quantity"] for band in heparin["bands"]}
    assert bands == {0: 0, 7: 0, 30: 2, 90: 10, 180: 0, None: 0}
    assert drugs["cells"]["handling"] == "blood"
    assert ("stock.alert", "runs_out_before_delivery", "heparin", []) in await look(service)
    [alert] = (await watched(service))["heparin"]["alerts"]
    assert alert["told"] is not None


async def test_a_page_of_the_watch_goes_on_where_the_one_before_ended(service):
    first = (await service.get("/pharmacy/watch", "pharmacist", limit=3)).json()
    rest = (await service.get("/pharmacy/watch", "pharmacist", cursor=first["next"])).json()
    assert [i["id"] for i in (*first["items"], *rest["items"])] == ["cells", "heparin", "insulin", "pen"]
    assert rest["next"] is None


async def test_nothing_was_allocated_because_each_lot_says_why(service):
    asked = {"drugs": [{"drug_id": "heparin", "quantity": 25}], "max_wait_minutes": 0}
    waiting = await service.place(**asked)
    assert waiting.status_code == 202
    assert (await service.tell("lot_quarantined", "pharmacist", lot_id="L1")).status_code == 200
    told = (await service.get(f"/requests/{waiting.json()['request_id']}/lots")).json()
    [need] = told["needs"]
    assert (need["given"], need["free"], need["short"]) == (0, 10, True)
    assert need["sentence"].startswith("0 of 25 units of heparin were allocated, and 10 more could be")
    assert [(lot["lot_id"], lot["rule_id"]) for lot in need["lots"]] == [("L1", "lot_usable"), ("L2", None)]
    assert need["lots"][0]["sentence"] == "A lot that is recalled, quarantined or locked is not given out."


async def test_a_lot_that_is_reserved_says_so(service):
    placed = (await service.place(drugs=[{"drug_id": "pen", "quantity": 5}])).json()
    [need] = (await service.get(f"/requests/{placed['request_id']}/lots")).json()["needs"]
    assert (need["given"], need["short"]) == (5, False)
    assert [(lot["lot_id"], lot["rule_id"]) for lot in need["lots"]] == [("L3", "lot_quantity")]
    nobody = await service.get("/requests/zq-none/lots")
    assert nobody.status_code == 404
