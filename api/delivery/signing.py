"""Signatures in the form of the Standard Webhooks specification 1.0 (github.com/standard-webhooks/standard-webhooks).

Signed is ``id.timestamp.body`` with HMAC-SHA-256; the header holds ``v1,`` and the signature in base64, one for each
secret that is good at the moment, parted by blanks.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret(random_bytes: Callable[[int], bytes]) -> bytes:
    """256 random bits; the specification asks for 192 to 512."""
    return random_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """A secret as it is shown, once."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(message_id: str, seconds: int, body: bytes, secrets: Iterable[bytes]) -> dict[str, str]:
    """The three headers of a message; ``seconds`` since 1970-01-01T00:00Z, of this attempt."""
    content = b"%s.%d." % (message_id.encode(), seconds) + body
    signatures = (base64.b64encode(hmac.digest(s, content, "sha256")).decode() for s in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
