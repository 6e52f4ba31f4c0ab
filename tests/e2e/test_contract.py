"""Thousands of made-up calls under every role: the service keeps what its OpenAPI document says."""

import contextlib
import json
from typing import Annotated, Literal

import pytest
from fastapi import Body, FastAPI, HTTPException, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from schemathesis import GenerationMode

from api.security.permissions import Role
from benchmarks.safety.contract import BORDER_CALLS, Contract
from benchmarks.safety.contract_calls import copied, fuzzed, operations
from benchmarks.safety.contract_judge import broken_checks, document_allows
from benchmarks.safety.contract_pool import Pool
from benchmarks.safety.contract_served import EVERY_ROLE, NOW, Served, contract_served, listening
from simulations.hospital import generate

SEED = 20_260_302


def told(contract):
    return [f"{f.check}: {f.operation} {f.status}: {f.told} in {f.call}" for f in contract.findings.values()]


@pytest.fixture(scope="module")
def drawn():
    """Document and draws of the first who asked: those of another database must have the same document."""
    return {}, {}


def contract_of(service, pool, drawn):
    document, draws = drawn
    document.update(document or service.document)
    assert service.document == document, "what was drawn for one database is sent to the other"
    return Contract(service, pool, SEED, draws=draws)


@pytest.mark.slow
def test_no_role_meets_an_answer_that_the_document_does_not_describe(tmp_path, drawn):
    with contract_served(tmp_path, SEED) as (service, pool):
        contract = contract_of(service, pool, drawn)
        for role in Role:
            contract.fuzz(role.value)
        assert told(contract) == []
        assert contract.calls.total() >= 3000
        assert min(contract.calls[role.value] for role in Role) >= 100
        assert {200, 201, 204, 400, 401, 403, 404, 409, 422} <= contract.statuses.keys()
        assert service.violations() == []


@pytest.mark.slow
def test_border_cases_and_odd_calls_get_a_documented_refusal_on_postgresql(
    tmp_path, postgresql_server, drawn
):
    address = postgresql_server.create()
    with contract_served(tmp_path, SEED, address) as (service, pool):
        contract = contract_of(service, pool, drawn)
        contract.fuzz(EVERY_ROLE)
        contract.cover(EVERY_ROLE, BORDER_CALLS)
        contract.odd()
        assert told(contract) == []
        assert contract.calls["odd"] >= 1000
        assert contract.calls[EVERY_ROLE] >= 900
        assert service.violations() == []
    postgresql_server.drop(address)


# --- controls: a service that breaks its word ------------------------------------------------------------------
def broken():
    """A small service whose routes each break one promise, but for one."""
    app = FastAPI()

    @app.get("/sound")
    async def sound(number: Annotated[int, Query(ge=1, le=9)] = 1) -> int:
        return number

    @app.get("/boom", responses={500: {"description": "even documented"}})
    async def boom() -> int:
        raise HTTPException(500)

    @app.get("/teapot")
    async def teapot() -> int:
        raise HTTPException(418)

    @app.get("/shape")
    async def shape() -> int:
        return PlainTextResponse('"a text"', media_type="application/json")

    @app.get("/media")
    async def media() -> int:
        return PlainTextResponse("1")

    @app.get("/echo", responses={400: {}})
    async def echo(text: Annotated[str, Query(min_length=8, max_length=9)]) -> int:
        return PlainTextResponse(
            json.dumps({"status": 400, "detail": f"not {text}"}), 400, media_type="application/problem+json"
        )

    @app.get("/plain", responses={400: {}})
    async def plain() -> int:
        return PlainTextResponse("no", 400)

    @app.post("/lax", openapi_extra={"requestBody": {"required": True, "content": LAX}})
    async def lax(body: Annotated[object, Body()] = None) -> int:
        return 1

    @app.post("/either")
    async def either(body: Either) -> int:
        return 1

    document = app.openapi()
    return app, document


class Gone(BaseModel):
    kind: Literal["left", "died", "absconded"]


class Come(BaseModel):
    kind: Literal["come"]


class Either(BaseModel):
    event: Annotated[Gone | Come, Field(discriminator="kind")]


LAX = {
    "application/json": {
        "schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
        "examples": {"one": {"value": {"n": 1}}},
    }
}


@pytest.fixture(scope="module")
def control():
    app, document = broken()
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(listening(app, lambda: True))
        pool = Pool(generate("ward", 1, NOW), NOW, "nobody")
        contract = Contract(Served(url, document, {EVERY_ROLE: "token"}, None), pool, SEED)
        contract.fuzz(EVERY_ROLE)
        contract.cover(EVERY_ROLE, BORDER_CALLS)
        contract.odd()
        yield contract


@pytest.mark.parametrize(
    ("check", "operation"),
    [
        ("ServerError", "GET /boom"),
        ("UndefinedStatusCode", "GET /teapot"),
        ("JsonSchemaError", "GET /shape"),
        ("UndefinedContentType", "GET /media"),
        ("Echo", "GET /echo"),
        ("NoProblemDocument", "GET /plain"),
        ("AcceptedNegativeData", "POST /lax"),
        ("Odd: body: NaN", "POST /lax"),
        ("Odd: body: another field", "POST /lax"),
    ],
)
def test_a_route_that_breaks_a_promise_is_found_out(control, check, operation):
    assert (check, operation) in {(f.check, f.operation) for f in control.findings.values()}


@pytest.mark.parametrize("kind", ["come", "left", "died", "absconded"])
def test_each_value_of_a_discriminator_that_leads_to_one_schema_is_allowed(control, kind):
    case = to_either(control)
    case.body = {"event": {"kind": kind}}
    answer = case.call(control.served.url)
    assert answer.status_code == 200
    assert list(broken_checks(case, answer)) == []


def test_a_value_that_the_document_does_not_know_is_not_allowed(control):
    case = to_either(control)
    case.body = {"event": {"kind": "gone"}}
    assert not document_allows(case)


def to_either(control):
    (operation,) = (one for one in operations(control.schema) if one.label == "POST /either")
    return copied(fuzzed(operation, GenerationMode.POSITIVE, 1, SEED)[0][0])


def test_a_sound_route_is_not_suspected(control):
    suspected = {f.check for f in control.findings.values() if f.operation == "GET /sound"}
    # FastAPI's own refusals are no problem documents, and a NUL is none of its business: so it is said of every route.
    assert suspected == {"NoProblemDocument", "Odd: NUL in the query"}
