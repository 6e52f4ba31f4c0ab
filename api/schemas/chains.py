"""Looking for a chain of moves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Strict


class ChainIn(Strict):
    """``max_moves``: longest chain, others moved or rebooked; ``budget_ms``: how long the search may take."""

    max_moves: Annotated[int, Field(ge=1, le=3)] = 3
    budget_ms: Annotated[int, Field(ge=1, le=500)] = 100
