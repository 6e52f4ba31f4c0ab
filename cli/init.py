"""``wardflow init``: key file, data folder, encrypted database, the first administrator."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import Refused
from cli.passwords import PasswordFileOption, read_password
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

app = verb_app()


@app.command()
def init(
    name: Annotated[str, typer.Option(help="What the hospital is called.")],
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="Its IANA time zone, as Asia/Shanghai.")],
    administrator: Annotated[
        str, typer.Option(metavar="LOGIN", help="Login of the first administrator.")
    ] = "administrator",
    password_file: PasswordFileOption = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="A hospital to try things on: its clock can be set.")
    ] = False,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Make a new hospital; nothing that exists is touched.

    Makes the key file (mode 0600, outside the data folder), the data folder (0700), an encrypted database
    with its schema, and one administrator. With an address of PostgreSQL, makes the schema in that database,
    which must be there. Asks for the administrator's password.
    """
    from api.founding import FirstAccount, Founding, found_hospital, refuse_existing
    from api.security.permissions import Grant, Role
    from cli.accounts import refuse_unfit
    from cli.opening import present
    from cli.places import settings
    from models.place import shown

    _refuse_unknown(time_zone)
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise Refused("--name: expected 1 to 200 printable characters.")
    chosen = settings(database=database, key_file=key_file)
    refuse_existing(chosen.database, chosen.key_file)
    refuse_unfit(administrator)
    password = read_password(password_file, administrator)
    first = FirstAccount(administrator, password, (Grant(Role.ADMINISTRATOR),))
    founding = Founding(name.strip(), time_zone, sandbox, (first,))
    found_hospital(chosen.database, chosen.key_file, founding, present())
    kind = "Sandbox" if sandbox else "Hospital"
    typer.echo(f"{kind} {name.strip()!r} is ready; {administrator!r} is its administrator.")
    typer.echo(f"  database  {shown(chosen.database)}")
    typer.echo(f"  key file  {chosen.key_file}")
    typer.echo("Keep a copy of the key file apart from the backups: without it nobody can read them.")
    typer.echo("Next: `wardflow import FILE` brings wards, beds and people in, `wardflow user add` who works")
    typer.echo("with it, `wardflow serve` starts the service.")


def _refuse_unknown(zone: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        raise Refused(
            f"--time-zone: {zone[:80]!r} is no IANA time zone; expected one like Europe/Berlin."
        ) from None
