"""Judges answers against the OpenAPI document: no 5xx, nothing undocumented, nothing invalid accepted, no echo."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema_rs
import orjson
from schemathesis import Case, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import UnsupportedMethodResponse
from schemathesis.specs.openapi import checks as openapi_checks

PROBLEM: Final = "application/problem+json"
SHORTEST_ECHO: Final = 6
"""Characters from which on a text that was sent and comes back is no coincidence."""

CHECKS: Final = (
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.unsupported_method,
    openapi_checks.missing_required_header,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise broken: by which check, in which operation, asked by which role, with what answer and call."""

    check: str
    operation: str
    role: str
    status: int
    told: str
    call: str

    @property
    def kind(self) -> tuple[str, str, int]:
        """What makes two findings one defect."""
        return self.check, self.operation, self.status


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as every judge reads it."""

    status: int
    media: str
    body: bytes


def told(response: Response) -> Told:
    """An answer that schemathesis got."""
    media = (response.headers.get("content-type") or [""])[0].partition(";")[0]
    return Told(response.status_code, media, response.content)


def broken_checks(case: Case, response: Response) -> Iterator[tuple[str, str]]:
    """Name and message of every check of schemathesis that an answer breaks."""
    try:
        case.validate_response(response, checks=list(CHECKS))
    except FailureGroup as group:
        for failure in group.exceptions:
            if not _verb_as_id(failure, case) and not _valid_after_all(failure, case):
                yield type(failure).__name__, str(getattr(failure, "message", failure))


def _verb_as_id(failure: Exception, case: Case) -> bool:
    """``GET /requests/x:choose`` asks for a request of the id "x:choose", and there is none."""
    if not isinstance(failure, UnsupportedMethodResponse):
        return False
    return failure.method == "GET" and failure.status_code == 404 and ":" in case.path


def _valid_after_all(failure: Exception, case: Case) -> bool:
    """A body that the document allows, and nothing else is wrong. Where several values of a discriminator lead to one
    schema ("left", "died", "absconded"), schemathesis 4.32 takes all but one of them for invalid."""
    if not isinstance(failure, AcceptedNegativeData) or case.meta is None:
        return False
    parts = case.meta.components.items()
    wrong = [where for where, part in parts if part.mode.is_negative]
    return wrong == [ParameterLocation.BODY] and document_allows(case)


def document_allows(case: Case) -> bool:
    """Whether the OpenAPI document, read without schemathesis, allows the body of a call."""
    document = case.operation.schema.raw_schema
    content = case.operation.definition.raw["requestBody"]["content"].get(case.media_type, {})
    schema = {**content.get("schema", {}), "components": document.get("components", {})}
    return bool(jsonschema_rs.Draft202012Validator(schema).is_valid(case.body))


def broken_errors(answer: Told, sent: Iterable[str], public: str) -> Iterator[tuple[str, str]]:
    """What is wrong with an answer that refuses: no problem document, or one that repeats what was sent.

    ``public``: texts that answers may hold whoever asks (the document, ids of the hospital).
    """
    if answer.status < 400:
        return
    if answer.media != PROBLEM:
        yield "NoProblemDocument", f"answered as {answer.media!r}"
        return
    try:
        problem = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        yield "NoProblemDocument", "no JSON"
        return
    said = list(texts(problem))
    repeated = (s for s in sent if len(s) >= SHORTEST_ECHO and any(s in text for text in said))
    echoed = next((s for s in repeated if s not in public), None)
    if echoed is not None:
        yield "Echo", f"repeats {echoed!r}"
    if problem.get("status") != answer.status:
        yield "NoProblemDocument", "names another status"


def texts(part: Any) -> Iterator[str]:
    """Every text inside a part of a call, names of fields included."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, bytes):
        yield part.decode("utf-8", "replace")
    elif isinstance(part, Mapping):
        for name, value in part.items():
            yield from texts(name)
            yield from texts(value)
    elif isinstance(part, Collection):
        for value in part:
            yield from texts(value)
