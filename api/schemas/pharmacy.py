"""Orders of a pharmacy as they are asked for."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.base import Identity, Readable, Strict
from solver.hospital.door import MAX_COUNT

LONGEST_STOCK: Final = 8_000_000


Price = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=3650)]


class OrderCostsIn(Strict):
    """What things cost in money of one kind (assumed, unless told)."""

    order: Price = 0.0
    fixed: Price = 0.0
    shortage: Price = 20.0
    wastage: Price = 8.0
    holding: Price = 0.02


class OrderTermsIn(Strict):
    """What the ledger does not know of ordering, for all drugs alike (assumed, unless told)."""

    lead_time_days: Annotated[int, Field(ge=1, le=60)] = 2
    review_days: Annotated[int, Field(ge=1, le=60)] = 1
    useful_life_days: Days = 365
    costs: OrderCostsIn = OrderCostsIn()


class PharmacyPlanIn(Strict):
    """Without ``stock``, stock and demand come from the live hospital's ledger, and ``terms`` says what it does not
    know. ``stock``: the JSON document that docs/pharmacy.md describes, as text: items, lots and issues so far, nobody's
    name. ``seed``: which chance."""

    stock: Annotated[Readable, Field(min_length=1, max_length=LONGEST_STOCK)] | None = None
    terms: OrderTermsIn = OrderTermsIn()
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1


class OrderLineIn(Strict):
    """One line as the pharmacist wants it; without ``quantity`` as it was proposed, 0 orders nothing of it."""

    item_id: Identity
    quantity: Annotated[int, Field(ge=0, le=MAX_COUNT)] | None = None


class AcceptIn(Strict):
    """Lines of a proposal that are decided now; the others stay open."""

    lines: Annotated[tuple[OrderLineIn, ...], Field(min_length=1, max_length=5000)]
