"""``wardflow migrate``: the schema of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import Refused
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

if TYPE_CHECKING:
    from models.database import Database

app = verb_app()


@app.callback(invoke_without_command=True)
def migrate(context: typer.Context, database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Show the schema of the database, or bring it forwards or back; alone it brings it forwards.

    Stop the service and back the database up first. Each step is all or nothing.
    """
    if context.invoked_subcommand is None:
        upgrade(database, key_file)
    elif database or key_file:
        raise Refused(f"Put --database and --key-file after `{context.invoked_subcommand}`.")


@app.command()
def current(database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Show the step it stands at, and the newest."""
    from cli.opening import opened
    from models.schema import newest_version

    with opened(database, key_file, any_step=True) as found:
        typer.echo(f"{_step(found)} (newest: {newest_version()})")


@app.command()
def upgrade(database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Bring it to the newest step.

    Missing guards are put back too."""
    from cli.opening import opened
    from models import schema

    with opened(database, key_file, any_step=True) as found:
        with found.reading() as connection:
            schema.check_known(connection)
        before = _step(found)
        found.migrate()
        with found.reading() as connection:
            schema.check_guards(connection, found.dialect)
        typer.echo(f"From {before} to {_step(found)}.")


@app.command()
def downgrade(
    step: Annotated[str, typer.Argument(metavar="STEP", help="An earlier step.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Bring it back to an earlier step.

    What that step has no table for is lost."""
    from cli.opening import opened
    from models import schema

    with opened(database, key_file, any_step=True) as found:
        with found.reading() as connection:
            schema.check_known(connection)
        known, before = schema.all_versions(), _step(found)
        earlier = known[: known.index(before)] if before in known else []
        if step not in earlier:
            listed = ", ".join(earlier) or "none: it stands at the first"
            raise Refused(f"{step[:80]!r} is no step before {before}; earlier steps: {listed}.")
        if not yes:
            typer.confirm(f"What {step} has no table for will be lost. Go back from {before}?", abort=True)
        found.migrate(step)
        typer.echo(f"From {before} to {_step(found)}.")


def _step(database: Database) -> str:
    from models.schema import current_version

    with database.reading() as connection:
        return current_version(connection) or "nothing"
