"""Logging in and out, and the accounts: plain commands that carry their own write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from api.errors import AlreadyKnown, LoginRefused, LoginThrottled, UnknownReference
from api.errors import Place as WrongPlace
from api.places import pointer
from api.schemas.accounts import AccountIn, GrantIn, LoginIn
from api.security.access import Access
from api.security.permissions import Grant
from api.security.tokens import Principal, hash_of_token, new_token
from api.services.sight import Sight
from api.services.words import moment
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Outcome, Reply, Transaction
from models.repositories import accounts
from models.repositories.accounts import StoredAccount, StoredToken
from models.tables.places import site, ward

if TYPE_CHECKING:
    from api.runtime import Runtime

MICROSECONDS_PER_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh session; ``token`` is shown this once."""

    token: str
    body: dict[str, Any]


async def log_in(body: LoginIn, runtime: Runtime) -> Opened:
    """A token for name and password; raises ``LoginRefused`` or ``LoginThrottled``."""
    locked = runtime.throttle.seconds_locked(body.login)
    if locked:
        runtime.metrics.logins.labels("throttled").inc()
        raise LoginThrottled(locked)
    account = await runtime.read(lambda connection: accounts.account_by_login(connection, body.login))
    right = await runtime.passwords.verify(account.password_hash if account else None, body.password)
    wall = runtime.wall()
    locked_in_storage = (
        account is not None and account.locked_until is not None and wall < account.locked_until
    )
    if account is None or not right or account.disabled or locked_in_storage:
        await _refuse(body.login, account, runtime)
        raise LoginRefused()
    runtime.throttle.succeeded(body.login)
    runtime.metrics.logins.labels("opened").inc()
    return await _open(account, body.label, runtime)


async def _refuse(login: str, account: StoredAccount | None, runtime: Runtime) -> None:
    runtime.throttle.failed(login)
    runtime.metrics.logins.labels("refused").inc()
    if account is None:
        return
    seconds = runtime.throttle.seconds_locked(login)
    now = runtime.wall()
    until = Instant(now.microsecond + seconds * 1_000_000) if seconds else account.locked_until

    def write(transaction: Transaction) -> Outcome:
        accounts.note_login(transaction, account.id, account.failed_logins + 1, until)
        return Outcome(Answer(401, {}), (AuditEntry("session.refused", account.id),), touched=())

    await runtime.submit(Command("session.refuse", account.id, write=write))


async def _open(account: StoredAccount, label: str, runtime: Runtime) -> Opened:
    token = new_token(runtime.meta.sandbox, runtime.outside.random_bytes)
    now = runtime.wall()
    expires = Instant(now.microsecond + runtime.settings.session_minutes * MICROSECONDS_PER_MINUTE)
    record = StoredToken(
        runtime.new_id("tok"), account.id, hash_of_token(token), label, runtime.meta.sandbox, now, expires
    )

    def write(transaction: Transaction) -> Outcome:
        accounts.insert_token(transaction, record)
        if account.failed_logins:
            accounts.note_login(transaction, account.id, 0, None)
        return Outcome(
            Answer(201, {}), (AuditEntry("session.opened", account.id, {"token_id": record.id}),), touched=()
        )

    await runtime.submit(Command("session.open", account.id, write=write))
    return Opened(
        token,
        {
            "token": token,
            "token_type": "Bearer",
            "expires": moment(expires.minute, runtime.meta.zone),
            "sandbox": runtime.meta.sandbox,
            "account_id": account.id,
            "roles": [{"role": g.role, "scope": g.scope} for g in account.grants],
        },
    )


async def log_out(principal: Principal, runtime: Runtime) -> None:
    """Make the token worthless."""

    def write(transaction: Transaction) -> Outcome:
        accounts.revoke_token(transaction, principal.token_id)
        entry = AuditEntry("session.closed", principal.account_id, {"token_id": principal.token_id})
        return Outcome(Answer(204, {}), (entry,), touched=())

    await runtime.submit(Command("session.close", principal.account_id, write=write))
    runtime.principals.forget()


