"""Holds every answer of the service against the OpenAPI document: status, media type, and each field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Union

import httpx
from pydantic import TypeAdapter

from api.schemas.answers import (
    accounts,
    admissions,
    chains,
    checks,
    common,
    equipment,
    events,
    jobs,
    offers,
    pharmacy,
    profiles,
    rationing,
    requests,
    rosters,
    scarcity,
    steps,
    stock,
    structure,
    webhooks,
)
from api.schemas.base import Out

MODULES = (
    accounts,
    admissions,
    chains,
    checks,
    common,
    equipment,
    events,
    jobs,
    offers,
    pharmacy,
    profiles,
    rationing,
    requests,
    rosters,
    scarcity,
    steps,
    stock,
    structure,
    webhooks,
)
JSON = "application/json"
PROBLEM = "application/problem+json"
OURS = {"content-language", "vary", "etag", "location"}
"""Headers that are on an answer exactly when the document says so."""


def models() -> dict[str, type[Out]]:
    """Every answer model by the name it has in the document."""
    found = (value for module in MODULES for value in vars(module).values() if isinstance(value, type))
    return {model.__name__: model for model in found if issubclass(model, Out)}


class Documented:
    """Checks answers against one document; an answer that it does not describe fails the test that got it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._models = models()
        self._paths = [(_pattern(path), operations) for path, operations in document["paths"].items()]
        self._adapters: dict[tuple[str, ...], TypeAdapter[Any]] = {}
        self.seen: set[tuple[str, int]] = set()

    async def __call__(self, answer: httpx.Response) -> None:
        """The check, as a response hook of an asynchronous client; a stream is left to who reads it."""
        if answer.headers.get("content-type", "").partition(";")[0] in (JSON, PROBLEM):
            await answer.aread()
        self.check(answer)

    def check(self, answer: httpx.Response) -> None:
        """The check of an answer that has been read."""
        operation = self._operation(answer.request)
        if operation is None:
            return
        told = f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}"
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, f"{told}, which is not documented"
        self.seen.add((operation["operationId"], answer.status_code))
        promised = {name.lower() for name in described.get("headers", ())}
        assert promised == OURS & answer.headers.keys(), f"{told} with other headers"
        media = answer.headers.get("content-type", "").partition(";")[0]
        assert set(described.get("content", {"": None})) == {media}, f"{told} as {media}"
        if media in (JSON, PROBLEM):
            self._adapter(described["content"][media]["schema"]).validate_json(answer.content, strict=True)

    def _operation(self, request: httpx.Request) -> Any:
        for pattern, operations in self._paths:
            if pattern.fullmatch(request.url.path) and request.method.lower() in operations:
                return operations[request.method.lower()]
        return None

    def _adapter(self, schema: dict[str, Any]) -> TypeAdapter[Any]:
        names = tuple(ref.rsplit("/", 1)[-1] for ref in references(schema))
        if names not in self._adapters:
            self._adapters[names] = TypeAdapter(Union[tuple(self._models[name] for name in names)])  # noqa: UP007
        return self._adapters[names]


def references(node: Any) -> Iterator[str]:
    """Every ``$ref`` inside a part of the document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/:]+", re.escape(path)))
