"""Who may do what: tokens, samples of the role matrix, wards, login."""

import pytest

from tests.api_service import PASSWORD, Place, at, bundle, running

SAMPLES = [
    # who, method, path, body, status
    ("nurse1", "POST", "/requests", bundle(for_ward_id="W1"), 201),
    ("nurse1", "POST", "/requests", bundle(for_ward_id="W2"), 403),
    ("nurse1", "POST", "/requests", bundle(), 403),
    ("nurse2", "POST", "/requests", bundle(for_ward_id="W2"), 201),
    ("bed", "POST", "/requests", bundle(), 201),
    ("bed", "POST", "/requests:batch", {"requests": [bundle()]}, 200),
    ("nurse1", "POST", "/requests:batch", {"requests": [bundle()]}, 403),
    ("auditor", "POST", "/requests", bundle(), 403),
    ("admin", "POST", "/requests", bundle(), 403),
    ("auditor", "GET", "/census", None, 200),
    ("pharmacist", "GET", "/census", None, 403),
    ("pharmacist", "GET", "/drug-lots", None, 200),
    ("auditor", "GET", "/wards", None, 403),
    ("operations", "GET", "/wards", None, 200),
    ("nurse1", "GET", "/staff?ward_id=W1", None, 200),
    ("nurse1", "GET", "/staff?ward_id=W2", None, 403),
    ("nurse1", "GET", "/staff", None, 403),
    ("manager1", "GET", "/shifts?ward_id=W2", None, 200),
    ("auditor", "GET", "/accounts", None, 200),
    ("bed", "GET", "/accounts", None, 403),
    ("bed", "POST", "/sandbox/clock", {"now": at(5)}, 200),
    ("nurse1", "POST", "/sandbox/clock", {"now": at(5)}, 403),
    ("pharmacist", "POST", "/disruptions", {"event": {"kind": "lot_recalled", "lot_id": "L1"}}, 200),
    ("nurse1", "POST", "/disruptions", {"event": {"kind": "lot_recalled", "lot_id": "L1"}}, 403),
    (
        "nurse1",
        "POST",
        "/disruptions",
        {"event": {"kind": "bed_closed", "bed_id": "B2", "reason": "leak"}},
        200,
    ),
    (
        "nurse2",
        "POST",
        "/disruptions",
        {"event": {"kind": "bed_closed", "bed_id": "B2", "reason": "leak"}},
        403,
    ),
    ("nurse1", "POST", "/disruptions", {"event": {"kind": "mass_casualty_alert", "expected": 9}}, 403),
    ("manager1", "POST", "/disruptions", {"event": {"kind": "nurse_absent", "shift_id": "D-N11"}}, 200),
    ("manager1", "POST", "/disruptions", {"event": {"kind": "nurse_absent", "shift_id": "D-N21"}}, 403),
    ("auditor", "POST", "/disruptions", {"event": {"kind": "nurse_absent", "shift_id": "D-N11"}}, 403),
]


@pytest.mark.parametrize(("login", "method", "path", "body", "status"), SAMPLES, ids=lambda v: str(v)[:45])
async def test_a_role_may_do_what_the_table_says_and_nothing_else(service, login, method, path, body, status):
    headers = await service.headers(login)
    answer = await service.client.request(method, f"/api/v1{path}", headers=headers, json=body)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["type"] == "/problems/forbidden"


async def test_only_the_ward_that_was_given_the_patient_records_the_arrival(service):
    allocation = (await service.place()).json()["allocation"]
    path = f"/allocations/{allocation['id']}:arrive"
    assert (await service.post(path, login="nurse2", revision=1)).status_code == 403
    assert (await service.post(path, login="nurse1", revision=1)).status_code == 200


async def test_a_nurse_may_not_overrule_and_a_ward_manager_may(service):
    waiver = [{"rule_id": "bed_features", "reason": "oxygen by cylinder"}]
    body = bundle(for_ward_id="W1", waivers=waiver)
    assert (await service.post("/requests", body, "nurse1")).status_code == 403
    assert (await service.post("/requests", body, "manager1")).status_code == 201


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wfs_unknown", "Basic YTpi", "Bearer " + "x" * 5000]
)
async def test_without_a_good_token_nothing_is_told(service, header):
    headers = {} if header is None else {"Authorization": header}
    answer = await service.client.get("/api/v1/wards", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_is_worthless_after_logout(service):
    headers = await service.headers("bed")
    assert (await service.client.get("/api/v1/wards", headers=headers)).status_code == 200
    assert (await service.client.delete("/api/v1/sessions/current", headers=headers)).status_code == 204
    assert (await service.client.get("/api/v1/wards", headers=headers)).status_code == 401


async def test_a_token_ends_with_its_time(service):
    headers = await service.headers("bed")
    service.wall.pass_minutes(12 * 60)
    assert (await service.client.get("/api/v1/wards", headers=headers)).status_code == 401


async def test_a_disabled_account_is_shut_out_at_once(service):
    headers = await service.headers("bed")
    await service.client.get("/api/v1/wards", headers=headers)
    admin = await service.headers("admin")
    changed = await service.client.patch("/api/v1/accounts/acc-bed", headers=admin, json={"disabled": True})
    assert changed.json()["disabled"] is True
    assert (await service.client.get("/api/v1/wards", headers=headers)).status_code == 401
    again = await service.client.post("/api/v1/sessions", json={"login": "bed", "password": PASSWORD})
    assert again.status_code == 401


async def test_an_administrator_adds_an_account_that_can_do_what_its_role_may(service):
    body = {"login": "new nurse", "password": PASSWORD, "roles": [{"role": "nurse", "ward_id": "W1"}]}
    added = await service.post("/accounts", body, "admin")
    assert added.status_code == 201
    assert PASSWORD not in added.text
    assert "argon2" not in added.text
    assert (await service.place("new nurse", for_ward_id="W1")).status_code == 201
    assert (await service.post("/accounts", body, "admin")).status_code == 409
    nowhere = body | {"login": "other", "roles": [{"role": "nurse", "ward_id": "W9"}]}
    assert (await service.post("/accounts", nowhere, "admin")).status_code == 422


async def test_wrong_passwords_lock_a_name_whether_it_exists_or_not(service):
    for login in ("bed", "nobody"):
        body = {"login": login, "password": "wrong"}
        statuses = [(await service.client.post("/api/v1/sessions", json=body)).status_code for _ in range(6)]
        assert statuses == [401] * 5 + [429]
    right = await service.client.post("/api/v1/sessions", json={"login": "bed", "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0


async def test_a_sandbox_says_so_and_its_tokens_are_of_their_own_class(service):
    version = (await service.client.get("/version")).json()
    token = await service.token("bed")
    assert version["sandbox"] is True
    assert token.startswith("wfs_")


async def test_a_live_hospital_takes_no_sandbox_token_and_its_clock_is_not_set(tmp_path, address):
    async with running(Place(tmp_path, address=address).make(sandbox=False)) as live:
        assert (await live.client.get("/version")).json()["sandbox"] is False
        assert (await live.token("admin")).startswith("wfl_")
        clock = await live.clock(60)
        assert clock.status_code == 403
        assert clock.json()["type"] == "/problems/sandbox-only"


async def test_every_answer_carries_safe_headers(service):
    for path in ("/healthz", "/api/v1/nowhere", "/api/v1/wards"):
        headers = (await service.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
