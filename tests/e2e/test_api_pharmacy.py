"""A pharmacy's order over real HTTP, tuned by a real worker."""

from api.examples import EXAMPLES
from tests.api_service import Place, running
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


async def test_a_faulty_stock_is_told_and_nothing_is_stored(service):
    wrong = EXAMPLE["stock"].replace('"quantity": 12', '"quantity": -12').replace("[4, 5,", '[4, "Zqa",')
    answer = await service.post("/pharmacy/plans", {"stock": wrong}, "pharmacist")
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == ["#/stock", "#/stock"]
    assert "Zqa" not in answer.text
    assert (await service.get("/jobs", "pharmacist")).json()["items"] == []
