"""Tokens: opaque, random, revocable. Storage has their hashes only; the text is shown once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.security.permissions import Grant

LIVE_PREFIX: Final = "wfl_"
SANDBOX_PREFIX: Final = "wfs_"
"""The class of a token shows: a client can refuse to send a sandbox token anywhere but to a sandbox."""

_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: an account with its grants, and the token it came with."""

    account_id: str
    login: str
    grants: tuple[Grant, ...]
    token_id: str
    sandbox_only: bool
    expires_microsecond: int


def new_token(sandbox: bool, random_bytes: Callable[[int], bytes]) -> str:
    """The text of a fresh token: 256 random bits under its prefix."""
    text = base64.urlsafe_b64encode(random_bytes(_SECRET_BYTES)).rstrip(b"=").decode()
    return (SANDBOX_PREFIX if sandbox else LIVE_PREFIX) + text


def hash_of_token(token: str) -> bytes:
    """SHA-256 of the text: a random secret of 256 bits needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()
