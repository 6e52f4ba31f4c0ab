"""The headers that acting requests carry: ``Idempotency-Key`` and ``If-Match``."""

from __future__ import annotations

import re

from starlette.requests import HTTPConnection, Request

from api.errors import IdempotencyKeyMissing, InvalidInput, Place, PreconditionMissing

_KEY = re.compile(r"[!-~]{8,128}")
_ETAG = re.compile(r'"([0-9]{1,18})"')


def only_header(request: HTTPConnection, name: str) -> str | None:
    """A header's value; None if it is not there, or there more than once: whoever reads the first and whoever reads
    the last (a proxy, a log) would act on different calls."""
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else None


async def idempotency_key(request: Request) -> str:
    """The key of an acting POST: 8 to 128 visible ASCII characters, made anew by the client per command.

    Raises ``IdempotencyKeyMissing`` without one, with two, or with one of another form.
    """
    key = only_header(request, "idempotency-key")
    if key is None or not _KEY.fullmatch(key):
        raise IdempotencyKeyMissing([Place("header:Idempotency-Key", "8 to 128 visible ASCII characters")])
    return key


async def expected_revision(request: Request) -> int:
    """The revision that ``If-Match`` names, as ``"3"``. Raises ``PreconditionMissing`` or
    ``InvalidInput``."""
    if "if-match" not in request.headers:
        raise PreconditionMissing()
    match = _ETAG.fullmatch((only_header(request, "if-match") or "").strip())
    if match is None:
        raise InvalidInput([Place("header:If-Match", 'the ETag of the record, as "3"')])
    return int(match.group(1))


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'
