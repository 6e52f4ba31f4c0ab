"""What somebody was told to look at in the stock, and which of it still stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from models.commands import Transaction
from models.tables.stock import stock_alert


@dataclass(frozen=True, slots=True, order=True)
class AlertKey:
    """One alert: its kind, the drug, and the lot if it is about one (else empty)."""

    kind: str
    drug_id: str
    lot_id: str = ""


def standing(connection: Connection) -> dict[AlertKey, int]:
    """Every alert that was told and is not over, with the microsecond it was told at."""
    rows = connection.execute(select(stock_alert))
    return {AlertKey(row.kind, row.drug_id, row.lot_id): row.told_microsecond for row in rows}


def insert_alert(transaction: Transaction, key: AlertKey) -> None:
    """Keep that an alert was told. Raises ``IntegrityError`` for one that stands."""
    told = {"told_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(stock_alert), asdict(key) | told)


def end_alert(transaction: Transaction, key: AlertKey) -> None:
    """An alert that is over may be told anew; that it was told is in the audit trail."""
    table = stock_alert.c
    mine = (table.kind == key.kind, table.drug_id == key.drug_id, table.lot_id == key.lot_id)
    transaction.connection.execute(delete(stock_alert).where(*mine))
