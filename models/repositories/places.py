"""Wards, rooms, beds: their structure, and of a bed's four facts the operational status and the blocks."""

from __future__ import annotations

from sqlalchemy import false, insert, select, update

from models import rows
from models.commands import Transaction
from models.errors import NotFound
from models.repositories.versions import add, revise
from models.store import block_row
from models.tables.places import bed, bed_status, place_block, room, ward
from solver.hospital import Bed, Block, Minute, OperationalStatus, Room, Ward

_COLUMNS = {Ward: "ward_id", Room: "room_id", Bed: "bed_id"}
_TABLES = {Ward: ward, Room: room, Bed: bed}


def insert_bed(transaction: Transaction, record: Bed) -> None:
    """Add a bed, such as a temporary extra bed, with its status and blocks."""
    transaction.connection.execute(insert(bed), rows.row(record))
    set_status(transaction, record.id, record.status, record.clean_at)
    save_blocks(transaction, record, (), record.blocks)


def remove_bed(transaction: Transaction, bed_id: str) -> None:
    """Take a bed away; its history stays."""
    gone = update(bed).where(bed.c.id == bed_id).values(removed_minute=transaction.now.minute)
    if transaction.connection.execute(gone).rowcount != 1:
        raise NotFound("bed", bed_id)


def update_place(transaction: Transaction, before: Ward | Room | Bed, after: Ward | Room | Bed) -> None:
    """Change a ward, room or bed: its own columns, its blocks, and a bed's status."""
    table = _TABLES[type(after)]
    changed = {name: value for name, value in rows.row(after).items() if rows.row(before)[name] != value}
    if changed:
        transaction.connection.execute(update(table).where(table.c.id == after.id).values(**changed))
    if before.blocks != after.blocks:
        save_blocks(transaction, after, before.blocks, after.blocks)
    if isinstance(before, Bed) and isinstance(after, Bed) and _status(before) != _status(after):
        set_status(transaction, after.id, after.status, after.clean_at)


def set_status(
    transaction: Transaction, bed_id: str, status: OperationalStatus, clean_at: Minute | None
) -> None:
    """From this minute on the bed has this operational status; ``clean_at`` is when its cleaning ends."""
    minute = transaction.now.minute
    values = {"status": status.value, "clean_at": clean_at}
    in_force = transaction.connection.execute(
        select(bed_status.c.id, bed_status.c.start_minute).where(
            bed_status.c.bed_id == bed_id, bed_status.c.end_minute.is_(None)
        )
    ).first()
    if in_force is not None and in_force.start_minute >= minute:
        revise(transaction, bed_status, in_force.id, values)
        return
    if in_force is not None:
        revise(transaction, bed_status, in_force.id, {"end_minute": minute})
    interval = {"start_minute": minute, "end_minute": None}
    add(transaction, bed_status, {"id": f"{bed_id}/{minute}", "bed_id": bed_id, **interval, **values})


def save_blocks(
    transaction: Transaction,
    place: Ward | Room | Bed,
    before: tuple[Block, ...],
    after: tuple[Block, ...],
) -> None:
    """Store new blocks; one with the same start and reason got another end; one that is gone was lifted
    now."""
    kept = {(block.start, block.reason): block for block in after}
    known = {(block.start, block.reason) for block in before}
    for block in before:
        stands = kept.get((block.start, block.reason))
        if stands is None:
            _lift(transaction, place, block)
        elif stands.end != block.end:
            revise(transaction, place_block, _block_id(transaction, place, block), {"end_minute": stands.end})
    column = _COLUMNS[type(place)]
    for number, block in enumerate(after):
        if (block.start, block.reason) not in known:
            block_id = f"{place.id}/{column}/{transaction.now.microsecond}/{number}"
            add(transaction, place_block, block_row(block_id, column, place.id, block))


def _lift(transaction: Transaction, place: Ward | Room | Bed, block: Block) -> None:
    minute = transaction.now.minute
    if block.end is not None and block.end <= minute:
        return
    began = block.start < minute
    values = {"end_minute": minute} if began else {"void": True}
    revise(transaction, place_block, _block_id(transaction, place, block), values)


def _status(record: Bed) -> tuple[OperationalStatus, Minute | None]:
    return record.status, record.clean_at


def _block_id(transaction: Transaction, place: Ward | Room | Bed, block: Block) -> str:
    column = place_block.c[_COLUMNS[type(place)]]
    found = transaction.connection.scalars(
        select(place_block.c.id).where(
            column == place.id,
            place_block.c.start_minute == block.start,
            place_block.c.reason == block.reason,
            place_block.c.end_minute.is_not_distinct_from(block.end),
            place_block.c.void.is_(false()),
        )
    ).first()
    if found is None:
        raise NotFound("block", f"{place.id} from {block.start}")
    return str(found)
