"""What an answer of the service is held against the moment it comes, and what is written down of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from simulations.load.patient import GONE, MISSED, READ, Asked, Patient

AGES: Final = ("data_age_seconds", "advice_only")
"""What an answer says of the age of what it tells: no part of what was done."""
UNAVAILABLE: Final = 503
NEEDED: Final = ("request_id", "state", "revision")
"""What every good answer says; one to a command says the hospital's revision too."""


def digest(body: Mapping[str, Any]) -> str:
    """The same for answers that say the same, whatever the age of what they tell."""
    kept = {name: value for name, value in body.items() if name not in AGES}
    return hashlib.blake2b(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def told_by(asked: Asked, status: int, body: bytes) -> Mapping[str, Any]:
    """What an answer says. Raises ``ValueError``, saying what is wrong, for what is no JSON object, and for a good
    answer without what it has to say."""
    shown = f"unexpected: a {asked.kind} was answered {status}"
    try:
        told = orjson.loads(body) if body else {}
    except ValueError:
        raise ValueError(f"{shown} with what is no JSON") from None
    if not isinstance(told, dict):
        raise ValueError(f"{shown} with what is no JSON object")
    if 200 <= status < 300:
        needed = NEEDED if asked.kind == READ else (*NEEDED, "hospital_revision")
        missing = [name for name in needed if name not in told]
        given = told.get("allocation")
        if given is not None and not (isinstance(given, dict) and "id" in given):
            missing.append("allocation.id")
        if missing:
            raise ValueError(f"{shown} without {', '.join(missing)}")
    return told


def unexpected(asked: Asked, status: int) -> str | None:
    """What is wrong with a status that no sound service gives to a question that makes sense."""
    if 200 <= status < 300 or status in MISSED or status == UNAVAILABLE:
        return None
    if status == GONE and asked.of_allocation:
        return None
    if status == GONE and asked.request_id:
        return f"lost: {asked.request_id} was told of, and a {asked.kind} finds nothing of it"
    return f"unexpected: a {asked.kind} was answered {status}"


def read_late(asked: Asked, body: Mapping[str, Any], known: Patient) -> str | None:
    """What is wrong with a reading that is older than what its reader was told before."""
    for case in (known.coming, known.here, known.gone):
        if case is None or case.request_id != body["request_id"]:
            continue
        if body["revision"] < case.revision:
            return (
                f"stale: {case.request_id} was told at revision {case.revision}, read at {body['revision']}"
            )
        if body["revision"] == case.revision and body["state"] != case.state:
            return (
                f"stale: {case.request_id} was told {case.state}, read {body['state']} at the same revision"
            )
    return None


def answered_otherwise(asked: Asked, first: str, again: str, status: int, replayed: bool) -> str | None:
    """What is wrong with the answer to a command that was sent a second time under its key."""
    shown = f"a {asked.kind} (key {asked.key[:8]})"
    if status >= 300:
        return f"repeated: {shown} was done, and is refused with {status} when it is sent again"
    if first != again:
        return f"repeated: {shown} was answered otherwise when it was sent again"
    return None if replayed else f"repeated: {shown} was answered the same, but as if for the first time"


def line_of(
    asked: Asked, status: int, body: Mapping[str, Any], patient: str, sent: float, answered: float
) -> dict[str, Any]:
    """An acknowledged write as the journal keeps it; ``sent`` and ``answered`` on the machine's monotonic clock."""
    given = body.get("allocation") or {}
    return {
        "key": asked.key,
        "kind": asked.kind,
        "path": asked.path,
        "body": asked.body.decode(),
        "match": asked.revision,
        "patient": patient,
        "status": status,
        "sent": sent,
        "answered": answered,
        "request": body["request_id"],
        "state": body["state"],
        "revision": body["revision"],
        "hospital": body["hospital_revision"],
        "allocation": given.get("id"),
        "bed": given.get("bed_id"),
        "units": [use["unit_id"] for use in given.get("units", ())],
        "digest": digest(body),
    }


def is_write(asked: Asked) -> bool:
    """Whether it changes something."""
    return asked.kind != READ


def unknown_line(asked: Asked, patient: str, answered: float) -> dict[str, Any]:
    """A write of which nobody knows whether it was done: status 0."""
    return {"key": asked.key, "kind": asked.kind, "patient": patient, "status": 0, "answered": answered}
