"""Accounts, roles and tokens. Passwords come as argon2id hashes, tokens as SHA-256: neither is ever stored
itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from models.clock import Instant
from models.commands import Transaction
from models.errors import NotFound
from models.tables.accounts import account, account_role, token


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role in a scope: ``*``, ``ward:<id>`` or ``site:<id>``."""

    role: str
    scope: str = "*"


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """Who may log in, as what."""

    id: str
    login: str
    password_hash: str
    grants: tuple[Grant, ...] = ()
    disabled: bool = False
    failed_logins: int = 0
    locked_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as storage knows it; ``token_hash`` has 32 bytes."""

    id: str
    account_id: str
    token_hash: bytes
    label: str
    sandbox_only: bool
    created: Instant
    expires: Instant
    revoked: Instant | None = None


def insert_account(transaction: Transaction, record: StoredAccount) -> None:
    """Add an account with its grants; a login is given once."""
    values = {
        "id": record.id,
        "login": record.login,
        "password_hash": record.password_hash,
        "disabled": record.disabled,
        "created_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(account), values)
    set_grants(transaction, record.id, record.grants)


def set_grants(transaction: Transaction, account_id: str, grants: Iterable[Grant]) -> None:
    """Replace every grant of an account."""
    connection = transaction.connection
    connection.execute(delete(account_role).where(account_role.c.account_id == account_id))
    ready = [{"account_id": account_id, "role": g.role, "scope": g.scope} for g in sorted(set(grants))]
    if ready:
        connection.execute(insert(account_role), ready)


def set_password(transaction: Transaction, account_id: str, password_hash: str) -> None:
    """Change the password and forget failed attempts."""
    _change(
        transaction, account_id, password_hash=password_hash, failed_logins=0, locked_until_microsecond=None
    )


def set_disabled(transaction: Transaction, account_id: str, disabled: bool) -> None:
    """Shut an account out, or let it in again; its tokens stop with it."""
    _change(transaction, account_id, disabled=disabled)


def note_login(
    transaction: Transaction, account_id: str, failed_logins: int, locked_until: Instant | None
) -> None:
    """Keep how many attempts failed in a row, and until when no more are taken."""
    until = locked_until.microsecond if locked_until else None
    _change(transaction, account_id, failed_logins=failed_logins, locked_until_microsecond=until)


def account_by_login(connection: Connection, login: str) -> StoredAccount | None:
    """The account of a login, or None."""
    return _account(connection, account.c.login == login)


def account_by_id(connection: Connection, account_id: str) -> StoredAccount:
    """An account; raises ``NotFound``."""
    found = _account(connection, account.c.id == account_id)
    if found is None:
        raise NotFound("account", account_id)
    return found


def list_accounts(connection: Connection) -> list[StoredAccount]:
    """Every account by login."""
    ids = connection.scalars(select(account.c.id).order_by(account.c.login)).all()
    return [account_by_id(connection, account_id) for account_id in ids]


def insert_token(transaction: Transaction, record: StoredToken) -> None:
    """Store a token's hash."""
    values = {
        "id": record.id,
        "account_id": record.account_id,
        "token_hash": record.token_hash,
        "label": record.label,
        "sandbox_only": record.sandbox_only,
        "created_microsecond": record.created.microsecond,
        "expires_microsecond": record.expires.microsecond,
    }
    transaction.connection.execute(insert(token), values)


def token_by_hash(connection: Connection, token_hash: bytes) -> tuple[StoredToken, StoredAccount] | None:
    """The token with this hash and its account, whether valid or not; None if there is none."""
    row = connection.execute(select(token).where(token.c.token_hash == token_hash)).first()
    return None if row is None else (_token(row), account_by_id(connection, row.account_id))


def tokens_of(connection: Connection, account_id: str) -> list[StoredToken]:
    """Every token of an account, newest first."""
    found = select(token).where(token.c.account_id == account_id).order_by(token.c.id.desc())
    return [_token(row) for row in connection.execute(found)]


def revoke_token(transaction: Transaction, token_id: str) -> None:
    """Make a token worthless from now on; raises ``NotFound``."""
    revoked = update(token).where(token.c.id == token_id, token.c.revoked_microsecond.is_(None))
    done = transaction.connection.execute(revoked.values(revoked_microsecond=transaction.now.microsecond))
    there = select(token.c.id).where(token.c.id == token_id)
    if done.rowcount == 0 and transaction.connection.scalar(there) is None:
        raise NotFound("token", token_id)


def revoke_tokens_of(transaction: Transaction, account_id: str) -> int:
    """Make every token of an account worthless; returns how many were live."""
    live = update(token).where(token.c.account_id == account_id, token.c.revoked_microsecond.is_(None))
    done = transaction.connection.execute(live.values(revoked_microsecond=transaction.now.microsecond))
    return done.rowcount


def _account(connection: Connection, condition: Any) -> StoredAccount | None:
    row = connection.execute(select(account).where(condition)).first()
    if row is None:
        return None
    roles = select(account_role).where(account_role.c.account_id == row.id)
    ordered = connection.execute(roles.order_by(account_role.c.role, account_role.c.scope))
    until = row.locked_until_microsecond
    return StoredAccount(
        row.id,
        row.login,
        row.password_hash,
        tuple(Grant(r.role, r.scope) for r in ordered),
        row.disabled,
        row.failed_logins,
        Instant(until) if until is not None else None,
    )


def _token(row: Any) -> StoredToken:
    revoked = row.revoked_microsecond
    return StoredToken(
        row.id,
        row.account_id,
        row.token_hash,
        row.label,
        row.sandbox_only,
        Instant(row.created_microsecond),
        Instant(row.expires_microsecond),
        Instant(revoked) if revoked is not None else None,
    )


def _change(transaction: Transaction, account_id: str, **values: Any) -> None:
    changed = transaction.connection.execute(
        update(account).where(account.c.id == account_id).values(**values)
    )
    if changed.rowcount != 1:
        raise NotFound("account", account_id)
