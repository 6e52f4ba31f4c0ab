"""The ledger of stock: what people tell of lots. Placing reads the same lots: what is moved here is there, or gone,
with the next decision of the same batch.

What a move needs is checked by the pharmacy's own rules (``solver.pharmacy.ledger.checks``). Moves of controlled drugs
and of blood wait until another account confirms them; nothing moves before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api.errors import InvalidInput, Place, WrongState
from api.places import pointer
from api.schemas.stock import (
    CountIn,
    IssueIn,
    LossIn,
    MoveIn,
    MovesIn,
    ReceiptIn,
    ReturnIn,
    StockTransferIn,
    UnlockIn,
)
from api.security.access import Access
from api.security.permissions import Permission
from api.services import repair
from api.services.changes import Changes
from api.services.disruptions.supplies import bar
from models.commands import Answer
from models.repositories.stock import (
    AwaitingMove,
    LotCard,
    StoredMove,
    last_minute,
    load_awaiting,
    load_cards,
    part_on_ward,
    patients_of,
)
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import HandlingClass, Lot, LotState
from solver.pharmacy.ledger.checks import WITNESSED, Standing, against
from solver.pharmacy.ledger.moves import LedgerLot, Move, MoveKind
from solver.placing import phrases

AWAITING: Final = "awaiting_witness"
WRITTEN: Final = "written"

KINDS: Final[Mapping[type, MoveKind]] = {
    ReceiptIn: MoveKind.RECEIPT,
    IssueIn: MoveKind.ISSUE,
    ReturnIn: MoveKind.RETURN,
    LossIn: MoveKind.LOSS,
    StockTransferIn: MoveKind.TRANSFER,
    CountIn: MoveKind.COUNT,
    UnlockIn: MoveKind.COUNT,
}

STOCK_ALONE: Final = (ReceiptIn, StockTransferIn, UnlockIn)
"""What only a pharmacist tells, on whatever ward it lies."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What somebody tells."""

    body: MovesIn
    access: Access


@dataclass(frozen=True, slots=True)
class Witness:
    """The second person's answer."""

    move_id: str
    confirmed: bool
    access: Access


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

    def take(self, problems: Iterator[Problem] | tuple[Problem, ...], fields: Mapping[str, str]) -> None:
        """Note what the pharmacy's rules say; ``fields``: what the request calls theirs."""
        for problem in problems:
            field = problem.where.rpartition(", ")[2]
            self.add(fields.get(field, field), f"{problem.expected}. {problem.remedy}")


# --- commands -----------------------------------------------------------------------------------------------
def move(command: Moves, changes: Changes) -> Answer:
    """Write all moves, or none: raises ``InvalidInput`` with every fault of every move. Those that need a second person
    wait."""
    told = [Told(changes.desk.new_id("mov"), asked, changes.actor) for asked in command.body.moves]
    wrong: list[Place] = []
    items = []
    for number, one in enumerate(told):
        faults = Faults("moves", number)
        items.append(_take(one, command.access, changes, faults))
        wrong += faults.places
    if wrong:
        raise InvalidInput(wrong, "Nothing was written.")
    return Answer(200, {"items": items})


def witness(command: Witness, changes: Changes) -> Answer:
    """A second person confirms what one asked for, and then it is written, or declines, and then it never is."""
    waiting = changes.desk.storage(lambda connection: load_awaiting(connection, command.move_id))
    asked = parsed(waiting.asked)
    _require(asked, command.access, changes, second=True)
    if waiting.state != "open":
        raise WrongState(f"The move was {waiting.state} already.")
    if command.confirmed and waiting.asked_by == changes.actor:
        raise WrongState("Whoever asked for a move does not confirm it.", "Have another person confirm it.")
    state = "confirmed" if command.confirmed else "declined"
    changes.awaiting.append(replace(waiting, state=state, decided_by=changes.actor))
    if not command.confirmed:
        changes.tell("stock.declined", waiting.id, lot_id=waiting.lot_id)
        return Answer(200, {"items": [_item(waiting.id, asked, state)]})
    faults = Faults("move")
    item = _take(Told(waiting.id, asked, waiting.asked_by, changes.actor), command.access, changes, faults)
    if faults.places:
        raise InvalidInput(faults.places, "The move can no longer be written.", "Decline it; ask anew.")
    return Answer(200, {"items": [item]})


