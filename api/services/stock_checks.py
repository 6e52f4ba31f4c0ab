"""Whether a move of a lot may be written as things stand: what the rules say, at the places of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from api.errors import Place
from api.places import pointer
from api.schemas.stock import (
    CountIn,
    CrossmatchIn,
    IssueIn,
    LossIn,
    MoveIn,
    ReceiptIn,
    ReturnIn,
    StockTransferIn,
    UnlockIn,
)
from api.services.changes import Changes
from models.repositories.stock import LotCard, last_minute, patients_of
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import HandlingClass, Lot, LotState, Minute, blood_is_compatible
from solver.pharmacy.ledger.checks import Standing, against
from solver.pharmacy.ledger.moves import LedgerLot, Move, MoveKind

KINDS: Final[Mapping[type, MoveKind]] = {
    ReceiptIn: MoveKind.RECEIPT,
    IssueIn: MoveKind.ISSUE,
    ReturnIn: MoveKind.RETURN,
    LossIn: MoveKind.LOSS,
    StockTransferIn: MoveKind.TRANSFER,
    CountIn: MoveKind.COUNT,
    UnlockIn: MoveKind.COUNT,
}


@dataclass(frozen=True, slots=True)
class Told:
    """One move as it is to be written; ``witness`` None where nobody need confirm, or nobody has yet."""

    id: str
    asked: MoveIn
    actor: str
    witness: str | None = None


class Faults:
    """What is wrong with one move; ``at`` are the steps of the pointer to it."""

    def __init__(self, *at: str | int) -> None:
        self._at = at
        self.places: list[Place] = []

    def add(self, field: str, expected: str) -> None:
        """Note what a field should have been."""
        self.places.append(Place(pointer(*self._at, field), expected))

    def take(self, problems: Iterable[Problem], fields: Mapping[str, str]) -> None:
        """Note what the pharmacy's rules say; ``fields``: what the request calls theirs."""
        for problem in problems:
            field = problem.where.rpartition(", ")[2]
            self.add(fields.get(field, field), f"{problem.expected}. {problem.remedy}")


def check(
    told: Told, lot: Lot, card: LotCard, handling: HandlingClass, changes: Changes, faults: Faults
) -> None:
    """Everything the ledger's rules say against a move."""
    asked = told.asked
    if isinstance(asked, ReceiptIn):
        _check_receipt(asked, lot, changes, faults)
    if isinstance(asked, UnlockIn) and lot.state is not LotState.LOCKED:
        faults.add("lot_id", "a lot that is locked")
    person_id = getattr(asked, "person_id", None)
    if person_id is not None and changes.desk.person(person_id) is None:
        faults.add("person_id", "a person known here")
    if isinstance(asked, StockTransferIn) and asked.ward_id not in (None, *changes.records.wards):
        faults.add("ward_id", "a ward known here (GET /wards), or null")
    if isinstance(asked, CrossmatchIn):
        _check_match(asked, lot, handling, changes, faults)
        return
    try:
        made = _as_move(told, lot, changes)
        entry = LedgerLot(
            lot.id,
            lot.drug_id,
            lot.expires,
            handling,
            card.pack,
            lot.minimum_minutes_left,
            lot.blood_group,
            lot.crossmatched_for,
            lot.crossmatched_until,
        )
    except InvalidInstance as refused:
        faults.take(refused.problems, {"to_place": "ward_id"})
        return
    faults.take(against(made, entry, _standing(asked, lot, changes)), {"at": "received"})


def _check_receipt(asked: ReceiptIn, lot: Lot, changes: Changes, faults: Faults) -> None:
    if asked.drug_id not in (None, lot.drug_id):
        faults.add("drug_id", "the drug of the lot")
    if asked.expires not in (None, lot.expires):
        faults.add("expires", "the time at which the lot expires")
    if lot.id in changes.records.lots and asked.ward_id not in (None, lot.ward_id):
        faults.add("ward_id", "where the lot lies; a transfer takes it elsewhere")
    if asked.received is not None and asked.received > changes.now:
        faults.add("received", "a time that has come")
    if asked.crossmatched_until is not None and not changes.now < asked.crossmatched_until <= lot.expires:
        faults.add("crossmatched_until", "a time to come, and not after the unit expires")


