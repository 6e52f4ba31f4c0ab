"""``wardflow user``: accounts, while the service is stopped; a running service has ``/api/v1/accounts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.passwords import PasswordFileOption, read_password
from cli.places import DatabaseOption, KeyFileOption
from cli.verb import verb_app

if TYPE_CHECKING:
    from pathlib import Path

app = verb_app(no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="The name to log in with.", show_default=False)]


@app.callback()
def user() -> None:
    """Accounts of a hospital whose service is stopped. While it runs, use its /api/v1/accounts."""


@app.command()
def add(
    login: Login,
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE[@SCOPE]",
            help="nurse@ward:W1, bed_manager@site:S1, or administrator (everywhere). May be repeated.",
        ),
    ],
    password_file: PasswordFileOption = None,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Add an account; asks for its password."""
    from cli import accounts
    from cli.opening import opened

    accounts.refuse_unfit(login)
    grants = tuple(accounts.parsed_grant(text) for text in role)
    with opened(database, key_file) as found:
        with found.reading() as connection:
            accounts.refuse_known(connection, login)
            accounts.refuse_unknown_scopes(connection, grants)
        accounts.add_account(found, login, read_password(password_file, login), grants)
    typer.echo(f"{login!r} can log in as {', '.join(role)}.")


@app.command("list")
def list_users(database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """List the accounts: login, roles, whether disabled."""
    from cli.opening import opened
    from models.repositories.accounts import list_accounts

    with opened(database, key_file) as found, found.reading() as connection:
        for account in list_accounts(connection):
            roles = ", ".join(f"{grant.role}@{grant.scope}" for grant in account.grants) or "no role"
            typer.echo(f"{account.login}\t{roles}\t{'disabled' if account.disabled else 'enabled'}")


@app.command()
def disable(login: Login, database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Shut an account out; its tokens end at once."""
    _switch(login, database, key_file, disabled=True)


@app.command()
def enable(login: Login, database: DatabaseOption = None, key_file: KeyFileOption = None) -> None:
    """Let an account in again; its earlier tokens stay ended."""
    _switch(login, database, key_file, disabled=False)


@app.command()
def password(
    login: Login,
    password_file: PasswordFileOption = None,
    database: DatabaseOption = None,
    key_file: KeyFileOption = None,
) -> None:
    """Give an account a new password.

    Its tokens end, and so does a lock after wrong passwords."""
    from cli import accounts
    from cli.opening import opened

    with opened(database, key_file) as found:
        with found.reading() as connection:
            account = accounts.known_account(connection, login)
        accounts.change_password(found, account.id, read_password(password_file, login))
    typer.echo(f"{login!r} has a new password.")


def _switch(login: str, database: str | None, key_file: Path | None, *, disabled: bool) -> None:
    from cli import accounts
    from cli.opening import opened

    with opened(database, key_file) as found:
        with found.reading() as connection:
            account = accounts.known_account(connection, login)
            if disabled:
                accounts.refuse_last_administrator(connection, account)
        accounts.switch_account(found, account.id, disabled)
    typer.echo(f"{login!r} is {'disabled' if disabled else 'enabled'}.")