def parsed(asked: Mapping[str, Any]) -> MoveIn:
    """A stored move as it was asked for; times are whole minutes there."""
    kind: type[Any] = next(model for model in KINDS if _kind(model) == asked["kind"])
    made: MoveIn = kind.model_construct(**asked)
    return made


def _kind(model: type[Any]) -> str:
    return str(model.model_fields["kind"].annotation.__args__[0])


# --- one move -----------------------------------------------------------------------------------------------
def _take(told: Told, access: Access, changes: Changes, faults: Faults) -> dict[str, Any]:
    """Check a move, and write it or let it wait; with faults nothing of the command is stored."""
    asked = told.asked
    lot, card = _lot_of(asked, changes, faults)
    if lot is None or card is None:
        return {}
    _require(asked, access, changes, second=told.witness is not None)
    handling = changes.records.drugs[lot.drug_id].handling
    _check(told, lot, card, handling, changes, faults)
    if faults.places:
        return {}
    if handling in WITNESSED and told.witness is None:
        if lot.id not in changes.records.lots:
            _open(lot, card, changes)
        said = asked.model_dump(exclude_none=True, mode="python")
        changes.awaiting.append(AwaitingMove(told.id, lot.id, said, told.actor))
        changes.tell("stock.awaits_witness", told.id, lot_id=lot.id, move=asked.kind)
        return _item(told.id, asked, AWAITING)
    _WRITE[type(asked)](told, lot, card, changes, faults)
    return _item(told.id, asked, WRITTEN)


def _item(move_id: str, asked: MoveIn, state: str) -> dict[str, Any]:
    return {"move_id": move_id, "kind": asked.kind, "lot_id": asked.lot_id, "state": state}


def _require(asked: MoveIn, access: Access, changes: Changes, second: bool = False) -> None:
    """A ward's people tell of its own cabinet, and confirm whatever is done there; a pharmacist tells of everything."""
    lot = changes.records.lots.get(asked.lot_id)
    going = asked.ward_id if isinstance(asked, ReceiptIn) else None
    ward_id = going if lot is None else lot.ward_id
    stock = ward_id is None or (isinstance(asked, STOCK_ALONE) and not second)
    access.require(ward_id, Permission.PHARMACY_STOCK if stock else Permission.PHARMACY_MOVE)
    if isinstance(asked, StockTransferIn) and not second:
        access.require(asked.ward_id, Permission.PHARMACY_STOCK)


def _lot_of(asked: MoveIn, changes: Changes, faults: Faults) -> tuple[Lot | None, LotCard | None]:
    """The lot a move is about with its card; of a receipt one that is made for it."""
    lot = changes.records.lots.get(asked.lot_id)
    if lot is not None:
        card = next((c for c in changes.cards if c.lot_id == lot.id), None)
        return lot, card or changes.desk.storage(lambda c: load_cards(c, [lot.id]))[lot.id]
    if not isinstance(asked, ReceiptIn):
        faults.add("lot_id", "a lot known here (GET /drug-lots)")
        return None, None
    return _new_lot(asked, changes, faults)


