"""JSON in and out: bodies are parsed and checked in one pass, answers are written by orjson.

``JsonBody`` is a dependency, so that a route says what it takes; the OpenAPI document finds it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.errors import InvalidInput, MalformedJson, UnsupportedMedia
from api.headers import only_header
from api.places import places_of
from solver.placing.language import Language
from solver.placing.telling import told

M = TypeVar("M", bound=BaseModel)


class JsonBody(Generic[M]):
    """Reads the body as JSON of one model. Raises ``UnsupportedMedia``, ``MalformedJson``,
    ``InvalidInput``."""

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> M:
        """The checked body; keeps the raw bytes for the idempotency hash in ``request.state.raw_body``."""
        media = (only_header(request, "content-type") or "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise UnsupportedMedia()
        raw = await request.body()
        request.state.raw_body = raw
        return self.parse(raw)

    def parse(self, raw: bytes) -> M:
        """Check one document; numbers that are no JSON (NaN, Infinity) are refused by the parser itself."""
        try:
            return self.model.model_validate_json(raw)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            if any(item["type"] == "json_invalid" for item in found):
                raise MalformedJson((), remedy="Send one JSON document in UTF-8.") from None
            raise InvalidInput(places_of(found, self.model)) from None


def json_response(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(body), status, headers, "application/json")


def told_response(
    body: Mapping[str, Any],
    language: Language,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer whose sentences are put into the words of whoever reads it."""
    spoken = {"Content-Language": language.value, "Vary": "Accept-Language"}
    return json_response(told(dict(body), language), status, {**spoken, **(headers or {})})
