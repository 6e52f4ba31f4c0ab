"""``wardflow import``: a hospital from JSON or a folder of CSV files into a new database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import Broken
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

if TYPE_CHECKING:
    from models.database import Database
    from solver.hospital import Hospital

app = verb_app()

Source = Annotated[
    Path, typer.Argument(metavar="PATH", help="A JSON file or a folder of CSV files.", show_default=False)
]


@app.command()
def import_(
    path: Source,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check only; store nothing.")] = False,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Read a hospital and store it in a database that `wardflow init` has just made.

    Every problem of the input is told at once (status 2), and then nothing is stored. docs/hospital-format.md
    describes the files.
    """
    from cli.opening import opened
    from solver.hospital.formats import read_hospital

    hospital = read_hospital(path)
    counted = summary(hospital)
    if dry_run:
        typer.echo(f"{path} is sound: {counted}. Nothing was stored.")
        return
    with opened(database, key_file) as found:
        _store(found, hospital)
    typer.echo(f"Stored: {counted}.")


def summary(hospital: Hospital) -> str:
    """How much of everything there is, in words."""
    named = {
        "wards": hospital.wards,
        "beds": hospital.beds,
        "units": hospital.units,
        "lots": hospital.lots,
        "staff": hospital.staff,
        "shifts": hospital.shifts,
        "persons": hospital.persons,
        "stays": hospital.stays,
    }
    return ", ".join(f"{len(records)} {name}" for name, records in named.items())


def _store(database: Database, hospital: Hospital) -> None:
    from api.founding import carry_out_now
    from cli.opening import ACTOR, present, refuse_unless_named
    from models.commands import Answer, AuditEntry, Outcome, Transaction
    from models.errors import GuardViolation
    from models.store import fill_hospital

    def write(transaction: Transaction) -> Outcome:
        fill_hospital(transaction.connection, hospital, transaction.now)
        entry = AuditEntry("hospital.imported", "hospital", {"beds": len(hospital.beds)})
        return Outcome(Answer(200, {}), (entry,))

    with database.writing() as connection:
        refuse_unless_named(connection)
        try:
            carry_out_now(connection, database, "hospital.import", ACTOR, write, present())
        except GuardViolation as refused:
            raise Broken(
                f"The hospital breaks {refused.guard!r}, which the database lets nobody break. Nothing was "
                "stored; correct the input."
            ) from None
