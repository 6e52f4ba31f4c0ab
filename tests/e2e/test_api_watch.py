"""The watch over the stock, and why lots were not given, over real HTTP."""

from dataclasses import replace

import pytest

from api.services import stock_watch
from models import outbox
from models.commands import Answer, AuditEntry, Command, Outcome
from models.repositories.supply import LineDecided, insert_decided
from solver.hospital import BloodGroup, Drug, HandlingClass, Lot, from_minute
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


async def issued(service, quantity, lot_id="L1"):
    one = {"kind": "issue", "lot_id": lot_id, "quantity": quantity, "person_id": "known-1"}
    assert (await service.post("/pharmacy/moves", {"moves": [one]}, "pharmacist")).status_code == 200


async def look(service):
    """Topic, kind, subject and wards of every event that a look of the service tells, in their order."""
    with service.runtime.database.reading() as connection:
        before = len(outbox.read(connection, 0, 1000))
    number = await stock_watch.watch(service.runtime)
    with service.runtime.database.reading() as connection:
        events = outbox.read(connection, 0, 1000)[before:]
    # The service itself may tell of an order's job meanwhile.
    events = [event for event in events if event.topic.startswith("stock.")]
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


async def received(service, lot_id, minutes_left, quantity=30, days=10):
    """A receipt of heparin that expires after days, ten unless told, and must last so long when it is given out."""
    expires = from_minute(NOW + days * DAY).isoformat()
    one = {
        "kind": "receipt",
        "lot_id": lot_id,
        "drug_id": "heparin",
        "quantity": quantity,
        "expires": expires,
    }
    moves = {"moves": [one | {"minimum_minutes_left": minutes_left}]}
    answer = await service.post("/pharmacy/moves", moves, "pharmacist")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("minutes_left", "on_hand"), [(9 * DAY + 1, 50), (9 * DAY + 2, 20), (10 * DAY + 1, 20)]
)
async def test_what_must_last_longer_than_it_does_is_not_on_hand(service, minutes_left, on_hand):
    """It counts as long as it may be given out for the whole of today."""
    await received(service, "L9", minutes_left)
    heparin = (await watched(service))["heparin"]
    assert heparin["on_hand"] == on_hand
    assert [alert["kind"] for alert in heparin["alerts"] if alert["lot_id"] == "L9"] == (
        [] if on_hand == 50 else ["expires_too_soon"]
    )
    assert sum(band["quantity"] for band in heparin["bands"]) == 50


async def test_what_is_on_hand_today_is_issued_in_its_last_minute_and_what_is_not_is_refused(service):
    """The watch and the ledger go by one rule of how long a lot must last."""
    await received(service, "L8", 9 * DAY + 1)
    await received(service, "L9", 9 * DAY + 2)
    too_soon = {a["lot_id"] for a in (await watched(service))["heparin"]["alerts"] if a["lot_id"]}
    service.pass_minutes(DAY - 1)
    found = {}
    for lot_id in ("L8", "L9"):
        one = {"kind": "issue", "lot_id": lot_id, "quantity": 1, "person_id": "known-1"}
        answer = await service.post("/pharmacy/moves", {"moves": [one]}, "pharmacist")
        found[lot_id] = answer.status_code
    assert (too_soon, found) == ({"L9"}, {"L8": 200, "L9": 422})


async def decided(service, lead_time_days, quantity):
    """A line of an order of heparin as a pharmacist decided it, straight into the books."""
    terms = {"terms": {"lead_time_days": lead_time_days}}
    job_id = (await service.post("/pharmacy/plans", terms, "pharmacist")).json()["id"]
    line = LineDecided("heparin", 0, quantity, lead_time_days, version=1)

    def write(transaction):
        insert_decided(transaction, job_id, [line], "acc-pharmacist")
        entry = AuditEntry("order.accepted", job_id, {})
        return Outcome(Answer(200, {}), (entry,), touched=())

    await service.runtime.submit(Command("test.decided", "acc-pharmacist", write=write))


async def test_a_drug_has_the_lead_time_of_its_last_order_unless_another_is_asked_for(service):
    await issued(service, 8)
    service.pass_minutes(DAY)
    assert (await watched(service))["heparin"]["days_to_next_delivery"] == 2
    await decided(service, 9, 0)
    await decided(service, 1, 0)
    drugs = await watched(service)
    assert (drugs["heparin"]["days_to_next_delivery"], drugs["heparin"]["alerts"]) == (1, [])
    assert drugs["pen"]["days_to_next_delivery"] == 2
    await decided(service, 5, 0)
    assert ("stock.alert", "runs_out_before_delivery", "heparin", []) in await look(service)
    asked = (await watched(service, lead_time_days=1))["heparin"]
    assert (asked["days_to_next_delivery"], asked["alerts"]) == (1, [])


async def test_what_is_on_its_way_comes_sooner_than_an_order_of_today(service):
    await issued(service, 8)
    service.pass_minutes(DAY)
    await decided(service, 5, 40)
    assert (await watched(service))["heparin"]["days_to_next_delivery"] == 5
    service.pass_minutes(3 * DAY)
    assert (await watched(service))["heparin"]["days_to_next_delivery"] == 2


async def kinds(service):
    """Days until heparin may be used again, and what is told of it."""
    heparin = (await watched(service))["heparin"]
    return heparin["days_to_next_delivery"], {alert["kind"] for alert in heparin["alerts"]}


async def test_an_order_that_does_not_come_is_told_of_and_no_longer_counted_on(service):
    """Forty units were to come in the evening of the fifth day, when half a week's stock was left. They did not: from
    the next morning on an order of today is the first that may come, and what is there runs out before it."""
    await issued(service, 8)
    service.pass_minutes(DAY)
    await decided(service, 5, 40)
    service.pass_minutes(4 * DAY)
    await issued(service, 8, "L2")
    assert await kinds(service) == (1, set())
    service.pass_minutes(DAY)
    assert await kinds(service) == (5, {"runs_out_before_delivery", "order_overdue"})
    [late] = [a for a in (await watched(service))["heparin"]["alerts"] if a["kind"] == "order_overdue"]
    assert (late["quantity"], late["in_days"]) == (40, -1)
    assert late["sentence"].startswith("40 units of heparin were ordered and should have come 1 days ago")
    assert ("stock.alert", "order_overdue", "heparin", []) in await look(service)
    # Twice its lead time was when nobody waited for it any more, and nobody said so.
    service.pass_minutes(20 * DAY)
    assert "order_overdue" in (await kinds(service))[1]
    await received(service, "L9", 0, 40, 300)
    assert "order_overdue" not in (await kinds(service))[1]
    assert ("stock.alert_over", "order_overdue", "heparin", []) in await look(service)


async def test_what_comes_is_the_order_that_is_expected_and_not_one_that_was_lost(service):
    """Of two orders the first was lost. When the second has come nothing is on its way; the first is missed."""
    await decided(service, 2, 40)
    service.pass_minutes(10 * DAY)
    await decided(service, 4, 30)
    assert await kinds(service) == (4, {"order_overdue"})
    service.pass_minutes(DAY)
    assert await kinds(service) == (3, {"order_overdue"})
    await received(service, "L9", 0, 30, 300)
    assert await kinds(service) == (4, {"order_overdue"})
    await decided(service, 4, 0)


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
