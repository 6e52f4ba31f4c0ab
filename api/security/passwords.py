"""Passwords: argon2id, a few at a time.

Parameters are argon2-cffi's defaults, RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes).
"""

from __future__ import annotations

import asyncio
import base64

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

MIN_LENGTH = 12
MAX_LENGTH = 200


class Passwords:
    """Hashes and checks passwords off the event loop, at most ``parallel`` at once (each takes 64 MiB)."""

    def __init__(self, parallel: int, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(parallel)
        # Checked against when the account is unknown, so that both cases take the same time.
        self._decoy = _decoy(self._hasher)

    async def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; ``stored`` None (no such account) takes as long and is False."""
        async with self._slots:
            right = await asyncio.to_thread(self._verify, stored or self._decoy, password)
        return right and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _decoy(hasher: PasswordHasher) -> str:
    """A hash that no password is known to have, as costly to check as a real one; written down, not computed, which
    would take each start 0.2 s of processor."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        base64.b64encode(bytes(n)).decode().rstrip("=") for n in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"
