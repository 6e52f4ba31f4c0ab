"""Answers about the ledger of stock."""

from __future__ import annotations

from typing import Literal

from api.schemas.answers.common import Aged, PageOut, RuleId, Time
from api.schemas.answers.common import Told as Sentence
from api.schemas.base import Out
from solver.hospital import HandlingClass, LotState

Told = Literal["receipt", "issue", "return", "loss", "transfer", "count", "unlock", "crossmatch"]


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
    """A move that waits for another account's confirmation; ``quantity``: of a count, what was counted; null of a
    cross-match."""

    move_id: str
    lot_id: str
    kind: Told
    quantity: int | None
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


class LotAgainstOut(Out):
    """A lot of the drug or of an approved equivalent, and the first rule that keeps it away; null: it may serve.
    ``usable_until``: from then on it may no longer be given out, which is before it expires if it must last some time
    when it is. ``available``: units that are not reserved."""

    lot_id: str
    drug_id: str
    expires: Time
    usable_until: Time
    available: int
    rule_id: RuleId | None
    sentence: Sentence | None


class LotsOfNeedOut(Out):
    """One drug that a request asks for. ``given``: units allocated; ``free``: units in lots that may serve; ``short``:
    both together do not suffice."""

    drug_id: str
    quantity: int
    given: int
    free: int
    short: bool
    sentence: Sentence
    lots: list[LotAgainstOut]


class LotsWhyOut(Aged):
    """Why a request was given these lots, or none: as things are now."""

    request_id: str
    needs: list[LotsOfNeedOut]
    hospital_revision: int
