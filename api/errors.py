"""The errors of the service itself; what storage and solver raise keeps its own trees.

ApiError
├── InvalidInput            the body, a parameter or a header is not what the schema asks for
│   ├── MalformedJson           the body is no JSON
│   ├── UnknownReference        an id in the body names nothing
│   └── ContradictoryInput      each field is sound, together they are not
├── BodyTooLarge            the body is longer than the service reads
├── UnsupportedMedia        the body is not application/json
├── Unauthenticated         no token, or one that is unknown, expired or revoked
├── LoginRefused            wrong name or password
├── LoginThrottled          too many wrong passwords
├── Forbidden               the account may not do this, or not here
├── SandboxOnly             only a sandbox does this
├── LiveOnly                a sandbox token at a hospital that is none
├── IdempotencyKeyMissing   an acting POST without its key
├── PreconditionMissing     a change without If-Match
├── StaleRevision           If-Match names a revision that is no longer the newest
├── WrongState              the record is in a state in which this cannot be done
│   ├── BedNotClean             nobody may come into a bed that is not clean
│   └── HeldTooOften            a bed or unit was held for a request as often as it may be
├── RuleBroken              a person's choice breaks rules that were not waived
├── OverrideRefused         a waiver that nobody, or not this role, may give
├── AlreadyKnown            something of that name exists
├── TooMany                 there are as many of these as a setting allows
├── NotReady                the service is starting or stopping
└── ClockRunsForward        a simulated clock set back

Messages never hold what a client sent: it may identify a patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

E = TypeVar("E", bound=Exception)


class ApiError(Exception):
    """Root of everything the service raises on purpose; ``detail`` is said to the client, ``remedy`` as
    well."""

    def __init__(self, detail: str = "", remedy: str = "") -> None:
        self.detail = detail
        self.remedy = remedy
        super().__init__(detail)

    def extra(self) -> Mapping[str, object]:
        """Further members of the problem document."""
        return {}

    def headers(self) -> Mapping[str, str]:
        """Headers of the answer."""
        return {}


@dataclass(frozen=True, slots=True)
class Place:
    """One thing wrong: ``where`` is a JSON pointer into the body (``#/care/features/0``), or
    ``query:<name>``, ``header:<name>``, ``path:<name>``; ``expected`` what should have stood there."""

    where: str
    expected: str


class InvalidInput(ApiError):
    """Input the schema refuses; every place is listed."""

    def __init__(self, places: Iterable[Place], detail: str = "", remedy: str = "") -> None:
        super().__init__(detail, remedy)
        self.places = tuple(places)

    def extra(self) -> Mapping[str, object]:
        """The places, as ``errors``."""
        return {"errors": [{"where": p.where, "expected": p.expected} for p in self.places]}


class MalformedJson(InvalidInput):
    """The body is no JSON document."""


class UnknownReference(InvalidInput):
    """Ids in the body name nothing in this hospital."""


class ContradictoryInput(InvalidInput):
    """Each field is sound, together they are not."""


class BodyTooLarge(ApiError):
    """The body is longer than the service reads."""


class UnsupportedMedia(ApiError):
    """The body is not application/json."""


class Unauthenticated(ApiError):
    """No token, or one that is unknown, expired or revoked."""

    def headers(self) -> Mapping[str, str]:
        """RFC 6750: which scheme is asked for."""
        return {"WWW-Authenticate": 'Bearer realm="wardflow"'}


class LoginRefused(ApiError):
    """Wrong name or password; which of the two is not said."""


class LoginThrottled(ApiError):
    """Too many wrong passwords; ``seconds`` until the next attempt is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many wrong passwords for this account.", "Wait, then try again.")
        self.seconds = seconds

    def headers(self) -> Mapping[str, str]:
        """When to come back."""
        return {"Retry-After": str(self.seconds)}


class Forbidden(ApiError):
    """The account may not do this, or not here; ``permission`` is what it lacks."""

    def __init__(self, permission: str, where: str) -> None:
        super().__init__(
            f"This needs the permission {permission!r} {where}.",
            "Ask an administrator for a role that has it.",
        )


class SandboxOnly(ApiError):
    """Only a sandbox does this."""


class LiveOnly(ApiError):
    """A sandbox token at a hospital that is no sandbox."""


class IdempotencyKeyMissing(InvalidInput):
    """An acting POST came without ``Idempotency-Key``."""


class PreconditionMissing(ApiError):
    """A change came without ``If-Match``."""


class StaleRevision(ApiError):
    """If-Match names a revision that is no longer the newest; ``current`` is."""

    def __init__(self, current: int) -> None:
        super().__init__(
            "The record changed since this revision was read.", "Read it again, then decide again."
        )
        self.current = current

    def extra(self) -> Mapping[str, object]:
        """The newest revision."""
        return {"current_revision": self.current}


class WrongState(ApiError):
    """The record is in a state in which this cannot be done."""


class HeldTooOften(WrongState):
    """A bed or unit was held for a request as often as this hospital allows."""

    def __init__(self, resource_id: str, most: int) -> None:
        super().__init__(
            f"Bed or unit {resource_id} was held for this request {most} times, which is as often as it may be "
            "(WARDFLOW_HOLDS_PER_RESOURCE).",
            "Take it for good (POST /requests/{id}:choose), or hold another place (`place`).",
        )


class BedNotClean(WrongState):
    """Nobody may come into a bed that is not clean; ``clean_at`` (RFC 3339): when it will be, None if nobody has
    said."""

    def __init__(self, bed_id: str, status: str, clean_at: str | None) -> None:
        when = f"clean from {clean_at} on" if clean_at is not None else "clean at a time nobody has told yet"
        super().__init__(
            f"Bed {bed_id} is not clean: its status is {status}, {when}. Expected: a bed that is clean now.",
            "When housekeeping is done, tell bed_cleaned (POST /disruptions) or step bed_clean; or transfer "
            "the patient.",
        )
        self.bed_id, self.status, self.clean_at = bed_id, status, clean_at

    def extra(self) -> Mapping[str, object]:
        """The bed, its status, when it is clean."""
        return {"bed_id": self.bed_id, "bed_status": self.status, "clean_at": self.clean_at}


class RuleBroken(ApiError):
    """A person's choice breaks hard rules that were not waived; nothing was changed."""

    def __init__(self, rule_ids: Iterable[str], remedy: str) -> None:
        self.rule_ids = tuple(rule_ids)
        super().__init__(f"This would break {len(self.rule_ids)} rule(s).", remedy)

    def extra(self) -> Mapping[str, object]:
        """Which rules."""
        return {"rules": list(self.rule_ids)}


class OverrideRefused(ApiError):
    """A waiver that nobody, or not this role, may give."""


class AlreadyKnown(ApiError):
    """Something of that name exists."""


class TooMany(ApiError):
    """There are as many of these as a setting allows."""


class NotReady(ApiError):
    """The service is starting or stopping."""

    def headers(self) -> Mapping[str, str]:
        """When to come back."""
        return {"Retry-After": "1"}


class ClockRunsForward(ApiError):
    """A simulated clock was to be set back."""


def without_traceback(refusal: E) -> E:
    """A refusal that is an answer, not a failure: where it was raised is of no use to anybody, and would keep every
    frame on the way and, through the list of its batch's decisions, itself. A tenth of what a simulated writer did
    was looking for such circles."""
    each: BaseException | None = refusal
    while each is not None:
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
    return refusal
