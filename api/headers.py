"""The headers that acting requests carry: ``Idempotency-Key`` and ``If-Match``."""

from __future__ import annotations

import re

from fastapi import Request

from api.errors import IdempotencyKeyMissing, InvalidInput, Place, PreconditionMissing

_KEY = re.compile(r"[!-~]{8,128}")
_ETAG = re.compile(r'"(\d{1,18})"')


async def idempotency_key(request: Request) -> str:
    """The key of an acting POST: 8 to 128 visible ASCII characters, made anew by the client per command.

    Raises ``IdempotencyKeyMissing`` without one or with one of another form.
    """
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMissing([Place("header:Idempotency-Key", "8 to 128 visible ASCII characters")])
    return key


async def expected_revision(request: Request) -> int:
    """The revision that ``If-Match`` names, as ``"3"``. Raises ``PreconditionMissing`` or
    ``InvalidInput``."""
    value = request.headers.get("if-match")
    if value is None:
        raise PreconditionMissing()
    match = _ETAG.fullmatch(value.strip())
    if match is None:
        raise InvalidInput([Place("header:If-Match", 'the ETag of the record, as "3"')])
    return int(match.group(1))


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'