def _new_lot(asked: ReceiptIn, changes: Changes, faults: Faults) -> tuple[Lot | None, LotCard | None]:
    if asked.drug_id not in changes.records.drugs:
        faults.add("drug_id", "a drug known here (GET /drugs)")
    if asked.expires is None:
        faults.add("expires", "when the new lot expires")
    if asked.ward_id is not None and asked.ward_id not in changes.records.wards:
        faults.add("ward_id", "a ward known here (GET /wards), or null")
    if faults.places or asked.drug_id is None or asked.expires is None:
        return None, None
    blood = changes.records.drugs[asked.drug_id].handling is HandlingClass.BLOOD
    lot = Lot(
        asked.lot_id,
        asked.drug_id,
        0,
        asked.expires,
        ward_id=asked.ward_id,
        blood_group=asked.blood_group if blood else None,
        crossmatched_for=asked.crossmatched_for if blood else None,
    )
    received = changes.now if asked.received is None else asked.received
    return lot, LotCard(lot.id, lot.id, asked.pack, asked.minimum_minutes_left, received)


def _check(
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
    try:
        made = _as_move(told, lot, changes)
        entry = LedgerLot(
            lot.id,
            lot.drug_id,
            lot.expires,
            handling,
            card.pack,
            card.minimum_minutes_left,
            lot.blood_group,
            lot.crossmatched_for,
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
        mine = sum(quantity for _, quantity in _reserved_for(asked.person_id, lot.id, changes))
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


def _reserved_for(person_id: str, lot_id: str, changes: Changes) -> list[tuple[str, int]]:
    """Requests of a person for which some of a lot is reserved and was not given, and how much."""
    found = []
    for request_id in sorted(changes.desk.requests_of_person.get(person_id, ())):
        case = changes.desk.cases[request_id]
        if case.allocation is None or lot_id in case.explanation.get("dispensed", ()):
            continue
        units = sum(use.quantity for use in case.allocation.lots if use.lot_id == lot_id)
        found += [(request_id, units)] if units else []
    return found


# --- writing ------------------------------------------------------------------------------------------------
def _receipt(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    asked = told.asked
    assert isinstance(asked, ReceiptIn), "chosen by its kind"
    if lot.id not in changes.records.lots:
        _open(lot, card, changes)
    minute = changes.now if asked.received is None else asked.received
    _write(told, lot.id, MoveKind.RECEIPT, asked.quantity, changes, minute=minute)


def _open(lot: Lot, card: LotCard, changes: Changes) -> None:
    changes.put(lot)
    changes.cards.append(card)


def _issue(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    asked = told.asked
    assert isinstance(asked, IssueIn), "chosen by its kind"
    left = asked.quantity
    for request_id, _ in _reserved_for(asked.person_id, lot.id, changes):
        left -= _use_up(request_id, lot.id, left, changes)
    _write(told, lot.id, MoveKind.ISSUE, -asked.quantity, changes, person_id=asked.person_id)


def _use_up(request_id: str, lot_id: str, most: int, changes: Changes) -> int:
    """What was reserved for somebody who now has it is reserved no longer; returns how much."""
    case = changes.desk.cases[request_id]
    assert case.allocation is not None, "looked up by its lots"
    uses, taken = [], 0
    for use in case.allocation.lots:
        part = min(use.quantity, most - taken) if use.lot_id == lot_id else 0
        taken += part
        uses += [replace(use, quantity=use.quantity - part)] if use.quantity > part else []
    if taken:
        changes.reserve(lot_id, -taken)
        changes.set_case(replace(case, allocation=replace(case.allocation, lots=tuple(uses))))
    return taken


def _return(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    asked = told.asked
    assert isinstance(asked, ReturnIn), "chosen by its kind"
    _write(told, lot.id, MoveKind.RETURN, asked.quantity, changes, person_id=asked.person_id)


def _loss(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    asked = told.asked
    assert isinstance(asked, LossIn), "chosen by its kind"
    _lower(told, lot, asked.quantity, MoveKind.LOSS, changes, faults)


def _transfer(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    """Out of one lot and into the part of it that lies there, which is made if there is none."""
    asked = told.asked
    assert isinstance(asked, StockTransferIn), "chosen by its kind"
    origin, ward_id = card.origin_id, asked.ward_id
    made = (c.lot_id for c in changes.cards if c.origin_id == origin)
    there = next((i for i in made if changes.records.lots[i].ward_id == ward_id), None)
    there = there or changes.desk.storage(lambda c: part_on_ward(c, origin, ward_id))
    if there is None or there not in changes.records.lots:
        there = changes.desk.new_id("lot")
        part = replace(lot, id=there, on_hand=0, reserved=0, ward_id=ward_id)
        _open(part, replace(card, lot_id=there, received=changes.now), changes)
    _write(told, lot.id, MoveKind.TRANSFER, -asked.quantity, changes, other_lot_id=there)
    arrives = replace(told, id=f"{told.id}/in")
    _write(arrives, there, MoveKind.TRANSFER, asked.quantity, changes, other_lot_id=lot.id)


def _count(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    """Another number than the balance corrects it; of a controlled drug it locks the lot, and two people look."""
    asked = told.asked
    assert isinstance(asked, CountIn | UnlockIn), "chosen by its kind"
    handling = changes.records.drugs[lot.drug_id].handling
    found = {"expected": lot.on_hand, "counted": asked.counted}
    if isinstance(asked, CountIn) and handling is HandlingClass.CONTROLLED:
        _write(told, lot.id, MoveKind.COUNT, 0, changes, **found)
        if asked.counted != lot.on_hand:
            changes.tell("stock.discrepancy", lot.id, drug_id=lot.drug_id, **found)
            if lot.state is not LotState.RECALLED:
                bar(lot, LotState.LOCKED, phrases.LOT_LOCKED.of(lot=lot.id), changes)
        return
    if isinstance(asked, UnlockIn):
        changes.put(replace(lot, state=LotState.AVAILABLE))
        changes.came_free = True
    if asked.counted >= lot.on_hand:
        _write(told, lot.id, MoveKind.COUNT, asked.counted - lot.on_hand, changes, **found)
    else:
        _lower(told, lot, lot.on_hand - asked.counted, MoveKind.COUNT, changes, faults, **found)


def _lower(
    told: Told, lot: Lot, units: int, kind: MoveKind, changes: Changes, faults: Faults, **more: Any
) -> None:
    """Units are gone, reserved or not: bookings that rested on them are decided again."""
    short = changes.records.lots[lot.id].available < units
    booked = [c for c in repair.of_lots([lot.id], changes) if repair.is_booked(c, changes)] if short else []
    with repair.around(booked, changes):
        left = changes.records.lots[lot.id]
        if left.available < units:
            field = "counted" if kind is MoveKind.COUNT else "quantity"
            faults.add(field, "no less than is reserved for who is on the way or here; give them another lot")
        else:
            _write(told, lot.id, kind, -units, changes, **more)


def _write(
    told: Told,
    lot_id: str,
    kind: MoveKind,
    quantity: int,
    changes: Changes,
    minute: int | None = None,
    **more: Any,
) -> None:
    """One row of the ledger; the lot that placing reads holds so much more or less from now on."""
    at = changes.now if minute is None else minute
    changes.moves.append(
        StoredMove(told.id, lot_id, kind.value, quantity, at, told.actor, told.witness, **more)
    )
    lot = changes.records.lots[lot_id]
    changes.put(replace(lot, on_hand=lot.on_hand + quantity))
    changes.came_free = changes.came_free or quantity > 0
    changes.tell("stock.moved", told.id, lot_id=lot_id, move=kind.value, quantity=quantity)


_WRITE: Final[Mapping[type, Callable[[Told, Lot, LotCard, Changes, Faults], None]]] = {
    ReceiptIn: _receipt,
    IssueIn: _issue,
    ReturnIn: _return,
    LossIn: _loss,
    StockTransferIn: _transfer,
    CountIn: _count,
    UnlockIn: _count,
}
