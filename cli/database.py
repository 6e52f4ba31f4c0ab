"""``wardflow database``: a hospital moves from one database to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import Refused
from cli.places import KeyFileOption
from cli.verb import verb_app

if TYPE_CHECKING:
    from models.place import Place

app = verb_app(no_args_is_help=True)

Source = Annotated[str, typer.Argument(metavar="FROM", help="FILE|URL that holds it.", show_default=False)]
Target = Annotated[
    str,
    typer.Argument(
        metavar="TO", help="FILE that is not there, or URL of an empty database.", show_default=False
    ),
]


@app.callback()
def database() -> None:
    """Move a hospital between the embedded database and PostgreSQL."""


@app.command()
def copy(source: Source, target: Target, key_file: KeyFileOption = None) -> None:
    """Copy a whole hospital, histories and audit trail included, and compare every row.

    Stop the service first; the key file stays the same. The source is left as it is, a target that holds anything is
    refused, and a copy that is not the same to the last row is taken away again.
    """
    from cli.places import settings
    from models.copying import copy_hospital
    from models.database import create_database, open_database
    from models.keys import read_key_file, refuse_inside
    from models.place import data_folder, shown

    chosen = settings(key_file=key_file).key_file
    to = _place("TO", target)
    refuse_inside(chosen, data_folder(to))
    keys = read_key_file(chosen)
    with open_database(_place("FROM", source), keys.database, readers=1) as old:
        new = create_database(to, keys.database, readers=1)
        try:
            copied = copy_hospital(old, new)
            new.fold_log()
        except BaseException:
            new.discard()
            raise
        new.close()
    for table in copied:
        typer.echo(f"{table.rows:>10}  {table.digest[:16]}  {table.name}")
    typer.echo(
        f"{sum(table.rows for table in copied):>10}  rows are the same in {shown(to)}; the audit trail is whole."
    )


def _place(name: str, text: str) -> Place:
    from models.place import place_of

    try:
        return place_of(text)
    except ValueError as error:
        raise Refused(f"{name}: {error}.") from None
