"""Moves of lots as they are told to the ledger."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Identity, Moment, Quantity, Strict
from solver.hospital import BloodGroup
from solver.hospital.door import MAX_COUNT

MOST_MOVES = 100

Counted = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class ReceiptIn(Strict):
    """Stock came in: a new lot, or more of one that is here. ``ward_id``: whose cabinet; null, the central pharmacy.
    ``received``: now, unless it is told later. A new lot needs ``drug_id`` and ``expires``."""

    kind: Literal["receipt"]
    lot_id: Identity
    quantity: Quantity
    drug_id: Identity | None = None
    expires: Moment | None = None
    received: Moment | None = None
    ward_id: Identity | None = None
    pack: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    minimum_minutes_left: Annotated[int, Field(ge=0, le=5_256_000)] = 0
    blood_group: BloodGroup | None = None
    crossmatched_for: Identity | None = None
    crossmatched_until: Moment | None = None


class IssueIn(Strict):
    """Somebody was given units; what was reserved for them there is used up first."""

    kind: Literal["issue"]
    lot_id: Identity
    quantity: Quantity
    person_id: Identity


class ReturnIn(Strict):
    """Somebody's units came back."""

    kind: Literal["return"]
    lot_id: Identity
    quantity: Quantity
    person_id: Identity


class LossIn(Strict):
    """Units were broken, lost or discarded."""

    kind: Literal["loss"]
    lot_id: Identity
    quantity: Quantity


class StockTransferIn(Strict):
    """Units went to another cabinet (``ward_id`` null: to the central pharmacy), where they are a lot of their own."""

    kind: Literal["transfer"]
    lot_id: Identity
    quantity: Quantity
    ward_id: Identity | None


class CountIn(Strict):
    """What was found where the lot lies. Of a controlled drug another number than the balance locks the lot."""

    kind: Literal["count"]
    lot_id: Identity
    counted: Counted


class UnlockIn(Strict):
    """A locked lot may be used again, with what two people counted."""

    kind: Literal["unlock"]
    lot_id: Identity
    counted: Counted


class CrossmatchIn(Strict):
    """A unit of blood was cross-matched for a person, which counts before ``until`` (null: until it expires); with
    ``person_id`` null it is matched for nobody any more."""

    kind: Literal["crossmatch"]
    lot_id: Identity
    person_id: Identity | None
    until: Moment | None = None


MoveIn = Annotated[
    ReceiptIn | IssueIn | ReturnIn | LossIn | StockTransferIn | CountIn | UnlockIn | CrossmatchIn,
    Field(discriminator="kind"),
]


class MovesIn(Strict):
    """Moves in the order they happened; all are written, or none."""

    moves: Annotated[tuple[MoveIn, ...], Field(min_length=1, max_length=MOST_MOVES)]


class WitnessIn(Strict):
    """The second person has nothing to add."""
