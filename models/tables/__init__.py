"""The tables, by subject; importing this package fills ``metadata`` with all of them."""

from models.tables import accounts, ledger
from models.tables.base import metadata

__all__ = ["accounts", "ledger", "metadata"]
