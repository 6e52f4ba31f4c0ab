"""Who a token stands for: looked up in storage, remembered for seconds, forgotten when something changes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from api.errors import LiveOnly, Unauthenticated
from api.security.permissions import Grant
from api.security.tokens import Principal, hash_of_token
from models.database import Database
from models.repositories import accounts

if TYPE_CHECKING:
    from api.runtime import Outside

REMEMBERED_SECONDS: Final = 30.0
"""A token revoked by another process (PostgreSQL) ends within this; by this one, at once."""

_MOST: Final = 4096


class Principals:
    """Finds the principal of a token; ``forget`` after any change of accounts or tokens."""

    def __init__(self, database: Database, outside: Outside, sandbox: bool) -> None:
        self._database = database
        self._outside = outside
        self._sandbox = sandbox
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    def of(self, token: str) -> Principal:
        """Raises ``Unauthenticated`` for a token that is unknown, expired or revoked or whose account is
        disabled, ``LiveOnly`` for a sandbox token at a live hospital."""
        digest = hash_of_token(token)
        known = self._known.get(digest)
        if known is None or known[1] < self._outside.monotonic():
            known = (self._look_up(digest), self._outside.monotonic() + REMEMBERED_SECONDS)
            self._known[digest] = known
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        principal = known[0]
        if principal.expires_microsecond <= self._outside.wall().microsecond:
            raise Unauthenticated("The token has expired.")
        return principal

    def forget(self) -> None:
        """Look everything up again."""
        self._known.clear()

    def _look_up(self, digest: bytes) -> Principal:
        with self._database.reading() as connection:
            found = accounts.token_by_hash(connection, digest)
        if found is None:
            raise Unauthenticated("The token is unknown.")
        token, account = found
        if token.revoked is not None or account.disabled:
            raise Unauthenticated("The token was revoked.")
        if token.sandbox_only and not self._sandbox:
            raise LiveOnly("This token is for a sandbox only.")
        grants = tuple(Grant.of(grant.role, grant.scope) for grant in account.grants)
        return Principal(
            account.id, account.login, grants, token.id, token.sandbox_only, token.expires.microsecond
        )
