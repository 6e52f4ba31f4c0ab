"""``wardflow export``: the hospital as it stands, as JSON or a folder of CSV files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import Refused
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

app = verb_app()

Target = Annotated[
    Path,
    typer.Argument(
        metavar="PATH", help="A new file ending in .json, or a new folder for CSV.", show_default=False
    ),
]


@app.command()
def export(path: Target, database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Write structure, supplies, rosters, and who lies or is booked where; for the owner alone (0600).

    Names and other identities are not in it, nor are requests, accounts and history: it is no backup. Reading
    it back with `wardflow import` gives the same hospital. Nothing is overwritten.
    """
    from cli.import_ import summary
    from cli.opening import opened, refuse_unless_named
    from models.store import load_hospital
    from solver.hospital.formats import write_hospital

    if path.exists():
        raise Refused(f"{path} exists already; an export never overwrites. Name another place.")
    with opened(database, key_file) as found, found.reading() as connection:
        refuse_unless_named(connection)
        hospital = load_hospital(connection)
    # It tells of people's sex, age and infections, if not of their names.
    before = os.umask(0o077)
    try:
        write_hospital(hospital, path)
    except OSError as error:
        raise Refused(f"Cannot write {path}: {error.strerror}.") from None
    finally:
        os.umask(before)
    typer.echo(f"Wrote {path}: {summary(hospital)}.")
