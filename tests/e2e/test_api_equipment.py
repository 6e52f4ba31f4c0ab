"""Who has a unit now, who is next, when it is free: over HTTP, beside what the decision itself then gives."""

import pytest

from tests.api_service import HOUR, at

SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What the database is does not matter to these: once is enough."""


@SQLITE
async def test_a_unit_that_is_given_out_is_told_as_taken_and_the_other_one_as_free(service):
    before = (await service.get("/equipment/free", type="pump", near="W1")).json()
    assert [one["unit_id"] for one in before["items"]] == ["P1", "P2"]
    assert all(one["has_it"] is None and one["next"] is None for one in before["items"])
    placed = (await service.place(equipment=[{"type_id": "pump"}])).json()
    [use] = placed["allocation"]["units"]
    answer = await service.get("/equipment/free", type="pump", near="W1", minutes=HOUR)
    assert answer.status_code == 200, answer.text
    told = {one["unit_id"]: one for one in answer.json()["items"]}
    taken = told.pop(use["unit_id"])
    assert "W1" in {one["ward_id"] for one in (taken["has_it"], taken["next"]) if one is not None}
    [other] = told.values()
    assert other["has_it"] is None
    assert other["free_at"] is not None
    assert taken["free_at"] is None or taken["free_at"] > other["free_at"]


@SQLITE
async def test_what_is_no_type_no_ward_or_no_time_is_named_all_at_once(service):
    answer = await service.get(
        "/equipment/free", type="nothing", near="W1", **{"from": at(2 * HOUR), "to": at(HOUR)}
    )
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["errors"]] == ["query:type", "query:to"]
