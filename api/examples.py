"""Examples of the OpenAPI document, by operation; a test executes each against a real hospital."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {}
