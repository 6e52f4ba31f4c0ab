"""The OpenAPI document: FastAPI's own, completed with bodies, permissions and the problem documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.examples import EXAMPLES
from api.headers import expected_revision, idempotency_key
from api.languages import reader_language
from api.openapi_problems import problem_answers
from api.routers.common import acting_request
from api.schemas.answers.common import Problem
from api.security.access import Permitted, declared
from api.security.permissions import TABLE, Permission
from api.wire import JsonBody

_TEMPLATE = "#/components/schemas/{model}"
_KEY = (
    "Idempotency-Key",
    True,
    "8 to 128 visible ASCII characters, made anew for each command",
    "[!-~]{8,128}",
)
_MATCH = ("If-Match", True, "The record's ETag", '"\\d{1,18}"')
_LANGUAGE = ("Accept-Language", False, "What is said comes in English (en) or Chinese (zh)", None)
_HEADERS: Mapping[Any, tuple[tuple[str, bool, str, str | None], ...]] = {
    acting_request: (_KEY, _LANGUAGE),
    idempotency_key: (_KEY,),
    expected_revision: (_MATCH,),
    reader_language: (_LANGUAGE,),
}
"""What each dependency reads of the headers: name, whether it must be there, what it is, its pattern."""

_ANSWER_HEADERS: Mapping[str, dict[str, Any]] = {
    name: {"required": True, "description": text, "schema": {"type": "string"}}
    for name, text in (
        ("Content-Language", "The language of what is said"),
        ("Vary", "Accept-Language"),
        ("ETag", "The record's revision, for If-Match"),
        (
            "Location",
            "Where what was made can be read: the request, the job, the first booking, the profile, the orders",
        ),
    )
}


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document; built once and kept."""
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


def _build(app: FastAPI) -> dict[str, Any]:
    whole = get_openapi(title=app.title, version=app.version, routes=app.routes, description=app.description)
    components = whole.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    known: list[type[BaseModel]] = [*_bodies(app), Problem]
    _, definitions = models_json_schema([(m, "validation") for m in known], ref_template=_TEMPLATE)
    schemas |= definitions.get("$defs", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for context in iter_route_contexts(app.routes):
        for method in sorted(context.methods or ()):
            operation = whole["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, context.dependant, f"{method} {context.path_format}")
                _add_answer_headers(operation, context.dependant, schemas)
    return whole


def _bodies(app: FastAPI) -> list[type[BaseModel]]:
    contexts = iter_route_contexts(app.routes)
    found = (_body_of(c.dependant) for c in contexts if hasattr(c, "dependant"))
    return sorted({model for model in found if model is not None}, key=lambda model: model.__name__)


def _complete(operation: dict[str, Any], dependant: Dependant, name: str) -> None:
    operation["responses"] |= problem_answers(dependant, name)
    permission = declared(dependant)
    if isinstance(permission, Permission):
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = permission.value
        operation["x-roles"] = {role.value: reach.value for role, reach in TABLE[permission].items()}
    if headers := list(_headers_of(dependant)):
        operation.setdefault("parameters", []).extend(headers)
    model = _body_of(dependant)
    if model is not None:
        content: dict[str, Any] = {"schema": {"$ref": _TEMPLATE.format(model=model.__name__)}}
        if name in EXAMPLES:
            content["examples"] = {key: {"value": value} for key, value in EXAMPLES[name].items()}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}


def _add_answer_headers(operation: dict[str, Any], dependant: Dependant, schemas: Mapping[str, Any]) -> None:
    """The headers that successful answers carry (``told_response``, ``answered``)."""
    calls = {inner.call for inner in dependant.dependencies}
    for status, answer in operation["responses"].items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        # Of several models that an answer may have, all have a revision or none.
        one = next(iter(schema.get("anyOf", (schema,))))
        model = schemas.get(str(one.get("$ref", "")).rsplit("/", 1)[-1], {}).get("properties", {})
        names = ["Content-Language", "Vary"] if calls & {acting_request, reader_language} else []
        names += ["ETag"] if "revision" in model else []
        names += ["Location"] if acting_request in calls and status in ("201", "202") else []
        if names and int(status) < 400:
            answer["headers"] = {name: _ANSWER_HEADERS[name] for name in names}


def _headers_of(dependant: Dependant) -> Iterator[dict[str, Any]]:
    for inner in dependant.dependencies:
        for name, required, text, pattern in _HEADERS.get(inner.call, ()):
            schema = {"type": "string"} | ({"pattern": f"^{pattern}$"} if pattern else {})
            yield {"name": name, "in": "header", "required": required, "description": text, "schema": schema}


def _body_of(dependant: Dependant) -> type[BaseModel] | None:
    for inner in dependant.dependencies:
        if isinstance(inner.call, JsonBody):
            return inner.call.model
        if not isinstance(inner.call, Permitted) and (found := _body_of(inner)) is not None:
            return found
    return None
