"""The OpenAPI document: complete, and every example in it is executed against a real hospital."""

import json
from json import dumps

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import insert

from api import openapi
from api.app import create_app
from api.examples import EXAMPLES
from api.jobs.catalogue import PHARMACY_PLAN
from api.settings import Settings
from api.wire import json_response
from models.tables.jobs import job
from models.tables.stock import awaiting_move
from tests import admitted, rostered
from tests.api_answers import Documented, references
from tests.api_service import HOUR, at

CASES = [(operation, name) for operation, examples in EXAMPLES.items() for name in examples]
GOOD = {200, 201, 202}


@pytest.fixture(scope="module")
def document():
    """What a service serves as its document, whichever database it has; half a second to build."""
    return json.loads(json_response(openapi.document(create_app(Settings()))).body)


@pytest.mark.parametrize(("operation", "name"), CASES, ids=[f"{o.split('/')[-1]}-{n}" for o, n in CASES])
async def test_an_example_does_what_it_shows(service, operation, name):
    method, path = operation.split(" ")
    path, login, revision = await prepared(service, path, name)
    more = {"If-Match": f'"{revision}"'} if revision is not None else {}
    headers = await service.headers(login, **more)
    answer = await service.client.request(method, path, headers=headers, json=EXAMPLES[operation][name])
    assert answer.status_code in GOOD, answer.text


async def prepared(service, path, name):
    """The address of an example with real ids, who calls it, and the revision it needs."""
    login, revision = "bed", None
    if "accounts" in path or "sandbox" in path or "webhooks" in path:
        login = "admin"
    if "scarcity" in path:
        login, revision = "admin", 0
    if any(part in path for part in ("roster", "admission", "/v1/plans", "rationing")):
        login, path, revision = await of_plans(service, path)
    if "{webhook_id}" in path or "{booking_id}" in path:
        make = of_a_webhook if "{webhook_id}" in path else of_a_booking
        path, revision = await make(service, path), 1
    if "pharmacy" in path or (path.endswith("disruptions") and name.startswith("lot")):
        login = "pharmacist"
    if "{request_id}" in path or "{allocation_id}" in path:
        case = (await service.place()).json()
        allocation = case["allocation"]
        revision = case["revision"] if "{allocation_id}" in path else None
        if "discharge" in path or "transfer" in path:
            revision = await arrived(service, allocation)
        path = path.replace("{request_id}", case["request_id"]).replace("{allocation_id}", allocation["id"])
    if "{proposal_id}" in path:
        report = (await service.tell("bed_closed", bed_id="B1", reason="leak")).json()
        path = path.replace("{proposal_id}", report["proposals"][0]["id"])
    if "pharmacy" in path:
        path, revision = of_a_pharmacy(service, path)
    if "{job_id}" in path or path.endswith("equipment/repairs"):
        path = await of_jobs(service, path)
    if "{version}" in path:
        path, revision = path.replace("{version}", "2"), await drafted(service)
    return path.replace("{stay_id}", "st-1").replace("{account_id}", "acc-bed"), login, revision


def of_a_pharmacy(service, path):
    """The address with a move that waits, or with an order that has ended, and the revision it needs."""
    if path.endswith("{job_id}:accept"):
        return path.replace("{job_id}", an_order(service)), 0
    return (path.replace("{move_id}", awaiting(service)), None) if "{move_id}" in path else (path, None)


def awaiting(service):
    """A move that another account asked for."""
    asked = {"kind": "loss", "lot_id": "L1", "quantity": 1}
    values = {"asked_by": "acc-nurse1", "asked_microsecond": 1, "state": "open"}
    with service.runtime.database.writing() as connection:
        connection.execute(insert(awaiting_move), {"id": "mov-1", "lot_id": "L1", "asked": asked, **values})
    return "mov-1"


def an_order(service):
    """A pharmacy's plan of two items that has ended."""
    stock = dumps({"items": [{"id": name, "lead_time_days": 2} for name in ("D1", "D2")]})
    values = {"id": "job-order", "kind": PHARMACY_PLAN, "spec": {"stock": stock}, "state": "done"}
    ended = {"stopping": False, "requested_by": "acc", "created_microsecond": 1, "ended_microsecond": 2}
    lines = [{"item_id": name, "quantity": 4} for name in ("D1", "D2")]
    with service.runtime.database.writing() as connection:
        connection.execute(insert(job), {**values, **ended, "result": {"lines": lines}})
    return "job-order"


