"""The OpenAPI document: complete, and every example in it is executed against a real hospital."""

import pytest

from api.examples import EXAMPLES
from tests.api_service import HOUR

CASES = [(operation, name) for operation, examples in EXAMPLES.items() for name in examples]
GOOD = {200, 201, 202}


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
    if "accounts" in path or "sandbox" in path:
        login = "admin"
    if path.endswith("disruptions") and name.startswith("lot"):
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
    return path.replace("{stay_id}", "st-1").replace("{account_id}", "acc-bed"), login, revision


async def arrived(service, allocation):
    there = await service.post(f"/allocations/{allocation['id']}:arrive", revision=1)
    await service.clock(HOUR)
    return there.json()["revision"]


async def test_the_document_has_an_example_for_every_body_and_a_role_for_every_route(service):
    document = (await service.client.get("/api/v1/openapi.json")).json()
    with_body = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/v1") and path != "/api/v1/sessions":
                assert operation["x-roles"], path
            assert "default" in operation["responses"]
            if "requestBody" in operation:
                with_body.add(f"{method.upper()} {path}")
                content = operation["requestBody"]["content"]["application/json"]
                assert content["examples"]
                name = content["schema"]["$ref"].rsplit("/", 1)[-1]
                assert name in document["components"]["schemas"]
    assert with_body == set(EXAMPLES)


async def test_every_reference_of_the_document_leads_somewhere(service):
    document = (await service.client.get("/api/v1/openapi.json")).json()
    schemas = document["components"]["schemas"]

    def references(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = set(references(document))
    assert found
    assert all(reference.rsplit("/", 1)[-1] in schemas for reference in found)
