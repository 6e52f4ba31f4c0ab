"""Who a token stands for: looked up in storage, remembered for seconds, forgotten when something changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from api.errors import LiveOnly, Unauthenticated
from api.security.permissions import Grant
from api.security.tokens import Principal, hash_of_token
from models.clock import Clock
from models.database import Database
from models.failures import storage_failed
from models.repositories import accounts

REMEMBERED_SECONDS: Final = 30.0
"""A token revoked by another process (PostgreSQL) ends within this; by this one, at once."""

_MOST: Final = 4096


class Principals:
    """Finds the principal of a token; ``forget`` after any change of accounts or tokens."""

    def __init__(
        self,
        database: Database,
        wall: Clock,
        monotonic: Callable[[], float],
        sandbox: bool,
        outage_seconds: float,
    ) -> None:
        self._database = database
        self._wall = wall
        self._monotonic = monotonic
        self._sandbox = sandbox
        self._outage_seconds = outage_seconds
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()
        self._changes = 0
        self._lock = threading.Lock()

    def remembered(self, token: str) -> Principal | None:
        """As ``of``, without asking storage; None if that is needed."""
        known = self._known.get(hash_of_token(token))
        if known is None or known[1] < self._monotonic():
            return None
        return self._unexpired(known[0])

    def of(self, token: str) -> Principal:
        """From any thread. Raises ``Unauthenticated`` for a token that is unknown, expired or revoked or whose account
        is disabled, ``LiveOnly`` for a sandbox token at a live hospital.

        While storage cannot be asked whoever was known shortly before is still (``while_storage_fails``).
        """
        digest, changes = hash_of_token(token), self._changes
        try:
            found = self._look_up(digest)
        except SQLAlchemyError as error:
            known = self.while_storage_fails(token)
            if known is None or not storage_failed(error):
                raise
            return known
        except (Unauthenticated, LiveOnly):
            # What storage refused is not let in again when storage fails after it.
            with self._lock:
                self._known.pop(digest, None)
            raise
        self._remember(digest, found, changes)
        return self._unexpired(found)

    def while_storage_fails(self, token: str) -> Principal | None:
        """Whom storage named for this token within the last ``outage_seconds``; None: nobody. What another process, for
        which storage works, revokes meanwhile ends here when that time is over. Raises ``Unauthenticated`` for one that
        has expired."""
        known = self._known.get(hash_of_token(token))
        if known is None or known[1] - REMEMBERED_SECONDS + self._outage_seconds < self._monotonic():
            return None
        return self._unexpired(known[0])

    def forget(self) -> None:
        """Look everything up again, also what is being looked up now."""
        with self._lock:
            self._changes += 1
            self._known.clear()

    def _remember(self, digest: bytes, principal: Principal, changes: int) -> None:
        with self._lock:
            if changes != self._changes:
                return
            self._known[digest] = principal, self._monotonic() + REMEMBERED_SECONDS
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def _unexpired(self, principal: Principal) -> Principal:
        if principal.expires_microsecond <= self._wall().microsecond:
            raise Unauthenticated("The token has expired.")
        return principal

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