async def an_order_of_priorities(service):
    """The version of an order that somebody else proposed."""
    body = EXAMPLES["POST /api/v1/rationing-orders"]["priority_alone"]
    made = await service.post("/rationing-orders", body, "pharmacist")
    return str(made.json()["order_version"])


async def drafted(service):
    """The revision of version 2 of the rule profile, which was previewed."""
    body = {"weights": {"speciality": 70_000}, "reason": "fewer outliers"}
    version = (await service.post("/profiles", body)).json()["version"]
    return (await service.post(f"/profiles/{version}:preview")).json()["revision"]


async def of_an_experiment(service):
    """The job of an experiment that nobody has begun."""
    made = await service.post("/experiments", EXAMPLES["POST /api/v1/experiments"]["as_it_is"])
    return made.json()["id"]


async def of_plans(service, path):
    """Who calls an address of rosters, admissions or rationing, the address with real ids, and its revision."""
    if "rationing" in path:
        return "admin", path.replace("{order_version}", await an_order_of_priorities(service)), 0
    if "roster" in path:
        return "manager1", *await of_rosters(service, path)
    return "bed", *await of_admissions(service, path)


async def of_rosters(service, path):
    """The address with real ids, and the revision it needs: of a draft to be published, else of what was."""
    if path.endswith("terms"):
        return path, 0
    await rostered.terms(service)
    if "{" not in path:
        return path, None
    draft = (await rostered.drafted(service))["id"]
    if path.endswith(":publish"):
        return path.replace("{roster_id}", draft), 0
    edition = (await service.post(f"/rosters/{draft}:publish", {}, "manager1", 0)).json()["roster_id"]
    path = path.replace("{roster_id}", edition)
    return path if "{change_id}" not in path else await of_a_change(service, path, edition), None


async def of_admissions(service, path):
    """The address with real ids, and the revision it needs."""
    if path.endswith("terms"):
        return path, 0
    await admitted.terms(service)
    if "{" not in path:
        return path, None
    await admitted.asked(service)
    made = (await admitted.planned(service))["id"]
    return path.replace("{plan_id}", made).replace("{other_id}", made), 0


async def of_a_change(service, path, edition):
    body = EXAMPLES["POST /api/v1/rosters/{roster_id}/changes"]["to_step_in"]
    made = await service.post(f"/rosters/{edition}/changes", body, "manager1")
    return path.replace("{change_id}", made.json()["id"])


async def of_a_booking(service, path):
    """The address with a booking of units."""
    held = EXAMPLES["POST /api/v1/equipment/bookings"]["held_for_an_hour"]
    made = await service.post("/equipment/bookings", held)
    return path.replace("{booking_id}", made.json()["bookings"][0]["id"])


async def of_jobs(service, path):
    """The address with a job; a repair has something to repair."""
    if path.endswith("equipment/repairs"):
        await of_a_hit_booking(service)
        return path
    return path.replace("{job_id}", await of_an_experiment(service))


async def of_a_hit_booking(service):
    """A booking to come whose unit is broken."""
    held = EXAMPLES["POST /api/v1/equipment/bookings"]["held_for_an_hour"]
    [made] = (await service.post("/equipment/bookings", held)).json()["bookings"]
    await service.tell("unit_broken", unit_id=made["units"][0]["unit_id"])


async def of_a_webhook(service, path):
    hook = await service.post("/webhooks", {"url": "https://hook.invalid/"}, "admin")
    return path.replace("{webhook_id}", hook.json()["id"])


async def arrived(service, allocation):
    there = await service.post(f"/allocations/{allocation['id']}:arrive", revision=1)
    await service.clock(HOUR)
    return there.json()["revision"]


def test_the_document_has_an_example_for_every_body_and_a_role_for_every_route(document):
    with_body = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/v1") and path != "/api/v1/sessions":
                assert operation["x-roles"], path
            assert {"413", "422", "500", "503"} <= operation["responses"].keys()
            assert "default" not in operation["responses"], "every status is named"
            if "requestBody" in operation:
                with_body.add(f"{method.upper()} {path}")
                content = operation["requestBody"]["content"]["application/json"]
                assert content["examples"]
                name = content["schema"]["$ref"].rsplit("/", 1)[-1]
                assert name in document["components"]["schemas"]
    assert with_body == set(EXAMPLES)


