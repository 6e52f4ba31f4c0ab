"""Errors on the wire: RFC 9457 problem details, from one table.

``PROBLEMS`` maps every error of the service, of storage and of the solver to a type, a title and a status; a
test walks the three trees. Nothing a client sent is repeated: an answer names places (JSON pointers), never
values.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api import errors as api
from api.places import places_of
from models import errors as storage
from models.failures import storage_failed
from solver.engine import errors as solver

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"
RETRY_AFTER_SECONDS = "1"
"""When to come back after a 503 that does not know better: storage that fails is tried this often."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: ``slug`` ends its type, ``title`` is the same each time, ``remedy`` when the error
    has none of its own."""

    slug: str
    title: str
    status: int
    remedy: str = ""


INTERNAL = Problem(
    "internal-error", "Something failed inside the service", 500, "Try again; report it with this time."
)
STORAGE = Problem(
    "storage-unavailable",
    "The hospital's data cannot be used now",
    503,
    "Try again; tell operations if it lasts.",
)
_INVALID = Problem("invalid-input", "The input is not what is expected", 422, "Correct every place listed.")

PROBLEMS: Mapping[type[Exception], Problem] = {
    api.ApiError: INTERNAL,
    api.InvalidInput: _INVALID,
    api.MalformedJson: Problem("malformed-json", "The body is not JSON", 400, "Send one JSON object."),
    api.UnknownReference: Problem(
        "unknown-reference", "An id names nothing here", 422, "Look the ids up first."
    ),
    api.ContradictoryInput: Problem(
        "contradictory-input", "The input contradicts itself", 422, "Correct it."
    ),
    api.BodyTooLarge: Problem("body-too-large", "The body is too large", 413, "Send less at a time."),
    api.UnsupportedMedia: Problem(
        "unsupported-media-type", "The body is not JSON", 415, "Send Content-Type: application/json."
    ),
    api.Unauthenticated: Problem(
        "unauthenticated", "A valid token is needed", 401, "Log in: POST /api/v1/sessions."
    ),
    api.LoginRefused: Problem("login-refused", "Wrong name or password", 401, "Check both."),
    api.LoginThrottled: Problem("login-throttled", "Too many attempts", 429),
    api.Forbidden: Problem("forbidden", "The account may not do this", 403),
    api.SandboxOnly: Problem("sandbox-only", "Only a sandbox does this", 403, "Use a sandbox."),
    api.LiveOnly: Problem("sandbox-token", "A sandbox token opens no live hospital", 401, "Log in here."),
    api.IdempotencyKeyMissing: Problem(
        "idempotency-key-missing",
        "An Idempotency-Key is needed",
        400,
        "Send 8 to 128 characters, new per command.",
    ),
    api.PreconditionMissing: Problem(
        "precondition-missing", "If-Match is needed", 428, "Read the record, send its ETag as If-Match."
    ),
    api.StaleRevision: Problem("stale-revision", "The record changed meanwhile", 412),
    api.WrongState: Problem(
        "wrong-state", "Not possible in the present state", 409, "Read the record again."
    ),
    api.BedNotClean: Problem("bed-not-clean", "The bed is not clean", 409),
    api.HeldTooOften: Problem("held-too-often", "This was held as often as it may be", 409),
    api.RuleBroken: Problem("rule-broken", "Rules stand against it", 409),
    api.OverrideRefused: Problem("override-refused", "These rules cannot be waived so", 403),
    api.AlreadyKnown: Problem("already-known", "Something of that name exists", 409, "Choose another name."),
    api.TooMany: Problem("too-many", "There are as many as are allowed", 409),
    api.NotReady: Problem("not-ready", "The service is not ready", 503, "Try again in a moment."),
    api.ClockRunsForward: Problem(
        "clock-runs-forward", "The clock cannot go back", 409, "Give a later time."
    ),
    storage.StorageError: STORAGE,
    storage.KeyFileError: STORAGE,
    storage.DatabaseError: STORAGE,
    storage.DatabaseMissing: STORAGE,
    storage.DatabaseExists: STORAGE,
    storage.FolderOpenToOthers: STORAGE,
    storage.NotAWardflowDatabase: STORAGE,
    storage.WrongKey: STORAGE,
    storage.DatabaseInUse: STORAGE,
    storage.NewerSchema: STORAGE,
    storage.OlderSchema: STORAGE,
    storage.StorageFails: STORAGE,
    storage.GuardViolation: Problem("stale-plan", "The hospital changed meanwhile", 409, "Send it again."),
    storage.WriterError: STORAGE,
    storage.QueueFull: Problem("overloaded", "Too many commands wait", 503, "Try again after Retry-After."),
    storage.WriterClosed: Problem("not-ready", "The service is not ready", 503, "Try again in a moment."),
    storage.CommitFailed: Problem(
        "not-stored", "The change was not stored", 503, "Send the same command again."
    ),
    storage.OutcomeUnknown: Problem(
        "outcome-unknown",
        "It is not known whether the change was stored",
        503,
        "Send the same command again with the same Idempotency-Key.",
    ),
    storage.Contended: Problem("contended", "Others were faster again and again", 503, "Send it again."),
    storage.KeyReused: Problem(
        "idempotency-key-reused",
        "The key was used with another body",
        422,
        "Use a new key for a new command.",
    ),
    storage.PersonErased: Problem("person-erased", "The person's data were erased on request", 410),
    storage.PersonalDataDamaged: Problem(
        "data-damaged", "A stored field does not open", 500, "Tell operations."
    ),
    storage.NotFound: Problem("not-found", "There is no such record", 404, "Check the id."),
    solver.SolverError: INTERNAL,
    solver.InvalidInstance: _INVALID,
    solver.EngineError: INTERNAL,
    solver.Contradiction: INTERNAL,
}
"""One row per error class; subclasses added later need a row of their own (a test says so)."""

HTTP_PROBLEMS: Mapping[int, Problem] = {
    404: Problem("not-found", "There is nothing at this address", 404, "See /api/v1/openapi.json."),
    405: Problem(
        "method-not-allowed", "This address does not take that method", 405, "See /api/v1/openapi.json."
    ),
    415: PROBLEMS[api.UnsupportedMedia],
}


def row_of(error: Exception) -> Problem:
    """The row of an error: its own, else that of its nearest ancestor, else an internal error."""
    for kind in type(error).__mro__:
        row = PROBLEMS.get(kind)
        if row is not None:
            return row
    return INTERNAL


def document(
    row: Problem, detail: str = "", remedy: str = "", extra: Mapping[str, object] | None = None
) -> bytes:
    """The problem document as JSON."""
    body: dict[str, Any] = {"type": TYPE_PREFIX + row.slug, "title": row.title, "status": row.status}
    if detail:
        body["detail"] = detail
    if remedy or row.remedy:
        body["remedy"] = remedy or row.remedy
    return orjson.dumps({**body, **(extra or {})})


def response(row: Problem, *args: Any, headers: Mapping[str, str] | None = None, **kwargs: Any) -> Response:
    """A problem document as an HTTP answer."""
    if row.status == 503:
        headers = {"Retry-After": RETRY_AFTER_SECONDS, **(headers or {})}
    return Response(document(row, *args, **kwargs), row.status, headers, MEDIA_TYPE)


def response_to(error: Exception) -> Response:
    """The answer to an error of any of the three trees."""
    row = row_of(error)
    if row.status >= 500 and not isinstance(error, api.NotReady | storage.QueueFull):
        log.error("%s (%s) answered with %d", type(error).__name__, getattr(error, "guard", "-"), row.status)
    if isinstance(error, api.ApiError):
        return response(row, error.detail, error.remedy, error.extra(), headers=error.headers())
    if isinstance(error, storage.QueueFull):
        return response(row, headers={"Retry-After": str(error.retry_after_seconds)})
    if isinstance(error, solver.InvalidInstance):
        places = [{"where": _field(p.where), "expected": p.expected} for p in error.problems]
        return response(row, extra={"errors": places})
    if isinstance(error, storage.NotFound):
        return response(row, f"There is no {error.kind} of this id.")
    return response(row)


def _field(where: str) -> str:
    """The field a solver's problem names; the record's id before the comma may be a client's."""
    return where.rsplit(", ", 1)[-1] if ", " in where else "record"


def install(app: FastAPI) -> None:
    """Answer every error of this application as a problem document."""

    async def known(_: Request, error: Exception) -> Response:
        return response_to(error)

    async def unexpected(_: Request, error: Exception) -> Response:
        log.error("An unexpected %s reached the client as 500", type(error).__name__)
        return response(INTERNAL)

    async def stored(_: Request, error: Exception) -> Response:
        if not storage_failed(error):
            raise error
        log.error("Storage failed (%s); answered with 503", type(error).__name__)
        return response(STORAGE)

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return response_to(api.InvalidInput(places_of(error.errors())))

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        fallback = Problem("http-error", "The request cannot be answered", error.status_code)
        return response(HTTP_PROBLEMS.get(error.status_code, fallback), headers=error.headers)

    for root in (api.ApiError, storage.StorageError, solver.SolverError):
        app.add_exception_handler(root, known)
    app.add_exception_handler(SQLAlchemyError, stored)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
