"""Which problems an operation may answer with, from what it depends on: every status is in the document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi.dependencies.models import Dependant

from api import errors as api
from api.headers import expected_revision, idempotency_key
from api.problems import MEDIA_TYPE, PROBLEMS
from api.routers.common import acting_request
from api.security.access import Permitted
from api.wire import JsonBody
from models import errors as storage

_ANY: Final = (
    api.ApiError,
    api.BodyTooLarge,
    api.InvalidInput,
    api.NotReady,
    storage.StorageError,
)
"""What any address may answer: a body announced too long, a NUL in the address, a service that starts or stops."""

_BODY: Final = (api.MalformedJson, api.UnsupportedMedia, api.UnknownReference, api.ContradictoryInput)
_PERMITTED: Final = (api.Unauthenticated, api.LiveOnly, api.Forbidden)
_KEYED: Final = (api.IdempotencyKeyMissing, storage.KeyReused)
_REVISED: Final = (api.PreconditionMissing, api.StaleRevision)
_CHANGES: Final = (
    api.WrongState,
    api.BedNotClean,
    api.RuleBroken,
    api.AlreadyKnown,
    api.OverrideRefused,
    storage.NotFound,
    storage.GuardViolation,
    storage.Contended,
    storage.QueueFull,
    storage.CommitFailed,
)
"""What a permitted change may meet in the hospital as it is."""

_BY_CALL: Final[Mapping[Any, tuple[type[Exception], ...]]] = {
    acting_request: (*_KEYED, *_CHANGES),
    idempotency_key: (*_KEYED, *_CHANGES),
    expected_revision: _REVISED,
}
_ASKS: Final = (api.WrongState, api.AlreadyKnown, api.OverrideRefused, storage.NotFound)
"""What a question about a need may meet, that changes nothing."""

_OF_ITS_OWN: Final[Mapping[str, tuple[type[Exception], ...]]] = {
    "POST /api/v1/sessions": (api.LoginRefused, api.LoginThrottled),
    "POST /api/v1/allocations:check": _ASKS,
    "POST /api/v1/allocations:hold": (api.HeldTooOften,),
    "POST /api/v1/allocations:recommend": _ASKS,
    "POST /api/v1/why-not": _ASKS,
    "GET /api/v1/jobs/{job_id}/result": (api.WrongState,),
    "GET /api/v1/experiments/{job_id}/report": (api.WrongState,),
    "GET /api/v1/pharmacy/plans/{job_id}": (api.WrongState,),
    "GET /api/v1/equipment/plans/{job_id}": (api.WrongState,),
    "GET /api/v1/equipment/repairs/{job_id}": (api.WrongState,),
    "POST /api/v1/rosters/{roster_id}:check": (api.WrongState,),
    "POST /api/v1/rosters/{roster_id}:cover": (api.WrongState,),
    "GET /api/v1/rosters/{roster_id}/export.csv": (api.WrongState,),
    "GET /api/v1/rosters/{roster_id}/export.xlsx": (api.WrongState,),
    "GET /api/v1/rosters/{roster_id}/print": (api.WrongState,),
    "GET /api/v1/admission-terms": (storage.NotFound,),
    "POST /api/v1/plans": (api.WrongState,),
    "POST /api/v1/plans/{plan_id}:check": (api.WrongState,),
    "GET /api/v1/plans/{plan_id}/diff/{other_id}": (api.WrongState,),
    "GET /api/v1/roster-terms": (storage.NotFound,),
    "PATCH /api/v1/accounts/{account_id}": _CHANGES,
    "POST /api/v1/webhooks": (api.TooMany,),
    "PATCH /api/v1/webhooks/{webhook_id}": _CHANGES,
    "DELETE /api/v1/webhooks/{webhook_id}": _CHANGES,
    "POST /api/v1/sandbox/clock": (api.SandboxOnly, api.ClockRunsForward, *_CHANGES),
}


def problem_answers(dependant: Dependant, name: str) -> dict[str, dict[str, Any]]:
    """The answers of an operation (``POST /api/v1/requests``) that are problem documents, by status."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    slugs: defaultdict[int, list[str]] = defaultdict(list)
    for error in _errors(dependant, name):
        row = PROBLEMS[error]
        if row.slug not in slugs[row.status]:
            slugs[row.status].append(row.slug)
    return {
        str(status): {"description": f"Problem details (RFC 9457): {', '.join(told)}", "content": content}
        for status, told in sorted(slugs.items())
    }


def _errors(dependant: Dependant, name: str) -> Iterator[type[Exception]]:
    yield from _ANY
    yield from _OF_ITS_OWN.get(name, ())
    if dependant.path_params:
        yield storage.NotFound
    yield from _depending(dependant.dependencies)


def _depending(dependants: Iterable[Dependant]) -> Iterator[type[Exception]]:
    for inner in dependants:
        if isinstance(inner.call, Permitted):
            yield from _PERMITTED
        elif isinstance(inner.call, JsonBody):
            yield from _BODY
        yield from _BY_CALL.get(inner.call, ())
        yield from _depending(inner.dependencies)
