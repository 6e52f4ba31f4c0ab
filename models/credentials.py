"""Accounts, the roles they hold, and their tokens: plain statements over ``models.tables.accounts``.

Which roles there are and what they may do the service knows; here they are texts with a scope (``*``,
``ward:<id>``, ``site:<id>``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from models.clock import Instant
from models.errors import NotFound
from models.tables.accounts import account, account_role, token


@dataclass(frozen=True, slots=True)
class Account:
    """An account with the roles it holds, as (role, scope) pairs; ``password_hash`` is argon2id."""

    id: str
    login: str
    password_hash: str
    disabled: bool = False
    failed_logins: int = 0
    locked_until_microsecond: int | None = None
    roles: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Account(id={self.id!r}, ...)"


@dataclass(frozen=True, slots=True)
class Token:
    """An issued token: its hash (SHA-256), whose it is, until when, and whether only a sandbox takes it."""

    id: str
    account_id: str
    token_hash: bytes
    label: str
    sandbox_only: bool
    created_microsecond: int
    expires_microsecond: int
    revoked_microsecond: int | None = None


def account_by_login(connection: Connection, login: str) -> Account | None:
    """The account of a login name, or None."""
    row = connection.execute(select(account).where(account.c.login == login)).first()
    return _account(connection, row) if row else None


def account_by_id(connection: Connection, account_id: str) -> Account:
    """The account of an id; raises ``NotFound``."""
    row = connection.execute(select(account).where(account.c.id == account_id)).first()
    if row is None:
        raise NotFound("account", account_id)
    return _account(connection, row)


def accounts_after(connection: Connection, after: str, limit: int) -> list[Account]:
    """At most ``limit`` accounts with an id after ``after``, in order of id."""
    page = select(account).where(account.c.id > after).order_by(account.c.id).limit(limit)
    return [_account(connection, row) for row in connection.execute(page).fetchall()]


def add_account(connection: Connection, new: Account, now: Instant) -> None:
    """Store a new account with its roles."""
    connection.execute(
        insert(account).values(
            id=new.id,
            login=new.login,
            password_hash=new.password_hash,
            disabled=new.disabled,
            failed_logins=0,
            created_microsecond=now.microsecond,
        )
    )
    set_roles(connection, new.id, new.roles)


def set_roles(connection: Connection, account_id: str, roles: Iterable[tuple[str, str]]) -> None:
    """Replace the roles an account holds."""
    connection.execute(delete(account_role).where(account_role.c.account_id == account_id))
    rows = [{"account_id": account_id, "role": role, "scope": scope} for role, scope in dict.fromkeys(roles)]
    if rows:
        connection.execute(insert(account_role), rows)


def set_password(connection: Connection, account_id: str, password_hash: str) -> None:
    """Replace the password's hash."""
    _change(
        connection, account_id, password_hash=password_hash, failed_logins=0, locked_until_microsecond=None
    )


def set_disabled(connection: Connection, account_id: str, disabled: bool) -> None:
    """Let an account log in no more, or again."""
    _change(connection, account_id, disabled=disabled)


def note_failed_login(connection: Connection, account_id: str, locked_until: Instant | None) -> None:
    """One more wrong password; ``locked_until`` when that locked the account."""
    _change(
        connection,
        account_id,
        failed_logins=account.c.failed_logins + 1,
        locked_until_microsecond=locked_until.microsecond if locked_until else None,
    )


def note_login(connection: Connection, account_id: str) -> None:
    """A right password: failures are forgotten."""
    _change(connection, account_id, failed_logins=0, locked_until_microsecond=None)


def add_token(connection: Connection, new: Token) -> None:
    """Store an issued token (its hash only)."""
    connection.execute(
        insert(token).values(
            id=new.id,
            account_id=new.account_id,
            token_hash=new.token_hash,
            label=new.label,
            sandbox_only=new.sandbox_only,
            created_microsecond=new.created_microsecond,
            expires_microsecond=new.expires_microsecond,
        )
    )


def token_by_hash(connection: Connection, token_hash: bytes) -> Token | None:
    """The token of a hash, revoked and expired ones too; or None."""
    row = connection.execute(select(token).where(token.c.token_hash == token_hash)).first()
    return Token(**row._mapping) if row else None


def revoke_token(connection: Connection, token_id: str, now: Instant) -> None:
    """End one token; ending it again changes nothing."""
    _revoke(connection, token.c.id == token_id, now)


def revoke_tokens_of(connection: Connection, account_id: str, now: Instant) -> None:
    """End every token of an account."""
    _revoke(connection, token.c.account_id == account_id, now)


def _revoke(connection: Connection, which: Any, now: Instant) -> None:
    live = token.c.revoked_microsecond.is_(None)
    connection.execute(update(token).where(which, live).values(revoked_microsecond=now.microsecond))


def _change(connection: Connection, account_id: str, **values: Any) -> None:
    changed = connection.execute(update(account).where(account.c.id == account_id).values(**values))
    if changed.rowcount != 1:
        raise NotFound("account", account_id)


def _account(connection: Connection, row: Any) -> Account:
    held = select(account_role.c.role, account_role.c.scope).where(account_role.c.account_id == row.id)
    roles = connection.execute(held.order_by(account_role.c.role, account_role.c.scope)).fetchall()
    return Account(
        row.id,
        row.login,
        row.password_hash,
        row.disabled,
        row.failed_logins,
        row.locked_until_microsecond,
        tuple((role, scope) for role, scope in roles),
    )