async def add_account(body: AccountIn, by: Principal, key: str, body_hash: bytes, runtime: Runtime) -> Reply:
    """A new account; raises ``AlreadyKnown`` for a login that is taken, ``UnknownReference`` for a scope."""
    password_hash = await runtime.passwords.hash(body.password)
    record = StoredAccount(runtime.new_id("acc"), body.login, password_hash, _grants(body.roles))

    def write(transaction: Transaction) -> Outcome:
        if accounts.account_by_login(transaction.connection, record.login) is not None:
            raise AlreadyKnown("An account of this login exists.")
        _check_scopes(transaction, body.roles)
        accounts.insert_account(transaction, record)
        entry = AuditEntry("account.added", record.id, {"roles": _named(record)})
        return Outcome(Answer(201, account_json(record)), (entry,), touched=())

    return await runtime.submit(
        Command("account.add", by.account_id, idempotency_key=key, body_hash=body_hash, write=write)
    )


async def change_account(
    account_id: str, disabled: bool | None, roles: tuple[GrantIn, ...] | None, by: Principal, runtime: Runtime
) -> Reply:
    """Disable or enable an account, or give it other roles; its tokens end when it is disabled."""

    def write(transaction: Transaction) -> Outcome:
        accounts.account_by_id(transaction.connection, account_id)
        if disabled is not None:
            accounts.set_disabled(transaction, account_id, disabled)
            if disabled:
                accounts.revoke_tokens_of(transaction, account_id)
        if roles is not None:
            _check_scopes(transaction, roles)
            accounts.set_grants(transaction, account_id, _grants(roles))
        after = accounts.account_by_id(transaction.connection, account_id)
        entry = AuditEntry(
            "account.changed", account_id, {"disabled": after.disabled, "roles": _named(after)}
        )
        return Outcome(Answer(200, account_json(after)), (entry,), touched=())

    reply = await runtime.submit(Command("account.change", by.account_id, write=write))
    runtime.principals.forget()
    return reply


def _named(account: StoredAccount) -> list[str]:
    """Its roles and where they are held, as the audit trail names them."""
    return [f"{grant.role}@{grant.scope}" for grant in account.grants]


def as_seen(account: StoredAccount, access: Access) -> StoredAccount | None:
    """The account with those of its roles that are held everywhere or where the principal's permission reaches; None
    if there are none, unless it reaches everything."""
    sight = Sight.of(access)
    if sight.wards is None:
        return account
    sites = {access.site_of_ward[ward_id] for ward_id in sight.wards}
    seen = {"*", *(f"ward:{ward_id}" for ward_id in sight.wards), *(f"site:{site_id}" for site_id in sites)}
    grants = tuple(grant for grant in account.grants if grant.scope in seen)
    return replace(account, grants=grants) if grants else None


def account_json(account: StoredAccount) -> dict[str, Any]:
    """An account without its secrets."""
    return {
        "id": account.id,
        "login": account.login,
        "disabled": account.disabled,
        "roles": [{"role": g.role, "scope": g.scope} for g in account.grants],
    }


def _grants(bodies: tuple[GrantIn, ...]) -> tuple[accounts.Grant, ...]:
    held = (Grant(body.role, body.ward_id, body.site_id) for body in bodies)
    return tuple(accounts.Grant(grant.role.value, grant.scope) for grant in held)


def _check_scopes(transaction: Transaction, bodies: tuple[GrantIn, ...]) -> None:
    wards = set(transaction.connection.scalars(select(ward.c.id)))
    sites = set(transaction.connection.scalars(select(site.c.id)))
    wrong = [
        WrongPlace(pointer("roles", number), "a ward or site that is known here")
        for number, body in enumerate(bodies)
        if (body.ward_id is not None and body.ward_id not in wards)
        or (body.site_id is not None and body.site_id not in sites)
    ]
    if wrong:
        raise UnknownReference(wrong)
