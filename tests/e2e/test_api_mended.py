"""What made-up calls found broken once: each test tells the story of one such call."""

import pytest

from api.security.permissions import Permission
from tests.api_service import bundle


async def arrived(service):
    case = (await service.place()).json()
    there = await service.post(f"/allocations/{case['allocation']['id']}:arrive", revision=1)
    return case["allocation"], there.json()["revision"]


async def test_whoever_came_this_very_minute_may_move_to_another_bed_of_the_room(service):
    """Their own bed counted as free in the minute they came: placing chose it again and again, the database refused
    it each time, and the answer was 503."""
    allocation, revision = await arrived(service)
    body = {"reason": "a bed by the window", "other_room": False}
    moved = await service.post(f"/allocations/{allocation['id']}:transfer", body, revision=revision)
    assert moved.status_code == 201, moved.text
    assert moved.json()["allocation"]["bed_id"] != allocation["bed_id"]


async def test_an_identity_number_that_is_somebodys_is_refused_and_not_tried_again_and_again(service):
    """The database refused the second person as if another client had been faster: 503, "send it again"."""
    person = {"sex": "female", "identity": {"name": "A. Example", "identity_number": "EX-0001"}}
    assert (await service.place(person=person)).status_code == 201
    before = (await service.get("/census")).json()
    again = await service.place(person=person | {"identity": {"identity_number": "ex 0001"}})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-known")
    assert (await service.get("/census")).json() == before
    batch = [bundle(person={"identity": {"identity_number": "EX-2"}}) for _ in range(2)]
    assert (await service.post("/requests:batch", {"requests": batch})).status_code == 409


@pytest.mark.parametrize("path", ["/equipment/{}/patients", "/drug-lots/{}/patients"])
async def test_nobody_had_a_unit_or_lot_that_is_not_there(service, path):
    """A mistyped id was answered with an empty list, as if nobody had had it."""
    for unknown in ("mistyped", "ward/7"):
        assert (await service.get(path.format(unknown))).status_code == 404
    assert (await service.get(path.format("P1" if "equipment" in path else "L1"))).status_code == 200


async def test_a_stay_whose_id_holds_a_slash_can_be_transferred(service):
    """The stays that wardflow makes are called <allocation>/stay; no address reached them."""
    allocation, _ = await arrived(service)
    beds = (await service.get("/beds")).json()["items"]
    stay_id = next(bed["stay_id"] for bed in beds if bed["id"] == allocation["bed_id"])
    assert "/" in stay_id
    moved = await service.post(f"/stays/{stay_id}:transfer", {"reason": "a bed by the window"})
    assert moved.status_code in (201, 202), moved.text


@pytest.mark.parametrize(
    ("name", "status"),
    [("Idempotency-Key", 400), ("If-Match", 422), ("Authorization", 401), ("Content-Type", 415)],
)
async def test_a_header_that_decides_something_comes_once(service, name, status):
    """The first of two was believed; a proxy in front may have looked at the second."""
    case = (await service.place()).json()
    headers = await service.headers("bed", **{"If-Match": '"1"', "Content-Type": "application/json"})
    twice = [*headers.items(), (name, headers[name])]
    path = f"/api/v1/allocations/{case['allocation']['id']}:confirm"
    answer = await service.client.post(path, headers=twice, content=b"{}")
    assert answer.status_code == status, answer.text
    assert (await service.client.post(path, headers=headers, content=b"{}")).status_code == 200


@pytest.mark.parametrize("text", ["a\x00b c", "bell \x07", "\x1b[31mred"])
async def test_a_free_text_holds_no_control_characters(service, text):
    """A NUL in a reason was stored where the database allows it, and answered with an error where not."""
    request_id = (await service.place()).json()["request_id"]
    refused = await service.post(f"/requests/{request_id}:release", {"reason": text})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "#/reason"
    lines = {"reason": "goes home;\n\tthe family was told"}
    assert (await service.post(f"/requests/{request_id}:release", lines)).status_code == 200


async def test_events_after_a_number_that_no_database_counts_to_are_refused(service):
    """The answer began with 200 and broke off."""
    assert (await service.get("/events", after=10**18)).status_code == 422


async def test_only_an_administrator_of_the_whole_hospital_changes_accounts(service):
    """One of a single ward could add an account that may do everything everywhere."""
    roles = [{"role": "administrator", "ward_id": "W1"}]
    local = {"login": "local", "password": "correct horse battery staple", "roles": roles}
    assert (await service.post("/accounts", local, "admin")).status_code == 201
    mighty = {
        "login": "mighty",
        "password": "correct horse battery staple",
        "roles": [{"role": "administrator"}],
    }
    refused = await service.post("/accounts", mighty, "local")
    assert refused.status_code == 403
    assert Permission.ACCOUNT_CHANGE in refused.json()["detail"]
