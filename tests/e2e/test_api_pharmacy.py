"""A pharmacy's order over real HTTP, tuned by a real worker."""

from json import loads

from api.examples import EXAMPLES
from api.schemas.pharmacy import OrderTermsIn
from api.services.stock_live import document
from tests.api_service import DAY, NOW, Place, running
from tests.jobs_at_work import ended, work

EXAMPLE = EXAMPLES["POST /api/v1/pharmacy/plans"]["one_item"]


async def test_an_order_is_proposed_line_by_line(tmp_path):
    place = Place(tmp_path).make()
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            made = (await service.post("/pharmacy/plans", EXAMPLE, "pharmacist")).json()
            early = await service.get("/pharmacy/plans/nothing", "pharmacist")
            done = await ended(service, made["id"], "pharmacist")
            told = (await service.get(f"/pharmacy/plans/{made['id']}", "pharmacist")).json()
    assert early.status_code == 404
    assert done["state"] == "done", done
    [line] = told["lines"]
    assert (line["item_id"], line["on_hand"]) == ("D1", 12)
    assert line["quantity"] % 10 == 0
    assert told["verified"]
    assert not told["stopped"]
    assert told["without"] == []


async def test_an_order_of_the_live_hospital_is_accepted_line_by_line_and_then_is_on_order(tmp_path):
    place = Place(tmp_path).make()
    given = {"kind": "issue", "lot_id": "L1", "quantity": 6, "person_id": "known-1"}
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            assert (
                await service.post("/pharmacy/moves", {"moves": [given]}, "pharmacist")
            ).status_code == 200
            await service.clock(DAY)
            made = (await service.post("/pharmacy/plans", {"seed": 1}, "pharmacist")).json()
            await ended(service, made["id"], "pharmacist")
            path = f"/pharmacy/plans/{made['id']}"
            told = (await service.get(path, "pharmacist")).json()
            body = {"lines": [{"item_id": "heparin", "quantity": 40}, {"item_id": "pen"}]}
            early = await service.post(f"{path}:accept", body, "pharmacist")
            unknown = {"lines": [{"item_id": "zq-none"}, {"item_id": "pen"}, {"item_id": "pen"}]}
            wrong = await service.post(f"{path}:accept", unknown, "pharmacist", revision=0)
            kept = await service.post(f"{path}:accept", body, "pharmacist", revision=0)
            late = await service.post(f"{path}:accept", body, "pharmacist", revision=0)
            after = await service.get(path, "pharmacist")
            live = from_ledger(service)
    heparin = next(line for line in told["lines"] if line["item_id"] == "heparin")
    assert told["from_ledger"]
    assert (heparin["on_hand"], heparin["accepted"]) == (14, None)
    assert heparin["daily_demand"] > 0
    assert early.status_code == 428
    assert wrong.status_code == 422
    assert [error["where"] for error in wrong.json()["errors"]] == ["#/lines/0/item_id", "#/lines/2/item_id"]
    assert (kept.status_code, kept.headers["etag"], late.status_code) == (200, '"1"', 412)
    lines = {line["item_id"]: line["accepted"] for line in after.json()["lines"]}
    assert (lines["heparin"]["quantity"], lines["heparin"]["by"]) == (40, "acc-pharmacist")
    # What was accepted is on its way, and is not ordered a second time.
    assert live["heparin"]["on_order"] == [{"quantity": 40, "arrives": "2026-03-04"}]
    assert (live["heparin"]["history"]["issued"], live["pen"]["on_order"]) == ([6], [])


def from_ledger(service):
    """Items of the live hospital by id, as an order of today is planned from."""
    with service.runtime.database.reading() as connection:
        told = document(connection, NOW + DAY, "UTC", OrderTermsIn())
    return {item["id"]: item for item in loads(told)["items"]}


async def test_a_faulty_stock_is_told_and_nothing_is_stored(service):
    wrong = EXAMPLE["stock"].replace('"quantity": 12', '"quantity": -12').replace("[4, 5,", '[4, "Zqa",')
    answer = await service.post("/pharmacy/plans", {"stock": wrong}, "pharmacist")
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == ["#/stock", "#/stock"]
    assert "Zqa" not in answer.text
    assert (await service.get("/jobs", "pharmacist")).json()["items"] == []
