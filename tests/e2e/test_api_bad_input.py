"""Bad input over HTTP: 4xx with place and remedy, nothing echoed, nothing stored, the service unharmed."""

import json

import pytest
import pytest_asyncio

from tests.api_service import Place, at, bundle, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "Jane-Doe-1957"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(request):
    """One database for all that must not change it."""
    if request.param == "sqlite":
        return None
    return request.getfixturevalue("postgresql_server").create()


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="service")
async def one_service_for_all_that_must_not_change_it(tmp_path_factory, address):
    async with running(Place(tmp_path_factory.mktemp("bad_input"), address=address).make()) as service:
        yield service
        assert await service.violations() == []


async def open_requests(service):
    return len((await service.get("/requests")).json()["items"])


BODIES = [
    # what is wrong, the change, the place that must be named
    ("naive time", {"needed_by": "2026-03-02T10:00:00"}, "#/needed_by"),
    ("number for a time", {"needed_by": 29_540_160}, "#/needed_by"),
    ("decided after needed", {"decided_at": at(60), "needed_by": at(0)}, "#"),
    ("negative duration", {"duration_minutes": -1}, "#/duration_minutes"),
    ("no duration", {"duration_minutes": None}, "#/duration_minutes"),
    ("endless duration", {"duration_minutes": 10**9}, "#/duration_minutes"),
    ("negative quantity", {"drugs": [{"drug_id": "heparin", "quantity": -1}]}, "#/drugs/0/quantity"),
    ("huge quantity", {"drugs": [{"drug_id": "heparin", "quantity": 10**18}]}, "#/drugs/0/quantity"),
    ("beyond 64 bits", {"drugs": [{"drug_id": "heparin", "quantity": 10**30}]}, "#/drugs/0/quantity"),
    ("half a drug", {"drugs": [{"drug_id": "heparin", "quantity": 0.5}]}, "#/drugs/0/quantity"),
    ("unknown drug", {"drugs": [{"drug_id": SECRET, "quantity": 1}]}, "#/drugs/0/drug_id"),
    ("unknown equipment", {"equipment": [{"type_id": "pump"}, {"type_id": SECRET}]}, "#/equipment/1/type_id"),
    ("a type twice", {"equipment": [{"type_id": "pump"}, {"type_id": "pump"}]}, "#"),
    ("unknown ward", {"for_ward_id": SECRET}, "#/for_ward_id"),
    ("unknown person", {"person": None, "person_id": SECRET}, "#/person_id"),
    ("unknown room", {"excluded_room_ids": [SECRET]}, "#/excluded_room_ids"),
    ("unknown rule", {"waivers": [{"rule_id": SECRET, "reason": "because"}]}, "#/waivers/0/rule_id"),
    ("unknown feature", {"care": {"speciality": "medicine", "features": [SECRET]}}, "#/care/features/0"),
    ("unknown priority", {"priority": SECRET}, "#/priority"),
    ("unknown field", {SECRET: 1}, "#"),
    ("a text for an object", {"care": SECRET}, "#/care"),
    ("blank speciality", {"care": {"speciality": " "}}, "#/care/speciality"),
    ("control characters", {"care": {"speciality": "a\u0000b"}}, "#/care/speciality"),
    ("born tomorrow's century", {"person": {"born": "1799-01-01"}}, "#/person/born"),
    ("no such day", {"person": {"born": "2001-02-29"}}, "#/person/born"),
]


