"""Accounts as the command line changes them: what is refused, and the writes with their audit lines."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cli.errors import Refused
from cli.opening import ACTOR, present

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.security.permissions import Grant
    from models.commands import AuditEntry, Outcome, Transaction, Write
    from models.database import Database
    from models.repositories.accounts import StoredAccount


def refuse_unfit(login: str) -> None:
    """Raise ``Refused`` if the service would not take the login."""
    from pydantic import TypeAdapter, ValidationError

    from api.schemas.base import Word

    try:
        TypeAdapter(Word).validate_python(login)
    except ValidationError:
        raise Refused(
            "The login: expected 1 to 80 printable characters without blanks at its ends."
        ) from None


def parsed_grant(text: str) -> Grant:
    """``ROLE`` or ``ROLE@ward:ID`` or ``ROLE@site:ID``; raises ``Refused``."""
    from api.security.permissions import Grant, Role

    role, _, scope = text.partition("@")
    kind, _, record_id = scope.partition(":")
    if role not in {known.value for known in Role}:
        raise Refused(f"--role {text[:80]!r}: expected one of {', '.join(Role)}.")
    if text != role and scope != "*" and (kind not in ("ward", "site") or not record_id):
        raise Refused(f"--role {text[:80]!r}: expected ROLE, ROLE@ward:ID or ROLE@site:ID.")
    return Grant.of(role, scope)


def refuse_known(connection: Connection, login: str) -> None:
    """Raise ``Refused`` if the login is taken."""
    from models.repositories.accounts import account_by_login

    if account_by_login(connection, login) is not None:
        raise Refused(f"An account {login!r} exists already. Choose another login.")


def refuse_unknown_scopes(connection: Connection, grants: tuple[Grant, ...]) -> None:
    """Raise ``Refused`` if a grant names a ward or site that is not there."""
    from sqlalchemy import select

    from models.tables.places import site, ward

    places = {None, *connection.scalars(select(ward.c.id)), *connection.scalars(select(site.c.id))}
    for grant in grants:
        if grant.ward_id not in places or grant.site_id not in places:
            raise Refused(
                f"--role {grant.role}@{grant.scope}: the hospital has no such place. Give the id of a ward or "
                "site, or import the hospital first."
            )


def known_account(connection: Connection, login: str) -> StoredAccount:
    """The account of a login; raises ``Refused``."""
    from models.repositories.accounts import account_by_login

    account = account_by_login(connection, login)
    if account is None:
        raise Refused(f"There is no account {login[:80]!r}. `wardflow user list` shows them.")
    return account


def refuse_last_administrator(connection: Connection, account: StoredAccount) -> None:
    """Raise ``Refused`` if nobody else could change accounts any more."""
    from models.repositories.accounts import list_accounts

    others = [a for a in list_accounts(connection) if not a.disabled and a.id != account.id]
    if not any(grant.role == "administrator" for other in others for grant in other.grants):
        raise Refused(
            f"{account.login!r} is the last administrator who can log in. Add another one first: "
            "`wardflow user add LOGIN --role administrator`."
        )


def add_account(database: Database, login: str, password: str, grants: tuple[Grant, ...]) -> None:
    """Store an account that is not there yet."""
    from argon2 import PasswordHasher

    from api.founding import account_added
    from models.ids import IdGenerator
    from models.repositories import accounts

    record = accounts.StoredAccount(
        IdGenerator(present, secrets.token_bytes)("acc"),
        login,
        PasswordHasher().hash(password),
        tuple(accounts.Grant(grant.role.value, grant.scope) for grant in grants),
    )

    def write(transaction: Transaction) -> Outcome:
        accounts.insert_account(transaction, record)
        return _outcome(account_added(record))

    _carry_out(database, "account.add", write)


def switch_account(database: Database, account_id: str, disabled: bool) -> None:
    """Shut an account out, ending its tokens, or let it in again."""
    from models.commands import AuditEntry
    from models.repositories import accounts

    def write(transaction: Transaction) -> Outcome:
        accounts.set_disabled(transaction, account_id, disabled)
        if disabled:
            accounts.revoke_tokens_of(transaction, account_id)
        return _outcome(AuditEntry("account.changed", account_id, {"disabled": disabled}))

    _carry_out(database, "account.change", write)


def change_password(database: Database, account_id: str, password: str) -> None:
    """Give an account another password and end its tokens."""
    from argon2 import PasswordHasher

    from models.commands import AuditEntry
    from models.repositories import accounts

    password_hash = PasswordHasher().hash(password)

    def write(transaction: Transaction) -> Outcome:
        accounts.set_password(transaction, account_id, password_hash)
        accounts.revoke_tokens_of(transaction, account_id)
        return _outcome(AuditEntry("account.password_set", account_id))

    _carry_out(database, "account.password", write)


def _outcome(entry: AuditEntry) -> Outcome:
    from models.commands import Answer, Outcome

    return Outcome(Answer(200, {}), (entry,))


def _carry_out(database: Database, name: str, write: Write) -> None:
    from api.founding import carry_out_now

    with database.writing() as connection:
        carry_out_now(connection, database, name, ACTOR, write, present())
