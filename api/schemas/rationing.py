"""The committee's order of priorities in shortages: proposed, put in force."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Identity, Reason, Strict
from solver.pharmacy.rationing import Criterion

Band = Annotated[int, Field(ge=1, le=3650)]


class RationingOrderIn(Strict):
    """An order of priorities as a committee set it. The first of ``criteria`` decides, ties go to the next; what is
    equal in all is one class, shared between wards in proportion to what they asked for, then who asked first.
    ``cover_bands``: ascending days of cover that part who comes before whom. An order may look at nothing else."""

    committee: Identity
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=len(Criterion))]
    cover_bands: Annotated[tuple[Band, ...], Field(max_length=20)] = (1, 3, 7)
    reason: Reason


class RationingActivationIn(Strict):
    """Why a version comes into force."""

    reason: Reason