def _check_match(
    asked: CrossmatchIn, lot: Lot, handling: HandlingClass, changes: Changes, faults: Faults
) -> None:
    """What was reserved rests on the match there is: it may last longer, and is not taken from anybody."""
    if handling is not HandlingClass.BLOOD or lot.state is not LotState.AVAILABLE:
        faults.add("lot_id", "an available unit of blood")
    elif lot.reserved and (asked.person_id != lot.crossmatched_for or _shorter(asked.until, lot)):
        faults.add("lot_id", "a unit that is reserved for nobody; give the booking that has it back first")
    if asked.until is not None and not changes.now < asked.until <= lot.expires:
        faults.add("until", "a time to come, and not after the unit expires")
    if asked.person_id is None:
        if asked.until is not None:
            faults.add("until", "null: it is matched for nobody")
        return
    person = changes.desk.person(asked.person_id)
    group = None if person is None else person.blood_group
    if lot.blood_group is None or not blood_is_compatible(lot.blood_group, group):
        faults.add(
            "person_id", "a person of a group that the unit is compatible with (of an unknown one: O-)"
        )


def _shorter(until: Minute | None, lot: Lot) -> bool:
    return until is not None and until < (lot.crossmatched_until or lot.expires)


def _as_move(told: Told, lot: Lot, changes: Changes) -> Move:
    """What the pharmacy's rules judge. That a second person is still to come is not held against whoever asks."""
    asked = told.asked
    at = asked.received if isinstance(asked, ReceiptIn) and asked.received is not None else changes.now
    counted = isinstance(asked, CountIn | UnlockIn)
    return Move(
        told.id,
        KINDS[type(asked)],
        lot.id,
        asked.counted if counted else asked.quantity,  # type: ignore[union-attr]
        _place(lot.ward_id),
        at,
        told.actor,
        _place(asked.ward_id) if isinstance(asked, StockTransferIn) else None,
        getattr(asked, "person_id", None),
        told.witness or f"not {told.actor}",
    )


def _place(ward_id: str | None) -> str:
    return "central pharmacy" if ward_id is None else f"cabinet of {ward_id}"


def _standing(asked: MoveIn, lot: Lot, changes: Changes) -> Standing:
    """What is there for this move: for losses all of it, else what is not reserved for others."""
    mine = 0
    if isinstance(asked, IssueIn):
        mine = sum(quantity for _, quantity in reserved_for(asked.person_id, lot.id, changes))
    there = lot.on_hand if isinstance(asked, LossIn) else lot.available + mine
    person_id = getattr(asked, "person_id", None)
    had, group = 0, None
    if person_id is not None:
        had = changes.desk.storage(lambda c: patients_of(c, [lot.id])).get(person_id, 0)
        had -= sum(m.quantity for m in changes.moves if (m.lot_id, m.person_id) == (lot.id, person_id))
        person = changes.desk.person(person_id)
        group = None if person is None else person.blood_group
    last = None
    if isinstance(asked, ReceiptIn) and lot.id in changes.records.lots:
        last = changes.desk.storage(lambda c: last_minute(c, lot.id))
    return Standing(lot.state, there, had, last, group)


def reserved_for(person_id: str, lot_id: str, changes: Changes) -> list[tuple[str, int]]:
    """Requests of a person for which some of a lot is reserved and was not given, and how much."""
    found = []
    for request_id in sorted(changes.desk.requests_of_person.get(person_id, ())):
        case = changes.desk.cases[request_id]
        if case.allocation is None or lot_id in case.explanation.get("dispensed", ()):
            continue
        units = sum(use.quantity for use in case.allocation.lots if use.lot_id == lot_id)
        found += [(request_id, units)] if units else []
    return found
