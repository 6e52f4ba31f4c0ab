"""The ledger of stock: what people tell of lots. Placing reads the same lots: what is moved here is there, or gone,
with the next decision of the same batch.

What a move needs is checked by the pharmacy's own rules (``solver.pharmacy.ledger.checks``). Moves of controlled drugs
and of blood wait until another account confirms them; nothing moves before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api.errors import InvalidInput, Place, WrongState
from api.schemas.stock import (
    CountIn,
    CrossmatchIn,
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
from api.services.stock_checks import Faults, Told, check, reserved_for
from models.commands import Answer
from models.repositories.stock import (
    AwaitingMove,
    LotCard,
    StoredMove,
    load_awaiting,
    load_cards,
    part_on_ward,
)
from solver.hospital import HandlingClass, Lot, LotState
from solver.pharmacy.ledger.checks import WITNESSED
from solver.pharmacy.ledger.moves import MoveKind
from solver.placing import phrases

AWAITING: Final = "awaiting_witness"
WRITTEN: Final = "written"

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
    kind: type[Any] = next(model for model in _WRITE if _kind(model) == asked["kind"])
    # What was null is not stored, required or not.
    nothing = {name: None for name, field in kind.model_fields.items() if field.is_required()}
    made: MoveIn = kind.model_construct(**{**nothing, **asked})
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
    check(told, lot, card, handling, changes, faults)
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
        minimum_minutes_left=asked.minimum_minutes_left,
        crossmatched_until=asked.crossmatched_until if blood and asked.crossmatched_for else None,
    )
    received = changes.now if asked.received is None else asked.received
    return lot, LotCard(lot.id, lot.id, asked.pack, asked.minimum_minutes_left, received)


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
    for request_id, _ in reserved_for(asked.person_id, lot.id, changes):
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


def _crossmatch(told: Told, lot: Lot, card: LotCard, changes: Changes, faults: Faults) -> None:
    """A unit of blood is for one person from now on, or for nobody; whoever waits for it is decided again."""
    asked = told.asked
    assert isinstance(asked, CrossmatchIn), "chosen by its kind"
    changes.put(replace(lot, crossmatched_for=asked.person_id, crossmatched_until=asked.until))
    changes.came_free = changes.came_free or asked.person_id is not None
    witnesses = {"actor": told.actor, "witness": told.witness}
    changes.tell(
        "stock.crossmatched", lot.id, move_id=told.id, **witnesses, matched=asked.person_id is not None
    )


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
    CrossmatchIn: _crossmatch,
}
