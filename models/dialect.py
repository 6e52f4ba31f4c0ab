"""What storage asks of a database beyond portable SQL; one implementation per database, in its folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from models.commands import Touched
from models.guards import Guard


class StorageDialect(Protocol):
    """The differences between SQLite and PostgreSQL that storage knows of."""

    name: str

    def violated_guard(self, error: IntegrityError) -> str:
        """The name of the guard or constraint that refused a write."""
        ...

    def take_write_lock(self, connection: Connection) -> None:
        """Make sure that no other process appends to the audit chain or the outbox until the commit."""
        ...

    def announce(self, connection: Connection, revision: int, touched: Iterable[Touched] | None) -> None:
        """Let other processes know, once this transaction is committed, what the batch touched."""
        ...

    def install_guards(self, connection: Connection, guards: Iterable[Guard]) -> None:
        """Put guards in place; the tables exist and have none."""
        ...

    def drop_guards(self, connection: Connection) -> None:
        """Remove every guard there is."""
        ...

    def objects(self, connection: Connection) -> dict[tuple[str, str], str]:
        """Every object of the database by kind and name, with its definition."""
        ...

    def guard_differences(self, connection: Connection, guards: Iterable[Guard]) -> list[str]:
        """Names of guards that are missing or altered; empty when all is well."""
        ...

    def check_foreign_keys(self, connection: Connection) -> None:
        """Raise ``DatabaseError`` if a row points nowhere."""
        ...
