"""Answers about the ledger of stock."""

from __future__ import annotations

from typing import Literal

from api.schemas.answers.common import Aged, PageOut, Time
from api.schemas.base import Out
from solver.hospital import HandlingClass, LotState

Told = Literal["receipt", "issue", "return", "loss", "transfer", "count", "unlock"]


class MoveOut(Out):
    """A move as it stands: written; waiting for another account's confirmation, and then nothing has moved yet; or
    declined."""

    move_id: str
    kind: Told
    lot_id: str
    state: Literal["written", "awaiting_witness", "declined"]


class MovesOut(Aged):
    """What came of the moves, in their order."""

    items: list[MoveOut]


class AwaitingOut(Out):
    """A move that waits for another account's confirmation; ``quantity``: of a count, what was counted."""

    move_id: str
    lot_id: str
    kind: Told
    quantity: int
    asked_by: str
    asked_at: Time


class AwaitingPage(PageOut[AwaitingOut]):
    """Moves that wait, oldest first."""


class BalanceOut(Out):
    """One drug in one cabinet; ``ward_id`` null: the central pharmacy."""

    id: str
    drug_id: str
    ward_id: str | None
    handling: HandlingClass
    on_hand: int
    reserved: int
    lots: int


class BalancePage(PageOut[BalanceOut]):
    """Balances by drug and cabinet."""


class EntryOut(Out):
    """One line of a lot's card. ``balance``: what was there after it. Who had it is told where the account may read of
    that patient."""

    id: str
    at: Time
    recorded: Time
    move: Literal["opening", "receipt", "issue", "return", "waste", "transfer", "count", "dispensed"]
    quantity: int
    balance: int
    actor: str | None
    witness: str | None
    person_id: str | None
    allocation_id: str | None
    other_lot_id: str | None
    expected: int | None
    counted: int | None


class CardOut(Out):
    """A lot and all that ever happened to it. ``parts``: what of the same lot lies elsewhere, itself among them."""

    lot_id: str
    drug_id: str
    handling: HandlingClass
    ward_id: str | None
    origin_id: str
    parts: list[str]
    pack: int
    minimum_minutes_left: int
    expires: Time
    state: LotState
    on_hand: int
    reserved: int
    entries: list[EntryOut]