def test_every_reference_of_the_document_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert found
    assert all(reference.rsplit("/", 1)[-1] in schemas for reference in found)


def test_every_route_describes_its_successful_answers_and_lets_no_other_field_through(document):
    schemas = document["components"]["schemas"]
    described = [
        (f"{method} {path}", status, answer)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if int(status) < 400
    ]
    assert {status for _, status, _ in described} == {"200", "201", "202", "204"}
    for operation, status, answer in described:
        assert (status == "204") == ("content" not in answer), operation
    pending = {name_of(r) for _, _, answer in described for r in references(answer)}
    reached = set()
    while pending:
        name = pending.pop()
        reached.add(name)
        assert schemas[name].get("additionalProperties") is False or "enum" in schemas[name], name
        pending |= {name_of(r) for r in references(schemas[name])} - reached
    assert {"ActedOut", "AllocationOut", "BedPage", "SessionOut"} <= reached


def name_of(reference):
    return reference.rsplit("/", 1)[-1]


async def test_the_document_is_served(service, document):
    assert (await service.client.get("/api/v1/openapi.json")).json() == document


async def test_an_answer_with_a_field_that_is_not_described_would_fail(service, document):
    held = Documented(document)
    answer = await service.get("/wards")
    body = answer.json()
    body["items"][0]["colour"] = "blue"
    with pytest.raises(ValidationError, match="colour"):
        await held(httpx.Response(200, json=body, request=answer.request))
    with pytest.raises(AssertionError, match="not documented"):
        await held(httpx.Response(201, json=answer.json(), request=answer.request))


async def test_every_list_and_record_is_answered_as_it_is_described(service, document):
    case = (
        await service.place(equipment=[{"type_id": "pump"}], drugs=[{"drug_id": "heparin", "quantity": 2}])
    ).json()
    allocation = case["allocation"]
    await arrived(service, allocation)
    await service.place(care={"speciality": "medicine", "features": ["dialysis_point"]})
    for event in (
        {"kind": "bed_closed", "bed_id": "B1", "reason": "leak", "until": at(2 * HOUR)},
        {"kind": "unit_broken", "unit_id": allocation["units"][0]["unit_id"]},
        {"kind": "nurse_absent", "shift_id": "E-N11"},
    ):
        told = await service.tell(**event)
        assert told.status_code == 200, told.text
    ids = {
        "request_id": case["request_id"],
        "allocation_id": allocation["id"],
        "unit_id": allocation["units"][0]["unit_id"],
        "lot_id": allocation["lots"][0]["lot_id"],
        "account_id": "acc-bed",
        "version": 1,
        "job_id": await of_an_experiment(service),
        "booking_id": (await of_a_booking(service, "{booking_id}")),
        "webhook_id": (await of_a_webhook(service, "{webhook_id}")),
    }
    made, _ = await of_rosters(service, "{roster_id} {change_id}")
    ids |= dict(zip(("roster_id", "change_id"), made.split(" "), strict=True))
    made, _ = await of_admissions(service, "{plan_id}")
    ids |= {"plan_id": made, "other_id": made}
    paths = [path for path, operations in document["paths"].items() if "get" in operations]
    assert len(paths) > 20
    # What never ends (a stream), and what there is only once a worker has ended the experiment.
    not_ended = {
        "/api/v1/jobs/{job_id}/events",
        "/api/v1/jobs/{job_id}/result",
        "/api/v1/experiments/{job_id}/report",
        "/api/v1/pharmacy/plans/{job_id}",
        "/api/v1/equipment/plans/{job_id}",
        "/api/v1/equipment/repairs/{job_id}",
    }
    for path in sorted(set(paths) - {"/api/v1/events", *not_ended}):
        login = "admin" if "accounts" in path or "webhooks" in path else "bed"
        login = "pharmacist" if "pharmacy" in path or path.endswith("/card") else login
        query = {
            "/api/v1/equipment/free": {"type": "pump", "near": "W1"},
            "/api/v1/roster-terms": {"ward_id": "W1"},
        }
        headers = await service.headers(login)
        answer = await service.client.get(path.format(**ids), headers=headers, params=query.get(path))
        assert answer.status_code == 200, (path, answer.text)
