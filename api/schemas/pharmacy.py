"""Orders of a pharmacy as they are asked for."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.base import Readable, Strict

LONGEST_STOCK: Final = 8_000_000


class PharmacyPlanIn(Strict):
    """Stock as the JSON document that docs/pharmacy.md describes, as text: items, lots and issues so far, nobody's
    name; ``seed``: which chance."""

    stock: Annotated[Readable, Field(min_length=1, max_length=LONGEST_STOCK)]
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1
