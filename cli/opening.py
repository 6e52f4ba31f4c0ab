"""Opening a hospital's database from the command line, for a moment and alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import Refused
from cli.places import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from models.clock import Instant
    from models.database import Database

ACTOR = "command-line"
"""Who did it, in the audit trail: whoever holds the key file and can enter the data folder."""


@contextlib.contextmanager
def opened(database: str | None, key_file: Path | None, *, any_step: bool = False) -> Iterator[Database]:
    """The database the options or settings name; ``any_step``: whatever its schema and guards are."""
    from models.database import open_at_any_step, open_database
    from models.keys import read_key_file

    chosen = settings(database=database, key_file=key_file)
    keys = read_key_file(chosen.key_file)
    open_it = open_at_any_step if any_step else open_database
    with open_it(chosen.database, keys.database, readers=1) as found:
        yield found


def present() -> Instant:
    """The machine's moment; what is written is put after everything recorded before, whatever it says."""
    from api.clocks import machine_clock

    return machine_clock()


def refuse_unless_named(connection: Connection) -> None:
    """Raise ``Refused`` unless the database has its hospital's row, which ``init`` stores."""
    from sqlalchemy import select

    from models.tables.ledger import hospital_meta

    if connection.execute(select(hospital_meta.c.id)).first() is None:
        raise Refused("The database has no hospital. `wardflow init` makes a new one with its hospital.")
