"""A pharmacy's plan in pieces: whoever does which of them, the order is the same; faults are told at the door."""

import json

import orjson
import pytest

from api.errors import InvalidInput
from api.examples import EXAMPLES
from api.jobs.kinds import Observer
from api.jobs.pharmacy import PIECE, PharmacyPlan
from api.schemas.answers.pharmacy import PharmacyPlanOut
from api.schemas.pharmacy import PharmacyPlanIn
from api.services.pharmacy import specification

EXAMPLE = EXAMPLES["POST /api/v1/pharmacy/plans"]["one_item"]
GOES_ON = Observer(lambda _: None, lambda: False)


def asked(stock: object) -> dict:
    body = {**EXAMPLE, "stock": stock if isinstance(stock, str) else json.dumps(stock)}
    return specification(PharmacyPlanIn.model_validate_json(orjson.dumps(body)))


def many(count: int) -> dict:
    stock = json.loads(EXAMPLE["stock"])
    stock["items"] = [{**stock["items"][0], "id": f"D{n}", "lead_time_days": 1 + n % 2} for n in range(count)]
    return stock


def test_the_pieces_cover_every_item_once_and_come_to_an_order():
    kind, spec = PharmacyPlan(), asked(many(PIECE + 2))
    pieces = kind.pieces(spec, [])
    assert [(piece["first"], piece["end"]) for piece in pieces] == [(0, PIECE), (PIECE, PIECE + 2)]
    done = [kind.work(spec, {"first": 0, "end": 1}, GOES_ON), kind.work(spec, pieces[1], GOES_ON)]
    assert kind.pieces(spec, done) == []
    result = json.loads(json.dumps(kind.result(spec, done, stopped=False)))
    assert [line["item_id"] for line in result["lines"]] == ["D0", f"D{PIECE}", f"D{PIECE + 1}"]
    assert len(result["without"]) == PIECE - 1
    assert result["verified"]
    assert all(line["quantity"] % 10 == 0 for line in result["lines"])
    lines = [{**line, "accepted": None} for line in result["lines"]]
    told = {"job_id": "j", "revision": 0, "from_ledger": False, "stopped": False, **result, "lines": lines}
    PharmacyPlanOut.model_validate(told)
    alone = kind.work(asked(many(1)), {"first": 0, "end": 1}, GOES_ON)
    assert alone["lines"] == done[0]["lines"], "an item's line does not depend on who is planned beside it"


def test_a_piece_that_is_stopped_keeps_what_is_done():
    seen: list = []
    observer = Observer(seen.append, lambda: len(seen) >= 2)
    done = PharmacyPlan().work(asked(many(5)), {"first": 0, "end": 5}, observer)
    assert len(done["lines"]) == len(seen) == 2


def test_every_fault_is_told_with_its_place_and_no_value_is_repeated():
    stock = many(2)
    stock["items"][1]["history"] = {"issued": [1, "Zqa Canaryname"]}
    stock["items"][1]["lots"] = [{"id": "L", "quantity": -7777, "expires": "Zqb"}]
    with pytest.raises(InvalidInput) as refused:
        asked(stock)
    told = [(place.where, place.expected) for place in refused.value.places]
    assert len(told) == 3
    assert all(where == "#/stock" and expected.startswith("at items[1]") for where, expected in told)
    assert not any(value in str(told) for value in ("Canaryname", "7777", "Zqb"))


@pytest.mark.parametrize("stock", ["no JSON", "[" * 100_000, "9" * 5000, '{"format": "wardflow-stock"}'])
def test_what_is_no_stock_is_refused(stock: str):
    with pytest.raises(InvalidInput):
        asked(stock)