@pytest.mark.parametrize(("change", "where"), [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
async def test_a_wrong_request_names_the_place_and_stores_nothing(service, change, where):
    before = await open_requests(service)
    answer = await service.place(
        **{n: v for n, v in change.items() if v is not None or n == "duration_minutes"}
    )
    if "person_id" in change:
        answer = await service.post("/requests", bundle(person=None, person_id=change["person_id"]))
    body = answer.json()
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert where in [error["where"] for error in body["errors"]]
    assert all(error["expected"] for error in body["errors"])
    assert body["remedy"]
    assert SECRET not in answer.text
    assert await open_requests(service) == before


RAW = [
    ("no JSON", b"{", 400),
    ("nothing", b"", 400),
    ("two documents", b"{}{}", 400),
    ("not UTF-8", b'{"priority": "\xff"}', 400),
    ("NaN", json.dumps(bundle()).replace("1440", "NaN").encode(), 422),
    ("Infinity", json.dumps(bundle()).replace("1440", "Infinity").encode(), 422),
    ("a list", b"[]", 422),
    ("a million elements", json.dumps([0] * 1_000_000).encode(), 413),
    ("many elements within the limit", json.dumps(bundle(equipment=[0] * 100_000)).encode(), 422),
    ("deep nesting", b'{"care":' + b"[" * 50_000, 400),
]


@pytest.mark.parametrize(("raw", "status"), [r[1:] for r in RAW], ids=[r[0] for r in RAW])
async def test_a_body_that_is_no_request_is_refused_and_the_next_one_is_served(service, raw, status):
    headers = await service.headers("bed", **{"Content-Type": "application/json"})
    answer = await service.client.post("/api/v1/requests", headers=headers, content=raw)
    assert answer.status_code in (status, 422) if status == 400 else answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 20_000
    assert (await service.place()).status_code in (201, 202)


async def test_a_streamed_body_is_not_read_beyond_the_limit(service):
    async def endless():
        for _ in range(3000):
            yield b"x" * 1024

    headers = await service.headers("bed", **{"Content-Type": "application/json"})
    answer = await service.client.post("/api/v1/requests", headers=headers, content=endless())
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/body-too-large"


async def test_another_media_type_is_refused(service):
    headers = await service.headers("bed", **{"Content-Type": "text/plain"})
    answer = await service.client.post("/api/v1/requests", headers=headers, content=json.dumps(bundle()))
    assert answer.status_code == 415


async def test_an_acting_post_without_its_key_does_nothing(service):
    before = await open_requests(service)
    headers = await service.headers("bed")
    del headers["Idempotency-Key"]
    answer = await service.client.post("/api/v1/requests", headers=headers, json=bundle())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["where"] == "header:Idempotency-Key"
    assert await open_requests(service) == before


@pytest.mark.parametrize("match", ['W/"1"', "1", "*", '"x"', '"-1"'])
async def test_an_if_match_that_is_no_etag_of_ours_is_refused(service, match):
    answer = await service.post("/allocations/alc_any:confirm", **{"If-Match": match})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "header:If-Match"


QUERIES = [
    ("/beds", {"free_at": "2026-03-02T00:00:00"}, "query:free_at"),
    ("/beds", {"features": "jacuzzi"}, "query:features"),
    ("/beds", {"limit": "0"}, "query:limit"),
    ("/beds", {"limit": "lots"}, "query:limit"),
    ("/beds", {"cursor": "%%%"}, "query:cursor"),
    ("/shifts", {"from": at(60), "until": at(0)}, "query:until"),
    ("/census", {"at": "yesterday"}, "query:at"),
    ("/requests", {"state": "lost"}, "query:state"),
]


@pytest.mark.parametrize(("path", "params", "where"), QUERIES, ids=str)
async def test_a_wrong_parameter_is_named(service, path, params, where):
    answer = await service.get(path, **params)
    assert answer.status_code == 422
    assert where in [error["where"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/", 404),
        ("PUT", "/api/v1/requests", 405),
        ("DELETE", "/healthz", 405),
        ("GET", f"/api/v1/requests/{SECRET}", 404),
        ("GET", f"/api/v1/allocations/{SECRET}", 404),
    ],
)
async def test_what_is_not_there_is_a_problem_document_without_the_address(service, method, path, status):
    answer = await service.client.request(method, path, headers=await service.headers("bed"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text


EVENTS = [
    ({"kind": "bed_closed", "bed_id": SECRET, "reason": "repair"}, 422, "#/event/bed_id"),
    ({"kind": "unit_broken", "unit_id": SECRET}, 422, "#/event/unit_id"),
    ({"kind": "isolation_on", "person_id": SECRET, "isolation": ["contact"]}, 422, "#/event/person_id"),
    ({"kind": "isolation_on", "person_id": "occ-1", "isolation": []}, 422, "#/event/isolation"),
    ({"kind": "nurse_absent", "shift_id": SECRET}, 422, "#/event/shift_id"),
    ({"kind": "nurses_absent", "shift_ids": [SECRET]}, 422, "#/event/shift_ids"),
    ({"kind": "earthquake"}, 422, "#/event"),
    ({"kind": "model_recalled", "model": SECRET}, 422, "#/event/model"),
    ({"kind": "ward_closed", "ward_id": "W1", "reason": "outbreak", "until": at(-60)}, 409, None),
    ({"kind": "left", "stay_id": "st-1", "at": at(60)}, 409, None),
    ({"kind": "stay_prolonged", "stay_id": "st-1", "until": at(-60)}, 409, None),
    ({"kind": "on_call_called", "shift_id": "OC", "consented": False}, 422, "#/event/consented"),
]


@pytest.mark.parametrize(("event", "status", "where"), EVENTS, ids=lambda value: str(value)[:40])
async def test_a_wrong_event_changes_nothing(service, event, status, where):
    login = "pharmacist" if event["kind"].startswith("lot") else "bed"
    before = (await service.get("/census")).json()
    answer = await service.post("/disruptions", {"event": event}, login)
    assert answer.status_code == status, answer.text
    assert SECRET not in answer.text
    if where is not None:
        assert where in [error["where"] for error in answer.json()["errors"]]
    assert (await service.get("/census")).json() == before


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/requests/a%00b", "path"),
        ("/allocations/%00", "path"),
        ("/beds?ward_id=a%00b", "query"),
        ("/beds?cursor=YQBi", "query:cursor"),
        ("/beds?cursor=____", "query:cursor"),
    ],
)
async def test_a_nul_that_no_database_has_in_an_id_is_refused_at_the_door(service, path, where):
    answer = await service.client.get(f"/api/v1{path}", headers=await service.headers("bed"))
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [where]
