"""A name for the content of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson


def fingerprint(document: Mapping[str, Any]) -> str:
    """The same for the same content, wherever it lies and however it is laid out."""
    return sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
