"""Opening the hospital's database, embedded or PostgreSQL.

``create_database`` makes a new one, ``open_database`` opens one that is at the newest schema, and
``migrate_database`` brings an older one there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from models.connections import READERS, Database, check_current, migrate_forwards
from models.keys import KeyRing
from models.place import Place

__all__ = [
    "READERS",
    "Database",
    "create_database",
    "migrate_database",
    "open_at_any_step",
    "open_database",
    "refuse_taken",
]


def create_database(place: Place, keys: KeyRing, *, readers: int = READERS) -> Database:
    """Make a new, empty hospital database at the newest schema and open it.

    A PostgreSQL database must be there already and be empty. Raises ``DatabaseExists`` if anything lies at
    ``place``, ``FolderOpenToOthers`` if others can enter a file's folder, ``DatabaseMissing`` if no server
    answers.
    """
    if isinstance(place, Path):
        from models.sqlite import database as sqlite

        return sqlite.create(place, keys, readers)
    from models.postgresql import database as postgresql

    return postgresql.create(place, keys, readers)


def refuse_taken(place: Place) -> None:
    """Raise ``DatabaseExists`` or ``DatabaseError`` if ``create_database`` would find something there."""
    if isinstance(place, Path):
        from models.sqlite import database as sqlite

        return sqlite.refuse_taken(place)
    from models.postgresql import database as postgresql

    return postgresql.refuse_taken(place)


def open_database(place: Place, keys: KeyRing, *, readers: int = READERS) -> Database:
    """Open a hospital database that is at the newest schema and has all its guards.

    ``keys`` is the database ring of the key file. Raises ``DatabaseMissing``, ``FolderOpenToOthers``,
    ``NotAWardflowDatabase``, ``WrongKey``, ``DatabaseInUse``, ``NewerSchema``, ``OlderSchema``, or
    ``DatabaseError`` if a guard is gone.
    """
    return _open(place, keys, readers, check_current)


def migrate_database(place: Place, keys: KeyRing, *, readers: int = READERS) -> Database:
    """As ``open_database``, after bringing an older schema forwards and putting missing guards back."""
    return _open(place, keys, readers, migrate_forwards)


def open_at_any_step(place: Place, keys: KeyRing, *, readers: int = READERS) -> Database:
    """As ``open_database``, whatever its schema and its guards are: to look at it, or to migrate it."""
    return _open(place, keys, readers, lambda database: None)


def _open(place: Place, keys: KeyRing, readers: int, prepare: Callable[[Database], None]) -> Database:
    if isinstance(place, Path):
        from models.sqlite import database as sqlite

        return sqlite.open_existing(place, keys, readers, prepare)
    from models.postgresql import database as postgresql

    return postgresql.open_existing(place, keys, readers, prepare)
