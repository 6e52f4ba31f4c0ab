"""Sites: their walking times, which change when a lift stands still."""

from __future__ import annotations

from sqlalchemy import update

from models import rows
from models.commands import Transaction
from models.errors import NotFound
from models.tables.places import site
from solver.hospital import Site


def update_site(transaction: Transaction, record: Site) -> None:
    """Change a site; raises ``NotFound``."""
    values = {name: value for name, value in rows.row(record).items() if name != "id"}
    changed = transaction.connection.execute(update(site).where(site.c.id == record.id).values(**values))
    if changed.rowcount != 1:
        raise NotFound("site", record.id)
