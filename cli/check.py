"""``wardflow check``: every fact that must hold, recounted from the tables by code of its own."""

from __future__ import annotations

from collections import Counter

import typer

from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

app = verb_app()


@app.command()
def check(database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Recount what is stored: no bed, unit or lot given twice, every allocation as its rules ask, the audit
    chain whole, every guard in place.

    Prints each fact with how often it is broken, each violation, and the total; status 1 if there is one.
    """
    from cli.opening import opened, refuse_unless_named
    from models import schema
    from models.hospital_guards import GUARDS
    from models.invariants import FACTS, recount

    with opened(database, key_file, any_step=True) as found, found.reading() as connection:
        schema.check_version(connection)
        refuse_unless_named(connection)
        violations = recount(connection)
        guards = found.dialect.guard_differences(connection, GUARDS)
    count = Counter(violation.rule for violation in violations)
    for rule in FACTS:
        typer.echo(f"{count[rule]:>8}  {rule}")
    typer.echo(f"{len(guards):>8}  guard_missing_or_altered")
    for violation in violations:
        typer.echo(f"{violation.rule}: {', '.join(violation.subjects)}: {violation.detail}")
    for guard in guards:
        typer.echo(f"guard_missing_or_altered: {guard}: `wardflow migrate` puts it back")
    total = len(violations) + len(guards)
    typer.echo(f"invariants: {total} violations")
    raise typer.Exit(1 if total else 0)
